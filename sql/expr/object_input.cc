#include "sql/expr/object_input.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "catalog/types/type_io.h"
#include "sql/expr/registry.h"
#include "sql/expr/resolve.h"
#include "sql/parse/deparse.h"

namespace shale::sql {
namespace {

using catalog::Oid;
namespace type_oid = catalog::type_oid;

std::string_view Trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// An identifier as SQL reads it: without quotes in small letters.
std::string Identifier(std::string_view text) {
  text = Trimmed(text);
  std::string name;
  bool quoted = false;
  for (char c : text) {
    if (c == '"') {
      quoted = !quoted;
    } else {
      name += !quoted && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
  }
  return name;
}

std::string WithoutCatalog(std::string_view text) {
  constexpr std::string_view kSchema = "pg_catalog.";
  std::string name = Identifier(text);
  if (name.starts_with(kSchema)) name.erase(0, kSchema.size());
  return name;
}

Status InvalidName(std::string_view message) {
  return Error(sqlstate::kInvalidTextRepresentation, "{}", message);
}

struct Signature {
  std::string_view name;
  std::vector<Oid> types;  // 0: NONE
};

Result<Signature> ParseSignature(std::string_view text, bool allows_none) {
  Signature signature;
  const size_t open = text.find('(');
  if (open == std::string_view::npos) return InvalidName("expected a left parenthesis");
  signature.name = text.substr(0, open);
  std::string_view rest = Trimmed(text.substr(open + 1));
  if (!rest.ends_with(')')) return InvalidName("expected a right parenthesis");
  rest.remove_suffix(1);
  // Modifiers, numeric(10,2), have commas of their own.
  while (!Trimmed(rest).empty()) {
    size_t end = 0;
    for (int depth = 0; end < rest.size() && (depth > 0 || rest[end] != ','); ++end) {
      depth += rest[end] == '(' ? 1 : rest[end] == ')' ? -1 : 0;
    }
    const std::string_view written = Trimmed(rest.substr(0, end));
    if (written.empty()) return InvalidName("expected a type name");
    const std::string name = WithoutCatalog(written);
    const catalog::TypeInfo* type = catalog::FindTypeByName(name);
    if (allows_none && name == "none") {
      signature.types.push_back(catalog::kInvalidOid);
    } else if (type == nullptr) {
      return Error(sqlstate::kUndefinedObject, "type \"{}\" does not exist", written);
    } else {
      signature.types.push_back(type->oid);
    }
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
    if (Trimmed(rest).empty()) return InvalidName("expected a type name");
  }
  return signature;
}

struct NamedRoutine {
  Oid oid;
  std::vector<Oid> args;
};

// Where a function's name is looked up.
struct RoutinePath {
  const catalog::CatalogSnapshot* catalog = nullptr;  // null: built-in functions only
  std::span<const Oid> schemas;
};

// What the name means in the schemas, in their order, or in the one named; of later schemas those
// whose arguments no earlier one takes.
std::vector<NamedRoutine> RoutinesNamed(const RoutinePath& path, std::string_view text) {
  std::vector<NamedRoutine> found;
  auto add = [&found](NamedRoutine one) {
    const bool is_hidden = std::ranges::any_of(
        found, [&](const NamedRoutine& other) { return other.args == one.args; });
    if (!is_hidden) found.push_back(std::move(one));
  };
  auto add_schema = [&](Oid schema, std::string_view name) {
    if (schema == catalog::kPgCatalogSchemaOid) {
      for (const FunctionCandidate& builtin : FunctionsByName(name)) {
        add({builtin.oid(), builtin.args()});
      }
    }
    if (path.catalog == nullptr) return;
    for (const catalog::FunctionRef& function : path.catalog->FunctionsOf(schema, name)) {
      add({function->oid, function->InputTypes()});
    }
  };
  const std::string name = WithoutCatalog(text);
  const size_t dot = name.find('.');
  if (dot != std::string::npos && path.catalog != nullptr) {
    const auto schema = path.catalog->FindSchema(std::string_view(name).substr(0, dot));
    if (schema != nullptr) add_schema(schema->oid, std::string_view(name).substr(dot + 1));
    return found;
  }
  if (path.catalog == nullptr) add_schema(catalog::kPgCatalogSchemaOid, name);
  for (Oid schema : path.schemas) add_schema(schema, name);
  return found;
}

Result<Oid> FindFunctionByName(const RoutinePath& path, std::string_view text) {
  const std::vector<NamedRoutine> oids = RoutinesNamed(path, text);
  if (oids.empty()) {
    return Error(sqlstate::kUndefinedFunction, "function \"{}\" does not exist", text);
  }
  if (oids.size() > 1) {
    return Error(sqlstate::kAmbiguousFunction, "more than one function named \"{}\"", text);
  }
  return oids[0].oid;
}

Result<Oid> FindFunctionBySignature(const RoutinePath& path, std::string_view text) {
  ASSIGN_OR_RETURN(Signature signature, ParseSignature(text, false));
  for (const NamedRoutine& routine : RoutinesNamed(path, signature.name)) {
    if (routine.args == signature.types) return routine.oid;
  }
  return Error(sqlstate::kUndefinedFunction, "function \"{}\" does not exist", text);
}

Result<Oid> FindOperatorByName(std::string_view text) {
  const auto operators = OperatorsByName(WithoutCatalog(text));
  if (operators.empty()) {
    return Error(sqlstate::kUndefinedFunction, "operator does not exist: {}", text);
  }
  if (operators.size() > 1) {
    return Error(sqlstate::kAmbiguousFunction, "more than one operator named {}", text);
  }
  return operators[0]->oid;
}

Result<Oid> FindOperatorBySignature(std::string_view text) {
  ASSIGN_OR_RETURN(Signature signature, ParseSignature(text, true));
  if (signature.types.size() == 1) {
    return Error(sqlstate::kUndefinedParameter, "missing argument")
        .Hint("Use NONE to denote the missing argument of a unary operator.");
  }
  if (signature.types.size() != 2) {
    return Error(sqlstate::kTooManyArguments, "too many arguments")
        .Hint("Provide two argument types for operator.");
  }
  for (const Operator* entry : OperatorsByName(WithoutCatalog(signature.name))) {
    if (entry->left == signature.types[0] && entry->right == signature.types[1]) return entry->oid;
  }
  return Error(sqlstate::kUndefinedFunction, "operator does not exist: {}", text);
}

Result<Oid> FindNamespace(EvalContext& context, std::string_view text) {
  const std::string name = Identifier(text);
  const auto view = context.host != nullptr ? context.host->CatalogView() : nullptr;
  if (view != nullptr) {
    if (auto schema = view->FindSchema(name)) return schema->oid;
  }
  return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name);
}

Result<Oid> FindRole(std::string_view text) {
  const std::string name = Identifier(text);
  if (name == catalog::kBootstrapRoleName) return catalog::kBootstrapRoleOid;
  return Error(sqlstate::kUndefinedObject, "role \"{}\" does not exist", name);
}

std::string TypeList(const std::vector<Oid>& types) {
  std::string list;
  for (Oid type : types) {
    if (!list.empty()) list += ',';
    list += type == catalog::kInvalidOid ? "NONE" : TypeName(type);
  }
  return list;
}

struct Routine {
  std::string_view name;
  const std::vector<Oid>* args;
};
std::optional<Routine> FindRoutine(Oid oid) {
  if (const Function* function = FindFunction(oid)) {
    return Routine{function->name, &function->args};
  }
  for (const Aggregate& aggregate : AllAggregates()) {
    if (aggregate.oid == oid) return Routine{aggregate.name, &aggregate.args};
  }
  for (const WindowFunction& window : AllWindowFunctions()) {
    if (window.oid == oid) return Routine{window.name, &window.args};
  }
  return std::nullopt;
}

}  // namespace

bool IsNamedObject(Oid type) {
  switch (type) {
    case type_oid::kRegproc:
    case type_oid::kRegprocedure:
    case type_oid::kRegoper:
    case type_oid::kRegoperator:
    case type_oid::kRegnamespace:
    case type_oid::kRegrole:
      return true;
    default:
      return false;
  }
}

Result<Oid> ParseRoutineName(Oid type, std::string_view text,
                             const catalog::CatalogSnapshot* catalog,
                             std::span<const Oid> search_path) {
  const RoutinePath path{catalog, search_path};
  return type == type_oid::kRegproc ? FindFunctionByName(path, text)
                                    : FindFunctionBySignature(path, text);
}

Result<Oid> ParseObjectName(EvalContext& context, Oid type, std::string_view text) {
  if (text == "-") return catalog::kInvalidOid;
  Oid number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size()) return number;
  switch (type) {
    case type_oid::kRegproc:
    case type_oid::kRegprocedure: {
      const auto view = context.host != nullptr ? context.host->CatalogView() : nullptr;
      std::vector<Oid> path;
      if (view != nullptr) {
        for (const std::string& name : context.host->CurrentSchemas(true)) {
          if (auto schema = view->FindSchema(name)) path.push_back(schema->oid);
        }
      }
      return ParseRoutineName(type, text, view.get(), path);
    }
    case type_oid::kRegoper:
      return FindOperatorByName(text);
    case type_oid::kRegoperator:
      return FindOperatorBySignature(text);
    case type_oid::kRegnamespace:
      return FindNamespace(context, text);
    default:
      return FindRole(text);
  }
}

bool AppendRoutineName(Oid type, Oid object, std::string* out) {
  if (type == type_oid::kRegoper || type == type_oid::kRegoperator) {
    const Operator* entry = FindOperator(object);
    if (entry == nullptr) return false;
    const bool is_only = OperatorsByName(entry->name).size() == 1;
    if (type == type_oid::kRegoper && !is_only) *out += "pg_catalog.";
    *out += entry->name;
    if (type == type_oid::kRegoperator) *out += "(" + TypeList({entry->left, entry->right}) + ")";
    return true;
  }
  const std::optional<Routine> routine = FindRoutine(object);
  if (!routine.has_value()) return false;
  const bool is_only = FunctionsByName(routine->name).size() == 1;
  if (type == type_oid::kRegproc && !is_only) *out += "pg_catalog.";
  *out += QuoteIdentifier(routine->name);
  if (type == type_oid::kRegprocedure) *out += "(" + TypeList(*routine->args) + ")";
  return true;
}

}  // namespace shale::sql
