#include "catalog/type_uses.h"

#include <algorithm>

namespace shale::catalog {
namespace {

void AddType(Type type, std::set<Oid>* types) {
  const Oid element = ArrayElementOf(type.oid);
  const Oid oid = element != kInvalidOid ? element : type.oid;
  if (oid >= kFirstUserOid) types->insert(oid);
}

void AddMarks(std::string_view text, std::set<Oid>* types) {
  for (size_t at = text.find(kMark); at != text.npos; at = text.find(kMark, at + 1)) {
    const std::optional<Mark> mark = ReadMark(text.substr(at));
    if (mark.has_value()) AddType({mark->type, -1}, types);
  }
}

// Types among what a text of the catalog names.
void AddNamed(const ViewDesc& names, std::set<Oid>* types) {
  for (const ViewRelation& relation : names.relations) {
    if (FindRegisteredType(relation.oid) != nullptr) AddType({relation.oid, -1}, types);
  }
}

bool IsTemporaryRelation(Oid oid, const CatalogSnapshot& snapshot) {
  if (const TableRef table = snapshot.FindTable(oid)) return IsTemporarySchema(table->schema_name);
  if (const ViewRef view = snapshot.FindView(oid)) return IsTemporarySchema(view->schema_name);
  const SequenceRef sequence = snapshot.FindSequence(oid);
  return sequence != nullptr && IsTemporarySchema(sequence->schema_name);
}

// visited: functions may call each other.
bool NamesTemporary(const FunctionDesc& function, const CatalogSnapshot& snapshot,
                    std::set<Oid>* visited) {
  if (!visited->insert(function.oid).second) return false;
  if (HasTemporary(TypesOf(function), kInvalidOid, snapshot)) return true;
  return std::ranges::any_of(function.names.uses, [&](const ViewUse& use) {
    if (IsTemporaryRelation(use.relation, snapshot)) return true;
    const FunctionRef called = snapshot.FindFunction(use.relation);
    return called != nullptr && NamesTemporary(*called, snapshot, visited);
  });
}

}  // namespace

bool IsOfType(Type type, const TypeDesc& used) {
  return type.oid == used.oid || type.oid == used.array_oid;
}

std::set<Oid> TypesOf(const TableDesc& table) {
  std::set<Oid> types;
  for (const ColumnDesc& column : table.columns) {
    if (column.dropped) continue;
    AddType(column.type, &types);
    if (column.default_sql) AddMarks(*column.default_sql, &types);
  }
  for (const CheckDesc& check : table.checks) AddMarks(check.expression, &types);
  return types;
}

std::set<Oid> TypesOf(const IndexDesc& index) {
  std::set<Oid> types;
  for (const IndexKey& key : index.keys) {
    AddType(key.type, &types);
    AddMarks(key.expression_sql, &types);
  }
  if (index.predicate_sql) AddMarks(*index.predicate_sql, &types);
  return types;
}

std::set<Oid> TypesOf(const ViewDesc& view) {
  std::set<Oid> types;
  for (const ViewColumn& column : view.columns) AddType(column.type, &types);
  AddNamed(view, &types);
  AddMarks(view.query, &types);
  return types;
}

std::set<Oid> TypesOf(const TypeDesc& type) {
  std::set<Oid> types;
  if (type.kind == TypeClass::kDomain) AddType(type.base, &types);
  if (type.default_sql) AddMarks(*type.default_sql, &types);
  for (const DomainCheck& check : type.checks) AddMarks(check.expression, &types);
  for (const TypeAttribute& attribute : type.attributes) {
    if (!attribute.dropped) AddType(attribute.type, &types);
  }
  return types;
}

std::set<Oid> TypesOf(const FunctionDesc& function) {
  std::set<Oid> types;
  for (const FunctionArgument& argument : function.arguments) AddType({argument.type, -1}, &types);
  AddType({function.result, -1}, &types);
  AddNamed(function.names, &types);
  if (function.is_sql_body) AddMarks(function.body, &types);
  return types;
}

bool HasTemporary(const std::set<Oid>& types, Oid own, const CatalogSnapshot& snapshot) {
  return std::ranges::any_of(types, [&](Oid type) {
    const TypeRef found = snapshot.FindType(type);
    return found != nullptr && found->schema_oid != own && IsTemporarySchema(found->schema_name);
  });
}

bool EndsWithSession(const FunctionDesc& function, const CatalogSnapshot& snapshot) {
  std::set<Oid> visited;
  return NamesTemporary(function, snapshot, &visited);
}

}  // namespace shale::catalog
