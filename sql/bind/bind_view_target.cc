// Views as targets of INSERT, UPDATE and DELETE: the statement changes the table below, where the
// view is simple enough that each of its rows is one of that table's (PostgreSQL's
// rewriteTargetView and view_query_is_auto_updatable).
#include <algorithm>

#include "sql/bind/resolve_name.h"
#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace {

std::string_view TargetVerb(StatementBinder::ChangeKind kind) {
  switch (kind) {
    case StatementBinder::ChangeKind::kInsert:
      return "insert into";
    case StatementBinder::ChangeKind::kUpdate:
      return "update";
    case StatementBinder::ChangeKind::kDelete:
      return "delete from";
  }
  return {};
}

std::string TargetHint(StatementBinder::ChangeKind kind) {
  std::string_view verb = kind == StatementBinder::ChangeKind::kInsert   ? "inserting into"
                          : kind == StatementBinder::ChangeKind::kUpdate ? "updating"
                                                                         : "deleting from";
  std::string_view event = kind == StatementBinder::ChangeKind::kInsert   ? "INSERT"
                           : kind == StatementBinder::ChangeKind::kUpdate ? "UPDATE"
                                                                          : "DELETE";
  return fmt::format(
      "To enable {} the view, provide an INSTEAD OF {} trigger or an unconditional ON {} DO "
      "INSTEAD "
      "rule.",
      verb, event, event);
}

// Why the rows of the query are not those of one relation; empty: they are.
std::string_view ReasonAgainst(const BoundSelect& select) {
  if (select.set_operation != BoundSetOperation::kNone) {
    return "Views containing UNION, INTERSECT, or EXCEPT are not automatically updatable.";
  }
  if (select.distinct) return "Views containing DISTINCT are not automatically updatable.";
  if (!select.group_by.empty() || !select.grouping_sets.empty()) {
    return "Views containing GROUP BY are not automatically updatable.";
  }
  if (select.having != nullptr) return "Views containing HAVING are not automatically updatable.";
  if (!select.with.empty()) return "Views containing WITH are not automatically updatable.";
  if (select.limit != nullptr || select.offset != nullptr) {
    return "Views containing LIMIT or OFFSET are not automatically updatable.";
  }
  if (select.grouped) {
    return "Views that return aggregate functions are not automatically updatable.";
  }
  if (!select.windows.empty()) {
    return "Views that return window functions are not automatically updatable.";
  }
  if (std::ranges::any_of(select.targets, [](const auto& one) { return GivesSet(*one.expr); })) {
    return "Views that return set-returning functions are not automatically updatable.";
  }
  const bool is_one =
      select.range_table.size() == 1 && select.from != nullptr &&
      (select.range_table[0].table != nullptr || select.range_table[0].view != nullptr);
  if (!is_one) {
    return "Views that do not select from a single table or view are not automatically updatable.";
  }
  if (std::ranges::none_of(select.targets, [](const BoundTarget& target) {
        return !target.hidden && target.expr->kind == ExprKind::kColumn;
      })) {
    return "Views that have no updatable columns are not automatically updatable.";
  }
  return {};
}

// Columns of the query's one relation become what they are of the table below.
ExprPtr OverBase(const sql::Expr& expr, const ViewTarget* below) {
  ExprPtr result = expr.Clone();
  if (below == nullptr) return result;
  Rewrite(result, [&](ExprPtr& node) {
    if (node->kind != ExprKind::kColumn) return true;
    const int column = static_cast<const ColumnExpr&>(*node).column;
    node = below->columns[static_cast<size_t>(column)].expr->Clone();
    return false;
  });
  return result;
}

}  // namespace

// `cascaded`: a view above asks for its check of all below it.
Result<ViewTarget> StatementBinder::TargetOfView(const catalog::ViewDesc& view,
                                                 const BoundSelect& select, ChangeKind kind,
                                                 bool cascaded) {
  if (std::string_view reason = ReasonAgainst(select); !reason.empty()) {
    return Error(sqlstate::kObjectNotInPrerequisiteState, "cannot {} view \"{}\"", TargetVerb(kind),
                 view.name)
        .Detail(std::string(reason))
        .Hint(TargetHint(kind));
  }
  const RangeEntry& entry = select.range_table[0];
  std::optional<ViewTarget> below;
  if (entry.view != nullptr) {
    const bool cascades = cascaded || view.check_option == catalog::CheckOption::kCascaded;
    ASSIGN_OR_RETURN(below, TargetOfView(*entry.view, *entry.subquery, kind, cascades));
  }
  ViewTarget target;
  if (below) {
    target.table = below->table;
    target.conditions = std::move(below->conditions);
    target.checks = std::move(below->checks);
  } else {
    target.table = entry.table;
  }
  const ViewTarget* base = below ? &*below : nullptr;
  for (const BoundTarget& one : select.targets) {
    if (one.hidden) continue;
    ViewTarget::Column column;
    if (target.columns.size() < view.columns.size()) {
      column.name = view.columns[target.columns.size()].name;
    }
    if (one.expr->kind == ExprKind::kColumn) {
      const int number = static_cast<const ColumnExpr&>(*one.expr).column;
      column.base = base != nullptr ? base->columns[static_cast<size_t>(number)].base : number;
    }
    column.expr = OverBase(*one.expr, base);
    target.columns.push_back(std::move(column));
  }
  if (select.where != nullptr) {
    if (cascaded || view.check_option != catalog::CheckOption::kNone) {
      target.checks.push_back({view.name, OverBase(*select.where, base)});
    }
    target.conditions.push_back({view.name, OverBase(*select.where, base)});
  }
  return target;
}

Result<ChangeTarget> StatementBinder::Target(const ast::QualifiedName& name, ChangeKind kind) {
  ChangeTarget target;
  catalog::ViewRef view = FindView(context_, name);
  if (view == nullptr) {
    ASSIGN_OR_RETURN(target.table, TargetTable(name));
    return target;
  }
  NoteName(context_, name.schema, name.name, view->oid);
  if (std::ranges::find(views_, view) == views_.end()) views_.push_back(view);
  ASSIGN_OR_RETURN(std::unique_ptr<BoundSelect> select, ViewQuery(*view));
  ASSIGN_OR_RETURN(target.view, TargetOfView(*view, *select, kind, false));
  target.table = target.view->table;
  target.view->name = view->name;
  return target;
}

Result<int> StatementBinder::TargetColumn(const ChangeTarget& target, std::string_view name,
                                          ast::Location location, ChangeKind kind) {
  const std::string& relation = target.view ? target.view->name : target.table->name;
  if (!target.view) {
    const int column = target.table->FindColumn(name);
    if (column >= 0) return column;
  } else {
    for (const ViewTarget::Column& column : target.view->columns) {
      if (column.name != name) continue;
      if (column.base >= 0) return column.base;
      return Error(sqlstate::kFeatureNotSupported, "cannot {} column \"{}\" of view \"{}\"",
                   TargetVerb(kind), name, relation)
          .Detail("View columns that are not columns of their base relation are not updatable.");
    }
  }
  return ErrorAt(location, sqlstate::kUndefinedColumn,
                 "column \"{}\" of relation \"{}\" does not exist", name, relation);
}

NamespaceItem ViewTargetItem(const ViewTarget& view, std::string_view alias, int relation) {
  NamespaceItem item;
  item.alias = alias.empty() ? view.name : std::string(alias);
  item.table = view.name;
  for (const ViewTarget::Column& column : view.columns) {
    ExprPtr expr = column.expr->Clone();
    Rewrite(expr, [relation](ExprPtr& node) {
      if (node->kind == ExprKind::kColumn) static_cast<ColumnExpr&>(*node).relation = relation;
      return true;
    });
    item.merged.push_back({column.name, std::move(expr)});
  }
  return item;
}

Status CheckUpdatable(const BindContext& context, const catalog::ViewDesc& view) {
  ASSIGN_OR_RETURN(BoundStatement bound, BindViewQuery(context, view));
  const std::string_view reason = ReasonAgainst(*bound.select);
  if (reason.empty()) return Status::Ok();
  return Error(sqlstate::kFeatureNotSupported,
               "WITH CHECK OPTION is supported only on automatically updatable views")
      .Hint(std::string(reason));
}

}  // namespace shale::sql
