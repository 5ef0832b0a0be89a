// Which descriptions have a user's type in them: as the type of a column or what a domain is over,
// or in their SQL text, where it stands as a mark (types/user_type.h). They cannot be without it.
#pragma once

#include <set>

#include "catalog/function_desc.h"
#include "catalog/schema.h"
#include "catalog/snapshot.h"
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
// Of its arguments and its result, and of a body in SQL's own form.
std::set<Oid> TypesOf(const FunctionDesc& function);

// Whether one of the types is the row type of a relation in a schema of temporary objects other
// than `own`. It ends with a session, and what has it cannot be without it.
bool HasTemporary(const std::set<Oid>& types, Oid own, const CatalogSnapshot& snapshot);
// A function that ends with a session, since what its description names does: row types of
// temporary relations, these themselves, functions like it.
bool EndsWithSession(const FunctionDesc& function, const CatalogSnapshot& snapshot);

}  // namespace shale::catalog
