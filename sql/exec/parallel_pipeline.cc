// The range of the scan is parted at the store's block boundaries, into many more pieces than there
// are threads; the threads take one piece after the other until none is left (RunShares).
#include "sql/exec/parallel_pipeline.h"

#include <algorithm>

#include "engine/base/clock.h"
#include "sql/exec/key_bounds.h"
#include "sql/exec/operators.h"
#include "sql/exec/work_shares.h"
#include "sql/plan/run_statistics.h"

namespace shale::sql {
namespace {

// So that the last ones, which the threads end with, are a small part of the work.
constexpr size_t kPiecesPerThread = 64;

// A scan, or rows that are dealt out.
const PlanNode& SourceBelow(const PlanNode& pipeline) {
  const PlanNode* node = &pipeline;
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
        CHECK(node->kind == PlanKind::kTableScan || node->kind == PlanKind::kDealtRows);
        return *node;
    }
  }
}

// The range in parts of about one size.
Result<std::vector<engine::KeyRange>> Part(const engine::KeyRange& range, size_t threads,
                                           engine::KvStore* store) {
  ASSIGN_OR_RETURN(std::vector<std::string> keys,
                   store->SplitKeys(range, threads * kPiecesPerThread));
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

}  // namespace

// What one thread does.
class ParallelPipeline::Share : public WorkShare {
 public:
  Share(PhysicalOperator* input, RowSink* sink) : input_(input), sink_(sink) {}

  Async<Result<Progress>> Step() override {
    if (started_ns_ == 0) started_ns_ = SystemClock().MonotonicNanos();
    auto next = input_->Next();
    if (!next.ready()) return StepLater(std::move(next));
    return Take(std::move(next).value());
  }

  PhysicalOperator* rest() const { return has_ended_ ? nullptr : input_; }
  int64_t taken_ns() const { return std::max<int64_t>(ended_ns_ - started_ns_, 0); }

 private:
  Task<Result<Progress>> StepLater(Async<NextBatch> next) {
    auto batch = co_await next;
    co_return Take(std::move(batch));
  }

  Result<Progress> Take(NextBatch batch) {
    if (!batch.ok()) return std::move(batch).status();
    has_ended_ = *batch == nullptr;
    Progress progress = Progress::kEnded;
    if (!has_ended_) {
      ASSIGN_OR_RETURN(bool more, sink_->Take(**batch));
      progress = more ? Progress::kMore : Progress::kAllEnded;
    }
    if (progress != Progress::kMore) ended_ns_ = SystemClock().MonotonicNanos();
    return progress;
  }

  PhysicalOperator* const input_;
  RowSink* const sink_;
  bool has_ended_ = false;
  int64_t started_ns_ = 0;
  int64_t ended_ns_ = 0;
};

// All that a thread beside the statement's own works with.
class ParallelPipeline::Helper {
 public:
  Helper(ExecutionState* leader, uint64_t work_mem_share,
         std::unique_ptr<engine::KvTransaction> transaction)
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
    context_.work_mem_bytes = static_cast<int64_t>(work_mem_share);
    if (context_.run_statistics != nullptr) context_.run_statistics = &run_;
    state_.emplace(leader->plan(), &context_);
  }

  Status Open(const PlanNode& node, ParallelInput* input) {
    state_->parallel_input() = input;
    ASSIGN_OR_RETURN(input_, MakeOperator(node, &*state_));
    return Status::Ok();
  }

  ExecutionState* state() { return &*state_; }
  PhysicalOperator* input() { return input_.get(); }
  const RunStatistics& run() const { return run_; }

 private:
  std::unique_ptr<engine::KvTransaction> transaction_;
  ExecutionContext context_;
  RunStatistics run_;
  std::optional<ExecutionState> state_;
  OperatorPtr input_;
};

ParallelPipeline::ParallelPipeline(const PlanNode& node, PhysicalOperator* own,
                                   ExecutionState* state)
    : node_(node), own_(own), state_(state), around_(state->parallel_input()) {}

ParallelPipeline::~ParallelPipeline() { state_->parallel_input() = around_; }

ExecutionState* ParallelPipeline::state(size_t thread) {
  return thread == 0 ? state_ : helpers_[thread - 1]->state();
}

// What others read is the snapshot that the statement began with.
bool ParallelPipeline::MayShare() const {
  const ExecutionContext& context = state_->context();
  return context.isolation != engine::IsolationLevel::kSerializable && context.reads_as_of == 0 &&
         !context.transaction->has_writes() &&
         context.transaction->snapshot() == state_->snapshot();
}

// What joins read may be a pipeline by several threads itself, and has its turn meanwhile.
Task<Status> ParallelPipeline::Open(int helpers_wanted) {
  const ExecutionContext& context = state_->context();
  if (!state_->may_block()) co_await ResumeOn(*context.workers);
  if (!MayShare()) {
    state_->parallel_input() = nullptr;
    co_return Status::Ok();
  }
  state_->parallel_input() = &input_;
  auto ready = own_->GetReady();
  Status status = co_await ready;
  if (!status.ok() || !input_.has_all_tables()) co_return status;
  lease_.emplace(context.parallel_workers->Take(helpers_wanted, context.parallel_workers_max));
  co_return OpenHelpers(lease_->count());
}

Status ParallelPipeline::OpenHelpers(int count) {
  if (count == 0) return Status::Ok();
  const ExecutionContext& context = state_->context();
  engine::KvStore* const store = context.catalog->store();
  const PlanNode& source = SourceBelow(node_);
  std::vector<engine::KeyRange> pieces;
  if (source.kind == PlanKind::kDealtRows) {
    const auto dealt = input_.RowsOf(static_cast<const DealtRowsNode&>(source));
    count = dealt == nullptr
                ? 0
                : std::min(count, static_cast<int>(dealt->rows.row_count() / dealt->deal) - 1);
  } else {
    ASSIGN_OR_RETURN(std::optional<engine::KeyRange> range,
                     ScanRange(static_cast<const TableScanNode&>(source), state_));
    if (!range) return Status::Ok();
    ASSIGN_OR_RETURN(pieces, Part(*range, static_cast<size_t>(count) + 1, store));
    count = std::min(count, static_cast<int>(pieces.size()) - 1);
  }
  if (count <= 0) return Status::Ok();
  auto snapshot = context.transaction->ShareSnapshot();
  if (!snapshot.ok()) {
    const bool has_none = snapshot.status().Is(sqlstate::kFeatureNotSupported);
    return has_none ? Status::Ok() : std::move(snapshot).status();
  }
  if (source.kind == PlanKind::kTableScan) {
    input_.SetPieces(static_cast<const TableScanNode*>(&source), std::move(pieces));
  }
  const uint64_t share = static_cast<uint64_t>(context.work_mem_bytes / (count + 1));
  for (int i = 0; i < count; ++i) {
    std::unique_ptr<engine::KvTransaction> transaction = store->Begin({.read_only = true});
    RETURN_IF_ERROR(transaction->UseSnapshot(*snapshot));
    helpers_.push_back(std::make_unique<Helper>(state_, share, std::move(transaction)));
    RETURN_IF_ERROR(helpers_.back()->Open(node_, &input_));
  }
  return Status::Ok();
}

Task<Status> ParallelPipeline::Run(std::span<RowSink* const> sinks) {
  const ExecutionContext& context = state_->context();
  const bool leads = context.leader_participates || helpers_.empty();
  std::vector<WorkShare*> shares;
  for (size_t i = 0; i < sinks.size(); ++i) {
    PhysicalOperator* const input = i == 0 ? own_ : helpers_[i - 1]->input();
    shares_.push_back(std::make_unique<Share>(input, sinks[i]));
    if (i > 0 || leads) shares.push_back(shares_.back().get());
  }
  auto run = RunShares(context.workers, shares, leads);
  Status status = co_await run;
  if (context.run_statistics != nullptr) {
    for (const auto& helper : helpers_) context.run_statistics->Add(helper->run());
  }
  co_return status;
}

PhysicalOperator* ParallelPipeline::Rest(size_t thread) { return shares_[thread]->rest(); }

std::optional<int64_t> ParallelPipeline::taken_ns(size_t thread) const {
  const bool leads = state_->context().leader_participates || helpers_.empty();
  if (thread == 0 && !leads) return std::nullopt;
  return shares_[thread]->taken_ns();
}

}  // namespace shale::sql
