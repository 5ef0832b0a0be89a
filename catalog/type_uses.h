// Which descriptions have a user's type in them: as the type of a column or what a domain is over,
// or in their SQL text, where it stands as a mark (types/user_type.h). They cannot be without it.
#pragma once

#include <set>

#include "catalog/function_desc.h"
#include "catalog/schema.h"
#include "catalog/types/user_type.h"
#include "catalog/view_desc.h"

namespace shale::catalog {

// A value of it, or an array of such.
bool IsOfType(Type type, const TypeDesc& used);

// All that a description uses, by their OIDs.
std::set<Oid> TypesOf(const TableDesc& table);
std::set<Oid> TypesOf(const IndexDesc& index);
std::set<Oid> TypesOf(const ViewDesc& view);
// Of what a domain is over and of its texts; of the attributes of a composite type.
std::set<Oid> TypesOf(const TypeDesc& type);
// Of its arguments and its result.
std::set<Oid> TypesOf(const FunctionDesc& function);

}  // namespace shale::catalog
