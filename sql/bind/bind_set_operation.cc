// UNION, INTERSECT, EXCEPT.
#include "sql/bind/bound_subquery.h"
#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

namespace {

// Where the expression's text begins.
ast::Location BeginOf(const ast::Expr& expr) {
  const auto* call = ast::Cast<ast::OperatorExpr>(&expr);
  return call != nullptr && call->left != nullptr ? BeginOf(*call->left) : expr.location;
}

}  // namespace

size_t VisibleCount(const BoundSelect& select) {
  size_t count = 0;
  for (const BoundTarget& target : select.targets) count += !target.hidden;
  return count;
}

void Wrap(std::unique_ptr<BoundSelect>& select) {
  auto outer = std::make_unique<BoundSelect>();
  RangeEntry entry;
  entry.kind = RangeEntry::Kind::kSubquery;
  for (size_t i = 0; i < select->targets.size(); ++i) {
    const BoundTarget& target = select->targets[i];
    if (target.hidden) continue;
    entry.columns.push_back(target.column);
    BoundTarget copy;
    copy.expr = std::make_unique<ColumnExpr>(0, static_cast<int>(i), target.column.type,
                                             target.column.name);
    copy.expr->position = target.expr->position;
    copy.column = target.column;
    outer->targets.push_back(std::move(copy));
  }
  entry.subquery = std::move(select);
  outer->range_table.push_back(std::move(entry));
  outer->from = std::make_unique<FromNode>();
  outer->from->relation = 0;
  select = std::move(outer);
}

BoundSetOperation SetOperationOf(const ast::Select& select) {
  return select.set_operation == ast::SetOperation::kUnion       ? BoundSetOperation::kUnion
         : select.set_operation == ast::SetOperation::kIntersect ? BoundSetOperation::kIntersect
                                                                 : BoundSetOperation::kExcept;
}

Result<std::unique_ptr<BoundSelect>> StatementBinder::SetOperation(const ast::Select& select) {
  if (!select.locking.empty()) {
    return Error(sqlstate::kFeatureNotSupported,
                 "FOR UPDATE is not allowed with UNION/INTERSECT/EXCEPT");
  }
  auto bound = std::make_unique<BoundSelect>();
  SelectOptions options;
  options.keep_unknown = true;
  ASSIGN_OR_RETURN(bound->left, Select(*select.left, options));
  ASSIGN_OR_RETURN(bound->right, Select(*select.right, options));
  bound->set_all = select.all;
  bound->set_operation = SetOperationOf(select);
  RETURN_IF_ERROR(MatchSetOperation(select, *bound));

  for (const ast::SortItem& item : select.order_by) {
    ASSIGN_OR_RETURN(int target,
                     TargetByNameOrPosition(*item.value, "ORDER BY", bound->targets, nullptr));
    if (target < 0) {
      const auto* column = ast::Cast<ast::ColumnRef>(item.value);
      if (column != nullptr && column->names.size() == 1 && !column->star) {
        return ErrorAt(item.value->location, sqlstate::kUndefinedColumn,
                       "column \"{}\" does not exist", column->names[0]);
      }
      Status error =
          Error(sqlstate::kFeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause")
              .Detail("Only result column names can be used, not expressions or functions.")
              .Hint(
                  "Add the expression/function to every SELECT, or move the UNION into a FROM "
                  "clause.");
      return At(std::move(error), BeginOf(*item.value));
    }
    RETURN_IF_ERROR(AddSortKey(item, target, *bound));
  }
  RETURN_IF_ERROR(Limits(select, *bound));
  return bound;
}

// Both sides brought to common types, and the targets over them.
Status StatementBinder::MatchSetOperation(const ast::Select& select, BoundSelect& bound) {
  std::string_view name = bound.set_operation == BoundSetOperation::kUnion       ? "UNION"
                          : bound.set_operation == BoundSetOperation::kIntersect ? "INTERSECT"
                                                                                 : "EXCEPT";
  size_t width = VisibleCount(*bound.left);
  if (width != VisibleCount(*bound.right)) {
    ast::Location location =
        select.right->targets.empty() ? select.right->location : select.right->targets[0].location;
    return ErrorAt(location, sqlstate::kSyntaxError,
                   "each {} query must have the same number of columns", name);
  }
  bool needs_casts = false;
  std::vector<catalog::Type> commons;
  for (size_t i = 0; i < width; ++i) {
    const sql::Expr& left = *bound.left->targets[i].expr;
    const sql::Expr& right = *bound.right->targets[i].expr;
    std::vector<catalog::Type> types{left.type, right.type};
    Result<catalog::Type> common = CommonType(types, name);
    if (!common.ok()) return Status(common.status()).Position(right.position);
    bool hashed = !bound.set_all || bound.set_operation != BoundSetOperation::kUnion;
    if (hashed && EqualityOf(common->oid) == nullptr) {
      return Error(sqlstate::kUndefinedFunction,
                   "could not identify an equality operator for type {}", TypeName(common->oid))
          .Position(left.position);
    }
    commons.push_back(*common);
  }
  for (std::unique_ptr<BoundSelect>* side : {&bound.left, &bound.right}) {
    needs_casts = false;
    for (size_t i = 0; i < width; ++i) {
      catalog::Type type = (*side)->targets[i].expr->type;
      needs_casts |= type.oid != commons[i].oid || type.typmod != commons[i].typmod;
    }
    if (!needs_casts) continue;
    if (!TakesCasts(**side)) Wrap(*side);
    for (size_t i = 0; i < width; ++i) {
      BoundTarget& target = (*side)->targets[i];
      ASSIGN_OR_RETURN(target.expr,
                       Coerce(std::move(target.expr), commons[i], CastContext::kImplicit));
      target.column.type = commons[i];
      target.column.table_oid = catalog::kInvalidOid;
      target.column.attnum = 0;
    }
  }
  for (size_t i = 0; i < width; ++i) {
    BoundTarget target;
    const OutputColumn& source = bound.left->targets[i].column;
    target.expr = std::make_unique<ColumnExpr>(0, static_cast<int>(i), commons[i], source.name);
    target.expr->position = bound.left->targets[i].expr->position;
    target.column.name = source.name;
    target.column.type = commons[i];
    bound.targets.push_back(std::move(target));
  }
  return Status::Ok();
}

}  // namespace shale::sql
