// SetRows: calls of functions that give sets of rows, running side by side: a row has a value of
// each, NULLs of those that have ended, until all have.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "sql/expr/evaluate.h"
#include "sql/expr/set_function.h"

namespace shale::sql {

// One row of so many NULLs.
std::unique_ptr<SetCall> NullRow(size_t columns);

class SetRows {
 public:
  // Starts a call of the function, whose columns come behind those of the calls added before. The
  // names matter to functions of records; others need none.
  Status Add(EvalContext& context, const SetFunction& function, std::vector<catalog::Value> args,
             std::span<const catalog::Type> types, std::span<const std::string> names);
  // Of one that gives values of the composite type: their attributes as columns of these types.
  Status AddUnpacked(EvalContext& context, const SetFunction& function,
                     std::vector<catalog::Value> args, std::span<const catalog::Type> types,
                     catalog::Type composite);
  // Of one that gives columns, which have these names in a record: one column of the type, record
  // or a composite one.
  Status AddPacked(EvalContext& context, const SetFunction& function,
                   std::vector<catalog::Value> args, std::span<const catalog::Type> types,
                   std::span<const std::string> names, catalog::Type packed);
  // The rows of a call that has been started elsewhere; null: none.
  void AddCall(std::unique_ptr<SetCall> call, std::span<const catalog::Type> types);
  // One row of one value.
  void AddValue(catalog::Value value);
  void Clear();
  size_t call_count() const { return running_.size(); }
  // Before the first row: what the call of the number gives.
  void SetCallAt(size_t number, std::unique_ptr<SetCall> call) {
    running_[number].call = std::move(call);
  }
  bool empty() const { return running_.empty(); }
  size_t column_count() const { return types_.size(); }

  // The next row into row `row` of columns[0 ..], copied to the arena; false at the end.
  Result<bool> Next(Vector* columns, uint32_t row, Arena* arena);

 private:
  // With the arguments in their place, which they keep; null: an argument of a strict function is
  // NULL.
  Result<std::unique_ptr<SetCall>> Start(EvalContext& context, const SetFunction& function,
                                         std::vector<catalog::Value> args,
                                         std::span<const catalog::Type> types,
                                         std::span<const std::string> names);

  struct Running {
    std::unique_ptr<SetCall> call;  // null: it has ended
    size_t first_column = 0;
    size_t width = 0;
  };

  std::vector<Running> running_;
  std::deque<std::vector<catalog::Value>> args_;  // of the calls
  std::vector<catalog::Type> types_;
  std::vector<catalog::Datum> values_;
  std::unique_ptr<bool[]> nulls_;  // null: to be made by the next Next
};

}  // namespace shale::sql
