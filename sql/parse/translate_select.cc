// SELECT, VALUES, set operations, WITH.
#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Statement* Translator::TopLevelSelect(const SelectStmt& select) {
  if (select.op == SETOP_NONE && select.intoClause != nullptr) {
    SelectStmt plain = select;
    plain.intoClause = nullptr;
    return CreateTableInto(*select.intoClause, Select(plain));
  }
  return Select(select);
}

const ast::Select* Translator::SelectNode(const Node* node) {
  if (node == nullptr || failed()) return nullptr;
  return Select(*castNode(const SelectStmt, node));
}

const ast::Select* Translator::Select(const SelectStmt& select) {
  Nesting nesting(*this);
  if (!nesting.ok()) return nullptr;
  if (select.intoClause != nullptr) {
    Fail(select.intoClause->rel->location, sqlstate::kSyntaxError,
         "SELECT ... INTO is not allowed here");
    return nullptr;
  }

  auto* result = NewStatement<ast::Select>();
  result->with = With(select.withClause);
  switch (select.op) {
    case SETOP_NONE:
      break;
    case SETOP_UNION:
      result->set_operation = ast::SetOperation::kUnion;
      break;
    case SETOP_INTERSECT:
      result->set_operation = ast::SetOperation::kIntersect;
      break;
    case SETOP_EXCEPT:
      result->set_operation = ast::SetOperation::kExcept;
      break;
  }
  if (select.op != SETOP_NONE) {
    result->all = select.all;
    result->left = Select(*select.larg);
    result->right = Select(*select.rarg);
  }
  result->values = Map<ast::List<const ast::Expr*>, List>(
      select.valuesLists, [&](const List& row) { return Exprs(&row); });

  // SELECT DISTINCT is a list of one null, DISTINCT ON a list of expressions.
  result->distinct = select.distinctClause != nullptr;
  if (result->distinct && ListAt(select.distinctClause, 0) != nullptr) {
    result->distinct_on = Exprs(select.distinctClause);
  }
  result->targets = Targets(select.targetList);
  result->from = TableReferences(select.fromClause);
  result->where = Expr(select.whereClause);
  result->group_by = Exprs(select.groupClause);
  result->group_distinct = select.groupDistinct;
  result->having = Expr(select.havingClause);
  result->windows = Map<ast::Window, WindowDef>(
      select.windowClause, [&](const WindowDef& window) { return WindowOf(window); });

  result->order_by =
      Map<ast::SortItem, SortBy>(select.sortClause, [&](const SortBy& sort) { return Sort(sort); });
  result->limit = Expr(select.limitCount);
  result->offset = Expr(select.limitOffset);
  result->with_ties = static_cast<int>(select.limitOption) == kLimitWithTies;
  result->locking = Map<ast::LockingClause, LockingClause>(
      select.lockingClause, [&](const LockingClause& clause) { return Locking(clause); });
  return result;
}

ast::List<ast::Target> Translator::Targets(const List* targets) {
  return Map<ast::Target, ResTarget>(targets, [&](const ResTarget& target) {
    return ast::Target{Expr(target.val), Copy(target.name), target.location};
  });
}

ast::LockingClause Translator::Locking(const LockingClause& clause) {
  ast::LockingClause result;
  result.strength = clause.strength == LCS_FORKEYSHARE      ? ast::LockStrength::kKeyShare
                    : clause.strength == LCS_FORSHARE       ? ast::LockStrength::kShare
                    : clause.strength == LCS_FORNOKEYUPDATE ? ast::LockStrength::kNoKeyUpdate
                                                            : ast::LockStrength::kUpdate;
  result.wait = clause.waitPolicy == LockWaitSkip    ? ast::LockWait::kSkip
                : clause.waitPolicy == LockWaitError ? ast::LockWait::kError
                                                     : ast::LockWait::kBlock;
  result.tables = Map<ast::QualifiedName, RangeVar>(
      clause.lockedRels, [&](const RangeVar& relation) { return Name(relation); });
  return result;
}

const ast::WithClause* Translator::With(const WithClause* with) {
  if (with == nullptr) return nullptr;
  auto* result = New<ast::WithClause>();
  result->recursive = with->recursive;
  result->location = with->location;
  result->tables =
      Map<ast::CommonTable, CommonTableExpr>(with->ctes, [&](const CommonTableExpr& table) {
        ast::CommonTable entry;
        entry.name = Copy(table.ctename);
        entry.columns = Strings(table.aliascolnames);
        using Materialize = ast::CommonTable::Materialize;
        entry.materialize = table.ctematerialized == CTEMaterializeAlways  ? Materialize::kAlways
                            : table.ctematerialized == CTEMaterializeNever ? Materialize::kNever
                                                                           : Materialize::kDefault;
        if (const CTESearchClause* search = table.search_clause) {
          auto* clause = New<ast::SearchClause>();
          clause->columns = Strings(search->search_col_list);
          clause->breadth_first = search->search_breadth_first;
          clause->sequence = Copy(search->search_seq_column);
          clause->location = search->location;
          entry.search = clause;
        }
        if (const CTECycleClause* cycle = table.cycle_clause) {
          auto* clause = New<ast::CycleClause>();
          clause->columns = Strings(cycle->cycle_col_list);
          clause->mark = Copy(cycle->cycle_mark_column);
          clause->value = Expr(cycle->cycle_mark_value);
          clause->otherwise = Expr(cycle->cycle_mark_default);
          clause->path = Copy(cycle->cycle_path_column);
          clause->location = cycle->location;
          entry.cycle = clause;
        }
        entry.location = table.location;
        // A SELECT here may not have an INTO, so it is no top-level one.
        entry.statement =
            IsA(table.ctequery, SelectStmt) ? SelectNode(table.ctequery) : Nested(table.ctequery);
        return entry;
      });
  return result;
}

}  // namespace shale::sql
