// What SET j['a'][1] = value makes of a jsonb.
//
// As PostgreSQL's setPath() does where it is to fill gaps: what a step leads through and is not
// there is made, an array where the step is a number, else an object; elements before one that is
// made are null. What is neither array nor object has no parts: 22023.
#include <algorithm>
#include <charconv>
#include <optional>

#include "catalog/types/json.h"
#include "engine/kv_store.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

namespace json = catalog::json;

// PostgreSQL's limit on an array's elements follows from its form; this keeps them in memory.
constexpr int64_t kFilledMax = 1 << 24;
// A row can be large: so many elements are written between two looks for a cancel request.
constexpr int64_t kUncancelledMax = 1 << 16;

Status CheckCancelled(const EvalContext& context) {
  engine::CancelToken* cancel = context.host != nullptr ? context.host->cancel_token() : nullptr;
  return cancel != nullptr && cancel->cancelled() ? cancel->reason() : Status::Ok();
}

std::optional<int32_t> IndexIn(std::string_view text) {
  int32_t index = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, index);
  if (error != std::errc() || at != end) return std::nullopt;
  return index;
}

// The order of an object's keys in jsonb's normal form.
bool ComesBefore(std::string_view left, std::string_view right) {
  return left.size() != right.size() ? left.size() < right.size() : left < right;
}

// How deep arrays and objects are nested in it.
size_t DepthOf(std::string_view jsonb) {
  size_t depth = 0;
  size_t deepest = 0;
  bool in_string = false;
  for (size_t i = 0; i < jsonb.size(); ++i) {
    const char c = jsonb[i];
    if (c == '"') {
      in_string = !in_string;
    } else if (in_string) {
      if (c == '\\') ++i;
    } else if (c == '[' || c == '{') {
      deepest = std::max(deepest, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return deepest;
}

// What it makes of values in normal form is in normal form, which is not made anew: that would take
// as long again, without an end to it when it is cancelled.
class PartAssigner {
 public:
  PartAssigner(std::vector<std::string_view> path, std::string_view value,
               const EvalContext& context)
      : path_(std::move(path)), value_(value), context_(context) {}

  Status Assign(std::string_view jsonb, size_t level, std::string* out) {
    switch (json::KindOf(jsonb)) {
      case json::Kind::kArray:
        return AssignInArray(jsonb, level, out);
      case json::Kind::kObject:
        return AssignInObject(jsonb, level, out);
      default:
        return Error(sqlstate::kInvalidParameterValue, "cannot replace existing key")
            .Detail("The path assumes key is a composite object, but it is a scalar value.");
    }
  }

 private:
  bool is_last(size_t level) const { return level + 1 == path_.size(); }

  static void Separate(std::string* out) {
    if (out->back() != '[' && out->back() != '{') *out += ", ";
  }

  static void AddKey(std::string_view key, std::string* out) {
    Separate(out);
    json::AppendString(key, out);
    *out += ": ";
  }

  Status AddNulls(int64_t count, std::string* out) {
    filled_ += count;
    if (filled_ > kFilledMax) {
      return Error(sqlstate::kProgramLimitExceeded,
                   "number of jsonb array elements exceeds the maximum allowed ({})", kFilledMax);
    }
    for (int64_t i = 0; i < count; ++i) {
      if (i % kUncancelledMax == 0) RETURN_IF_ERROR(CheckCancelled(context_));
      Separate(out);
      *out += "null";
    }
    return Status::Ok();
  }

  // What the steps behind the level lead to, where nothing is.
  Status Make(size_t level, std::string* out) {
    if (is_last(level)) {
      *out += value_;
      return Status::Ok();
    }
    const std::string_view step = path_[level + 1];
    const std::optional<int32_t> index = IndexIn(step);
    *out += index.has_value() ? '[' : '{';
    if (index.has_value()) {
      RETURN_IF_ERROR(AddNulls(*index, out));
      Separate(out);
    } else {
      AddKey(step, out);
    }
    RETURN_IF_ERROR(Make(level + 1, out));
    *out += index.has_value() ? ']' : '}';
    return Status::Ok();
  }

  Status AssignInObject(std::string_view jsonb, size_t level, std::string* out) {
    *out += '{';
    const std::string_view key = path_[level];
    bool is_there = false;
    for (const json::Member& member : json::Members(jsonb)) {
      if (!is_there && ComesBefore(key, member.key)) {
        RETURN_IF_ERROR(MakeMember(level, out));
        is_there = true;
      }
      AddKey(member.key, out);
      if (member.key == key) {
        RETURN_IF_ERROR(Replace(member.value, level, out));
        is_there = true;
      } else {
        *out += member.value;
      }
    }
    if (!is_there) RETURN_IF_ERROR(MakeMember(level, out));
    *out += '}';
    return Status::Ok();
  }

  Status MakeMember(size_t level, std::string* out) {
    AddKey(path_[level], out);
    return Make(level, out);
  }

  Status AssignInArray(std::string_view jsonb, size_t level, std::string* out) {
    const std::vector<std::string_view> elements = json::Elements(jsonb);
    const auto size = static_cast<int64_t>(elements.size());
    const std::optional<int32_t> step = IndexIn(path_[level]);
    if (!step.has_value()) {
      return Error(sqlstate::kInvalidTextRepresentation,
                   "path element at position {} is not an integer: \"{}\"", level + 1,
                   path_[level]);
    }
    const int64_t index = *step < 0 ? size + *step : *step;
    if (index < 0) {
      return Error(sqlstate::kInvalidParameterValue,
                   "path element at position {} is out of range: {}", level + 1, *step);
    }
    *out += '[';
    for (int64_t i = 0; i < size; ++i) {
      if (i % kUncancelledMax == 0) RETURN_IF_ERROR(CheckCancelled(context_));
      Separate(out);
      const std::string_view element = elements[static_cast<size_t>(i)];
      if (i == index) {
        RETURN_IF_ERROR(Replace(element, level, out));
      } else {
        *out += element;
      }
    }
    if (index >= size) {
      RETURN_IF_ERROR(AddNulls(index - size, out));
      Separate(out);
      RETURN_IF_ERROR(Make(level, out));
    }
    *out += ']';
    return Status::Ok();
  }

  Status Replace(std::string_view before, size_t level, std::string* out) {
    if (!is_last(level)) return Assign(before, level + 1, out);
    *out += value_;
    return Status::Ok();
  }

  std::vector<std::string_view> path_;
  std::string_view value_;
  const EvalContext& context_;
  int64_t filled_ = 0;  // by all steps together
};

// jsonb_assign(jsonb, value, whether the first step is a number, steps ...): a NULL jsonb is an
// empty array or object, a NULL value a null.
Result<std::string_view> AssignPartsOfRow(EvalContext& context, const Vector* args, size_t count,
                                          uint32_t row) {
  std::vector<std::string_view> path;
  for (size_t i = 3; i < count; ++i) {
    if (args[i].IsNull(row)) {
      return Error(sqlstate::kNullValueNotAllowed,
                   "jsonb subscript in assignment must not be null");
    }
    path.push_back(args[i].at<std::string_view>(row));
  }
  const std::string_view value = args[1].IsNull(row) ? "null" : args[1].at<std::string_view>(row);
  const std::string_view empty = args[2].at<bool>(row) ? "[]" : "{}";
  const std::string_view before = args[0].IsNull(row) ? empty : args[0].at<std::string_view>(row);
  std::string changed;
  const bool is_deep = path.size() + DepthOf(value) > static_cast<size_t>(json::kDepthMax);
  RETURN_IF_ERROR(PartAssigner(std::move(path), value, context).Assign(before, 0, &changed));
  if (is_deep) return json::Normalize(changed, context.arena);  // for its error
  return context.arena->Copy(changed);
}

Status AssignParts(EvalContext& context, const Vector* args, size_t count, RowSet rows,
                   Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    RETURN_IF_ERROR(CheckCancelled(context));
    ASSIGN_OR_RETURN(out->values<std::string_view>()[rows[i]],
                     AssignPartsOfRow(context, args, count, rows[i]));
  }
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {{"jsonb_assign", &AssignParts}};

}  // namespace

std::span<const KernelEntry> JsonbAssignKernels() { return kKernels; }

}  // namespace shale::sql
