#include "sql/system/system_tables.h"

#include "catalog/types/array.h"
#include "catalog/types/date_time.h"

namespace shale::sql {

void RegisterSystemTables() {
  static const bool registered = [] {
    system::RegisterRelations();
    system::RegisterConstraints();
    system::RegisterTypes();
    system::RegisterFunctions();
    system::RegisterOperators();
    system::RegisterDependencies();
    system::RegisterIndexes();
    system::RegisterViews();
    system::RegisterComments();
    system::RegisterServer();
    system::RegisterActivity();
    system::RegisterLocks();
    system::RegisterStatistics();
    system::RegisterSettings();
    system::RegisterOperatorClasses();
    system::RegisterInformation();
    system::RegisterDomains();
    system::RegisterTypeUsage();
    system::AddTheRest();
    return true;
  }();
  (void)registered;
}

namespace system {

using catalog::Datum;
using catalog::Value;

Value OidCell(catalog::Oid value) { return Value(kOidType, Datum::FromOid(value)); }
Value XidCell(uint64_t transaction) {
  return Value(kXidType, Datum::FromOid(static_cast<uint32_t>(transaction)));
}
Value IntCell(int32_t value) { return Value(kIntType, Datum::Int32(value)); }
Value SmallCell(int16_t value) { return Value(kSmallType, Datum::Int16(value)); }
Value BigCell(int64_t value) { return Value(kBigType, Datum::Int64(value)); }
Value FloatCell(float value) { return Value(kFloatType, Datum::Float32(value)); }
Value BoolCell(bool value) { return Value(kBoolType, Datum::Bool(value)); }
Value NameCell(std::string_view value) { return Value(kNameType, Datum::Bytes(value)); }
Value TextCell(std::string_view value) { return Value(kTextType, Datum::Bytes(value)); }
Value TextsCell(const std::vector<std::string>& texts) {
  if (texts.empty()) return NullCell(kTextArrayType.oid);
  catalog::ArrayBuilder array(catalog::type_oid::kText);
  for (const std::string& text : texts) array.Add(catalog::Datum::Bytes(text));
  Arena arena;
  return Value(kTextArrayType, catalog::Datum::Bytes(*array.Finish(&arena)));
}
Value CharCell(char value) {
  return Value(kCharType, Datum::Bytes({&value, value == 0 ? size_t{0} : size_t{1}}));
}
Value NullCell(catalog::Oid type) { return Value::Null({type, -1}); }
Value TimeCell(int64_t unix_us) {
  if (unix_us == 0) return NullCell(catalog::type_oid::kTimestamptz);
  return Value(kTimeType, Datum::Int64(unix_us + catalog::kUnixEpochMicros));
}

catalog::Oid DatabaseOid(const catalog::CatalogSnapshot& catalog, std::string_view name) {
  const catalog::DatabaseRef database = catalog.FindDatabase(name);
  return database != nullptr ? database->oid : catalog::kInvalidOid;
}

catalog::Oid CollationOf(const catalog::TypeInfo& type) {
  if (type.oid == catalog::type_oid::kName) return catalog::kCCollationOid;
  return type.category == 'S' ? catalog::kDefaultCollationOid : catalog::kInvalidOid;
}

}  // namespace system
}  // namespace shale::sql
