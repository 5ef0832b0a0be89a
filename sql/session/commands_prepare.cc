// PREPARE, EXECUTE, DEALLOCATE: they share their names with the protocol's prepared statements.
#include "engine/base/clock.h"
#include "sql/session/session_impl.h"

namespace shale::sql {
Result<std::string> SessionImpl::RunPrepare(const ast::Prepare& command, const Portal& portal) {
  if (statements_.contains(command.name)) {
    return Error(sqlstate::kDuplicatePreparedStatement, "prepared statement \"{}\" already exists",
                 command.name);
  }
  transaction_.EnsureBegun();
  transaction_.RefreshCatalog();
  RETURN_IF_ERROR(EnterPast());
  auto view = CatalogView();
  std::vector<catalog::Oid> types;
  for (const ast::TypeName* type_name : command.parameter_types) {
    ASSIGN_OR_RETURN(catalog::Type type,
                     BindTypeName(MakeBindContext(*portal.statement, *view), *type_name));
    types.push_back(type.oid);
  }
  // The inner statement keeps the whole text, which its positions count from.
  ParsedStatement inner = portal.statement->parsed;
  inner.statement = command.query;
  ASSIGN_OR_RETURN(PreparedRef statement,
                   PrepareStatement(portal.statement->text, std::move(inner), types));
  statement->described = true;
  statement->from_sql = true;
  statement->prepared_us = SystemClock().WallMicros();
  statements_[std::string(command.name)] = std::move(statement);
  return std::string("PREPARE");
}

std::vector<StatementActivity> SessionImpl::Statements() const {
  std::vector<StatementActivity> list;
  for (const auto& [name, statement] : statements_) {
    if (name.empty()) continue;
    list.push_back({.name = name,
                    .text = statement->text,
                    .prepared_us = statement->prepared_us,
                    .parameter_types = statement->parameter_types,
                    .from_sql = statement->from_sql});
  }
  return list;
}

Result<std::string> SessionImpl::RunDeallocate(const ast::Deallocate& command) {
  if (command.name.empty()) {
    statements_.clear();
    return std::string("DEALLOCATE ALL");
  }
  auto found = statements_.find(command.name);
  if (found == statements_.end()) return UndefinedStatement(command.name);
  statements_.erase(found);
  return std::string("DEALLOCATE");
}

// Runs the named statement in a portal of its own and sends its rows itself, so the EXECUTE has
// none left: rows are limited by the Execute message only where the outer portal is the prepared
// one.
Task<Result<std::string>> SessionImpl::RunExecute(const ast::Execute& command, Portal* portal,
                                                  ReplySink& sink) {
  auto found = statements_.find(command.name);
  if (found == statements_.end()) co_return UndefinedStatement(command.name);
  PreparedRef statement = found->second;
  if (command.arguments.size() != statement->parameter_types.size()) {
    co_return Error(sqlstate::kSyntaxError,
                    "wrong number of parameters for prepared statement \"{}\"", command.name)
        .Detail(fmt::format("Expected {} parameters but got {}.", statement->parameter_types.size(),
                            command.arguments.size()));
  }
  transaction_.EnsureBegun();
  transaction_.RefreshCatalog();

  Portal inner;
  inner.statement = statement;
  auto view = CatalogView();
  Arena arena;
  EvalContext eval;
  eval.arena = &arena;
  eval.settings = &settings_.fields().format;
  eval.host = &host_;
  for (size_t i = 0; i < command.arguments.size(); ++i) {
    catalog::Type type{statement->parameter_types[i], -1};
    CO_ASSIGN_OR_RETURN(ExprPtr expr, BindArgument(MakeBindContext(*portal->statement, *view),
                                                   *command.arguments[i], type));
    CO_ASSIGN_OR_RETURN(catalog::Value value, EvaluateScalar(eval, *expr));
    inner.parameters.push_back(std::move(value));
  }
  inner.shape.columns = statement->output;
  inner.shape.formats = portal->shape.formats;
  inner.shape.formats.resize(statement->output.size(), WireFormat::kText);
  DescribeRows(portal, sink);
  std::string tag;
  Status ran = co_await RunPortal(&inner, 0, sink, &tag);
  if (!ran.ok()) co_return ran;
  co_return tag;
}

}  // namespace shale::sql
