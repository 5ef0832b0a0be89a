// Values of composed types (arrays, ranges, addresses, bit strings, jsonb) as byte strings that
// order as Compare() of type_io.h does; key_codec.h makes keys of them.
//
//   array       per element 01 and its key, or 02 for NULL; 00; dimensions (1), lengths (4 each,
//               big-endian), lower bounds (4 each, sign flipped)
//   range       00 empty, or 01; per bound 00 below all, 02 above all, or 01, the value's key, and
//               00 or 01 for which side of the value it is
//   multirange  per range 01 and its bytes; 00
//   bits        per byte 01 and the byte; 00; the bits of the last that are used, less one
//   inet, cidr  see network.h
//   jsonb       00 empty array, 01 scalar, 02 array, 03 object at the top; then by kind: its
//   number,
//               and the string, numeric, boolean, or the count (4) and the members or elements
#pragma once

#include <string>

#include "catalog/types/datum.h"

namespace shale::catalog {

// Whether the type's keys are made of these bytes.
bool HasOrderedBytes(Oid type);
void AppendOrderedBytes(Type type, const Datum& datum, std::string* out);

}  // namespace shale::catalog
