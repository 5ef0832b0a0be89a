// Row by row into the new place, page by page of the old one. Nobody else can see the new storage
// id, so its keys need no locks: a key that is already there is one of ours.
#include "sql/exec/rewrite_table.h"

#include <algorithm>

#include "catalog/keys.h"
#include "sql/exec/constraint_errors.h"
#include "sql/exec/execution_state.h"
#include "sql/exec/table_reader.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

// What others have committed before the table was locked, which the transaction's snapshot may not
// show: what is not carried over is lost.
std::unique_ptr<engine::KvCursor> ScanAll(const catalog::TableDesc& table, ExecutionState* state) {
  engine::ScanOptions options;
  options.range = catalog::RowRange(table.storage_id);
  options.page_rows_max = kBatchRows;
  options.latest = true;
  return state->transaction().Scan(std::move(options));
}

TableColumns LiveColumns(const catalog::TableRef& table) {
  TableColumns source;
  source.table = table;
  for (size_t i = 0; i < table->columns.size(); ++i) {
    if (!table->columns[i].dropped) source.columns.push_back(static_cast<int>(i));
  }
  return source;
}

class Rewriter {
 public:
  Rewriter(const TableRewrite& rewrite, ExecutionContext* context)
      : rewrite_(rewrite),
        state_(nullptr, context),
        source_(LiveColumns(rewrite.from)),
        reader_(source_, nullptr, &state_),
        codec_(CodecOf(rewrite.to)),
        evaluator_(state_.Evaluator(&arena_)),
        values_(rewrite.to->columns.size()),
        nulls_(std::make_unique<bool[]>(rewrite.to->columns.size())) {
    for (const catalog::ColumnDesc& column : rewrite.to->columns) {
      columns_.columns.push_back(
          column.missing.is_null()
              ? Vector::ConstantNull(column.type, &arena_)
              : Vector::ConstantReference(column.type, column.missing.datum()));
    }
  }

  Task<Status> Run() {
    std::unique_ptr<engine::KvCursor> cursor = ScanAll(*rewrite_.from, &state_);
    while (true) {
      CO_RETURN_IF_ERROR(state_.CheckCancelled());
      if (state_.ShouldMove()) co_await ResumeOn(*state_.context().workers);
      auto read = cursor->NextPage();
      auto page = co_await read;
      if (!page.ok()) co_return std::move(page).status();
      if (page->empty()) break;
      CO_ASSIGN_OR_RETURN(const Batch* rows, reader_.Read(*page));
      auto compute = ComputeColumns(*rows);
      Status status = co_await compute;
      if (!status.ok()) co_return status;
      auto write = WriteRows();
      status = co_await write;
      if (!status.ok()) co_return status;
    }
    cursor.reset();
    co_return state_.transaction().DeleteRange(catalog::RowRange(rewrite_.from->storage_id));
  }

 private:
  // The new table's columns of one page of old rows.
  Task<Status> ComputeColumns(const Batch& rows) {
    arena_.Reset();
    columns_.row_count = rows.row_count;
    for (size_t i = 0; i < source_.columns.size(); ++i) {
      columns_.columns[static_cast<size_t>(source_.columns[i])] = rows.columns[i];
    }
    for (catalog::Oid sequence : rewrite_.sequences) {
      auto lease = state_.LeaseSequence(sequence, rows.row_count);
      Status leased = co_await lease;
      if (!leased.ok()) co_return leased;
    }
    for (size_t i = 0; i < rewrite_.values.size();) {
      if (rewrite_.values[i] == nullptr) {
        ++i;
        continue;
      }
      Status status = Evaluate(evaluator_, *rewrite_.values[i], rows, {nullptr, rows.row_count},
                               &columns_.columns[i]);
      if (!status.ok()) {
        auto wait = state_.WaitAfter(status, rows.row_count);
        if (!wait) co_return status;
        Status waited = co_await *wait;
        if (!waited.ok()) co_return waited;
        continue;
      }
      ++i;
    }
    co_return Status::Ok();
  }

  Task<Status> WriteRows() {
    uint64_t row_id = 0;
    if (codec_->has_row_id()) {
      auto allocate =
          state_.context().catalog->AllocateRowIds(rewrite_.to->storage_id, columns_.row_count);
      auto first = co_await allocate;
      if (!first.ok()) co_return std::move(first).status();
      row_id = *first;
    }
    for (uint32_t row = 0; row < columns_.row_count; ++row) {
      CO_RETURN_IF_ERROR(Load(row));
      if (codec_->has_row_id()) {
        codec_->EncodeRowId(row_id++, &key_);
      } else {
        codec_->EncodeKey(values_.data(), &key_);
        auto get = state_.transaction().Get(key_, &existing_);
        auto found = co_await get;
        if (!found.ok()) co_return std::move(found).status();
        if (*found) co_return Duplicated();
      }
      CO_RETURN_IF_ERROR(codec_->EncodeValue(values_.data(), nulls_.get(), &value_));
      CO_RETURN_IF_ERROR(state_.transaction().Put(key_, value_));
      auto room = state_.transaction().MakeRoom();
      Status status = co_await room;
      if (!status.ok()) co_return status;
    }
    co_return Status::Ok();
  }

  Status Load(uint32_t row) {
    const catalog::TableDesc& table = *rewrite_.to;
    for (size_t i = 0; i < table.columns.size(); ++i) {
      const Vector& column = columns_.columns[i];
      nulls_[i] = table.columns[i].dropped || column.IsNull(row);
      if (!nulls_[i]) {
        values_[i] = column.GetDatum(row);
      } else if (table.columns[i].not_null && !table.columns[i].dropped) {
        return Error(sqlstate::kNotNullViolation,
                     "column \"{}\" of relation \"{}\" contains null values", table.columns[i].name,
                     table.name)
            .Table(table.schema_name, table.name)
            .Column(table.columns[i].name);
      }
    }
    return Status::Ok();
  }

  Status Duplicated() const {
    const catalog::TableDesc& table = *rewrite_.to;
    return DuplicatedKey(table, table.primary_key_name,
                         DescribeKey(table, values_.data(), state_.settings()));
  }

  const TableRewrite& rewrite_;
  ExecutionState state_;
  TableColumns source_;
  TableReader reader_;
  std::shared_ptr<const catalog::RowCodec> codec_;
  Arena arena_;
  EvalContext evaluator_;
  Batch columns_;  // one column per column position of the new table
  std::vector<catalog::Datum> values_;
  std::unique_ptr<bool[]> nulls_;
  std::string key_;
  std::string value_;
  engine::PinnedBytes existing_;
};

}  // namespace

Task<Status> RewriteTable(const TableRewrite& rewrite, ExecutionContext* context) {
  Rewriter rewriter(rewrite, context);
  auto run = rewriter.Run();
  Status status = co_await run;
  co_return status;
}

Task<Result<bool>> ColumnHasNulls(const catalog::TableRef& table, int column,
                                  ExecutionContext* context) {
  ExecutionState state(nullptr, context);
  TableColumns source;
  source.table = table;
  source.columns = {column};
  TableReader reader(source, nullptr, &state);
  std::unique_ptr<engine::KvCursor> cursor = ScanAll(*table, &state);
  while (true) {
    CO_RETURN_IF_ERROR(state.CheckCancelled());
    if (state.ShouldMove()) co_await ResumeOn(*context->workers);
    auto read = cursor->NextPage();
    auto page = co_await read;
    if (!page.ok()) co_return std::move(page).status();
    if (page->empty()) co_return false;
    CO_ASSIGN_OR_RETURN(const Batch* rows, reader.Read(*page));
    if (rows->columns[0].may_have_nulls()) co_return true;
  }
}

}  // namespace shale::sql
