// Types as written.
#include "sql/bind/binder.h"
#include "sql/parse/ast_expr.h"
#include "sql/parse/parser.h"

namespace shale::sql {

namespace {

Status NoSuchType(const ast::TypeName& type_name) {
  const std::string_view brackets = type_name.array_dimensions > 0 ? "[]" : "";
  if (type_name.name.schema.empty() || type_name.name.schema == "pg_catalog") {
    return Error(sqlstate::kUndefinedObject, "type \"{}{}\" does not exist", type_name.name.name,
                 brackets);
  }
  return Error(sqlstate::kUndefinedObject, "type \"{}.{}{}\" does not exist", type_name.name.schema,
               type_name.name.name, brackets);
}

Result<catalog::Type> Resolve(const ast::TypeName& type_name) {
  if (type_name.set_of) {
    return Error(sqlstate::kInvalidTableDefinition, "a set type is not allowed here");
  }
  const ast::QualifiedName& name = type_name.name;
  if (!name.schema.empty() && name.schema != "pg_catalog") return NoSuchType(type_name);
  const catalog::TypeInfo* info = catalog::FindTypeByName(name.name);
  if (info == nullptr) return NoSuchType(type_name);
  catalog::Type type{info->oid, -1};
  if (type_name.array_dimensions > 0) {
    type.oid = catalog::ArrayOf(info->oid);
    if (type.oid == catalog::kInvalidOid) return NoSuchType(type_name);
  }
  if (type_name.modifiers.empty()) return type;
  std::vector<int32_t> parts;
  for (const ast::Expr* modifier : type_name.modifiers) {
    const auto* literal = ast::Cast<ast::Literal>(modifier);
    if (literal == nullptr || literal->type != ast::Literal::Type::kInteger) {
      return Error(sqlstate::kSyntaxError,
                   "type modifiers must be simple constants or identifiers");
    }
    parts.push_back(literal->integer);
  }
  ASSIGN_OR_RETURN(type.typmod, catalog::MakeTypmod(info->oid, parts));
  return type;
}

}  // namespace

Result<catalog::Type> BindTypeName(const BindContext& context, const ast::TypeName& type_name) {
  Result<catalog::Type> type = Resolve(type_name);
  if (type.ok()) return type;
  return Status(type.status()).Position(CharacterPosition(context.source, type_name.location));
}

}  // namespace shale::sql
