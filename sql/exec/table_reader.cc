// Rows that fail the filters are decoded only as far as the filters look. Where few rows pass, they
// are put together first and only their other columns are decoded; otherwise decoding all rows of a
// column in one go is cheaper than picking.
#include "sql/exec/table_reader.h"

#include <algorithm>
#include <cstring>

#include "catalog/key_codec.h"
#include "sql/exec/hash_join_table.h"
#include "sql/plan/run_statistics.h"
#include "sql/vector/row_compare.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

// Rows are put together where fewer than one of so many passes.
constexpr uint32_t kSparseFactor = 4;
// A key filter that has kept half of so many rows costs more than it saves.
constexpr uint64_t kTrialRows = 16 * kBatchRows;

}  // namespace

TableReader::TableReader(const TableColumns& source, const Expr* filter, ExecutionState* state)
    : source_(source),
      filter_(filter),
      run_(state->context().run_statistics),
      codec_(CodecOf(source.table)),
      evaluator_(state->Evaluator(&arena_)) {
  evaluator_.journal = nullptr;  // nothing in a filter waits (SelectPlanner::PlanRelation)
  const catalog::TableDesc& table = *source.table;
  keys_only_ = true;
  values_only_ = !source.emit_key;
  for (int column : source.columns) {
    types_.push_back(table.columns[column].type);
    bool is_key = std::find(table.primary_key.begin(), table.primary_key.end(), column) !=
                  table.primary_key.end();
    const bool lies_in_key = is_key && catalog::KeyIsExact(types_.back().oid);
    keys_only_ &= lies_in_key;
    values_only_ &= !lies_in_key;
  }
  if (source.emit_key) types_.push_back({catalog::type_oid::kBytea, -1});
  in_filter_.resize(types_.size());
  decoded_.resize(types_.size());
  batch_.columns.resize(types_.size());
  if (filter == nullptr) return;
  Walk(*filter, [this](const Expr& node) {
    if (node.kind == ExprKind::kColumn) in_filter_[static_cast<const ColumnExpr&>(node).slot] = 1;
    return true;
  });
}

Status TableReader::Decode(std::span<const engine::KeyValue> rows, size_t slot) {
  const uint32_t count = static_cast<uint32_t>(rows.size());
  decoded_[slot] = 1;
  if (slot == source_.columns.size()) {  // the key itself
    Vector keys = Vector::Flat(types_[slot], count, &arena_);
    for (uint32_t i = 0; i < count; ++i) keys.values<std::string_view>()[i] = rows[i].key;
    batch_.columns[slot] = keys;
    return Status::Ok();
  }
  size_t words = (count + 63) / 64;
  uint64_t* validity = arena_.AllocateArray<uint64_t>(words);
  std::fill_n(validity, words, ~uint64_t{0});
  char* values = arena_.Allocate(count * ValueBytes(catalog::KindOf(types_[slot])), 16);
  uint32_t null_count = 0;
  RETURN_IF_ERROR(
      codec_->DecodeColumn(rows, source_.columns[slot], values, validity, &null_count, &arena_));
  batch_.columns[slot] =
      Vector::View(types_[slot], values, null_count > 0 ? validity : nullptr, count);
  return Status::Ok();
}

bool TableReader::JoinFilter::is_worth() const { return asked < kTrialRows || kept * 2 < asked; }

// Where few rows are left, leaves only these: columns decoded so far are gathered, and *rows are
// those of the batch's selection.
Status TableReader::Narrow(std::span<const engine::KeyValue>* rows) {
  const bool is_sparse = batch_.size() * kSparseFactor < batch_.row_count;
  if (!is_sparse || std::ranges::all_of(decoded_, [](uint8_t is) { return is != 0; })) {
    return Status::Ok();
  }
  narrowed_.clear();
  uint32_t* selected = arena_.AllocateArray<uint32_t>(batch_.size());
  for (uint32_t i = 0; i < batch_.size(); ++i) {
    selected[i] = batch_.RowAt(i);
    narrowed_.push_back((*rows)[selected[i]]);
  }
  std::swap(passed_, narrowed_);
  *rows = passed_;
  for (size_t slot = 0; slot < types_.size(); ++slot) {
    if (!decoded_[slot]) continue;
    batch_.columns[slot] =
        sql::Gather(batch_.columns[slot], selected, batch_.size(), ByteCopy::kShared, &arena_);
  }
  batch_.row_count = batch_.size();
  batch_.selection = nullptr;
  return Status::Ok();
}

void TableReader::KeepPartners(JoinFilter* filter) {
  filter->asked += batch_.size();
  RowSet rows = RowsOf(batch_);
  for (uint32_t slot : filter->keys.slots) {
    rows = SelectNotNull(batch_.columns[slot], rows, &arena_);
  }
  uint64_t* hashes = arena_.AllocateArray<uint64_t>(batch_.row_count);
  HashColumns(batch_, filter->keys.slots, rows, hashes);
  uint16_t* kept = arena_.AllocateArray<uint16_t>(rows.count + 1);
  uint32_t count = 0;
  for (uint32_t i = 0; i < rows.count; ++i) {
    kept[count] = static_cast<uint16_t>(rows[i]);
    count += filter->keys.table->Has(hashes[rows[i]]) ? 1 : 0;
  }
  filter->kept += count;
  if (count < batch_.size()) SetSelection(&batch_, {kept, count});
}

Result<const Batch*> TableReader::Read(std::span<const engine::KeyValue> rows) {
  arena_.Reset();
  batch_.row_count = static_cast<uint32_t>(rows.size());
  batch_.selection = nullptr;
  std::ranges::fill(decoded_, 0);
  if (filter_ != nullptr) {
    for (size_t slot = 0; slot < types_.size(); ++slot) {
      if (!in_filter_[slot]) continue;
      RETURN_IF_ERROR(Decode(rows, slot));
    }
    RETURN_IF_ERROR(Filter(evaluator_, *filter_, &batch_));
    if (run_ != nullptr) run_->NoteFiltered(*filter_, batch_.row_count - batch_.size());
    if (batch_.size() == 0) return nullptr;
    RETURN_IF_ERROR(Narrow(&rows));
  }
  for (JoinFilter& filter : key_filters_) {
    if (!filter.is_worth()) continue;
    for (uint32_t slot : filter.keys.slots) {
      if (decoded_[slot]) continue;
      RETURN_IF_ERROR(Decode(rows, slot));
    }
    KeepPartners(&filter);
    if (batch_.size() == 0) return nullptr;
    RETURN_IF_ERROR(Narrow(&rows));
  }
  for (size_t slot = 0; slot < types_.size(); ++slot) {
    if (decoded_[slot]) continue;
    RETURN_IF_ERROR(Decode(rows, slot));
  }
  return &batch_;
}

}  // namespace shale::sql
