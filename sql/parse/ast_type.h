// Statements that define types. See ast.h.
#pragma once

#include "sql/parse/ast.h"
#include "sql/parse/ast_ddl.h"

namespace shale::sql::ast {

// CREATE TYPE t AS ENUM ('a', 'b')
struct CreateEnum : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateEnum;
  QualifiedName name;
  List<std::string_view> labels;
};

// ALTER TYPE t ADD VALUE 'a' BEFORE 'b', ALTER TYPE t RENAME VALUE 'a' TO 'b'
struct AlterEnum : Statement {
  static constexpr StatementKind kKind = StatementKind::kAlterEnum;
  QualifiedName name;
  bool renames = false;
  std::string_view old_label;  // of RENAME
  std::string_view label;      // the new one
  bool has_neighbor = false;   // of ADD: BEFORE or AFTER, else behind all
  bool is_after = false;
  std::string_view neighbor;
  bool if_not_exists = false;
};

// CREATE DOMAIN d AS int DEFAULT 1 NOT NULL CHECK (VALUE > 0)
struct CreateDomain : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateDomain;
  QualifiedName name;
  const TypeName* type = nullptr;
  QualifiedName collation;       // name empty: none given
  List<Constraint> constraints;  // kDefault, kNotNull, kNull and kCheck, in the order written
};

struct AlterDomain : Statement {
  static constexpr StatementKind kKind = StatementKind::kAlterDomain;
  enum class Action : uint8_t {
    kSetDefault,  // value
    kDropDefault,
    kSetNotNull,
    kDropNotNull,
    kAddConstraint,   // constraint
    kDropConstraint,  // constraint_name, as of the next
    kValidateConstraint,
  };
  QualifiedName name;
  Action action = Action::kSetDefault;
  const Expr* value = nullptr;
  const Constraint* constraint = nullptr;
  std::string_view constraint_name;
  bool missing_ok = false;  // of kDropConstraint
};

// CREATE TYPE t AS (a int, b text)
struct CreateComposite : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateComposite;
  QualifiedName name;
  List<ColumnDefinition> attributes;  // without constraints
};

// ALTER TYPE t ADD ATTRIBUTE, DROP ATTRIBUTE, ALTER ATTRIBUTE ... TYPE
struct AlterComposite : Statement {
  static constexpr StatementKind kKind = StatementKind::kAlterComposite;
  QualifiedName name;
  List<AlterTableAction> actions;  // kAddColumn, kDropColumn and kSetType
};

// ALTER TYPE and ALTER DOMAIN ... OWNER TO
struct AlterTypeOwner : Statement {
  static constexpr StatementKind kKind = StatementKind::kAlterTypeOwner;
  ObjectType object = ObjectType::kType;
  QualifiedName name;
  std::string_view owner;
};

}  // namespace shale::sql::ast
