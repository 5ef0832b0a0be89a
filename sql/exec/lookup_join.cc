// Lookup join: for each left row the row of a stored table with the key it gives: one MultiGet per
// left batch.
#include "catalog/key_codec.h"
#include "catalog/keys.h"
#include "sql/exec/join_rows.h"
#include "sql/exec/operators.h"
#include "sql/exec/table_reader.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

class LookupJoinOperator : public PipelineOperator {
 public:
  LookupJoinOperator(const LookupJoinNode& node, OperatorPtr left, ExecutionState* state)
      : PipelineOperator(std::move(left), state),
        node_(node),
        reader_(node.source, nullptr, state),
        input_evaluator_(state->Evaluator(&input_arena_)),
        evaluator_(state->Evaluator(&arena_)),
        right_types_(node.output.begin() + static_cast<std::ptrdiff_t>(node.left->output.size()),
                     node.output.end()) {}  // none of an anti join

  void SetKeyFilter(KeyFilter filter) override {
    if (filter.IsWithin(node_.left->output.size())) child_->SetKeyFilter(std::move(filter));
  }

 protected:
  Async<Status> Consume(const Batch& input) override {
    input_arena_.Reset();
    input_ = &input;
    Status encoded = EncodeKeys();
    if (!encoded.ok()) return encoded;
    pairs_given_ = false;
    unmatched_given_ = !KeepsLeft(node_.join);
    matched_.Start(unmatched_given_ ? 0 : input.row_count);
    values_.clear();
    values_.resize(keys_.size());
    found_ = std::make_unique<bool[]>(keys_.size());
    if (keys_.empty()) return Status::Ok();
    return state_->transaction().MultiGet(keys_, values_.data(), found_.get());
  }

  NextBatch Produce() override {
    arena_.Reset();
    if (!pairs_given_) {
      RETURN_IF_ERROR(JoinFound());
      pairs_given_ = true;
      if (output_.size() > 0 && node_.join != JoinKind::kAnti) return &output_;
    }
    if (unmatched_given_) return nullptr;
    unmatched_given_ = true;
    RowSet rows = matched_.Unmatched(RowsOf(*input_), &arena_);
    if (rows.count == 0) return nullptr;
    ExtendWithNulls(*input_, rows, right_types_, &arena_, &output_);
    return &output_;
  }

 private:
  // The keys of the input's rows, without those that have a NULL in it.
  Status EncodeKeys() {
    const catalog::TableDesc& table = *node_.source.table;
    std::vector<Vector> columns(node_.keys.size());
    RowSet rows = RowsOf(*input_);
    for (size_t i = 0; i < columns.size(); ++i) {
      RETURN_IF_ERROR(Evaluate(input_evaluator_, *node_.keys[i], *input_, rows, &columns[i]));
      rows = SelectNotNull(columns[i], rows, &input_arena_);
    }
    keys_.clear();
    key_rows_.clear();
    std::string key;
    for (uint32_t i = 0; i < rows.count; ++i) {
      key.clear();
      catalog::AppendRowPrefix(table.storage_id, &key);
      for (size_t k = 0; k < columns.size(); ++k) {
        catalog::AppendKey(table.columns[table.primary_key[k]].type, columns[k].GetDatum(rows[i]),
                           &key);
      }
      keys_.push_back(input_arena_.Copy(key));
      key_rows_.push_back(rows[i]);
    }
    return Status::Ok();
  }

  Status JoinFound() {
    rows_.clear();
    left_rows_.clear();
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (!found_[i]) continue;
      rows_.push_back({keys_[i], values_[i].view()});
      left_rows_.push_back(key_rows_[i]);
    }
    output_.columns.clear();
    output_.row_count = static_cast<uint32_t>(rows_.size());
    output_.selection = nullptr;
    if (rows_.empty()) return Status::Ok();
    ASSIGN_OR_RETURN(const Batch* right, reader_.Read(rows_));
    for (const Vector& column : input_->columns) {
      output_.columns.push_back(
          Gather(column, left_rows_.data(), output_.row_count, ByteCopy::kShared, &arena_));
    }
    output_.columns.insert(output_.columns.end(), right->columns.begin(), right->columns.end());
    if (node_.condition) {
      RETURN_IF_ERROR(Filter(evaluator_, *node_.condition, &output_));
    }
    if (unmatched_given_) return Status::Ok();
    for (uint32_t i = 0; i < output_.size(); ++i) matched_.Mark(left_rows_[output_.RowAt(i)]);
    return Status::Ok();
  }

  const LookupJoinNode& node_;
  TableReader reader_;
  Arena input_arena_;
  Arena arena_;
  EvalContext input_evaluator_;
  EvalContext evaluator_;
  std::vector<catalog::Type> right_types_;
  const Batch* input_ = nullptr;
  std::vector<std::string_view> keys_;
  std::vector<uint32_t> key_rows_;  // the input row of each key
  std::vector<engine::PinnedBytes> values_;
  std::unique_ptr<bool[]> found_;
  std::vector<engine::KeyValue> rows_;
  std::vector<uint32_t> left_rows_;  // the input row of each row found
  MatchedRows matched_;
  bool pairs_given_ = true;
  bool unmatched_given_ = true;
  Batch output_;
};

}  // namespace

OperatorPtr MakeLookupJoin(const LookupJoinNode& node, OperatorPtr left, ExecutionState* state) {
  return std::make_unique<LookupJoinOperator>(node, std::move(left), state);
}

}  // namespace shale::sql
