// generate_series: integers by counting, other types by their own + and order, so that months and
// zones count as they should.
#include "catalog/types/numeric.h"
#include "catalog/types/type_io.h"
#include "sql/expr/evaluate.h"
#include "sql/expr/resolve.h"
#include "sql/expr/set_function.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;
using catalog::Datum;
using catalog::Oid;
using SetCallPtr = Result<std::unique_ptr<SetCall>>;

Status ZeroStep() { return Error(sqlstate::kInvalidParameterValue, "step size cannot equal zero"); }

class IntegerCall : public SetCall {
 public:
  IntegerCall(Oid type, int64_t start, int64_t stop, int64_t step)
      : type_(type), next_(start), stop_(stop), step_(step) {}
  Result<bool> Next(Datum* values, bool* nulls) override {
    if (step_ > 0 ? next_ > stop_ : next_ < stop_) return false;
    const auto value = static_cast<int64_t>(next_);
    values[0] =
        type_ == type_oid::kInt4 ? Datum::Int32(static_cast<int32_t>(value)) : Datum::Int64(value);
    nulls[0] = false;
    next_ += step_;
    return true;
  }

 private:
  Oid type_;
  __int128 next_;
  int64_t stop_;
  int64_t step_;
};

int64_t IntegerOf(const catalog::Value& value) {
  return value.type().oid == type_oid::kInt4 ? value.datum().int32 : value.datum().int64;
}

SetCallPtr StartIntegers(EvalContext&, std::span<const catalog::Value> args,
                         std::span<const catalog::Type> types) {
  const int64_t step = args.size() > 2 ? IntegerOf(args[2]) : 1;
  if (step == 0) return ZeroStep();
  return MakeSetCall<IntegerCall>(types[0].oid, IntegerOf(args[0]), IntegerOf(args[1]), step);
}

class SteppedCall : public SetCall {
 public:
  SteppedCall(EvalContext context, std::vector<catalog::Value> current_and_step,
              catalog::Value stop, ExprPtr sum, bool ascending)
      : context_(context),
        values_(std::move(current_and_step)),
        stop_(std::move(stop)),
        sum_(std::move(sum)),
        ascending_(ascending) {
    context_.arena = &arena_;
    context_.journal = nullptr;  // adding waits for nothing
    context_.parameters = values_.data();
    context_.parameter_count = values_.size();
  }

  Result<bool> Next(Datum* values, bool* nulls) override {
    const catalog::Type type = values_[0].type();
    if (given_) {
      arena_.Reset();
      ASSIGN_OR_RETURN(catalog::Value next, EvaluateScalar(context_, *sum_));
      next.set_type(type);
      values_[0] = std::move(next);
    }
    const int order = catalog::Compare(type, values_[0].datum(), stop_.datum());
    if (ascending_ ? order > 0 : order < 0) return false;
    given_ = true;
    values[0] = values_[0].datum();
    nulls[0] = false;
    return true;
  }

 private:
  Arena arena_;
  EvalContext context_;
  std::vector<catalog::Value> values_;  // the current value, the step
  catalog::Value stop_;
  ExprPtr sum_;
  bool ascending_;
  bool given_ = false;
};

Result<catalog::Value> NumberOf(catalog::Type type, std::string_view text,
                                const EvalContext& context) {
  Arena arena;
  ASSIGN_OR_RETURN(Datum datum, catalog::ParseText(type, text, *context.settings, &arena));
  return catalog::Value(type, datum);
}

// A series of numbers that are none has no end.
Status CheckNumeric(std::span<const catalog::Value> args) {
  constexpr std::string_view kNames[] = {"start value", "stop value", "step size"};
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i].type().oid != type_oid::kNumeric) continue;
    const std::string_view number = args[i].datum().bytes;
    const bool is_nan = catalog::numeric::IsNaN(number);
    if (!is_nan && !catalog::numeric::IsInfinite(number)) continue;
    return Error(sqlstate::kInvalidParameterValue, "{} cannot be {}", kNames[i],
                 is_nan ? "NaN" : "infinity");
  }
  return Status::Ok();
}

SetCallPtr StartStepped(EvalContext& context, std::span<const catalog::Value> args,
                        std::span<const catalog::Type> types) {
  const catalog::Type type{types[0].oid, -1};
  RETURN_IF_ERROR(CheckNumeric(args));
  catalog::Value step;
  if (args.size() > 2) {
    step = args[2];
  } else {
    ASSIGN_OR_RETURN(step, NumberOf(type, "1", context));
  }
  ASSIGN_OR_RETURN(catalog::Value zero, NumberOf(step.type(), "0", context));
  const int sign = catalog::Compare(step.type(), step.datum(), zero.datum());
  if (sign == 0) return ZeroStep();
  ASSIGN_OR_RETURN(ExprPtr sum, BindOperator("+", std::make_unique<ParameterExpr>(0, type),
                                             std::make_unique<ParameterExpr>(1, step.type()),
                                             *context.settings));
  catalog::Value start = args[0];
  start.set_type(type);
  std::vector<catalog::Value> current_and_step{std::move(start), std::move(step)};
  return MakeSetCall<SteppedCall>(context, std::move(current_and_step), args[1], std::move(sum),
                                  sign > 0);
}

SetFunction Series(Oid oid, std::vector<Oid> args, Oid result, Volatility volatility) {
  const bool is_integer = result == type_oid::kInt4 || result == type_oid::kInt8;
  return {.oid = oid,
          .name = "generate_series",
          .args = std::move(args),
          .result = result,
          .volatility = volatility,
          .start = is_integer ? &StartIntegers : &StartStepped};
}

}  // namespace

std::span<const SetFunction> SeriesSetFunctions() {
  constexpr Volatility kImmutable = Volatility::kImmutable;
  constexpr Oid kInt4 = type_oid::kInt4;
  constexpr Oid kInt8 = type_oid::kInt8;
  constexpr Oid kNumeric = type_oid::kNumeric;
  constexpr Oid kTimestamp = type_oid::kTimestamp;
  constexpr Oid kTimestamptz = type_oid::kTimestamptz;
  constexpr Oid kInterval = type_oid::kInterval;
  static const auto* functions = new std::vector<SetFunction>{
      Series(938, {kTimestamp, kTimestamp, kInterval}, kTimestamp, kImmutable),
      Series(939, {kTimestamptz, kTimestamptz, kInterval}, kTimestamptz, Volatility::kStable),
      Series(1066, {kInt4, kInt4, kInt4}, kInt4, kImmutable),
      Series(1067, {kInt4, kInt4}, kInt4, kImmutable),
      Series(1068, {kInt8, kInt8, kInt8}, kInt8, kImmutable),
      Series(1069, {kInt8, kInt8}, kInt8, kImmutable),
      Series(3259, {kNumeric, kNumeric, kNumeric}, kNumeric, kImmutable),
      Series(3260, {kNumeric, kNumeric}, kNumeric, kImmutable),
  };
  return *functions;
}

}  // namespace shale::sql
