// What a subquery sees of the queries around it: in an expression all that the expression sees, in
// FROM, with LATERAL, the items to its left.
//
// A reference that finds nothing in its own query is looked for in the innermost query around it,
// then in the one around that. Where it is found it becomes a slot, unique in the statement; the
// LATERAL item or the subquery notes which column of its query the slot's value is taken from, row
// by row. Subqueries in expressions that stand between the two note the slot too, so that each of
// them tells all that it depends on.
#include <algorithm>

#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace {

bool IsMissing(const Status& status) {
  return status.Is(sqlstate::kUndefinedColumn) || status.Is(sqlstate::kUndefinedTable);
}

bool IsMissingName(const Status& status, const ast::ColumnRef& reference) {
  const bool names_item = reference.names.size() > 1;
  return status.Is(sqlstate::kUndefinedTable) ||
         (!names_item && status.Is(sqlstate::kUndefinedColumn));
}

// The FROM item that the reference names or that its column is of.
std::string_view ItemNameOf(const ast::ColumnRef& reference, const sql::Expr& column,
                            const BoundSelect& select) {
  if (reference.names.size() > 1) return reference.names[reference.names.size() - 2];
  if (column.kind != ExprKind::kColumn) return reference.names.back();
  return select.range_table[static_cast<size_t>(static_cast<const ColumnExpr&>(column).relation)]
      .alias;
}

}  // namespace

// An item that has no such column hides those of its name in the queries around.
bool StatementBinder::MayBeOuter(const Status& status, const ast::ColumnRef& reference) const {
  return outer_ != nullptr && IsMissingName(status, reference);
}

// 42P01 or 42P10 where the item is there but may not be referred to.
Status StatementBinder::CheckLateral(const OuterLevel& level, const LateralSide& side,
                                     std::string_view item, ast::Location location) {
  if (level.lateral && side.allowed) return Status::Ok();
  if (!level.lateral) {
    Status error = Error(sqlstate::kUndefinedTable,
                         "invalid reference to FROM-clause entry for table \"{}\"", item)
                       .Hint(fmt::format(
                           "There is an entry for table \"{}\", but it cannot be referenced from "
                           "this part of the query.",
                           item));
    return At(std::move(error), location);
  }
  Status error =
      Error(sqlstate::kInvalidColumnReference,
            "invalid reference to FROM-clause entry for table \"{}\"", item)
          .Detail("The combining JOIN type must be INNER or LEFT for a LATERAL reference.");
  return At(std::move(error), location);
}

Result<ExprPtr> StatementBinder::OuterColumn(const ast::ColumnRef& reference) {
  for (const OuterLevel* level = outer_; level != nullptr; level = level->parent) {
    // What is not LATERAL does not see names without their item, not even to be refused.
    if (!level->lateral && reference.names.size() == 1) continue;
    ExprPtr found;
    const LateralSide* found_side = nullptr;
    for (const LateralSide& side : level->sides) {
      Result<ExprPtr> column =
          reference.star ? side.names->WholeRow(reference) : side.names->Resolve(reference);
      if (!column.ok()) {
        if (IsMissingName(column.status(), reference)) continue;
        return At(column.status(), reference.location);
      }
      if (found != nullptr) {
        return ErrorAt(reference.location, sqlstate::kAmbiguousColumn,
                       "column reference \"{}\" is ambiguous", reference.names.back());
      }
      found = std::move(column).value();
      found_side = &side;
    }
    if (found == nullptr) continue;
    if (level->select != nullptr) {
      RETURN_IF_ERROR(CheckLateral(
          *level, *found_side, ItemNameOf(reference, *found, *level->select), reference.location));
    }
    found->position = Position(reference.location);
    return OuterSlot(*level, std::move(found));
  }
  return ExprPtr();
}

Status StatementBinder::ExpandOuter(const ast::ColumnRef& star,
                                    std::vector<NamespaceColumn>* columns) {
  if (star.names.empty()) return Status::Ok();  // a plain star is of its own query
  for (const OuterLevel* level = outer_; level != nullptr; level = level->parent) {
    for (const LateralSide& side : level->sides) {
      Status expanded = side.names->Expand(star, columns);
      if (IsMissing(expanded)) continue;
      if (!expanded.ok()) return At(std::move(expanded), star.location);
      RETURN_IF_ERROR(CheckLateral(*level, side, star.names.back(), star.location));
      for (NamespaceColumn& column : *columns) {
        column.expr = OuterSlot(*level, std::move(column.expr));
      }
      return Status::Ok();
    }
  }
  return Status::Ok();
}

ExprPtr StatementBinder::OuterSlot(const OuterLevel& level, ExprPtr value) {
  const catalog::Type type = value->type;
  std::string name = ToString(*value);
  if (level.scope != nullptr && value->kind == ExprKind::kColumn) {
    const auto relation = static_cast<size_t>(static_cast<const ColumnExpr&>(*value).relation);
    name = level.scope->names->range_table()[relation].alias + "." + name;
  }
  int slot = -1;
  for (const OuterBinding& binding : *level.bindings) {
    if (Equal(*binding.expr, *value)) slot = binding.slot;
  }
  if (slot < 0) {
    slot = outer_count_++;
    level.bindings->push_back({slot, std::move(value)});
  }
  for (const OuterLevel* inner = outer_; inner != &level; inner = inner->parent) {
    if (inner->scope == nullptr) continue;
    const bool noted = std::ranges::any_of(
        *inner->bindings, [slot](const OuterBinding& binding) { return binding.slot == slot; });
    if (!noted) inner->bindings->push_back({slot, std::make_unique<OuterExpr>(slot, type, name)});
  }
  return std::make_unique<OuterExpr>(slot, type, name);
}

}  // namespace shale::sql
