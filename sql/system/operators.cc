// pg_operator, pg_cast, pg_aggregate, pg_range: PostgreSQL's rows of what Shale has.
#include "sql/expr/resolve.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;

constexpr catalog::Type kRegprocType{catalog::type_oid::kRegproc, -1};

catalog::Value RegprocCell(catalog::Oid function) {
  return catalog::Value(kRegprocType, catalog::Datum::FromOid(function));
}

Status ScanOperator(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  for (const Operator& entry : AllOperators()) {
    RETURN_IF_ERROR(
        row({OidCell(entry.oid), NameCell(entry.name), OidCell(catalog::kPgCatalogSchemaOid),
             OidCell(catalog::kBootstrapRoleOid), CharCell(entry.left == 0 ? 'l' : 'b'),
             OidCell(entry.left), OidCell(entry.right), OidCell(entry.result),
             OidCell(entry.commutator), OidCell(entry.negator), RegprocCell(entry.function->oid)}));
  }
  return Status::Ok();
}

Status ScanCast(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  for (const CastEntry& entry : AllCasts()) {
    const catalog::Oid function = entry.function != nullptr ? entry.function->oid : 0;
    RETURN_IF_ERROR(row({OidCell(entry.source), OidCell(entry.target), OidCell(function),
                         CharCell(entry.context), CharCell(entry.method)}));
  }
  return Status::Ok();
}

char AggregateKind(const Aggregate& aggregate) {
  switch (aggregate.form) {
    case Aggregate::Form::kPlain:
      return 'n';
    case Aggregate::Form::kOrderedSet:
      return 'o';
    case Aggregate::Form::kHypotheticalSet:
      return 'h';
  }
  return 'n';
}

// The direct arguments of a hypothetical-set one are those behind VARIADIC.
int16_t DirectArgs(const Aggregate& aggregate) {
  if (aggregate.form == Aggregate::Form::kHypotheticalSet) return 1;
  return static_cast<int16_t>(aggregate.direct_args);
}

Status ScanAggregate(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  for (const Aggregate& aggregate : AllAggregates()) {
    RETURN_IF_ERROR(row({RegprocCell(aggregate.oid), CharCell(AggregateKind(aggregate)),
                         SmallCell(DirectArgs(aggregate))}));
  }
  return Status::Ok();
}

Status ScanRange(const CatalogSnapshot&, FunctionHost&, const RowSink& row) {
  for (const catalog::TypeInfo& type : catalog::AllTypes()) {
    const catalog::Oid bounds = catalog::BoundsOfRange(type.oid);
    if (bounds == catalog::kInvalidOid) continue;
    RETURN_IF_ERROR(row({OidCell(type.oid), OidCell(bounds),
                         OidCell(catalog::MultirangeOf(type.oid)), OidCell(0)}));
  }
  return Status::Ok();
}

}  // namespace

void RegisterOperators() {
  AddToCatalog("pg_operator",
               {"oid", "oprname", "oprnamespace", "oprowner", "oprkind", "oprleft", "oprright",
                "oprresult", "oprcom", "oprnegate", "oprcode"},
               ScanOperator);
  AddToCatalog("pg_cast", {"castsource", "casttarget", "castfunc", "castcontext", "castmethod"},
               ScanCast);
  AddToCatalog("pg_aggregate", {"aggfnoid", "aggkind", "aggnumdirectargs"}, ScanAggregate);
  AddToCatalog("pg_range", {"rngtypid", "rngsubtype", "rngmultitypid", "rngcollation"}, ScanRange);
}

}  // namespace shale::sql::system
