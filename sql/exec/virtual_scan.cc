// A relation that is computed: all its rows at the first call, then batch by batch through the
// filter.
#include "catalog/types/user_type.h"
#include "sql/bind/virtual_table.h"
#include "sql/exec/operators.h"
#include "sql/exec/row_buffer.h"
#include "sql/plan/run_statistics.h"

namespace shale::sql {
namespace {

// SQL text as the catalog keeps it, which names users' types by their marks.
bool HasMarks(const catalog::Value& value) {
  const catalog::Oid type = value.type().oid;
  const bool is_text = type == catalog::type_oid::kText || type == catalog::type_oid::kVarchar;
  return is_text && !value.is_null() &&
         value.datum().bytes.find(catalog::kMark) != std::string_view::npos;
}

class VirtualScan : public PhysicalOperator {
 public:
  VirtualScan(const VirtualScanNode& node, ExecutionState* state)
      : state_(state),
        node_(node),
        evaluator_(state->Evaluator(&arena_)),
        memory_(state, "scan of a system view"),
        rows_(node.output, &memory_),
        reader_(&rows_) {
    evaluator_.journal = nullptr;  // nothing in a filter waits (SelectPlanner::PlanRelation)
  }

  Async<NextBatch> Next() override { return NextReady(); }

 private:
  NextBatch NextReady() {
    if (!computed_) {
      RETURN_IF_ERROR(Compute());
    }
    while (const Batch* chunk = reader_.Next()) {
      RETURN_IF_ERROR(state_->CheckCancelled());
      if (node_.filter == nullptr) return chunk;
      arena_.Reset();
      batch_ = *chunk;
      const uint32_t before = batch_.size();
      RETURN_IF_ERROR(Filter(evaluator_, *node_.filter, &batch_));
      if (RunStatistics* run = state_->context().run_statistics) {
        run->NoteFiltered(*node_.filter, before - batch_.size());
      }
      if (batch_.size() > 0) return &batch_;
    }
    return nullptr;
  }

  Status Compute() {
    computed_ = true;
    std::shared_ptr<const catalog::CatalogSnapshot> view = state_->catalog_view();
    std::vector<Vector> row(node_.columns.size());
    std::vector<catalog::Value> spelled(row.size());
    auto append = [&](const std::vector<catalog::Value>& values) -> Status {
      for (size_t i = 0; i < row.size(); ++i) {
        const catalog::Value& given = values[static_cast<size_t>(node_.columns[i])];
        if (HasMarks(given)) {
          spelled[i] =
              catalog::Value::Text(state_->context().host->SpelledOut(given.datum().bytes));
        }
        const catalog::Value& value = HasMarks(given) ? spelled[i] : given;
        row[i] = value.is_null() ? Vector::ConstantNull(node_.output[i], nullptr)
                                 : Vector::ConstantReference(node_.output[i], value.datum());
      }
      return rows_.Append(row, {nullptr, 1});
    };
    return node_.table->scan(*view, *state_->context().host, append);
  }

  ExecutionState* state_;
  const VirtualScanNode& node_;
  Arena arena_;
  EvalContext evaluator_;
  WorkMemory memory_;
  RowBuffer rows_;
  BufferReader reader_;
  Batch batch_;
  bool computed_ = false;
};

}  // namespace

OperatorPtr MakeVirtualScan(const VirtualScanNode& node, ExecutionState* state) {
  return std::make_unique<VirtualScan>(node, state);
}

}  // namespace shale::sql
