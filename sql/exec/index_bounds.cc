// From the bounds of an index scan to ranges of its entries.
#include <algorithm>

#include "catalog/index_codec.h"
#include "catalog/keys.h"
#include "catalog/types/array.h"
#include "sql/exec/key_bounds.h"

namespace shale::sql {

Result<bool> AppendIndexValues(const catalog::IndexDesc& index, std::span<const ExprPtr> values,
                               EvalContext& evaluator, std::string* key) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] == nullptr) {  // IS NULL
      catalog::AppendIndexKey(index.keys[i], nullptr, key);
      continue;
    }
    catalog::Datum datum;
    ASSIGN_OR_RETURN(bool present, EvaluateDatum(evaluator, *values[i], &datum));
    if (!present) return false;
    catalog::AppendIndexKey(index.keys[i], &datum, key);
  }
  return true;
}

namespace {

Status AppendArrayPrefixes(const catalog::IndexDesc& index, std::span<const ExprPtr> values,
                           EvalContext& evaluator, std::string prefix,
                           std::vector<std::string>* prefixes) {
  ASSIGN_OR_RETURN(bool complete,
                   AppendIndexValues(index, values.first(values.size() - 1), evaluator, &prefix));
  catalog::Datum array;
  ASSIGN_OR_RETURN(bool present, EvaluateDatum(evaluator, *values.back(), &array));
  if (!complete || !present) return Status::Ok();
  const catalog::IndexKey& key = index.keys[values.size() - 1];
  const catalog::ArrayView elements(key.type.oid, array.bytes);
  for (uint32_t i = 0; i < elements.size(); ++i) {
    if (elements.IsNull(i)) continue;
    const catalog::Datum element = elements.At(i);
    prefixes->push_back(prefix);
    catalog::AppendIndexKey(key, &element, &prefixes->back());
  }
  return Status::Ok();
}

// Cuts the range of all entries of the prefix to those with a value within the bounds; false: there
// are none.
Result<bool> CutRange(const IndexScanNode& node, const std::string& prefix, EvalContext& evaluator,
                      engine::KeyRange* range) {
  const catalog::IndexKey& key = node.index->keys[node.equal.size()];
  // NULLs are in no range of values.
  std::string values = prefix;
  catalog::AppendIndexValuesStart(&values);
  range->begin = values;
  range->end = catalog::PrefixEnd(values);
  for (const bool is_lower : {true, false}) {
    const ExprPtr& bound = is_lower ? node.lower : node.upper;
    if (bound == nullptr) continue;
    catalog::Datum datum;
    ASSIGN_OR_RETURN(bool present, EvaluateDatum(evaluator, *bound, &datum));
    if (!present) return false;
    std::string code = prefix;
    catalog::AppendIndexKey(key, &datum, &code);
    const bool inclusive = is_lower ? node.lower_inclusive : node.upper_inclusive;
    if (is_lower != key.descending) {
      range->begin = inclusive ? code : catalog::PrefixEnd(code);
    } else {
      range->end = inclusive ? catalog::PrefixEnd(code) : code;
    }
  }
  return range->begin < range->end;
}

}  // namespace

Result<std::vector<engine::KeyRange>> IndexRanges(const IndexScanNode& node,
                                                  ExecutionState* state) {
  Arena arena;
  EvalContext evaluator = state->Evaluator(&arena);
  std::string start;
  catalog::AppendRowPrefix(node.index->storage_id, &start);
  std::vector<engine::KeyRange> ranges;
  if (node.keys.empty()) {
    std::string prefix = start;
    ASSIGN_OR_RETURN(bool complete, AppendIndexValues(*node.index, node.equal, evaluator, &prefix));
    if (!complete) return ranges;
    engine::KeyRange range{prefix, catalog::PrefixEnd(prefix)};
    if (node.lower || node.upper) {
      ASSIGN_OR_RETURN(bool some, CutRange(node, prefix, evaluator, &range));
      if (!some) return ranges;
    }
    ranges.push_back(std::move(range));
    return ranges;
  }
  std::vector<std::string> prefixes;
  for (const std::vector<ExprPtr>& values : node.keys) {
    if (node.keys_from_array) {
      RETURN_IF_ERROR(AppendArrayPrefixes(*node.index, values, evaluator, start, &prefixes));
      continue;
    }
    std::string prefix = start;
    ASSIGN_OR_RETURN(bool complete, AppendIndexValues(*node.index, values, evaluator, &prefix));
    if (complete) prefixes.push_back(std::move(prefix));
  }
  std::sort(prefixes.begin(), prefixes.end());
  prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
  for (std::string& prefix : prefixes) {
    std::string end = catalog::PrefixEnd(prefix);
    ranges.push_back({std::move(prefix), std::move(end)});
  }
  return ranges;
}

}  // namespace shale::sql
