#include "catalog/type_uses.h"

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
  for (const ViewRelation& relation : view.relations) {
    if (FindRegisteredType(relation.oid) != nullptr) AddType({relation.oid, -1}, &types);
  }
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
  return types;
}

}  // namespace shale::catalog
