// array_fill, trim_array, width_bucket of thresholds, arrays as JSON.
#include <optional>

#include "catalog/types/array.h"
#include "catalog/types/array_slice.h"
#include "sql/expr/errors.h"
#include "sql/expr/json_build.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::ArrayBuilder;
using catalog::ArrayDimension;
using catalog::ArrayView;
using catalog::Datum;
using catalog::Oid;
namespace type_oid = catalog::type_oid;

ArrayView ViewOf(const Vector& arrays, uint32_t row) {
  return ArrayView(catalog::ElementOf(arrays.type().oid), arrays.at<std::string_view>(row));
}

Status WrongSubscripts(std::string_view detail) {
  return Error(sqlstate::kArraySubscriptError, "wrong number of array subscripts")
      .Detail(std::string(detail));
}

// The numbers of an array of dimensions or of lower bounds.
Result<std::vector<int32_t>> NumbersAt(const Vector& vector, uint32_t row, std::string_view shape) {
  if (vector.IsNull(row)) {
    return Error(sqlstate::kNullValueNotAllowed,
                 "dimension array or low bound array cannot be null");
  }
  const ArrayView array = ViewOf(vector, row);
  if (array.dimensions().size() > 1) return WrongSubscripts(shape);
  std::vector<int32_t> numbers;
  for (uint32_t i = 0; i < array.size(); ++i) {
    if (array.IsNull(i)) {
      return Error(sqlstate::kNullValueNotAllowed, "dimension values cannot be null");
    }
    numbers.push_back(array.At(i).int32);
  }
  return numbers;
}

// array_fill(value, lengths[, lower bounds]).
Result<std::string_view> FillRow(EvalContext& context, const Vector* args, size_t count,
                                 uint32_t row) {
  ASSIGN_OR_RETURN(std::vector<int32_t> lengths,
                   NumbersAt(args[1], row, "Dimension array must be one dimensional."));
  RETURN_IF_ERROR(catalog::CheckDimensionCount(static_cast<int>(lengths.size())));
  std::vector<ArrayDimension> dimensions;
  for (int32_t length : lengths) dimensions.push_back({length, 1});
  if (count > 2) {
    ASSIGN_OR_RETURN(std::vector<int32_t> lower,
                     NumbersAt(args[2], row, "Dimension array must be one dimensional."));
    if (lower.size() != lengths.size()) {
      return WrongSubscripts("Low bound array has different size than dimensions array.");
    }
    for (size_t i = 0; i < lower.size(); ++i) dimensions[i].lower_bound = lower[i];
  }
  ASSIGN_OR_RETURN(uint32_t size, catalog::CheckArrayDimensions(dimensions));
  ArrayBuilder builder(args[0].type().oid);
  for (uint32_t i = 0; i < size; ++i) {
    if (args[0].IsNull(row)) {
      builder.AddNull();
    } else {
      builder.Add(args[0].GetDatum(row));
    }
  }
  if (size == 0) return builder.Finish(context.arena);
  return builder.Finish(dimensions, context.arena);
}

Status Fill(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    ASSIGN_OR_RETURN(out->values<std::string_view>()[rows[i]],
                     FillRow(context, args, count, rows[i]));
  }
  return Status::Ok();
}

Status Trim(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const ArrayView array = ViewOf(args[0], rows[i]);
    const int32_t trimmed = args[1].at<int32_t>(rows[i]);
    const ArrayDimension first = array.size() == 0 ? ArrayDimension() : array.dimensions()[0];
    if (trimmed < 0 || trimmed > first.length) {
      return Error(sqlstate::kArraySubscriptError,
                   "number of elements to trim must be between 0 and {}", first.length);
    }
    const catalog::SliceBounds bounds{std::nullopt, first.lower_bound + first.length - trimmed - 1};
    const size_t bound_count = array.size() == 0 ? 0 : 1;
    ASSIGN_OR_RETURN(out->values<std::string_view>()[rows[i]],
                     catalog::SliceOf(array, {&bounds, bound_count}, context.arena));
  }
  return Status::Ok();
}

// How many thresholds, which ascend, are not above the value.
Result<int32_t> BucketOf(const Datum& value, const ArrayView& thresholds) {
  if (thresholds.dimensions().size() > 1) {
    return Error(sqlstate::kArraySubscriptError, "thresholds must be one-dimensional array");
  }
  for (uint32_t i = 0; i < thresholds.size(); ++i) {
    if (!thresholds.IsNull(i)) continue;
    return Error(sqlstate::kNullValueNotAllowed, "thresholds array must not contain NULLs");
  }
  const catalog::Type type{thresholds.element(), -1};
  uint32_t left = 0;
  uint32_t right = thresholds.size();
  while (left < right) {
    const uint32_t middle = (left + right) / 2;
    if (catalog::Compare(type, value, thresholds.At(middle)) < 0) {
      right = middle;
    } else {
      left = middle + 1;
    }
  }
  return static_cast<int32_t>(left);
}

Status WidthBucket(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    ASSIGN_OR_RETURN(out->values<int32_t>()[rows[i]],
                     BucketOf(args[0].GetDatum(rows[i]), ViewOf(args[1], rows[i])));
  }
  return Status::Ok();
}

// array_to_json(array[, pretty]): line feeds between the elements.
Status ToJson(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    std::string text;
    const bool pretty = count > 1 && args[1].at<bool>(row);
    RETURN_IF_ERROR(AppendJsonArray(context, args[0], row, pretty, &text));
    out->values<std::string_view>()[row] = context.arena->Copy(text);
  }
  return Status::Ok();
}

// array_assign(array, value, which bounds are given, bounds ...): without letters in the third, an
// element is replaced, else a slice. A NULL array is an empty one.
Result<std::optional<std::string_view>> AssignRow(EvalContext& context, const Vector* args,
                                                  size_t count, uint32_t row) {
  const Oid element = catalog::ElementOf(args[0].type().oid);
  const std::string_view before =
      args[0].IsNull(row) ? std::string_view() : args[0].at<std::string_view>(row);
  const ArrayView array(element, before);
  std::vector<int32_t> numbers;
  for (size_t i = 3; i < count; ++i) {
    if (args[i].IsNull(row)) {
      return Error(sqlstate::kNullValueNotAllowed,
                   "array subscript in assignment must not be null");
    }
    numbers.push_back(args[i].at<int32_t>(row));
  }
  const std::string_view shape = args[2].at<std::string_view>(row);
  std::string_view after;
  if (shape.empty()) {
    std::optional<Datum> value;
    if (!args[1].IsNull(row)) value = args[1].GetDatum(row);
    ASSIGN_OR_RETURN(after, catalog::WithElement(array, numbers, value, context.arena));
    return std::optional(after);
  }
  if (args[1].IsNull(row)) {
    return args[0].IsNull(row) ? std::nullopt : std::optional(before);
  }
  std::vector<catalog::SliceBounds> bounds(shape.size() / 2);
  size_t next = 0;
  for (size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == '-') continue;
    (i % 2 == 0 ? bounds[i / 2].lower : bounds[i / 2].upper) = numbers[next++];
  }
  ASSIGN_OR_RETURN(after, catalog::WithSlice(array, bounds, ViewOf(args[1], row), context.arena));
  return std::optional(after);
}

Status Assign(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    using Array = std::optional<std::string_view>;
    ASSIGN_OR_RETURN(Array array, AssignRow(context, args, count, rows[i]));
    out->values<std::string_view>()[rows[i]] = array.value_or(std::string_view());
    if (!array.has_value()) out->SetNull(rows[i], context.arena);
  }
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"array_fill", &Fill},
    {"array_fill_with_lower_bounds", &Fill},
    {"trim_array", &Trim},
    {"array_assign", &Assign},
    {"width_bucket_array", &WidthBucket},
    {"array_to_json", &ToJson},
    {"array_to_json_pretty", &ToJson},
};

}  // namespace

std::span<const KernelEntry> ArrayMakeKernels() { return kKernels; }

}  // namespace shale::sql
