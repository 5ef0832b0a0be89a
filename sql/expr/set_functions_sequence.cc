// A sequence as a table of one row: what the binder puts where FROM names one.
#include "sql/expr/resolve.h"
#include "sql/expr/set_function.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;
using catalog::Datum;

class SequenceRowCall : public SetCall {
 public:
  explicit SequenceRowCall(SequenceRow row) : row_(row) {}
  // log_cnt, how many values PostgreSQL's log has ahead, is 0 here: leases are no part of the row.
  Result<bool> Next(Datum* values, bool* nulls) override {
    if (given_) return false;
    given_ = true;
    values[0] = Datum::Int64(row_.last_value);
    values[1] = Datum::Int64(0);
    values[2] = Datum::Bool(row_.is_called);
    std::fill_n(nulls, 3, false);
    return true;
  }

 private:
  const SequenceRow row_;
  bool given_ = false;
};

Result<std::unique_ptr<SetCall>> StartSequenceRow(EvalContext& context,
                                                  std::span<const catalog::Value> args,
                                                  std::span<const catalog::Type>) {
  if (context.host == nullptr) return NotSupported("a sequence outside of a session");
  ASSIGN_OR_RETURN(SequenceRow row, context.host->ReadSequence(args[0].datum().oid));
  return MakeSetCall<SequenceRowCall>(row);
}

}  // namespace

std::span<const SetFunction> SequenceSetFunctions() {
  static const auto* functions = new std::vector<SetFunction>{
      {.oid = kSequenceRow,
       .name = "sequence_row",
       .args = {type_oid::kRegclass},
       .result = type_oid::kRecord,
       .volatility = Volatility::kVolatile,
       .columns = {{"last_value", type_oid::kInt8},
                   {"log_cnt", type_oid::kInt8},
                   {"is_called", type_oid::kBool}},
       .start = &StartSequenceRow},
  };
  return *functions;
}

}  // namespace shale::sql
