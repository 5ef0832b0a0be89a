// Mathematical functions on double precision: the C library's, with PostgreSQL's errors.
#include <cmath>
#include <numbers>
#include <random>

#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;

Status CheckResult(double result, bool may_be_infinite, bool may_be_zero, double* out) {
  *out = result;
  if (std::isinf(result) && !may_be_infinite) return FloatOverflow();
  if (result == 0 && !may_be_zero) return FloatUnderflow();
  return Status::Ok();
}

// Functions defined everywhere, as sinh: an infinite result of a finite argument overflows.
template <double (*kFunction)(double)>
Status Total(EvalContext&, double a, double* out) {
  double result = kFunction(a);
  return CheckResult(result, std::isinf(a), true, out);
}

// Functions of finite angles.
template <double (*kFunction)(double)>
Status OfAngle(EvalContext&, double a, double* out) {
  if (std::isinf(a)) return InputOutOfRange();
  return CheckResult(kFunction(a), true, true, out);
}

// asin and acos; atanh with its open interval. NaN passes.
template <double (*kFunction)(double)>
Status OfUnitInterval(EvalContext&, double a, double* out) {
  if (a < -1 || a > 1) return InputOutOfRange();
  *out = kFunction(a);
  return Status::Ok();
}

Status AcosHyperbolic(EvalContext&, double a, double* out) {
  if (a < 1) return InputOutOfRange();
  *out = std::acosh(a);
  return Status::Ok();
}

double SignOf(double a) { return a > 0 ? 1 : a < 0 ? -1 : 0; }
double Cotangent(double a) { return 1 / std::tan(a); }

// Degrees: exact at multiples of 30 and 45, where the C library's rounding would show.
double SinDegrees(double a) {
  a = std::fmod(a, 360.0);
  if (a < 0) a += 360;
  if (a > 180) return -SinDegrees(a - 180);
  if (a > 90) a = 180 - a;
  if (a == 0) return 0;
  if (a == 30) return 0.5;
  if (a == 90) return 1;
  return std::sin(a * (std::numbers::pi / 180));
}
double CosDegrees(double a) { return SinDegrees(std::fmod(a, 360.0) + 90); }
double TanDegrees(double a) {
  double reduced = std::fmod(a, 180.0);
  if (reduced == 45 || reduced == -135) return 1;
  if (reduced == 135 || reduced == -45) return -1;
  return SinDegrees(a) / CosDegrees(a);
}
double CotDegrees(double a) {
  double reduced = std::fmod(a, 180.0);
  if (reduced == 45 || reduced == -135) return 1;
  if (reduced == 135 || reduced == -45) return -1;
  return CosDegrees(a) / SinDegrees(a);
}

// The inverses, scaled so that the values at 0, 1/2 and 1 are exact.
double AsinOfPositive(double a) {
  if (a <= 0.5) return std::asin(a) / std::asin(0.5) * 30.0;
  return 90.0 - std::acos(a) / std::acos(0.5) * 60.0;
}
double AcosOfPositive(double a) {
  if (a <= 0.5) return 90.0 - std::asin(a) / std::asin(0.5) * 30.0;
  return std::acos(a) / std::acos(0.5) * 60.0;
}
double AsinDegrees(double a) { return a >= 0 ? AsinOfPositive(a) : -AsinOfPositive(-a); }
double AcosDegrees(double a) { return a >= 0 ? AcosOfPositive(a) : 90.0 + AsinOfPositive(-a); }
double AtanDegrees(double a) { return std::atan(a) / std::atan(1.0) * 45.0; }
double Atan2Degrees(double y, double x) { return std::atan2(y, x) / std::atan(1.0) * 45.0; }

Status SquareRoot(EvalContext&, double a, double* out) {
  if (a < 0) {
    return Error(sqlstate::kInvalidArgumentForPowerFunction,
                 "cannot take square root of a negative number");
  }
  *out = std::sqrt(a);
  return Status::Ok();
}

template <double (*kLog)(double)>
Status Logarithm(EvalContext&, double a, double* out) {
  if (a == 0) {
    return Error(sqlstate::kInvalidArgumentForLogarithm, "cannot take logarithm of zero");
  }
  if (a < 0) {
    return Error(sqlstate::kInvalidArgumentForLogarithm,
                 "cannot take logarithm of a negative number");
  }
  *out = kLog(a);
  return Status::Ok();
}

Status Exponential(EvalContext&, double a, double* out) {
  return CheckResult(std::exp(a), std::isinf(a), std::isinf(a), out);
}

Status Power(EvalContext&, double a, double b, double* out) {
  if (std::isnan(a) || std::isnan(b)) {
    *out = a == 1 || b == 0 ? 1.0 : std::numeric_limits<double>::quiet_NaN();
    return Status::Ok();
  }
  if (a == 0 && b < 0) {
    return Error(sqlstate::kInvalidArgumentForPowerFunction,
                 "zero raised to a negative power is undefined");
  }
  if (a < 0 && std::floor(b) != b) {
    return Error(sqlstate::kInvalidArgumentForPowerFunction,
                 "a negative number raised to a non-integer power yields a complex result");
  }
  bool infinite = std::isinf(a) || std::isinf(b);
  return CheckResult(std::pow(a, b), infinite, infinite || a == 0, out);
}

Status Degrees(EvalContext&, double a, double* out) {
  return CheckResult(a / (std::numbers::pi / 180), std::isinf(a), a == 0, out);
}
Status Radians(EvalContext&, double a, double* out) {
  return CheckResult(a * (std::numbers::pi / 180), std::isinf(a), a == 0, out);
}

// One generator per thread, seeded from the system; setseed() makes it repeatable.
std::mt19937_64& Generator() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return generator;
}

// Volatile: one number per row.
Status Random(EvalContext&, const Vector*, size_t, RowSet rows, Vector* out) {
  double* results = out->values<double>();
  for (uint32_t i = 0; i < rows.count; ++i) {
    results[rows[i]] = static_cast<double>(Generator()() >> 11) * 0x1p-53;
  }
  return Status::Ok();
}

// Gives void: the value is never looked at.
Status SetSeed(EvalContext&, double seed, std::string_view* out) {
  if (!(seed >= -1 && seed <= 1)) {
    return Error(sqlstate::kInvalidParameterValue,
                 "setseed parameter {} is out of allowed range [-1,1]", seed);
  }
  Generator().seed(static_cast<uint64_t>(std::llround(seed * 0x1p52)));
  *out = {};
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"dceil", Of<[](double a) { return std::ceil(a); }>},
    {"dfloor", Of<[](double a) { return std::floor(a); }>},
    {"dround", Of<[](double a) { return std::rint(a); }>},
    {"dtrunc", Of<[](double a) { return std::trunc(a); }>},
    {"dsign", Of<&SignOf>},
    {"dsqrt", Of<&SquareRoot>},
    {"dcbrt", Of<[](double a) { return std::cbrt(a); }>},
    {"dpow", Of<&Power>},
    {"dexp", Of<&Exponential>},
    {"dlog1", Of<&Logarithm<std::log>>},
    {"dlog10", Of<&Logarithm<std::log10>>},
    {"dpi", Of<[] { return std::numbers::pi; }>},
    {"degrees", Of<&Degrees>},
    {"radians", Of<&Radians>},
    {"dsin", Of<&OfAngle<std::sin>>},
    {"dcos", Of<&OfAngle<std::cos>>},
    {"dtan", Of<&OfAngle<std::tan>>},
    {"dcot", Of<&OfAngle<Cotangent>>},
    {"dasin", Of<&OfUnitInterval<std::asin>>},
    {"dacos", Of<&OfUnitInterval<std::acos>>},
    {"datan", Of<[](double a) { return std::atan(a); }>},
    {"datan2", Of<[](double a, double b) { return std::atan2(a, b); }>},
    {"dsinh", Of<&Total<std::sinh>>},
    {"dcosh", Of<&Total<std::cosh>>},
    {"dtanh", Of<&Total<std::tanh>>},
    {"dasinh", Of<&Total<std::asinh>>},
    {"dacosh", Of<&AcosHyperbolic>},
    {"datanh", Of<&OfUnitInterval<std::atanh>>},
    {"dasind", Of<&OfUnitInterval<AsinDegrees>>},
    {"dacosd", Of<&OfUnitInterval<AcosDegrees>>},
    {"datand", Of<&AtanDegrees>},
    {"datan2d", Of<&Atan2Degrees>},
    {"dsind", Of<&OfAngle<SinDegrees>>},
    {"dcosd", Of<&OfAngle<CosDegrees>>},
    {"dtand", Of<&OfAngle<TanDegrees>>},
    {"dcotd", Of<&OfAngle<CotDegrees>>},
    {"drandom", &Random},
    {"setseed", Of<&SetSeed>},
};

}  // namespace

std::span<const KernelEntry> MathKernels() { return kKernels; }

}  // namespace shale::sql
