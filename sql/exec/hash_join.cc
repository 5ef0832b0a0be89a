// Hash join: the right side's rows lie in a buffer, chained by hash; each left row walks its chain.
//
// Steps: (1) read the right side, (2) build the chains, (3) for each left batch collect up to
// kBatchRows pairs of rows with equal keys, gather them, check the rest of the condition, and after
// the last pair give the left rows without a partner (left, full), (4) at the end the right rows
// without one (full).
//
// Where the right side has outgrown memory it is dealt out to partitions on disk by the hashes of
// its keys, and so is the left side; then each pair of partitions is joined by these steps.
//
// Where several threads share the left side, one of them does (1) and (2) for all; and where the
// right side is a pipeline, too, several threads do (1), each with rows of its own, which are put
// together before (2).
#include "sql/exec/hash_join_table.h"
#include "sql/exec/join_rows.h"
#include "sql/exec/operators.h"
#include "sql/exec/parallel_pipeline.h"
#include "sql/exec/spill_queue.h"
#include "sql/vector/row_compare.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

// The rows of a batch of the right side, as they are kept.
class RightRows {
 public:
  explicit RightRows(const HashJoinNode& node) : node_(node) {}

  Status Evaluate(const Batch& batch, EvalContext& evaluator, bool keeps_nulls) {
    columns = batch.columns;
    keys_.row_count = batch.row_count;
    keys_.columns.clear();
    key_columns_.clear();
    rows = RowsOf(batch);
    RowSet joinable = rows;
    for (const ExprPtr& key : node_.right_keys) {
      Vector values;
      RETURN_IF_ERROR(sql::Evaluate(evaluator, *key, batch, rows, &values));
      joinable = SelectNotNull(values, joinable, evaluator.arena);
      if (key->kind != ExprKind::kColumn) columns.push_back(values);
      key_columns_.push_back(static_cast<uint32_t>(keys_.columns.size()));
      keys_.columns.push_back(values);
    }
    // A row with a NULL key has no partner.
    if (!keeps_nulls) rows = joinable;
    hashes = evaluator.arena->AllocateArray<uint64_t>(batch.row_count);
    HashColumns(keys_, key_columns_, rows, hashes);
    return Status::Ok();
  }

  std::vector<Vector> columns;
  RowSet rows;
  uint64_t* hashes = nullptr;  // by row

 private:
  const HashJoinNode& node_;
  Batch keys_;
  std::vector<uint32_t> key_columns_;
};

// What one of several threads keeps of the right side, as far as its part of the memory goes.
class RightSink : public RowSink {
 public:
  RightSink(const HashJoinNode& node, ExecutionState* state, uint64_t bytes_max)
      : state_(state),
        evaluator_(state->Evaluator(&arena_)),
        memory_(state, "hash join"),
        right_(node),
        table_(node) {
    memory_.SetLimit(bytes_max);
  }

  Result<bool> Take(const Batch& batch) override {
    arena_.Reset();
    state_->BeginEvaluation();
    RETURN_IF_ERROR(right_.Evaluate(batch, evaluator_, false));
    RETURN_IF_ERROR(table_.Append(right_.columns, right_.rows, right_.hashes));
    return memory_.TryUse(table_.bytes());
  }
  const HashJoinTable& table() const { return table_; }

 private:
  ExecutionState* const state_;
  Arena arena_;
  EvalContext evaluator_;
  WorkMemory memory_;
  RightRows right_;
  HashJoinTable table_;
};

class HashJoinOperator : public PipelineOperator {
 public:
  // right: null where the table is given, which is built then.
  HashJoinOperator(const HashJoinNode& node, OperatorPtr left, OperatorPtr right,
                   std::shared_ptr<const HashJoinTable> table, ExecutionState* state)
      : PipelineOperator(std::move(left), state),
        node_(node),
        right_child_(std::move(right)),
        input_evaluator_(state->Evaluator(&input_arena_)),
        output_evaluator_(state->Evaluator(&output_arena_)),
        memory_(state, "hash join"),
        right_read_(node),
        made_(table == nullptr ? std::make_shared<HashJoinTable>(node) : nullptr),
        right_(made_ != nullptr ? std::shared_ptr<const HashJoinTable>(made_) : std::move(table)),
        right_parts_(WithHash(HashJoinTable::TypesOf(node)), state, SpillQueue::Empty::kCounted),
        left_parts_(node.left->output, state, SpillQueue::Empty::kCounted) {
    for (size_t i = 0; i < node.right_keys.size(); ++i) {
      left_key_columns_.push_back(static_cast<uint32_t>(i));
    }
    left_keys_.columns.resize(node.left_keys.size());
    left_hashes_.resize(kBatchRows);
  }

  void SetKeyFilter(KeyFilter filter) override {
    if (!keeps_right() && filter.IsWithin(node_.left->output.size())) {
      child_->SetKeyFilter(std::move(filter));
    }
  }

 protected:
  Async<Status> Prepare() override {
    if (right_child_ != nullptr) return ReadRight();
    FilterLeft();
    return Status::Ok();
  }

  Async<Status> Consume(const Batch& input) override {
    if (!right_parts_.is_spilling()) return Probe(input);
    Status evaluated = EvaluateLeftKeys(input);
    if (!evaluated.ok()) return evaluated;
    return state_->Block([this, &input] { return SpillLeft(input); });
  }

  NextBatch Produce() override {
    if (right_parts_.is_spilling()) return nullptr;
    return GivePairs();
  }

  NextBatch Finish() override {
    while (true) {
      RETURN_IF_ERROR(state_->CheckCancelled());
      if (probing_) {
        ASSIGN_OR_RETURN(const Batch* pairs, GivePairs());
        if (pairs != nullptr) return pairs;
        probing_ = false;
      }
      if (in_partition_) {
        ASSIGN_OR_RETURN(const Batch* left, left_parts_.NextBatch());
        if (left != nullptr) {
          RETURN_IF_ERROR(ProbePartition(*left));
          continue;
        }
      }
      if (!right_parts_.is_spilling()) {
        ASSIGN_OR_RETURN(const Batch* unmatched, GiveUnmatchedRight());
        if (unmatched != nullptr) return unmatched;
      }
      ASSIGN_OR_RETURN(in_partition_, StartPartition());
      if (!in_partition_) return nullptr;
    }
  }

 private:
  // Gives the left rows without a partner.
  bool keeps_left() const { return KeepsLeft(node_.join); }
  bool wants_one() const { return WantsOnePartner(node_.join); }
  bool marks_left() const { return keeps_left() || wants_one(); }
  bool keeps_right() const { return node_.join == JoinKind::kFull; }

  // Right rows as they are put out of memory.
  static std::vector<catalog::Type> WithHash(std::vector<catalog::Type> types) {
    types.push_back(kHashType);
    return types;
  }

  Status EvaluateLeftKeys(const Batch& input) {
    input_arena_.Reset();
    left_keys_.row_count = input.row_count;
    candidates_ = RowsOf(input);
    for (size_t i = 0; i < node_.left_keys.size(); ++i) {
      RETURN_IF_ERROR(Evaluate(input_evaluator_, *node_.left_keys[i], input, RowsOf(input),
                               &left_keys_.columns[i]));
      candidates_ = SelectNotNull(left_keys_.columns[i], candidates_, &input_arena_);
    }
    return Status::Ok();
  }

  // Makes the batch the one that pairs are collected for.
  Status Probe(const Batch& input) {
    RETURN_IF_ERROR(EvaluateLeftKeys(input));
    input_ = &input;
    HashColumns(left_keys_, left_key_columns_, candidates_, left_hashes_.data());
    next_candidate_ = 0;
    in_chain_ = false;
    matched_.Start(marks_left() ? input.row_count : 0);
    unmatched_given_ = !keeps_left();
    return Status::Ok();
  }

  // A row with a NULL key has no partner: only joins that keep the left side want it.
  Status SpillLeft(const Batch& input) {
    const RowSet rows = keeps_left() ? RowsOf(input) : candidates_;
    HashColumns(left_keys_, left_key_columns_, rows, left_hashes_.data());
    return left_parts_.Append(input.columns, rows, left_hashes_.data());
  }

  Status ProbePartition(const Batch& left) {
    if (right_parts_.is_spilling()) {
      RETURN_IF_ERROR(EvaluateLeftKeys(left));
      return SpillLeft(left);
    }
    probing_ = true;
    return Probe(left);
  }

  NextBatch GivePairs() {
    output_arena_.Reset();
    if (pair_count_ == 0) pair_count_ = CollectPairs();
    if (pair_count_ > 0) {
      GatherPairs(pair_count_);
      if (node_.condition) {
        RETURN_IF_ERROR(Filter(output_evaluator_, *node_.condition, &output_));
      }
      MarkMatched();
      pair_count_ = 0;
      return &output_;
    }
    if (unmatched_given_) return nullptr;
    unmatched_given_ = true;
    RowSet rows = matched_.Unmatched(RowsOf(*input_), &output_arena_);
    if (rows.count == 0) return nullptr;
    ExtendWithNulls(*input_, rows, NullTypes(node_.join, node_.right->output), &output_arena_,
                    &output_);
    return &output_;
  }

  NextBatch GiveUnmatchedRight() {
    if (!keeps_right()) return nullptr;
    output_arena_.Reset();
    bool any = unmatched_right_.Next(&right_->rows(), node_.left->output,
                                     node_.right->output.size(), &output_arena_, &output_);
    return any ? &output_ : nullptr;
  }

  Task<Status> ReadRight() {
    Task<Status> reading = node_.build_workers > 0 && state_->context().parallel_workers != nullptr
                               ? ReadRightByMany()
                               : ReadRightFrom(right_child_.get());
    Status status = co_await reading;
    if (!status.ok()) co_return status;
    right_child_.reset();
    if (!right_parts_.is_spilling()) {
      BuildChains();
      FilterLeft();
    }
    if (node_.in_parallel && state_->parallel_input() != nullptr) {
      state_->parallel_input()->SetTable(node_, right_parts_.is_spilling() ? nullptr : right_);
    }
    co_return Status::Ok();
  }

  // Has the left side leave out rows without a partner, where they are not wanted.
  void FilterLeft() {
    if (node_.join != JoinKind::kInner && node_.join != JoinKind::kSemi) return;
    KeyFilter filter{right_, {}};
    for (const ExprPtr& key : node_.left_keys) {
      if (key->kind != ExprKind::kColumn) return;
      filter.slots.push_back(static_cast<uint32_t>(static_cast<const ColumnExpr&>(*key).slot));
    }
    child_->SetKeyFilter(std::move(filter));
  }

  Task<Status> ReadRightFrom(PhysicalOperator* right) {
    while (true) {
      auto next = right->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return std::move(batch).status();
      if (*batch == nullptr) co_return Status::Ok();
      if (state_->ShouldMove()) co_await ResumeOn(*state_->context().workers);
      CO_RETURN_IF_ERROR(AppendRight(**batch));
    }
  }

  // Where memory does not hold what they have got, one thread goes on with it, and what is left.
  Task<Status> ReadRightByMany() {
    ParallelPipeline pipeline(*node_.right, right_child_.get(), state_);
    auto open = pipeline.Open(node_.build_workers);
    Status status = co_await open;
    if (!status.ok()) co_return status;
    if (pipeline.helpers() == 0) {
      auto reading = ReadRightFrom(right_child_.get());
      status = co_await reading;
      co_return status;
    }
    std::vector<std::unique_ptr<RightSink>> parts;
    std::vector<RowSink*> sinks;
    const auto work_mem = static_cast<uint64_t>(state_->context().work_mem_bytes);
    for (size_t i = 0; i < pipeline.threads(); ++i) {
      parts.push_back(
          std::make_unique<RightSink>(node_, pipeline.state(i), work_mem / pipeline.threads()));
      sinks.push_back(parts.back().get());
    }
    auto run = pipeline.Run(sinks);
    status = co_await run;
    if (!status.ok()) co_return status;
    for (auto& part : parts) {
      CO_RETURN_IF_ERROR(AppendPart(part->table()));
      part.reset();
    }
    for (size_t i = 0; i < pipeline.threads(); ++i) {
      PhysicalOperator* const rest = pipeline.Rest(i);
      if (rest == nullptr) continue;
      auto reading = ReadRightFrom(rest);
      status = co_await reading;
      if (!status.ok()) co_return status;
    }
    co_return Status::Ok();
  }

  Status AppendPart(const HashJoinTable& part) {
    for (size_t i = 0; i < part.rows().chunk_count(); ++i) {
      RETURN_IF_ERROR(state_->CheckCancelled());
      input_arena_.Reset();
      const Batch& chunk = part.rows().chunk(i);
      RETURN_IF_ERROR(
          KeepRight(chunk.columns, RowsOf(chunk), chunk.row_count, part.hashes() + i * kBatchRows));
    }
    return Status::Ok();
  }

  Status AppendRight(const Batch& batch) {
    input_arena_.Reset();
    state_->BeginEvaluation();
    RETURN_IF_ERROR(right_read_.Evaluate(batch, input_evaluator_, keeps_right()));
    return KeepRight(right_read_.columns, right_read_.rows, batch.row_count, right_read_.hashes);
  }

  Status KeepRight(std::vector<Vector> columns, RowSet rows, uint32_t row_count,
                   const uint64_t* hashes) {
    if (right_parts_.is_spilling()) return SpillRight(std::move(columns), rows, row_count, hashes);
    RETURN_IF_ERROR(made_->Append(columns, rows, hashes));
    if (memory_.TryUse(made_->bytes())) return Status::Ok();
    if (!right_parts_.may_spill()) return memory_.Exceed(made_->bytes());
    state_->RequireWorker();
    return state_->may_block() ? SpillBuffer() : Status::Ok();  // else after the next batch
  }

  Status SpillRight(std::vector<Vector> columns, RowSet rows, uint32_t row_count,
                    const uint64_t* hashes) {
    Vector hash_column = Vector::Flat(kHashType, row_count, &input_arena_);
    for (uint32_t i = 0; i < rows.count; ++i) {
      hash_column.values<int64_t>()[rows[i]] = static_cast<int64_t>(hashes[rows[i]]);
    }
    columns.push_back(hash_column);
    return right_parts_.Append(columns, rows, hashes);
  }

  Status SpillBuffer() {
    right_parts_.StartSpilling();
    left_parts_.StartSpilling();
    for (size_t i = 0; i < made_->rows().chunk_count(); ++i) {
      const Batch& chunk = made_->rows().chunk(i);
      RETURN_IF_ERROR(SpillRight(chunk.columns, RowsOf(chunk), chunk.row_count,
                                 made_->hashes() + i * kBatchRows));
    }
    ForgetRight();
    return memory_.Exceed(0);
  }

  void ForgetRight() {
    made_->Clear();
    unmatched_right_.Start(0);
  }

  // Reads the right side of the next pair of partitions. False: there is none.
  Result<bool> StartPartition() {
    ASSIGN_OR_RETURN(bool has_right, right_parts_.NextPartition());
    ASSIGN_OR_RETURN(bool has_left, left_parts_.NextPartition());
    CHECK(has_right == has_left);
    if (!has_right) return false;
    ForgetRight();
    while (true) {
      RETURN_IF_ERROR(state_->CheckCancelled());
      ASSIGN_OR_RETURN(const Batch* rows, right_parts_.NextBatch());
      if (rows == nullptr) break;
      input_arena_.Reset();
      std::vector<Vector> columns = rows->columns;
      const auto* hashes = reinterpret_cast<const uint64_t*>(columns.back().values<int64_t>());
      columns.pop_back();
      RETURN_IF_ERROR(KeepRight(std::move(columns), RowsOf(*rows), rows->row_count, hashes));
    }
    if (!right_parts_.is_spilling()) BuildChains();
    return true;
  }

  void BuildChains() {
    made_->Build();
    if (keeps_right()) unmatched_right_.Start(made_->rows().row_count());
  }

  uint32_t CollectPairs() {
    const HashJoinTable& right = *right_;
    uint32_t count = 0;
    for (; next_candidate_ < candidates_.count; ++next_candidate_, in_chain_ = false) {
      const uint32_t left_row = candidates_[next_candidate_];
      if (wants_one() && matched_.IsMarked(left_row)) continue;
      const uint64_t hash = left_hashes_[left_row];
      if (!in_chain_) right_row_ = right.First(hash);
      in_chain_ = true;
      for (; right_row_ != kNoRow; right_row_ = right.After(right_row_)) {
        if (!right.Matches(right_row_, left_keys_, left_row, hash)) continue;
        if (count == kBatchRows) return count;
        left_rows_[count] = left_row;
        right_rows_[count++] = right_row_;
        if (wants_one() && node_.condition == nullptr) break;
      }
    }
    return count;
  }

  void GatherPairs(uint32_t count) {
    output_.columns.clear();
    for (const Vector& column : input_->columns) {
      output_.columns.push_back(
          Gather(column, left_rows_, count, ByteCopy::kShared, &output_arena_));
    }
    for (size_t column = 0; column < node_.right->output.size(); ++column) {
      output_.columns.push_back(right_->rows().Gather(column, right_rows_, count, &output_arena_));
    }
    output_.row_count = count;
    output_.selection = nullptr;
  }

  void MarkMatched() {
    if (!marks_left()) return;
    if (wants_one()) {
      return matched_.KeepFirst(node_.join, &output_arena_, &output_,
                                [this](uint32_t pair) { return left_rows_[pair]; });
    }
    for (uint32_t i = 0; i < output_.size(); ++i) {
      const uint32_t pair = output_.RowAt(i);
      matched_.Mark(left_rows_[pair]);
      if (keeps_right()) unmatched_right_.Mark(right_rows_[pair]);
    }
  }

  const HashJoinNode& node_;
  OperatorPtr right_child_;
  Arena input_arena_;   // keys of the current input
  Arena output_arena_;  // the current output
  EvalContext input_evaluator_;
  EvalContext output_evaluator_;
  WorkMemory memory_;

  static constexpr catalog::Type kHashType{catalog::type_oid::kInt8, -1};

  RightRows right_read_;                              // of the batch read last
  const std::shared_ptr<HashJoinTable> made_;         // null where it was given
  const std::shared_ptr<const HashJoinTable> right_;  // of a pair of partitions, its right side's
  UnmatchedRight unmatched_right_;
  SpillQueue right_parts_;  // the table's columns and the hash of the keys
  SpillQueue left_parts_;
  bool in_partition_ = false;
  bool probing_ = false;  // there may be more pairs of a partition's batch

  const Batch* input_ = nullptr;
  Batch left_keys_;
  std::vector<uint32_t> left_key_columns_;
  std::vector<uint64_t> left_hashes_;
  RowSet candidates_;  // rows of the input without NULL keys
  uint32_t next_candidate_ = 0;
  bool in_chain_ = false;  // right_row_ is where the candidate's walk goes on
  uint32_t right_row_ = kNoRow;
  MatchedRows matched_;
  bool unmatched_given_ = true;
  uint32_t pair_count_ = 0;  // pairs collected, and not given yet
  uint32_t left_rows_[kBatchRows];
  uint32_t right_rows_[kBatchRows];
  Batch output_;
};

}  // namespace

OperatorPtr MakeHashJoin(const HashJoinNode& node, OperatorPtr left, OperatorPtr right,
                         ExecutionState* state) {
  return std::make_unique<HashJoinOperator>(node, std::move(left), std::move(right), nullptr,
                                            state);
}

OperatorPtr MakeHashProbe(const HashJoinNode& node, OperatorPtr left,
                          std::shared_ptr<const HashJoinTable> table, ExecutionState* state) {
  return std::make_unique<HashJoinOperator>(node, std::move(left), nullptr, std::move(table),
                                            state);
}

}  // namespace shale::sql
