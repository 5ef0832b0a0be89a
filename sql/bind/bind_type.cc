// Types as written.
#include "catalog/types/user_type.h"
#include "sql/bind/binder.h"
#include "sql/bind/resolve_name.h"
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

// What the name means; kInvalidOid: nothing. A mark is a user's type whatever it is called now.
catalog::Oid Find(const BindContext& context, const ast::QualifiedName& name) {
  if (catalog::Oid marked = catalog::TypeOfMark(name.name)) {
    return TypeExists(context, marked) ? marked : catalog::kInvalidOid;
  }
  return FindTypeOid(context, name.schema, name.name);
}

Result<catalog::Type> Resolve(const BindContext& context, const ast::TypeName& type_name) {
  if (type_name.set_of) {
    return Error(sqlstate::kInvalidTableDefinition, "a set type is not allowed here");
  }
  const ast::QualifiedName& name = type_name.name;
  const bool has_schema =
      name.schema.empty() || context.catalog->FindSchema(name.schema) != nullptr;
  if (!has_schema) {
    return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name.schema);
  }
  const catalog::Oid found = Find(context, name);
  if (found == catalog::kInvalidOid) return NoSuchType(type_name);
  if (found >= catalog::kFirstUserOid && catalog::TypeOfMark(name.name) == catalog::kInvalidOid) {
    NoteName(context, name.schema, name.name, found);
  }
  catalog::Type type{found, -1};
  if (type_name.array_dimensions > 0) {
    type.oid = catalog::ArrayOf(found);
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
  ASSIGN_OR_RETURN(type.typmod, catalog::MakeTypmod(found, parts));
  return type;
}

}  // namespace

Result<catalog::Type> BindTypeName(const BindContext& context, const ast::TypeName& type_name) {
  Result<catalog::Type> type = Resolve(context, type_name);
  if (type.ok()) return type;
  return Status(type.status()).Position(CharacterPosition(context.source, type_name.location));
}

}  // namespace shale::sql
