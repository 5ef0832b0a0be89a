// json and jsonb by paths of keys: #>, #>>, #-, jsonb_set, jsonb_insert; ?|, ?&, - text[]; objects
// of arrays of text.
#include <algorithm>
#include <charconv>
#include <optional>

#include "catalog/types/array.h"
#include "catalog/types/json.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using catalog::ArrayView;
namespace json = catalog::json;
namespace type_oid = catalog::type_oid;

using Path = std::vector<std::optional<std::string_view>>;

Status WrongSubscripts() {
  return Error(sqlstate::kArraySubscriptError, "wrong number of array subscripts");
}

ArrayView TextsAt(const Vector& vector, uint32_t row) {
  return ArrayView(type_oid::kText, vector.at<std::string_view>(row));
}

Path PathOf(const ArrayView& texts) {
  Path path;
  for (uint32_t i = 0; i < texts.size(); ++i) {
    path.push_back(texts.IsNull(i) ? std::nullopt : std::optional(texts.At(i).bytes));
  }
  return path;
}

template <typename T, typename Compute>
Status ForRows(RowSet rows, Vector* out, Compute compute) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    ASSIGN_OR_RETURN(out->values<T>()[rows[i]], compute(rows[i]));
  }
  return Status::Ok();
}

// --- #> and #>>.

std::optional<std::string_view> Walk(std::string_view text, const Path& path) {
  std::vector<std::string_view> steps;
  for (const auto& step : path) {
    if (!step.has_value()) return std::nullopt;
    steps.push_back(*step);
  }
  return json::GetPath(text, steps);
}

template <bool kAsText>
Status ExtractPath(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    std::string_view* result = &out->values<std::string_view>()[row];
    const auto found = Walk(args[0].at<std::string_view>(row), PathOf(TextsAt(args[1], row)));
    std::optional<std::string> text;
    if (found.has_value() && kAsText) text = json::ToText(*found);
    *result = {};
    if (!found.has_value() || (kAsText && !text.has_value())) {
      out->SetNull(row, context.arena);
    } else {
      *result = kAsText ? context.arena->Copy(*text) : *found;
    }
  }
  return Status::Ok();
}

// --- ?| and ?&.

template <bool kAll>
Status HasKeys(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  return ForRows<bool>(rows, out, [&](uint32_t row) -> Result<bool> {
    const std::string_view jsonb = args[0].at<std::string_view>(row);
    for (const auto& key : PathOf(TextsAt(args[1], row))) {
      if (key.has_value() && json::HasKey(jsonb, *key) != kAll) return !kAll;
    }
    return kAll;
  });
}

// --- Changing what lies at a path.

enum class Change : uint8_t { kReplace, kCreate, kInsertBefore, kInsertAfter, kDelete };

class PathEditor {
 public:
  PathEditor(Change change, Path path, std::string_view value)
      : change_(change), path_(std::move(path)), value_(value) {}

  Status Edit(std::string_view jsonb, std::string* out) { return EditLevel(jsonb, 0, out); }

 private:
  bool creates() const {
    return change_ == Change::kCreate || change_ == Change::kInsertBefore ||
           change_ == Change::kInsertAfter;
  }
  bool inserts() const {
    return change_ == Change::kInsertBefore || change_ == Change::kInsertAfter;
  }
  bool is_last(size_t level) const { return level + 1 == path_.size(); }

  static void Separate(std::string* out, bool* first) {
    if (!*first) *out += ", ";
    *first = false;
  }

  Status EditLevel(std::string_view jsonb, size_t level, std::string* out) {
    const json::Kind kind = json::KindOf(jsonb);
    if (kind != json::Kind::kArray && kind != json::Kind::kObject) {
      *out += jsonb;
      return Status::Ok();
    }
    if (!path_[level].has_value()) {
      return Error(sqlstate::kNullValueNotAllowed, "path element at position {} is null",
                   level + 1);
    }
    return kind == json::Kind::kObject ? EditObject(jsonb, level, out)
                                       : EditArray(jsonb, level, out);
  }

  Status EditObject(std::string_view jsonb, size_t level, std::string* out) {
    const std::string_view key = *path_[level];
    bool found = false;
    bool first = true;
    *out += '{';
    auto add = [&](std::string_view name, std::string_view value) {
      Separate(out, &first);
      json::AppendString(name, out);
      *out += ": ";
      *out += value;
    };
    for (const json::Member& member : json::Members(jsonb)) {
      if (member.key != key) {
        add(member.key, member.value);
        continue;
      }
      found = true;
      if (!is_last(level)) {
        add(member.key, "");
        RETURN_IF_ERROR(EditLevel(member.value, level + 1, out));
        continue;
      }
      if (inserts()) {
        return Error(sqlstate::kInvalidParameterValue, "cannot replace existing key")
            .Hint("Try using the function jsonb_set to replace key value.");
      }
      if (change_ != Change::kDelete) add(member.key, value_);
    }
    if (!found && creates() && is_last(level)) add(key, value_);
    *out += '}';
    return Status::Ok();
  }

  // The element that the step names: negative ones count from the end. Nothing: before the first.
  Result<std::optional<size_t>> IndexOf(size_t level, size_t size) {
    const std::string_view text = *path_[level];
    int32_t index = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (error != std::errc() || end != text.data() + text.size()) {
      return Error(sqlstate::kInvalidTextRepresentation,
                   "path element at position {} is not an integer: \"{}\"", level + 1, text);
    }
    const int64_t place = index < 0 ? static_cast<int64_t>(size) + index : index;
    if (place < 0) return std::optional<size_t>();
    return std::optional(std::min(static_cast<size_t>(place), size));
  }

  Status EditArray(std::string_view jsonb, size_t level, std::string* out) {
    const std::vector<std::string_view> elements = json::Elements(jsonb);
    ASSIGN_OR_RETURN(std::optional<size_t> index, IndexOf(level, elements.size()));
    bool first = true;
    bool done = false;
    *out += '[';
    auto add = [&](std::string_view value) {
      Separate(out, &first);
      *out += value;
    };
    const bool adds = creates() && is_last(level);
    if (adds && (!index.has_value() || elements.empty())) {
      add(value_);
      done = true;
    }
    for (size_t i = 0; i < elements.size(); ++i) {
      if (done || !index.has_value() || i != *index) {
        add(elements[i]);
      } else if (!is_last(level)) {
        Separate(out, &first);
        RETURN_IF_ERROR(EditLevel(elements[i], level + 1, out));
        done = true;
      } else {
        if (change_ == Change::kInsertBefore) add(value_);
        if (inserts()) add(elements[i]);
        if (change_ == Change::kInsertAfter || change_ == Change::kReplace ||
            change_ == Change::kCreate) {
          add(value_);
        }
        done = true;
      }
    }
    if (adds && !done) add(value_);
    *out += ']';
    return Status::Ok();
  }

  Change change_;
  Path path_;
  std::string_view value_;
};

bool IsScalar(std::string_view jsonb) {
  const json::Kind kind = json::KindOf(jsonb);
  return kind != json::Kind::kArray && kind != json::Kind::kObject;
}

Result<std::string_view> ChangeRow(EvalContext& context, Change change, std::string_view jsonb,
                                   const ArrayView& path, std::string_view value) {
  if (path.dimensions().size() > 1) return WrongSubscripts();
  if (IsScalar(jsonb)) {
    return Error(sqlstate::kInvalidParameterValue, "cannot {} path in scalar",
                 change == Change::kDelete ? "delete" : "set");
  }
  const bool is_empty = jsonb == "{}" || jsonb == "[]";
  const bool creates = change != Change::kDelete && change != Change::kReplace;
  if (path.size() == 0 || (is_empty && !creates)) return jsonb;
  std::string changed;
  RETURN_IF_ERROR(PathEditor(change, PathOf(path), value).Edit(jsonb, &changed));
  return json::Normalize(changed, context.arena);
}

// jsonb_set(target, path, value, create), jsonb_insert(target, path, value, after).
template <Change kFalse, Change kTrue>
Status ChangePath(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  return ForRows<std::string_view>(rows, out, [&](uint32_t row) {
    return ChangeRow(context, args[3].at<bool>(row) ? kTrue : kFalse,
                     args[0].at<std::string_view>(row), TextsAt(args[1], row),
                     args[2].at<std::string_view>(row));
  });
}

Status DeletePath(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  return ForRows<std::string_view>(rows, out, [&](uint32_t row) {
    return ChangeRow(context, Change::kDelete, args[0].at<std::string_view>(row),
                     TextsAt(args[1], row), {});
  });
}

// jsonb_set_lax(target, path, value, create, what NULL means).
Status SetLax(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    std::string_view* result = &out->values<std::string_view>()[row];
    *result = {};
    if (args[0].IsNull(row) || args[1].IsNull(row) || args[3].IsNull(row)) {
      out->SetNull(row, context.arena);
      continue;
    }
    const std::string_view jsonb = args[0].at<std::string_view>(row);
    const std::string_view treatment =
        args[4].IsNull(row) ? std::string_view() : args[4].at<std::string_view>(row);
    Change change = args[3].at<bool>(row) ? Change::kCreate : Change::kReplace;
    std::string_view value = "null";
    if (args[4].IsNull(row) ||
        (args[2].IsNull(row) && treatment != "raise_exception" && treatment != "use_json_null" &&
         treatment != "delete_key" && treatment != "return_target")) {
      return Error(sqlstate::kInvalidParameterValue,
                   "null_value_treatment must be \"delete_key\", \"return_target\", "
                   "\"use_json_null\", or \"raise_exception\"");
    }
    if (!args[2].IsNull(row)) {
      value = args[2].at<std::string_view>(row);
    } else if (treatment == "raise_exception") {
      return Error(sqlstate::kNullValueNotAllowed, "JSON value must not be null")
          .Detail("Exception was raised because null_value_treatment is \"raise_exception\".")
          .Hint(
              "To avoid, either change the null_value_treatment argument or ensure that an SQL "
              "NULL is not passed.");
    } else if (treatment == "return_target") {
      *result = jsonb;
      continue;
    } else if (treatment == "delete_key") {
      change = Change::kDelete;
    }
    ASSIGN_OR_RETURN(*result, ChangeRow(context, change, jsonb, TextsAt(args[1], row), value));
  }
  return Status::Ok();
}

// jsonb - text[]: keys of an object, or equal strings of an array.
Result<std::string_view> DeleteKeys(EvalContext& context, std::string_view jsonb,
                                    const ArrayView& keys) {
  if (keys.dimensions().size() > 1) return WrongSubscripts();
  if (IsScalar(jsonb)) {
    return Error(sqlstate::kInvalidParameterValue, "cannot delete from scalar");
  }
  const Path names = PathOf(keys);
  auto is_named = [&names](std::string_view name) {
    return std::ranges::find(names, std::optional(name)) != names.end();
  };
  const bool is_object = json::KindOf(jsonb) == json::Kind::kObject;
  std::string kept(is_object ? "{" : "[");
  auto separate = [&kept] {
    if (kept.size() > 1) kept += ", ";
  };
  for (const json::Member& member : json::Members(jsonb)) {
    if (is_named(member.key)) continue;
    separate();
    json::AppendString(member.key, &kept);
    kept += ": ";
    kept += member.value;
  }
  for (std::string_view element : json::Elements(jsonb)) {
    const bool is_string = json::KindOf(element) == json::Kind::kString;
    if (is_string && is_named(*json::ToText(element))) continue;
    separate();
    kept += element;
  }
  kept += is_object ? '}' : ']';
  return context.arena->Copy(kept);
}
Status DeleteArray(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  return ForRows<std::string_view>(rows, out, [&](uint32_t row) {
    return DeleteKeys(context, args[0].at<std::string_view>(row), TextsAt(args[1], row));
  });
}

// --- Objects of text arrays.

Status AppendPair(const Path& texts, size_t key, const std::optional<std::string_view>& value,
                  std::string* out) {
  if (!texts[key].has_value()) {
    return Error(sqlstate::kNullValueNotAllowed, "null value not allowed for object key");
  }
  if (out->size() > 1) *out += ", ";
  json::AppendString(*texts[key], out);
  *out += " : ";
  if (value.has_value()) {
    json::AppendString(*value, out);
  } else {
    *out += "null";
  }
  return Status::Ok();
}

// Keys and values in turn, or rows of a key and a value.
Status AppendObject(const ArrayView& array, std::string* out) {
  const auto dimensions = array.dimensions();
  if (dimensions.size() == 1 && dimensions[0].length % 2 != 0) {
    return Error(sqlstate::kArraySubscriptError, "array must have even number of elements");
  }
  if (dimensions.size() == 2 && dimensions[1].length != 2) {
    return Error(sqlstate::kArraySubscriptError, "array must have two columns");
  }
  if (dimensions.size() > 2) return WrongSubscripts();
  const Path texts = PathOf(array);
  *out = "{";
  for (size_t i = 0; i + 1 < texts.size(); i += 2) {
    RETURN_IF_ERROR(AppendPair(texts, i, texts[i + 1], out));
  }
  *out += '}';
  return Status::Ok();
}

Status AppendObjectOfTwo(const ArrayView& keys, const ArrayView& values, std::string* out) {
  if (keys.dimensions().size() > 1 || keys.dimensions().size() != values.dimensions().size()) {
    return WrongSubscripts();
  }
  if (keys.size() != values.size()) {
    return Error(sqlstate::kArraySubscriptError, "mismatched array dimensions");
  }
  const Path key_texts = PathOf(keys);
  const Path value_texts = PathOf(values);
  *out = "{";
  for (size_t i = 0; i < key_texts.size(); ++i) {
    RETURN_IF_ERROR(AppendPair(key_texts, i, value_texts[i], out));
  }
  *out += '}';
  return Status::Ok();
}

template <bool kIsJsonb>
Status Object(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  return ForRows<std::string_view>(rows, out, [&](uint32_t row) -> Result<std::string_view> {
    std::string text;
    if (count == 1) {
      RETURN_IF_ERROR(AppendObject(TextsAt(args[0], row), &text));
    } else {
      RETURN_IF_ERROR(AppendObjectOfTwo(TextsAt(args[0], row), TextsAt(args[1], row), &text));
    }
    if (kIsJsonb) return json::Normalize(text, context.arena);
    return context.arena->Copy(text);
  });
}

constexpr KernelEntry kKernels[] = {
    {"json_extract_path", &ExtractPath<false>},
    {"json_extract_path_text", &ExtractPath<true>},
    {"jsonb_extract_path", &ExtractPath<false>},
    {"jsonb_extract_path_text", &ExtractPath<true>},
    {"jsonb_exists_any", &HasKeys<false>},
    {"jsonb_exists_all", &HasKeys<true>},
    {"jsonb_set", &ChangePath<Change::kReplace, Change::kCreate>},
    {"jsonb_insert", &ChangePath<Change::kInsertBefore, Change::kInsertAfter>},
    {"jsonb_set_lax", &SetLax},
    {"jsonb_delete_path", &DeletePath},
    {"jsonb_delete_array", &DeleteArray},
    {"json_object", &Object<false>},
    {"json_object_two_arg", &Object<false>},
    {"jsonb_object", &Object<true>},
    {"jsonb_object_two_arg", &Object<true>},
};

}  // namespace

std::span<const KernelEntry> JsonKeyPathKernels() { return kKernels; }

}  // namespace shale::sql
