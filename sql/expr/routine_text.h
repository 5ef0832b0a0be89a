// Functions in SQL as text: what pg_get_functiondef() and its kin print, and their names in
// messages.
#pragma once

#include <span>
#include <string>

#include "catalog/snapshot.h"

namespace shale::sql {

// "f(integer,text)": the name, quoted where it must be, and the types of the inputs; with its
// schema where the bare name with these types means something else.
std::string RoutineName(const catalog::CatalogSnapshot& catalog,
                        std::span<const catalog::Oid> search_path,
                        const catalog::FunctionDesc& function);
// The bare name means it where it is called with arguments of just its types.
bool IsRoutineVisible(const catalog::CatalogSnapshot& catalog,
                      std::span<const catalog::Oid> search_path,
                      const catalog::FunctionDesc& function);

// "a integer, OUT b text DEFAULT ..."; without defaults what tells it from others.
enum class ArgumentStyle : uint8_t { kFull, kIdentity };
std::string RoutineArguments(const catalog::FunctionDesc& function, ArgumentStyle style);
// "SETOF integer", "TABLE(a integer)"; empty: of a procedure.
std::string RoutineResultText(const catalog::FunctionDesc& function);
// "RETURN a + 1", or BEGIN ATOMIC ... END in lines: a body in SQL's own form.
std::string RoutineBodyText(const catalog::FunctionDesc& function);
// CREATE OR REPLACE FUNCTION ..., in lines.
std::string RoutineDefinition(const catalog::FunctionDesc& function);

}  // namespace shale::sql
