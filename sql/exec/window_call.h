// WindowCall: one call over a window, from a partition's rows to a value for each of them.
#pragma once

#include <memory>

#include "sql/exec/window_frame.h"

namespace shale::sql {

// A row that a value is wanted for.
struct WindowRow {
  uint32_t row = 0;
  uint32_t group = 0;  // of its peers
  FrameRows frame;
};

class WindowCall {
 public:
  virtual ~WindowCall() = default;
  // The partition stays as it is until the next call.
  virtual Status Begin(const WindowPartition* partition) = 0;
  // Sets out[place] for each of the rows, which are asked for in order, each once; places are those
  // of the rows in their chunk. Bytes lie in the arena or in the partition.
  virtual Status Compute(std::span<const WindowRow> rows, Vector* out, Arena* arena) = 0;
  // Whether the frame counts: else it is not found.
  virtual bool uses_frame() const = 0;
  // Whether values may be as large as the frame: few of them are then made at a time.
  virtual bool is_heavy() const { return false; }
};

using WindowCallPtr = std::unique_ptr<WindowCall>;

// The call must outlive it.
WindowCallPtr MakeWindowFunction(const WindowAggNode::Call& call, ast::FrameExclusion exclusion);
// starts_fixed: all frames of a partition begin with its first row, and nothing is left out of
// them. slides: bounds only move forward, and nothing is left out.
struct FrameShape {
  bool starts_fixed = false;
  bool slides = false;
};
WindowCallPtr MakeWindowAggregate(const WindowAggNode::Call& call, FrameShape shape,
                                  ExecutionState* state);

}  // namespace shale::sql
