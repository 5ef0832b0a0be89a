// LATERAL: what a subquery or function in FROM sees of the items to its left, and of the queries
// around it.
//
// A reference that finds nothing in its own query is looked for in the FROM items to the left of
// the innermost LATERAL item that it stands in, then in those of the query around that one. Where
// it is found it becomes a slot, unique in the statement; the LATERAL item notes which column of
// its query the slot's value is taken from, row by row.
#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace {

bool IsMissing(const Status& status) {
  return status.Is(sqlstate::kUndefinedColumn) || status.Is(sqlstate::kUndefinedTable);
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

bool StatementBinder::MayBeOuter(const Status& status) const {
  return outer_ != nullptr && IsMissing(status);
}

Result<ExprPtr> StatementBinder::OuterColumn(const ast::ColumnRef& reference) {
  for (const OuterLevel* level = outer_; level != nullptr; level = level->parent) {
    ExprPtr found;
    bool allowed = true;
    for (const LateralSide& side : level->sides) {
      Result<ExprPtr> column = side.names->Resolve(reference);
      if (!column.ok()) {
        if (IsMissing(column.status())) continue;
        return At(column.status(), reference.location);
      }
      if (found != nullptr) {
        return ErrorAt(reference.location, sqlstate::kAmbiguousColumn,
                       "column reference \"{}\" is ambiguous", reference.names.back());
      }
      found = std::move(column).value();
      allowed = side.allowed;
    }
    if (found == nullptr) continue;
    if (!level->lateral) {
      if (reference.names.size() == 1) continue;
      const std::string_view item = reference.names[reference.names.size() - 2];
      Status error = Error(sqlstate::kUndefinedTable,
                           "invalid reference to FROM-clause entry for table \"{}\"", item)
                         .Hint(fmt::format("There is an entry for table \"{}\", but it cannot be "
                                           "referenced from this part of the query.",
                                           item));
      return At(std::move(error), reference.location);
    }
    if (!allowed) {
      Status error = Error(sqlstate::kInvalidColumnReference,
                           "invalid reference to FROM-clause entry for table \"{}\"",
                           ItemNameOf(reference, *found, *level->select))
                         .Detail(
                             "The combining JOIN type must be INNER or LEFT for a LATERAL "
                             "reference.");
      return At(std::move(error), reference.location);
    }
    return OuterSlot(*level, std::move(found));
  }
  return ExprPtr();
}

ExprPtr StatementBinder::OuterSlot(const OuterLevel& level, ExprPtr column) {
  auto slot_of = [&](int slot) {
    return std::make_unique<OuterExpr>(slot, column->type, ToString(*column));
  };
  for (const OuterBinding& binding : *level.bindings) {
    if (Equal(*binding.expr, *column)) return slot_of(binding.slot);
  }
  ExprPtr outer = slot_of(outer_count_);
  level.bindings->push_back({outer_count_++, std::move(column)});
  return outer;
}

}  // namespace shale::sql
