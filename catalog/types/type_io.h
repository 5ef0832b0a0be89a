// Text and binary forms of every type, as PostgreSQL reads and writes them.
//
// Input gets 22P02 (bad text), 22P03 (bad binary), 22003, 22007, 22008, 22001 with PostgreSQL's
// wording. Bytes of a result lie in the arena. Thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "catalog/types/datum.h"
#include "engine/base/arena.h"

namespace shale::catalog {

enum class DateStyle : uint8_t { kIso, kSql, kPostgres, kGerman };
enum class DateOrder : uint8_t { kYmd, kDmy, kMdy };
enum class IntervalStyle : uint8_t { kPostgres, kPostgresVerbose, kSqlStandard, kIso8601 };
enum class ByteaOutput : uint8_t { kHex, kEscape };

class TimeZone;    // time_zone.h
struct TypeDesc;   // user_type.h
struct EnumLabel;  // enum_labels.h
// UTC; never destroyed.
const TimeZone& UtcTimeZone();

// The names behind the OIDs of regclass and its kin, and what types of users are, which the catalog
// knows. Implemented by the session.
class ObjectNames {
 public:
  virtual ~ObjectNames() = default;
  // Appends the name of the object, as the type of that OID prints it; false: it has none.
  virtual bool AppendName(Oid type, Oid object, std::string* out) const = 0;
  // The type, stable until the session looks at the catalog anew; null: it sees no such type.
  virtual const TypeDesc* FindUserType(Oid /*type*/) const { return nullptr; }
  // Whether a value of the base type, null: NULL, is one of the domain: 23502, 23514.
  virtual Status CheckDomain(Oid /*domain*/, const Datum* /*value*/) const { return Status::Ok(); }
  // The label was added to the type by the session's transaction, so that it must not be used yet.
  virtual bool IsUncommitted(const TypeDesc& /*type*/, const EnumLabel& /*label*/) const {
    return false;
  }
};

// The session's settings that values are read and written by.
struct FormatSettings {
  DateStyle date_style = DateStyle::kIso;
  DateOrder date_order = DateOrder::kMdy;
  IntervalStyle interval_style = IntervalStyle::kPostgres;
  ByteaOutput bytea_output = ByteaOutput::kHex;
  int extra_float_digits = 1;
  const TimeZone* time_zone = &UtcTimeZone();
  int64_t statement_timestamp_us = 0;  // for 'now', 'today'; since 2000-01-01 UTC
  int64_t transaction_timestamp_us = 0;
  // Null: such OIDs print as numbers, enums are read and written by their labels' keys (as marks in
  // text, user_type.h, bare in binary), and values of domains are not checked.
  const ObjectNames* object_names = nullptr;
};

// 55P04 for a label that is not to be used yet.
Status CheckLabelUse(const TypeDesc& type, const EnumLabel& label, const FormatSettings& settings);

// The typmod is applied as on assignment: too long text is 22001, numerics are rounded, char(n)
// padded. What is read as of a domain is one of it; of NULL see CheckDomain.
Result<Datum> ParseText(Type type, std::string_view text, const FormatSettings& settings,
                        Arena* arena);
Result<Datum> ParseBinary(Type type, std::string_view bytes, const FormatSettings& settings,
                          Arena* arena);
// Whether a value, null: NULL, is one of the type where that is a domain: 23502, 23514.
Status CheckDomain(Type type, const Datum* value, const FormatSettings& settings);
void AppendText(Type type, const Datum& datum, const FormatSettings& settings, std::string* out);
// As clients are sent it.
void AppendBinary(Type type, const Datum& datum, const FormatSettings& settings, std::string* out);
// As it is stored: enums by their keys. ParseBinary with default settings reads it.
void AppendBinary(Type type, const Datum& datum, std::string* out);

// Fits a value of the type's OID into the modifier: explicit casts truncate where PostgreSQL does.
Result<Datum> ApplyTypmod(Type type, const Datum& datum, bool explicit_cast, Arena* arena);

// PostgreSQL's btree order of the type; negative, 0 or positive. NaN is equal to itself and above
// all numbers; text compares by bytes (collation "C"); char(n) without its trailing spaces.
int Compare(Type type, const Datum& left, const Datum& right);
// Equal values have equal hashes.
uint64_t Hash(Type type, const Datum& datum);

}  // namespace shale::catalog
