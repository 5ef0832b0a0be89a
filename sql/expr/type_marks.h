// Marks of users' types (catalog/types/user_type.h) spelled out: for whatever text leaves for a
// client, messages of errors among it.
#pragma once

#include <string>
#include <string_view>

#include "catalog/types/type_io.h"
#include "engine/base/status.h"

namespace shale::sql {

// With the names and labels that settings.object_names tells, in place of the marks; SQL text stays
// SQL text. Text without marks costs one look.
std::string SpellOut(std::string_view text, const catalog::FormatSettings& settings);
// All fields of an error or a notice that people read.
void SpellOut(ErrorFields* fields, const catalog::FormatSettings& settings);
void SpellOut(Status* status, const catalog::FormatSettings& settings);

}  // namespace shale::sql
