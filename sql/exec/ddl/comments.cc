// COMMENT ON.
#include <utility>

#include "sql/bind/resolve_name.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"

namespace shale::sql::ddl {
namespace {

// What a comment is on.
struct Commented {
  catalog::Oid object = catalog::kInvalidOid;
  catalog::Oid class_oid = catalog::kPgClassOid;
  int column = 0;
};

// In errors: "is not a view", and "not supported for views".
struct RelationWords {
  std::string_view one;
  std::string_view many;
};

RelationWords WordsOf(ast::ObjectType type) {
  switch (type) {
    case ast::ObjectType::kIndex:
      return {"an index", "indexes"};
    case ast::ObjectType::kSequence:
      return {"a sequence", "sequences"};
    case ast::ObjectType::kView:
      return {"a view", "views"};
    case ast::ObjectType::kMaterializedView:
      return {"a materialized view", "materialized views"};
    default:
      return {"a table", "tables"};
  }
}

// Of a relation of a name, which every command on it may lock.
struct NamedRelation {
  catalog::Oid oid = catalog::kInvalidOid;
  ast::ObjectType kind = ast::ObjectType::kTable;
  catalog::Oid locked = catalog::kInvalidOid;  // an index: its table
};

Result<NamedRelation> FindNamed(const ast::QualifiedName& name, const DdlContext& context) {
  const BindContext bind = Binding(context);
  NamedRelation found;
  found.oid = found.locked = FindRelationOid(bind, name.schema, name.name);
  if (found.oid == catalog::kInvalidOid) {
    if (!name.schema.empty() && FindSchema(bind, name.schema) == nullptr) {
      return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name.schema);
    }
    return Error(sqlstate::kUndefinedTable, "relation \"{}{}{}\" does not exist", name.schema,
                 name.schema.empty() ? "" : ".", name.name);
  }
  const catalog::CatalogSnapshot& view = View(context);
  if (view.FindTable(found.oid) != nullptr) {
    if (view.FindView(found.oid) != nullptr) found.kind = ast::ObjectType::kMaterializedView;
  } else if (view.FindView(found.oid) != nullptr) {
    found.kind = ast::ObjectType::kView;
  } else if (view.FindSequence(found.oid) != nullptr) {
    found.kind = ast::ObjectType::kSequence;
  } else if (std::optional<FoundIndex> index = FindIndex(bind, name)) {
    found.kind = ast::ObjectType::kIndex;
    found.locked = index->table->oid;
  } else {
    return NotSupported("COMMENT ON system catalogs");
  }
  return found;
}

// Locked, and looked up again until the lock is on what the name means.
Task<Result<NamedRelation>> LockNamed(ast::QualifiedName name, DdlContext& context) {
  catalog::Oid locked = catalog::kInvalidOid;
  while (true) {
    CO_ASSIGN_OR_RETURN(NamedRelation found, FindNamed(name, context));
    if (found.locked == locked) co_return found;
    catalog::SequenceRef sequence = View(context).FindSequence(found.oid);
    auto lock = sequence != nullptr ? LockName(context, sequence->schema_oid, sequence->name)
                                    : LockTable(context, found.locked,
                                                engine::LockMode::kTableShareUpdateExclusive);
    Status status = co_await lock;
    if (!status.ok()) co_return status;
    locked = found.locked;
  }
}

Result<Commented> FindColumn(const ast::Comment& command, const NamedRelation& relation,
                             const DdlContext& context) {
  Commented found{.object = relation.oid};
  if (catalog::TableRef table = View(context).FindTable(relation.oid)) {
    found.column = table->FindColumn(command.member) + 1;
  } else if (catalog::ViewRef view = View(context).FindView(relation.oid)) {
    for (size_t i = 0; i < view->columns.size(); ++i) {
      if (view->columns[i].name == command.member) found.column = static_cast<int>(i) + 1;
    }
  } else {
    return Error(sqlstate::kWrongObjectType, "cannot set comment on relation \"{}\"",
                 command.name.name)
        .Detail(
            fmt::format("This operation is not supported for {}.", WordsOf(relation.kind).many));
  }
  if (found.column > 0) return found;
  return Error(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist",
               command.member, command.name.name);
}

Result<Commented> FindConstraint(const ast::Comment& command, const NamedRelation& relation,
                                 const DdlContext& context) {
  if (relation.kind == ast::ObjectType::kIndex) {
    return Error(sqlstate::kWrongObjectType, "\"{}\" is an index", command.name.name);
  }
  Commented found{.class_oid = catalog::kPgConstraintOid};
  if (catalog::TableRef table = View(context).FindTable(relation.oid)) {
    const std::string_view name = command.member;
    if (!table->primary_key.empty() && table->primary_key_name == name) {
      found.object = table->primary_key_oid;
    }
    for (const catalog::CheckDesc& check : table->checks) {
      if (check.name == name) found.object = check.oid;
    }
    for (const catalog::ForeignKeyDesc& key : table->foreign_keys) {
      if (key.name == name) found.object = key.oid;
    }
    for (const catalog::IndexRef& index : table->indexes) {
      if (index->name == name) found.object = index->constraint_oid;
    }
  }
  if (found.object != catalog::kInvalidOid) return found;
  return Error(sqlstate::kUndefinedObject, "constraint \"{}\" for table \"{}\" does not exist",
               command.member, command.name.name);
}

Task<Result<Commented>> FindInRelation(const ast::Comment& command, DdlContext& context) {
  auto locking = LockNamed(command.name, context);
  auto relation = co_await locking;
  if (!relation.ok()) co_return std::move(relation).status();
  if (command.object == ast::ObjectType::kColumn) co_return FindColumn(command, *relation, context);
  if (command.object == ast::ObjectType::kConstraint) {
    co_return FindConstraint(command, *relation, context);
  }
  if (relation->kind != command.object) {
    co_return Error(sqlstate::kWrongObjectType, "\"{}\" is not {}", command.name.name,
                    WordsOf(command.object).one);
  }
  co_return Commented{.object = relation->oid};
}

Task<Result<Commented>> FindCommentedSchema(std::string_view name, DdlContext& context) {
  catalog::SchemaRef schema = View(context).FindSchema(name);
  if (schema == nullptr) {
    co_return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name);
  }
  auto lock = LockSchema(context, schema);
  Status locked = co_await lock;
  if (!locked.ok()) co_return locked;
  co_return Commented{.object = schema->oid, .class_oid = catalog::kPgNamespaceOid};
}

// Of one that is not there it is nothing, with PostgreSQL's warning: dumps name databases that need
// not be.
Task<Status> CommentOnDatabase(const ast::Comment& command, DdlContext& context) {
  const std::string_view name = command.name.name;
  auto lock = LockDatabaseName(context, name);
  Status locked = co_await lock;
  if (!locked.ok()) co_return locked;
  const catalog::DatabaseRef database = View(context).FindDatabase(name);
  if (database == nullptr) {
    Warn(context, fmt::format("database \"{}\" does not exist", name),
         sqlstate::kInvalidCatalogName);
    co_return Status::Ok();
  }
  catalog::DatabaseDesc changed = *database;
  changed.comment = command.text;
  co_return Changes(context).SetDatabase(std::move(changed));
}

Task<Result<Commented>> FindCommentedType(const ast::Comment& command, DdlContext& context) {
  if (command.object != ast::ObjectType::kType) {
    CO_RETURN_IF_ERROR(CheckNamesDomain(command.name, context));
  }
  auto lock = LockTypeByName(context, command.name, engine::LockMode::kTableShareUpdateExclusive);
  auto type = co_await lock;
  if (!type.ok()) co_return std::move(type).status();
  if (command.object != ast::ObjectType::kDomainConstraint) {
    co_return Commented{.object = (*type)->oid, .class_oid = catalog::kPgTypeOid};
  }
  CO_ASSIGN_OR_RETURN(const catalog::Oid check, FindDomainConstraint(**type, command.member));
  co_return Commented{.object = check, .class_oid = catalog::kPgConstraintOid};
}

Task<Result<Commented>> FindCommented(const ast::Comment& command, DdlContext& context) {
  switch (command.object) {
    case ast::ObjectType::kType:
    case ast::ObjectType::kDomain:
    case ast::ObjectType::kDomainConstraint:
      return FindCommentedType(command, context);
    case ast::ObjectType::kSchema:
      return FindCommentedSchema(command.name.name, context);
    default:
      return FindInRelation(command, context);
  }
}

}  // namespace

Task<Result<std::string>> SetComment(const ast::Comment& command, DdlContext& context) {
  if (command.object == ast::ObjectType::kDatabase) {
    auto comment = CommentOnDatabase(command, context);
    Status commented = co_await comment;
    if (!commented.ok()) co_return commented;
    co_return std::string("COMMENT");
  }
  auto finding = FindCommented(command, context);
  auto found = co_await finding;
  if (!found.ok()) co_return std::move(found).status();
  catalog::ObjectComments comments{.object_oid = found->object, .class_oid = found->class_oid};
  if (catalog::CommentsRef old = View(context).FindComments(found->object)) comments = *old;
  if (command.text.empty()) {
    comments.texts.erase(found->column);
  } else {
    comments.texts[found->column] = command.text;
  }
  CO_RETURN_IF_ERROR(Changes(context).SetComments(std::move(comments)));
  co_return std::string("COMMENT");
}

}  // namespace shale::sql::ddl
