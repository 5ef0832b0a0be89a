// Window frames: which rows of a partition each of its rows sees.
//
// A partition is a range of rows in a buffer, in the window's order. Frames are asked for in row
// order: their bounds only move forward, so that all of them together cost one pass.
#pragma once

#include <array>
#include <vector>

#include "sql/exec/paged_rows.h"
#include "sql/plan/plan_node.h"

namespace shale::sql {

struct RowRange {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool operator==(const RowRange&) const = default;
  bool empty() const { return begin >= end; }
  uint32_t size() const { return empty() ? 0 : end - begin; }
};

struct WindowPartition {
  PagedRows* rows = nullptr;
  RowRange range;
  std::vector<uint32_t> groups;  // the first row of each group of peers, then the partition's end

  uint32_t group_count() const { return static_cast<uint32_t>(groups.size()) - 1; }
};

// The rows of a frame, up to three ranges in row order, none of them empty.
struct FrameRows {
  std::array<RowRange, 3> ranges;
  uint32_t count = 0;
  RowRange whole;  // before anything is left out

  uint32_t row_count() const;
  // The row with so many of the frame's before it; kNoRow where there are fewer.
  uint32_t RowAt(uint64_t index) const;
  bool Contains(int64_t row) const;
  bool operator==(const FrameRows& other) const;
};

// The frame's offsets, evaluated once in an execution.
struct FrameOffsets {
  catalog::Value start;
  catalog::Value end;
};

// 22004 of a NULL, 22013 of a negative offset.
Result<FrameOffsets> EvaluateFrameOffsets(const WindowFrame& frame, EvalContext& context);

class FrameFinder {
 public:
  // The node and the offsets must outlive it.
  FrameFinder(const WindowAggNode* node, const FrameOffsets* offsets)
      : node_(node), offsets_(offsets) {}

  void Begin(const WindowPartition* partition);
  // Only what group() gives.
  void MoveTo(uint32_t row) {
    while (partition_->groups[group_ + 1] <= row) ++group_;
  }
  // Rows come in ascending order. 22013 of a negative offset in RANGE mode.
  Status Find(EvalContext& context, uint32_t row, FrameRows* frame);
  // The group of peers of the row that was asked for last.
  uint32_t group() const { return group_; }

 private:
  Result<uint32_t> Start(EvalContext& context, uint32_t row);
  Result<uint32_t> End(EvalContext& context, uint32_t row);
  // Moves the bound in RANGE mode forward to where it is for the row.
  Status AdvanceStart(EvalContext& context, uint32_t row);
  Status AdvanceEnd(EvalContext& context, uint32_t row);
  Result<bool> InRangeOf(EvalContext& context, uint32_t bound, uint32_t row, bool is_start) const;
  void Exclude(RowRange frame, uint32_t row, FrameRows* out) const;
  const Vector& OrderColumn(uint32_t row) const;

  const WindowAggNode* node_;
  const FrameOffsets* offsets_;
  const WindowPartition* partition_ = nullptr;
  uint32_t group_ = 0;
  uint32_t start_ = 0;  // in RANGE mode
  uint32_t end_ = 0;
};

}  // namespace shale::sql
