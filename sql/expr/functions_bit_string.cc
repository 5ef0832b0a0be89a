// bit and varbit; catalog/types/bit_string.h has their form.
#include <algorithm>
#include <bit>

#include "catalog/types/bit_string.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;
namespace bits = catalog::bit_string;

constexpr SqlState kLengthMismatch{"22026"};

Status NegativeLength() {
  return Error(sqlstate::kSubstringError, "negative substring length not allowed");
}

// --- Operators. Of two strings the lengths are equal; so are the unused bits of their last bytes.

enum class Logic : uint8_t { kAnd, kOr, kXor };

template <Logic kLogic>
Status Combine(EvalContext& context, std::string_view a, std::string_view b,
               std::string_view* out) {
  if (bits::Length(a) != bits::Length(b)) {
    constexpr std::string_view kNames[] = {"AND", "OR", "XOR"};
    return Error(kLengthMismatch, "cannot {} bit strings of different sizes",
                 kNames[static_cast<size_t>(kLogic)]);
  }
  char* result = context.arena->Allocate(a.size());
  result[0] = a[0];
  for (size_t i = 1; i < a.size(); ++i) {
    const int byte = kLogic == Logic::kAnd  ? a[i] & b[i]
                     : kLogic == Logic::kOr ? a[i] | b[i]
                                            : a[i] ^ b[i];
    result[i] = static_cast<char>(byte);
  }
  *out = {result, a.size()};
  return Status::Ok();
}

Status Not(EvalContext& context, std::string_view a, std::string_view* out) {
  bits::Builder builder;
  const int32_t length = bits::Length(a);
  for (int32_t i = 0; i < length; ++i) builder.Add(!bits::At(a, i));
  *out = builder.Finish(context.arena);
  return Status::Ok();
}

// To the left where positive; zeros come in.
std::string_view Shifted(EvalContext& context, std::string_view a, int64_t places) {
  const int32_t length = bits::Length(a);
  bits::Builder builder(length);
  for (int64_t i = 0; i < length; ++i) {
    const int64_t from = i + places;
    if (from >= 0 && from < length) {
      builder.Set(static_cast<int32_t>(i), bits::At(a, static_cast<int32_t>(from)));
    }
  }
  return builder.Finish(context.arena);
}
Status ShiftLeft(EvalContext& context, std::string_view a, int32_t places, std::string_view* out) {
  *out = Shifted(context, a, places);
  return Status::Ok();
}
Status ShiftRight(EvalContext& context, std::string_view a, int32_t places, std::string_view* out) {
  *out = Shifted(context, a, -int64_t{places});
  return Status::Ok();
}

Status Concatenate(EvalContext& context, std::string_view a, std::string_view b,
                   std::string_view* out) {
  if (int64_t{bits::Length(a)} + bits::Length(b) > bits::kBitsMax) {
    return Error(sqlstate::kProgramLimitExceeded,
                 "bit string length exceeds the maximum allowed ({})", bits::kBitsMax);
  }
  bits::Builder builder;
  builder.AddRange(a, 0, bits::Length(a));
  builder.AddRange(b, 0, bits::Length(b));
  *out = builder.Finish(context.arena);
  return Status::Ok();
}

// --- Parts.

// From the 1-based position `start` up to before `end`; both may lie outside.
std::string_view Part(EvalContext& context, std::string_view a, int64_t start, int64_t end) {
  start = std::max<int64_t>(start, 1);
  end = std::min<int64_t>(end, int64_t{bits::Length(a)} + 1);
  bits::Builder builder;
  if (start < end) {
    builder.AddRange(a, static_cast<int32_t>(start - 1), static_cast<int32_t>(end - start));
  }
  return builder.Finish(context.arena);
}

Status Substring(EvalContext& context, std::string_view a, int32_t start, int32_t length,
                 std::string_view* out) {
  if (length < 0) return NegativeLength();
  *out = Part(context, a, start, int64_t{start} + length);
  return Status::Ok();
}
Status SubstringToEnd(EvalContext& context, std::string_view a, int32_t start,
                      std::string_view* out) {
  *out = Part(context, a, start, int64_t{bits::Length(a)} + 1);
  return Status::Ok();
}

Status Overlay(EvalContext& context, std::string_view a, std::string_view b, int32_t start,
               int32_t length, std::string_view* out) {
  if (start <= 0) return NegativeLength();
  int32_t end = 0;
  if (__builtin_add_overflow(start, length, &end)) return IntegerOutOfRange();
  std::string_view front = Part(context, a, 1, start);
  std::string_view joined;
  RETURN_IF_ERROR(Concatenate(context, front, b, &joined));
  return Concatenate(context, joined, Part(context, a, end, int64_t{bits::Length(a)} + 1), out);
}
Status OverlayWhole(EvalContext& context, std::string_view a, std::string_view b, int32_t start,
                    std::string_view* out) {
  return Overlay(context, a, b, start, bits::Length(b), out);
}

int32_t Position(std::string_view a, std::string_view wanted) {
  const int32_t length = bits::Length(a);
  const int32_t wanted_length = bits::Length(wanted);
  if (length == 0 || wanted_length > length) return 0;
  if (wanted_length == 0) return 1;
  for (int32_t start = 0; start + wanted_length <= length; ++start) {
    int32_t equal = 0;
    while (equal < wanted_length && bits::At(a, start + equal) == bits::At(wanted, equal)) ++equal;
    if (equal == wanted_length) return start + 1;
  }
  return 0;
}

// --- Single bits and sizes.

Status CheckIndex(std::string_view a, int32_t index) {
  if (index >= 0 && index < bits::Length(a)) return Status::Ok();
  return Error(sqlstate::kArraySubscriptError, "bit index {} out of valid range (0..{})", index,
               bits::Length(a) - 1);
}
Status GetBit(EvalContext&, std::string_view a, int32_t index, int32_t* out) {
  RETURN_IF_ERROR(CheckIndex(a, index));
  *out = bits::At(a, index) ? 1 : 0;
  return Status::Ok();
}
Status SetBit(EvalContext& context, std::string_view a, int32_t index, int32_t bit,
              std::string_view* out) {
  RETURN_IF_ERROR(CheckIndex(a, index));
  if (bit != 0 && bit != 1) {
    return Error(sqlstate::kInvalidParameterValue, "new bit must be 0 or 1");
  }
  bits::Builder builder;
  builder.AddRange(a, 0, bits::Length(a));
  builder.Set(index, bit == 1);
  *out = builder.Finish(context.arena);
  return Status::Ok();
}

int32_t Length(std::string_view a) { return bits::Length(a); }
int32_t OctetLength(std::string_view a) { return static_cast<int32_t>(bits::Bytes(a).size()); }
int64_t Count(std::string_view a) {
  int64_t count = 0;
  for (char c : bits::Bytes(a)) count += std::popcount(static_cast<uint8_t>(c));
  return count;
}

// --- Casts.

// A length that cannot be is 1.
template <typename T>
Status FromInteger(EvalContext& context, T value, int32_t length, std::string_view* out) {
  const bool can_be = length > 0 && length <= bits::kBitsMax;
  *out = bits::FromInt64(value, can_be ? length : 1, context.arena);
  return Status::Ok();
}

template <typename T>
Status ToInteger(EvalContext&, std::string_view a, T* out) {
  const int32_t length = bits::Length(a);
  if (length > static_cast<int32_t>(sizeof(T) * 8)) return OutOfRange<T>();
  uint64_t value = 0;
  for (int32_t i = 0; i < length; ++i) value = value << 1 | (bits::At(a, i) ? 1U : 0U);
  *out = static_cast<T>(value);
  return Status::Ok();
}

template <bool kVarying>
Status Fit(EvalContext& context, std::string_view a, int32_t length, bool is_explicit,
           std::string_view* out) {
  return kernels::Store(
      bits::ApplyLength(a, {.length = length, .varying = kVarying, .explicit_cast = is_explicit},
                        context.arena),
      out);
}

constexpr KernelEntry kKernels[] = {
    {"bit_and", Of<&Combine<Logic::kAnd>>},
    {"bit_or", Of<&Combine<Logic::kOr>>},
    {"bitxor", Of<&Combine<Logic::kXor>>},
    {"bitnot", Of<&Not>},
    {"bitshiftleft", Of<&ShiftLeft>},
    {"bitshiftright", Of<&ShiftRight>},
    {"bitcat", Of<&Concatenate>},
    {"bitsubstr", Of<&Substring>},
    {"bitsubstr_no_len", Of<&SubstringToEnd>},
    {"bitoverlay", Of<&Overlay>},
    {"bitoverlay_no_len", Of<&OverlayWhole>},
    {"bitposition", Of<&Position>},
    {"bitgetbit", Of<&GetBit>},
    {"bitsetbit", Of<&SetBit>},
    {"bitlength", Of<&Length>},
    {"bit_length(bit)", Of<&Length>},
    {"bitoctetlength", Of<&OctetLength>},
    {"bit_bit_count", Of<&Count>},
    {"bitfromint4", Of<&FromInteger<int32_t>>},
    {"bitfromint8", Of<&FromInteger<int64_t>>},
    {"bittoint4", Of<&ToInteger<int32_t>>},
    {"bittoint8", Of<&ToInteger<int64_t>>},
    {"bit", Of<&Fit<false>>},
    {"varbit", Of<&Fit<true>>},
};

}  // namespace

std::span<const KernelEntry> BitStringKernels() { return kKernels; }

}  // namespace shale::sql
