// The window functions proper: ranks, and values of other rows.
#include <algorithm>

#include "sql/exec/window_call.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

using Kind = WindowFunction::Kind;

// What all of them share: arguments at a row of the partition.
class FunctionCall : public WindowCall {
 public:
  explicit FunctionCall(const WindowAggNode::Call& call) : call_(call) {}

  Status Begin(const WindowPartition* partition) override {
    partition_ = partition;
    return Status::Ok();
  }
  bool uses_frame() const override { return false; }

 protected:
  const Vector& Argument(size_t index, uint32_t row) const {
    return partition_->rows->ChunkOf(row).columns[static_cast<size_t>(call_.args[index])];
  }
  bool IsNull(size_t index, uint32_t row) const {
    return Argument(index, row).IsNull(RowBuffer::PlaceOf(row));
  }
  int32_t IntegerArgument(size_t index, uint32_t row) const {
    return Argument(index, row).at<int32_t>(RowBuffer::PlaceOf(row));
  }
  // The argument's value at another row.
  void CopyArgument(size_t index, uint32_t from, uint32_t to, Vector* out, Arena* arena) const {
    const ByteCopy copy = partition_->rows->is_paged() ? ByteCopy::kDeep : ByteCopy::kShared;
    CopyRow(Argument(index, from), RowBuffer::PlaceOf(from), out, RowBuffer::PlaceOf(to), copy,
            arena);
  }

  const WindowAggNode::Call& call_;
  const WindowPartition* partition_ = nullptr;
};

class RankCall final : public FunctionCall {
 public:
  using FunctionCall::FunctionCall;

  Status Compute(std::span<const WindowRow> rows, Vector* out, Arena*) override {
    for (const WindowRow& row : rows) {
      const uint32_t place = RowBuffer::PlaceOf(row.row);
      if (out->kind() == catalog::PhysicalKind::kFloat64) {
        out->values<double>()[place] = ShareOf(row);
      } else {
        out->values<int64_t>()[place] = NumberOf(row);
      }
    }
    return Status::Ok();
  }

 private:
  int64_t NumberOf(const WindowRow& row) const {
    if (call_.function->kind == Kind::kDenseRank) return int64_t{row.group} + 1;
    const uint32_t first =
        call_.function->kind == Kind::kRank ? partition_->groups[row.group] : row.row;
    return int64_t{first} - partition_->range.begin + 1;
  }

  double ShareOf(const WindowRow& row) const {
    const uint32_t begin = partition_->range.begin;
    const double total = partition_->range.size();
    if (call_.function->kind == Kind::kCumeDist) {
      return (partition_->groups[row.group + 1] - begin) / total;
    }
    return total <= 1 ? 0 : (partition_->groups[row.group] - begin) / (total - 1);
  }
};

// Buckets are filled one after the other, from the first row on that says how many there are; the
// first ones are larger by one row where the rows do not divide evenly.
class NtileCall final : public FunctionCall {
 public:
  using FunctionCall::FunctionCall;

  Status Begin(const WindowPartition* partition) override {
    bucket_ = 0;
    return FunctionCall::Begin(partition);
  }

  Status Compute(std::span<const WindowRow> rows, Vector* out, Arena* arena) override {
    for (const WindowRow& row : rows) {
      const uint32_t place = RowBuffer::PlaceOf(row.row);
      if (bucket_ == 0) {
        if (IsNull(0, row.row)) {
          out->SetNull(place, arena);
          continue;
        }
        RETURN_IF_ERROR(Start(IntegerArgument(0, row.row)));
      } else if (filled_ == size_) {
        if (bucket_ == larger_) --size_;
        ++bucket_;
        filled_ = 0;
      }
      ++filled_;
      out->values<int32_t>()[place] = bucket_;
    }
    return Status::Ok();
  }

 private:
  Status Start(int32_t buckets) {
    if (buckets <= 0) {
      return Error(sqlstate::kInvalidArgumentForNtile,
                   "argument of ntile must be greater than zero");
    }
    const int64_t total = partition_->range.size();
    size_ = total / buckets;
    larger_ = 0;
    if (size_ == 0) {
      size_ = 1;
    } else if (total % buckets != 0) {
      larger_ = total % buckets;
      ++size_;
    }
    bucket_ = 1;
    filled_ = 0;
    return Status::Ok();
  }

  int32_t bucket_ = 0;  // 0: not started
  int64_t size_ = 0;
  int64_t larger_ = 0;  // buckets with one row more; 0: all have the size
  int64_t filled_ = 0;
};

class OffsetCall final : public FunctionCall {
 public:
  using FunctionCall::FunctionCall;

  Status Compute(std::span<const WindowRow> rows, Vector* out, Arena* arena) override {
    const int64_t sign = call_.function->kind == Kind::kLag ? -1 : 1;
    for (const WindowRow& row : rows) {
      int64_t offset = 1;
      if (call_.args.size() > 1) {
        if (IsNull(1, row.row)) {
          out->SetNull(RowBuffer::PlaceOf(row.row), arena);
          continue;
        }
        offset = IntegerArgument(1, row.row);
      }
      const int64_t other = int64_t{row.row} + sign * offset;
      if (other >= partition_->range.begin && other < partition_->range.end) {
        CopyArgument(0, static_cast<uint32_t>(other), row.row, out, arena);
      } else if (call_.args.size() > 2) {
        CopyArgument(2, row.row, row.row, out, arena);
      } else {
        out->SetNull(RowBuffer::PlaceOf(row.row), arena);
      }
    }
    return Status::Ok();
  }
};

class FrameValueCall final : public FunctionCall {
 public:
  FrameValueCall(const WindowAggNode::Call& call, ast::FrameExclusion exclusion)
      : FunctionCall(call), leaves_out_ties_(exclusion == ast::FrameExclusion::kTies) {}

  Status Compute(std::span<const WindowRow> rows, Vector* out, Arena* arena) override {
    for (const WindowRow& row : rows) {
      ASSIGN_OR_RETURN(uint32_t other, ValueRow(row));
      if (other == kNoRow) {
        out->SetNull(RowBuffer::PlaceOf(row.row), arena);
      } else {
        CopyArgument(0, other, row.row, out, arena);
      }
    }
    return Status::Ok();
  }
  bool uses_frame() const override { return true; }

 private:
  Result<uint32_t> ValueRow(const WindowRow& row) const {
    switch (call_.function->kind) {
      case Kind::kFirstValue:
        return FromStart(row, 0);
      case Kind::kLastValue:
        return Last(row);
      default:
        break;
    }
    if (IsNull(1, row.row)) return kNoRow;
    const int32_t n = IntegerArgument(1, row.row);
    if (n <= 0) {
      return Error(sqlstate::kInvalidArgumentForNthValue,
                   "argument of nth_value must be greater than zero");
    }
    return FromStart(row, n - 1);
  }

  RowRange PeersOf(const WindowRow& row) const {
    return {partition_->groups[row.group], partition_->groups[row.group + 1]};
  }

  // Where ties are left out PostgreSQL takes the current row to stand where its peers begin or end
  // in the frame, also when it is none of the frame's itself: then there is no value.
  uint32_t FromStart(const WindowRow& row, int64_t index) const {
    if (!leaves_out_ties_) return row.frame.RowAt(static_cast<uint64_t>(index));
    const RowRange peers = PeersOf(row);
    int64_t at = row.frame.whole.begin + index;
    if (at >= peers.begin && peers.end > row.frame.whole.begin) {
      const int64_t overlap = std::max(peers.begin, row.frame.whole.begin);
      at = at == overlap ? row.row : at + peers.end - overlap - 1;
    }
    return row.frame.Contains(at) ? static_cast<uint32_t>(at) : kNoRow;
  }

  uint32_t Last(const WindowRow& row) const {
    if (!leaves_out_ties_) {
      return row.frame.count == 0 ? kNoRow : row.frame.ranges[row.frame.count - 1].end - 1;
    }
    const RowRange peers = PeersOf(row);
    int64_t at = int64_t{row.frame.whole.end} - 1;
    if (at < peers.end && peers.begin < row.frame.whole.end) {
      const int64_t overlap_end = std::min(peers.end, row.frame.whole.end);
      at = at == overlap_end - 1 ? row.row : at - (overlap_end - 1 - peers.begin);
    }
    return row.frame.Contains(at) ? static_cast<uint32_t>(at) : kNoRow;
  }

  const bool leaves_out_ties_;
};

}  // namespace

WindowCallPtr MakeWindowFunction(const WindowAggNode::Call& call, ast::FrameExclusion exclusion) {
  switch (call.function->kind) {
    case Kind::kRowNumber:
    case Kind::kRank:
    case Kind::kDenseRank:
    case Kind::kPercentRank:
    case Kind::kCumeDist:
      return std::make_unique<RankCall>(call);
    case Kind::kNtile:
      return std::make_unique<NtileCall>(call);
    case Kind::kLag:
    case Kind::kLead:
      return std::make_unique<OffsetCall>(call);
    case Kind::kFirstValue:
    case Kind::kLastValue:
    case Kind::kNthValue:
      return std::make_unique<FrameValueCall>(call, exclusion);
  }
  return nullptr;
}

}  // namespace shale::sql
