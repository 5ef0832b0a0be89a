// The row that a cursor stands on: by its key, as the statement's snapshot shows it.
#include "sql/exec/operators.h"
#include "sql/exec/table_reader.h"

namespace shale::sql {
namespace {

class CurrentRow : public PhysicalOperator {
 public:
  CurrentRow(const CurrentRowNode& node, ExecutionState* state)
      : node_(node), state_(state), reader_(node.source, nullptr, state) {}

  Async<NextBatch> Next() override {
    if (ended_) return NextBatch(nullptr);
    ended_ = true;
    return Read();
  }

 private:
  Task<NextBatch> Read() {
    CursorPositions* positions = state_->context().cursors;
    if (positions == nullptr) co_return NotSupported("WHERE CURRENT OF in this place");
    CO_ASSIGN_OR_RETURN(std::optional<std::string> key,
                        positions->CurrentKey(node_.cursor, *node_.source.table));
    if (!key) co_return nullptr;
    key_ = std::move(*key);
    auto get = state_->transaction().Get(key_, &value_);
    auto found = co_await get;
    if (!found.ok()) co_return std::move(found).status();
    if (!*found) co_return nullptr;
    row_ = {key_, value_.view()};
    co_return reader_.Read({&row_, 1});
  }

  const CurrentRowNode& node_;
  ExecutionState* state_;
  TableReader reader_;
  bool ended_ = false;
  std::string key_;
  engine::PinnedBytes value_;
  engine::KeyValue row_;
};

}  // namespace

OperatorPtr MakeCurrentRow(const CurrentRowNode& node, ExecutionState* state) {
  return std::make_unique<CurrentRow>(node, state);
}

}  // namespace shale::sql
