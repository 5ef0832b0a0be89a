// Functions and operators of arrays.
#include <algorithm>
#include <optional>

#include "catalog/types/array.h"
#include "catalog/types/text_encoding.h"
#include "sql/expr/evaluate_internal.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/resolve.h"

namespace shale::sql {
namespace {

using catalog::ArrayBuilder;
using catalog::ArrayDimension;
using catalog::ArrayView;
using catalog::Datum;
using catalog::Oid;
using kernels::Store;
namespace type_oid = catalog::type_oid;

constexpr SqlState kDataException{"22000"};

Oid ElementOf(const Vector& arrays) { return catalog::ElementOf(arrays.type().oid); }

ArrayView ViewOf(const Vector& arrays, uint32_t row) {
  return ArrayView(ElementOf(arrays), arrays.at<std::string_view>(row));
}

// An element argument, or nothing for NULL.
std::optional<Datum> DatumOf(const Vector& vector, uint32_t row) {
  if (vector.IsNull(row)) return std::nullopt;
  return vector.GetDatum(row);
}

Status NeedEquality(Oid element) {
  if (EqualityOf(element) != nullptr) return Status::Ok();
  return Error(sqlstate::kUndefinedFunction, "could not identify an equality operator for type {}",
               TypeName(element));
}

// The element is equal to the value; two NULLs are as well.
bool IsSame(const ArrayView& array, uint32_t index, const std::optional<Datum>& value) {
  if (!value.has_value() || array.IsNull(index)) return !value.has_value() && array.IsNull(index);
  return catalog::Compare({array.element(), -1}, array.At(index), *value) == 0;
}

// For functions that look at NULLs themselves: give(row) writes the result or says that it is NULL.
template <typename Give>
Status ForRows(EvalContext& context, RowSet rows, Vector* out, Give give) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    ASSIGN_OR_RETURN(bool given, give(rows[i]));
    if (!given) out->SetNull(rows[i], context.arena);
  }
  return Status::Ok();
}

Result<bool> GiveArray(Result<std::string_view> array, Vector* out, uint32_t row) {
  if (!array.ok()) return std::move(array).status();
  out->values<std::string_view>()[row] = *array;
  return true;
}

// --- Comparison.

template <typename Test>
Status CompareArrays(const Vector* args, RowSet rows, Vector* out, Test test) {
  const Oid element = ElementOf(args[0]);
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    out->values<bool>()[row] = test(catalog::CompareArrays(
        element, args[0].at<std::string_view>(row), args[1].at<std::string_view>(row)));
  }
  return Status::Ok();
}

template <bool kEqual>
Status TestEquality(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  RETURN_IF_ERROR(NeedEquality(ElementOf(args[0])));
  return CompareArrays(args, rows, out, [](int order) { return (order == 0) == kEqual; });
}

enum class Order : uint8_t { kLess, kLessEqual, kGreater, kGreaterEqual };

template <Order kOrder>
Status TestOrder(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  if (LessOf(ElementOf(args[0])) == nullptr) {
    return Error(sqlstate::kUndefinedFunction,
                 "could not identify a comparison function for type {}",
                 TypeName(ElementOf(args[0])));
  }
  return CompareArrays(args, rows, out, [](int order) {
    switch (kOrder) {
      case Order::kLess:
        return order < 0;
      case Order::kLessEqual:
        return order <= 0;
      case Order::kGreater:
        return order > 0;
      case Order::kGreaterEqual:
        return order >= 0;
    }
    return false;
  });
}

// Whether all (or any) of the first array's elements are among the second's; NULL is never found.
bool AreAmong(const ArrayView& elements, const ArrayView& others, bool all) {
  for (uint32_t i = 0; i < elements.size(); ++i) {
    bool found = false;
    for (uint32_t j = 0; j < others.size() && !found && !elements.IsNull(i); ++j) {
      found = IsSame(others, j, elements.At(i));
    }
    if (found != all) return found;
  }
  return all;
}

enum class Containment : uint8_t { kContains, kContained, kOverlaps };

template <Containment kTest>
Status TestContainment(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  RETURN_IF_ERROR(NeedEquality(ElementOf(args[0])));
  for (uint32_t i = 0; i < rows.count; ++i) {
    const ArrayView left = ViewOf(args[0], rows[i]);
    const ArrayView right = ViewOf(args[1], rows[i]);
    out->values<bool>()[rows[i]] = kTest == Containment::kContains ? AreAmong(right, left, true)
                                   : kTest == Containment::kContained
                                       ? AreAmong(left, right, true)
                                       : AreAmong(left, right, false);
  }
  return Status::Ok();
}

// --- Sizes.

template <typename Measure>
Status MeasureArrays(EvalContext& context, const Vector* args, RowSet rows, Vector* out,
                     Measure measure) {
  return ForRows(context, rows, out, [&](uint32_t row) -> Result<bool> {
    std::optional<int32_t> value = measure(ViewOf(args[0], row), row);
    if (value.has_value()) out->values<int32_t>()[row] = *value;
    return value.has_value();
  });
}

// One number of the dimension that the second argument names.
template <typename Measure>
Status MeasureDimension(EvalContext& context, const Vector* args, RowSet rows, Vector* out,
                        Measure measure) {
  return MeasureArrays(
      context, args, rows, out,
      [&](const ArrayView& array, uint32_t row) -> std::optional<int32_t> {
        const int32_t number = args[1].at<int32_t>(row);
        if (number < 1 || static_cast<size_t>(number) > array.dimensions().size()) {
          return std::nullopt;
        }
        return measure(array.dimensions()[static_cast<size_t>(number) - 1]);
      });
}

Status Length(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  return MeasureDimension(context, args, rows, out,
                          [](const ArrayDimension& dimension) { return dimension.length; });
}
Status Lower(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  return MeasureDimension(context, args, rows, out,
                          [](const ArrayDimension& dimension) { return dimension.lower_bound; });
}
Status Upper(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  return MeasureDimension(context, args, rows, out, [](const ArrayDimension& dimension) {
    return dimension.lower_bound + dimension.length - 1;
  });
}
Status DimensionCount(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  return MeasureArrays(context, args, rows, out,
                       [](const ArrayView& array, uint32_t) -> std::optional<int32_t> {
                         if (array.size() == 0) return std::nullopt;
                         return static_cast<int32_t>(array.dimensions().size());
                       });
}
Status Cardinality(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  return MeasureArrays(context, args, rows, out,
                       [](const ArrayView& array, uint32_t) -> std::optional<int32_t> {
                         return static_cast<int32_t>(array.size());
                       });
}
Status Dimensions(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  return ForRows(context, rows, out, [&](uint32_t row) -> Result<bool> {
    std::string text;
    const ArrayView array = ViewOf(args[0], row);
    for (const ArrayDimension& dimension : array.dimensions()) {
      text += fmt::format("[{}:{}]", dimension.lower_bound,
                          dimension.lower_bound + dimension.length - 1);
    }
    out->values<std::string_view>()[row] = context.arena->Copy(text);
    return !text.empty();
  });
}

// --- Putting together. A NULL array counts as an empty one.

ArrayView ViewOrEmpty(const Vector& arrays, uint32_t row) {
  if (arrays.IsNull(row)) return ArrayView(ElementOf(arrays), {});
  return ViewOf(arrays, row);
}

void AddOptional(const std::optional<Datum>& value, ArrayBuilder* builder) {
  if (value.has_value()) {
    builder->Add(*value);
  } else {
    builder->AddNull();
  }
}

Result<std::string_view> Extend(EvalContext& context, const ArrayView& array,
                                const std::optional<Datum>& value, bool in_front) {
  if (array.dimensions().size() > 1) {
    return Error(kDataException, "argument must be empty or one-dimensional array");
  }
  ArrayBuilder builder(array.element());
  if (in_front) AddOptional(value, &builder);
  builder.AddAll(array);
  if (!in_front) AddOptional(value, &builder);
  ArrayDimension dimension;
  if (array.size() > 0) dimension = array.dimensions()[0];
  ++dimension.length;
  return builder.Finish({&dimension, 1}, context.arena);
}

Status Append(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  return ForRows(context, rows, out, [&](uint32_t row) {
    return GiveArray(Extend(context, ViewOrEmpty(args[0], row), DatumOf(args[1], row), false), out,
                     row);
  });
}
Status Prepend(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  return ForRows(context, rows, out, [&](uint32_t row) {
    return GiveArray(Extend(context, ViewOrEmpty(args[1], row), DatumOf(args[0], row), true), out,
                     row);
  });
}

Status Incompatible(std::string detail) {
  return Error(sqlstate::kArraySubscriptError, "cannot concatenate incompatible arrays")
      .Detail(std::move(detail));
}

// The rows of two arrays of as many dimensions one behind the other; or the one with a dimension
// less becomes one more row of the other.
Result<std::vector<ArrayDimension>> JoinedDimensions(std::span<const ArrayDimension> left,
                                                     std::span<const ArrayDimension> right) {
  auto difference = static_cast<int>(left.size()) - static_cast<int>(right.size());
  if (difference < -1 || difference > 1) {
    return Incompatible(
        fmt::format("Arrays of {} and {} dimensions are not compatible for concatenation.",
                    left.size(), right.size()));
  }
  const std::span<const ArrayDimension> larger = difference < 0 ? right : left;
  std::vector<ArrayDimension> joined(larger.begin(), larger.end());
  if (difference == 0) {
    if (!std::ranges::equal(left.subspan(1), right.subspan(1))) {
      return Incompatible(
          "Arrays with differing element dimensions are not compatible for concatenation.");
    }
    joined[0].length += right[0].length;
    return joined;
  }
  if (!std::ranges::equal(larger.subspan(1), difference < 0 ? left : right)) {
    return Incompatible("Arrays with differing dimensions are not compatible for concatenation.");
  }
  ++joined[0].length;
  return joined;
}

Status Concatenate(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  return ForRows(context, rows, out, [&](uint32_t row) -> Result<bool> {
    const bool left_null = args[0].IsNull(row);
    const bool right_null = args[1].IsNull(row);
    if (left_null && right_null) return false;
    std::string_view* result = &out->values<std::string_view>()[row];
    const ArrayView left = ViewOrEmpty(args[0], row);
    const ArrayView right = ViewOrEmpty(args[1], row);
    if (left_null || (left.size() == 0 && !right_null)) {
      *result = args[1].at<std::string_view>(row);
      return true;
    }
    if (right_null || right.size() == 0) {
      *result = args[0].at<std::string_view>(row);
      return true;
    }
    ASSIGN_OR_RETURN(std::vector<ArrayDimension> dimensions,
                     JoinedDimensions(left.dimensions(), right.dimensions()));
    ArrayBuilder builder(left.element());
    builder.AddAll(left);
    builder.AddAll(right);
    return GiveArray(builder.Finish(dimensions, context.arena), out, row);
  });
}

// --- Searching.

Status NotSearched(std::string_view what) {
  return Error(sqlstate::kFeatureNotSupported,
               "{} elements {} multidimensional arrays is not supported", what,
               what == "removing" ? "from" : "in");
}

// array_position(array, value[, first]): the index of the first such element from `first` on.
Status Position(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  RETURN_IF_ERROR(NeedEquality(ElementOf(args[0])));
  return ForRows(context, rows, out, [&](uint32_t row) -> Result<bool> {
    if (args[0].IsNull(row)) return false;
    const ArrayView array = ViewOf(args[0], row);
    if (array.dimensions().size() > 1) return NotSearched("searching for");
    if (array.size() == 0) return false;
    if (count > 2 && args[2].IsNull(row)) {
      return Error(sqlstate::kNullValueNotAllowed, "initial position must not be null");
    }
    const int64_t lower = array.dimensions()[0].lower_bound;
    const int64_t first = count > 2 ? args[2].at<int32_t>(row) : lower;
    const std::optional<Datum> value = DatumOf(args[1], row);
    for (uint32_t i = 0; i < array.size(); ++i) {
      if (lower + i < first || !IsSame(array, i, value)) continue;
      out->values<int32_t>()[row] = static_cast<int32_t>(lower + i);
      return true;
    }
    return false;
  });
}

Status Positions(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  RETURN_IF_ERROR(NeedEquality(ElementOf(args[0])));
  return ForRows(context, rows, out, [&](uint32_t row) -> Result<bool> {
    if (args[0].IsNull(row)) return false;
    const ArrayView array = ViewOf(args[0], row);
    if (array.dimensions().size() > 1) return NotSearched("searching for");
    ArrayBuilder builder(type_oid::kInt4);
    const std::optional<Datum> value = DatumOf(args[1], row);
    for (uint32_t i = 0; i < array.size(); ++i) {
      if (!IsSame(array, i, value)) continue;
      builder.Add(Datum::Int32(array.dimensions()[0].lower_bound + static_cast<int32_t>(i)));
    }
    return GiveArray(builder.Finish(context.arena), out, row);
  });
}

Status Remove(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  RETURN_IF_ERROR(NeedEquality(ElementOf(args[0])));
  return ForRows(context, rows, out, [&](uint32_t row) -> Result<bool> {
    if (args[0].IsNull(row)) return false;
    const ArrayView array = ViewOf(args[0], row);
    if (array.dimensions().size() > 1) return NotSearched("removing");
    ArrayBuilder builder(array.element());
    const std::optional<Datum> value = DatumOf(args[1], row);
    for (uint32_t i = 0; i < array.size(); ++i) {
      if (IsSame(array, i, value)) continue;
      AddOptional(array.IsNull(i) ? std::nullopt : std::optional(array.At(i)), &builder);
    }
    ArrayDimension dimension;
    if (array.size() > 0) dimension = array.dimensions()[0];
    dimension.length = static_cast<int32_t>(builder.size());
    return GiveArray(builder.Finish({&dimension, 1}, context.arena), out, row);
  });
}

Status Replace(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  RETURN_IF_ERROR(NeedEquality(ElementOf(args[0])));
  return ForRows(context, rows, out, [&](uint32_t row) -> Result<bool> {
    if (args[0].IsNull(row)) return false;
    const ArrayView array = ViewOf(args[0], row);
    ArrayBuilder builder(array.element());
    const std::optional<Datum> value = DatumOf(args[1], row);
    const std::optional<Datum> replacement = DatumOf(args[2], row);
    for (uint32_t i = 0; i < array.size(); ++i) {
      const bool replaces = IsSame(array, i, value);
      const auto kept = array.IsNull(i) ? std::nullopt : std::optional(array.At(i));
      AddOptional(replaces ? replacement : kept, &builder);
    }
    return GiveArray(builder.Finish(array.dimensions(), context.arena), out, row);
  });
}

// --- Text.

// array_to_string(array, delimiter[, text for NULL]).
Status ToText(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  return ForRows(context, rows, out, [&](uint32_t row) -> Result<bool> {
    if (args[0].IsNull(row) || args[1].IsNull(row)) return false;
    const ArrayView array = ViewOf(args[0], row);
    const std::string_view delimiter = args[1].at<std::string_view>(row);
    const bool shows_nulls = count > 2 && !args[2].IsNull(row);
    std::string text;
    bool first = true;
    for (uint32_t i = 0; i < array.size(); ++i) {
      if (array.IsNull(i) && !shows_nulls) continue;
      if (!first) text += delimiter;
      first = false;
      if (array.IsNull(i)) {
        text += args[2].at<std::string_view>(row);
      } else {
        RETURN_IF_ERROR(AppendValueText(context, {array.element(), -1}, array.At(i), &text));
      }
    }
    out->values<std::string_view>()[row] = context.arena->Copy(text);
    return true;
  });
}

// The parts of a text; without a delimiter its characters.
std::vector<std::string_view> Split(std::string_view text,
                                    const std::optional<std::string_view>& delimiter) {
  std::vector<std::string_view> parts;
  if (text.empty()) return parts;
  if (!delimiter.has_value()) {
    while (!text.empty()) {
      const size_t bytes = catalog::BytesOfCharacters(text, 1);
      parts.push_back(text.substr(0, bytes));
      text.remove_prefix(bytes);
    }
    return parts;
  }
  size_t start = 0;
  while (!delimiter->empty()) {
    const size_t end = text.find(*delimiter, start);
    if (end == std::string_view::npos) break;
    parts.push_back(text.substr(start, end - start));
    start = end + delimiter->size();
  }
  parts.push_back(text.substr(start));
  return parts;
}

// string_to_array(text, delimiter[, text for NULL]).
Status FromText(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  return ForRows(context, rows, out, [&](uint32_t row) -> Result<bool> {
    if (args[0].IsNull(row)) return false;
    std::optional<std::string_view> delimiter;
    if (!args[1].IsNull(row)) delimiter = args[1].at<std::string_view>(row);
    ArrayBuilder builder(type_oid::kText);
    for (std::string_view part : Split(args[0].at<std::string_view>(row), delimiter)) {
      const bool is_null =
          count > 2 && !args[2].IsNull(row) && args[2].at<std::string_view>(row) == part;
      AddOptional(is_null ? std::nullopt : std::optional(Datum::Bytes(part)), &builder);
    }
    return GiveArray(builder.Finish(context.arena), out, row);
  });
}

// --- Of the session.

Status CurrentSchemas(EvalContext& context, bool with_implicit, std::string_view* out) {
  if (context.host == nullptr) {
    return NotSupported("a function of the session outside of a session");
  }
  const std::vector<std::string> names = context.host->CurrentSchemas(with_implicit);
  ArrayBuilder builder(type_oid::kName);
  for (const std::string& name : names) builder.Add(Datum::Bytes(name));
  return Store(builder.Finish(context.arena), out);
}

constexpr KernelEntry kKernels[] = {
    {"array_eq", &TestEquality<true>},
    {"array_ne", &TestEquality<false>},
    {"array_lt", &TestOrder<Order::kLess>},
    {"array_le", &TestOrder<Order::kLessEqual>},
    {"array_gt", &TestOrder<Order::kGreater>},
    {"array_ge", &TestOrder<Order::kGreaterEqual>},
    {"arraycontains", &TestContainment<Containment::kContains>},
    {"arraycontained", &TestContainment<Containment::kContained>},
    {"arrayoverlap", &TestContainment<Containment::kOverlaps>},
    {"array_length", &Length},
    {"array_lower", &Lower},
    {"array_upper", &Upper},
    {"array_ndims", &DimensionCount},
    {"array_cardinality", &Cardinality},
    {"array_dims", &Dimensions},
    {"array_append", &Append},
    {"array_prepend", &Prepend},
    {"array_cat", &Concatenate},
    {"array_position", &Position},
    {"array_position_start", &Position},
    {"array_positions", &Positions},
    {"array_remove", &Remove},
    {"array_replace", &Replace},
    {"array_to_text", &ToText},
    {"array_to_text_null", &ToText},
    {"text_to_array", &FromText},
    {"text_to_array_null", &FromText},
    {"current_schemas", kernels::Of<&CurrentSchemas>},
};

}  // namespace

std::span<const KernelEntry> ArrayKernels() { return kKernels; }

}  // namespace shale::sql
