// From key expressions to the store's keys and ranges.
#pragma once

#include <optional>
#include <string>

#include "sql/exec/execution_state.h"

namespace shale::sql {

// The range that a scan reads; nothing where a bound is NULL, so that no row can match.
Result<std::optional<engine::KeyRange>> ScanRange(const TableScanNode& node, ExecutionState* state);

// The ranges of entries that an index scan reads, in their order; none where a bound is NULL.
Result<std::vector<engine::KeyRange>> IndexRanges(const IndexScanNode& node, ExecutionState* state);

// Appends the codes of the table's first key columns. False where a value is NULL.
Result<bool> AppendKeyValues(const catalog::TableDesc& table, std::span<const ExprPtr> values,
                             EvalContext& evaluator, std::string* key);

// The same for an index's; null: IS NULL.
Result<bool> AppendIndexValues(const catalog::IndexDesc& index, std::span<const ExprPtr> values,
                               EvalContext& evaluator, std::string* key);

// Evaluates an expression without columns; constants and parameters without any work. False: NULL.
// Bytes are valid as long as the evaluator's arena and parameters.
Result<bool> EvaluateDatum(EvalContext& evaluator, const Expr& expr, catalog::Datum* datum);

}  // namespace shale::sql
