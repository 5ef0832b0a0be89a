// pg_proc: the functions and aggregates that Shale has, under PostgreSQL's OIDs, and those of
// users; pg_language.
#include <cstdlib>

#include "catalog/types/array.h"
#include "sql/expr/resolve.h"
#include "sql/expr/routine_text.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;

constexpr catalog::Oid kInternalLanguage = 12;
constexpr catalog::Oid kCLanguage = 13;
constexpr catalog::Oid kSqlLanguage = 14;

char VolatilityLetter(Volatility volatility) {
  switch (volatility) {
    case Volatility::kImmutable:
      return 'i';
    case Volatility::kStable:
      return 's';
    case Volatility::kVolatile:
      return 'v';
  }
  return 'v';
}

struct Routine {
  catalog::Oid oid;
  std::string_view name;
  char kind;
  bool strict;
  bool gives_set;
  char volatility;
  std::vector<catalog::Oid> args;
  catalog::Oid result;
  size_t default_count = 0;
};

// As pg_proc lists them: with "any" behind the others where any number of arguments may follow.
std::vector<catalog::Oid> ArgsOf(const std::vector<catalog::Oid>& args, bool variadic_any) {
  std::vector<catalog::Oid> all = args;
  if (variadic_any) all.push_back(catalog::type_oid::kAny);
  return all;
}

// NULL where there are none.
template <typename Items, typename Datum>
Result<catalog::Value> ArrayCell(catalog::Type type, const Items& items, const Datum& datum,
                                 bool empty_is_null) {
  if (items.empty() && empty_is_null) return NullCell(type.oid);
  catalog::ArrayBuilder builder(catalog::ElementOf(type.oid));
  for (const auto& item : items) builder.Add(datum(item));
  Arena arena;
  ASSIGN_OR_RETURN(std::string_view bytes, builder.Finish(&arena));
  return catalog::Value(type, catalog::Datum::Bytes(bytes));
}

catalog::Datum OidDatum(catalog::Oid oid) { return catalog::Datum::FromOid(oid); }

Status AddRow(const Routine& routine, const RowSink& row) {
  ASSIGN_OR_RETURN(catalog::Value types, ArrayCell(kOidArrayType, routine.args, OidDatum, false));
  return row({OidCell(routine.oid),
              NameCell(routine.name),
              OidCell(catalog::kPgCatalogSchemaOid),
              OidCell(catalog::kBootstrapRoleOid),
              OidCell(kInternalLanguage),
              FloatCell(1),
              FloatCell(routine.gives_set ? 1000 : 0),
              OidCell(catalog::kInvalidOid),
              CharCell(routine.kind),
              BoolCell(false),
              BoolCell(false),
              BoolCell(routine.strict),
              BoolCell(routine.gives_set),
              CharCell(routine.volatility),
              CharCell('s'),
              SmallCell(static_cast<int16_t>(routine.args.size())),
              SmallCell(static_cast<int16_t>(routine.default_count)),
              OidCell(routine.result),
              std::move(types),
              NullCell(kOidArrayType.oid),
              NullCell(kCharArrayType.oid),
              NullCell(kTextArrayType.oid),
              NullCell(kTextType.oid),
              TextCell(routine.name),
              NullCell(kTextType.oid),
              NullCell(kTextType.oid),
              NullCell(kTextArrayType.oid),
              NullCell(kTextArrayType.oid)});
}

// All arguments where some come out, names where some have one, the defaults as text.
Status AddFunction(const catalog::FunctionDesc& function, const RowSink& row) {
  using catalog::FunctionArgument;
  const std::vector<catalog::Oid> inputs = function.InputTypes();
  std::vector<FunctionArgument> all;
  bool has_names = false;
  bool is_plain = true;
  std::string defaults;
  int default_count = 0;
  catalog::Oid variadic = catalog::kInvalidOid;
  for (const FunctionArgument& argument : function.arguments) {
    has_names |= !argument.name.empty();
    is_plain &= argument.mode == catalog::ArgumentMode::kIn;
    if (argument.mode == catalog::ArgumentMode::kVariadic) {
      const catalog::Oid element = catalog::ElementOf(argument.type);
      variadic = element != catalog::kInvalidOid ? element : argument.type;
    }
    if (!argument.default_sql) continue;
    ++default_count;
    defaults += (defaults.empty() ? "" : ", ") + *argument.default_sql;
  }
  if (!is_plain || has_names) all = function.arguments;
  ASSIGN_OR_RETURN(catalog::Value types, ArrayCell(kOidArrayType, inputs, OidDatum, false));
  ASSIGN_OR_RETURN(catalog::Value all_types,
                   ArrayCell(
                       kOidArrayType, is_plain ? std::vector<FunctionArgument>() : all,
                       [](const FunctionArgument& one) { return OidDatum(one.type); }, true));
  Arena letters;
  ASSIGN_OR_RETURN(catalog::Value modes,
                   ArrayCell(
                       kCharArrayType, is_plain ? std::vector<FunctionArgument>() : all,
                       [&letters](const FunctionArgument& one) {
                         const char mode = static_cast<char>(one.mode);
                         return catalog::Datum::Bytes(letters.Copy({&mode, 1}));
                       },
                       true));
  ASSIGN_OR_RETURN(
      catalog::Value names,
      ArrayCell(
          kTextArrayType, has_names ? all : std::vector<FunctionArgument>(),
          [](const FunctionArgument& one) { return catalog::Datum::Bytes(one.name); }, true));
  auto number = [](const std::string& text) { return std::strtof(text.c_str(), nullptr); };
  return row({OidCell(function.oid),
              NameCell(function.name),
              OidCell(function.schema_oid),
              OidCell(catalog::kBootstrapRoleOid),
              OidCell(kSqlLanguage),
              FloatCell(number(function.cost)),
              FloatCell(number(function.rows)),
              OidCell(variadic),
              CharCell(function.is_procedure ? 'p' : 'f'),
              BoolCell(function.security_definer),
              BoolCell(function.leakproof),
              BoolCell(function.strict),
              BoolCell(function.gives_set),
              CharCell(function.volatility),
              CharCell(function.parallel),
              SmallCell(static_cast<int16_t>(inputs.size())),
              SmallCell(static_cast<int16_t>(default_count)),
              OidCell(function.result),
              std::move(types),
              std::move(all_types),
              std::move(modes),
              std::move(names),
              default_count > 0 ? TextCell(defaults) : NullCell(kTextType.oid),
              TextCell(function.is_sql_body ? std::string_view() : function.body),
              NullCell(kTextType.oid),
              function.is_sql_body ? TextCell(RoutineBodyText(function)) : NullCell(kTextType.oid),
              NullCell(kTextArrayType.oid),
              NullCell(kTextArrayType.oid)});
}

Status ScanLanguages(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  struct Language {
    catalog::Oid oid;
    std::string_view name;
    bool trusted;
  };
  for (const Language& language :
       {Language{kInternalLanguage, "internal", false}, Language{kCLanguage, "c", false},
        Language{kSqlLanguage, "sql", true}}) {
    RETURN_IF_ERROR(
        row({OidCell(language.oid), NameCell(language.name), OidCell(catalog::kBootstrapRoleOid),
             BoolCell(false), BoolCell(language.trusted), OidCell(0), OidCell(0), OidCell(0),
             NullCell(kTextArrayType.oid)}));
  }
  return Status::Ok();
}

Status ScanProc(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  for (const auto& [oid, function] : *snapshot.functions()) {
    RETURN_IF_ERROR(AddFunction(*function, row));
  }
  for (const Function& function : AllFunctions()) {
    RETURN_IF_ERROR(
        AddRow({function.oid, function.name, 'f', function.strict, function.set != nullptr,
                VolatilityLetter(function.volatility), ArgsOf(function.args, function.variadic_any),
                function.result, function.defaults.size()},
               row));
  }
  for (const Aggregate& aggregate : AllAggregates()) {
    RETURN_IF_ERROR(AddRow({aggregate.oid, aggregate.name, 'a', false, false, 'i',
                            ArgsOf(aggregate.args, aggregate.variadic_any), aggregate.result},
                           row));
  }
  for (const WindowFunction& function : AllWindowFunctions()) {
    RETURN_IF_ERROR(AddRow(
        {function.oid, function.name, 'w', false, false, 'i', function.args, function.result},
        row));
  }
  return Status::Ok();
}

}  // namespace

void RegisterFunctions() {
  AddToCatalog(
      "pg_proc",
      {"oid",          "proname",         "pronamespace",   "proowner",    "prolang",
       "procost",      "prorows",         "provariadic",    "prokind",     "prosecdef",
       "proleakproof", "proisstrict",     "proretset",      "provolatile", "proparallel",
       "pronargs",     "pronargdefaults", "prorettype",     "proargtypes", "proallargtypes",
       "proargmodes",  "proargnames",     "proargdefaults", "prosrc",      "probin",
       "prosqlbody",   "proconfig",       "proacl"},
      ScanProc);
  AddToCatalog("pg_language", ScanLanguages);
  RegisterRoutines();
}

}  // namespace shale::sql::system
