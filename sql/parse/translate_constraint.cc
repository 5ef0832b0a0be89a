// Foreign keys, when constraints are looked at, and SET CONSTRAINTS.
#include "sql/parse/translator.h"

namespace shale::sql {

ast::Constraint Translator::ForeignKey(const Constraint& constraint) {
  ast::Constraint result;
  result.kind = ast::Constraint::Kind::kForeignKey;
  result.name = Copy(constraint.conname);
  result.location = constraint.location;
  result.columns = NamesOf(constraint.fk_attrs);
  result.deferrable = constraint.deferrable;
  result.initially_deferred = constraint.initdeferred;
  result.not_valid = constraint.skip_validation;
  auto* references = New<ast::References>();
  references->table = Name(*constraint.pktable);
  references->columns = NamesOf(constraint.pk_attrs);
  references->match_full = constraint.fk_matchtype == FKCONSTR_MATCH_FULL;
  if (constraint.fk_upd_action != 0) references->on_update = constraint.fk_upd_action;
  if (constraint.fk_del_action != 0) references->on_delete = constraint.fk_del_action;
  references->set_columns = NamesOf(constraint.fk_del_set_cols);
  result.references = references;
  return result;
}

void Translator::Time(const Constraint& constraint, ast::Constraint* before,
                      ConstraintTiming* timing) {
  std::string_view clause;
  const bool is_initially =
      constraint.contype == CONSTR_ATTR_DEFERRED || constraint.contype == CONSTR_ATTR_IMMEDIATE;
  switch (constraint.contype) {
    case CONSTR_ATTR_DEFERRABLE:
      clause = "DEFERRABLE";
      break;
    case CONSTR_ATTR_NOT_DEFERRABLE:
      clause = "NOT DEFERRABLE";
      break;
    case CONSTR_ATTR_DEFERRED:
      clause = "INITIALLY DEFERRED";
      break;
    case CONSTR_ATTR_IMMEDIATE:
      clause = "INITIALLY IMMEDIATE";
      break;
    default:
      *timing = ConstraintTiming();
      timing->takes_timing = constraint.contype == CONSTR_PRIMARY ||
                             constraint.contype == CONSTR_UNIQUE ||
                             constraint.contype == CONSTR_FOREIGN;
      return;
  }
  if (!timing->takes_timing || before == nullptr) {
    Fail(constraint.location, sqlstate::kSyntaxError, "misplaced {} clause", clause);
    return;
  }
  bool& saw = is_initially ? timing->saw_initially : timing->saw_deferrable;
  if (saw) {
    Fail(constraint.location, sqlstate::kSyntaxError, "multiple {} clauses not allowed",
         is_initially ? "INITIALLY IMMEDIATE/DEFERRED" : "DEFERRABLE/NOT DEFERRABLE");
    return;
  }
  saw = true;
  if (constraint.contype == CONSTR_ATTR_DEFERRABLE) before->deferrable = true;
  if (constraint.contype == CONSTR_ATTR_DEFERRED) {
    before->initially_deferred = true;
    if (!timing->saw_deferrable) before->deferrable = true;
  }
  if (before->initially_deferred && !before->deferrable) {
    Fail(constraint.location, sqlstate::kSyntaxError,
         "constraint declared INITIALLY DEFERRED must be DEFERRABLE");
  }
}

ast::AlterTableAction Translator::AlterConstraint(const Constraint& constraint) {
  ast::AlterTableAction result;
  result.kind = ast::AlterTableAction::Kind::kAlterConstraint;
  result.column = Copy(constraint.conname);
  auto* timing = New<ast::Constraint>();
  timing->kind = ast::Constraint::Kind::kForeignKey;
  timing->deferrable = constraint.deferrable;
  timing->initially_deferred = constraint.initdeferred;
  result.constraint = timing;
  return result;
}

const ast::Statement* Translator::SetConstraints(const ConstraintsSetStmt& set) {
  auto* result = NewStatement<ast::SetConstraints>();
  result->names = Map<ast::QualifiedName, RangeVar>(
      set.constraints, [&](const RangeVar& name) { return Name(name); });
  result->deferred = set.deferred;
  return result;
}

}  // namespace shale::sql
