// The table of settings: one row each, with what makes a value take effect.
#include <algorithm>
#include <array>
#include <limits>

#include "catalog/types/date_time.h"
#include "catalog/types/time_zone.h"
#include "engine/base/clock.h"
#include "sql/session/setting_text.h"
#include "sql/session/settings.h"

namespace shale::sql {
namespace {

using Kind = SettingDefinition::Kind;
using Unit = SettingDefinition::Unit;
using Context = SettingDefinition::Context;

Status InvalidValue(std::string_view name, std::string_view text) {
  return Error(sqlstate::kInvalidParameterValue, "invalid value for parameter \"{}\": \"{}\"", name,
               text);
}

// Refuses anything but the given value, for parameters whose effect Shale does not have.
template <const auto& kName, const auto& kOnly>
Status OnlyValue(std::string* text, SettingFields*) {
  if (*text == kOnly) return Status::Ok();
  return NotSupported(fmt::format("setting {} to {}", kName, *text));
}

// "ISO, MDY", "SQL", "DMY": a style and an order, either may be missing.
Status ApplyDateStyle(std::string* text, SettingFields* fields) {
  catalog::DateStyle style = fields->format.date_style;
  catalog::DateOrder order = fields->format.date_order;
  for (const std::string& word : SplitSettingList(*text)) {
    std::string lower = LowerSettingName(word);
    if (lower == "iso")
      style = catalog::DateStyle::kIso;
    else if (lower == "sql")
      style = catalog::DateStyle::kSql;
    else if (lower.starts_with("postgres"))
      style = catalog::DateStyle::kPostgres;
    else if (lower == "german")
      style = catalog::DateStyle::kGerman;
    else if (lower == "ymd")
      order = catalog::DateOrder::kYmd;
    else if (lower == "dmy" || lower.starts_with("euro"))
      order = catalog::DateOrder::kDmy;
    else if (lower == "mdy" || lower == "us" || lower.starts_with("noneuro"))
      order = catalog::DateOrder::kMdy;
    else if (lower == "default") {
      style = catalog::DateStyle::kIso;
      order = catalog::DateOrder::kMdy;
    } else {
      return InvalidValue("DateStyle", *text);
    }
  }
  fields->format.date_style = style;
  fields->format.date_order = order;
  constexpr std::array<std::string_view, 4> kStyles = {"ISO", "SQL", "Postgres", "German"};
  constexpr std::array<std::string_view, 3> kOrders = {"YMD", "DMY", "MDY"};
  *text = fmt::format("{}, {}", kStyles[static_cast<size_t>(style)],
                      kOrders[static_cast<size_t>(order)]);
  return Status::Ok();
}

Status ApplyTimeZone(std::string* text, SettingFields* fields) {
  auto zone = catalog::ParseTimeZoneSetting(*text);
  if (!zone.ok()) return std::move(zone).status();
  fields->format.time_zone = *zone;
  *text = (*zone)->name();
  return Status::Ok();
}

Status ApplyIntervalStyle(std::string* text, SettingFields* fields) {
  constexpr std::array<std::string_view, 4> kStyles = {"postgres", "postgres_verbose",
                                                       "sql_standard", "iso_8601"};
  auto found = std::find(kStyles.begin(), kStyles.end(), *text);
  fields->format.interval_style = static_cast<catalog::IntervalStyle>(found - kStyles.begin());
  return Status::Ok();
}

Status ApplyByteaOutput(std::string* text, SettingFields* fields) {
  fields->format.bytea_output =
      *text == "escape" ? catalog::ByteaOutput::kEscape : catalog::ByteaOutput::kHex;
  return Status::Ok();
}

Status ApplyExtraFloatDigits(std::string* text, SettingFields* fields) {
  fields->format.extra_float_digits = std::stoi(*text);
  return Status::Ok();
}

// Drivers quote and spell it in many ways: letters and digits alone count.
Status ApplyClientEncoding(std::string* text, SettingFields*) {
  std::string letters;
  for (char c : *text) {
    if (std::isalnum(static_cast<unsigned char>(c))) {
      letters.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
  }
  if (letters == "utf8" || letters == "unicode") {
    *text = "UTF8";
  } else if (letters == "sqlascii") {
    *text = "SQL_ASCII";
  } else if (letters.starts_with("latin") || letters.starts_with("win") ||
             letters.starts_with("euc") || letters.starts_with("iso8859") || letters == "sjis" ||
             letters == "big5" || letters == "gbk" || letters.starts_with("koi8")) {
    return NotSupported(fmt::format("client encoding {}", *text));
  } else {
    return InvalidValue("client_encoding", *text);
  }
  return Status::Ok();
}

Status ApplySearchPath(std::string* text, SettingFields* fields) {
  fields->search_path = SplitSettingList(*text);
  return Status::Ok();
}

template <std::chrono::milliseconds SettingFields::*kField>
Status ApplyTimeout(std::string* text, SettingFields* fields) {
  fields->*kField = std::chrono::milliseconds(SettingInteger(*text, Unit::kMilliseconds));
  return Status::Ok();
}

// A time of the past, kept in UTC so that it stays what it is when DateStyle and TimeZone change.
Status ApplyAsOf(std::string* text, SettingFields* fields) {
  fields->as_of_us.reset();
  if (text->empty()) return Status::Ok();
  auto time = catalog::ParseTimestamptz(*text, -1, fields->format);
  if (!time.ok()) return InvalidValue("shale.as_of", *text);
  fields->as_of_us = *time;
  catalog::FormatSettings utc;
  text->clear();
  catalog::AppendText({catalog::type_oid::kTimestamptz, -1}, catalog::Datum::Int64(*time), utc,
                      text);
  return Status::Ok();
}

Status CheckAsOfIsPast(std::string_view text, const SettingFields& fields) {
  if (fields.as_of_us <= SystemClock().WallMicros() + catalog::kUnixEpochMicros) {
    return Status::Ok();
  }
  return Error(sqlstate::kInvalidParameterValue,
               "invalid value for parameter \"shale.as_of\": \"{}\"", text)
      .Detail("The time lies in the future.");
}

Status ApplyWorkMem(std::string* text, SettingFields* fields) {
  fields->work_mem_bytes = SettingInteger(*text, Unit::kKilobytes) * 1024;
  return Status::Ok();
}

Status ApplyTempFileLimit(std::string* text, SettingFields* fields) {
  const int64_t kilobytes = SettingInteger(*text, Unit::kKilobytes);
  fields->temp_file_limit_bytes = kilobytes < 0 ? -1 : kilobytes * 1024;
  return Status::Ok();
}

Status ApplyStatisticsTarget(std::string* text, SettingFields* fields) {
  fields->default_statistics_target = static_cast<int>(SettingInteger(*text, Unit::kNone));
  return Status::Ok();
}

Status ApplyMaxPreparedTransactions(std::string* text, SettingFields* fields) {
  fields->max_prepared_transactions = SettingInteger(*text, Unit::kNone);
  return Status::Ok();
}

Status ApplyMaxParallelWorkers(std::string* text, SettingFields* fields) {
  fields->max_parallel_workers = static_cast<int>(SettingInteger(*text, Unit::kNone));
  return Status::Ok();
}

Status ApplyMaxWorkersPerGather(std::string* text, SettingFields* fields) {
  fields->parallel.max_workers_per_gather = static_cast<int>(SettingInteger(*text, Unit::kNone));
  return Status::Ok();
}

Status ApplyMinTableScan(std::string* text, SettingFields* fields) {
  constexpr double kBlockBytes = 8192;
  fields->parallel.min_table_scan_bytes =
      static_cast<double>(SettingInteger(*text, Unit::kBlocks)) * kBlockBytes;
  return Status::Ok();
}

Status ApplyLeaderParticipation(std::string* text, SettingFields* fields) {
  fields->parallel.leader_participation = *text == "on";
  return Status::Ok();
}

template <double ParallelSettings::*kCost>
Status ApplyParallelCost(std::string* text, SettingFields* fields) {
  fields->parallel.*kCost = std::stod(*text);
  return Status::Ok();
}

Status ApplyIsolation(std::string* text, SettingFields* fields) {
  fields->default_isolation = *text == "serializable"      ? engine::IsolationLevel::kSerializable
                              : *text == "repeatable read" ? engine::IsolationLevel::kRepeatableRead
                                                           : engine::IsolationLevel::kReadCommitted;
  return Status::Ok();
}

Status ApplyDefaultReadOnly(std::string* text, SettingFields* fields) {
  fields->default_read_only = *text == "on";
  return Status::Ok();
}

Status ApplyDefaultDeferrable(std::string* text, SettingFields* fields) {
  fields->default_deferrable = *text == "on";
  return Status::Ok();
}

Status ApplySynchronousCommit(std::string* text, SettingFields* fields) {
  // Without standbys all the levels above off wait for the same: the local log.
  fields->synchronous_commit = *text != "off";
  return Status::Ok();
}

Status ApplyClientMinMessages(std::string* text, SettingFields* fields) {
  fields->client_min_messages = NoticeLevel(*text);
  return Status::Ok();
}

Status ApplyApplicationName(std::string* text, SettingFields*) {
  for (char& c : *text) {
    if (c < 32 || c > 126) c = '?';
  }
  return Status::Ok();
}

constexpr std::string_view kOn = "on", kOff = "off", kEmpty = "", kHeap = "heap", kNone = "none",
                           kContent = "content";
constexpr std::string_view kStandardStrings = "standard_conforming_strings",
                           kTableSpace = "default_tablespace", kTempSpaces = "temp_tablespaces",
                           kAccessMethod = "default_table_access_method",
                           kReplicationRole = "session_replication_role", kRole = "role",
                           kNullEquals = "transform_null_equals", kXmlOption = "xmloption",
                           kLogStatement = "log_statement", kArrayNulls = "array_nulls";
constexpr std::string_view kOrigin = "origin";

std::vector<SettingDefinition> MakeSettings() {
  const std::vector<std::string_view> levels = {"debug5", "debug4", "debug3",  "debug2", "debug1",
                                                "log",    "notice", "warning", "error"};
  const std::vector<std::string_view> isolations = {"serializable", "repeatable read",
                                                    "read committed", "read uncommitted"};
  constexpr double kIntegerMax = 2147483647;
  std::vector<SettingDefinition> table = {
      {"application_name",
       Kind::kString,
       "",
       "Sets the application name to be reported in statistics and logs.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       true,
       ApplyApplicationName},
      {"array_nulls",
       Kind::kBool,
       "on",
       "Enable input of NULL elements in arrays.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       false,
       OnlyValue<kArrayNulls, kOn>},
      {"autovacuum", Kind::kBool, "on", "Starts the autovacuum subprocess.", Context::kServer},
      {"autovacuum_analyze_scale_factor", Kind::kReal, "0.1",
       "Number of tuple inserts, updates, or deletes prior to analyze as a fraction of reltuples.",
       Context::kServer, Unit::kNone, 0, 100},
      {"autovacuum_analyze_threshold", Kind::kInteger, "50",
       "Minimum number of tuple inserts, updates, or deletes prior to analyze.", Context::kServer,
       Unit::kNone, 0, kIntegerMax},
      {"autovacuum_naptime", Kind::kInteger, "60000", "Time to sleep between autovacuum runs.",
       Context::kServer, Unit::kMilliseconds, 1, kIntegerMax},
      {"backslash_quote",
       Kind::kEnum,
       "safe_encoding",
       "Sets whether \"\\'\" is allowed in string literals.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {"safe_encoding", "on", "off"}},
      {"block_size", Kind::kInteger, "8192", "Shows the size of a disk block.", Context::kInternal,
       Unit::kNone, 8192, 8192},
      {"bytea_output",
       Kind::kEnum,
       "hex",
       "Sets the output format for bytea.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {"escape", "hex"},
       false,
       ApplyByteaOutput},
      {"check_function_bodies", Kind::kBool, "on",
       "Check routine bodies during CREATE FUNCTION and CREATE PROCEDURE."},
      {"client_encoding",
       Kind::kString,
       "UTF8",
       "Sets the client's character set encoding.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       true,
       ApplyClientEncoding},
      {"client_min_messages", Kind::kEnum, "notice",
       "Sets the message levels that are sent to the client.", Context::kUser, Unit::kNone, 0, 0,
       levels, false, ApplyClientMinMessages},
      {"DateStyle",
       Kind::kString,
       "ISO, MDY",
       "Sets the display format for date and time values.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       true,
       ApplyDateStyle},
      {"deadlock_timeout",
       Kind::kInteger,
       "1000",
       "Sets the time to wait on a lock before checking for deadlock.",
       Context::kUser,
       Unit::kMilliseconds,
       1,
       kIntegerMax,
       {},
       false,
       ApplyTimeout<&SettingFields::deadlock_timeout>},
      {"default_statistics_target",
       Kind::kInteger,
       "100",
       "Sets the default statistics target.",
       Context::kUser,
       Unit::kNone,
       1,
       10000,
       {},
       false,
       ApplyStatisticsTarget},
      {"default_table_access_method",
       Kind::kString,
       "heap",
       "Sets the default table access method for new tables.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       false,
       OnlyValue<kAccessMethod, kHeap>},
      {"default_tablespace",
       Kind::kString,
       "",
       "Sets the default tablespace to create tables and indexes in.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       false,
       OnlyValue<kTableSpace, kEmpty>},
      {"default_transaction_deferrable",
       Kind::kBool,
       "off",
       "Sets the default deferrable status of new transactions.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       false,
       ApplyDefaultDeferrable},
      {"default_transaction_isolation", Kind::kEnum, "read committed",
       "Sets the transaction isolation level of each new transaction.", Context::kUser, Unit::kNone,
       0, 0, isolations, false, ApplyIsolation},
      {"default_transaction_read_only",
       Kind::kBool,
       "off",
       "Sets the default read-only status of new transactions.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       true,
       ApplyDefaultReadOnly},
      {"escape_string_warning", Kind::kBool, "on",
       "Warn about backslash escapes in ordinary string literals."},
      {"extra_float_digits",
       Kind::kInteger,
       "1",
       "Sets the number of digits displayed for floating-point values.",
       Context::kUser,
       Unit::kNone,
       -15,
       3,
       {},
       false,
       ApplyExtraFloatDigits},
      {"idle_in_transaction_session_timeout",
       Kind::kInteger,
       "0",
       "Sets the maximum allowed idle time between queries, when in a transaction.",
       Context::kUser,
       Unit::kMilliseconds,
       0,
       kIntegerMax,
       {},
       false,
       ApplyTimeout<&SettingFields::idle_in_transaction_timeout>},
      {"idle_session_timeout",
       Kind::kInteger,
       "0",
       "Sets the maximum allowed idle time between queries, when not in a transaction.",
       Context::kUser,
       Unit::kMilliseconds,
       0,
       kIntegerMax,
       {},
       false,
       ApplyTimeout<&SettingFields::idle_session_timeout>},
      {"in_hot_standby",
       Kind::kBool,
       "off",
       "Shows whether hot standby is currently active.",
       Context::kInternal,
       Unit::kNone,
       0,
       0,
       {},
       true},
      {"integer_datetimes",
       Kind::kBool,
       "on",
       "Shows whether datetimes are integer based.",
       Context::kInternal,
       Unit::kNone,
       0,
       0,
       {},
       true},
      {"IntervalStyle",
       Kind::kEnum,
       "postgres",
       "Sets the display format for interval values.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {"postgres", "postgres_verbose", "sql_standard", "iso_8601"},
       true,
       ApplyIntervalStyle},
      {"is_superuser",
       Kind::kBool,
       "on",
       "Shows whether the current user is a superuser.",
       Context::kInternal,
       Unit::kNone,
       0,
       0,
       {},
       true},
      {"jit", Kind::kBool, "off", "Allow JIT compilation."},
      {"lc_collate", Kind::kString, "C", "Shows the collation order locale.", Context::kInternal},
      {"lc_ctype", Kind::kString, "C.UTF-8",
       "Shows the character classification and case conversion locale.", Context::kInternal},
      {"lc_messages", Kind::kString, "C", "Sets the language in which messages are displayed."},
      {"lc_monetary", Kind::kString, "C", "Sets the locale for formatting monetary amounts."},
      {"lc_numeric", Kind::kString, "C", "Sets the locale for formatting numbers."},
      {"lc_time", Kind::kString, "C", "Sets the locale for formatting date and time values."},
      {"lock_timeout",
       Kind::kInteger,
       "0",
       "Sets the maximum allowed duration of any wait for a lock.",
       Context::kUser,
       Unit::kMilliseconds,
       0,
       kIntegerMax,
       {},
       false,
       ApplyTimeout<&SettingFields::lock_timeout>},
      {"log_statement",
       Kind::kEnum,
       "none",
       "Sets the type of statements logged.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {"none", "ddl", "mod", "all"},
       false,
       OnlyValue<kLogStatement, kNone>},
      {"max_connections", Kind::kInteger, "100",
       "Sets the maximum number of concurrent connections.", Context::kServer, Unit::kNone, 1,
       kIntegerMax},
      {"max_identifier_length", Kind::kInteger, "63", "Shows the maximum identifier length.",
       Context::kInternal, Unit::kNone, 63, 63},
      {"max_index_keys", Kind::kInteger, "32", "Shows the maximum number of index keys.",
       Context::kInternal, Unit::kNone, 32, 32},
      {"max_parallel_workers",
       Kind::kInteger,
       "8",
       "Sets the maximum number of parallel workers that can be active at one time.",
       Context::kUser,
       Unit::kNone,
       0,
       1024,
       {},
       false,
       ApplyMaxParallelWorkers},
      {"max_parallel_workers_per_gather",
       Kind::kInteger,
       "2",
       "Sets the maximum number of parallel processes per executor node.",
       Context::kUser,
       Unit::kNone,
       0,
       1024,
       {},
       false,
       ApplyMaxWorkersPerGather},
      {"max_prepared_transactions",
       Kind::kInteger,
       "100",
       "Sets the maximum number of simultaneously prepared transactions.",
       Context::kServer,
       Unit::kNone,
       0,
       262143,
       {},
       false,
       ApplyMaxPreparedTransactions},
      {"min_parallel_table_scan_size",
       Kind::kInteger,
       "1024",
       "Sets the minimum amount of table data for a parallel scan.",
       Context::kUser,
       Unit::kBlocks,
       0,
       715827882,
       {},
       false,
       ApplyMinTableScan},
      {"parallel_leader_participation",
       Kind::kBool,
       "on",
       "Controls whether Gather and Gather Merge also run subplans.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       false,
       ApplyLeaderParticipation},
      {"parallel_setup_cost",
       Kind::kReal,
       "1000",
       "Sets the planner's estimate of the cost of starting up worker processes for parallel "
       "query.",
       Context::kUser,
       Unit::kNone,
       0,
       std::numeric_limits<double>::max(),
       {},
       false,
       ApplyParallelCost<&ParallelSettings::setup_cost>},
      {"parallel_tuple_cost",
       Kind::kReal,
       "0.1",
       "Sets the planner's estimate of the cost of passing each tuple (row) from worker to leader "
       "backend.",
       Context::kUser,
       Unit::kNone,
       0,
       std::numeric_limits<double>::max(),
       {},
       false,
       ApplyParallelCost<&ParallelSettings::tuple_cost>},
      {"role",
       Kind::kString,
       "none",
       "Sets the current role.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       false,
       OnlyValue<kRole, kNone>},
      {"row_security", Kind::kBool, "on", "Enable row security."},
      {"search_path",
       Kind::kString,
       "\"$user\", public",
       "Sets the schema search order for names that are not schema-qualified.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       false,
       ApplySearchPath},
      {"server_encoding",
       Kind::kString,
       "UTF8",
       "Shows the server (database) character set encoding.",
       Context::kInternal,
       Unit::kNone,
       0,
       0,
       {},
       true},
      {"server_version",
       Kind::kString,
       "15.20",
       "Shows the server version.",
       Context::kInternal,
       Unit::kNone,
       0,
       0,
       {},
       true},
      {"server_version_num", Kind::kInteger, "150020", "Shows the server version as an integer.",
       Context::kInternal, Unit::kNone, 0, kIntegerMax},
      {"session_authorization",
       Kind::kString,
       "shale",
       "Sets the session user name.",
       Context::kInternal,
       Unit::kNone,
       0,
       0,
       {},
       true},
      {"session_replication_role",
       Kind::kEnum,
       "origin",
       "Sets the session's behavior for triggers and rewrite rules.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {"origin", "replica", "local"},
       false,
       OnlyValue<kReplicationRole, kOrigin>},
      {"shale.as_of",
       Kind::kString,
       "",
       "Sets the time whose data transactions read.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       false,
       ApplyAsOf,
       CheckAsOfIsPast},
      {"standard_conforming_strings",
       Kind::kBool,
       "on",
       "Causes '...' strings to treat backslashes literally.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       true,
       OnlyValue<kStandardStrings, kOn>},
      {"statement_timeout",
       Kind::kInteger,
       "0",
       "Sets the maximum allowed duration of any statement.",
       Context::kUser,
       Unit::kMilliseconds,
       0,
       kIntegerMax,
       {},
       false,
       ApplyTimeout<&SettingFields::statement_timeout>},
      {"synchronize_seqscans", Kind::kBool, "on", "Enable synchronized sequential scans."},
      {"synchronous_commit",
       Kind::kEnum,
       "on",
       "Sets the current transaction's synchronization level.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {"local", "remote_write", "remote_apply", "on", "off"},
       false,
       ApplySynchronousCommit},
      {"temp_file_limit",
       Kind::kInteger,
       "-1",
       "Limits the total size of all temporary files used by each process.",
       Context::kUser,
       Unit::kKilobytes,
       -1,
       kIntegerMax,
       {},
       false,
       ApplyTempFileLimit},
      {"temp_tablespaces",
       Kind::kString,
       "",
       "Sets the tablespace(s) to use for temporary tables and sort files.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       false,
       OnlyValue<kTempSpaces, kEmpty>},
      {"TimeZone",
       Kind::kString,
       "UTC",
       "Sets the time zone for displaying and interpreting time stamps.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       true,
       ApplyTimeZone},
      {"transaction_timeout",
       Kind::kInteger,
       "0",
       "Sets the maximum allowed duration of any transaction within a session (not a prepared "
       "transaction).",
       Context::kUser,
       Unit::kMilliseconds,
       0,
       kIntegerMax,
       {},
       false,
       ApplyTimeout<&SettingFields::transaction_timeout>},
      {"transform_null_equals",
       Kind::kBool,
       "off",
       "Treats \"expr=NULL\" as \"expr IS NULL\".",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {},
       false,
       OnlyValue<kNullEquals, kOff>},
      {"version_retention", Kind::kInteger, "0",
       "Shows for how many seconds what was overwritten can still be read.", Context::kServer,
       Unit::kNone, 0, kIntegerMax},
      {"work_mem",
       Kind::kInteger,
       "65536",
       "Sets the maximum memory to be used for query workspaces.",
       Context::kUser,
       Unit::kKilobytes,
       64,
       kIntegerMax,
       {},
       false,
       ApplyWorkMem},
      {"xmloption",
       Kind::kEnum,
       "content",
       "Sets whether XML data is to be considered documents or fragments.",
       Context::kUser,
       Unit::kNone,
       0,
       0,
       {"content", "document"},
       false,
       OnlyValue<kXmlOption, kContent>},
  };
  std::sort(table.begin(), table.end(), [](const auto& left, const auto& right) {
    return LowerSettingName(left.name) < LowerSettingName(right.name);
  });
  return table;
}

}  // namespace

std::span<const SettingDefinition> AllSettings() {
  static const std::vector<SettingDefinition> table = MakeSettings();
  return table;
}

const SettingDefinition* FindSetting(std::string_view name) {
  std::string lower = LowerSettingName(name);
  auto all = AllSettings();
  auto found = std::lower_bound(all.begin(), all.end(), lower,
                                [](const SettingDefinition& setting, const std::string& wanted) {
                                  return LowerSettingName(setting.name) < wanted;
                                });
  return found != all.end() && LowerSettingName(found->name) == lower ? &*found : nullptr;
}

}  // namespace shale::sql
