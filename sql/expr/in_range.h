// in_range: whether a value lies within an offset of another, for RANGE frames: PostgreSQL's
// support functions of that name, for all pairs of types that have one.
#pragma once

#include <span>

#include "sql/expr/function.h"

namespace shale::sql {

struct InRangeQuestion {
  catalog::Datum value;
  catalog::Datum base;
  catalog::Datum offset;
  bool subtract = false;  // the bound is base - offset, else base + offset
  bool less = false;      // asks for value <= bound, else for value >= bound
};

struct InRange {
  catalog::Oid value = 0;
  catalog::Oid offset = 0;
  // 22013 of a negative offset.
  Result<bool> (*holds)(EvalContext& context, const InRangeQuestion& question) = nullptr;
};

std::span<const InRange> AllInRange();
// Null where there is none.
const InRange* FindInRange(catalog::Oid value, catalog::Oid offset);

}  // namespace shale::sql
