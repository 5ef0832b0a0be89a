// INSERT and ON CONFLICT.
#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Statement* Translator::Insert(const InsertStmt& insert) {
  auto* result = NewStatement<ast::Insert>();
  result->with = With(insert.withClause);
  result->table = Name(*insert.relation);
  result->alias = AliasOf(insert.relation->alias).name;
  bool has_parts = false;
  result->columns = Map<ast::Name, ResTarget>(insert.cols, [&](const ResTarget& target) {
    has_parts |= target.indirection != nullptr;
    return ast::Name{Copy(target.name), target.location};
  });
  if (has_parts) {
    result->parts = Map<ast::List<const ast::SubscriptExpr*>, ResTarget>(
        insert.cols,
        [&](const auto& target) { return Subscripts(target.indirection, target.location); });
  }
  result->source = SelectNode(insert.selectStmt);
  result->overriding = OverridingOf(insert.override);
  if (insert.onConflictClause != nullptr) result->on_conflict = Conflict(*insert.onConflictClause);
  result->returning = Targets(insert.returningList);
  return result;
}

ast::Insert::Overriding Translator::OverridingOf(OverridingKind kind) {
  switch (kind) {
    case OVERRIDING_USER_VALUE:
      return ast::Insert::Overriding::kUserValue;
    case OVERRIDING_SYSTEM_VALUE:
      return ast::Insert::Overriding::kSystemValue;
    default:
      return ast::Insert::Overriding::kNone;
  }
}

const ast::OnConflict* Translator::Conflict(const OnConflictClause& clause) {
  auto* result = New<ast::OnConflict>();
  result->location = clause.location;
  result->action = clause.action == ONCONFLICT_UPDATE ? ast::OnConflict::Action::kUpdate
                                                      : ast::OnConflict::Action::kNothing;
  if (const InferClause* infer = clause.infer; infer != nullptr) {
    result->constraint = Copy(infer->conname);
    result->arbiter_where = Expr(infer->whereClause);
    auto translate = [&](const IndexElem& element) {
      if (element.collation != nullptr || element.opclass != nullptr) {
        Unsupported("collations and operator classes in ON CONFLICT targets", infer->location);
      }
      if (element.ordering != SORTBY_DEFAULT || element.nulls_ordering != SORTBY_NULLS_DEFAULT) {
        Fail(infer->location, sqlstate::kInvalidColumnReference,
             "{} is not allowed in ON CONFLICT clause",
             element.ordering != SORTBY_DEFAULT ? "ASC/DESC" : "NULLS FIRST/LAST");
      }
      return IndexElementOf(element, infer->location);
    };
    result->elements = Map<ast::IndexElement, IndexElem>(infer->indexElems, translate);
  }
  result->assignments = Assignments(clause.targetList);
  result->where = Expr(clause.whereClause);
  return result;
}

}  // namespace shale::sql
