#include "sql/expr/type_marks.h"

#include <algorithm>

#include "catalog/types/user_type.h"
#include "sql/parse/deparse.h"

namespace shale::sql {
namespace {

using catalog::FormatSettings;
using catalog::Oid;

bool HasMark(std::string_view text) { return text.find(catalog::kMark) != text.npos; }

std::string TypeText(Oid type, const FormatSettings& settings) {
  std::string name;
  const bool is_known = settings.object_names != nullptr &&
                        settings.object_names->AppendName(catalog::type_oid::kRegtype, type, &name);
  return is_known ? name : "???";
}

std::string LabelText(const catalog::Mark& mark, const FormatSettings& settings) {
  std::string label;
  catalog::AppendText({mark.type, -1}, catalog::Datum::Bytes(*mark.key), settings, &label);
  return label;
}

// Each mark by itself; the quotes around a type's go with it.
void AppendSpelled(std::string_view text, const FormatSettings& settings, std::string* out) {
  while (!text.empty()) {
    const size_t at = std::min(text.find(catalog::kMark), text.size());
    out->append(text.substr(0, at));
    text.remove_prefix(at);
    const std::optional<catalog::Mark> mark = catalog::ReadMark(text);
    if (!mark.has_value() || catalog::FindRegisteredType(mark->type) == nullptr) {
      out->append(text.substr(0, 1));
      text.remove_prefix(std::min<size_t>(1, text.size()));
      continue;
    }
    text.remove_prefix(mark->length);
    if (mark->key.has_value()) {
      out->append(LabelText(*mark, settings));
      continue;
    }
    if (out->ends_with('"') && text.starts_with('"')) {
      out->pop_back();
      text.remove_prefix(1);
    }
    out->append(TypeText(mark->type, settings));
  }
}

// Behind the literal that begins at the quote.
size_t EndOfLiteral(std::string_view text, size_t quote) {
  size_t at = quote + 1;
  while (at < text.size() && (text[at] != '\'' || text.substr(at, 2) == "''")) {
    at += text[at] == '\'' ? 2 : 1;
  }
  return std::min(at + 1, text.size());
}

std::string Unquoted(std::string_view literal) {
  std::string text;
  for (size_t i = 1; i + 1 < literal.size(); ++i) {
    text.push_back(literal[i]);
    if (literal[i] == '\'') ++i;
  }
  return text;
}

// The type of the cast ::"\x01OID" or ::"\x01OID"[] that the text begins with; kInvalidOid: none.
Oid TypeOfCast(std::string_view text) {
  constexpr std::string_view kCast = "::\"";
  if (!text.starts_with(kCast)) return catalog::kInvalidOid;
  text.remove_prefix(kCast.size());
  const size_t end = text.find('"');
  if (end == text.npos) return catalog::kInvalidOid;
  const Oid type = catalog::TypeOfMark(text.substr(0, end));
  return text.substr(end + 1).starts_with("[]") ? catalog::ArrayOf(type) : type;
}

// A literal with marks in it that is cast to its type: an array's elements are quoted as their
// labels need it.
bool AppendLiteral(std::string_view literal, std::string_view behind,
                   const FormatSettings& settings, std::string* out) {
  const Oid type = HasMark(literal) ? TypeOfCast(behind) : catalog::kInvalidOid;
  if (type == catalog::kInvalidOid) return false;
  Arena arena;
  const auto value = catalog::ParseText({type, -1}, Unquoted(literal), settings, &arena);
  if (!value.ok()) return false;
  std::string text;
  catalog::AppendText({type, -1}, *value, settings, &text);
  *out += QuoteLiteral(text);
  return true;
}

}  // namespace

std::string SpellOut(std::string_view text, const FormatSettings& settings) {
  if (!HasMark(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const size_t quote = std::min(text.find('\''), text.size());
    AppendSpelled(text.substr(0, quote), settings, &out);
    text.remove_prefix(quote);
    if (text.empty()) break;
    const size_t end = EndOfLiteral(text, 0);
    const std::string_view literal = text.substr(0, end);
    if (!AppendLiteral(literal, text.substr(end), settings, &out)) {
      AppendSpelled(literal, settings, &out);
    }
    text.remove_prefix(end);
  }
  return out;
}

void SpellOut(ErrorFields* fields, const FormatSettings& settings) {
  for (std::string* text :
       {&fields->message, &fields->detail, &fields->hint, &fields->context, &fields->data_type}) {
    if (HasMark(*text)) *text = SpellOut(*text, settings);
  }
}

void SpellOut(Status* status, const FormatSettings& settings) {
  if (status->ok()) return;
  const ErrorFields& fields = status->error();
  if (!HasMark(fields.message) && !HasMark(fields.detail) && !HasMark(fields.hint) &&
      !HasMark(fields.context) && !HasMark(fields.data_type)) {
    return;
  }
  ErrorFields spelled = fields;
  SpellOut(&spelled, settings);
  *status = Status(std::move(spelled));
}

}  // namespace shale::sql
