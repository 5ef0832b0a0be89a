// Random values of any column type, with their bytes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/types/datum.h"

namespace shale::catalog {

// Types that can be part of a key, with every physical kind among them.
const std::vector<Oid>& KeyTypes();
// Those and the ones that cannot.
const std::vector<Oid>& ColumnTypes();

// In a RapidCheck property: a value of the type, never NULL; edge values are frequent.
Value RandomValue(Oid type);

}  // namespace shale::catalog
