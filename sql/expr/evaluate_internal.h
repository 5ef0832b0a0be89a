// The evaluator's parts, one function per kind of expression. All follow Evaluate()'s contract and
// are called with at least one row.
#pragma once

#include <span>

#include "sql/expr/evaluate.h"
#include "sql/expr/row_expr.h"

namespace shale::sql {

inline constexpr catalog::Type kBoolType{catalog::type_oid::kBool, -1};

// Calls the function on vectors: NULLs of strict functions, constant folding over the batch, and
// the result's memory are seen to here. capacity is the batch's row count.
Status CallFunction(EvalContext& context, const Function& function, catalog::Type type,
                    const Vector* args, size_t arg_count, uint32_t capacity, RowSet rows,
                    Vector* out);

// The first half of that: makes room in *out and leaves in *rows what is to be computed; true: all
// is done, being NULL.
Result<bool> PrepareCall(EvalContext& context, const Function& function, catalog::Type type,
                         std::span<const Vector> args, uint32_t capacity, RowSet* rows,
                         Vector* out);

// evaluate_logic.cc
Status EvaluateLogic(EvalContext& context, const LogicExpr& expr, const Batch& batch, RowSet rows,
                     Vector* out);
Status EvaluateNullTest(EvalContext& context, const NullTestExpr& expr, const Batch& batch,
                        RowSet rows, Vector* out);
Status EvaluateBooleanTest(EvalContext& context, const BooleanTestExpr& expr, const Batch& batch,
                           RowSet rows, Vector* out);
Status EvaluateDistinct(EvalContext& context, const DistinctExpr& expr, const Batch& batch,
                        RowSet rows, Vector* out);
Status EvaluateInList(EvalContext& context, const InListExpr& expr, const Batch& batch, RowSet rows,
                      Vector* out);

// evaluate_branch.cc
Status EvaluateCase(EvalContext& context, const CaseExpr& expr, const Batch& batch, RowSet rows,
                    Vector* out);
Status EvaluateCoalesce(EvalContext& context, const CoalesceExpr& expr, const Batch& batch,
                        RowSet rows, Vector* out);
Status EvaluateNullIf(EvalContext& context, const NullIfExpr& expr, const Batch& batch, RowSet rows,
                      Vector* out);
Status EvaluateMinMax(EvalContext& context, const MinMaxExpr& expr, const Batch& batch, RowSet rows,
                      Vector* out);

// evaluate_array.cc
Status EvaluateArray(EvalContext& context, const ArrayExpr& expr, const Batch& batch, RowSet rows,
                     Vector* out);
Status EvaluateCoerceDomain(EvalContext& context, const CoerceDomainExpr& expr, const Batch& batch,
                            RowSet rows, Vector* out);
Status EvaluateArrayCoerce(EvalContext& context, const ArrayCoerceExpr& expr, const Batch& batch,
                           RowSet rows, Vector* out);
Status EvaluateSubscript(EvalContext& context, const SubscriptExpr& expr, const Batch& batch,
                         RowSet rows, Vector* out);
Status EvaluateAnyAll(EvalContext& context, const AnyAllExpr& expr, const Batch& batch, RowSet rows,
                      Vector* out);

// evaluate_row.cc
Status EvaluateRow(EvalContext& context, const RowExpr& expr, const Batch& batch, RowSet rows,
                   Vector* out);
Status EvaluateField(EvalContext& context, const FieldExpr& expr, const Batch& batch, RowSet rows,
                     Vector* out);
Status EvaluateRowCompare(EvalContext& context, const RowCompareExpr& expr, const Batch& batch,
                          RowSet rows, Vector* out);

// subquery_host.cc
Status EvaluateSubquery(EvalContext& context, const SubqueryExpr& expr, const Batch& batch,
                        RowSet rows, Vector* out);

// A call whose last argument is an array of further ones: row by row, as each has another number.
Status CallWithElements(EvalContext& context, const CallExpr& expr, const Vector* args,
                        uint32_t capacity, RowSet rows, Vector* out);

// evaluate_coerce.cc
Status EvaluateCoerceText(EvalContext& context, const CoerceTextExpr& expr, const Batch& batch,
                          RowSet rows, Vector* out);
// The text of a value, with names for the reg* types where there is a host.
Status AppendValueText(EvalContext& context, catalog::Type type, const catalog::Datum& datum,
                       std::string* out);
// The value of a text, without a type modifier.
Result<catalog::Datum> ParseValueText(EvalContext& context, catalog::Type type,
                                      std::string_view text);

}  // namespace shale::sql
