// Windows, of OVER and of the WINDOW clause.
#pragma once

#include "sql/parse/ast.h"

namespace shale::sql::ast {

struct SortItem;

enum class FrameMode : uint8_t { kRange, kRows, kGroups };
enum class FrameBound : uint8_t {
  kUnboundedPreceding,
  kOffsetPreceding,
  kCurrentRow,
  kOffsetFollowing,
  kUnboundedFollowing,
};
enum class FrameExclusion : uint8_t { kNone, kCurrentRow, kGroup, kTies };

// RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW where none is written.
struct WindowFrame {
  bool written = false;
  FrameMode mode = FrameMode::kRange;
  FrameBound start = FrameBound::kUnboundedPreceding;
  FrameBound end = FrameBound::kCurrentRow;
  FrameExclusion exclusion = FrameExclusion::kNone;
  const Expr* start_offset = nullptr;
  const Expr* end_offset = nullptr;
};

// OVER w has a name and nothing else; OVER (w ...) and WINDOW name AS (w ...) refine w.
struct Window {
  std::string_view name;
  std::string_view reference;
  List<const Expr*> partition_by;
  List<SortItem> order_by;
  WindowFrame frame;
  Location location = kNoLocation;
};

}  // namespace shale::sql::ast
