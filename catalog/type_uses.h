// Which descriptions have a user's type in them: as the type of a column, or in their SQL text,
// where it stands as a mark (types/user_type.h). They cannot be without it.
#pragma once

#include <set>

#include "catalog/function_desc.h"
#include "catalog/schema.h"
#include "catalog/types/user_type.h"
#include "catalog/view_desc.h"

namespace shale::catalog {

// A value of it, or an array of such.
bool IsOfType(Type type, const TypeDesc& used);

// All that a description uses, by the OIDs of enums.
std::set<Oid> TypesOf(const TableDesc& table);
std::set<Oid> TypesOf(const IndexDesc& index);
std::set<Oid> TypesOf(const ViewDesc& view);
// Of its arguments and its result.
std::set<Oid> TypesOf(const FunctionDesc& function);

}  // namespace shale::catalog
