#include "sql/bind/refuse_sets.h"

#include "sql/expr/function.h"

namespace shale::sql {

Status CheckNoSet(const Expr& expr, std::string_view construct) {
  const Expr* found = nullptr;
  Walk(expr, [&](const Expr& node) {
    const bool is_set =
        node.kind == ExprKind::kCall && static_cast<const CallExpr&>(node).function->set != nullptr;
    if (is_set && found == nullptr) found = &node;
    return found == nullptr;
  });
  if (found == nullptr) return Status::Ok();
  return Error(sqlstate::kFeatureNotSupported, "set-returning functions are not allowed in {}",
               construct)
      .Hint("You might be able to move the set-returning function into a LATERAL FROM item.")
      .Position(found->position);
}

Status RefuseSets(const Expr& arg, std::string_view message) {
  if (!GivesSet(arg)) return Status::Ok();
  return Error(sqlstate::kFeatureNotSupported, "{}", message)
      .Hint("You might be able to move the set-returning function into a LATERAL FROM item.")
      .Position(arg.position);
}

}  // namespace shale::sql
