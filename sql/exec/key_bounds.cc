#include "sql/exec/key_bounds.h"

#include "catalog/key_codec.h"
#include "catalog/keys.h"

namespace shale::sql {

Result<bool> EvaluateDatum(EvalContext& evaluator, const Expr& expr, catalog::Datum* datum) {
  const catalog::Value* value = nullptr;
  if (expr.kind == ExprKind::kConstant) {
    value = &static_cast<const ConstantExpr&>(expr).value;
  } else if (expr.kind == ExprKind::kParameter) {
    size_t index = static_cast<size_t>(static_cast<const ParameterExpr&>(expr).index);
    if (index < evaluator.parameter_count) value = &evaluator.parameters[index];
  }
  if (value != nullptr) {
    if (value->is_null()) return false;
    *datum = value->datum();
    return true;
  }
  Batch row;
  row.row_count = 1;
  Vector result;
  RETURN_IF_ERROR(Evaluate(evaluator, expr, row, {nullptr, 1}, &result));
  if (result.IsNull(0)) return false;
  *datum = result.GetDatum(0);
  return true;
}

Result<bool> AppendKeyValues(const catalog::TableDesc& table, std::span<const ExprPtr> values,
                             EvalContext& evaluator, std::string* key) {
  for (size_t i = 0; i < values.size(); ++i) {
    catalog::Datum datum;
    ASSIGN_OR_RETURN(bool present, EvaluateDatum(evaluator, *values[i], &datum));
    if (!present) return false;
    catalog::AppendKey(table.columns[table.primary_key[i]].type, datum, key);
  }
  return true;
}

Result<std::optional<engine::KeyRange>> ScanRange(const TableScanNode& node,
                                                  ExecutionState* state) {
  const catalog::TableDesc& table = *node.source.table;
  Arena arena;
  EvalContext evaluator = state->Evaluator(&arena);
  std::string prefix;
  catalog::AppendRowPrefix(table.storage_id, &prefix);
  ASSIGN_OR_RETURN(bool complete, AppendKeyValues(table, node.equal, evaluator, &prefix));
  if (!complete) return std::optional<engine::KeyRange>();

  std::optional<engine::KeyRange> range;
  range.emplace();
  range->begin = prefix;
  range->end = catalog::PrefixEnd(prefix);
  if (!node.lower && !node.upper) return range;
  const catalog::Type type = table.columns[table.primary_key[node.equal.size()]].type;
  // Appends the bound's code to the key; false: NULL.
  auto append = [&](const Expr& bound, std::string* key) -> Result<bool> {
    catalog::Datum datum;
    ASSIGN_OR_RETURN(bool present, EvaluateDatum(evaluator, bound, &datum));
    *key = prefix;
    if (present) catalog::AppendKey(type, datum, key);
    return present;
  };
  if (node.lower) {
    std::string key;
    ASSIGN_OR_RETURN(bool present, append(*node.lower, &key));
    if (!present) return std::optional<engine::KeyRange>();
    range->begin = node.lower_inclusive ? key : catalog::PrefixEnd(key);
  }
  if (node.upper) {
    std::string key;
    ASSIGN_OR_RETURN(bool present, append(*node.upper, &key));
    if (!present) return std::optional<engine::KeyRange>();
    range->end = node.upper_inclusive ? catalog::PrefixEnd(key) : key;
  }
  if (range->begin >= range->end) return std::optional<engine::KeyRange>();
  return range;
}

}  // namespace shale::sql
