// What settings do when they take a value: functions for the columns `apply` and `check_now` of
// setting_table.cc. Each brings an accepted text to its canonical form and the fields up to date,
// or refuses it: 22023, 0A000.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "sql/session/setting_text.h"
#include "sql/session/settings.h"

namespace shale::sql {

Status ApplyDateStyle(std::string* text, SettingFields* fields);
Status ApplyTimeZone(std::string* text, SettingFields* fields);
Status ApplyIntervalStyle(std::string* text, SettingFields* fields);
Status ApplyByteaOutput(std::string* text, SettingFields* fields);
Status ApplyExtraFloatDigits(std::string* text, SettingFields* fields);
Status ApplyClientEncoding(std::string* text, SettingFields* fields);
Status ApplySearchPath(std::string* text, SettingFields* fields);
Status ApplyAsOf(std::string* text, SettingFields* fields);
Status CheckAsOfIsPast(std::string_view text, const SettingFields& fields);
Status ApplyWorkMem(std::string* text, SettingFields* fields);
Status ApplyTempFileLimit(std::string* text, SettingFields* fields);
Status ApplyStatisticsTarget(std::string* text, SettingFields* fields);
Status ApplyMaxPreparedTransactions(std::string* text, SettingFields* fields);
Status ApplyMaxParallelWorkers(std::string* text, SettingFields* fields);
Status ApplyMaxWorkersPerGather(std::string* text, SettingFields* fields);
Status ApplyMinTableScan(std::string* text, SettingFields* fields);
Status ApplyLeaderParticipation(std::string* text, SettingFields* fields);
Status ApplyIsolation(std::string* text, SettingFields* fields);
Status ApplyDefaultReadOnly(std::string* text, SettingFields* fields);
Status ApplyDefaultDeferrable(std::string* text, SettingFields* fields);
Status ApplySynchronousCommit(std::string* text, SettingFields* fields);
Status ApplyClientMinMessages(std::string* text, SettingFields* fields);
Status ApplyApplicationName(std::string* text, SettingFields* fields);

// Refuses anything but the given value, for parameters whose effect Shale does not have.
template <const auto& kName, const auto& kOnly>
Status OnlyValue(std::string* text, SettingFields*) {
  if (*text == kOnly) return Status::Ok();
  return NotSupported(fmt::format("setting {} to {}", kName, *text));
}

template <std::chrono::milliseconds SettingFields::*kField>
Status ApplyTimeout(std::string* text, SettingFields* fields) {
  fields->*kField =
      std::chrono::milliseconds(SettingInteger(*text, SettingDefinition::Unit::kMilliseconds));
  return Status::Ok();
}

template <double ParallelSettings::*kCost>
Status ApplyParallelCost(std::string* text, SettingFields* fields) {
  fields->parallel.*kCost = std::stod(*text);
  return Status::Ok();
}

}  // namespace shale::sql
