// Functions that give a set of rows, for FROM: generate_series, and pg_snapshot_xip with its older
// name. They are Functions without a kernel: the executor makes their rows.
#pragma once

#include <span>
#include <string_view>

#include "sql/expr/function.h"

namespace shale::sql {

namespace table_function_oid {
inline constexpr catalog::Oid kGenerateSeriesStepInt4 = 1066;
inline constexpr catalog::Oid kGenerateSeriesInt4 = 1067;
inline constexpr catalog::Oid kGenerateSeriesStepInt8 = 1068;
inline constexpr catalog::Oid kGenerateSeriesInt8 = 1069;
inline constexpr catalog::Oid kGenerateSeriesTimestamp = 938;
inline constexpr catalog::Oid kGenerateSeriesTimestamptz = 939;
inline constexpr catalog::Oid kGenerateSeriesStepNumeric = 3259;
inline constexpr catalog::Oid kGenerateSeriesNumeric = 3260;
inline constexpr catalog::Oid kTxidSnapshotXip = 2947;
inline constexpr catalog::Oid kPgSnapshotXip = 5064;
}  // namespace table_function_oid

bool IsTableFunction(std::string_view name);
// The overload that the arguments fit best, each castable implicitly; null where there is none.
// Unknown arguments fit anything.
const Function* FindTableFunction(std::string_view name, std::span<const catalog::Type> args);

}  // namespace shale::sql
