// The record of a function or procedure, under RecordKey(kFunction, its OID).
//
//   offset  size  field
//   0       1     format version, 1
//   1       ...   the fields in the order of function_desc.h; integers as varints, strings with
//                 their length before, lists with their count before, flags and letters one byte;
//                 of `names` the relations, the functions and the uses
//
// Reader's duty and checksums as in catalog_format.h.
#pragma once

#include <string>
#include <string_view>

#include "catalog/function_desc.h"
#include "engine/base/status.h"

namespace shale::catalog {

inline constexpr uint8_t kFunctionFormatVersion = 1;

std::string EncodeFunction(const FunctionDesc& function);
// XX001, 0A000.
Result<FunctionDesc> DecodeFunction(std::string_view record);

}  // namespace shale::catalog
