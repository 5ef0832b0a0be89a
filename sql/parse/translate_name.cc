// Names and types.
#include "sql/parse/translator.h"

namespace shale::sql {
namespace {

std::string Dotted(const ast::QualifiedName& name) {
  return fmt::format("{}.{}.{}", name.catalog, name.schema, name.name);
}

}  // namespace

ast::QualifiedName Translator::Name(const RangeVar& range_var) {
  ast::QualifiedName name{Copy(range_var.catalogname), Copy(range_var.schemaname),
                          Copy(range_var.relname), range_var.location};
  if (!name.catalog.empty()) LeaveDatabase(&name, fmt::format("\"{}\"", Dotted(name)));
  return name;
}

ast::QualifiedName Translator::Name(const List* strings, ast::Location location) {
  ast::QualifiedName name = NameOf(strings, location);
  if (!name.catalog.empty()) LeaveDatabase(&name, fmt::format("\"{}\"", Dotted(name)));
  return name;
}

ast::QualifiedName Translator::NameOfOther(const List* strings, ast::Location location) {
  ast::QualifiedName name = NameOf(strings, location);
  if (!name.catalog.empty()) LeaveDatabase(&name, Dotted(name));
  return name;
}

void Translator::LeaveDatabase(ast::QualifiedName* name, std::string_view shown) {
  if (database_.empty()) return;
  if (name->catalog != database_) {
    Fail(name->location, sqlstate::kFeatureNotSupported,
         "cross-database references are not implemented: {}", shown);
  }
  name->catalog = {};
}

ast::QualifiedName Translator::NameOf(const List* strings, ast::Location location) {
  ast::QualifiedName name;
  name.location = location;
  switch (ListSize(strings)) {
    case 1:
      name.name = Copy(ListAt<String>(strings, 0)->sval);
      break;
    case 2:
      name.schema = Copy(ListAt<String>(strings, 0)->sval);
      name.name = Copy(ListAt<String>(strings, 1)->sval);
      break;
    case 3:
      name.catalog = Copy(ListAt<String>(strings, 0)->sval);
      name.schema = Copy(ListAt<String>(strings, 1)->sval);
      name.name = Copy(ListAt<String>(strings, 2)->sval);
      break;
    default: {
      std::string dotted;
      for (const String* part : ListRange<String>(strings)) {
        if (!dotted.empty()) dotted += '.';
        dotted += part->sval;
      }
      Fail(location, sqlstate::kSyntaxError, "improper qualified name (too many dotted names): {}",
           dotted);
    }
  }
  return name;
}

ast::List<std::string_view> Translator::Strings(const List* strings) {
  return Map<std::string_view, String>(strings,
                                       [&](const String& string) { return Copy(string.sval); });
}

ast::List<ast::Name> Translator::NamesOf(const List* strings) {
  return Map<ast::Name, String>(strings,
                                [&](const String& string) { return ast::Name{Copy(string.sval)}; });
}

const ast::TypeName* Translator::Type(const TypeName* type) {
  if (type == nullptr) return nullptr;
  if (type->pct_type) {
    Unsupported("%TYPE references", type->location);
    return nullptr;
  }
  auto* result = New<ast::TypeName>();
  result->name = NameOfOther(type->names, type->location);
  result->modifiers = Exprs(type->typmods);
  result->array_dimensions = static_cast<int32_t>(ListSize(type->arrayBounds));
  result->set_of = type->setof;
  result->location = type->location;
  return result;
}

ast::QualifiedName Translator::PlainTable(const RangeVar& range_var) {
  // The grammar of such statements gives no alias; ONLY has no effect without inheritance.
  return Name(range_var);
}

}  // namespace shale::sql
