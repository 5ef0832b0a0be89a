// Aggregation by several threads: each has operators, a transaction at the statement's snapshot and
// a table of groups of its own, and reads pieces of the scan below (ParallelInput).
//
//   1. joins below read their other sides, once for all
//   2. the range of the scan is parted at the store's block boundaries, into many more pieces than
//      there are threads
//   3. the threads work until no piece is left (RunShares)
//   4. the tables are merged into the statement's own
//
// Where the transaction has writes, or tracks what it reads, where a join's other side does not fit
// into memory, or there is no thread to spare, the statement's thread does all of it alone: (3)
// with one thread, over the whole range as it was opened at the start.
#include <optional>

#include "engine/base/cleanup.h"
#include "engine/base/clock.h"
#include "sql/exec/aggregate_table.h"
#include "sql/exec/key_bounds.h"
#include "sql/exec/operators.h"
#include "sql/exec/parallel_input.h"
#include "sql/exec/work_shares.h"
#include "sql/exec/worker_budget.h"
#include "sql/plan/run_statistics.h"

namespace shale::sql {
namespace {

// So that the last ones, which the threads end with, are a small part of the work.
constexpr size_t kPiecesMax = 256;

class AggregateShare : public WorkShare {
 public:
  AggregateShare(PhysicalOperator* input, AggregateTable* table) : input_(input), table_(table) {}

  Async<Result<bool>> Step() override {
    if (started_ns_ == 0) started_ns_ = SystemClock().MonotonicNanos();
    auto next = input_->Next();
    if (!next.ready()) return StepLater(std::move(next));
    return Take(std::move(next).value());
  }

  int64_t taken_ns() const { return ended_ns_ - started_ns_; }

 private:
  Task<Result<bool>> StepLater(Async<NextBatch> next) {
    auto batch = co_await next;
    co_return Take(std::move(batch));
  }

  Result<bool> Take(NextBatch batch) {
    if (!batch.ok()) return std::move(batch).status();
    if (*batch == nullptr) {
      ended_ns_ = SystemClock().MonotonicNanos();
      return false;
    }
    RETURN_IF_ERROR(table_->Evaluate(**batch));
    RETURN_IF_ERROR(table_->Add(**batch));
    return true;
  }

  PhysicalOperator* const input_;
  AggregateTable* const table_;
  int64_t started_ns_ = 0;
  int64_t ended_ns_ = 0;
};

// All that a thread beside the statement's own works with.
class Helper {
 public:
  Helper(ExecutionState* leader, std::unique_ptr<engine::KvTransaction> transaction)
      : transaction_(std::move(transaction)), context_(leader->context()) {
    context_.transaction = transaction_.get();
    // What belongs to the session is for its own thread only.
    context_.catalog_transaction = nullptr;
    context_.move_log = nullptr;
    context_.moves = nullptr;
    context_.host = nullptr;
    context_.key_events = nullptr;
    context_.cursors = nullptr;
    context_.routines = nullptr;
    context_.parallel_workers = nullptr;
    context_.rows_wanted = UINT64_MAX;
    if (context_.run_statistics != nullptr) context_.run_statistics = &run_;
    state_.emplace(leader->plan(), &context_);
  }

  Status Open(const AggregateNode& node, ParallelInput* input) {
    state_->parallel_input() = input;
    ASSIGN_OR_RETURN(input_, MakeOperator(*node.child, &*state_));
    table_.emplace(node, &*state_);
    share_.emplace(input_.get(), &*table_);
    return Status::Ok();
  }

  AggregateShare& share() { return *share_; }
  AggregateTable& table() { return *table_; }
  const RunStatistics& run() const { return run_; }

 private:
  std::unique_ptr<engine::KvTransaction> transaction_;
  ExecutionContext context_;
  RunStatistics run_;
  std::optional<ExecutionState> state_;
  OperatorPtr input_;
  std::optional<AggregateTable> table_;
  std::optional<AggregateShare> share_;
};

const TableScanNode& ScanBelow(const PlanNode& input) {
  const PlanNode* node = &input;
  while (true) {
    switch (node->kind) {
      case PlanKind::kFilter:
        node = static_cast<const FilterNode*>(node)->child.get();
        break;
      case PlanKind::kProject:
        node = static_cast<const ProjectNode*>(node)->child.get();
        break;
      case PlanKind::kLookupJoin:
        node = static_cast<const LookupJoinNode*>(node)->left.get();
        break;
      case PlanKind::kApplyJoin:
        node = static_cast<const ApplyJoinNode*>(node)->left.get();
        break;
      case PlanKind::kHashJoin:
        node = static_cast<const HashJoinNode*>(node)->left.get();
        break;
      default:
        CHECK(node->kind == PlanKind::kTableScan);
        return static_cast<const TableScanNode&>(*node);
    }
  }
}

// The range in parts of about one size.
Result<std::vector<engine::KeyRange>> Part(const engine::KeyRange& range, engine::KvStore* store) {
  ASSIGN_OR_RETURN(std::vector<std::string> keys, store->SplitKeys(range, kPiecesMax - 1));
  std::vector<engine::KeyRange> pieces(1, range);
  for (std::string& key : keys) {
    engine::KeyRange& last = pieces.back();
    if (key <= last.begin || (!last.end.empty() && key >= last.end)) continue;
    engine::KeyRange rest{key, std::move(last.end)};
    last.end = std::move(key);
    pieces.push_back(std::move(rest));
  }
  return pieces;
}

class ParallelAggregateOperator : public PhysicalOperator {
 public:
  ParallelAggregateOperator(const AggregateNode& node, OperatorPtr child, ExecutionState* state)
      : state_(state), node_(node), child_(std::move(child)), table_(node, state) {}

  Async<NextBatch> Next() override {
    if (!has_gathered_) return GatherFirst();
    if (state_->ShouldMove()) return NextElsewhere();
    return table_.Finish();
  }

 private:
  Task<NextBatch> GatherFirst() {
    auto gather = Gather();
    Status status = co_await gather;
    if (!status.ok()) co_return status;
    has_gathered_ = true;
    co_return table_.Finish();
  }

  Task<NextBatch> NextElsewhere() {
    co_await ResumeOn(*state_->context().workers);
    co_return table_.Finish();
  }

  // What others read is the snapshot that the statement began with.
  bool MayShare() const {
    const ExecutionContext& context = state_->context();
    return context.isolation != engine::IsolationLevel::kSerializable && context.reads_as_of == 0 &&
           !context.transaction->has_writes() &&
           context.transaction->snapshot() == state_->snapshot();
  }

  Task<Status> Gather() {
    ExecutionContext& context = state_->context();
    if (!state_->may_block()) co_await ResumeOn(*context.workers);
    const bool may_share = MayShare();
    // An aggregation among what joins read has its turn meanwhile.
    ParallelInput* const around =
        std::exchange(state_->parallel_input(), may_share ? &input_ : nullptr);
    const Cleanup restore([this, around] { state_->parallel_input() = around; });
    int wanted = 0;
    if (may_share) {
      auto ready = child_->GetReady();
      Status status = co_await ready;
      if (!status.ok()) co_return status;
      if (input_.has_all_tables()) wanted = node_.workers;
    }
    const WorkerBudget::Lease lease =
        context.parallel_workers->Take(wanted, context.parallel_workers_max);
    if (lease.count() > 0) CO_RETURN_IF_ERROR(OpenHelpers(lease.count()));
    const uint64_t work_mem = static_cast<uint64_t>(context.work_mem_bytes);
    for (auto& helper : helpers_) helper->table().ShareMemory(work_mem / (helpers_.size() + 1));
    table_.ShareMemory(work_mem / (helpers_.size() + 1));

    AggregateShare own(child_.get(), &table_);
    std::vector<WorkShare*> shares;
    const bool leads = context.leader_participates || helpers_.empty();
    if (leads) shares.push_back(&own);
    for (auto& helper : helpers_) shares.push_back(&helper->share());
    auto run = RunShares(context.workers, shares, leads);
    Status status = co_await run;
    if (!status.ok()) co_return status;
    if (context.run_statistics != nullptr) NoteRuns(own, leads);
    table_.ShareMemory(work_mem);
    std::vector<AggregateTable*> others;
    for (auto& helper : helpers_) others.push_back(&helper->table());
    status = table_.MergeAll(others);
    helpers_.clear();
    child_.reset();
    co_return status;
  }

  Status OpenHelpers(int count) {
    ExecutionContext& context = state_->context();
    engine::KvStore* const store = context.catalog->store();
    const TableScanNode& scan = ScanBelow(*node_.child);
    ASSIGN_OR_RETURN(std::optional<engine::KeyRange> range, ScanRange(scan, state_));
    if (!range) return Status::Ok();
    ASSIGN_OR_RETURN(std::vector<engine::KeyRange> pieces, Part(*range, store));
    count = std::min(count, static_cast<int>(pieces.size()) - 1);
    if (count == 0) return Status::Ok();
    auto snapshot = context.transaction->ShareSnapshot();
    if (!snapshot.ok()) {
      const bool has_none = snapshot.status().Is(sqlstate::kFeatureNotSupported);
      return has_none ? Status::Ok() : std::move(snapshot).status();
    }
    input_.SetPieces(&scan, std::move(pieces));
    for (int i = 0; i < count; ++i) {
      std::unique_ptr<engine::KvTransaction> transaction = store->Begin({.read_only = true});
      RETURN_IF_ERROR(transaction->UseSnapshot(*snapshot));
      helpers_.push_back(std::make_unique<Helper>(state_, std::move(transaction)));
      RETURN_IF_ERROR(helpers_.back()->Open(node_, &input_));
    }
    return Status::Ok();
  }

  void NoteRuns(const AggregateShare& own, bool leads) {
    RunStatistics& run = *state_->context().run_statistics;
    GatherRun& gather = run.GatherOf(node_);
    gather.workers = static_cast<int>(helpers_.size());
    ++gather.gathered.loops;
    int64_t longest_ns = 0;
    auto note = [&](const AggregateShare& share, const AggregateTable& table) {
      gather.partial.Add({1, table.group_count(), share.taken_ns(), share.taken_ns()});
      gather.gathered.rows += table.group_count();
      longest_ns = std::max(longest_ns, share.taken_ns());
    };
    if (leads) note(own, table_);
    for (const auto& helper : helpers_) {
      note(helper->share(), helper->table());
      run.Add(helper->run());
    }
    gather.gathered.Add({.startup_ns = longest_ns, .total_ns = longest_ns});
  }

  ExecutionState* const state_;
  const AggregateNode& node_;
  OperatorPtr child_;
  AggregateTable table_;
  ParallelInput input_;
  std::vector<std::unique_ptr<Helper>> helpers_;
  bool has_gathered_ = false;
};

}  // namespace

OperatorPtr MakeParallelAggregate(const AggregateNode& node, OperatorPtr child,
                                  ExecutionState* state) {
  return std::make_unique<ParallelAggregateOperator>(node, std::move(child), state);
}

}  // namespace shale::sql
