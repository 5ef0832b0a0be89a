// JOIN: conditions, USING and NATURAL.
#include "sql/bind/binder_guards.h"
#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace {

// The columns that a side shows without a qualifier, in order.
std::vector<NamespaceColumn> VisibleColumns(const Namespace& names) {
  std::vector<NamespaceColumn> columns;
  for (const NamespaceItem& item : names.items()) {
    if (item.columns_visible) names.ExpandItem(item, &columns);
  }
  return columns;
}

// Notes which items the join fills up with NULLs; relations from right_begin on are of the right
// side.
void MarkNullable(ast::JoinType type, int right_begin, std::vector<NamespaceItem>& items) {
  const bool fills_left = type == ast::JoinType::kRight || type == ast::JoinType::kFull;
  const bool fills_right = type == ast::JoinType::kLeft || type == ast::JoinType::kFull;
  for (NamespaceItem& item : items) {
    const bool either = item.relation < 0;  // a join within this one: of which side is not told
    if (fills_left && (either || item.relation < right_begin)) item.nullable = true;
    if (fills_right && (either || item.relation >= right_begin)) item.nullable = true;
  }
}

int CountOf(const std::vector<NamespaceColumn>& columns, std::string_view name, size_t* index) {
  int found = 0;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name != name) continue;
    ++found;
    *index = i;
  }
  return found;
}

}  // namespace

Result<FromItem> StatementBinder::Join(const ast::Join& join, BoundSelect& select) {
  ASSIGN_OR_RETURN(FromItem left, TableReference(*join.left, select));
  const int right_begin = static_cast<int>(select.range_table.size());
  FromItem right;
  {
    Namespace left_names(&select.range_table);
    left_names.items() = std::move(left.items);
    bool allowed = join.type == ast::JoinType::kInner || join.type == ast::JoinType::kLeft;
    SideGuard guard(this, {&left_names, allowed});
    ASSIGN_OR_RETURN(right, TableReference(*join.right, select));
    left.items = std::move(left_names.items());
  }
  FromItem result;
  ExprPtr condition;
  bool merges = join.natural || !join.using_columns.empty();
  if (merges) {
    RETURN_IF_ERROR(JoinUsing(join, select, left, right, result, condition));
  } else {
    Namespace names(&select.range_table);
    for (FromItem* side : {&left, &right}) {
      for (NamespaceItem& item : side->items) names.items().push_back(std::move(item));
    }
    RETURN_IF_ERROR(names.CheckConflicts());
    if (join.condition != nullptr) {
      ExprScope scope;
      scope.clause = Clause::kJoinOn;
      scope.names = &names;
      ASSIGN_OR_RETURN(condition, Expr(*join.condition, scope));
      ASSIGN_OR_RETURN(condition, CoerceToBoolean(std::move(condition), "JOIN/ON"));
    }
    result.items = std::move(names.items());
  }
  MarkNullable(join.type, right_begin, result.items);

  result.node = std::make_unique<FromNode>();
  bool swap = join.type == ast::JoinType::kRight;
  result.node->join = join.type == ast::JoinType::kInner  ? JoinKind::kInner
                      : join.type == ast::JoinType::kFull ? JoinKind::kFull
                                                          : JoinKind::kLeft;
  result.node->left = std::move(swap ? right.node : left.node);
  result.node->right = std::move(swap ? left.node : right.node);
  result.node->condition = std::move(condition);

  if (!join.alias.name.empty()) {
    // Behind an alias only the join itself is to be seen.
    Namespace names(&select.range_table);
    names.items() = std::move(result.items);
    NamespaceItem item;
    item.alias = join.alias.name;
    for (NamespaceColumn& column : VisibleColumns(names)) {
      size_t index = item.merged.size();
      std::string_view name =
          index < join.alias.columns.size() ? join.alias.columns[index] : column.name;
      item.merged.push_back({std::string(name), std::move(column.expr)});
    }
    result.items.clear();
    result.items.push_back(std::move(item));
  }
  return result;
}

// The named columns come first and once, then the others of the left and of the right side.
Status StatementBinder::JoinUsing(const ast::Join& join, BoundSelect& select, FromItem& left,
                                  FromItem& right, FromItem& result, ExprPtr& condition) {
  Namespace left_names(&select.range_table);
  left_names.items() = std::move(left.items);
  Namespace right_names(&select.range_table);
  right_names.items() = std::move(right.items);
  std::vector<NamespaceColumn> left_columns = VisibleColumns(left_names);
  std::vector<NamespaceColumn> right_columns = VisibleColumns(right_names);

  std::vector<std::string> shared;
  if (join.natural) {
    for (const NamespaceColumn& column : left_columns) {
      size_t index = 0;
      if (CountOf(right_columns, column.name, &index) > 0) shared.emplace_back(column.name);
    }
  } else {
    shared.assign(join.using_columns.begin(), join.using_columns.end());
  }

  NamespaceItem merged;
  merged.relation_visible = false;
  std::vector<bool> left_used(left_columns.size());
  std::vector<bool> right_used(right_columns.size());
  std::vector<ExprPtr> conditions;
  for (size_t k = 0; k < shared.size(); ++k) {
    const std::string& name = shared[k];
    for (size_t other = 0; other < k; ++other) {
      if (shared[other] != name || join.natural) continue;
      return Error(sqlstate::kDuplicateColumn,
                   "column name \"{}\" appears more than once in USING clause", name);
    }
    size_t left_index = 0;
    size_t right_index = 0;
    auto check = [&](int found, std::string_view side) {
      if (found == 1) return Status::Ok();
      if (found > 1) {
        return Error(sqlstate::kAmbiguousColumn,
                     "common column name \"{}\" appears more than once in {} table", name, side);
      }
      return Error(sqlstate::kUndefinedColumn,
                   "column \"{}\" specified in USING clause does not exist in {} table", name,
                   side);
    };
    RETURN_IF_ERROR(check(CountOf(left_columns, name, &left_index), "left"));
    RETURN_IF_ERROR(check(CountOf(right_columns, name, &right_index), "right"));
    left_used[left_index] = right_used[right_index] = true;

    ExprPtr left_column = left_columns[left_index].expr->Clone();
    ExprPtr right_column = right_columns[right_index].expr->Clone();
    ASSIGN_OR_RETURN(ExprPtr equal,
                     Operate("=", left_column->Clone(), right_column->Clone(), ast::kNoLocation));
    conditions.push_back(std::move(equal));

    std::vector<ExprPtr*> both{&left_column, &right_column};
    catalog::Type common;
    RETURN_IF_ERROR(CoerceToCommon(std::move(both), "JOIN/USING", ast::kNoLocation, &common));
    ExprPtr column;
    if (join.type == ast::JoinType::kFull) {
      std::vector<ExprPtr> args;
      args.push_back(std::move(left_column));
      args.push_back(std::move(right_column));
      column = std::make_unique<CoalesceExpr>(common, std::move(args));
    } else {
      // Both sides have the same value in an inner join: the one that needs no cast is taken.
      bool take_right =
          join.type == ast::JoinType::kRight ||
          (join.type == ast::JoinType::kInner && left_column->kind != ExprKind::kColumn &&
           right_column->kind == ExprKind::kColumn);
      column = std::move(take_right ? right_column : left_column);
    }
    merged.merged.push_back({name, std::move(column)});
  }
  if (conditions.size() == 1) {
    condition = std::move(conditions[0]);
  } else if (!conditions.empty()) {
    condition = std::make_unique<LogicExpr>(LogicExpr::Op::kAnd, std::move(conditions));
  }

  if (!join.using_alias.empty()) {
    NamespaceItem alias;
    alias.alias = join.using_alias;
    alias.columns_visible = false;
    for (const MergedColumn& column : merged.merged) {
      alias.merged.push_back({column.name, column.expr->Clone()});
    }
    result.items.push_back(std::move(alias));
  }
  for (size_t i = 0; i < left_columns.size(); ++i) {
    if (left_used[i]) continue;
    merged.merged.push_back({std::string(left_columns[i].name), std::move(left_columns[i].expr)});
  }
  for (size_t i = 0; i < right_columns.size(); ++i) {
    if (right_used[i]) continue;
    merged.merged.push_back({std::string(right_columns[i].name), std::move(right_columns[i].expr)});
  }
  for (Namespace* side : {&left_names, &right_names}) {
    for (NamespaceItem& item : side->items()) {
      item.columns_visible = false;
      // Joins without a name have nothing left to be found by.
      if (item.relation_visible) result.items.push_back(std::move(item));
    }
  }
  result.items.push_back(std::move(merged));
  Namespace all(&select.range_table);
  all.items() = std::move(result.items);
  Status conflict = all.CheckConflicts();
  result.items = std::move(all.items());
  return conflict;
}

}  // namespace shale::sql
