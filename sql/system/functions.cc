// pg_proc: the functions and aggregates that Shale has, under PostgreSQL's OIDs.
#include "catalog/types/array.h"
#include "sql/expr/resolve.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;

constexpr catalog::Oid kInternalLanguage = 12;

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
  const std::vector<catalog::Oid>& args;
  catalog::Oid result;
};

Status AddRow(const Routine& routine, const RowSink& row) {
  catalog::ArrayBuilder types(catalog::type_oid::kOid);
  for (catalog::Oid type : routine.args) types.Add(catalog::Datum::FromOid(type));
  Arena arena;
  ASSIGN_OR_RETURN(std::string_view type_array, types.Finish(&arena));
  return row({OidCell(routine.oid), NameCell(routine.name), OidCell(catalog::kPgCatalogSchemaOid),
              OidCell(catalog::kBootstrapRoleOid), OidCell(kInternalLanguage),
              CharCell(routine.kind), BoolCell(false), BoolCell(routine.strict),
              BoolCell(routine.gives_set), CharCell(routine.volatility),
              SmallCell(static_cast<int16_t>(routine.args.size())), SmallCell(0),
              OidCell(routine.result),
              catalog::Value(kOidArrayType, catalog::Datum::Bytes(type_array)),
              NullCell(kTextArrayType.oid)});
}

Status ScanProc(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  for (const Function& function : AllFunctions()) {
    RETURN_IF_ERROR(
        AddRow({function.oid, function.name, 'f', function.strict, function.set != nullptr,
                VolatilityLetter(function.volatility), function.args, function.result},
               row));
  }
  for (const Aggregate& aggregate : AllAggregates()) {
    RETURN_IF_ERROR(AddRow(
        {aggregate.oid, aggregate.name, 'a', false, false, 'i', aggregate.args, aggregate.result},
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
  RegisterVirtualTable({1255,
                        "pg_catalog",
                        "pg_proc",
                        {{"oid", kOidType},
                         {"proname", kNameType},
                         {"pronamespace", kOidType},
                         {"proowner", kOidType},
                         {"prolang", kOidType},
                         {"prokind", kCharType},
                         {"prosecdef", kBoolType},
                         {"proisstrict", kBoolType},
                         {"proretset", kBoolType},
                         {"provolatile", kCharType},
                         {"pronargs", kSmallType},
                         {"pronargdefaults", kSmallType},
                         {"prorettype", kOidType},
                         {"proargtypes", kOidArrayType},
                         {"proacl", kTextArrayType}},
                        ScanProc});
}

}  // namespace shale::sql::system
