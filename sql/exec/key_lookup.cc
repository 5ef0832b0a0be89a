// Rows by their whole keys, up to a batch of keys at a time.
#include <algorithm>

#include "catalog/key_codec.h"
#include "catalog/keys.h"
#include "catalog/types/array.h"
#include "sql/exec/key_bounds.h"
#include "sql/exec/operators.h"
#include "sql/exec/table_reader.h"

namespace shale::sql {
namespace {

class KeyLookup : public PhysicalOperator {
 public:
  KeyLookup(const KeyLookupNode& node, std::vector<std::string> keys, ExecutionState* state)
      : state_(state), reader_(node.source, node.filter.get(), state), keys_(std::move(keys)) {}

  Async<NextBatch> Next() override {
    while (next_ < keys_.size()) {
      if (Status status = state_->CheckCancelled(); !status.ok()) {
        return NextBatch(std::move(status));
      }
      auto get = GetKeys();
      if (!get.ready()) return NextLater(std::move(get));
      NextBatch batch = TakeValues(std::move(get).value());
      if (!batch.ok() || *batch != nullptr) return batch;
    }
    return NextBatch(nullptr);
  }

 private:
  Async<Status> GetKeys() {
    size_t count = std::min<size_t>(keys_.size() - next_, kBatchRows);
    views_.assign(keys_.begin() + static_cast<std::ptrdiff_t>(next_),
                  keys_.begin() + static_cast<std::ptrdiff_t>(next_ + count));
    next_ += count;
    values_.clear();
    values_.resize(count);
    found_ = std::make_unique<bool[]>(count);
    return state_->transaction().MultiGet(views_, values_.data(), found_.get());
  }

  NextBatch TakeValues(Status status) {
    RETURN_IF_ERROR(std::move(status));
    rows_.clear();
    for (size_t i = 0; i < views_.size(); ++i) {
      if (found_[i]) rows_.push_back({views_[i], values_[i].view()});
    }
    if (rows_.empty()) return nullptr;
    return reader_.Read(rows_);
  }

  Task<NextBatch> NextLater(Async<Status> waiting) {
    while (true) {
      Status status = co_await waiting;
      NextBatch batch = TakeValues(std::move(status));
      if (!batch.ok() || *batch != nullptr || next_ == keys_.size()) co_return batch;
      CO_RETURN_IF_ERROR(state_->CheckCancelled());
      waiting = GetKeys();
    }
  }

  ExecutionState* state_;
  TableReader reader_;
  std::vector<std::string> keys_;  // distinct, in order
  size_t next_ = 0;
  std::vector<std::string_view> views_;
  std::vector<engine::PinnedBytes> values_;
  std::unique_ptr<bool[]> found_;
  std::vector<engine::KeyValue> rows_;
};

// The key of each element of the array that the last value is.
Status AppendArrayKeys(const catalog::TableDesc& table, std::span<const ExprPtr> values,
                       EvalContext& evaluator, const std::string& prefix,
                       std::vector<std::string>* keys) {
  std::string first = prefix;
  ASSIGN_OR_RETURN(bool complete,
                   AppendKeyValues(table, values.first(values.size() - 1), evaluator, &first));
  catalog::Datum array;
  ASSIGN_OR_RETURN(bool present, EvaluateDatum(evaluator, *values.back(), &array));
  if (!complete || !present) return Status::Ok();
  const catalog::Type type = table.columns[table.primary_key[values.size() - 1]].type;
  const catalog::ArrayView elements(type.oid, array.bytes);
  for (uint32_t i = 0; i < elements.size(); ++i) {
    if (elements.IsNull(i)) continue;
    keys->push_back(first);
    catalog::AppendKey(type, elements.At(i), &keys->back());
  }
  return Status::Ok();
}

}  // namespace

Result<OperatorPtr> MakeKeyLookup(const KeyLookupNode& node, ExecutionState* state) {
  const catalog::TableDesc& table = *node.source.table;
  Arena arena;
  EvalContext evaluator = state->Evaluator(&arena);
  std::vector<std::string> keys;
  for (const std::vector<ExprPtr>& values : node.keys) {
    std::string key;
    catalog::AppendRowPrefix(table.storage_id, &key);
    if (node.keys_from_array) {
      RETURN_IF_ERROR(AppendArrayKeys(table, values, evaluator, key, &keys));
      continue;
    }
    ASSIGN_OR_RETURN(bool complete, AppendKeyValues(table, values, evaluator, &key));
    if (complete) keys.push_back(std::move(key));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return OperatorPtr(std::make_unique<KeyLookup>(node, std::move(keys), state));
}

}  // namespace shale::sql
