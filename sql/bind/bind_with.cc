// WITH: common table expressions.
//
// An item is bound once, where it is written. A reference to it is a range table entry with its
// number, and the planner decides by `is_inlined` whether that is a subquery or a scan of the rows
// that the WITH computes (PostgreSQL's inline_cte and its conditions).
#include <algorithm>

#include "sql/bind/binder_guards.h"
#include "sql/bind/bound_subquery.h"
#include "sql/bind/search_cycle.h"
#include "sql/bind/statement_binder.h"
#include "sql/bind/walk_bound.h"
#include "sql/bind/with_references.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

Status StatementBinder::With(const ast::WithClause* with, CteScope& scope) {
  if (with == nullptr) return Status::Ok();
  for (size_t i = 0; i < with->tables.size(); ++i) {
    const ast::CommonTable& table = with->tables[i];
    for (size_t j = 0; j < i; ++j) {
      if (with->tables[j].name != table.name) continue;
      return ErrorAt(table.location, sqlstate::kDuplicateAlias,
                     "WITH query name \"{}\" specified more than once", table.name);
    }
    if (table.statement->kind == ast::StatementKind::kMerge) {
      return ErrorAt(table.location, sqlstate::kFeatureNotSupported,
                     "MERGE not supported in WITH query");
    }
    CteItem item;
    item.syntax = &table;
    scope.items.push_back(item);
  }
  if (with->recursive) return RecursiveWith(*with, scope);
  for (CteItem& item : scope.items) RETURN_IF_ERROR(BindCte(item, false, scope));
  return Status::Ok();
}

Status StatementBinder::RecursiveWith(const ast::WithClause& with, CteScope& scope) {
  ASSIGN_OR_RETURN(WithOrder order, OrderRecursiveWith(with, context_.source));
  for (size_t position : order.positions) {
    RETURN_IF_ERROR(BindCte(scope.items[position], order.recursive[position], scope));
  }
  return Status::Ok();
}

Status StatementBinder::BindCte(CteItem& item, bool is_recursive, CteScope& scope) {
  const ast::CommonTable& syntax = *item.syntax;
  const auto* select = ast::Cast<ast::Select>(syntax.statement);
  if (select == nullptr && !scope.is_top_level) {
    return ErrorAt(syntax.location, sqlstate::kFeatureNotSupported,
                   "WITH clause containing a data-modifying statement must be at the top level");
  }
  if (AddedColumns(syntax) > 0 && !is_recursive) {
    return ErrorAt(syntax.location, sqlstate::kSyntaxError, "WITH query is not recursive");
  }
  item.id = static_cast<int>(ctes_.size());
  ctes_.push_back(std::make_unique<BoundCte>());
  BoundCte& cte = *ctes_.back();
  cte.name = syntax.name;
  cte.is_recursive = is_recursive;
  const OuterLevel* outer = std::exchange(outer_, scope.outer);
  const std::vector<LateralSide> sides = std::exchange(lateral_sides_, {});
  Status status;
  if (is_recursive) {
    item.state = CteItem::State::kOpen;
    status = BindRecursiveCte(*select, cte, syntax);
  } else {
    status = BindCteStatement(*syntax.statement, cte);
    if (status.ok()) {
      status = DescribeCte(syntax,
                           cte.select   ? cte.select->targets
                           : cte.insert ? cte.insert->returning
                           : cte.update ? cte.update->returning
                                        : cte.del->returning,
                           cte);
    }
  }
  outer_ = outer;
  lateral_sides_ = sides;
  RETURN_IF_ERROR(status);
  item.state = CteItem::State::kBound;
  scope.ids.push_back(item.id);
  using Materialize = ast::CommonTable::Materialize;
  // Whether one reference is all, only the statement's end tells.
  cte.is_inlined = !cte.modifies() && !is_recursive && cte.select->locks.empty() &&
                   syntax.materialize != Materialize::kAlways && !HasVolatile(*cte.select);
  return Status::Ok();
}

Status StatementBinder::BindCteStatement(const ast::Statement& statement, BoundCte& cte) {
  const catalog::TableDesc* insert_target = insert_target_;
  switch (statement.kind) {
    case ast::StatementKind::kSelect: {
      ASSIGN_OR_RETURN(cte.select, Select(ast::As<ast::Select>(statement), {}));
      break;
    }
    case ast::StatementKind::kInsert: {
      ASSIGN_OR_RETURN(cte.insert, Insert(ast::As<ast::Insert>(statement)));
      break;
    }
    case ast::StatementKind::kUpdate: {
      ASSIGN_OR_RETURN(cte.update, Update(ast::As<ast::Update>(statement)));
      break;
    }
    case ast::StatementKind::kDelete: {
      ASSIGN_OR_RETURN(cte.del, Delete(ast::As<ast::Delete>(statement)));
      break;
    }
    default:  // the grammar has no others but MERGE
      CHECK(false);
  }
  insert_target_ = insert_target;
  return Status::Ok();
}

Status StatementBinder::DescribeCte(const ast::CommonTable& syntax,
                                    const std::vector<BoundTarget>& targets, BoundCte& cte) {
  for (const BoundTarget& target : targets) {
    if (!target.hidden) cte.columns.push_back(target.column);
  }
  if (cte.columns.size() < syntax.columns.size()) {
    return ErrorAt(syntax.location, sqlstate::kInvalidColumnReference,
                   "WITH query \"{}\" has {} columns available but {} columns specified",
                   syntax.name, cte.columns.size(), syntax.columns.size());
  }
  for (size_t i = 0; i < syntax.columns.size(); ++i) cte.columns[i].name = syntax.columns[i];
  return Status::Ok();
}

// The left side gives the columns that the right one sees under the item's name.
Status StatementBinder::BindRecursiveCte(const ast::Select& select, BoundCte& cte,
                                         const ast::CommonTable& syntax) {
  CteGuard with(this);
  RETURN_IF_ERROR(With(select.with, with.scope()));
  cte.select = std::make_unique<BoundSelect>();
  BoundSelect& bound = *cte.select;
  SelectOptions options;
  options.keep_unknown = true;
  ASSIGN_OR_RETURN(bound.left, Select(*select.left, options));
  RETURN_IF_ERROR(DescribeCte(syntax, bound.left->targets, cte));
  for (OutputColumn& column : cte.columns) {
    if (column.type.oid == type_oid::kUnknown) column.type = {type_oid::kText, -1};
    column.table_oid = catalog::kInvalidOid;
    column.attnum = 0;
  }
  SearchAndCycle added(this, syntax, cte);
  RETURN_IF_ERROR(added.AddColumns());
  ASSIGN_OR_RETURN(bound.right, Select(*select.right, options));
  bound.set_all = select.all;
  bound.set_operation = SetOperationOf(select);
  if (AddedColumns(syntax) > 0) RETURN_IF_ERROR(added.AddValues());
  RETURN_IF_ERROR(MatchSetOperation(select, bound));
  for (size_t i = 0; i < cte.columns.size(); ++i) {
    const catalog::Type given = cte.columns[i].type;
    const catalog::Type overall = bound.targets[i].column.type;
    if (given == overall) continue;
    return Error(sqlstate::kDatatypeMismatch,
                 "recursive query \"{}\" column {} has type {} in non-recursive term but type {} "
                 "overall",
                 cte.name, i + 1, catalog::FormatType(given), catalog::FormatType(overall))
        .Hint("Cast the output of the non-recursive term to the correct type.")
        .Position(bound.targets[i].expr->position);
  }
  bound.with = std::move(with.scope().ids);
  return Status::Ok();
}

CteItem* StatementBinder::FindCte(const ast::QualifiedName& name, CteScope** scope) {
  if (!name.schema.empty() || !name.catalog.empty()) return nullptr;
  for (CteScope* one = cte_scope_; one != nullptr; one = one->parent) {
    for (CteItem& item : one->items) {
      if (item.state == CteItem::State::kHidden || item.syntax->name != name.name) continue;
      *scope = one;
      return &item;
    }
  }
  return nullptr;
}

Status StatementBinder::HintAtCte(Status status, const ast::QualifiedName& name) const {
  if (!status.Is(sqlstate::kUndefinedTable) || !name.schema.empty()) return status;
  for (const CteScope* scope = cte_scope_; scope != nullptr; scope = scope->parent) {
    for (const CteItem& item : scope->items) {
      if (item.state != CteItem::State::kHidden || item.syntax->name != name.name) continue;
      return std::move(status)
          .Detail(fmt::format("There is a WITH item named \"{}\", but it cannot be referenced from "
                              "this part of the query.",
                              name.name))
          .Hint("Use WITH RECURSIVE, or re-order the WITH items to remove forward references.");
    }
  }
  return status;
}

Result<FromItem> StatementBinder::CteReference(const ast::TableName& table, CteItem& item,
                                               CteScope& scope, BoundSelect& select) {
  BoundCte& cte = *ctes_[static_cast<size_t>(item.id)];
  const bool has_rows =
      !cte.modifies() || !cte.columns.empty() || item.state != CteItem::State::kBound;
  if (!has_rows) {
    return ErrorAt(table.location, sqlstate::kFeatureNotSupported,
                   "WITH query \"{}\" does not have a RETURNING clause", cte.name);
  }
  RangeEntry entry;
  entry.kind = RangeEntry::Kind::kCte;
  entry.alias = table.alias.name.empty() ? cte.name : table.alias.name;
  entry.columns = cte.columns;
  entry.cte = item.id;
  entry.is_working_table = item.state == CteItem::State::kOpen;
  if (entry.is_working_table) entry.unexpanded = AddedColumns(*item.syntax);
  NoteOuterOf(cte, scope);
  if (!entry.is_working_table) {
    const bool again = cte.is_inlined && cte.references > 0 &&
                       item.syntax->materialize == ast::CommonTable::Materialize::kNever;
    if (again) {
      entry.kind = RangeEntry::Kind::kSubquery;
      ASSIGN_OR_RETURN(entry.subquery, BindCteAgain(item, scope));
    } else if (++cte.references > 1) {
      cte.is_inlined = false;
    }
  }
  return AddEntry(std::move(entry), table, select);
}

// What the item takes from the queries around its WITH, the subqueries depend on that refer to it.
void StatementBinder::NoteOuterOf(const BoundCte& cte, const CteScope& scope) {
  if (scope.outer == nullptr || outer_ == scope.outer || cte.select == nullptr) return;
  WalkQuery(*cte.select, ctes_, [&](const sql::Expr& node) {
    if (node.kind != ExprKind::kOuter) return;
    const auto& value = static_cast<const OuterExpr&>(node);
    auto has_slot = [&](const OuterLevel& level) {
      return std::ranges::any_of(
          *level.bindings, [&](const OuterBinding& binding) { return binding.slot == value.slot; });
    };
    bool is_around = false;  // and not of a query within the item
    for (const OuterLevel* level = scope.outer; level != nullptr; level = level->parent) {
      is_around |= has_slot(*level);
    }
    if (!is_around) return;
    for (const OuterLevel* level = outer_; level != scope.outer; level = level->parent) {
      if (level->scope != nullptr && !has_slot(*level)) {
        level->bindings->push_back({value.slot, value.Clone()});
      }
    }
  });
}

Result<std::unique_ptr<BoundSelect>> StatementBinder::BindCteAgain(const CteItem& item,
                                                                   CteScope& scope) {
  constexpr size_t kNodesOfCte = 1000;
  RETURN_IF_ERROR(Charge(kNodesOfCte));
  // As it was then: the items behind it were not there yet.
  CteScope earlier;
  earlier.outer = scope.outer;
  earlier.parent = scope.parent;
  for (const CteItem& other : scope.items) {
    if (other.id >= 0 && other.id < item.id) earlier.items.push_back(other);
  }
  CteScope* const scopes = std::exchange(cte_scope_, &earlier);
  const OuterLevel* const outer = std::exchange(outer_, scope.outer);
  std::vector<LateralSide> sides = std::exchange(lateral_sides_, {});
  auto bound = Select(ast::As<ast::Select>(*item.syntax->statement), {});
  cte_scope_ = scopes;
  outer_ = outer;
  lateral_sides_ = std::move(sides);
  return bound;
}

// An aggregate would need all of the recursive query's rows.
Status StatementBinder::CheckRecursiveTerm(const BoundSelect& select) {
  const bool is_recursive_term = std::ranges::any_of(
      select.range_table, [](const RangeEntry& entry) { return entry.is_working_table; });
  if (!is_recursive_term) return Status::Ok();
  int position = 0;
  auto find = [&](const sql::Expr& root) {
    Walk(root, [&](const sql::Expr& node) {
      if (node.kind == ExprKind::kAggregate && position == 0) position = node.position;
      return position == 0;
    });
  };
  for (const BoundTarget& target : select.targets) find(*target.expr);
  if (select.having != nullptr) find(*select.having);
  if (position == 0) return Status::Ok();
  return Error(sqlstate::kInvalidRecursion,
               "aggregate functions are not allowed in a recursive query's recursive term")
      .Position(position);
}

}  // namespace shale::sql
