// TableReader: stored rows to batches: decodes the columns asked for, those of filters first.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "sql/exec/execution_state.h"
#include "sql/exec/key_filter.h"

namespace shale::sql {

class TableReader {
 public:
  // filter, over the output columns, may be null. Both outlive the reader.
  TableReader(const TableColumns& source, const Expr* filter, ExecutionState* state);

  // Leaves out what it refuses, for as long as that is worth it: of many rows the most.
  void AddKeyFilter(KeyFilter filter) { key_filters_.push_back({std::move(filter)}); }

  // At most kBatchRows rows; what comes of them refers to the rows and is valid until the next
  // call. Null where no row passes the filters.
  Result<const Batch*> Read(std::span<const engine::KeyValue> rows);

  const catalog::RowCodec& codec() const { return *codec_; }
  // All that is read lies in the keys.
  bool keys_only() const { return keys_only_; }
  // Nothing that is read lies in the keys.
  bool values_only() const { return values_only_; }

 private:
  struct JoinFilter {
    KeyFilter keys;
    uint64_t asked = 0;  // rows
    uint64_t kept = 0;
    bool is_worth() const;
  };

  Status Decode(std::span<const engine::KeyValue> rows, size_t slot);
  Status Narrow(std::span<const engine::KeyValue>* rows);
  void KeepPartners(JoinFilter* filter);

  const TableColumns& source_;
  const Expr* filter_;
  RunStatistics* run_;  // may be null
  std::shared_ptr<const catalog::RowCodec> codec_;
  Arena arena_;
  EvalContext evaluator_;
  std::vector<catalog::Type> types_;  // of the output columns
  std::vector<uint8_t> in_filter_;    // by output column
  std::vector<uint8_t> decoded_;      // likewise, of the rows being read
  std::vector<JoinFilter> key_filters_;
  bool keys_only_;
  bool values_only_;
  Batch batch_;
  std::vector<engine::KeyValue> passed_;
  std::vector<engine::KeyValue> narrowed_;  // what will be passed_
};

}  // namespace shale::sql
