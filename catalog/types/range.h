// Ranges: values between two bounds, each of which may be infinite.
//
// The byte form: one byte of PostgreSQL's flags (1 empty, 2 lower bound included, 4 upper bound
// included, 8 no lower bound, 16 no upper bound), then the lower and the upper bound's value, where
// there are such: its bytes in memory, for types of varying width behind their length (uint32).
// Ranges of int4, int8 and date are held as [lower,upper) always. The type of the bounds is not in
// the bytes: it follows from the range's type (BoundsOfRange). Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "catalog/types/datum.h"
#include "catalog/types/type_io.h"
#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog {

struct RangeBound {
  Datum value;
  bool infinite = false;
  bool inclusive = false;
  bool lower = false;  // which of the two it is
};

struct Range {
  Oid bounds = kInvalidOid;  // the type of their values
  bool empty = true;
  RangeBound lower;
  RangeBound upper;
};

// Values refer to the bytes. Damaged bytes look like an empty range.
Range ReadRange(Oid bounds, std::string_view bytes);
std::string_view WriteRange(const Range& range, Arena* arena);
Range EmptyRange(Oid bounds);
// Orders and canonizes: 22000 where the lower bound is above the upper one, 22003 and 22008 where a
// bound has no next value.
Result<Range> MakeRange(Oid bounds, RangeBound lower, RangeBound upper);

// Text and wire forms, as ParseText and the others of type_io.h give them for ranges.
Result<std::string_view> ParseRangeText(Oid bounds, std::string_view text,
                                        const FormatSettings& settings, Arena* arena);
void AppendRangeText(Oid bounds, std::string_view bytes, const FormatSettings& settings,
                     std::string* out);
Result<std::string_view> ParseRangeBinary(Oid bounds, std::string_view bytes,
                                          const FormatSettings& settings, Arena* arena);
void AppendRangeBinary(Oid bounds, std::string_view bytes, std::string* out);
// How a bound's included-ness is written: "[)"; 42601.
Status ParseRangeFlags(std::string_view text, bool* lower_inclusive, bool* upper_inclusive);

// The order of two bounds, whichever they are; values alone; and of ranges, the empty one first.
int CompareBounds(Oid bounds, const RangeBound& left, const RangeBound& right);
int CompareBoundValues(Oid bounds, const RangeBound& left, const RangeBound& right);
int CompareRanges(const Range& left, const Range& right);
uint64_t HashRange(const Range& range);

// <@, &&, <<, &<, &> and -|-.
bool Contains(const Range& range, const Range& other);
bool ContainsValue(const Range& range, const Datum& value);
bool Overlaps(const Range& left, const Range& right);
bool IsBefore(const Range& left, const Range& right);
bool EndsNotAfter(const Range& left, const Range& right);
bool StartsNotBefore(const Range& left, const Range& right);
bool AreAdjacent(const Range& left, const Range& right);
// Whether an upper bound and the lower bound of another range leave nothing between them.
bool AreBoundsAdjacent(Oid bounds, RangeBound upper, RangeBound lower);

// 22000 where the result is not one range.
Result<Range> Union(const Range& left, const Range& right);
Result<Range> Difference(const Range& left, const Range& right);
Result<Range> Intersection(const Range& left, const Range& right);
// The smallest range that holds both.
Result<Range> Hull(const Range& left, const Range& right);

}  // namespace shale::catalog
