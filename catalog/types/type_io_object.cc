#include <charconv>

#include "catalog/types/type_io_internal.h"

namespace shale::catalog::type_io {

Result<uint32_t> ParseObject(Type type, std::string_view text) {
  if (text == "-") return uint32_t{kInvalidOid};
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
    return ParseOid(text);
  }
  if (type.oid == type_oid::kRegtype) {
    std::string_view name = text;
    if (name.starts_with("pg_catalog.")) name.remove_prefix(11);
    std::string lower;
    for (char c : name) lower.push_back(ToLower(c));
    // Quotes keep "char" apart from char, which SQL spells character.
    const TypeInfo* found = lower == "char" ? FindType(type_oid::kBpchar) : FindTypeByName(lower);
    if (lower == "\"char\"") found = FindType(type_oid::kChar);
    if (found != nullptr) return found->oid;
    return Error(sqlstate::kUndefinedObject, "type \"{}\" does not exist", text);
  }
  return NotSupported(std::string("text input of type ")
                          .append(GetType(type.oid).name)
                          .append(" by name outside of a query"));
}

void AppendObject(Type type, uint32_t oid, const FormatSettings& settings, std::string* out) {
  if (oid == kInvalidOid) {
    out->push_back('-');
    return;
  }
  if (type.oid == type_oid::kRegtype && oid < kFirstUserOid) {
    if (const TypeInfo* info = FindType(oid)) {
      out->append(info->display_name);
      return;
    }
  }
  if (settings.object_names != nullptr && settings.object_names->AppendName(type.oid, oid, out)) {
    return;
  }
  AppendInteger(oid, out);
}

}  // namespace shale::catalog::type_io
