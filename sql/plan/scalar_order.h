// Values of different types on one scale, for places within histograms.
#pragma once

#include <optional>

#include "catalog/types/datum.h"

namespace shale::sql {

// Comparable among numbers, and among dates and times (microseconds since 2000). Nothing for other
// types.
std::optional<double> ScalarOf(const catalog::Value& value);
// Below 0, 0 or above; nothing where the types do not compare.
std::optional<int> CompareValues(const catalog::Value& left, const catalog::Value& right);
// Where the value lies between the two, 0 to 1. A half where that is not known.
double Interpolate(const catalog::Value& low, const catalog::Value& high,
                   const catalog::Value& value);

}  // namespace shale::sql
