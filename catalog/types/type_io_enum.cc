// Enums: by their labels where names are at hand, else by their keys.
#include "catalog/types/type_io_internal.h"
#include "catalog/types/user_type.h"

namespace shale::catalog::type_io {
namespace {

Status InvalidLabel(Type type, std::string_view text) {
  return Error(sqlstate::kInvalidTextRepresentation, "invalid input value for enum {}: \"{}\"",
               FormatType(type), text);
}

const TypeDesc* NamedBy(const FormatSettings& settings, Oid type) {
  return settings.object_names != nullptr ? settings.object_names->FindUserType(type) : nullptr;
}

Result<Datum> Use(const TypeDesc& type, const EnumLabel& label, const FormatSettings& settings,
                  Arena* arena) {
  RETURN_IF_ERROR(CheckLabelUse(type, label, settings));
  return Datum::Bytes(arena->Copy(label.key));
}

// A key comes from whoever writes a mark: it must be one of the type's.
Result<Datum> FromKey(Type type, std::string_view key, std::string_view text,
                      const FormatSettings& settings, Arena* arena) {
  const TypeDesc* known = NamedBy(settings, type.oid);
  const bool fits = known != nullptr ? known->labels.OfKey(key) != nullptr : IsEnumKey(key);
  if (!fits) return InvalidLabel(type, text);
  return Datum::Bytes(arena->Copy(key));
}

}  // namespace

Result<Datum> ParseEnumText(Type type, std::string_view text, const FormatSettings& settings,
                            Arena* arena) {
  const TypeDesc* known = NamedBy(settings, type.oid);
  if (known != nullptr) {
    if (const EnumLabel* label = known->labels.Find(text)) {
      return Use(*known, *label, settings, arena);
    }
  }
  const std::optional<Mark> mark = ReadMark(text);
  const bool is_mark = mark.has_value() && mark->key.has_value() && mark->type == type.oid &&
                       mark->length == text.size();
  if (is_mark) return FromKey(type, *mark->key, text, settings, arena);
  return InvalidLabel(type, text);
}

Result<Datum> ParseEnumBinary(Type type, std::string_view bytes, const FormatSettings& settings,
                              Arena* arena) {
  if (settings.object_names == nullptr) return FromKey(type, bytes, "", settings, arena);
  return ParseEnumText(type, bytes, settings, arena);
}

void AppendEnumText(Type type, std::string_view key, const FormatSettings& settings,
                    std::string* out) {
  const TypeDesc* known = NamedBy(settings, type.oid);
  const EnumLabel* label = known != nullptr ? known->labels.OfKey(key) : nullptr;
  if (label != nullptr) {
    out->append(label->name);
  } else {
    AppendValueMark(type.oid, key, out);
  }
}

void AppendEnumBinary(Type type, std::string_view key, const FormatSettings& settings,
                      std::string* out) {
  if (settings.object_names == nullptr) {
    out->append(key);
  } else {
    AppendEnumText(type, key, settings, out);
  }
}

}  // namespace shale::catalog::type_io
