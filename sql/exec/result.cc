// One row without columns: SELECT without FROM.
#include "sql/exec/operators.h"

namespace shale::sql {
namespace {

class ResultOperator : public PhysicalOperator {
 public:
  Async<NextBatch> Next() override {
    if (given_) return NextBatch(nullptr);
    given_ = true;
    batch_.row_count = 1;
    return NextBatch(&batch_);
  }

 private:
  Batch batch_;
  bool given_ = false;
};

}  // namespace

OperatorPtr MakeResult(ExecutionState* /*state*/) { return std::make_unique<ResultOperator>(); }

}  // namespace shale::sql
