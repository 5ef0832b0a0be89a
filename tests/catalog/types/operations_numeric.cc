#include <sstream>

#include "catalog/types/numeric.h"
#include "catalog/types/numeric_accumulator.h"
#include "data_file.h"

namespace shale::catalog {
namespace {

using Arguments = std::vector<std::string>;

Result<std::string> Show(Result<std::string_view> number) {
  if (!number.ok()) return std::move(number).status();
  std::string text;
  numeric::AppendText(*number, &text);
  return text;
}

// Values of other types in and out go through their own text.
template <typename T>
Result<std::string> ShowAs(Oid oid, Result<T> value, Datum (*wrap)(T)) {
  if (!value.ok()) return std::move(value).status();
  std::string text;
  AppendText({oid, -1}, wrap(*value), FormatSettings(), &text);
  return text;
}

std::string_view Number(const Arguments& arguments, size_t index, Arena* arena) {
  Result<std::string_view> number = numeric::Parse(arguments[index], arena);
  CHECK(number.ok());
  return *number;
}

Datum Parsed(Oid oid, const std::string& text, Arena* arena) {
  Result<Datum> datum = ParseText({oid, -1}, text, FormatSettings(), arena);
  CHECK(datum.ok());
  return *datum;
}

using Unary = Result<std::string_view> (*)(std::string_view, Arena*);
using Binary = Result<std::string_view> (*)(std::string_view, std::string_view, Arena*);
using Digits = Result<std::string_view> (*)(std::string_view, int32_t, Arena*);

template <Binary function>
Result<std::string> RunBinary(const Arguments& a, const FormatSettings&, Arena* arena) {
  return Show(function(Number(a, 0, arena), Number(a, 1, arena), arena));
}
template <Unary function>
Result<std::string> RunUnary(const Arguments& a, const FormatSettings&, Arena* arena) {
  return Show(function(Number(a, 0, arena), arena));
}
template <std::string_view (*function)(std::string_view, Arena*)>
Result<std::string> RunSimple(const Arguments& a, const FormatSettings&, Arena* arena) {
  return Show(function(Number(a, 0, arena), arena));
}
template <Digits function>
Result<std::string> RunDigits(const Arguments& a, const FormatSettings&, Arena* arena) {
  return Show(function(Number(a, 0, arena), std::stoi(a[1]), arena));
}
template <int (*function)(std::string_view)>
Result<std::string> RunInt(const Arguments& a, const FormatSettings&, Arena* arena) {
  int value = function(Number(a, 0, arena));
  bool is_null = value == -1 && function != &numeric::Sign;
  return is_null ? "NULL" : std::to_string(value);
}

// Adds all, half of them by way of a second accumulator that was spilled and read back.
template <typename Finish>
Result<std::string> Accumulate(const std::string& list, Finish finish, Arena* arena) {
  NumericAccumulator all(/*with_squares=*/true);
  NumericAccumulator half(/*with_squares=*/true);
  std::istringstream words(list);
  bool odd = false;
  for (std::string word; words >> word; odd = !odd) {
    Result<std::string_view> number = numeric::Parse(word, arena);
    CHECK(number.ok());
    (odd ? half : all).Add(*number);
  }
  std::string spilled;
  half.Serialize(&spilled);
  Result<NumericAccumulator> read = NumericAccumulator::Deserialize(spilled);
  CHECK(read.ok());
  all.Merge(*read);
  return Show(finish(all));
}

}  // namespace

void AddNumericOperations(std::map<std::string, Operation>* operations) {
  auto& ops = *operations;
  ops["numeric.add"] = RunBinary<numeric::Add>;
  ops["numeric.sub"] = RunBinary<numeric::Subtract>;
  ops["numeric.mul"] = RunBinary<numeric::Multiply>;
  ops["numeric.div"] = RunBinary<numeric::Divide>;
  ops["numeric.mod"] = RunBinary<numeric::Modulo>;
  ops["numeric.divtrunc"] = RunBinary<numeric::DivideTruncating>;
  ops["numeric.gcd"] = RunBinary<numeric::Gcd>;
  ops["numeric.lcm"] = RunBinary<numeric::Lcm>;
  ops["numeric.log"] = RunBinary<numeric::Log>;
  ops["numeric.power"] = RunBinary<numeric::Power>;
  ops["numeric.neg"] = RunSimple<numeric::Negate>;
  ops["numeric.abs"] = RunSimple<numeric::Abs>;
  ops["numeric.trimscale"] = RunSimple<numeric::TrimScale>;
  ops["numeric.ceil"] = RunUnary<numeric::Ceil>;
  ops["numeric.floor"] = RunUnary<numeric::Floor>;
  ops["numeric.sqrt"] = RunUnary<numeric::Sqrt>;
  ops["numeric.exp"] = RunUnary<numeric::Exp>;
  ops["numeric.ln"] = RunUnary<numeric::Ln>;
  ops["numeric.round"] = RunDigits<numeric::Round>;
  ops["numeric.trunc"] = RunDigits<numeric::Truncate>;
  ops["numeric.scale"] = RunInt<numeric::Scale>;
  ops["numeric.minscale"] = RunInt<numeric::MinScale>;
  ops["numeric.sign"] = [](const Arguments& a, const FormatSettings&,
                           Arena* arena) -> Result<std::string> {
    std::string_view number = Number(a, 0, arena);
    return numeric::IsNaN(number) ? "NaN" : std::to_string(numeric::Sign(number));
  };
  ops["numeric.cmp"] = [](const Arguments& a, const FormatSettings&,
                          Arena* arena) -> Result<std::string> {
    return std::to_string(numeric::Compare(Number(a, 0, arena), Number(a, 1, arena)));
  };
  ops["numeric.fac"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return Show(numeric::Factorial(std::stoll(a[0]), arena));
  };
  ops["numeric.toint2"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return ShowAs(type_oid::kInt2, numeric::ToInt16(Number(a, 0, arena)), Datum::Int16);
  };
  ops["numeric.toint4"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return ShowAs(type_oid::kInt4, numeric::ToInt32(Number(a, 0, arena)), Datum::Int32);
  };
  ops["numeric.toint8"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return ShowAs(type_oid::kInt8, numeric::ToInt64(Number(a, 0, arena)), Datum::Int64);
  };
  ops["numeric.tofloat8"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return ShowAs(type_oid::kFloat8, numeric::ToFloat64(Number(a, 0, arena)), Datum::Float64);
  };
  ops["numeric.tofloat4"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return ShowAs(type_oid::kFloat4, numeric::ToFloat32(Number(a, 0, arena)), Datum::Float32);
  };
  ops["numeric.fromfloat8"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return Show(numeric::FromFloat64(Parsed(type_oid::kFloat8, a[0], arena).float64, arena));
  };
  ops["numeric.fromfloat4"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return Show(numeric::FromFloat32(Parsed(type_oid::kFloat4, a[0], arena).float32, arena));
  };
  ops["numeric.fromint8"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return Show(numeric::FromInt64(std::stoll(a[0]), arena));
  };
  ops["numeric.sum"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return Accumulate(
        a[0], [arena](auto& all) { return all.Sum(arena); }, arena);
  };
  ops["numeric.avg"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return Accumulate(
        a[0], [arena](auto& all) { return all.Average(arena); }, arena);
  };
  ops["numeric.var_samp"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return Accumulate(
        a[0], [arena](auto& all) { return all.Variance(true, arena); }, arena);
  };
  ops["numeric.var_pop"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return Accumulate(
        a[0], [arena](auto& all) { return all.Variance(false, arena); }, arena);
  };
  ops["numeric.stddev_samp"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return Accumulate(
        a[0], [arena](auto& all) { return all.StandardDeviation(true, arena); }, arena);
  };
  ops["numeric.stddev_pop"] = [](const Arguments& a, const FormatSettings&, Arena* arena) {
    return Accumulate(
        a[0], [arena](auto& all) { return all.StandardDeviation(false, arena); }, arena);
  };
}

}  // namespace shale::catalog
