// Rows from JSON: the elements of arrays, the members of objects, records of given columns.
#include "catalog/types/json.h"
#include "catalog/types/record.h"
#include "sql/expr/json_record.h"
#include "sql/expr/set_function.h"

namespace shale::sql {
namespace {

namespace json = catalog::json;
namespace type_oid = catalog::type_oid;
using catalog::Datum;
using SetCallPtr = Result<std::unique_ptr<SetCall>>;

Status Refuse(std::string_view message) {
  return Error(sqlstate::kInvalidParameterValue, "{}", message);
}

// --- json_array_elements and its kin.

template <bool kAsText>
class ElementsCall : public SetCall {
 public:
  explicit ElementsCall(std::string_view array) : elements_(json::Elements(array)) {}
  Result<bool> Next(Datum* values, bool* nulls) override {
    if (next_ == elements_.size()) return false;
    const std::string_view element = elements_[next_++];
    nulls[0] = false;
    values[0] = Datum::Bytes(element);
    if constexpr (kAsText) {
      std::optional<std::string> text = json::ToText(element);
      nulls[0] = !text.has_value();
      text_ = std::move(text).value_or("");
      values[0] = Datum::Bytes(text_);
    }
    return true;
  }

 private:
  std::vector<std::string_view> elements_;
  size_t next_ = 0;
  std::string text_;
};

template <bool kAsText>
SetCallPtr JsonElements(EvalContext&, std::span<const catalog::Value> args,
                        std::span<const catalog::Type>) {
  const std::string_view text = args[0].datum().bytes;
  constexpr std::string_view kName = kAsText ? "json_array_elements_text" : "json_array_elements";
  switch (json::KindOf(text)) {
    case json::Kind::kArray:
      return MakeSetCall<ElementsCall<kAsText>>(text);
    case json::Kind::kObject:
      return Refuse(fmt::format("cannot call {} on a non-array", kName));
    default:
      return Refuse(fmt::format("cannot call {} on a scalar", kName));
  }
}

template <bool kAsText>
SetCallPtr JsonbElements(EvalContext&, std::span<const catalog::Value> args,
                         std::span<const catalog::Type>) {
  const std::string_view text = args[0].datum().bytes;
  switch (json::KindOf(text)) {
    case json::Kind::kArray:
      return MakeSetCall<ElementsCall<kAsText>>(text);
    case json::Kind::kObject:
      return Refuse("cannot extract elements from an object");
    default:
      return Refuse("cannot extract elements from a scalar");
  }
}

// --- json_each, json_object_keys and their kin.

enum class Parts : uint8_t { kKeys, kValues, kTexts };

template <Parts kParts>
class MembersCall : public SetCall {
 public:
  explicit MembersCall(std::string_view object) : members_(json::Members(object)) {}
  Result<bool> Next(Datum* values, bool* nulls) override {
    if (next_ == members_.size()) return false;
    const json::Member& member = members_[next_++];
    values[0] = Datum::Bytes(member.key);
    nulls[0] = false;
    if constexpr (kParts == Parts::kValues) {
      values[1] = Datum::Bytes(member.value);
      nulls[1] = false;
    } else if constexpr (kParts == Parts::kTexts) {
      std::optional<std::string> text = json::ToText(member.value);
      nulls[1] = !text.has_value();
      text_ = std::move(text).value_or("");
      values[1] = Datum::Bytes(text_);
    }
    return true;
  }

 private:
  std::vector<json::Member> members_;
  size_t next_ = 0;
  std::string text_;
};

template <Parts kParts>
SetCallPtr JsonMembers(EvalContext&, std::span<const catalog::Value> args,
                       std::span<const catalog::Type>) {
  const std::string_view text = args[0].datum().bytes;
  constexpr bool kIsKeys = kParts == Parts::kKeys;
  switch (json::KindOf(text)) {
    case json::Kind::kObject:
      return MakeSetCall<MembersCall<kParts>>(text);
    case json::Kind::kArray:
      return Refuse(kIsKeys ? "cannot call json_object_keys on an array"
                            : "cannot deconstruct an array as an object");
    default:
      return Refuse(kIsKeys ? "cannot call json_object_keys on a scalar"
                            : "cannot deconstruct a scalar");
  }
}

template <Parts kParts>
SetCallPtr JsonbMembers(EvalContext&, std::span<const catalog::Value> args,
                        std::span<const catalog::Type>) {
  const std::string_view text = args[0].datum().bytes;
  const json::Kind kind = json::KindOf(text);
  if (kind == json::Kind::kObject) return MakeSetCall<MembersCall<kParts>>(text);
  if constexpr (kParts == Parts::kKeys) {
    return Refuse(kind == json::Kind::kArray ? "cannot call jsonb_object_keys on an array"
                                             : "cannot call jsonb_object_keys on a scalar");
  }
  return Refuse(fmt::format("cannot call {} on a non-object",
                            kParts == Parts::kValues ? "jsonb_each" : "jsonb_each_text"));
}

// --- json_to_record, json_to_recordset.

class RecordCall : public SetCall {
 public:
  // base: a record whose fields stand for members that are missing; empty: NULL does.
  RecordCall(const EvalContext& context, std::vector<std::string_view> objects,
             std::span<const catalog::Type> types, std::span<const std::string> names,
             std::string_view base = {})
      : settings_(*context.settings),
        objects_(std::move(objects)),
        types_(types.begin(), types.end()),
        names_(names.begin(), names.end()),
        base_(base) {}

  Result<bool> Next(Datum* values, bool* nulls) override {
    if (next_ == objects_.size()) return false;
    arena_.Reset();
    JsonRecordReader reader(settings_, &arena_);
    catalog::RecordReader base(base_);
    const std::string_view object = objects_[next_++];
    for (size_t i = 0; i < types_.size(); ++i) {
      catalog::RecordField given;
      const bool has_base = base.Next(&given) && !given.is_null;
      const std::optional<std::string_view> field = json::GetField(object, names_[i]);
      nulls[i] = field.has_value() ? json::KindOf(*field) == json::Kind::kNull : !has_base;
      if (nulls[i]) {
        RETURN_IF_ERROR(reader.CheckNull(types_[i]));
      } else if (field.has_value()) {
        ASSIGN_OR_RETURN(values[i], reader.Convert(*field, types_[i], names_[i]));
      } else {
        values[i] = given.datum;
      }
    }
    return true;
  }

 private:
  const catalog::FormatSettings& settings_;
  std::vector<std::string_view> objects_;
  std::vector<catalog::Type> types_;
  std::vector<std::string> names_;
  std::string_view base_;
  size_t next_ = 0;
  Arena arena_;
};

SetCallPtr ToRecord(EvalContext& context, std::span<const catalog::Value> args,
                    std::span<const catalog::Type> types, std::span<const std::string> names) {
  const std::string_view text = args[0].datum().bytes;
  const bool is_json = args[0].type().oid == type_oid::kJson;
  if (json::KindOf(text) != json::Kind::kObject) {
    const bool is_array = json::KindOf(text) == json::Kind::kArray;
    return Refuse(fmt::format("cannot call {} on {}",
                              is_json ? "json_to_record" : "jsonb_to_record",
                              is_array ? "an array" : "a scalar"));
  }
  return MakeSetCall<RecordCall>(context, std::vector<std::string_view>{text}, types, names);
}

// The objects of an array, for the function of the name.
Result<std::vector<std::string_view>> ObjectsOf(std::string_view text, std::string_view name) {
  const json::Kind kind = json::KindOf(text);
  if (kind != json::Kind::kArray) {
    return Refuse(fmt::format("cannot call {} on {}", name,
                              name.starts_with("jsonb")     ? "a non-array"
                              : kind == json::Kind::kObject ? "an object"
                                                            : "a scalar"));
  }
  std::vector<std::string_view> objects = json::Elements(text);
  for (std::string_view object : objects) {
    if (json::KindOf(object) == json::Kind::kObject) continue;
    return Refuse(fmt::format("argument of {} must be an array of objects", name));
  }
  return objects;
}

SetCallPtr ToRecordset(EvalContext& context, std::span<const catalog::Value> args,
                       std::span<const catalog::Type> types, std::span<const std::string> names) {
  const bool is_json = args[0].type().oid == type_oid::kJson;
  ASSIGN_OR_RETURN(
      std::vector<std::string_view> objects,
      ObjectsOf(args[0].datum().bytes, is_json ? "json_to_recordset" : "jsonb_to_recordset"));
  return MakeSetCall<RecordCall>(context, std::move(objects), types, names);
}

// --- json_populate_recordset(base, array): rows of the base's composite type.

SetCallPtr PopulateRecordset(EvalContext& context, std::span<const catalog::Value> args,
                             std::span<const catalog::Type> types,
                             std::span<const std::string> names) {
  if (args[1].is_null()) {
    return MakeSetCall<RecordCall>(context, std::vector<std::string_view>(), types, names);
  }
  const bool is_json = args[1].type().oid == type_oid::kJson;
  const std::string_view name = is_json ? "json_populate_recordset" : "jsonb_populate_recordset";
  if (!catalog::IsComposite(catalog::BaseOf(args[0].type().oid))) {
    return Error(sqlstate::kDatatypeMismatch, "first argument of {} must be a row type", name);
  }
  if (!catalog::IsComposite(args[0].type().oid)) {
    return NotSupported(fmt::format("{} of a domain", name));
  }
  ASSIGN_OR_RETURN(std::vector<std::string_view> objects, ObjectsOf(args[1].datum().bytes, name));
  const std::string_view base = args[0].is_null() ? std::string_view() : args[0].datum().bytes;
  return MakeSetCall<RecordCall>(context, std::move(objects), types, names, base);
}

SetFunction ElementsOf(catalog::Oid oid, std::string_view name, catalog::Oid from, catalog::Oid to,
                       decltype(SetFunction::start) start) {
  return {.oid = oid,
          .name = name,
          .args = {from},
          .result = to,
          .columns = {{"value", to}},
          .start = start};
}

SetFunction EachOf(catalog::Oid oid, std::string_view name, catalog::Oid from, catalog::Oid to,
                   decltype(SetFunction::start) start) {
  return {.oid = oid,
          .name = name,
          .args = {from},
          .result = type_oid::kRecord,
          .columns = {{"key", type_oid::kText}, {"value", to}},
          .start = start};
}

SetFunction KeysOf(catalog::Oid oid, std::string_view name, catalog::Oid from,
                   decltype(SetFunction::start) start) {
  return {.oid = oid, .name = name, .args = {from}, .result = type_oid::kText, .start = start};
}

SetFunction RecordOf(catalog::Oid oid, std::string_view name, catalog::Oid from,
                     decltype(SetFunction::start_named) start) {
  return {.oid = oid,
          .name = name,
          .args = {from},
          .result = type_oid::kRecord,
          .volatility = Volatility::kStable,
          .start_named = start};
}

SetFunction PopulateOf(catalog::Oid oid, std::string_view name, catalog::Oid from) {
  return {.oid = oid,
          .name = name,
          .args = {type_oid::kAnyelement, from},
          .result = type_oid::kAnyelement,
          .strict = false,
          .volatility = Volatility::kStable,
          .start_named = &PopulateRecordset};
}

}  // namespace

std::span<const SetFunction> JsonSetFunctions() {
  constexpr catalog::Oid kJson = type_oid::kJson;
  constexpr catalog::Oid kJsonb = type_oid::kJsonb;
  constexpr catalog::Oid kText = type_oid::kText;
  static const auto* functions = new std::vector<SetFunction>{
      ElementsOf(3955, "json_array_elements", kJson, kJson, &JsonElements<false>),
      ElementsOf(3969, "json_array_elements_text", kJson, kText, &JsonElements<true>),
      ElementsOf(3219, "jsonb_array_elements", kJsonb, kJsonb, &JsonbElements<false>),
      ElementsOf(3465, "jsonb_array_elements_text", kJsonb, kText, &JsonbElements<true>),
      EachOf(3958, "json_each", kJson, kJson, &JsonMembers<Parts::kValues>),
      EachOf(3959, "json_each_text", kJson, kText, &JsonMembers<Parts::kTexts>),
      EachOf(3208, "jsonb_each", kJsonb, kJsonb, &JsonbMembers<Parts::kValues>),
      EachOf(3932, "jsonb_each_text", kJsonb, kText, &JsonbMembers<Parts::kTexts>),
      KeysOf(3957, "json_object_keys", kJson, &JsonMembers<Parts::kKeys>),
      KeysOf(3931, "jsonb_object_keys", kJsonb, &JsonbMembers<Parts::kKeys>),
      RecordOf(3204, "json_to_record", kJson, &ToRecord),
      RecordOf(3490, "jsonb_to_record", kJsonb, &ToRecord),
      RecordOf(3205, "json_to_recordset", kJson, &ToRecordset),
      RecordOf(3491, "jsonb_to_recordset", kJsonb, &ToRecordset),
      PopulateOf(3961, "json_populate_recordset", kJson),
      PopulateOf(3475, "jsonb_populate_recordset", kJsonb),
  };
  return *functions;
}

}  // namespace shale::sql
