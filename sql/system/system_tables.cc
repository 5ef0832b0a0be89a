#include "sql/system/system_tables.h"

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
    system::RegisterAbsent();
    system::RegisterInformation();
    system::RegisterDomains();
    system::RegisterTypeUsage();
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
Value CharCell(char value) {
  return Value(kCharType, Datum::Bytes({&value, value == 0 ? size_t{0} : size_t{1}}));
}
Value NullCell(catalog::Oid type) { return Value::Null({type, -1}); }
Value TimeCell(int64_t unix_us) {
  if (unix_us == 0) return NullCell(catalog::type_oid::kTimestamptz);
  return Value(kTimeType, Datum::Int64(unix_us + catalog::kUnixEpochMicros));
}

catalog::Oid DatabaseOid(std::string_view name) {
  return name == "postgres" ? kPostgresDatabase : kShaleDatabase;
}

catalog::Oid CollationOf(const catalog::TypeInfo& type) {
  if (type.oid == catalog::type_oid::kName) return catalog::kCCollationOid;
  return type.category == 'S' ? catalog::kDefaultCollationOid : catalog::kInvalidOid;
}

}  // namespace system
}  // namespace shale::sql
