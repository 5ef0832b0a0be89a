// Page by page of the table; the transaction's buffer writes sorted runs to disk where there are
// many entries (MakeRoom). Nobody else can see the storage id, so a key that is there is one of
// ours.
#include "sql/exec/build_index.h"

#include "catalog/index_codec.h"
#include "catalog/keys.h"
#include "sql/bind/bind_index.h"
#include "sql/exec/constraint_errors.h"
#include "sql/exec/index_writer.h"
#include "sql/exec/table_reader.h"
#include "sql/exec/unique_check.h"

namespace shale::sql {
namespace {

class IndexBuilder {
 public:
  IndexBuilder(catalog::TableRef table, catalog::IndexRef index,
               std::shared_ptr<const BoundIndex> bound, ExecutionContext* context)
      : table_(std::move(table)),
        index_(std::move(index)),
        bound_(std::move(bound)),
        state_(nullptr, context),
        codec_(table_, index_),
        evaluator_(state_.Evaluator(&arena_)),
        values_(table_->columns.size()),
        nulls_(std::make_unique<bool[]>(table_->columns.size())),
        key_values_(index_->keys.size()),
        key_nulls_(std::make_unique<bool[]>(index_->keys.size())) {
    source_.table = table_;
    source_.columns = bound_->columns;
    source_.emit_key = true;
    for (size_t i = 0; i < values_.size(); ++i) nulls_[i] = true;
  }

  Task<Status> Run() {
    engine::ScanOptions options;
    options.range = catalog::RowRange(table_->storage_id);
    options.page_rows_max = kBatchRows;
    options.latest = true;
    TableReader reader(source_, nullptr, &state_);
    std::unique_ptr<engine::KvCursor> cursor = state_.transaction().Scan(std::move(options));
    while (true) {
      CO_RETURN_IF_ERROR(state_.CheckCancelled());
      if (state_.ShouldMove()) co_await ResumeOn(*state_.context().workers);
      auto read = cursor->NextPage();
      auto page = co_await read;
      if (!page.ok()) co_return std::move(page).status();
      if (page->empty()) co_return Status::Ok();
      CO_ASSIGN_OR_RETURN(const Batch* rows, reader.Read(*page));
      for (uint32_t row = 0; row < rows->row_count; ++row) {
        auto add = Add(*rows, row);
        Status added = co_await add;
        if (!added.ok()) co_return added;
        auto room = state_.transaction().MakeRoom();
        Status status = co_await room;
        if (!status.ok()) co_return status;
      }
    }
  }

 private:
  Task<Status> Add(const Batch& rows, uint32_t row) {
    arena_.Reset();
    for (size_t i = 0; i < bound_->columns.size(); ++i) {
      const auto column = static_cast<size_t>(bound_->columns[i]);
      nulls_[column] = rows.columns[i].IsNull(row);
      if (!nulls_[column]) values_[column] = rows.columns[i].GetDatum(row);
    }
    CO_ASSIGN_OR_RETURN(bool included,
                        EvaluateIndexKeys(*table_, *index_, *bound_, values_.data(), nulls_.get(),
                                          evaluator_, key_values_.data(), key_nulls_.get()));
    if (!included) co_return Status::Ok();
    const auto key = rows.columns.back().at<std::string_view>(row);
    CO_RETURN_IF_ERROR(codec_.Encode(key_values_.data(), key_nulls_.get(), values_.data(),
                                     nulls_.get(), key, &entry_));
    if (entry_.guards) {
      auto get = state_.transaction().Get(entry_.key, &existing_);
      auto found = co_await get;
      if (!found.ok()) co_return std::move(found).status();
      if (*found) co_return Duplicated();
    }
    if (entry_.unique_bytes > 0) {
      const std::string unique_part = entry_.key.substr(0, entry_.unique_bytes);
      auto look = HasOtherEntry(state_.transaction(), unique_part, entry_.key, entry_.key);
      auto found = co_await look;
      if (!found.ok()) co_return std::move(found).status();
      if (*found) co_return Duplicated();
    }
    co_return state_.transaction().Put(entry_.key, entry_.value);
  }

  // Of the row in work.
  Status Duplicated() const {
    return DuplicatedKey(*table_, index_->name,
                         DescribeIndexKey(*table_, *index_, key_values_.data(), key_nulls_.get(),
                                          state_.settings()));
  }

  const catalog::TableRef table_;
  const catalog::IndexRef index_;
  const std::shared_ptr<const BoundIndex> bound_;
  ExecutionState state_;
  const catalog::IndexCodec codec_;
  TableColumns source_;
  Arena arena_;
  EvalContext evaluator_;
  std::vector<catalog::Datum> values_;
  std::unique_ptr<bool[]> nulls_;
  std::vector<catalog::Datum> key_values_;
  std::unique_ptr<bool[]> key_nulls_;
  catalog::IndexEntry entry_;
  engine::PinnedBytes existing_;
};

}  // namespace

Task<Status> BuildIndex(catalog::TableRef table, catalog::IndexRef index,
                        ExecutionContext* context) {
  ExecutionState state(nullptr, context);
  const auto view = state.catalog_view();
  CO_ASSIGN_OR_RETURN(auto bound, BindIndex(*view, table, index));
  IndexBuilder builder(std::move(table), std::move(index), std::move(bound), context);
  auto run = builder.Run();
  Status status = co_await run;
  co_return status;
}

}  // namespace shale::sql
