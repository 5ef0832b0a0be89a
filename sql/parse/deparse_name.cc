// Identifiers, string literals and names.
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"
#include "sql/parse/keywords.h"

namespace shale::sql {

namespace {

bool IsPlain(std::string_view name) {
  if (name.empty()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    char c = name[i];
    bool letter = (c >= 'a' && c <= 'z') || c == '_';
    bool digit = c >= '0' && c <= '9';
    if (!letter && !(digit && i > 0)) return false;
  }
  return true;
}

}  // namespace

std::string QuoteIdentifier(std::string_view name) {
  if (IsPlain(name) && !NeedsQuotes(name)) return std::string(name);
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  quoted += '"';
  return quoted;
}

std::string QuoteLiteral(std::string_view text) {
  bool escapes = text.find('\\') != std::string_view::npos;
  std::string quoted = escapes ? "E'" : "'";
  for (char c : text) {
    if (c == '\'' || (c == '\\' && escapes)) quoted += c;
    quoted += c;
  }
  quoted += '\'';
  return quoted;
}

std::string Deparse(const ast::Expr& expression) {
  Deparser deparser;
  deparser.Expr(expression);
  return std::move(deparser).Take();
}

std::string DeparseOverTable(const ast::Expr& expression) {
  Deparser deparser(Deparser::ColumnNames::kUnqualified);
  deparser.Expr(expression);
  return std::move(deparser).Take();
}

std::string Deparse(const ast::Statement& statement) {
  Deparser deparser;
  deparser.Statement(statement);
  return std::move(deparser).Take();
}

std::string Deparse(const ast::TypeName& type) {
  Deparser deparser;
  deparser.Type(type);
  return std::move(deparser).Take();
}

void Deparser::Identifier(std::string_view name) { Add(std::string_view(QuoteIdentifier(name))); }

void Deparser::Name(const ast::QualifiedName& name) {
  if (!name.catalog.empty()) {
    Identifier(name.catalog);
    Add(".");
  }
  if (!name.schema.empty()) {
    Identifier(name.schema);
    Add(".");
  }
  Identifier(name.name);
}

void Deparser::Operator(std::string_view schema, std::string_view name) {
  if (schema.empty()) {
    Add(name);
    return;
  }
  Add("OPERATOR(");
  Identifier(schema);
  Add(".");
  Add(name);
  Add(")");
}

void Deparser::Identifiers(ast::List<std::string_view> names) {
  Commas(names, [&](std::string_view name) { Identifier(name); });
}

void Deparser::Names(ast::List<ast::Name> names) {
  Commas(names, [&](const ast::Name& name) { Identifier(name.text); });
}

void Deparser::Tables(ast::List<ast::QualifiedName> names) {
  Commas(names, [&](const ast::QualifiedName& name) { Name(name); });
}

}  // namespace shale::sql
