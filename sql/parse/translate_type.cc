// CREATE TYPE of enums and composite types, CREATE DOMAIN, and their ALTER.
#include "sql/parse/ast_type.h"
#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Statement* Translator::CreateEnum(const CreateEnumStmt& create) {
  auto* result = NewStatement<ast::CreateEnum>();
  result->name = Name(create.typeName, ast::kNoLocation);
  result->labels = Strings(create.vals);
  return result;
}

const ast::Statement* Translator::AlterEnum(const AlterEnumStmt& alter) {
  auto* result = NewStatement<ast::AlterEnum>();
  result->name = Name(alter.typeName, ast::kNoLocation);
  result->renames = alter.oldVal != nullptr;
  result->old_label = Copy(alter.oldVal);
  result->label = Copy(alter.newVal);
  result->has_neighbor = alter.newValNeighbor != nullptr;
  result->is_after = alter.newValIsAfter;
  result->neighbor = Copy(alter.newValNeighbor);
  result->if_not_exists = alter.skipIfNewValExists;
  return result;
}

namespace {

// What a domain cannot have, as PostgreSQL says it; empty: it can.
std::string_view RefusalOf(ConstrType type) {
  switch (type) {
    case CONSTR_UNIQUE:
      return "unique constraints not possible for domains";
    case CONSTR_PRIMARY:
      return "primary key constraints not possible for domains";
    case CONSTR_EXCLUSION:
      return "exclusion constraints not possible for domains";
    case CONSTR_FOREIGN:
      return "foreign key constraints not possible for domains";
    default:
      return {};
  }
}

}  // namespace

const ast::Constraint* Translator::DomainConstraint(const Constraint& constraint) {
  const std::string_view refusal = RefusalOf(constraint.contype);
  if (!refusal.empty()) {
    Fail(ast::kNoLocation, sqlstate::kSyntaxError, "{}", refusal);
    return nullptr;
  }
  switch (constraint.contype) {
    case CONSTR_NULL:
    case CONSTR_NOTNULL:
    case CONSTR_DEFAULT:
    case CONSTR_CHECK:
      break;
    case CONSTR_ATTR_DEFERRABLE:
    case CONSTR_ATTR_NOT_DEFERRABLE:
    case CONSTR_ATTR_DEFERRED:
    case CONSTR_ATTR_IMMEDIATE:
      Fail(ast::kNoLocation, sqlstate::kFeatureNotSupported,
           "specifying constraint deferrability not supported for domains");
      return nullptr;
    default:
      Unsupported("constraints of this kind in domains", constraint.location);
      return nullptr;
  }
  auto* result = New<ast::Constraint>();
  *result = ConstraintOf(constraint);
  return result;
}

const ast::Statement* Translator::CreateDomain(const CreateDomainStmt& create) {
  auto* result = NewStatement<ast::CreateDomain>();
  result->name = Name(create.domainname, ast::kNoLocation);
  result->type = Type(create.typeName);
  if (create.collClause != nullptr) {
    result->collation = Name(create.collClause->collname, create.collClause->location);
  }
  auto* constraints = arena_.AllocateArray<ast::Constraint>(ListSize(create.constraints));
  size_t count = 0;
  for (const Constraint* constraint : ListRange<Constraint>(create.constraints)) {
    const ast::Constraint* translated = DomainConstraint(*constraint);
    if (translated == nullptr) return nullptr;
    new (&constraints[count++]) ast::Constraint(*translated);
  }
  result->constraints = {constraints, count};
  return result;
}

const ast::Statement* Translator::AlterDomain(const AlterDomainStmt& alter) {
  using Action = ast::AlterDomain::Action;
  auto* result = NewStatement<ast::AlterDomain>();
  result->name = Name(alter.typeName, ast::kNoLocation);
  result->constraint_name = Copy(alter.name);
  result->missing_ok = alter.missing_ok;
  switch (alter.subtype) {
    case 'T':
      result->action = alter.def != nullptr ? Action::kSetDefault : Action::kDropDefault;
      result->value = Expr(alter.def);
      break;
    case 'N':
      result->action = Action::kDropNotNull;
      break;
    case 'O':
      result->action = Action::kSetNotNull;
      break;
    case 'C':
      result->action = Action::kAddConstraint;
      result->constraint = DomainConstraint(*castNode(const Constraint, alter.def));
      break;
    case 'X':
      result->action = Action::kDropConstraint;
      break;
    default:
      result->action = Action::kValidateConstraint;
  }
  return result;
}

const ast::Statement* Translator::CreateComposite(const CompositeTypeStmt& create) {
  auto* result = NewStatement<ast::CreateComposite>();
  result->name = Name(*create.typevar);
  result->attributes = Map<ast::ColumnDefinition, ColumnDef>(
      create.coldeflist, [&](const ColumnDef& column) { return ColumnDefinitionOf(column); });
  return result;
}

const ast::Statement* Translator::AlterComposite(const AlterTableStmt& alter) {
  auto* result = NewStatement<ast::AlterComposite>();
  result->name = Name(*alter.relation);
  result->actions = Map<ast::AlterTableAction, AlterTableCmd>(
      alter.cmds, [&](const AlterTableCmd& command) { return Action(command); });
  return result;
}

}  // namespace shale::sql
