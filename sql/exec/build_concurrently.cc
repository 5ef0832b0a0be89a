// A locked row keeps whoever writes it waiting until its batch commits, so batches are small; and
// nobody is waited for with anything locked, which could close a circle: the batch is committed
// first, and the lock waited for alone before the row is begun anew.
#include "sql/exec/build_concurrently.h"

#include "catalog/keys.h"
#include "sql/exec/constraint_errors.h"
#include "sql/exec/index_writer.h"
#include "sql/vector/vector.h"

namespace shale::sql {
namespace {

constexpr int kRowsPerTransaction = 256;

class ConcurrentBuilder {
 public:
  ConcurrentBuilder(catalog::TableRef table, catalog::IndexRef index, engine::LockSession* session,
                    const ExecutionContext& context)
      : table_(std::move(table)),
        index_(std::move(index)),
        session_(session),
        context_(context),
        codec_(CodecOf(table_)),
        entry_codec_(table_, index_),
        values_(table_->columns.size()),
        nulls_(std::make_unique<bool[]>(table_->columns.size())),
        key_values_(index_->keys.size()),
        key_nulls_(std::make_unique<bool[]>(index_->keys.size())) {
    for (size_t i = 0; i < values_.size(); ++i) nulls_[i] = true;
    context_.catalog_transaction = nullptr;
  }

  Task<Status> Run() {
    CO_ASSIGN_OR_RETURN(bound_, BindIndex(*context_.catalog->snapshot(), table_, index_));
    const auto reading = context_.catalog->store()->Begin({});
    engine::ScanOptions options;
    options.range = catalog::RowRange(table_->storage_id);
    options.page_rows_max = kBatchRows;
    options.keys_only = true;
    const std::unique_ptr<engine::KvCursor> cursor = reading->Scan(std::move(options));
    while (true) {
      if (context_.cancel != nullptr && context_.cancel->cancelled()) {
        co_return context_.cancel->reason();
      }
      if (context_.workers != nullptr) co_await ResumeOn(*context_.workers);
      auto read = cursor->NextPage();
      auto page = co_await read;
      if (!page.ok()) co_return std::move(page).status();
      if (page->empty()) break;
      for (const engine::KeyValue& row : *page) {
        auto add = AddRow(row.key);
        Status added = co_await add;
        if (!added.ok()) co_return added;
      }
    }
    auto commit = CommitRows();
    Status committed = co_await commit;
    co_return committed;
  }

 private:
  void BeginRows() {
    engine::TransactionOptions options;
    options.session = session_;
    writing_ = context_.catalog->store()->Begin(options);
    context_.transaction = writing_.get();
    rows_ = 0;
  }

  Task<Status> CommitRows() {
    if (writing_ == nullptr) co_return Status::Ok();
    auto commit = writing_->Commit();
    engine::CommitResult result = co_await commit;
    writing_.reset();
    co_return result.outcome == engine::CommitOutcome::kCommitted ? Status::Ok()
                                                                  : std::move(result.status);
  }

  Task<Status> AddRow(std::string_view key) {
    if (writing_ != nullptr && rows_ >= kRowsPerTransaction) {
      auto commit = CommitRows();
      Status committed = co_await commit;
      if (!committed.ok()) co_return committed;
    }
    if (writing_ == nullptr) BeginRows();
    const std::string row_key(key);
    while (true) {
      auto attempt = TryRow(row_key);
      Status added = co_await attempt;
      if (!added.Is(sqlstate::kLockNotAvailable)) co_return added;
      auto commit = CommitRows();
      Status status = co_await commit;
      if (!status.ok()) co_return status;
      BeginRows();
      auto wait = Lock(busy_key_, busy_mode_, engine::LockWait::kWait);
      status = co_await wait;
      if (!status.ok()) co_return status;
    }
  }

  // 55P03 where others have it; it is noted then.
  Task<Status> TryLock(std::string_view key, engine::LockMode mode) {
    auto lock = Lock(key, mode, engine::LockWait::kNoWait);
    Status locked = co_await lock;
    if (locked.Is(sqlstate::kLockNotAvailable)) {
      busy_key_ = key;
      busy_mode_ = mode;
    }
    co_return locked;
  }

  Task<Status> Lock(std::string_view key, engine::LockMode mode, engine::LockWait wait) {
    engine::LockOptions options = context_.LockOptionsOf(mode);
    options.wait = wait;
    auto lock = writing_->Lock(key, options);
    auto outcome = co_await lock;
    co_return outcome.ok() ? Status::Ok() : std::move(outcome).status();
  }

  Task<Status> TryRow(std::string_view row_key) {
    ++rows_;
    auto lock = TryLock(row_key, engine::LockMode::kShare);
    Status locked = co_await lock;
    if (!locked.ok()) co_return locked;
    engine::PinnedBytes row;
    engine::SequenceNumber sequence = 0;
    auto get = writing_->GetLatest(row_key, &row, &sequence);
    auto found = co_await get;
    if (!found.ok()) co_return std::move(found).status();
    if (!*found) co_return Status::Ok();
    CO_ASSIGN_OR_RETURN(bool included, Describe(row_key, row.view()));
    if (!included) co_return Status::Ok();
    if (entry_.guards) {
      auto lock_entry = TryLock(entry_.key, engine::LockMode::kUpdate);
      locked = co_await lock_entry;
      if (!locked.ok()) co_return locked;
      auto get_entry = writing_->GetLatest(entry_.key, &row, &sequence);
      auto taken = co_await get_entry;
      if (!taken.ok()) co_return std::move(taken).status();
      if (*taken) {
        std::string other;
        CO_RETURN_IF_ERROR(entry_codec_.RowKey({entry_.key, row.view()}, &other));
        if (other != row_key) co_return Duplicated();
      }
    }
    co_return writing_->Put(entry_.key, entry_.value);
  }

  // The row's entry; false: the index's predicate leaves it out.
  Result<bool> Describe(std::string_view row_key, std::string_view row) {
    arena_.Reset();
    for (int column : bound_->columns) {
      RETURN_IF_ERROR(
          codec_->DecodeDatum(row_key, row, column, &values_[column], &nulls_[column], &arena_));
    }
    EvalContext evaluator;
    evaluator.arena = &arena_;
    evaluator.settings = context_.settings;
    evaluator.host = context_.host;
    ASSIGN_OR_RETURN(bool included,
                     EvaluateIndexKeys(*table_, *index_, *bound_, values_.data(), nulls_.get(),
                                       evaluator, key_values_.data(), key_nulls_.get()));
    if (!included) return false;
    RETURN_IF_ERROR(entry_codec_.Encode(key_values_.data(), key_nulls_.get(), values_.data(),
                                        nulls_.get(), row_key, &entry_));
    return true;
  }

  Status Duplicated() const {
    return DuplicatedKey(*table_, index_->name,
                         DescribeIndexKey(*table_, *index_, key_values_.data(), key_nulls_.get(),
                                          *context_.settings));
  }

  const catalog::TableRef table_;
  const catalog::IndexRef index_;
  engine::LockSession* const session_;
  ExecutionContext context_;
  const std::shared_ptr<const catalog::RowCodec> codec_;
  const catalog::IndexCodec entry_codec_;
  std::shared_ptr<const BoundIndex> bound_;
  std::unique_ptr<engine::KvTransaction> writing_;  // null: none has begun
  int rows_ = 0;                                    // of it
  std::string busy_key_;                            // what others had at the last attempt
  engine::LockMode busy_mode_ = engine::LockMode::kShare;
  Arena arena_;
  std::vector<catalog::Datum> values_;
  std::unique_ptr<bool[]> nulls_;
  std::vector<catalog::Datum> key_values_;
  std::unique_ptr<bool[]> key_nulls_;
  catalog::IndexEntry entry_;
};

}  // namespace

Task<Status> BuildConcurrently(catalog::TableRef table, catalog::IndexRef index,
                               engine::LockSession* session, ExecutionContext* context) {
  ConcurrentBuilder builder(std::move(table), std::move(index), session, *context);
  auto run = builder.Run();
  Status status = co_await run;
  co_return status;
}

}  // namespace shale::sql
