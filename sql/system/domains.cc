// information_schema's domains and domain_constraints, and what it tells of types.
#include "catalog/types/date_time.h"
#include "catalog/types/numeric.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {

namespace type_oid = catalog::type_oid;
using catalog::CatalogSnapshot;
using catalog::Value;

catalog::Type TypeBelow(const CatalogSnapshot& snapshot, catalog::Type type) {
  if (!catalog::IsDomain(type.oid)) return type;
  const catalog::TypeRef domain = snapshot.FindType(type.oid);
  return domain != nullptr ? domain->base : catalog::BaseOf(type);
}

std::string_view UdtName(const CatalogSnapshot& snapshot, catalog::Oid type) {
  const catalog::Oid element = catalog::ArrayElementOf(type);
  const catalog::TypeRef own = snapshot.FindType(element != 0 ? element : type);
  if (own == nullptr) return catalog::GetType(type).name;
  return element != 0 ? own->array_name : own->name;
}

std::string_view DataTypeName(catalog::Oid type) {
  if (catalog::ArrayElementOf(type) != catalog::kInvalidOid) return "ARRAY";
  return type >= catalog::kFirstUserOid ? "USER-DEFINED" : catalog::GetType(type).display_name;
}

Value LengthCell(catalog::Type type) {
  const bool is_text = type.oid == type_oid::kVarchar || type.oid == type_oid::kBpchar;
  if (is_text && type.typmod > 4) return IntCell(type.typmod - 4);
  const bool is_bits = type.oid == type_oid::kBit || type.oid == type_oid::kVarbit;
  if (is_bits && type.typmod > 0) return IntCell(type.typmod);
  return NullCell(type_oid::kInt4);
}

namespace {

constexpr int kUtf8BytesMax = 4;
constexpr int kTextBytesMax = 1 << 30;

Value OctetsCell(catalog::Type type) {
  switch (type.oid) {
    case type_oid::kText:
      return IntCell(kTextBytesMax);
    case type_oid::kVarchar:
    case type_oid::kBpchar:
      if (type.typmod <= 4) return IntCell(kTextBytesMax);
      return IntCell((type.typmod - 4) * kUtf8BytesMax);
    default:
      return NullCell(type_oid::kInt4);
  }
}

// Precision, its base and scale; -1: NULL.
struct NumberFacts {
  int precision = -1;
  int radix = -1;
  int scale = -1;
};

NumberFacts NumberFactsOf(catalog::Type type) {
  switch (type.oid) {
    case type_oid::kInt2:
      return {16, 2, 0};
    case type_oid::kInt4:
      return {32, 2, 0};
    case type_oid::kInt8:
      return {64, 2, 0};
    case type_oid::kFloat4:
      return {24, 2, -1};
    case type_oid::kFloat8:
      return {53, 2, -1};
    case type_oid::kNumeric:
      if (type.typmod < 0) return {-1, 10, -1};
      return {catalog::numeric::TypmodPrecision(type.typmod), 10,
              catalog::numeric::TypmodScale(type.typmod)};
    default:
      return {};
  }
}

// Of seconds.
int PrecisionOf(catalog::Type type) {
  constexpr int kWhole = 6;
  switch (type.oid) {
    case type_oid::kDate:
      return 0;
    case type_oid::kTime:
    case type_oid::kTimetz:
    case type_oid::kTimestamp:
    case type_oid::kTimestamptz:
      return type.typmod < 0 ? kWhole : type.typmod;
    case type_oid::kInterval: {
      const int precision = type.typmod & 0xffff;
      return type.typmod < 0 || precision == 0xffff ? kWhole : precision;
    }
    default:
      return -1;
  }
}

Value NumberCell(int number) { return number < 0 ? NullCell(type_oid::kInt4) : IntCell(number); }

}  // namespace

void AddTypeFacts(catalog::Type type, std::vector<Value>* cells) {
  const NumberFacts facts = NumberFactsOf(type);
  cells->push_back(LengthCell(type));
  cells->push_back(OctetsCell(type));
  for (int i = 0; i < 6; ++i) cells->push_back(NullCell(type_oid::kName));
  for (int number : {facts.precision, facts.radix, facts.scale, PrecisionOf(type)}) {
    cells->push_back(NumberCell(number));
  }
}

namespace {

Status ScanDomains(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  const std::string database = host.CurrentDatabase();
  const Value no_name = NullCell(type_oid::kName);
  const Value no_text = NullCell(type_oid::kText);
  const Value no_number = NullCell(type_oid::kInt4);
  for (const auto& [oid, type] : snapshot.types()) {
    if (type->kind != catalog::TypeClass::kDomain) continue;
    const NumberFacts facts = NumberFactsOf(type->base);
    const catalog::Oid element = catalog::ArrayElementOf(type->base.oid);
    const catalog::TypeRef below =
        snapshot.FindType(element != catalog::kInvalidOid ? element : type->base.oid);
    const bool is_c = type->collation == catalog::kCCollationOid;
    RETURN_IF_ERROR(
        row({NameCell(database),
             NameCell(type->schema_name),
             NameCell(type->name),
             TextCell(DataTypeName(type->base.oid)),
             LengthCell(type->base),
             OctetsCell(type->base),
             no_name,
             no_name,
             no_name,
             is_c ? NameCell(database) : no_name,
             is_c ? NameCell("pg_catalog") : no_name,
             is_c ? NameCell("C") : no_name,
             NumberCell(facts.precision),
             NumberCell(facts.radix),
             NumberCell(facts.scale),
             NumberCell(PrecisionOf(type->base)),
             no_text,
             no_number,
             type->default_sql ? TextCell(*type->default_sql) : no_text,
             NameCell(database),
             NameCell(below != nullptr ? std::string_view(below->schema_name) : "pg_catalog"),
             NameCell(UdtName(snapshot, type->base.oid)),
             no_name,
             no_name,
             no_name,
             no_number,
             NameCell("1")}));
  }
  return Status::Ok();
}

Status ScanDomainConstraints(const CatalogSnapshot& snapshot, FunctionHost& host,
                             const RowSink& row) {
  const std::string database = host.CurrentDatabase();
  for (const auto& [oid, type] : snapshot.types()) {
    for (const catalog::DomainCheck& check : type->checks) {
      RETURN_IF_ERROR(row({NameCell(database), NameCell(type->schema_name), NameCell(check.name),
                           NameCell(database), NameCell(type->schema_name), NameCell(type->name),
                           TextCell("NO"), TextCell("NO")}));
    }
  }
  return Status::Ok();
}

}  // namespace

void RegisterDomains() {
  AddToInformation("domains", ScanDomains);
  AddToInformation("domain_constraints", ScanDomainConstraints);
}

}  // namespace shale::sql::system
