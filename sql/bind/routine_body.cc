#include "sql/bind/routine_body.h"

#include <algorithm>

#include "sql/bind/bound_subquery.h"
#include "sql/bind/named_query.h"
#include "sql/expr/resolve.h"
#include "sql/expr/user_function.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

namespace {

// The columns that the statement gives; null: it is none that gives rows.
std::vector<BoundTarget>* TargetsOf(BoundStatement* statement) {
  if (statement == nullptr || statement->is_call) return nullptr;
  if (statement->select != nullptr) return &statement->select->targets;
  std::vector<BoundTarget>* returning = statement->insert != nullptr ? &statement->insert->returning
                                        : statement->update != nullptr
                                            ? &statement->update->returning
                                        : statement->del != nullptr ? &statement->del->returning
                                                                    : nullptr;
  return returning != nullptr && !returning->empty() ? returning : nullptr;
}

bool NeedsCast(const BoundTarget& target, catalog::Type type) { return target.expr->type != type; }

}  // namespace

Result<std::vector<ParsedStatement>> ParseBody(const catalog::FunctionDesc& function) {
  return Parse(function.body);
}

Status InRoutine(Status status, const catalog::FunctionDesc& function, std::string_view where) {
  ErrorFields fields = status.error();
  if (fields.position != 0) {
    fields.internal_position = fields.position;
    fields.internal_query = function.body;
    fields.position = 0;
  }
  if (!fields.context.empty()) fields.context += '\n';
  fields.context += fmt::format("SQL function \"{}\" {}", function.name, where);
  return Status(std::move(fields));
}

BindContext BodyContext(const BindContext& context, const catalog::FunctionDesc& function,
                        std::span<const catalog::Type> arguments) {
  BindContext body = context;
  body.source = function.body;
  body.routine = &function;
  body.view = function.is_sql_body ? &function.names : nullptr;
  body.function_uses = nullptr;
  body.parameter_types.clear();
  // Of what the catalog keeps as text (checks, indexes), which is bound without a session's path.
  if (body.search_path.size() == 1) body.search_path.push_back(function.schema_oid);
  for (catalog::Type type : arguments) body.parameter_types.push_back(type.oid);
  return body;
}

Result<RoutineResult> ResultOf(const catalog::FunctionDesc& function,
                               std::span<const catalog::Type> arguments) {
  RoutineResult result;
  if (function.result == type_oid::kVoid) return result;
  ASSIGN_OR_RETURN(std::vector<RoutineColumn> columns, ColumnsOf(function, arguments));
  for (const RoutineColumn& column : columns) result.columns.push_back(column.type);
  result.is_record = function.result == type_oid::kRecord;
  result.type = TypeName(result.is_record ? type_oid::kRecord : result.columns[0].oid);
  return result;
}

Status FitResult(const RoutineResult& result, const catalog::FormatSettings& settings,
                 BoundStatement* last) {
  if (result.type.empty()) return Status::Ok();
  auto mismatch = [&](std::string detail) {
    return Error(kInvalidFunctionDefinition,
                 "return type mismatch in function declared to return {}", result.type)
        .Detail(std::move(detail));
  };
  std::vector<BoundTarget>* targets = TargetsOf(last);
  if (targets == nullptr) {
    return mismatch("Function's final statement must be SELECT or INSERT/UPDATE/DELETE RETURNING.");
  }
  if (result.is_record && result.columns.empty()) return Status::Ok();
  const size_t wanted = result.columns.size();
  const size_t given = static_cast<size_t>(
      std::ranges::count_if(*targets, [](const BoundTarget& one) { return !one.hidden; }));
  if (!result.is_record && given != 1) {
    return mismatch("Final statement must return exactly one column.");
  }
  bool needs_casts = false;
  for (size_t i = 0; i < std::min(wanted, given); ++i) {
    const catalog::Type from = (*targets)[i].expr->type;
    needs_casts |= NeedsCast((*targets)[i], result.columns[i]);
    if (CanCast(from.oid, result.columns[i].oid, CastContext::kAssignment)) continue;
    if (!result.is_record)
      return mismatch(fmt::format("Actual return type is {}.", TypeName(from.oid)));
    return mismatch(fmt::format("Final statement returns {} instead of {} at column {}.",
                                TypeName(from.oid), TypeName(result.columns[i].oid), i + 1));
  }
  if (given > wanted) return mismatch("Final statement returns too many columns.");
  if (given < wanted) return mismatch("Final statement returns too few columns.");
  if (!needs_casts) return Status::Ok();
  if (last->select != nullptr && !TakesCasts(*last->select)) {
    Wrap(last->select);
    targets = &last->select->targets;
  }
  for (size_t i = 0; i < wanted; ++i) {
    BoundTarget& target = (*targets)[i];
    if (!NeedsCast(target, result.columns[i])) continue;
    if (target.expr->type.oid == result.columns[i].oid) {
      target.expr = std::make_unique<RelabelExpr>(std::move(target.expr), result.columns[i]);
    } else {
      ASSIGN_OR_RETURN(target.expr, Cast(std::move(target.expr), result.columns[i],
                                         CastContext::kAssignment, settings));
    }
    target.column.type = result.columns[i];
  }
  return Status::Ok();
}

}  // namespace shale::sql
