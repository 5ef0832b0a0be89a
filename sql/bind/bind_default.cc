// Defaults of columns, and expressions outside of queries.
#include "sql/bind/statement_binder.h"
#include "sql/parse/parser.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

Result<ExprPtr> StatementBinder::BindScalar(const ast::Expr& expr, const catalog::Type* type,
                                            Clause clause) {
  takes_parameters_ = false;
  ExprScope scope;
  scope.clause = clause;
  ASSIGN_OR_RETURN(ExprPtr bound, Expr(expr, scope));
  if (type != nullptr) {
    if (!CanCast(bound->type.oid, type->oid, CastContext::kAssignment)) {
      return Error(sqlstate::kDatatypeMismatch, "expression is of type {}, not of type {}",
                   TypeName(bound->type.oid), TypeName(type->oid))
          .Hint("You will need to rewrite or cast the expression.")
          .Position(bound->position);
    }
    ASSIGN_OR_RETURN(bound, Coerce(std::move(bound), *type, CastContext::kAssignment));
  } else if (bound->type.oid == type_oid::kUnknown) {
    ASSIGN_OR_RETURN(bound,
                     Coerce(std::move(bound), {type_oid::kText, -1}, CastContext::kImplicit));
  }
  return bound;
}

Result<ExprPtr> StatementBinder::DefaultOf(const catalog::TableDesc& table, int column) {
  const catalog::ColumnDesc& description = table.columns[static_cast<size_t>(column)];
  // Computed when the row's other columns are known.
  if (description.generated) {
    return ExprPtr(std::make_unique<ConstantExpr>(catalog::Value::Null(description.type)));
  }
  // The sequence of a serial or identity column is known by its OID, whatever its name is now.
  bool from_sequence =
      description.owned_sequence != catalog::kInvalidOid &&
      (description.identity != catalog::Identity::kNone ||
       (description.default_sql.has_value() && description.default_sql->starts_with("nextval(")));
  if (from_sequence) {
    std::vector<ExprPtr> args;
    args.push_back(std::make_unique<ConstantExpr>(catalog::Value(
        {type_oid::kRegclass, -1}, catalog::Datum::FromOid(description.owned_sequence))));
    ASSIGN_OR_RETURN(ExprPtr next, CallNamed("nextval", std::move(args), ast::kNoLocation));
    return CoerceToColumn(std::move(next), description);
  }
  if (!description.default_sql.has_value()) return DefaultOfType(description);
  return DefaultFrom(*description.default_sql, description);
}

Result<ExprPtr> StatementBinder::DefaultOfType(const catalog::ColumnDesc& column) {
  const catalog::TypeRef type = context_.catalog->FindType(column.type.oid);
  if (type == nullptr || type->kind != catalog::TypeClass::kDomain) {
    return ExprPtr(std::make_unique<ConstantExpr>(catalog::Value::Null(column.type)));
  }
  if (type->default_sql.has_value()) return DefaultFrom(*type->default_sql, column);
  return CoerceToColumn(
      std::make_unique<ConstantExpr>(catalog::Value::Null(catalog::BaseOf(column.type))), column);
}

Result<ExprPtr> StatementBinder::DefaultFrom(std::string_view sql,
                                             const catalog::ColumnDesc& column) {
  ASSIGN_OR_RETURN(ParsedExpression parsed, ParseExpression(sql));
  // Places in the default's text are no places in the statement.
  BindContext context = context_;
  context.source = {};
  context.routine = nullptr;
  StatementBinder binder(context);
  binder.takes_parameters_ = false;
  ExprScope scope;
  scope.clause = Clause::kScalar;
  ASSIGN_OR_RETURN(ExprPtr bound, binder.Expr(*parsed.expression, scope));
  return binder.CoerceToColumn(std::move(bound), column);
}

Result<ExprPtr> StatementBinder::BindDefault(const catalog::TableDesc& table, int column) {
  return DefaultOf(table, column);
}

namespace {

// Names mean the columns of the one table.
NamespaceItem ItemOf(const catalog::TableDesc& table) {
  NamespaceItem item;
  item.alias = table.name;
  item.schema = table.schema_name;
  item.oid = table.oid;
  item.relation = 0;
  return item;
}

}  // namespace

Result<ExprPtr> StatementBinder::BindTableExpr(catalog::TableRef table, const ast::Expr& expr) {
  takes_parameters_ = false;
  std::vector<RangeEntry> range_table;
  range_table.push_back(TableEntry(table, {}));
  Namespace names(&range_table);
  names.items().push_back(ItemOf(*table));
  ExprScope scope;
  scope.clause = Clause::kCopyWhere;
  scope.names = &names;
  ASSIGN_OR_RETURN(ExprPtr bound, Expr(expr, scope));
  ASSIGN_OR_RETURN(bound, CoerceToBoolean(std::move(bound), "WHERE"));
  RETURN_IF_ERROR(FinishParameters());
  return bound;
}

Result<ExprPtr> StatementBinder::BindCheck(catalog::TableRef table, const ast::Expr& expr) {
  takes_parameters_ = false;
  std::vector<RangeEntry> range_table;
  range_table.push_back(TableEntry(table, {}));
  Namespace names(&range_table);
  names.items().push_back(ItemOf(*table));
  ExprScope scope;
  scope.clause = Clause::kCheck;
  scope.names = &names;
  return Condition(expr, scope);
}

Result<ExprPtr> StatementBinder::BindDomainCheck(const ast::Expr& expr) {
  takes_parameters_ = false;
  ExprScope scope;
  scope.clause = Clause::kCheck;
  return Condition(expr, scope);
}

Result<ExprPtr> StatementBinder::Condition(const ast::Expr& expr, ExprScope& scope) {
  ASSIGN_OR_RETURN(ExprPtr bound, Expr(expr, scope));
  ASSIGN_OR_RETURN(bound, CoerceToBoolean(std::move(bound), "CHECK"));
  Status refused;
  Rewrite(bound, [&refused](ExprPtr& node) {
    if (node->kind == ExprKind::kColumn) {
      auto& column = static_cast<ColumnExpr&>(*node);
      column.slot = column.column;
    } else if (node->kind == ExprKind::kCall) {
      const Function& function = *static_cast<const CallExpr&>(*node).function;
      const bool waits = function.takes_locks && function.routine == nullptr;
      if (function.may_block || waits || function.name == "nextval") {
        refused = NotSupported(fmt::format("{} in a CHECK constraint", function.name));
      }
    }
    return true;
  });
  RETURN_IF_ERROR(std::move(refused));
  return bound;
}

}  // namespace shale::sql
