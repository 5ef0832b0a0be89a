// Operators and functions of json and jsonb; catalog/types/json.h walks the texts.
#include <algorithm>

#include "catalog/types/json.h"
#include "sql/expr/errors.h"
#include "sql/expr/json_build.h"
#include "sql/expr/json_record.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;
using kernels::Store;
namespace json = catalog::json;

// --- Access: -> and ->>.

template <typename Key>
std::optional<std::string_view> Get(std::string_view text, Key key) {
  if constexpr (std::is_same_v<Key, std::string_view>) {
    return json::GetField(text, key);
  } else {
    return json::GetElement(text, key);
  }
}

// A scalar of jsonb counts as an array of one element here; one of json does not.
std::optional<std::string_view> JsonbElement(std::string_view text, int32_t index) {
  const bool is_scalar = !text.starts_with('[') && !text.starts_with('{');
  if (!is_scalar) return Get<int32_t>(text, index);
  return index == 0 || index == -1 ? std::optional(text) : std::nullopt;
}

template <typename Key, std::optional<std::string_view> (*kGet)(std::string_view, Key) = &Get<Key>>
Status GetJson(EvalContext&, std::string_view text, Key key, std::string_view* out, bool* is_null) {
  std::optional<std::string_view> found = kGet(text, key);
  *is_null = !found.has_value();
  if (found.has_value()) *out = *found;
  return Status::Ok();
}

template <typename Key, std::optional<std::string_view> (*kGet)(std::string_view, Key) = &Get<Key>>
Status GetText(EvalContext& context, std::string_view text, Key key, std::string_view* out,
               bool* is_null) {
  std::optional<std::string_view> found = kGet(text, key);
  std::optional<std::string> plain;
  if (found.has_value()) plain = json::ToText(*found);
  *is_null = !plain.has_value();
  if (plain.has_value()) *out = context.arena->Copy(*plain);
  return Status::Ok();
}

// --- Questions.

bool Contained(std::string_view a, std::string_view b) { return json::Contains(b, a); }

Status TypeName(EvalContext&, std::string_view text, std::string_view* out) {
  *out = json::KindName(json::KindOf(text));
  return Status::Ok();
}

Status ArrayLength(EvalContext&, std::string_view text, int32_t* out) {
  switch (json::KindOf(text)) {
    case json::Kind::kArray:
      *out = static_cast<int32_t>(json::Elements(text).size());
      return Status::Ok();
    case json::Kind::kObject:
      return Error(sqlstate::kInvalidParameterValue, "cannot get array length of a non-array");
    default:
      return Error(sqlstate::kInvalidParameterValue, "cannot get array length of a scalar");
  }
}

// --- Changing jsonb.

Status Normalized(EvalContext& context, const std::string& text, std::string_view* out) {
  return Store(json::Normalize(text, context.arena), out);
}

std::string_view Inside(std::string_view container) {
  container.remove_prefix(1);
  container.remove_suffix(1);
  return container;
}

// Objects unite, the right one's members first among equals; else both become arrays.
Status Concatenate(EvalContext& context, std::string_view a, std::string_view b,
                   std::string_view* out) {
  json::Kind left = json::KindOf(a);
  json::Kind right = json::KindOf(b);
  bool objects = left == json::Kind::kObject && right == json::Kind::kObject;
  auto inside = [&](std::string_view text, json::Kind kind) {
    return objects || kind == json::Kind::kArray ? Inside(text) : text;
  };
  std::string_view first = inside(a, left);
  std::string_view second = inside(b, right);
  std::string joined(objects ? "{" : "[");
  joined += first;
  if (!first.empty() && !second.empty()) joined += ", ";
  joined += second;
  joined += objects ? "}" : "]";
  return Normalized(context, joined, out);
}

void AppendMember(const json::Member& member, std::string* out) {
  if (out->size() > 1) *out += ", ";
  json::AppendString(member.key, out);
  *out += ": ";
  *out += member.value;
}
void AppendElement(std::string_view element, std::string* out) {
  if (out->size() > 1) *out += ", ";
  *out += element;
}

// jsonb - text: a key of an object, or equal strings of an array.
Status Delete(EvalContext& context, std::string_view text, std::string_view key,
              std::string_view* out) {
  std::string kept;
  switch (json::KindOf(text)) {
    case json::Kind::kObject:
      kept = "{";
      for (const json::Member& member : json::Members(text)) {
        if (member.key != key) AppendMember(member, &kept);
      }
      kept += '}';
      break;
    case json::Kind::kArray:
      kept = "[";
      for (std::string_view element : json::Elements(text)) {
        bool same = json::KindOf(element) == json::Kind::kString && json::ToText(element) == key;
        if (!same) AppendElement(element, &kept);
      }
      kept += ']';
      break;
    default:
      return Error(sqlstate::kInvalidParameterValue, "cannot delete from scalar");
  }
  *out = context.arena->Copy(kept);
  return Status::Ok();
}

Status DeleteIndex(EvalContext& context, std::string_view text, int32_t index,
                   std::string_view* out) {
  switch (json::KindOf(text)) {
    case json::Kind::kArray:
      break;
    case json::Kind::kObject:
      return Error(sqlstate::kInvalidParameterValue,
                   "cannot delete from object using integer index");
    default:
      return Error(sqlstate::kInvalidParameterValue, "cannot delete from scalar");
  }
  std::vector<std::string_view> elements = json::Elements(text);
  int64_t wanted = index < 0 ? static_cast<int64_t>(elements.size()) + index : index;
  std::string kept = "[";
  for (size_t i = 0; i < elements.size(); ++i) {
    if (static_cast<int64_t>(i) != wanted) AppendElement(elements[i], &kept);
  }
  kept += ']';
  *out = context.arena->Copy(kept);
  return Status::Ok();
}

void AppendWithoutNulls(std::string_view text, std::string* out) {
  switch (json::KindOf(text)) {
    case json::Kind::kObject: {
      *out += '{';
      bool first = true;
      for (const json::Member& member : json::Members(text)) {
        if (json::KindOf(member.value) == json::Kind::kNull) continue;
        if (!first) *out += ',';
        first = false;
        json::AppendString(member.key, out);
        *out += ':';
        AppendWithoutNulls(member.value, out);
      }
      *out += '}';
      return;
    }
    case json::Kind::kArray: {
      *out += '[';
      bool first = true;
      for (std::string_view element : json::Elements(text)) {
        if (!first) *out += ',';
        first = false;
        AppendWithoutNulls(element, out);
      }
      *out += ']';
      return;
    }
    default:
      *out += text;
  }
}
Status StripNulls(EvalContext& context, std::string_view text, std::string_view* out) {
  std::string stripped;
  AppendWithoutNulls(text, &stripped);
  *out = context.arena->Copy(stripped);
  return Status::Ok();
}
Status StripNullsBinary(EvalContext& context, std::string_view text, std::string_view* out) {
  std::string stripped;
  AppendWithoutNulls(text, &stripped);
  return Normalized(context, stripped, out);
}

Status Pretty(EvalContext& context, std::string_view text, std::string_view* out) {
  std::string pretty;
  json::AppendPretty(text, &pretty);
  *out = context.arena->Copy(pretty);
  return Status::Ok();
}

// --- Building. The jsonb forms are the json ones normalized.

enum class Form : uint8_t { kJson, kJsonb };

template <Form kForm>
Status Give(EvalContext& context, const std::string& text, std::string_view* out) {
  if constexpr (kForm == Form::kJsonb) return Normalized(context, text, out);
  *out = context.arena->Copy(text);
  return Status::Ok();
}

template <Form kForm>
Status FromValue(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  std::string text;
  for (uint32_t i = 0; i < rows.count; ++i) {
    text.clear();
    RETURN_IF_ERROR(AppendJson(context, args[0], rows[i], &text));
    RETURN_IF_ERROR(Give<kForm>(context, text, &out->values<std::string_view>()[rows[i]]));
  }
  return Status::Ok();
}

template <Form kForm>
Status BuildArray(EvalContext& context, const Vector* args, size_t count, RowSet rows,
                  Vector* out) {
  std::string text;
  for (uint32_t i = 0; i < rows.count; ++i) {
    text = "[";
    for (size_t a = 0; a < count; ++a) {
      if (a > 0) text += ", ";
      RETURN_IF_ERROR(AppendJson(context, args[a], rows[i], &text));
    }
    text += ']';
    RETURN_IF_ERROR(Give<kForm>(context, text, &out->values<std::string_view>()[rows[i]]));
  }
  return Status::Ok();
}

template <Form kForm>
Status BuildObject(EvalContext& context, const Vector* args, size_t count, RowSet rows,
                   Vector* out) {
  if (count % 2 != 0) {
    return Error(sqlstate::kInvalidParameterValue,
                 "argument list must have even number of elements")
        .Hint(fmt::format("The arguments of {}() must consist of alternating keys and values.",
                          kForm == Form::kJson ? "json_build_object" : "jsonb_build_object"));
  }
  std::string text;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    text = "{";
    for (size_t a = 0; a < count; a += 2) {
      if (args[a].IsNull(row)) {
        if (kForm == Form::kJsonb) {
          return Error(sqlstate::kInvalidParameterValue, "argument {}: key must not be null",
                       a + 1);
        }
        return Error(sqlstate::kInvalidParameterValue, "argument {} cannot be null", a + 1)
            .Hint("Object keys should be text.");
      }
      if (a > 0) text += ", ";
      RETURN_IF_ERROR(AppendJsonKey(context, args[a], row, &text));
      text += " : ";
      RETURN_IF_ERROR(AppendJson(context, args[a + 1], row, &text));
    }
    text += '}';
    RETURN_IF_ERROR(Give<kForm>(context, text, &out->values<std::string_view>()[row]));
  }
  return Status::Ok();
}

// json_populate_record(base, object): a value of the base's composite type.
Status PopulateRecord(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  const catalog::Type type = catalog::BaseOf(out->type());
  if (!catalog::IsComposite(type.oid)) {
    return Error(sqlstate::kDatatypeMismatch,
                 "first argument of {}_populate_record must be a row type",
                 args[1].type().oid == catalog::type_oid::kJson ? "json" : "jsonb");
  }
  JsonRecordReader reader(*context.settings, context.arena);
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    std::optional<std::string_view> base;
    if (!args[0].IsNull(row)) base = args[0].at<std::string_view>(row);
    if (!args[1].IsNull(row)) {
      ASSIGN_OR_RETURN(const std::string_view record,
                       reader.Populate(type, args[1].at<std::string_view>(row), base));
      const catalog::Datum datum = catalog::Datum::Bytes(record);
      RETURN_IF_ERROR(catalog::CheckDomain(out->type(), &datum, *context.settings));
      out->SetDatum(row, datum);
    } else if (base.has_value()) {
      out->SetDatum(row, catalog::Datum::Bytes(*base));
    } else {
      out->SetNull(row, context.arena);
    }
  }
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"json_populate_record", &PopulateRecord},
    {"jsonb_populate_record", &PopulateRecord},
    {"json_object_field", Of<&GetJson<std::string_view>>},
    {"json_object_field_text", Of<&GetText<std::string_view>>},
    {"json_array_element", Of<&GetJson<int32_t>>},
    {"json_array_element_text", Of<&GetText<int32_t>>},
    {"jsonb_object_field", Of<&GetJson<std::string_view>>},
    {"jsonb_object_field_text", Of<&GetText<std::string_view>>},
    {"jsonb_array_element", Of<&GetJson<int32_t, &JsonbElement>>},
    {"jsonb_array_element_text", Of<&GetText<int32_t, &JsonbElement>>},
    {"jsonb_contains", Of<&json::Contains>},
    {"jsonb_contained", Of<&Contained>},
    {"jsonb_exists", Of<&json::HasKey>},
    {"json_typeof", Of<&TypeName>},
    {"jsonb_typeof", Of<&TypeName>},
    {"json_array_length", Of<&ArrayLength>},
    {"jsonb_array_length", Of<&ArrayLength>},
    {"jsonb_concat", Of<&Concatenate>},
    {"jsonb_delete", Of<&Delete>},
    {"jsonb_delete_idx", Of<&DeleteIndex>},
    {"json_strip_nulls", Of<&StripNulls>},
    {"jsonb_strip_nulls", Of<&StripNullsBinary>},
    {"jsonb_pretty", Of<&Pretty>},
    {"to_json", &FromValue<Form::kJson>},
    {"to_jsonb", &FromValue<Form::kJsonb>},
    {"json_build_array", &BuildArray<Form::kJson>},
    {"json_build_array_noargs", &BuildArray<Form::kJson>},
    {"jsonb_build_array", &BuildArray<Form::kJsonb>},
    {"jsonb_build_array_noargs", &BuildArray<Form::kJsonb>},
    {"json_build_object", &BuildObject<Form::kJson>},
    {"json_build_object_noargs", &BuildObject<Form::kJson>},
    {"jsonb_build_object", &BuildObject<Form::kJsonb>},
    {"jsonb_build_object_noargs", &BuildObject<Form::kJsonb>},
};

}  // namespace

std::span<const KernelEntry> JsonKernels() { return kKernels; }

}  // namespace shale::sql
