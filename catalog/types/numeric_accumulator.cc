#include "catalog/types/numeric_accumulator.h"

#include <algorithm>

#include "catalog/types/numeric_internal.h"
#include "engine/base/coding.h"

namespace shale::catalog {

using numeric::Big;
using numeric::BigInt;
using numeric::Int128;

// What sum_ could not hold. The sums are exact; their scale is the greatest seen.
struct NumericAccumulator::Wide {
  Big sum;
  Big squares;
};

namespace {

void AddTo(Big* sum, const Big& value) {
  if (sum->scale < value.scale) *sum = numeric::Rescale(*sum, value.scale);
  sum->integer +=
      sum->scale == value.scale ? value.integer : numeric::Rescale(value, sum->scale).integer;
}

BigInt ToBigInt(Int128 value) {
  bool negative = value < 0;
  auto magnitude = static_cast<numeric::UInt128>(value);
  if (negative) magnitude = 0 - magnitude;
  BigInt integer(magnitude);
  return negative ? BigInt(-integer) : integer;
}

void PutBig(const Big& big, std::string* out) {
  std::string magnitude;
  export_bits(BigInt(abs(big.integer)), std::back_inserter(magnitude), 8, /*msv_first=*/false);
  out->push_back(big.integer < 0 ? 1 : 0);
  PutVarint32(out, static_cast<uint32_t>(big.scale));
  PutLengthPrefixed(out, magnitude);
}

Big ReadBig(ByteReader* reader) {
  Big big;
  bool negative = reader->ReadByte() != 0;
  big.scale = static_cast<int>(reader->ReadVarint32());
  std::string_view magnitude = reader->ReadLengthPrefixed();
  if (!magnitude.empty()) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(magnitude.data());
    import_bits(big.integer, bytes, bytes + magnitude.size(), 8, /*msv_first=*/false);
  }
  if (negative) big.integer = -big.integer;
  return big;
}

}  // namespace

NumericAccumulator::NumericAccumulator(bool with_squares) : with_squares_(with_squares) {}
NumericAccumulator::~NumericAccumulator() = default;
NumericAccumulator::NumericAccumulator(NumericAccumulator&&) noexcept = default;
NumericAccumulator& NumericAccumulator::operator=(NumericAccumulator&&) noexcept = default;

NumericAccumulator::Wide& NumericAccumulator::wide() {
  if (wide_ == nullptr) wide_ = std::make_unique<Wide>();
  return *wide_;
}

void NumericAccumulator::Add(std::string_view number) {
  if (numeric::IsSpecial(number)) {
    ++count_;
    if (numeric::IsNaN(number)) {
      ++nan_count_;
    } else {
      ++(numeric::Sign(number) > 0 ? infinity_count_ : minus_infinity_count_);
    }
    return;
  }
  if (numeric::IsSmall(number)) {
    numeric::Small small = numeric::LoadSmall(number);
    AddScaled(small.integer, small.scale);
    return;
  }
  ++count_;
  Big big = numeric::LoadBig(number);
  AddTo(&wide().sum, big);
  if (with_squares_) AddTo(&wide().squares, {big.integer * big.integer, big.scale * 2});
}

void NumericAccumulator::AddScaled(Int128 value, int scale) {
  ++count_;
  if (with_squares_) {
    BigInt big = ToBigInt(value);
    AddTo(&wide().squares, {big * big, scale * 2});
  }
  int shift = scale_ - scale;
  if (shift < 0) {
    // A finer scale than before: the sum is raised to it, where it fits.
    Int128 raised;
    if (-shift <= numeric::kSmallDigitsMax &&
        !__builtin_mul_overflow(sum_, numeric::PowerOfTen(-shift), &raised)) {
      sum_ = raised;
    } else {
      AddTo(&wide().sum, {ToBigInt(sum_), scale_});
      sum_ = 0;
    }
    scale_ = scale;
  } else if (shift > 0) {
    Int128 raised;
    if (shift > numeric::kSmallDigitsMax ||
        __builtin_mul_overflow(value, numeric::PowerOfTen(shift), &raised)) {
      AddTo(&wide().sum, {ToBigInt(value), scale});
      return;
    }
    value = raised;
  }
  Int128 sum;
  if (!__builtin_add_overflow(sum_, value, &sum)) {
    sum_ = sum;
    return;
  }
  AddTo(&wide().sum, {ToBigInt(sum_), scale_});
  sum_ = value;
}

void NumericAccumulator::Merge(const NumericAccumulator& other) {
  count_ += other.count_;
  nan_count_ += other.nan_count_;
  infinity_count_ += other.infinity_count_;
  minus_infinity_count_ += other.minus_infinity_count_;
  Int128 sum;
  if (scale_ == other.scale_ && !__builtin_add_overflow(sum_, other.sum_, &sum)) {
    sum_ = sum;
  } else {
    AddTo(&wide().sum, {ToBigInt(other.sum_), other.scale_});
  }
  if (other.wide_ != nullptr) {
    AddTo(&wide().sum, other.wide_->sum);
    AddTo(&wide().squares, other.wide_->squares);
  }
}

Result<std::string_view> NumericAccumulator::Sum(Arena* arena) const {
  if (nan_count_ > 0 || (infinity_count_ > 0 && minus_infinity_count_ > 0)) return numeric::NaN();
  if (infinity_count_ + minus_infinity_count_ > 0) {
    return numeric::Infinity(minus_infinity_count_ > 0);
  }
  if (wide_ == nullptr) return numeric::Store(sum_, scale_, arena);
  Big sum = wide_->sum;
  AddTo(&sum, {ToBigInt(sum_), scale_});
  return numeric::Store(sum.integer, sum.scale, arena);
}

Result<std::string_view> NumericAccumulator::Average(Arena* arena) const {
  ASSIGN_OR_RETURN(std::string_view sum, Sum(arena));
  if (numeric::IsSpecial(sum)) return sum;
  return numeric::Divide(sum, numeric::FromInt64(count_, arena), arena);
}

// (n * sum(x^2) - sum(x)^2) / (n * (n - 1)), or / n^2; never below 0.
Result<std::string_view> NumericAccumulator::Spread(bool sample, bool root, Arena* arena) const {
  if (nan_count_ + infinity_count_ + minus_infinity_count_ > 0) return numeric::NaN();
  Big sum = wide_ != nullptr ? wide_->sum : Big{};
  AddTo(&sum, {ToBigInt(sum_), scale_});
  Big squares = wide_ != nullptr ? wide_->squares : Big{};
  int scale = std::max(sum.scale * 2, squares.scale);
  Big spread = numeric::Rescale({squares.integer * count_, squares.scale}, scale);
  spread.integer -= numeric::Rescale({sum.integer * sum.integer, sum.scale * 2}, scale).integer;
  if (spread.integer <= 0) return numeric::FromInt64(0, arena);
  Big divisor{BigInt(count_) * (sample ? count_ - 1 : count_), 0};
  int quotient_scale = numeric::DivisionScale(numeric::LeadingDigit(spread), spread.scale,
                                              numeric::LeadingDigit(divisor), 0);
  ASSIGN_OR_RETURN(std::string_view variance,
                   numeric::DivideBig(spread, divisor, quotient_scale, arena));
  if (!root) return variance;
  Big deviation = numeric::SqrtBig(numeric::LoadBig(variance), quotient_scale);
  return numeric::Store(deviation.integer, deviation.scale, arena);
}

Result<std::string_view> NumericAccumulator::Variance(bool sample, Arena* arena) const {
  return Spread(sample, /*root=*/false, arena);
}

Result<std::string_view> NumericAccumulator::StandardDeviation(bool sample, Arena* arena) const {
  return Spread(sample, /*root=*/true, arena);
}

void NumericAccumulator::Serialize(std::string* out) const {
  out->push_back(with_squares_ ? 1 : 0);
  PutFixed(out, sum_);
  PutVarint32(out, static_cast<uint32_t>(scale_));
  for (int64_t count : {count_, nan_count_, infinity_count_, minus_infinity_count_}) {
    PutVarint64(out, static_cast<uint64_t>(count));
  }
  out->push_back(wide_ != nullptr ? 1 : 0);
  if (wide_ == nullptr) return;
  PutBig(wide_->sum, out);
  PutBig(wide_->squares, out);
}

Result<NumericAccumulator> NumericAccumulator::Deserialize(std::string_view bytes) {
  ByteReader reader(bytes);
  NumericAccumulator state(reader.ReadByte() != 0);
  state.sum_ = reader.ReadFixed<Int128>();
  state.scale_ = static_cast<int>(reader.ReadVarint32());
  for (int64_t* count :
       {&state.count_, &state.nan_count_, &state.infinity_count_, &state.minus_infinity_count_}) {
    *count = static_cast<int64_t>(reader.ReadVarint64());
  }
  if (reader.ReadByte() != 0) {
    state.wide().sum = ReadBig(&reader);
    state.wide().squares = ReadBig(&reader);
  }
  if (!reader.AtEnd() || state.scale_ > 2 * numeric::kScaleMax) {
    return Error(sqlstate::kDataCorrupted, "malformed state of a numeric aggregate");
  }
  return state;
}

size_t NumericAccumulator::bytes_used() const {
  if (wide_ == nullptr) return sizeof(*this);
  return sizeof(*this) + sizeof(Wide) +
         (wide_->sum.integer.backend().size() + wide_->squares.integer.backend().size()) * 8;
}

}  // namespace shale::catalog
