#include "sql/bind/resolve_regclass.h"

#include <charconv>
#include <string>
#include <vector>

#include "sql/bind/resolve_name.h"
#include "sql/parse/ast_expr.h"
#include "sql/parse/parser.h"

namespace shale::sql {

namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

// The parts of a dotted name, with SQL's quoting and case folding; empty where it is none.
std::vector<std::string> SplitName(std::string_view text) {
  std::vector<std::string> parts;
  size_t i = 0;
  auto skip_spaces = [&] {
    while (i < text.size() && IsSpace(text[i])) ++i;
  };
  while (true) {
    skip_spaces();
    std::string part;
    if (i < text.size() && text[i] == '"') {
      for (++i;; ++i) {
        if (i >= text.size()) return {};
        if (text[i] == '"') {
          if (i + 1 >= text.size() || text[i + 1] != '"') break;
          ++i;
        }
        part += text[i];
      }
      ++i;
    } else {
      for (; i < text.size() && text[i] != '.' && !IsSpace(text[i]); ++i) {
        char c = text[i];
        if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
        part += c;
      }
    }
    if (part.empty()) return {};
    parts.push_back(std::move(part));
    skip_spaces();
    if (i == text.size()) return parts;
    if (text[i] != '.') return {};
    ++i;
  }
}

}  // namespace

Result<catalog::Oid> ResolveRegclassText(const BindContext& context, std::string_view text) {
  if (text == "-") return catalog::kInvalidOid;
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') {
    uint32_t oid = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), oid);
    if (error == std::errc() && end == text.data() + text.size()) return oid;
  }
  std::vector<std::string> parts = SplitName(text);
  if (parts.empty()) return Error(sqlstate::kInvalidName, "invalid name syntax");
  if (parts.size() == 3 && parts[0] == context.catalog->database_name()) {
    parts.erase(parts.begin());
  }
  if (parts.size() > 2) {
    return Error(sqlstate::kFeatureNotSupported,
                 "cross-database references are not implemented: \"{}\"", text);
  }
  const std::string& name = parts.back();
  std::string_view schema;
  if (parts.size() == 2) {
    schema = parts[0];
    if (FindSchema(context, schema) == nullptr) {
      return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", schema);
    }
  }
  catalog::Oid oid = FindRelationOid(context, schema, name);
  if (oid == catalog::kInvalidOid) {
    return schema.empty() ? Error(sqlstate::kUndefinedTable, "relation \"{}\" does not exist", name)
                          : Error(sqlstate::kUndefinedTable, "relation \"{}.{}\" does not exist",
                                  schema, name);
  }
  NoteName(context, schema, name, oid);
  return oid;
}

// The grammar knows how types may be written.
Result<catalog::Oid> ResolveRegtypeText(const BindContext& context, std::string_view text) {
  const Result<ParsedExpression> parsed = ParseExpression(fmt::format("NULL::{}", text));
  const auto* cast = parsed.ok() ? ast::Cast<ast::CastExpr>(parsed->expression) : nullptr;
  if (cast == nullptr || ast::Cast<ast::Literal>(cast->argument) == nullptr) {
    return Error(sqlstate::kSyntaxError, "invalid type name \"{}\"", text);
  }
  ast::TypeName name = *cast->type;
  name.location = name.name.location = ast::kNoLocation;
  ASSIGN_OR_RETURN(catalog::Type type, BindTypeName(context, name));
  return type.oid;
}

}  // namespace shale::sql
