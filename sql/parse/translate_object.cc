// DROP and CREATE SCHEMA.
#include "sql/parse/translator.h"

namespace shale::sql {

namespace {

std::string_view DropName(ObjectType type) {
  switch (type) {
    case OBJECT_FOREIGN_TABLE:
      return "DROP FOREIGN TABLE";
    case OBJECT_DOMAIN:
      return "DROP DOMAIN";
    case OBJECT_FUNCTION:
      return "DROP FUNCTION";
    case OBJECT_PROCEDURE:
      return "DROP PROCEDURE";
    case OBJECT_ROUTINE:
      return "DROP ROUTINE";
    case OBJECT_AGGREGATE:
      return "DROP AGGREGATE";
    case OBJECT_OPERATOR:
      return "DROP OPERATOR";
    case OBJECT_OPCLASS:
      return "DROP OPERATOR CLASS";
    case OBJECT_OPFAMILY:
      return "DROP OPERATOR FAMILY";
    case OBJECT_TRIGGER:
      return "DROP TRIGGER";
    case OBJECT_EVENT_TRIGGER:
      return "DROP EVENT TRIGGER";
    case OBJECT_RULE:
      return "DROP RULE";
    case OBJECT_POLICY:
      return "DROP POLICY";
    case OBJECT_EXTENSION:
      return "DROP EXTENSION";
    case OBJECT_LANGUAGE:
      return "DROP LANGUAGE";
    case OBJECT_COLLATION:
      return "DROP COLLATION";
    case OBJECT_CONVERSION:
      return "DROP CONVERSION";
    case OBJECT_CAST:
      return "DROP CAST";
    case OBJECT_TRANSFORM:
      return "DROP TRANSFORM";
    case OBJECT_STATISTIC_EXT:
      return "DROP STATISTICS";
    case OBJECT_PUBLICATION:
      return "DROP PUBLICATION";
    case OBJECT_FDW:
      return "DROP FOREIGN DATA WRAPPER";
    case OBJECT_FOREIGN_SERVER:
      return "DROP SERVER";
    case OBJECT_ACCESS_METHOD:
      return "DROP ACCESS METHOD";
    default:
      return "DROP of objects of this kind";
  }
}

std::string_view RoleText(const RoleSpec& role) {
  switch (role.roletype) {
    case ROLESPEC_CSTRING:
      return role.rolename;
    case ROLESPEC_CURRENT_ROLE:
      return "current_role";
    case ROLESPEC_CURRENT_USER:
      return "current_user";
    case ROLESPEC_SESSION_USER:
      return "session_user";
    case ROLESPEC_PUBLIC:
      return "public";
  }
  return {};
}

}  // namespace

const ast::Statement* Translator::Drop(const DropStmt& drop) {
  auto* result = NewStatement<ast::Drop>();
  result->if_exists = drop.missing_ok;
  result->cascade = drop.behavior == DROP_CASCADE;
  switch (drop.removeType) {
    case OBJECT_TABLE:
      result->object = ast::ObjectType::kTable;
      break;
    case OBJECT_INDEX:
      result->object = ast::ObjectType::kIndex;
      result->concurrently = drop.concurrent;
      break;
    case OBJECT_SEQUENCE:
      result->object = ast::ObjectType::kSequence;
      break;
    case OBJECT_VIEW:
      result->object = ast::ObjectType::kView;
      break;
    case OBJECT_MATVIEW:
      result->object = ast::ObjectType::kMaterializedView;
      break;
    case OBJECT_SCHEMA:
      result->object = ast::ObjectType::kSchema;
      break;
    case OBJECT_TYPE:
      result->object = ast::ObjectType::kType;
      break;
    default:
      UnsupportedCommand(DropName(drop.removeType));
      return nullptr;
  }
  result->names = Map<ast::QualifiedName, Node>(drop.objects, [&](const Node& object) {
    if (IsA(&object, String)) {
      ast::QualifiedName name;
      name.name = Copy(castNode(const String, &object)->sval);
      return name;
    }
    if (IsA(&object, TypeName)) {
      const auto& type = *castNode(const TypeName, &object);
      ast::QualifiedName name = Name(type.names, ast::kNoLocation);
      if (type.arrayBounds != nullptr) name.name = arena_.Copy("_" + std::string(name.name));
      return name;
    }
    return Name(castNode(const List, &object), ast::kNoLocation);
  });
  return result;
}

const ast::Statement* Translator::CreateSchema(const CreateSchemaStmt& create) {
  if (create.schemaElts != nullptr) {
    Unsupported("schema elements in CREATE SCHEMA");
    return nullptr;
  }
  auto* result = NewStatement<ast::CreateSchema>();
  result->name = Copy(create.schemaname);
  if (create.authrole != nullptr) {
    result->authorization = arena_.Copy(RoleText(*create.authrole));
  }
  result->if_not_exists = create.if_not_exists;
  return result;
}

}  // namespace shale::sql
