// DROP and CREATE SCHEMA.
#include "sql/parse/translator.h"

namespace shale::sql {

namespace {

std::string_view DropName(ObjectType type) {
  switch (type) {
    case OBJECT_FOREIGN_TABLE:
      return "DROP FOREIGN TABLE";
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

}  // namespace

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
    case OBJECT_DOMAIN:
      result->object = ast::ObjectType::kDomain;
      break;
    case OBJECT_FUNCTION:
    case OBJECT_PROCEDURE:
    case OBJECT_ROUTINE:
      return DropFunction(drop);
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
  auto* result = NewStatement<ast::CreateSchema>();
  result->name = Copy(create.schemaname);
  if (create.authrole != nullptr) {
    result->authorization = arena_.Copy(RoleText(*create.authrole));
  }
  result->if_not_exists = create.if_not_exists;
  // An element may need those before it in this order, as PostgreSQL has it; no kind that is left
  // out is supported.
  const size_t size = ListSize(create.schemaElts);
  auto* elements = arena_.AllocateArray<const ast::Statement*>(size);
  size_t count = 0;
  for (NodeTag tag : {T_CreateSeqStmt, T_CreateStmt, T_ViewStmt, T_IndexStmt}) {
    for (const Node* element : ListRange<Node>(create.schemaElts)) {
      if (nodeTag(element) == tag) elements[count++] = Nested(element);
    }
  }
  for (const Node* element : ListRange<Node>(create.schemaElts)) {
    if (count < size) Nested(element);  // refuses the one that is left out
  }
  result->elements = {elements, count};
  return failed() ? nullptr : result;
}

namespace {

// As COMMENT ON names the kind of what cannot have one here.
std::string_view CommentedKind(ObjectType type) {
  switch (type) {
    case OBJECT_FUNCTION:
    case OBJECT_ROUTINE:
      return "functions";
    case OBJECT_PROCEDURE:
      return "procedures";
    case OBJECT_AGGREGATE:
      return "aggregates";
    case OBJECT_OPERATOR:
      return "operators";
    case OBJECT_EXTENSION:
      return "extensions";
    case OBJECT_ROLE:
      return "roles";
    case OBJECT_TABLESPACE:
      return "tablespaces";
    case OBJECT_TRIGGER:
      return "triggers";
    case OBJECT_LANGUAGE:
      return "languages";
    case OBJECT_COLLATION:
      return "collations";
    default:
      return "objects of this kind";
  }
}

}  // namespace

const ast::Statement* Translator::Comment(const CommentStmt& comment) {
  using Object = ast::ObjectType;
  auto* result = NewStatement<ast::Comment>();
  result->text = Copy(comment.comment);
  bool has_member = false;
  switch (comment.objtype) {
    case OBJECT_TABLE:
      result->object = Object::kTable;
      break;
    case OBJECT_INDEX:
      result->object = Object::kIndex;
      break;
    case OBJECT_SEQUENCE:
      result->object = Object::kSequence;
      break;
    case OBJECT_VIEW:
      result->object = Object::kView;
      break;
    case OBJECT_MATVIEW:
      result->object = Object::kMaterializedView;
      break;
    case OBJECT_COLUMN:
      result->object = Object::kColumn;
      has_member = true;
      break;
    case OBJECT_TABCONSTRAINT:
      result->object = Object::kConstraint;
      has_member = true;
      break;
    case OBJECT_TYPE:
    case OBJECT_DOMAIN:
      result->object = comment.objtype == OBJECT_TYPE ? Object::kType : Object::kDomain;
      result->name = Name(castNode(const TypeName, comment.object)->names, ast::kNoLocation);
      return failed() ? nullptr : result;
    case OBJECT_DOMCONSTRAINT: {
      result->object = Object::kDomainConstraint;
      const auto* names = castNode(const List, comment.object);
      result->name = Name(ListAt<TypeName>(names, 0)->names, ast::kNoLocation);
      result->member = Copy(ListAt<String>(names, 1)->sval);
      return failed() ? nullptr : result;
    }
    case OBJECT_SCHEMA:
    case OBJECT_DATABASE:
      result->object = comment.objtype == OBJECT_SCHEMA ? Object::kSchema : Object::kDatabase;
      result->name.name = Copy(castNode(const String, comment.object)->sval);
      return result;
    default:
      UnsupportedCommand(fmt::format("COMMENT ON {}", CommentedKind(comment.objtype)));
      return nullptr;
  }
  const List* names = castNode(const List, comment.object);
  if (!has_member) {
    result->name = Name(names, ast::kNoLocation);
    return failed() ? nullptr : result;
  }
  // The member is the last of the names.
  result->member = Copy(ListAt<String>(names, ListSize(names) - 1)->sval);
  if (ListSize(names) == 1) {
    Fail(ast::kNoLocation, sqlstate::kSyntaxError, "column name must be qualified");
    return nullptr;
  }
  List relation = *names;
  --relation.length;
  result->name = Name(&relation, ast::kNoLocation);
  return failed() ? nullptr : result;
}

}  // namespace shale::sql
