// ARRAY[...], subscripts, casts of arrays, and = ANY.
#include <algorithm>
#include <optional>

#include "catalog/types/array.h"
#include "catalog/types/array_slice.h"
#include "sql/expr/evaluate_internal.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

using catalog::ArrayBuilder;
using catalog::ArrayDimension;
using catalog::ArrayView;
using catalog::Datum;

// out[row] = compute(row) for the rows of the set, nothing being NULL; once where all that it is
// computed from is constant.
template <typename Compute>
Status ComputeRows(EvalContext& context, catalog::Type type, bool constant, uint32_t capacity,
                   RowSet rows, Vector* out, Compute compute) {
  if (constant) rows = {nullptr, 1};
  *out = constant ? Vector::ConstantRoom(type, context.arena)
                  : Vector::Flat(type, capacity, context.arena);
  for (uint32_t i = 0; i < rows.count; ++i) {
    ASSIGN_OR_RETURN(std::optional<Datum> datum, compute(rows[i]));
    if (datum.has_value()) {
      out->SetDatum(rows[i], *datum);
    } else {
      out->SetNull(rows[i], context.arena);
    }
  }
  return Status::Ok();
}

Status EvaluateAll(EvalContext& context, const std::vector<ExprPtr>& exprs, const Batch& batch,
                   RowSet rows, std::vector<Vector>* values, bool* all_constant) {
  values->resize(exprs.size());
  for (size_t i = 0; i < exprs.size(); ++i) {
    RETURN_IF_ERROR(Evaluate(context, *exprs[i], batch, rows, &(*values)[i]));
    *all_constant &= (*values)[i].is_constant();
  }
  return Status::Ok();
}

Result<std::optional<Datum>> FinishArray(Result<std::string_view> array) {
  if (!array.ok()) return std::move(array).status();
  return std::optional(Datum::Bytes(*array));
}

// The arrays become the rows of one with a dimension more; NULL and empty ones have none to give.
Result<std::optional<Datum>> NestArrays(EvalContext& context, catalog::Oid element,
                                        const std::vector<Vector>& values, uint32_t row) {
  auto mismatch = [] {
    return Error(sqlstate::kArraySubscriptError,
                 "multidimensional arrays must have array expressions with matching dimensions");
  };
  ArrayBuilder builder(element);
  std::vector<ArrayDimension> dimensions;
  bool any_empty = false;
  for (const Vector& value : values) {
    const ArrayView array(element,
                          value.IsNull(row) ? std::string_view() : value.at<std::string_view>(row));
    if (array.size() == 0) {
      any_empty = true;
      continue;
    }
    if (dimensions.empty()) {
      dimensions.push_back({0, 1});
      dimensions.insert(dimensions.end(), array.dimensions().begin(), array.dimensions().end());
      RETURN_IF_ERROR(catalog::CheckDimensionCount(static_cast<int>(dimensions.size())));
    } else if (!std::ranges::equal(std::span(dimensions).subspan(1), array.dimensions())) {
      return mismatch();
    }
    ++dimensions[0].length;
    builder.AddAll(array);
  }
  if (any_empty && !dimensions.empty()) return mismatch();
  return FinishArray(builder.Finish(dimensions, context.arena));
}

// The elements from first on, at most a batch of them, as a vector.
Vector ElementsOf(const ArrayView& array, uint32_t first, Arena* arena) {
  const uint32_t count = std::min(array.size() - first, kBatchRows);
  Vector elements = Vector::Flat({array.element(), -1}, count, arena);
  for (uint32_t i = 0; i < count; ++i) {
    if (array.IsNull(first + i)) {
      elements.SetNull(i, arena);
    } else {
      elements.SetDatum(i, array.At(first + i));
    }
  }
  return elements;
}

// What ANY and ALL have found so far: ANY ends at the first true, ALL at the first false; a NULL
// stands if nothing ends it.
struct Finding {
  bool decided = false;
  bool has_null = false;
};

// One row: the function over the row's value and all elements, a batch of elements at a time.
Result<std::optional<Datum>> TestElements(EvalContext& context, const AnyAllExpr& expr,
                                          const Vector& left, const ArrayView& array,
                                          uint32_t row) {
  Finding finding;
  Vector args[2];
  args[0] = left.IsNull(row) ? Vector::ConstantNull(left.type(), context.arena)
                             : Vector::Constant(left.type(), left.GetDatum(row), context.arena);
  for (uint32_t first = 0; first < array.size() && !finding.decided; first += kBatchRows) {
    args[1] = ElementsOf(array, first, context.arena);
    const uint32_t count = std::min(array.size() - first, kBatchRows);
    Vector results;
    RETURN_IF_ERROR(CallFunction(context, *expr.function, kBoolType, args, 2, count,
                                 {nullptr, count}, &results));
    for (uint32_t i = 0; i < count && !finding.decided; ++i) {
      if (results.IsNull(i)) {
        finding.has_null = true;
      } else {
        finding.decided = results.at<bool>(i) != expr.all;
      }
    }
  }
  if (!finding.decided && finding.has_null) return std::optional<Datum>();
  return std::optional(Datum::Bool(finding.decided != expr.all));
}

// One array for all rows: each element is compared with the rows that no earlier one decided.
Status TestRowsWithElements(EvalContext& context, const AnyAllExpr& expr, const Vector& left,
                            const ArrayView& array, uint32_t capacity, RowSet rows, Vector* out) {
  *out = Vector::Flat(kBoolType, capacity, context.arena);
  bool* results = out->values<bool>();
  std::vector<Finding> findings(capacity);
  RowSet remaining = rows;
  // However long the array is: a step needs what the step before it left, and nothing older.
  Arena element_arena;
  Arena step_arenas[2];
  for (uint32_t first = 0; first < array.size() && remaining.count > 0; first += kBatchRows) {
    element_arena.Reset();
    const Vector elements = ElementsOf(array, first, &element_arena);
    const uint32_t count = std::min(array.size() - first, kBatchRows);
    for (uint32_t i = 0; i < count && remaining.count > 0; ++i) {
      EvalContext step = context;
      step.arena = &step_arenas[i % 2];
      step.arena->Reset();
      Vector args[2];
      args[0] = left;
      args[1] = elements.IsNull(i)
                    ? Vector::ConstantNull(elements.type(), step.arena)
                    : Vector::Constant(elements.type(), elements.GetDatum(i), step.arena);
      Vector equal;
      RETURN_IF_ERROR(
          CallFunction(step, *expr.function, kBoolType, args, 2, capacity, remaining, &equal));
      remaining = SelectWhere(remaining, step.arena, [&](uint32_t row) {
        if (equal.IsNull(row)) {
          findings[row].has_null = true;
        } else {
          findings[row].decided = equal.at<bool>(row) != expr.all;
        }
        return !findings[row].decided;
      });
    }
  }
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    results[row] = findings[row].decided != expr.all;
    if (!findings[row].decided && findings[row].has_null) out->SetNull(row, context.arena);
  }
  return Status::Ok();
}

}  // namespace

Status EvaluateArray(EvalContext& context, const ArrayExpr& expr, const Batch& batch, RowSet rows,
                     Vector* out) {
  std::vector<Vector> values;
  bool constant = true;
  RETURN_IF_ERROR(EvaluateAll(context, expr.elements, batch, rows, &values, &constant));
  const catalog::Oid element = catalog::ElementOf(expr.type.oid);
  auto compute = [&](uint32_t row) -> Result<std::optional<Datum>> {
    if (expr.nested) return NestArrays(context, element, values, row);
    ArrayBuilder builder(element);
    for (const Vector& value : values) {
      if (value.IsNull(row)) {
        builder.AddNull();
      } else {
        builder.Add(value.GetDatum(row));
      }
    }
    return FinishArray(builder.Finish(context.arena));
  };
  return ComputeRows(context, expr.type, constant, batch.row_count, rows, out, compute);
}

Status EvaluateArrayCoerce(EvalContext& context, const ArrayCoerceExpr& expr, const Batch& batch,
                           RowSet rows, Vector* out) {
  Vector value;
  RETURN_IF_ERROR(Evaluate(context, *expr.arg, batch, rows, &value));
  const catalog::Oid from = catalog::ElementOf(expr.arg->type.oid);
  const catalog::Oid to = catalog::ElementOf(expr.type.oid);
  auto compute = [&](uint32_t row) -> Result<std::optional<Datum>> {
    if (value.IsNull(row)) return std::optional<Datum>();
    const ArrayView array(from, value.at<std::string_view>(row));
    ArrayBuilder builder(to);
    Batch elements;
    elements.columns.resize(1);
    for (uint32_t first = 0; first < array.size(); first += kBatchRows) {
      const uint32_t count = std::min(array.size() - first, kBatchRows);
      elements.columns[0] = ElementsOf(array, first, context.arena);
      elements.row_count = count;
      Vector cast;
      RETURN_IF_ERROR(Evaluate(context, *expr.element, elements, {nullptr, count}, &cast));
      for (uint32_t i = 0; i < count; ++i) {
        if (cast.IsNull(i)) {
          builder.AddNull();
        } else {
          builder.Add(cast.GetDatum(i));
        }
      }
    }
    return FinishArray(builder.Finish(array.dimensions(), context.arena));
  };
  return ComputeRows(context, expr.type, value.is_constant(), batch.row_count, rows, out, compute);
}

namespace {

// NULL where a bound is.
Result<std::optional<Datum>> TakeSlice(EvalContext& context, const SubscriptExpr& expr,
                                       const ArrayView& array,
                                       const std::vector<Vector>& subscripts, uint32_t row) {
  std::vector<catalog::SliceBounds> bounds;
  size_t next = 0;
  for (const SubscriptExpr::Slice& slice : expr.slices) {
    catalog::SliceBounds& bound = bounds.emplace_back();
    for (auto [given, place] :
         {std::pair(slice.lower, &bound.lower), {slice.upper, &bound.upper}}) {
      if (!given) continue;
      const Vector& subscript = subscripts[next++];
      if (subscript.IsNull(row)) return std::optional<Datum>();
      *place = subscript.at<int32_t>(row);
    }
  }
  return FinishArray(catalog::SliceOf(array, bounds, context.arena));
}

}  // namespace

Status EvaluateSubscript(EvalContext& context, const SubscriptExpr& expr, const Batch& batch,
                         RowSet rows, Vector* out) {
  Vector value;
  RETURN_IF_ERROR(Evaluate(context, *expr.arg, batch, rows, &value));
  std::vector<Vector> subscripts;
  bool constant = value.is_constant();
  RETURN_IF_ERROR(EvaluateAll(context, expr.subscripts, batch, rows, &subscripts, &constant));
  const catalog::Oid element = catalog::ElementOf(expr.arg->type.oid);
  auto compute = [&](uint32_t row) -> Result<std::optional<Datum>> {
    if (value.IsNull(row)) return std::optional<Datum>();
    const ArrayView array(element, value.at<std::string_view>(row));
    if (!expr.slices.empty()) return TakeSlice(context, expr, array, subscripts, row);
    if (array.dimensions().size() != subscripts.size()) return std::optional<Datum>();
    uint32_t index = 0;
    for (size_t d = 0; d < subscripts.size(); ++d) {
      if (subscripts[d].IsNull(row)) return std::optional<Datum>();
      const ArrayDimension& dimension = array.dimensions()[d];
      const int64_t place = int64_t{subscripts[d].at<int32_t>(row)} - dimension.lower_bound;
      if (place < 0 || place >= dimension.length) return std::optional<Datum>();
      index = index * static_cast<uint32_t>(dimension.length) + static_cast<uint32_t>(place);
    }
    if (array.IsNull(index)) return std::optional<Datum>();
    return std::optional(array.At(index));
  };
  return ComputeRows(context, expr.type, constant, batch.row_count, rows, out, compute);
}

Status CallWithElements(EvalContext& context, const CallExpr& expr, const Vector* args,
                        uint32_t capacity, RowSet rows, Vector* out) {
  const size_t fixed = expr.args.size() - 1;
  const Vector& arrays = args[fixed];
  const catalog::Type element{catalog::ElementOf(arrays.type().oid), -1};
  auto compute = [&](uint32_t row) -> Result<std::optional<Datum>> {
    if (arrays.IsNull(row)) return std::optional<Datum>();
    const ArrayView array(element.oid, arrays.at<std::string_view>(row));
    std::vector<Vector> all;
    for (size_t i = 0; i < fixed; ++i) {
      all.push_back(args[i].IsNull(row)
                        ? Vector::ConstantNull(args[i].type(), context.arena)
                        : Vector::Constant(args[i].type(), args[i].GetDatum(row), context.arena));
    }
    for (uint32_t i = 0; i < array.size(); ++i) {
      all.push_back(array.IsNull(i) ? Vector::ConstantNull(element, context.arena)
                                    : Vector::Constant(element, array.At(i), context.arena));
    }
    Vector result;
    RETURN_IF_ERROR(CallFunction(context, *expr.function, expr.type, all.data(), all.size(), 1,
                                 {nullptr, 1}, &result));
    if (result.IsNull(0)) return std::optional<Datum>();
    return std::optional(result.GetDatum(0));
  };
  return ComputeRows(context, expr.type, /*constant=*/false, capacity, rows, out, compute);
}

Status EvaluateAnyAll(EvalContext& context, const AnyAllExpr& expr, const Batch& batch, RowSet rows,
                      Vector* out) {
  Vector left;
  Vector arrays;
  RETURN_IF_ERROR(Evaluate(context, *expr.left, batch, rows, &left));
  RETURN_IF_ERROR(Evaluate(context, *expr.array, batch, rows, &arrays));
  const catalog::Oid element = catalog::ElementOf(expr.array->type.oid);
  if (arrays.IsConstantNull()) {
    *out = Vector::ConstantNull(kBoolType, context.arena);
    return Status::Ok();
  }
  if (arrays.is_constant() && !left.is_constant()) {
    const ArrayView array(element, arrays.at<std::string_view>(0));
    return TestRowsWithElements(context, expr, left, array, batch.row_count, rows, out);
  }
  auto compute = [&](uint32_t row) -> Result<std::optional<Datum>> {
    if (arrays.IsNull(row)) return std::optional<Datum>();
    return TestElements(context, expr, left, ArrayView(element, arrays.at<std::string_view>(row)),
                        row);
  };
  const bool constant = left.is_constant() && arrays.is_constant();
  return ComputeRows(context, kBoolType, constant, batch.row_count, rows, out, compute);
}

}  // namespace shale::sql
