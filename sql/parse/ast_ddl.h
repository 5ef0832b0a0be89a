// Statements that define tables, schemas and sequences. See ast.h.
#pragma once

#include <optional>

#include "sql/parse/ast.h"
#include "sql/parse/ast_expr.h"
#include "sql/parse/ast_select.h"

namespace shale::sql::ast {

// The options of CREATE and ALTER SEQUENCE and of identity columns; those not given are empty.
struct SequenceOptions {
  const TypeName* type = nullptr;  // AS smallint
  std::optional<int64_t> start;
  std::optional<int64_t> increment;
  std::optional<int64_t> min_value;
  bool no_min_value = false;
  std::optional<int64_t> max_value;
  bool no_max_value = false;
  std::optional<int64_t> cache;
  std::optional<bool> cycle;
  bool restart = false;
  std::optional<int64_t> restart_with;  // none: at the start value
  bool owned_by_none = false;
  List<std::string_view> owned_by;  // [schema,] table, column
  QualifiedName sequence_name;      // of identity columns: SEQUENCE NAME
};

// WITH (fillfactor = 70)
struct StorageOption {
  std::string_view name;
  std::string_view value;  // as written; "true" where no value was
  Location location = kNoLocation;
};

// REFERENCES table (columns) MATCH ... ON DELETE ... ON UPDATE ...
struct References {
  QualifiedName table;
  List<Name> columns;       // empty: the primary key
  bool match_full = false;  // else MATCH SIMPLE
  // As pg_constraint has them: a NO ACTION, r RESTRICT, c CASCADE, n SET NULL, d SET DEFAULT.
  char on_update = 'a';
  char on_delete = 'a';
  List<Name> set_columns;  // of ON DELETE SET NULL (...) and SET DEFAULT (...)
};

// A constraint of a column or of a table. Kinds that Shale does not have are refused by the parser.
struct Constraint {
  enum class Kind : uint8_t {
    kNull,
    kNotNull,
    kDefault,
    kIdentity,
    kGenerated,
    kPrimaryKey,
    kUnique,
    kCheck,
    kForeignKey,
  };
  Kind kind = Kind::kNotNull;
  std::string_view name;                      // empty: none given
  List<Name> columns;                         // of a table's kPrimaryKey, kUnique and kForeignKey
  List<Name> include;                         // of kUnique
  std::string_view using_index;               // of kUnique: an index that is there; empty: none
  bool nulls_not_distinct = false;            // of kUnique
  const Expr* value = nullptr;                // of kDefault, kGenerated and kCheck
  bool generated_always = false;              // of kIdentity; otherwise BY DEFAULT
  const SequenceOptions* sequence = nullptr;  // of kIdentity
  List<StorageOption> storage;                // of kPrimaryKey and kUnique
  const References* references = nullptr;     // of kForeignKey
  bool deferrable = false;                    // of kPrimaryKey, kUnique and kForeignKey
  bool initially_deferred = false;            // likewise
  bool no_inherit = false;                    // of kCheck
  bool not_valid = false;                     // of kCheck and kForeignKey
  Location location = kNoLocation;
};

struct ColumnDefinition {
  std::string_view name;
  const TypeName* type = nullptr;
  List<Constraint> constraints;  // in the order written
  QualifiedName collation;       // name empty: none given
  Location location = kNoLocation;
};

// LIKE: the columns of another relation.
struct TableLike {
  QualifiedName name;
  size_t before = 0;  // of CreateTable::columns, the one that they come before
  bool defaults = false;
  bool identity = false;
  bool indexes = false;
  bool generated = false;
  bool constraints = false;  // CHECK only
  bool comments = false;
};

enum class OnCommit : uint8_t { kNone, kPreserveRows, kDeleteRows, kDrop };

struct CreateTable : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateTable;
  QualifiedName name;
  List<ColumnDefinition> columns;
  List<TableLike> likes;
  List<Constraint> constraints;  // kPrimaryKey, kUnique, kCheck and kForeignKey
  List<StorageOption> storage;
  OnCommit on_commit = OnCommit::kNone;
  bool temporary = false;
  bool unlogged = false;
  bool if_not_exists = false;
};

// CREATE TABLE AS, SELECT INTO
struct CreateTableAs : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateTableAs;
  QualifiedName name;
  List<std::string_view> columns;
  List<StorageOption> storage;
  const Statement* query = nullptr;  // a Select or an Execute
  OnCommit on_commit = OnCommit::kNone;
  bool temporary = false;
  bool unlogged = false;
  bool if_not_exists = false;
  bool with_data = true;
  bool select_into = false;
  bool materialized_view = false;  // CREATE MATERIALIZED VIEW
};

struct AlterTableAction {
  enum class Kind : uint8_t {
    kAddColumn,
    kDropColumn,
    kAddConstraint,
    kDropConstraint,  // column is the constraint's name, as of the next two
    kValidateConstraint,
    kAlterConstraint,  // constraint: how it is deferred
    kSetDefault,       // value
    kDropDefault,
    kSetNotNull,
    kDropNotNull,
    kSetType,      // definition: the type; value: USING, may be null
    kAddIdentity,  // constraint
    kSetIdentity,  // generated, sequence
    kDropIdentity,
    kDropExpression,
    kSetStatistics,
    kSetLogged,
    kSetUnlogged,
  };
  Kind kind = Kind::kAddColumn;
  bool missing_ok = false;  // DROP COLUMN and IDENTITY IF EXISTS; ADD COLUMN IF NOT EXISTS
  bool cascade = false;
  std::string_view column;
  const ColumnDefinition* definition = nullptr;  // of kAddColumn
  const Constraint* constraint = nullptr;        // of kAddConstraint and kAlterConstraint
  const Expr* value = nullptr;                   // of kSetDefault
  std::optional<bool> generated;                 // of kSetIdentity: ALWAYS, or BY DEFAULT
  const SequenceOptions* sequence = nullptr;     // of kSetIdentity
  int statistics = -1;                           // of kSetStatistics
  int column_number = 0;                         // of kSetStatistics, in place of the name; 0: none
};

struct AlterTable : Statement {
  static constexpr StatementKind kKind = StatementKind::kAlterTable;
  QualifiedName table;
  List<AlterTableAction> actions;
  bool if_exists = false;
  bool only = false;
};

enum class ObjectType : uint8_t {
  kTable,
  kSequence,
  kSchema,
  kIndex,
  kConstraint,
  kView,
  kMaterializedView,
  kType,
  kColumn,
  kDatabase,
  kDomain,
  kDomainConstraint,
  kAttribute,
};

// ALTER TABLE t RENAME TO u, ALTER TABLE t RENAME a TO b, ALTER SCHEMA s RENAME TO t,
// ALTER TABLE t RENAME CONSTRAINT a TO b (kConstraint, of a domain kDomainConstraint),
// ALTER TYPE t RENAME ATTRIBUTE a TO b (kAttribute)
struct Rename : Statement {
  static constexpr StatementKind kKind = StatementKind::kRename;
  ObjectType object = ObjectType::kTable;
  QualifiedName name;       // of a schema: name only
  std::string_view column;  // or constraint; empty: the object itself
  std::string_view new_name;
  bool if_exists = false;
};

// ALTER TABLE, ALTER SEQUENCE, ALTER VIEW, ALTER TYPE and ALTER DOMAIN ... SET SCHEMA
struct SetSchema : Statement {
  static constexpr StatementKind kKind = StatementKind::kSetSchema;
  ObjectType object = ObjectType::kTable;
  QualifiedName name;
  std::string_view schema;
  bool if_exists = false;
};

struct Drop : Statement {
  static constexpr StatementKind kKind = StatementKind::kDrop;
  ObjectType object = ObjectType::kTable;
  List<QualifiedName> names;
  bool if_exists = false;
  bool cascade = false;
  bool concurrently = false;  // of indexes
};

struct CreateSchema : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateSchema;
  std::string_view name;           // empty: that of the role
  std::string_view authorization;  // empty: none given; "current_user" and the like as written
  // What is made in it, in the order of that: sequences, tables, views, indexes.
  List<const Statement*> elements;
  bool if_not_exists = false;
};

struct CreateSequence : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateSequence;
  QualifiedName name;
  SequenceOptions options;
  bool temporary = false;
  bool unlogged = false;
  bool if_not_exists = false;
};

struct AlterSequence : Statement {
  static constexpr StatementKind kKind = StatementKind::kAlterSequence;
  QualifiedName name;
  SequenceOptions options;
  bool if_exists = false;
};

// COMMENT ON
struct Comment : Statement {
  static constexpr StatementKind kKind = StatementKind::kComment;
  ObjectType object = ObjectType::kTable;
  QualifiedName name;       // of a schema or database: name only; of the next: its relation
  std::string_view member;  // of kColumn, kConstraint and kDomainConstraint
  std::string_view text;    // empty: NULL, which is the same
};

}  // namespace shale::sql::ast
