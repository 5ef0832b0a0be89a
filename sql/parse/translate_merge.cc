// MERGE.
#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Statement* Translator::Merge(const MergeStmt& merge) {
  auto* result = NewStatement<ast::Merge>();
  result->with = With(merge.withClause);
  result->table = Table(*merge.relation);
  result->source = TableReference(merge.sourceRelation);
  result->condition = Expr(merge.joinCondition);
  result->when = Map<ast::MergeWhen, MergeWhenClause>(
      merge.mergeWhenClauses, [&](const MergeWhenClause& clause) { return MergeWhen(clause); });
  return result;
}

ast::MergeWhen Translator::MergeWhen(const MergeWhenClause& clause) {
  using Action = ast::MergeWhen::Action;
  ast::MergeWhen result;
  result.matched = clause.matched;
  result.condition = Expr(clause.condition);
  switch (clause.commandType) {
    case CMD_UPDATE:
      result.action = Action::kUpdate;
      result.assignments = Assignments(clause.targetList);
      break;
    case CMD_DELETE:
      result.action = Action::kDelete;
      break;
    case CMD_INSERT:
      result.action = Action::kInsert;
      result.columns = Map<ast::Name, ResTarget>(clause.targetList, [&](const ResTarget& target) {
        if (target.indirection != nullptr) {
          Unsupported("assignments to array elements or fields", target.location);
        }
        return ast::Name{Copy(target.name), target.location};
      });
      result.values = Exprs(clause.values);
      break;
    default:
      result.action = Action::kNothing;
      break;
  }
  result.overriding = OverridingOf(clause.override);
  return result;
}

}  // namespace shale::sql
