// CREATE and ALTER of types and domains.
#include "sql/parse/ast_type.h"
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"

namespace shale::sql {

void Deparser::CreateEnum(const ast::CreateEnum& create) {
  Add("CREATE TYPE ");
  Name(create.name);
  Add(" AS ENUM (");
  Commas(create.labels, [&](std::string_view label) { Add("{}", QuoteLiteral(label)); });
  Add(")");
}

void Deparser::AlterEnum(const ast::AlterEnum& alter) {
  Add("ALTER TYPE ");
  Name(alter.name);
  if (alter.renames) {
    return Add(" RENAME VALUE {} TO {}", QuoteLiteral(alter.old_label), QuoteLiteral(alter.label));
  }
  Add(" ADD VALUE {}{}", alter.if_not_exists ? "IF NOT EXISTS " : "", QuoteLiteral(alter.label));
  if (alter.has_neighbor) {
    Add(" {} {}", alter.is_after ? "AFTER" : "BEFORE", QuoteLiteral(alter.neighbor));
  }
}

void Deparser::CreateDomain(const ast::CreateDomain& create) {
  Add("CREATE DOMAIN ");
  Name(create.name);
  Add(" AS ");
  Type(*create.type);
  if (!create.collation.name.empty()) {
    Add(" COLLATE ");
    Name(create.collation);
  }
  for (const ast::Constraint& constraint : create.constraints) {
    Add(" ");
    Constraint(constraint);
  }
}

void Deparser::AlterDomain(const ast::AlterDomain& alter) {
  using Action = ast::AlterDomain::Action;
  Add("ALTER DOMAIN ");
  Name(alter.name);
  switch (alter.action) {
    case Action::kSetDefault:
      Add(" SET DEFAULT ");
      return Expr(*alter.value);
    case Action::kDropDefault:
      return Add(" DROP DEFAULT");
    case Action::kSetNotNull:
      return Add(" SET NOT NULL");
    case Action::kDropNotNull:
      return Add(" DROP NOT NULL");
    case Action::kAddConstraint:
      Add(" ADD ");
      return Constraint(*alter.constraint);
    case Action::kDropConstraint:
      Add(alter.missing_ok ? " DROP CONSTRAINT IF EXISTS " : " DROP CONSTRAINT ");
      return Identifier(alter.constraint_name);
    case Action::kValidateConstraint:
      Add(" VALIDATE CONSTRAINT ");
      return Identifier(alter.constraint_name);
  }
}

void Deparser::CreateComposite(const ast::CreateComposite& create) {
  Add("CREATE TYPE ");
  Name(create.name);
  Add(" AS (");
  Commas(create.attributes, [&](const ast::ColumnDefinition& one) { ColumnDefinition(one); });
  Add(")");
}

void Deparser::AlterComposite(const ast::AlterComposite& alter) {
  using Kind = ast::AlterTableAction::Kind;
  Add("ALTER TYPE ");
  Name(alter.name);
  Add(" ");
  Commas(alter.actions, [&](const ast::AlterTableAction& action) {
    switch (action.kind) {
      case Kind::kAddColumn:
        Add("ADD ATTRIBUTE ");
        ColumnDefinition(*action.definition);
        break;
      case Kind::kDropColumn:
        Add(action.missing_ok ? "DROP ATTRIBUTE IF EXISTS " : "DROP ATTRIBUTE ");
        Identifier(action.column);
        break;
      default:
        Add("ALTER ATTRIBUTE ");
        Identifier(action.column);
        Add(" TYPE ");
        Type(*action.definition->type);
    }
    if (action.cascade) Add(" CASCADE");
  });
}

void Deparser::AlterTypeOwner(const ast::AlterTypeOwner& alter) {
  Add("ALTER {} ", alter.object == ast::ObjectType::kDomain ? "DOMAIN" : "TYPE");
  Name(alter.name);
  Add(" OWNER TO {}", QuoteIdentifier(alter.owner));
}

}  // namespace shale::sql
