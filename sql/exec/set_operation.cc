// UNION, INTERSECT and EXCEPT. UNION ALL gives one side after the other, UNION drops repeated rows
// of that. The others count the right side's rows first and then stream the left side. Where the
// table of rows has outgrown memory it goes to disk, in partitions by hash, and the rest of both
// sides with it; the partitions have their turn at the end.
#include <algorithm>
#include <numeric>

#include "sql/exec/operators.h"
#include "sql/exec/row_table.h"
#include "sql/exec/spill_queue.h"
#include "sql/vector/row_compare.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

class AppendOperator : public PhysicalOperator {
 public:
  AppendOperator(OperatorPtr first, OperatorPtr second)
      : current_(std::move(first)), second_(std::move(second)) {}

  Async<NextBatch> Next() override {
    while (true) {
      auto next = current_->Next();
      if (!next.ready()) return NextLater(std::move(next));
      NextBatch batch = std::move(next).value();
      if (!batch.ok() || *batch != nullptr || !second_) return batch;
      current_ = std::move(second_);
    }
  }

 private:
  Task<NextBatch> NextLater(Async<NextBatch> next) {
    while (true) {
      auto batch = co_await next;
      if (!batch.ok() || *batch != nullptr || !second_) co_return batch;
      current_ = std::move(second_);
      next = current_->Next();
    }
  }

  OperatorPtr current_;
  OperatorPtr second_;  // null once it is current
};

class CompareSides : public PipelineOperator {
 public:
  CompareSides(const SetOperationNode& node, OperatorPtr left, OperatorPtr right,
               ExecutionState* state)
      : PipelineOperator(std::move(left), state),
        is_intersect_(node.operation == BoundSetOperation::kIntersect),
        all_(node.all),
        width_(node.output.size()),
        right_child_(std::move(right)),
        memory_(state, "set operation"),
        rows_(node.output),
        known_(WithCounts(node.output), state, SpillQueue::Empty::kCounted),
        left_(node.output, state, SpillQueue::Empty::kCounted) {}

 protected:
  Async<Status> Prepare() override { return CountRight(); }

  Async<Status> Consume(const Batch& input) override {
    if (!state_->needs_worker()) return Compare(input);
    return state_->Block([this, &input] { return Compare(input); });
  }

  NextBatch Produce() override {
    if (given_ || batch_.size() == 0) return nullptr;
    given_ = true;
    return &batch_;
  }

  // The partitions of both sides, in step.
  NextBatch Finish() override {
    while (true) {
      RETURN_IF_ERROR(state_->CheckCancelled());
      if (!in_partition_) {
        ASSIGN_OR_RETURN(in_partition_, StartPartition());
        if (!in_partition_) return nullptr;
      }
      ASSIGN_OR_RETURN(const Batch* rows, left_.NextBatch());
      in_partition_ = rows != nullptr;
      if (rows == nullptr) continue;
      RETURN_IF_ERROR(Compare(*rows));
      if (batch_.size() == 0) continue;
      return &batch_;
    }
  }

 private:
  // What is known of a row of the right side, or of a left one that was given.
  struct Known {
    int64_t count = 0;  // how often it is on the right, less those used up
    bool given = false;
  };

  // Rows as they are put out of memory, with what is known of them.
  static std::vector<catalog::Type> WithCounts(std::vector<catalog::Type> types) {
    types.push_back(kCountType);
    types.push_back(kGivenType);
    return types;
  }

  Task<Status> CountRight() {
    while (true) {
      auto next = right_child_->Next();
      auto batch = co_await next;
      if (!batch.ok()) co_return std::move(batch).status();
      if (*batch == nullptr) break;
      if (state_->ShouldMove()) co_await ResumeOn(*state_->context().workers);
      CO_RETURN_IF_ERROR(AddRight(**batch));
    }
    right_child_.reset();
    co_return Status::Ok();
  }

  Status AddRight(const Batch& batch) {
    if (known_.is_spilling()) {
      return SpillKnown(batch.columns, RowsOf(batch), batch.row_count, nullptr);
    }
    RETURN_IF_ERROR(Number(batch));
    for (uint32_t i = 0; i < batch.size(); ++i) ++states_[numbers_[batch.RowAt(i)]].count;
    return MakeRoom();
  }

  Status Number(const Batch& batch) {
    numbers_.resize(std::max<size_t>(numbers_.size(), batch.row_count));
    RETURN_IF_ERROR(rows_.FindOrAdd(batch, RowsOf(batch), numbers_.data()));
    states_.resize(rows_.size());
    return Status::Ok();
  }

  Status MakeRoom() {
    const uint64_t bytes = rows_.bytes() + states_.capacity() * sizeof(Known);
    if (memory_.TryUse(bytes)) return Status::Ok();
    if (!known_.may_spill()) return memory_.Exceed(bytes);
    state_->RequireWorker();
    return state_->may_block() ? SpillTable() : Status::Ok();  // else after the next batch
  }

  // All that is known goes to disk; the rest of both sides follows it.
  Status SpillTable() {
    known_.StartSpilling();
    left_.StartSpilling();
    for (size_t i = 0; i < rows_.rows().chunk_count(); ++i) {
      const Batch& chunk = rows_.rows().chunk(i);
      RETURN_IF_ERROR(SpillKnown(chunk.columns, RowsOf(chunk), chunk.row_count,
                                 states_.data() + i * kBatchRows));
    }
    rows_.Clear();
    std::vector<Known>().swap(states_);
    return memory_.Exceed(0);
  }

  // states: null for rows of the right side that are not in the table.
  Status SpillKnown(std::vector<Vector> columns, RowSet rows, uint32_t row_count,
                    const Known* states) {
    scratch_.Reset();
    Vector counts = Vector::Flat(kCountType, row_count, &scratch_);
    Vector given = Vector::Flat(kGivenType, row_count, &scratch_);
    for (uint32_t i = 0; i < rows.count; ++i) {
      const uint32_t row = rows[i];
      counts.values<int64_t>()[row] = states != nullptr ? states[row].count : 1;
      given.values<bool>()[row] = states != nullptr && states[row].given;
    }
    const uint64_t* hashes = HashRows(columns, rows, row_count);
    columns.push_back(counts);
    columns.push_back(given);
    return known_.Append(columns, rows, hashes);
  }

  const uint64_t* HashRows(const std::vector<Vector>& columns, RowSet rows, uint32_t row_count) {
    Batch batch;
    batch.columns = columns;
    batch.row_count = row_count;
    std::vector<uint32_t> numbers(width_);
    std::iota(numbers.begin(), numbers.end(), 0);
    uint64_t* hashes = scratch_.AllocateArray<uint64_t>(row_count);
    std::fill_n(hashes, row_count, 0);
    if (width_ > 0) HashColumns(batch, numbers, rows, hashes);
    return hashes;
  }

  // What is known of the partition's rows, as a table again.
  Result<bool> StartPartition() {
    ASSIGN_OR_RETURN(bool has_known, known_.NextPartition());
    ASSIGN_OR_RETURN(bool has_left, left_.NextPartition());
    CHECK(has_known == has_left);
    if (!has_known) return false;
    rows_.Clear();
    states_.clear();
    while (true) {
      RETURN_IF_ERROR(state_->CheckCancelled());
      ASSIGN_OR_RETURN(const Batch* rows, known_.NextBatch());
      if (rows == nullptr) return true;
      RETURN_IF_ERROR(Load(*rows));
    }
  }

  Status Load(const Batch& rows) {
    Batch plain = rows;
    plain.columns.resize(width_);
    if (known_.is_spilling()) {
      scratch_.Reset();
      return known_.Append(rows.columns, RowsOf(rows),
                           HashRows(plain.columns, RowsOf(rows), rows.row_count));
    }
    RETURN_IF_ERROR(Number(plain));
    for (uint32_t row = 0; row < rows.row_count; ++row) {
      Known& known = states_[numbers_[row]];
      known.count += rows.columns[width_].at<int64_t>(row);
      known.given |= rows.columns[width_ + 1].at<bool>(row);
    }
    return MakeRoom();
  }

  Status Compare(const Batch& input) {
    arena_.Reset();
    batch_ = input;
    given_ = false;
    if (known_.is_spilling()) {
      scratch_.Reset();
      SetSelection(&batch_, {AllRows(), 0});
      return left_.Append(input.columns, RowsOf(input),
                          HashRows(input.columns, RowsOf(input), input.row_count));
    }
    RETURN_IF_ERROR(Number(input));
    SetSelection(&batch_, SelectWhere(RowsOf(input), &arena_,
                                      [this](uint32_t row) { return IsGiven(numbers_[row]); }));
    return MakeRoom();
  }

  bool IsGiven(uint32_t number) {
    Known& known = states_[number];
    if (all_) {
      const bool on_both = known.count > 0;
      if (on_both) --known.count;
      return on_both == is_intersect_;
    }
    if (known.given || (known.count > 0) != is_intersect_) return false;
    known.given = true;
    return true;
  }

  static constexpr catalog::Type kCountType{catalog::type_oid::kInt8, -1};
  static constexpr catalog::Type kGivenType{catalog::type_oid::kBool, -1};

  const bool is_intersect_;
  const bool all_;
  const size_t width_;
  OperatorPtr right_child_;
  WorkMemory memory_;
  Arena arena_;    // of the batch given
  Arena scratch_;  // of rows on their way to disk
  RowTable rows_;
  std::vector<Known> states_;  // by row
  SpillQueue known_;           // rows with what is known of them
  SpillQueue left_;
  bool in_partition_ = false;
  std::vector<uint32_t> numbers_;
  Batch batch_;
  bool given_ = true;
};

}  // namespace

OperatorPtr MakeSetOperation(const SetOperationNode& node, OperatorPtr left, OperatorPtr right,
                             ExecutionState* state) {
  if (node.operation != BoundSetOperation::kUnion) {
    return std::make_unique<CompareSides>(node, std::move(left), std::move(right), state);
  }
  auto append = std::make_unique<AppendOperator>(std::move(left), std::move(right));
  if (node.all) return append;
  return MakeDistinctRows(node.output, std::move(append), state);
}

}  // namespace shale::sql
