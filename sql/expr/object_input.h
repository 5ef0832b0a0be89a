// The names that the reg* types are read from, but regclass, which needs the search path:
// functions, operators, types, schemas and roles.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "catalog/types/type.h"
#include "sql/expr/function.h"

namespace shale::sql {

// Whether the type's values are read here.
bool IsNamedObject(catalog::Oid type);
// "-", a number, or a name as the type takes it: regprocedure 'f(integer)', regoperator
// '+(int4,int4)'. 42883, 42725, 42704 and others where there is no such object, or more than one.
Result<catalog::Oid> ParseObjectName(EvalContext& context, catalog::Oid type,
                                     std::string_view text);

// regproc and regprocedure of a name, by this catalog (null: built-in functions only) and the
// schemas that are searched. 42883, 42725.
Result<catalog::Oid> ParseRoutineName(catalog::Oid type, std::string_view text,
                                      const catalog::CatalogSnapshot* catalog,
                                      std::span<const catalog::Oid> search_path);

// What the types print for functions and operators: 'sum(integer)', '-(NONE,integer)'; false: there
// is none of that OID.
bool AppendRoutineName(catalog::Oid type, catalog::Oid object, std::string* out);

}  // namespace shale::sql
