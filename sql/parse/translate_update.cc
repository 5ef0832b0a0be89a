// UPDATE, DELETE, TRUNCATE.
#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Statement* Translator::Update(const UpdateStmt& update) {
  auto* result = NewStatement<ast::Update>();
  result->with = With(update.withClause);
  result->table = Table(*update.relation);
  result->assignments = Assignments(update.targetList);
  result->from = TableReferences(update.fromClause);
  result->where = Expr(update.whereClause);
  result->returning = Targets(update.returningList);
  return result;
}

const ast::Statement* Translator::Delete(const DeleteStmt& statement) {
  auto* result = NewStatement<ast::Delete>();
  result->with = With(statement.withClause);
  result->table = Table(*statement.relation);
  result->using_tables = TableReferences(statement.usingClause);
  result->where = Expr(statement.whereClause);
  result->returning = Targets(statement.returningList);
  return result;
}

ast::List<ast::Assignment> Translator::Assignments(const List* targets) {
  // Of several columns, to be translated once.
  const Node* shared_source = nullptr;
  const ast::Expr* shared = nullptr;
  return Map<ast::Assignment, ResTarget>(targets, [&](const ResTarget& target) {
    const Node* value = target.val;
    // (a, b) = (1, 2) comes as one reference per column to the same row.
    if (value != nullptr && IsA(value, MultiAssignRef)) {
      const auto* part = castNode(const MultiAssignRef, value);
      if (IsA(part->source, RowExpr)) {
        const auto* row = castNode(const RowExpr, part->source);
        if (ListSize(row->args) != static_cast<size_t>(part->ncolumns)) {
          Fail(row->location, sqlstate::kSyntaxError,
               "number of columns does not match number of values");
          return ast::Assignment{};
        }
        value = ListAt(row->args, static_cast<size_t>(part->colno - 1));
      } else if (IsA(part->source, SubLink)) {
        if (shared_source != part->source) {
          shared_source = part->source;
          shared = Expr(part->source);
        }
        return ast::Assignment{Copy(target.name), shared,
                               target.location,   Subscripts(target.indirection, target.location),
                               part->ncolumns,    part->colno - 1};
      } else {
        const ast::Expr* source = Expr(part->source);
        Fail(source != nullptr ? source->location : target.location, sqlstate::kFeatureNotSupported,
             "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression");
      }
    }
    return ast::Assignment{Copy(target.name), Expr(value), target.location,
                           Subscripts(target.indirection, target.location)};
  });
}

ast::List<const ast::SubscriptExpr*> Translator::Subscripts(const List* indirection, int location) {
  return Map<const ast::SubscriptExpr*, Node>(
      indirection, [&](const Node& step) -> const ast::SubscriptExpr* {
        auto* result = NewExpr<ast::SubscriptExpr>(location);
        if (IsA(&step, String)) {
          auto* field = NewExpr<ast::FieldSelect>(location);
          field->field = Copy(castNode(const String, &step)->sval);
          result->argument = field;
          return result;
        }
        if (!IsA(&step, A_Indices)) {
          Unsupported("assignments to all fields", location);
          return result;
        }
        const auto* indices = castNode(const A_Indices, &step);
        result->slice = indices->is_slice;
        result->lower = Expr(indices->lidx);
        result->upper = Expr(indices->uidx);
        return result;
      });
}

const ast::Statement* Translator::Truncate(const TruncateStmt& truncate) {
  auto* result = NewStatement<ast::Truncate>();
  result->tables = Map<ast::QualifiedName, RangeVar>(
      truncate.relations, [&](const RangeVar& relation) { return PlainTable(relation); });
  result->restart_identity = truncate.restart_seqs;
  result->cascade = truncate.behavior == DROP_CASCADE;
  return result;
}

}  // namespace shale::sql
