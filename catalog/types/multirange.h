// Multiranges: ranges of one type in their order that are not empty and neither overlap nor touch.
//
// The byte form: their number (uint32), then each range's bytes (range.h) behind their length
// (uint32). Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/types/range.h"

namespace shale::catalog {

using Ranges = std::vector<Range>;

// The type is that of the bounds' values. Values refer to the bytes.
Ranges ReadMultirange(Oid bounds, std::string_view bytes);
std::string_view WriteMultirange(const Ranges& ranges, Arena* arena);
// Any ranges into the form above.
Result<Ranges> Normalize(Ranges ranges);

Result<std::string_view> ParseMultirangeText(Oid bounds, std::string_view text,
                                             const FormatSettings& settings, Arena* arena);
void AppendMultirangeText(Oid bounds, std::string_view bytes, const FormatSettings& settings,
                          std::string* out);
Result<std::string_view> ParseMultirangeBinary(Oid bounds, std::string_view bytes,
                                               const FormatSettings& settings, Arena* arena);
void AppendMultirangeBinary(Oid bounds, std::string_view bytes, std::string* out);

int CompareMultiranges(const Ranges& left, const Ranges& right);
uint64_t HashMultirange(const Ranges& ranges);

// Of normalized ranges; a range that is not empty is a multirange of one, an empty one of none.
bool Contains(const Ranges& ranges, const Ranges& others);
bool ContainsValue(const Ranges& ranges, const Datum& value);
bool Overlaps(const Ranges& left, const Ranges& right);
bool IsBefore(const Ranges& left, const Ranges& right);
bool EndsNotAfter(const Ranges& left, const Ranges& right);
bool StartsNotBefore(const Ranges& left, const Ranges& right);
bool AreAdjacent(const Ranges& left, const Ranges& right);
Result<Ranges> Union(const Ranges& left, const Ranges& right);
Result<Ranges> Difference(const Ranges& left, const Ranges& right);
Result<Ranges> Intersection(const Ranges& left, const Ranges& right);
// From the first bound to the last.
Result<Range> Hull(Oid bounds, const Ranges& ranges);

}  // namespace shale::catalog
