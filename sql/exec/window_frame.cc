#include "sql/exec/window_frame.h"

#include <algorithm>

#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

using ast::FrameBound;
using ast::FrameExclusion;
using ast::FrameMode;

// first + count, or last where that is beyond it.
uint32_t Plus(uint32_t first, uint64_t count, uint32_t last) {
  return count >= last - first ? last : first + static_cast<uint32_t>(count);
}
// from - count, or first where that is before it.
uint32_t Minus(uint32_t from, uint64_t count, uint32_t first) {
  return count >= from - first ? first : from - static_cast<uint32_t>(count);
}

uint64_t CountOf(const catalog::Value& offset) {
  return static_cast<uint64_t>(offset.datum().int64);
}

}  // namespace

uint32_t FrameRows::row_count() const {
  uint32_t rows = 0;
  for (uint32_t i = 0; i < count; ++i) rows += ranges[i].size();
  return rows;
}

uint32_t FrameRows::RowAt(uint64_t index) const {
  for (uint32_t i = 0; i < count; ++i) {
    if (index < ranges[i].size()) return ranges[i].begin + static_cast<uint32_t>(index);
    index -= ranges[i].size();
  }
  return kNoRow;
}

bool FrameRows::Contains(int64_t row) const {
  return std::any_of(ranges.begin(), ranges.begin() + count, [row](const RowRange& range) {
    return row >= range.begin && row < range.end;
  });
}

bool FrameRows::operator==(const FrameRows& other) const {
  return count == other.count &&
         std::equal(ranges.begin(), ranges.begin() + count, other.ranges.begin());
}

Result<FrameOffsets> EvaluateFrameOffsets(const WindowFrame& frame, EvalContext& context) {
  auto evaluate = [&](const ExprPtr& expr, std::string_view which) -> Result<catalog::Value> {
    if (expr == nullptr) return catalog::Value();
    ASSIGN_OR_RETURN(catalog::Value value, EvaluateScalar(context, *expr));
    if (value.is_null()) {
      return Error(sqlstate::kNullValueNotAllowed, "frame {} offset must not be null", which);
    }
    if (frame.mode != FrameMode::kRange && value.datum().int64 < 0) {
      return Error(sqlstate::kInvalidPrecedingOrFollowingSize,
                   "frame {} offset must not be negative", which);
    }
    return value;
  };
  FrameOffsets offsets;
  ASSIGN_OR_RETURN(offsets.start, evaluate(frame.start_offset, "starting"));
  ASSIGN_OR_RETURN(offsets.end, evaluate(frame.end_offset, "ending"));
  return offsets;
}

void FrameFinder::Begin(const WindowPartition* partition) {
  partition_ = partition;
  group_ = 0;
  start_ = partition->range.begin;
  end_ = partition->range.begin;
}

Status FrameFinder::Find(EvalContext& context, uint32_t row, FrameRows* frame) {
  MoveTo(row);
  ASSIGN_OR_RETURN(uint32_t start, Start(context, row));
  ASSIGN_OR_RETURN(uint32_t end, End(context, row));
  Exclude({start, std::max(start, end)}, row, frame);
  return Status::Ok();
}

Result<uint32_t> FrameFinder::Start(EvalContext& context, uint32_t row) {
  const WindowFrame& frame = node_->frame;
  const RowRange all = partition_->range;
  if (frame.start == FrameBound::kUnboundedPreceding) return all.begin;
  if (frame.start == FrameBound::kCurrentRow) {
    return frame.mode == FrameMode::kRows ? row : partition_->groups[group_];
  }
  const bool preceding = frame.start == FrameBound::kOffsetPreceding;
  if (frame.mode == FrameMode::kRange) {
    RETURN_IF_ERROR(AdvanceStart(context, row));
    return start_;
  }
  const uint64_t count = CountOf(offsets_->start);
  if (frame.mode == FrameMode::kRows) {
    return preceding ? Minus(row, count, all.begin) : Plus(row, count, all.end);
  }
  const uint32_t group =
      preceding ? Minus(group_, count, 0) : Plus(group_, count, partition_->group_count());
  return partition_->groups[group];
}

Result<uint32_t> FrameFinder::End(EvalContext& context, uint32_t row) {
  const WindowFrame& frame = node_->frame;
  const RowRange all = partition_->range;
  if (frame.end == FrameBound::kUnboundedFollowing) return all.end;
  if (frame.end == FrameBound::kCurrentRow) {
    return frame.mode == FrameMode::kRows ? row + 1 : partition_->groups[group_ + 1];
  }
  const bool preceding = frame.end == FrameBound::kOffsetPreceding;
  if (frame.mode == FrameMode::kRange) {
    RETURN_IF_ERROR(AdvanceEnd(context, row));
    return end_;
  }
  const uint64_t count = CountOf(offsets_->end);
  if (frame.mode == FrameMode::kRows) {
    return preceding ? Minus(row + 1, count, all.begin) : Plus(row + 1, count, all.end);
  }
  const uint32_t group =
      preceding ? Minus(group_ + 1, count, 0) : Plus(group_ + 1, count, partition_->group_count());
  return partition_->groups[group];
}

const Vector& FrameFinder::OrderColumn(uint32_t row) const {
  return partition_->rows->ChunkOf(row).columns[static_cast<size_t>(node_->order[0].slot)];
}

// For a start: whether the bound is not before the row's; for an end: whether it is not behind it.
Result<bool> FrameFinder::InRangeOf(EvalContext& context, uint32_t bound, uint32_t row,
                                    bool is_start) const {
  const WindowFrame& frame = node_->frame;
  const bool descending = node_->order[0].descending;
  InRangeQuestion question;
  question.value = OrderColumn(bound).GetDatum(RowBuffer::PlaceOf(bound));
  question.base = OrderColumn(row).GetDatum(RowBuffer::PlaceOf(row));
  question.offset = (is_start ? offsets_->start : offsets_->end).datum();
  const FrameBound kind = is_start ? frame.start : frame.end;
  question.subtract = (kind == FrameBound::kOffsetPreceding) != descending;
  question.less = is_start == descending;
  return (is_start ? frame.start_in_range : frame.end_in_range)->holds(context, question);
}

Status FrameFinder::AdvanceStart(EvalContext& context, uint32_t row) {
  const bool nulls_first = node_->order[0].nulls_first;
  const bool row_is_null = OrderColumn(row).IsNull(RowBuffer::PlaceOf(row));
  for (; start_ < partition_->range.end; ++start_) {
    const bool bound_is_null = OrderColumn(start_).IsNull(RowBuffer::PlaceOf(start_));
    if (bound_is_null || row_is_null) {
      const bool is_before =
          nulls_first ? bound_is_null && !row_is_null : !bound_is_null && row_is_null;
      if (!is_before) break;
      continue;
    }
    ASSIGN_OR_RETURN(bool reached, InRangeOf(context, start_, row, true));
    if (reached) break;
  }
  return Status::Ok();
}

Status FrameFinder::AdvanceEnd(EvalContext& context, uint32_t row) {
  const bool nulls_first = node_->order[0].nulls_first;
  const bool row_is_null = OrderColumn(row).IsNull(RowBuffer::PlaceOf(row));
  for (; end_ < partition_->range.end; ++end_) {
    const bool bound_is_null = OrderColumn(end_).IsNull(RowBuffer::PlaceOf(end_));
    if (bound_is_null || row_is_null) {
      if (nulls_first ? !bound_is_null : !row_is_null) break;
      continue;
    }
    ASSIGN_OR_RETURN(bool within, InRangeOf(context, end_, row, false));
    if (!within) break;
  }
  return Status::Ok();
}

void FrameFinder::Exclude(RowRange frame, uint32_t row, FrameRows* out) const {
  out->count = 0;
  out->whole = frame;
  auto add = [&](uint32_t begin, uint32_t end) {
    const RowRange part{std::max(begin, frame.begin), std::min(end, frame.end)};
    if (!part.empty()) out->ranges[out->count++] = part;
  };
  const FrameExclusion exclusion = node_->frame.exclusion;
  if (exclusion == FrameExclusion::kNone) return add(frame.begin, frame.end);
  const RowRange hole = exclusion == FrameExclusion::kCurrentRow
                            ? RowRange{row, row + 1}
                            : RowRange{partition_->groups[group_], partition_->groups[group_ + 1]};
  add(frame.begin, hole.begin);
  if (exclusion == FrameExclusion::kTies) add(row, row + 1);
  add(hole.end, frame.end);
}

}  // namespace shale::sql
