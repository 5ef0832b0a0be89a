// The statements of a function's body, bound for a call with arguments of known types, and whether
// what the last of them gives is what the function is to return.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/function_desc.h"
#include "sql/bind/binder.h"
#include "sql/expr/expr.h"
#include "sql/parse/parser.h"

namespace shale::sql {

// invalid_function_definition
inline constexpr SqlState kInvalidFunctionDefinition{"42P13"};

// Errors as Parse gives them, with their places in the body.
Result<std::vector<ParsedStatement>> ParseBody(const catalog::FunctionDesc& function);

// The error as one of the function's: a place in the body is no place in the client's statement,
// and the functions that led to it are told, the innermost first. where: "during startup".
Status InRoutine(Status status, const catalog::FunctionDesc& function, std::string_view where);

// What the body's statements are bound in: its own text, its arguments of these types, its names.
// The function must outlive it.
BindContext BodyContext(const BindContext& context, const catalog::FunctionDesc& function,
                        std::span<const catalog::Type> arguments);

// What a call is to give: the types of a row's columns, one where it is no record. Nothing is asked
// for where it gives none (void).
struct RoutineResult {
  std::string type;  // for messages
  // Of a record or a composite type: its columns, or, as a value, the row in one.
  bool is_row = false;
  bool is_value = false;
  bool may_be_whole = false;  // one column that has the row is as good
  catalog::Type row_type;
  std::vector<catalog::Type> columns;

  size_t width() const { return is_value ? 1 : columns.size(); }
};
enum class RowForm : uint8_t { kColumns, kValue };
// Of a call with arguments of these types; the form is that of rows. A record without outputs takes
// whatever comes.
Result<RoutineResult> ResultOf(const catalog::CatalogSnapshot& catalog,
                               const catalog::FunctionDesc& function,
                               std::span<const catalog::Type> arguments, RowForm form);
// Casts what the body's last statement gives (null: there is none) to it; 42P13 where that is not
// possible, as PostgreSQL's check_sql_fn_retval() tells.
Status FitResult(const RoutineResult& result, const catalog::FormatSettings& settings,
                 BoundStatement* last);

}  // namespace shale::sql
