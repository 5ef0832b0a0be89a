// Names of relations in statements, by search_path. Public ways in are in binder.h.
#pragma once

#include "sql/bind/binder.h"

namespace shale::sql {

// What a relation's name stands for: one of the two, or none.
struct FoundRelation {
  catalog::TableRef table;
  const VirtualTable* virtual_table = nullptr;
};

// 42P01, 3F000 and 42809 where it is no table; errors have the name's position.
Result<FoundRelation> ResolveRelation(const BindContext& context, const ast::QualifiedName& name);

}  // namespace shale::sql
