// MERGE: the source joined to the target, and what is done with each of its rows.
#include "sql/bind/binder_guards.h"
#include "sql/bind/resolve_name.h"
#include "sql/bind/statement_binder.h"

namespace shale::sql {

using MergeDoes = ast::MergeWhen::Action;

namespace {

NamespaceItem CopyOf(const NamespaceItem& item) {
  NamespaceItem copy;
  copy.alias = item.alias;
  copy.schema = item.schema;
  copy.table = item.table;
  copy.oid = item.oid;
  copy.relation = item.relation;
  for (const MergedColumn& column : item.merged) {
    copy.merged.push_back({column.name, column.expr->Clone()});
  }
  copy.relation_visible = item.relation_visible;
  copy.columns_visible = item.columns_visible;
  copy.nullable = item.nullable;
  return copy;
}

// A clause behind one of its kind without a condition is never reached.
Status CheckMergeClauses(const ast::Merge& merge) {
  bool ended[2] = {false, false};
  for (const ast::MergeWhen& when : merge.when) {
    if (ended[when.matched ? 1 : 0]) {
      return Error(sqlstate::kSyntaxError,
                   "unreachable WHEN clause specified after unconditional WHEN clause");
    }
    if (when.condition == nullptr) ended[when.matched ? 1 : 0] = true;
  }
  return Status::Ok();
}

// Not a view, of either kind.
Status CheckMergeTarget(const BindContext& context, const ast::QualifiedName& name) {
  const bool is_view = FindView(context, name) != nullptr;
  Result<FoundRelation> found = ResolveRelation(context, name);
  const bool is_materialized = found.ok() && found->table != nullptr &&
                               context.catalog->FindView(found->table->oid) != nullptr;
  if (!is_view && !is_materialized) return Status::Ok();
  return Error(sqlstate::kFeatureNotSupported, "cannot execute MERGE on relation \"{}\"", name.name)
      .Detail(is_view ? "This operation is not supported for views."
                      : "This operation is not supported for materialized views.");
}

}  // namespace

Result<std::unique_ptr<BoundMerge>> StatementBinder::Merge(const ast::Merge& merge) {
  if (merge.with != nullptr && merge.with->recursive) {
    return Error(sqlstate::kSyntaxError, "WITH RECURSIVE is not supported for MERGE statement");
  }
  CteGuard with(this);
  RETURN_IF_ERROR(With(merge.with, with.scope()));
  RETURN_IF_ERROR(CheckMergeClauses(merge));
  auto bound = std::make_unique<BoundMerge>();
  bound->with = std::move(with.scope().ids);
  BoundSelect& input = bound->input;
  RETURN_IF_ERROR(CheckMergeTarget(context_, merge.table->name));
  ChangeTarget target;
  ASSIGN_OR_RETURN(target.table, TargetTable(merge.table->name));
  ASSIGN_OR_RETURN(FromItem item, AddEntry(TableEntry(target.table, merge.table->alias.name),
                                           *merge.table, input));
  Namespace source(&input.range_table);
  const ast::TableRef* source_items[] = {merge.source};
  RETURN_IF_ERROR(From(ast::List<const ast::TableRef*>(source_items), input, source));
  for (const NamespaceItem& name : source.items()) {
    if (!name.relation_visible || name.alias != item.items[0].alias) continue;
    return Error(sqlstate::kDuplicateAlias, "name \"{}\" specified more than once", name.alias)
        .Detail("The name is used both as MERGE target table and data source.");
  }

  bool inserts = false;
  for (const ast::MergeWhen& when : merge.when) inserts |= !when.matched;
  auto join = std::make_unique<FromNode>();
  join->join = inserts ? JoinKind::kLeft : JoinKind::kInner;
  join->left = std::move(input.from);
  join->right = std::move(item.node);
  // Where nothing matches, the target cannot be referred to; its name is known, though.
  Namespace both(&input.range_table);
  both.items().push_back(CopyOf(item.items[0]));
  for (const NamespaceItem& name : source.items()) both.items().push_back(CopyOf(name));
  item.items[0].relation_visible = false;
  item.items[0].columns_visible = false;
  source.items().insert(source.items().begin(), std::move(item.items[0]));

  ExprScope scope;
  scope.clause = Clause::kJoinOn;
  scope.names = &both;
  ASSIGN_OR_RETURN(ExprPtr condition, Expr(*merge.condition, scope));
  ASSIGN_OR_RETURN(join->condition, CoerceToBoolean(std::move(condition), "JOIN/ON"));
  bound->condition = join->condition->Clone();
  input.from = std::move(join);
  ASSIGN_OR_RETURN(bound->generated, Generated(target.table));
  for (const ast::MergeWhen& when : merge.when) {
    ASSIGN_OR_RETURN(BoundMergeAction action,
                     MergeAction(when, target, when.matched ? both : source));
    bound->actions.push_back(std::move(action));
  }
  return bound;
}

Result<BoundMergeAction> StatementBinder::MergeAction(const ast::MergeWhen& when,
                                                      const ChangeTarget& target,
                                                      const Namespace& names) {
  BoundMergeAction action;
  action.matched = when.matched;
  if (when.condition != nullptr) {
    ExprScope scope;
    scope.clause = Clause::kMergeWhen;
    scope.names = &names;
    ASSIGN_OR_RETURN(ExprPtr condition, Expr(*when.condition, scope));
    ASSIGN_OR_RETURN(action.condition, CoerceToBoolean(std::move(condition), "WHEN"));
  }
  switch (when.action) {
    case MergeDoes::kNothing:
      action.kind = BoundMergeAction::Kind::kNothing;
      break;
    case MergeDoes::kDelete:
      action.kind = BoundMergeAction::Kind::kDelete;
      break;
    case MergeDoes::kUpdate:
      action.kind = BoundMergeAction::Kind::kUpdate;
      RETURN_IF_ERROR(Assignments(when.assignments, target, names, &action.assignments));
      break;
    case MergeDoes::kInsert: {
      action.kind = BoundMergeAction::Kind::kInsert;
      ASSIGN_OR_RETURN(action.row, MergeInsertRow(when, target, names));
      break;
    }
  }
  return action;
}

Result<std::vector<ExprPtr>> StatementBinder::MergeInsertRow(const ast::MergeWhen& when,
                                                             const ChangeTarget& target,
                                                             const Namespace& names) {
  const catalog::TableDesc& table = *target.table;
  // What INSERT has of it.
  ast::Insert insert;
  insert.columns = when.columns;
  insert.overriding = when.overriding;
  std::vector<ExprPtr> row(table.columns.size());
  ASSIGN_OR_RETURN(std::vector<int> columns, InsertColumns(insert, target));
  const size_t width = when.values.size();
  if (width > 0) {
    RETURN_IF_ERROR(CheckWidth(
        insert, width, columns,
        width > columns.size() ? when.values[columns.size()]->location : ast::kNoLocation));
  }
  for (size_t i = 0; i < width; ++i) {
    ASSIGN_OR_RETURN(row[static_cast<size_t>(columns[i])],
                     InsertValue(insert, *when.values[i], i, columns[i], table, nullptr, &names));
  }
  for (size_t i = 0; i < row.size(); ++i) {
    if (row[i] != nullptr || table.columns[i].dropped) continue;
    ASSIGN_OR_RETURN(row[i], DefaultOf(table, static_cast<int>(i)));
  }
  return row;
}

}  // namespace shale::sql
