// SetFunction: a function that gives a set of rows: generate_series, unnest, json_each.
//
// It stands in FROM, or in a select list, where the executor runs all that stand beside each other
// in lock step (sql/exec/project_set.cc). Expressions with one in them are not evaluated: the
// planner takes it out, as it does with aggregates.
//
// To add one: a row in its family's set_functions_*.cc.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "catalog/types/datum.h"
#include "sql/expr/function.h"

namespace shale::sql {

// One call, while it gives its rows.
class SetCall {
 public:
  virtual ~SetCall() = default;
  // The next row, a datum for each of the function's columns; false at the end. What they refer to
  // stays until the next call of this.
  virtual Result<bool> Next(catalog::Datum* values, bool* nulls) = 0;
};

template <typename Call, typename... Args>
Result<std::unique_ptr<SetCall>> MakeSetCall(Args&&... args) {
  return std::unique_ptr<SetCall>(std::make_unique<Call>(std::forward<Args>(args)...));
}

struct SetColumn {
  std::string_view name;
  catalog::Oid type;
};

struct SetFunction {
  catalog::Oid oid = 0;  // PostgreSQL's
  std::string_view name;
  std::vector<catalog::Oid> args;
  catalog::Oid result = 0;  // of one row; record: of several columns
  // A NULL argument gives no rows.
  bool strict = true;
  Volatility volatility = Volatility::kImmutable;
  // OUT parameters. Empty: one column named like the function, or, of record, as the query says.
  std::vector<SetColumn> columns;
  // `types`: of the columns. The arguments live as long as the call.
  Result<std::unique_ptr<SetCall>> (*start)(EvalContext& context,
                                            std::span<const catalog::Value> args,
                                            std::span<const catalog::Type> types) = nullptr;
  // Of record: the names of the columns that the query asks for matter.
  Result<std::unique_ptr<SetCall>> (*start_named)(EvalContext& context,
                                                  std::span<const catalog::Value> args,
                                                  std::span<const catalog::Type> types,
                                                  std::span<const std::string> names) = nullptr;
};

std::span<const SetFunction> ArraySetFunctions();      // set_functions_array.cc
std::span<const SetFunction> JsonSetFunctions();       // set_functions_json.cc
std::span<const SetFunction> PartitionSetFunctions();  // set_functions_partition.cc
std::span<const SetFunction> SequenceSetFunctions();   // set_functions_sequence.cc
std::span<const SetFunction> SeriesSetFunctions();     // set_functions_series.cc
std::span<const SetFunction> SnapshotSetFunctions();   // set_functions_snapshot.cc
std::span<const SetFunction> TextSetFunctions();       // set_functions_text.cc

}  // namespace shale::sql
