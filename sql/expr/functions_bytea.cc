// Bits and parts of bytea, and conversions between encodings, of which there is one.
#include <bit>

#include "catalog/types/text_encoding.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;

Status CheckBit(std::string_view bytes, int64_t index) {
  const auto bits = static_cast<int64_t>(bytes.size()) * 8;
  if (index >= 0 && index < bits) return Status::Ok();
  return Error(sqlstate::kArraySubscriptError, "index {} out of valid range, 0..{}", index,
               bits - 1);
}

// Bits count from the lowest of the first byte.
Status GetBit(EvalContext&, std::string_view bytes, int64_t index, int32_t* out) {
  RETURN_IF_ERROR(CheckBit(bytes, index));
  *out = (static_cast<uint8_t>(bytes[static_cast<size_t>(index / 8)]) >> (index % 8)) & 1;
  return Status::Ok();
}
Status SetBit(EvalContext& context, std::string_view bytes, int64_t index, int32_t bit,
              std::string_view* out) {
  RETURN_IF_ERROR(CheckBit(bytes, index));
  if (bit != 0 && bit != 1) {
    return Error(sqlstate::kInvalidParameterValue, "new bit must be 0 or 1");
  }
  std::string changed(bytes);
  char& byte = changed[static_cast<size_t>(index / 8)];
  const int mask = 1 << (index % 8);
  byte = static_cast<char>(bit == 1 ? byte | mask : byte & ~mask);
  *out = context.arena->Copy(changed);
  return Status::Ok();
}
int64_t BitCount(std::string_view bytes) {
  int64_t count = 0;
  for (char c : bytes) count += std::popcount(static_cast<uint8_t>(c));
  return count;
}

Status Overlay(EvalContext& context, std::string_view bytes, std::string_view part, int32_t start,
               int32_t length, std::string_view* out) {
  if (start <= 0) {
    return Error(sqlstate::kSubstringError, "negative substring length not allowed");
  }
  int32_t end = 0;
  if (__builtin_add_overflow(start, length, &end)) return IntegerOutOfRange();
  const size_t front = std::min(static_cast<size_t>(start) - 1, bytes.size());
  const size_t back = end <= 1 ? 0 : std::min(static_cast<size_t>(end) - 1, bytes.size());
  std::string joined(bytes.substr(0, front));
  joined += part;
  joined += bytes.substr(back);
  *out = context.arena->Copy(joined);
  return Status::Ok();
}
Status OverlayWhole(EvalContext& context, std::string_view bytes, std::string_view part,
                    int32_t start, std::string_view* out) {
  return Overlay(context, bytes, part, start, static_cast<int32_t>(part.size()), out);
}

constexpr KernelEntry kKernels[] = {
    {"byteaGetBit", Of<&GetBit>},
    {"byteaSetBit", Of<&SetBit>},
    {"bytea_bit_count", Of<&BitCount>},
    {"byteaoverlay", Of<&Overlay>},
    {"byteaoverlay_no_len", Of<&OverlayWhole>},
};

}  // namespace

std::span<const KernelEntry> ByteaKernels() { return kKernels; }

}  // namespace shale::sql
