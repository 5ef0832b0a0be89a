#include "sql/bind/table_function.h"

#include <algorithm>
#include <vector>

#include "sql/expr/resolve.h"

namespace shale::sql {

namespace {

namespace type_oid = catalog::type_oid;

Function Rows(catalog::Oid oid, std::string_view name, std::vector<catalog::Oid> args,
              catalog::Oid result) {
  Function function;
  function.oid = oid;
  function.name = name;
  function.args = std::move(args);
  function.result = result;
  return function;
}

Function Series(catalog::Oid oid, std::vector<catalog::Oid> args, catalog::Oid result) {
  return Rows(oid, "generate_series", std::move(args), result);
}

// Narrow types first: the first overload that all arguments cast to is the best one.
const std::vector<Function>& TableFunctions() {
  namespace oid = table_function_oid;
  static const auto* functions = new std::vector<Function>{
      Series(oid::kGenerateSeriesInt4, {type_oid::kInt4, type_oid::kInt4}, type_oid::kInt4),
      Series(oid::kGenerateSeriesStepInt4, {type_oid::kInt4, type_oid::kInt4, type_oid::kInt4},
             type_oid::kInt4),
      Series(oid::kGenerateSeriesInt8, {type_oid::kInt8, type_oid::kInt8}, type_oid::kInt8),
      Series(oid::kGenerateSeriesStepInt8, {type_oid::kInt8, type_oid::kInt8, type_oid::kInt8},
             type_oid::kInt8),
      Series(oid::kGenerateSeriesNumeric, {type_oid::kNumeric, type_oid::kNumeric},
             type_oid::kNumeric),
      Series(oid::kGenerateSeriesStepNumeric,
             {type_oid::kNumeric, type_oid::kNumeric, type_oid::kNumeric}, type_oid::kNumeric),
      Series(oid::kGenerateSeriesTimestamp,
             {type_oid::kTimestamp, type_oid::kTimestamp, type_oid::kInterval},
             type_oid::kTimestamp),
      Series(oid::kGenerateSeriesTimestamptz,
             {type_oid::kTimestamptz, type_oid::kTimestamptz, type_oid::kInterval},
             type_oid::kTimestamptz),
      Rows(oid::kTxidSnapshotXip, "txid_snapshot_xip", {type_oid::kTxidSnapshot}, type_oid::kInt8),
      Rows(oid::kPgSnapshotXip, "pg_snapshot_xip", {type_oid::kPgSnapshot}, type_oid::kXid8),
  };
  return *functions;
}

}  // namespace

bool IsTableFunction(std::string_view name) {
  return std::ranges::find(TableFunctions(), name, &Function::name) != TableFunctions().end();
}

const Function* FindTableFunction(std::string_view name, std::span<const catalog::Type> args) {
  for (const Function& function : TableFunctions()) {
    if (function.name != name || function.args.size() != args.size()) continue;
    bool fits = true;
    for (size_t i = 0; i < args.size() && fits; ++i) {
      fits = CanCast(args[i].oid, function.args[i], CastContext::kImplicit);
    }
    if (fits) return &function;
  }
  return nullptr;
}

}  // namespace shale::sql
