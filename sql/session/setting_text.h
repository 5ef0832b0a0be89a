// Text forms of settings: names, lists, booleans, numbers with units.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "sql/session/settings.h"

namespace shale::sql {

std::string LowerSettingName(std::string_view name);
// "a, "B c", d" to its elements; unquoted ones in lower case.
std::vector<std::string> SplitSettingList(std::string_view text);
// on, off, true, false, yes, no, 1, 0 and unambiguous beginnings.
std::optional<bool> ParseSettingBool(std::string_view text);
// The text of an integer setting in the definition's unit, from "10", "10ms", "2 s", "64MB": 22023
// as PostgreSQL words it.
Result<std::string> ParseSettingInteger(const SettingDefinition& definition, std::string_view text);
// Likewise of a real one.
Result<std::string> ParseSettingReal(const SettingDefinition& definition, std::string_view text);
// The number that a canonical text holds; as SHOW prints it ("64MB") or plain.
int64_t SettingInteger(std::string_view text, SettingDefinition::Unit unit);
// As SHOW prints: the largest unit that divides it.
std::string ShowSettingInteger(std::string_view text, SettingDefinition::Unit unit);

}  // namespace shale::sql
