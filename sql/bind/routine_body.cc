#include "sql/bind/routine_body.h"

#include <algorithm>

#include "sql/bind/bound_subquery.h"
#include "sql/bind/named_query.h"
#include "sql/expr/resolve.h"
#include "sql/expr/row_expr.h"
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

BoundTarget TargetOf(ExprPtr expr, std::string name) {
  BoundTarget target;
  target.column.name = std::move(name);
  target.column.type = expr->type;
  target.expr = std::move(expr);
  return target;
}

// The targets, in a query of their own where they cannot be exchanged for others as they stand.
std::vector<BoundTarget>* OpenTargets(BoundStatement* statement) {
  if (statement->select == nullptr) return TargetsOf(statement);
  const bool has_hidden = std::ranges::any_of(statement->select->targets, &BoundTarget::hidden);
  if (has_hidden || !TakesCasts(*statement->select)) Wrap(statement->select);
  return &statement->select->targets;
}

// The one column where it has, or can be cast to, the whole row; null where it is none such.
Result<ExprPtr> WholeRow(const BoundTarget& target, catalog::Type row_type,
                         const catalog::FormatSettings& settings) {
  const catalog::Oid from = target.expr->type.oid;
  const bool is_row = from == type_oid::kRecord || catalog::IsComposite(from);
  const bool fits = from == row_type.oid ||
                    (row_type.oid == type_oid::kRecord ? is_row : from == type_oid::kUnknown);
  if (!fits) return ExprPtr();
  return Cast(target.expr->Clone(), row_type, CastContext::kAssignment, settings);
}

void MakeValue(const RoutineResult& result, BoundStatement* last) {
  std::vector<BoundTarget>* targets = OpenTargets(last);
  std::vector<ExprPtr> fields;
  std::vector<std::string> names;
  for (BoundTarget& target : *targets) {
    names.push_back(target.column.name);
    fields.push_back(std::move(target.expr));
  }
  auto row = std::make_unique<RowExpr>(std::move(fields), std::move(names));
  row->type = result.row_type;
  targets->clear();
  targets->push_back(TargetOf(std::move(row), "row"));
}

// A row in sight that is not made of the columns' types is looked at as a record, whose fields tell
// their types when it is there.
Status MakeColumns(const RoutineResult& result, ExprPtr whole, BoundStatement* last) {
  std::vector<BoundTarget>* targets = OpenTargets(last);
  // In a query of its own it is a column now.
  if (last->select != nullptr && (*targets)[0].expr->kind == ExprKind::kColumn) {
    whole = (*targets)[0].expr->Clone();
  }
  // The fields of a row in sight are what it is made of.
  const auto* row =
      whole->kind == ExprKind::kRow ? static_cast<const RowExpr*>(whole.get()) : nullptr;
  if (row != nullptr && row->present != nullptr) row = nullptr;
  if (row != nullptr && row->fields.size() != result.columns.size()) {
    return Error(sqlstate::kDatatypeMismatch, "{}", kOtherRow)
        .Detail(fmt::format("Returned row contains {} attribute{}, but query expects {}.",
                            row->fields.size(), row->fields.size() == 1 ? "" : "s",
                            result.columns.size()));
  }
  for (size_t i = 0; row != nullptr && i < result.columns.size(); ++i) {
    if (row->fields[i]->type.oid != result.columns[i].oid) row = nullptr;
  }
  targets->clear();
  for (size_t i = 0; i < result.columns.size(); ++i) {
    ExprPtr field;
    if (row != nullptr) {
      field = row->fields[i]->Clone();
    } else {
      auto made = std::make_unique<FieldExpr>(whole->Clone(), static_cast<int>(i),
                                              result.columns[i], std::string());
      if (whole->type.oid == type_oid::kRecord) made->wanted = result.columns.size();
      field = std::move(made);
    }
    targets->push_back(TargetOf(std::move(field), {}));
  }
  return Status::Ok();
}

// Casts the columns one by one.
Status FitColumns(const RoutineResult& result, const catalog::FormatSettings& settings,
                  size_t given, BoundStatement* last) {
  auto mismatch = [&](std::string detail) {
    return Error(kInvalidFunctionDefinition,
                 "return type mismatch in function declared to return {}", result.type)
        .Detail(std::move(detail));
  };
  std::vector<BoundTarget>* targets = TargetsOf(last);
  const size_t wanted = result.columns.size();
  if (!result.is_row && given != 1) {
    return mismatch("Final statement must return exactly one column.");
  }
  bool needs_casts = false;
  for (size_t i = 0; i < std::min(wanted, given); ++i) {
    const catalog::Type from = (*targets)[i].expr->type;
    needs_casts |= NeedsCast((*targets)[i], result.columns[i]);
    if (CanCast(from.oid, result.columns[i].oid, CastContext::kAssignment)) continue;
    if (!result.is_row)
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

}  // namespace

Result<std::vector<ParsedStatement>> ParseBody(const catalog::FunctionDesc& function) {
  return Parse(function.body);
}

Status InRoutine(Status status, const catalog::FunctionDesc& function, std::string_view where) {
  ErrorFields fields = status.error();
  if (fields.message == kOtherRow) return status;  // the caller's
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

Result<RoutineResult> ResultOf(const catalog::CatalogSnapshot& catalog,
                               const catalog::FunctionDesc& function,
                               std::span<const catalog::Type> arguments, RowForm form) {
  RoutineResult result;
  if (function.result == type_oid::kVoid) return result;
  ASSIGN_OR_RETURN(std::vector<RoutineColumn> columns, ColumnsOf(function, arguments));
  for (const RoutineColumn& column : columns) result.columns.push_back(column.type);
  result.row_type = {type_oid::kRecord, -1};
  result.is_row = function.result == type_oid::kRecord;
  if (!result.is_row && catalog::IsComposite(columns[0].type.oid)) {
    result.is_row = true;
    result.row_type = columns[0].type;
    result.columns.clear();
    const catalog::TypeRef type = catalog.FindType(result.row_type.oid);
    if (type == nullptr) {
      return Error(sqlstate::kUndefinedObject, "type with OID {} does not exist",
                   result.row_type.oid);
    }
    for (const catalog::TypeAttribute& attribute : type->attributes) {
      if (!attribute.dropped) result.columns.push_back(attribute.type);
    }
  }
  result.is_value = result.is_row && form == RowForm::kValue;
  result.may_be_whole = result.is_row && !function.is_procedure;
  result.type = TypeName(result.is_row ? result.row_type.oid : result.columns[0].oid);
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
  const size_t given = static_cast<size_t>(
      std::ranges::count_if(*targets, [](const BoundTarget& one) { return !one.hidden; }));
  if (result.may_be_whole && given == 1) {
    ASSIGN_OR_RETURN(ExprPtr whole, WholeRow((*targets)[0], result.row_type, settings));
    if (whole != nullptr) {
      if (!result.is_value) {
        if (!result.columns.empty()) {
          RETURN_IF_ERROR(MakeColumns(result, std::move(whole), last));
        }
      } else if (NeedsCast((*targets)[0], result.row_type)) {
        targets = OpenTargets(last);
        ASSIGN_OR_RETURN((*targets)[0].expr, WholeRow((*targets)[0], result.row_type, settings));
        (*targets)[0].column.type = result.row_type;
      }
      return Status::Ok();
    }
  }
  const bool takes_any = result.is_row && result.columns.empty();
  if (!takes_any) RETURN_IF_ERROR(FitColumns(result, settings, given, last));
  if (result.is_value) MakeValue(result, last);
  return Status::Ok();
}

}  // namespace shale::sql
