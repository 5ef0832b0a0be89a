// Functions in FROM: alone, several side by side, with the rows numbered. They are LATERAL without
// saying so.
#include "sql/bind/binder_guards.h"
#include "sql/bind/column_name.h"
#include "sql/bind/resolve_name.h"
#include "sql/bind/statement_binder.h"
#include "sql/expr/set_function.h"
#include "sql/expr/user_function.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

namespace {

// unnest(a, b) stands for ROWS FROM (unnest(a), unnest(b)).
bool IsUnnestOfMany(const ast::Expr& call) {
  const auto* function = ast::Cast<ast::FunctionCall>(&call);
  return function != nullptr && function->name.name == "unnest" &&
         (function->name.schema.empty() || function->name.schema == "pg_catalog") &&
         function->arguments.size() > 1 && function->order_by.empty() &&
         function->filter == nullptr && !function->distinct && !function->variadic;
}

const SetFunction* SetOf(const sql::Expr& call) {
  if (call.kind != ExprKind::kCall) return nullptr;
  return static_cast<const CallExpr&>(call).function->set;
}

// The attributes of a type as columns. Those that the text does not know of have no names, as what
// is dropped.
std::vector<OutputColumn> ColumnsOfType(const BindContext& context, catalog::Oid oid) {
  std::vector<OutputColumn> columns;
  const catalog::TypeRef type = context.catalog->FindType(oid);
  if (type == nullptr) return columns;
  std::vector<std::string> names = AttributeNames(context, *type);
  for (size_t i = 0; i < type->attributes.size(); ++i) {
    const catalog::TypeAttribute& attribute = type->attributes[i];
    if (attribute.dropped) continue;
    columns.push_back({std::move(names[i]), attribute.type, catalog::kInvalidOid, 0});
  }
  return columns;
}

}  // namespace

Result<FromItem> StatementBinder::FunctionReference(const ast::TableFunction& function,
                                                    BoundSelect& select) {
  const std::string_view first_name = ColumnNameOf(*function.functions[0].call);
  const std::string_view alias = function.alias.name;
  RangeEntry entry;
  {
    LevelGuard guard(this, /*lateral=*/true, select, &entry);
    // The calls that unnest of many stands for; their addresses are kept while they are bound.
    std::vector<ast::FunctionCall> made;
    std::vector<ast::TableFunctionItem> items;
    for (const ast::TableFunctionItem& item : function.functions) {
      if (!IsUnnestOfMany(*item.call)) continue;
      for (const ast::Expr* const& argument : ast::As<ast::FunctionCall>(*item.call).arguments) {
        made.push_back(ast::As<ast::FunctionCall>(*item.call));
        made.back().arguments = {&argument, 1};
      }
    }
    size_t next_made = 0;
    for (const ast::TableFunctionItem& item : function.functions) {
      if (!IsUnnestOfMany(*item.call)) {
        items.push_back(item);
        continue;
      }
      if (!item.columns.empty()) {
        return ErrorAt(item.columns[0].location, sqlstate::kSyntaxError,
                       "UNNEST() with multiple arguments cannot have a column definition list");
      }
      const size_t count = ast::As<ast::FunctionCall>(*item.call).arguments.size();
      for (size_t i = 0; i < count; ++i) items.push_back({&made[next_made++], {}});
    }

    for (const ast::TableFunctionItem& item : items) {
      ASSIGN_OR_RETURN(BoundTableFunction bound,
                       TableFunction(item, items.size() == 1 ? alias : std::string_view()));
      entry.functions.push_back(std::move(bound));
    }
  }
  entry.alias = alias.empty() ? first_name : alias;
  entry.ordinality = function.ordinality;
  for (const BoundTableFunction& bound : entry.functions) {
    entry.columns.insert(entry.columns.end(), bound.columns.begin(), bound.columns.end());
  }
  if (function.ordinality) {
    entry.columns.push_back({"ordinality", {type_oid::kInt8, -1}, catalog::kInvalidOid, 0});
  }
  const bool is_row =
      entry.functions.size() == 1 && !entry.ordinality && !GivesRows(*entry.functions[0].call);
  for (const BoundTableFunction& bound : entry.functions) {
    const bool is_composite =
        !is_row && !GivesRows(*bound.call) && catalog::IsComposite(bound.call->type.oid);
    if (is_composite) {
      return UnsupportedAt(function.functions[0].call->location,
                           "rows of composite types beside other functions or with ordinality are "
                           "not supported");
    }
  }
  if (!is_row) {
    entry.kind = RangeEntry::Kind::kFunction;
    return AddEntry(std::move(entry), function, select);
  }
  // A single value is a subquery of one row.
  entry.kind = RangeEntry::Kind::kSubquery;
  entry.subquery = std::make_unique<BoundSelect>();
  auto add = [&entry](ExprPtr value, const OutputColumn& column) {
    BoundTarget target;
    target.expr = std::move(value);
    target.column = column;
    entry.subquery->targets.push_back(std::move(target));
  };
  ExprPtr call = std::move(entry.functions[0].call);
  if (catalog::IsComposite(call->type.oid)) {
    // Each attribute has a call of its own.
    if (IsVolatile(*call)) {
      return UnsupportedAt(function.functions[0].call->location,
                           "the attributes of what a volatile function gives are not supported");
    }
    std::vector<MergedColumn> attributes = Attributes(*call);
    for (size_t i = 0; i < attributes.size(); ++i) {
      add(std::move(attributes[i].expr), entry.columns[i]);
    }
  } else {
    add(std::move(call), entry.columns[0]);
  }
  entry.functions.clear();
  return AddEntry(std::move(entry), function, select);
}

Result<BoundTableFunction> StatementBinder::TableFunction(const ast::TableFunctionItem& item,
                                                          std::string_view alias) {
  ExprScope scope;
  scope.clause = Clause::kFromFunction;
  scope.is_from_item = true;
  BoundTableFunction bound;
  ASSIGN_OR_RETURN(bound.call, Expr(*item.call, scope));
  if (bound.call->type.oid == type_oid::kUnknown) {
    ASSIGN_OR_RETURN(bound.call,
                     Coerce(std::move(bound.call), {type_oid::kText, -1}, CastContext::kImplicit));
  }
  const SetFunction* set = SetOf(*bound.call);
  const catalog::FunctionDesc* routine = RoutineOf(*bound.call);
  const bool is_composite = catalog::IsComposite(bound.call->type.oid);
  const bool has_outputs = routine != nullptr && !routine->Outputs().empty() && !is_composite;
  if (has_outputs && item.columns.empty()) {
    std::vector<catalog::Type> given;
    for (const ExprPtr& arg : static_cast<const CallExpr&>(*bound.call).args) {
      given.push_back({arg->type.oid, -1});
    }
    ASSIGN_OR_RETURN(std::vector<RoutineColumn> columns, ColumnsOf(*routine, given));
    const bool is_unnamed = columns.size() == 1 && routine->Outputs()[0]->name.empty();
    for (RoutineColumn& column : columns) {
      if (is_unnamed && !alias.empty()) column.name = alias;
      bound.columns.push_back({std::move(column.name), column.type, catalog::kInvalidOid, 0});
    }
    return bound;
  }
  if (item.columns.empty() && is_composite) {
    bound.columns = ColumnsOfType(context_, bound.call->type.oid);
    return bound;
  }
  const bool is_record = bound.call->type.oid == type_oid::kRecord;
  if (!item.columns.empty() || is_record) {
    RETURN_IF_ERROR(DescribeRecord(item, set, bound));
    return bound;
  }
  OutputColumn column;
  column.type = bound.call->type;
  if (set != nullptr && !set->columns.empty()) {
    column.name = set->columns[0].name;
  } else {
    column.name = alias.empty() ? ColumnNameOf(*item.call) : alias;
  }
  bound.columns.push_back(std::move(column));
  return bound;
}

Status StatementBinder::DescribeRecord(const ast::TableFunctionItem& item, const SetFunction* set,
                                       BoundTableFunction& bound) {
  const catalog::FunctionDesc* routine = RoutineOf(*bound.call);
  const bool is_record =
      bound.call->type.oid == type_oid::kRecord && (set != nullptr || routine != nullptr);
  const bool is_described =
      is_record && (routine != nullptr ? !routine->Outputs().empty() : !set->columns.empty());
  if (item.columns.empty()) {
    if (!is_described) {
      return Error(sqlstate::kSyntaxError,
                   "a column definition list is required for functions returning \"record\"")
          .Position(bound.call->position);
    }
    for (const SetColumn& column : set->columns) {
      bound.columns.push_back(
          {std::string(column.name), {column.type, -1}, catalog::kInvalidOid, 0});
    }
    return Status::Ok();
  }
  const ast::Location location = item.columns[0].location;
  if (is_described) {
    return ErrorAt(location, sqlstate::kSyntaxError,
                   "a column definition list is redundant for a function with OUT parameters");
  }
  if (catalog::IsComposite(bound.call->type.oid)) {
    return ErrorAt(location, sqlstate::kSyntaxError,
                   "a column definition list is redundant for a function returning a named "
                   "composite type");
  }
  if (!is_record) {
    return ErrorAt(location, sqlstate::kSyntaxError,
                   "a column definition list is only allowed for functions returning \"record\"");
  }
  for (const ast::RecordColumn& column : item.columns) {
    ASSIGN_OR_RETURN(catalog::Type type, BindTypeName(context_, *column.type));
    if (catalog::GetType(type.oid).pseudo) {
      return ErrorAt(column.location, sqlstate::kInvalidTableDefinition,
                     "column \"{}\" has pseudo-type {}", column.name, catalog::FormatType(type));
    }
    for (const OutputColumn& earlier : bound.columns) {
      if (earlier.name != column.name) continue;
      return Error(sqlstate::kDuplicateColumn, "column name \"{}\" specified more than once",
                   column.name);
    }
    bound.columns.push_back({std::string(column.name), type, catalog::kInvalidOid, 0});
  }
  return Status::Ok();
}

}  // namespace shale::sql
