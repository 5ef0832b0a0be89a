// Names of relations in statements, by search_path. Public ways in are in binder.h.
#pragma once

#include "sql/bind/binder.h"

namespace shale::sql {

// What a relation's name stands for: one of them, or none.
struct FoundRelation {
  catalog::TableRef table;
  catalog::ViewRef view;
  const VirtualTable* virtual_table = nullptr;
  catalog::SequenceRef sequence;  // where those are asked for
};

// What the name means in the view's text that is bound; null: nothing, or no such text is bound.
const catalog::ViewRelation* FindViewRelation(const BindContext& context, std::string_view schema,
                                              std::string_view name);
// The table, sequence, index or virtual table of the name; kInvalidOid: none. No schema: by the
// search path.
catalog::Oid FindRelationOid(const BindContext& context, std::string_view schema,
                             std::string_view name);
// The built-in type of the name, or that of a user, arrays of it included (_name); kInvalidOid:
// none.
catalog::Oid FindTypeOid(const BindContext& context, std::string_view schema,
                         std::string_view name);
// Whether there is a type of the OID, of users' those of the context's catalog.
bool TypeExists(const BindContext& context, catalog::Oid type);
// The type as it was when the view's text that is bound was kept: `columns` are its attributes, by
// position. Null: the text does not say, or no such text is bound.
const catalog::ViewRelation* FindViewType(const BindContext& context, catalog::Oid type);
// What the text calls the attributes, by position: as they were called when it was kept. Empty of
// those that were not there.
std::vector<std::string> AttributeNames(const BindContext& context, const catalog::TypeDesc& type);
// Tells the context, where it gathers them, what a name was found to mean.
void NoteName(const BindContext& context, std::string_view schema, std::string_view name,
              catalog::Oid oid);
// 42P01, 3F000 and 42809 where it is no table; errors have the name's position.
Result<FoundRelation> ResolveRelation(const BindContext& context, const ast::QualifiedName& name,
                                      bool or_sequence = false);

}  // namespace shale::sql
