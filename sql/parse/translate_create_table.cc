// CREATE TABLE, CREATE TABLE AS, column definitions and constraints.
#include "sql/parse/translator.h"

namespace shale::sql {

namespace {

ast::OnCommit OnCommitOf(OnCommitAction action) {
  switch (action) {
    case ONCOMMIT_PRESERVE_ROWS:
      return ast::OnCommit::kPreserveRows;
    case ONCOMMIT_DELETE_ROWS:
      return ast::OnCommit::kDeleteRows;
    case ONCOMMIT_DROP:
      return ast::OnCommit::kDrop;
    case ONCOMMIT_NOOP:
      break;
  }
  return ast::OnCommit::kNone;
}

}  // namespace

// pg_class.relpersistence
bool Translator::IsTemporary(const RangeVar& relation) { return relation.relpersistence == 't'; }

bool Translator::IsUnlogged(const RangeVar& relation) { return relation.relpersistence == 'u'; }

const ast::Statement* Translator::CreateTable(const CreateStmt& create) {
  auto* result = NewStatement<ast::CreateTable>();
  result->temporary = IsTemporary(*create.relation);
  result->unlogged = IsUnlogged(*create.relation);
  result->on_commit = OnCommitOf(create.oncommit);
  if (create.inhRelations != nullptr && create.partbound == nullptr) {
    Unsupported("inherited tables (INHERITS)", create.relation->location);
  }
  if (create.partspec != nullptr) {
    Unsupported("partitioned tables (PARTITION BY)", create.partspec->location);
  }
  if (create.partbound != nullptr) {
    Unsupported("partitions (PARTITION OF)", create.partbound->location);
  }
  if (create.ofTypename != nullptr) {
    Unsupported("typed tables (OF)", create.ofTypename->location);
  }
  if (create.tablespacename != nullptr) Unsupported("tablespaces");
  if (create.accessMethod != nullptr) Unsupported("table access methods (USING)");
  if (create.constraints != nullptr) Unsupported("table constraints of this kind");

  result->name = Name(*create.relation);
  result->if_not_exists = create.if_not_exists;
  result->storage = StorageOptions(create.options);
  size_t size = ListSize(create.tableElts);
  auto* columns = arena_.AllocateArray<ast::ColumnDefinition>(size);
  auto* constraints = arena_.AllocateArray<ast::Constraint>(size);
  auto* likes = arena_.AllocateArray<ast::TableLike>(size);
  size_t column_count = 0;
  size_t like_count = 0;
  size_t constraint_count = 0;
  for (const Node* element : ListRange<Node>(create.tableElts)) {
    if (IsA(element, ColumnDef)) {
      new (&columns[column_count++])
          ast::ColumnDefinition(ColumnDefinitionOf(*castNode(const ColumnDef, element)));
    } else if (IsA(element, Constraint)) {
      const auto* constraint = castNode(const Constraint, element);
      if (CarriesConstraint(*constraint)) {
        new (&constraints[constraint_count++]) ast::Constraint(ConstraintOf(*constraint));
      }
    } else if (IsA(element, TableLikeClause)) {
      const auto* like = castNode(const TableLikeClause, element);
      auto includes = [&](uint32_t option) { return (like->options & option) != 0; };
      new (&likes[like_count++]) ast::TableLike{Name(*like->relation),
                                                column_count,
                                                includes(CREATE_TABLE_LIKE_DEFAULTS),
                                                includes(CREATE_TABLE_LIKE_IDENTITY),
                                                includes(CREATE_TABLE_LIKE_INDEXES),
                                                includes(CREATE_TABLE_LIKE_GENERATED),
                                                includes(CREATE_TABLE_LIKE_CONSTRAINTS),
                                                includes(CREATE_TABLE_LIKE_COMMENTS)};
    } else {
      Unsupported("table elements of this kind");
    }
    if (failed()) return nullptr;
  }
  result->columns = {columns, column_count};
  result->likes = {likes, like_count};
  result->constraints = {constraints, constraint_count};
  return result;
}

ast::ColumnDefinition Translator::ColumnDefinitionOf(const ColumnDef& column) {
  if (column.compression != nullptr) Unsupported("column compression methods", column.location);
  if (column.storage != 0) Unsupported("column storage modes", column.location);
  if (column.fdwoptions != nullptr) Unsupported("column OPTIONS", column.location);

  ast::ColumnDefinition result;
  result.name = Copy(column.colname);
  result.type = Type(column.typeName);
  result.location = column.location;
  if (column.collClause != nullptr) {
    result.collation = Name(column.collClause->collname, column.collClause->location);
  }
  size_t size = ListSize(column.constraints);
  auto* constraints = arena_.AllocateArray<ast::Constraint>(size);
  size_t count = 0;
  ConstraintTiming timing;
  for (const Constraint* constraint : ListRange<Constraint>(column.constraints)) {
    if (CarriesConstraint(*constraint)) {
      new (&constraints[count++]) ast::Constraint(ConstraintOf(*constraint));
    }
    Time(*constraint, count > 0 ? &constraints[count - 1] : nullptr, &timing);
    if (failed()) return result;
  }
  result.constraints = {constraints, count};
  return result;
}

// False of those that say what holds anyway, and of those refused.
bool Translator::CarriesConstraint(const Constraint& constraint) {
  ast::Location location = constraint.location;
  switch (constraint.contype) {
    case CONSTR_NULL:
    case CONSTR_NOTNULL:
    case CONSTR_DEFAULT:
    case CONSTR_IDENTITY:
    case CONSTR_GENERATED:
    case CONSTR_PRIMARY:
    case CONSTR_CHECK:
    case CONSTR_FOREIGN:
    case CONSTR_UNIQUE:
      return true;
    case CONSTR_ATTR_NOT_DEFERRABLE:
    case CONSTR_ATTR_IMMEDIATE:
    case CONSTR_ATTR_DEFERRABLE:
    case CONSTR_ATTR_DEFERRED:
      return false;  // they belong to the one before: see Time
    case CONSTR_EXCLUSION:
      Unsupported("exclusion constraints", location);
      return false;
  }
  Unsupported("constraints of this kind", location);
  return false;
}

ast::Constraint Translator::ConstraintOf(const Constraint& constraint) {
  ast::Constraint result;
  result.name = Copy(constraint.conname);
  result.location = constraint.location;
  using Kind = ast::Constraint::Kind;
  switch (constraint.contype) {
    case CONSTR_NULL:
      result.kind = Kind::kNull;
      break;
    case CONSTR_NOTNULL:
      result.kind = Kind::kNotNull;
      break;
    case CONSTR_DEFAULT:
      result.kind = Kind::kDefault;
      result.value = Expr(constraint.raw_expr);
      break;
    case CONSTR_GENERATED:
      result.kind = Kind::kGenerated;
      result.value = Expr(constraint.raw_expr);
      break;
    case CONSTR_IDENTITY: {
      result.kind = Kind::kIdentity;
      // ATTRIBUTE_IDENTITY_ALWAYS of pg_attribute.attidentity
      result.generated_always = constraint.generated_when == 'a';
      auto* sequence = New<ast::SequenceOptions>();
      *sequence = SequenceOptionsOf(constraint.options);
      result.sequence = sequence;
      break;
    }
    case CONSTR_CHECK:
      result.kind = Kind::kCheck;
      result.value = Expr(constraint.raw_expr);
      result.no_inherit = constraint.is_no_inherit;
      result.not_valid = constraint.skip_validation;
      break;
    case CONSTR_FOREIGN:
      result = ForeignKey(constraint);
      break;
    case CONSTR_UNIQUE:
      result.kind = Kind::kUnique;
      result.columns = NamesOf(constraint.keys);
      result.include = NamesOf(constraint.including);
      result.using_index = Copy(constraint.indexname);
      result.nulls_not_distinct = constraint.nulls_not_distinct;
      result.storage = StorageOptions(constraint.options);
      result.deferrable = constraint.deferrable;
      result.initially_deferred = constraint.initdeferred;
      if (constraint.indexspace != nullptr) Unsupported("tablespaces", constraint.location);
      break;
    default:
      result.kind = Kind::kPrimaryKey;
      result.columns = NamesOf(constraint.keys);
      result.storage = StorageOptions(constraint.options);
      if (constraint.including != nullptr) {
        Unsupported("INCLUDE columns of primary keys", constraint.location);
      }
      result.deferrable = constraint.deferrable;
      result.initially_deferred = constraint.initdeferred;
      if (constraint.indexname != nullptr) {
        Unsupported("constraints of an existing index (USING INDEX)", constraint.location);
      }
      if (constraint.indexspace != nullptr) Unsupported("tablespaces", constraint.location);
  }
  return result;
}

const ast::Statement* Translator::CreateTableAs(const CreateTableAsStmt& create) {
  // A SELECT INTO has no place here.
  const ast::Statement* query = IsA(create.query, SelectStmt)
                                    ? Select(*castNode(const SelectStmt, create.query))
                                    : Nested(create.query);
  const ast::Statement* result = CreateTableInto(*create.into, query);
  if (failed()) return nullptr;
  auto* copy = New<ast::CreateTableAs>();
  *copy = ast::As<ast::CreateTableAs>(*result);
  copy->if_not_exists = create.if_not_exists;
  copy->select_into = create.is_select_into;
  copy->materialized_view = create.objtype == OBJECT_MATVIEW;
  return copy;
}

const ast::Statement* Translator::CreateTableInto(const IntoClause& into,
                                                  const ast::Statement* query) {
  if (into.tableSpaceName != nullptr) Unsupported("tablespaces");
  if (into.accessMethod != nullptr) Unsupported("table access methods (USING)");
  auto* result = NewStatement<ast::CreateTableAs>();
  result->temporary = IsTemporary(*into.rel);
  result->unlogged = IsUnlogged(*into.rel);
  result->on_commit = OnCommitOf(into.onCommit);
  result->name = Name(*into.rel);
  result->columns = Strings(into.colNames);
  result->storage = StorageOptions(into.options);
  result->query = query;
  result->with_data = !into.skipData;
  result->select_into = true;
  return failed() ? nullptr : result;
}

}  // namespace shale::sql
