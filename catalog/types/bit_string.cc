#include "catalog/types/bit_string.h"

#include <algorithm>

#include "catalog/types/text_encoding.h"
#include "catalog/types/type_io_internal.h"
#include "engine/base/coding.h"

namespace shale::catalog::bit_string {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Status BadDigit(std::string_view text, size_t at, std::string_view kind) {
  std::string_view rest = text.substr(at);
  return Error(sqlstate::kInvalidTextRepresentation, "\"{}\" is not a valid {} digit",
               rest.substr(0, BytesOfCharacters(rest, 1)), kind);
}

}  // namespace

int32_t Length(std::string_view bits) {
  if (bits.size() < 2) return 0;
  return static_cast<int32_t>((bits.size() - 1) * 8) - static_cast<uint8_t>(bits[0]);
}

Builder::Builder(int32_t zeros)
    : bytes_((static_cast<size_t>(zeros) + 7) / 8, '\0'), length_(zeros) {}

void Builder::Add(bool bit) {
  if (length_ % 8 == 0) bytes_.push_back('\0');
  Set(length_++, bit);
}

void Builder::AddRange(std::string_view bits, int32_t first, int32_t count) {
  for (int32_t i = first; i < first + count; ++i) Add(At(bits, i));
}

void Builder::Set(int32_t index, bool bit) {
  char& byte = bytes_[static_cast<size_t>(index) / 8];
  const auto mask = static_cast<char>(1 << (7 - index % 8));
  byte = static_cast<char>(bit ? byte | mask : byte & ~mask);
}

std::string_view Builder::Finish(Arena* arena) const {
  char* bits = arena->Allocate(bytes_.size() + 1);
  bits[0] = static_cast<char>((8 - length_ % 8) % 8);
  std::ranges::copy(bytes_, bits + 1);
  return {bits, bytes_.size() + 1};
}

Result<std::string_view> Parse(std::string_view text, Arena* arena) {
  const bool is_hex = text.starts_with('x') || text.starts_with('X');
  if (is_hex || text.starts_with('b') || text.starts_with('B')) text.remove_prefix(1);
  Builder builder;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_hex) {
      const int digit = HexDigit(text[i]);
      if (digit < 0) return BadDigit(text, i, "hexadecimal");
      for (int bit = 3; bit >= 0; --bit) builder.Add(((digit >> bit) & 1) != 0);
    } else {
      if (text[i] != '0' && text[i] != '1') return BadDigit(text, i, "binary");
      builder.Add(text[i] == '1');
    }
  }
  return builder.Finish(arena);
}

void AppendText(std::string_view bits, std::string* out) {
  const int32_t length = Length(bits);
  for (int32_t i = 0; i < length; ++i) out->push_back(At(bits, i) ? '1' : '0');
}

Result<std::string_view> ParseBinary(std::string_view bytes, Arena* arena) {
  if (bytes.size() < 4) return type_io::InsufficientData();
  const auto length = static_cast<int32_t>(LoadBigEndian32(bytes.data()));
  if (length < 0 || length > kBitsMax) {
    return Error(sqlstate::kInvalidBinaryRepresentation, "invalid length in external bit string");
  }
  bytes.remove_prefix(4);
  RETURN_IF_ERROR(type_io::CheckSize(bytes, (static_cast<size_t>(length) + 7) / 8));
  Builder builder;
  for (int32_t i = 0; i < length; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[static_cast<size_t>(i) / 8]);
    builder.Add(((byte >> (7 - i % 8)) & 1) != 0);
  }
  return builder.Finish(arena);
}

void AppendBinary(std::string_view bits, std::string* out) {
  PutBigEndian32(out, static_cast<uint32_t>(Length(bits)));
  out->append(Bytes(bits));
}

Result<std::string_view> ApplyLength(std::string_view bits, Fit fit, Arena* arena) {
  const int32_t length = Length(bits);
  if (fit.length <= 0 || length == fit.length || (fit.varying && length < fit.length)) return bits;
  if (!fit.explicit_cast) {
    if (fit.varying) {
      return Error(sqlstate::kStringDataRightTruncation,
                   "bit string too long for type bit varying({})", fit.length);
    }
    return Error(SqlState{"22026"}, "bit string length {} does not match type bit({})", length,
                 fit.length);
  }
  Builder builder;
  builder.AddRange(bits, 0, std::min(length, fit.length));
  while (builder.length() < fit.length) builder.Add(false);
  return builder.Finish(arena);
}

int Compare(std::string_view left, std::string_view right) {
  if (int order = Bytes(left).compare(Bytes(right)); order != 0) return order < 0 ? -1 : 1;
  const int32_t left_length = Length(left);
  const int32_t right_length = Length(right);
  return left_length < right_length ? -1 : left_length > right_length;
}

std::string_view FromInt64(int64_t value, int32_t length, Arena* arena) {
  Builder builder;
  for (int32_t i = length - 1; i >= 0; --i) builder.Add(((value >> std::min(i, 63)) & 1) != 0);
  return builder.Finish(arena);
}

}  // namespace shale::catalog::bit_string
