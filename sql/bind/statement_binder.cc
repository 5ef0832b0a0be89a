#include "sql/bind/statement_binder.h"

#include <algorithm>

#include "sql/bind/inline_call.h"
#include "sql/parse/ast_utility.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

StatementBinder::StatementBinder(const BindContext& context)
    : BinderBase(context),
      parameter_types_(context.parameter_types),
      outer_count_(context.first_outer_slot) {
  for (catalog::Oid& type : parameter_types_) {
    if (type == type_oid::kUnknown) type = catalog::kInvalidOid;
  }
}

Result<BoundStatement> StatementBinder::Bind(const ast::Statement& statement) {
  BoundStatement bound;
  auto take_output = [&](const std::vector<BoundTarget>& targets) {
    for (const BoundTarget& target : targets) {
      if (!target.hidden) bound.output.push_back(target.column);
    }
  };
  switch (statement.kind) {
    case ast::StatementKind::kSelect: {
      ASSIGN_OR_RETURN(bound.select, Select(ast::As<ast::Select>(statement), {}));
      take_output(bound.select->targets);
      break;
    }
    case ast::StatementKind::kInsert: {
      ASSIGN_OR_RETURN(bound.insert, Insert(ast::As<ast::Insert>(statement)));
      take_output(bound.insert->returning);
      break;
    }
    case ast::StatementKind::kUpdate: {
      ASSIGN_OR_RETURN(bound.update, Update(ast::As<ast::Update>(statement)));
      take_output(bound.update->returning);
      break;
    }
    case ast::StatementKind::kDelete: {
      ASSIGN_OR_RETURN(bound.del, Delete(ast::As<ast::Delete>(statement)));
      take_output(bound.del->returning);
      break;
    }
    case ast::StatementKind::kMerge: {
      ASSIGN_OR_RETURN(bound.merge, Merge(ast::As<ast::Merge>(statement)));
      break;
    }
    case ast::StatementKind::kCall: {
      ASSIGN_OR_RETURN(bound.select, CallProcedure(ast::As<ast::Call>(statement)));
      bound.is_call = true;
      take_output(bound.select->targets);
      break;
    }
    case ast::StatementKind::kInvalid:
      return ast::As<ast::Invalid>(statement).ToStatus();
    default:
      return Error(sqlstate::kFeatureNotSupported, "this statement cannot be planned");
  }
  RETURN_IF_ERROR(FinishParameters());
  bound.parameter_types = std::move(parameter_types_);
  bound.tables = std::move(tables_);
  bound.views = std::move(views_);
  bound.outer_count = outer_count_;
  bound.ctes = std::move(ctes_);
  return bound;
}

Status StatementBinder::FinishParameters() {
  for (size_t i = 0; i < parameter_types_.size(); ++i) {
    if (parameter_types_[i] == catalog::kInvalidOid) {
      return Error(sqlstate::kIndeterminateDatatype,
                   "could not determine data type of parameter ${}", i + 1);
    }
  }
  return Status::Ok();
}

Status StatementBinder::Charge(size_t nodes) {
  constexpr size_t kNodesFree = 100000;
  constexpr size_t kNodesPerByte = 8;
  nodes_ += nodes;
  if (nodes_ <= kNodesFree + kNodesPerByte * context_.source.size()) return Status::Ok();
  return Error(sqlstate::kStatementTooComplex, "statement is too complex")
      .Detail("Its nested CASE, IN and BETWEEN expressions stand for too many others.");
}

Result<ExprPtr> StatementBinder::Copy(const sql::Expr& expr) {
  size_t nodes = 0;
  Walk(expr, [&](const sql::Expr&) { return ++nodes > 0; });
  RETURN_IF_ERROR(Charge(nodes));
  return expr.Clone();
}

void StatementBinder::NoteTable(const catalog::TableRef& table) {
  if (std::find(tables_.begin(), tables_.end(), table) == tables_.end()) tables_.push_back(table);
}

std::string_view ClauseName(Clause clause) {
  switch (clause) {
    case Clause::kSelect:
      return "SELECT";
    case Clause::kWhere:
      return "WHERE";
    case Clause::kHaving:
      return "HAVING";
    case Clause::kGroupBy:
      return "GROUP BY";
    case Clause::kOrderBy:
      return "ORDER BY";
    case Clause::kJoinOn:
      return "JOIN conditions";
    case Clause::kFromFunction:
      return "functions in FROM";
    case Clause::kLimit:
      return "LIMIT";
    case Clause::kOffset:
      return "OFFSET";
    case Clause::kValues:
    case Clause::kValuesRow:
      return "VALUES";
    case Clause::kReturning:
      return "RETURNING";
    case Clause::kUpdate:
      return "UPDATE";
    case Clause::kMergeWhen:
      return "MERGE WHEN conditions";
    case Clause::kFilter:
      return "FILTER";
    case Clause::kScalar:
      return "DEFAULT expressions";
    case Clause::kExecuteParameter:
      return "EXECUTE parameters";
    case Clause::kCall:
      return "CALL arguments";
    case Clause::kCopyWhere:
      return "COPY FROM WHERE conditions";
    case Clause::kCheck:
      return "check constraints";
    case Clause::kGenerated:
      return "column generation expressions";
    case Clause::kTransform:
      return "transform expressions";
    case Clause::kIndexExpression:
      return "index expressions";
    case Clause::kIndexPredicate:
      return "index predicates";
    case Clause::kDistinctOn:
      return "DISTINCT ON";
    case Clause::kWindowPartition:
      return "window PARTITION BY";
    case Clause::kWindowOrder:
      return "window ORDER BY";
    case Clause::kWindowRange:
      return "window RANGE";
    case Clause::kWindowRows:
      return "window ROWS";
    case Clause::kWindowGroups:
      return "window GROUPS";
  }
  return {};
}

Result<BoundStatement> Bind(const BindContext& context, const ast::Statement& statement) {
  return StatementBinder(context).Bind(statement);
}

Result<ExprPtr> BindScalar(const BindContext& context, const ast::Expr& expr,
                           const catalog::Type* type) {
  return StatementBinder(context).BindScalar(expr, type);
}

Result<ExprPtr> BindArgument(const BindContext& context, const ast::Expr& expr,
                             catalog::Type type) {
  ASSIGN_OR_RETURN(ExprPtr bound,
                   StatementBinder(context).BindScalar(expr, &type, Clause::kExecuteParameter));
  RETURN_IF_ERROR(InlineCalls(context, bound));
  return bound;
}

Result<ExprPtr> BindDefault(const BindContext& context, const catalog::TableDesc& table,
                            int column) {
  ASSIGN_OR_RETURN(ExprPtr bound, StatementBinder(context).BindDefault(table, column));
  RETURN_IF_ERROR(InlineCalls(context, bound));
  return bound;
}

Result<ExprPtr> BindDomainCheck(const BindContext& context, catalog::Type value,
                                const ast::Expr& expr) {
  BindContext of_value = context;
  of_value.domain_value = &value;
  return StatementBinder(of_value).BindDomainCheck(expr);
}

Result<ExprPtr> BindCheck(const BindContext& context, catalog::TableRef table,
                          const ast::Expr& expr) {
  return StatementBinder(context).BindCheck(std::move(table), expr);
}

Result<ExprPtr> BindTableExpr(const BindContext& context, catalog::TableRef table,
                              const ast::Expr& expr) {
  ASSIGN_OR_RETURN(ExprPtr bound, StatementBinder(context).BindTableExpr(std::move(table), expr));
  RETURN_IF_ERROR(InlineCalls(context, bound));
  return bound;
}

}  // namespace shale::sql
