// Rows from arrays: unnest, generate_subscripts.
#include "catalog/types/array.h"
#include "sql/expr/set_function.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;
using catalog::Datum;
using SetCallPtr = Result<std::unique_ptr<SetCall>>;

class UnnestCall : public SetCall {
 public:
  UnnestCall(catalog::Oid element, std::string_view array) : array_(element, array) {}
  Result<bool> Next(Datum* values, bool* nulls) override {
    if (next_ == array_.size()) return false;
    nulls[0] = array_.IsNull(next_);
    if (!nulls[0]) values[0] = array_.At(next_);
    ++next_;
    return true;
  }

 private:
  catalog::ArrayView array_;
  uint32_t next_ = 0;
};

SetCallPtr Unnest(EvalContext&, std::span<const catalog::Value> args,
                  std::span<const catalog::Type> types) {
  return MakeSetCall<UnnestCall>(types[0].oid, args[0].datum().bytes);
}

class SubscriptsCall : public SetCall {
 public:
  SubscriptsCall(catalog::ArrayDimension dimension, bool reverse)
      : dimension_(dimension), reverse_(reverse) {}
  Result<bool> Next(Datum* values, bool* nulls) override {
    if (given_ == dimension_.length) return false;
    const int32_t at = reverse_ ? dimension_.length - 1 - given_ : given_;
    values[0] = Datum::Int32(dimension_.lower_bound + at);
    nulls[0] = false;
    ++given_;
    return true;
  }

 private:
  catalog::ArrayDimension dimension_;
  bool reverse_;
  int32_t given_ = 0;
};

SetCallPtr Subscripts(EvalContext&, std::span<const catalog::Value> args,
                      std::span<const catalog::Type>) {
  catalog::ArrayView array(catalog::ElementOf(args[0].type().oid), args[0].datum().bytes);
  const int32_t dimension = args[1].datum().int32;
  const bool exists = dimension >= 1 && static_cast<size_t>(dimension) <= array.dimensions().size();
  return MakeSetCall<SubscriptsCall>(
      exists ? array.dimensions()[static_cast<size_t>(dimension) - 1] : catalog::ArrayDimension{},
      args.size() > 2 && args[2].datum().boolean);
}

}  // namespace

std::span<const SetFunction> ArraySetFunctions() {
  static const auto* functions = new std::vector<SetFunction>{
      {.oid = 2331,
       .name = "unnest",
       .args = {type_oid::kAnyarray},
       .result = type_oid::kAnyelement,
       .start = &Unnest},
      {.oid = 1191,
       .name = "generate_subscripts",
       .args = {type_oid::kAnyarray, type_oid::kInt4, type_oid::kBool},
       .result = type_oid::kInt4,
       .start = &Subscripts},
      {.oid = 1192,
       .name = "generate_subscripts",
       .args = {type_oid::kAnyarray, type_oid::kInt4},
       .result = type_oid::kInt4,
       .start = &Subscripts},
  };
  return *functions;
}

}  // namespace shale::sql
