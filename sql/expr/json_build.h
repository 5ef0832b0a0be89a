// JSON from SQL values, as to_json() makes it: shared by functions and aggregates.
#pragma once

#include <string>
#include <string_view>

#include "sql/expr/function.h"

namespace shale::sql {

// Appends the JSON of a row's value; NULL is null.
Status AppendJson(EvalContext& context, const Vector& vector, uint32_t row, std::string* out);
// Appends the value's text as an object's key, with quotes. The value is not NULL.
Status AppendJsonKey(EvalContext& context, const Vector& vector, uint32_t row, std::string* out);

// A record that is not NULL, as an object; pretty: line feeds between its fields.
Status AppendJsonRecord(EvalContext& context, const Vector& records, uint32_t row, bool pretty,
                        std::string* out);

// An array that is not NULL; pretty: line feeds between the elements of its first dimension.
Status AppendJsonArray(EvalContext& context, const Vector& vector, uint32_t row, bool pretty,
                       std::string* out);

}  // namespace shale::sql
