#include "sql/session/setting_effects.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "catalog/types/date_time.h"
#include "catalog/types/time_zone.h"
#include "engine/base/clock.h"

namespace shale::sql {
namespace {

Status InvalidValue(std::string_view name, std::string_view text) {
  return Error(sqlstate::kInvalidParameterValue, "invalid value for parameter \"{}\": \"{}\"", name,
               text);
}

}  // namespace

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
  fields->work_mem_bytes = SettingInteger(*text, SettingDefinition::Unit::kKilobytes) * 1024;
  return Status::Ok();
}

Status ApplyTempFileLimit(std::string* text, SettingFields* fields) {
  const int64_t kilobytes = SettingInteger(*text, SettingDefinition::Unit::kKilobytes);
  fields->temp_file_limit_bytes = kilobytes < 0 ? -1 : kilobytes * 1024;
  return Status::Ok();
}

Status ApplyStatisticsTarget(std::string* text, SettingFields* fields) {
  fields->default_statistics_target =
      static_cast<int>(SettingInteger(*text, SettingDefinition::Unit::kNone));
  return Status::Ok();
}

Status ApplyMaxPreparedTransactions(std::string* text, SettingFields* fields) {
  fields->max_prepared_transactions = SettingInteger(*text, SettingDefinition::Unit::kNone);
  return Status::Ok();
}

Status ApplyMaxParallelWorkers(std::string* text, SettingFields* fields) {
  fields->max_parallel_workers =
      static_cast<int>(SettingInteger(*text, SettingDefinition::Unit::kNone));
  return Status::Ok();
}

Status ApplyMaxWorkersPerGather(std::string* text, SettingFields* fields) {
  fields->parallel.max_workers_per_gather =
      static_cast<int>(SettingInteger(*text, SettingDefinition::Unit::kNone));
  return Status::Ok();
}

Status ApplyMinTableScan(std::string* text, SettingFields* fields) {
  constexpr double kBlockBytes = 8192;
  fields->parallel.min_table_scan_bytes =
      static_cast<double>(SettingInteger(*text, SettingDefinition::Unit::kBlocks)) * kBlockBytes;
  return Status::Ok();
}

Status ApplyLeaderParticipation(std::string* text, SettingFields* fields) {
  fields->parallel.leader_participation = *text == "on";
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

}  // namespace shale::sql
