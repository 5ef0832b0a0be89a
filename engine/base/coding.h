// Fixed and variable length integers in byte strings. Fixed ones are little-endian in formats of
// the engine (PutFixed32 ...) and big-endian in keys and on the wire (PutBigEndian32 ...).
//
// Readers take a ByteReader, which never reads past its end: after a failed read ok() is false and
// all further reads give zero, so a decoder may read a whole structure and check once.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace shale {

static_assert(std::endian::native == std::endian::little, "formats assume a little-endian machine");

template <typename T>
void PutFixed(std::string* out, T value) {
  char bytes[sizeof(T)];
  std::memcpy(bytes, &value, sizeof(T));
  out->append(bytes, sizeof(T));
}
inline void PutFixed16(std::string* out, uint16_t value) { PutFixed(out, value); }
inline void PutFixed32(std::string* out, uint32_t value) { PutFixed(out, value); }
inline void PutFixed64(std::string* out, uint64_t value) { PutFixed(out, value); }

// Unchecked: the caller knows that sizeof(T) bytes are there.
template <typename T>
T LoadFixed(const char* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof(T));
  return value;
}

inline uint16_t ByteSwap(uint16_t value) { return __builtin_bswap16(value); }
inline uint32_t ByteSwap(uint32_t value) { return __builtin_bswap32(value); }
inline uint64_t ByteSwap(uint64_t value) { return __builtin_bswap64(value); }

inline void PutBigEndian16(std::string* out, uint16_t value) { PutFixed(out, ByteSwap(value)); }
inline void PutBigEndian32(std::string* out, uint32_t value) { PutFixed(out, ByteSwap(value)); }
inline void PutBigEndian64(std::string* out, uint64_t value) { PutFixed(out, ByteSwap(value)); }
inline uint16_t LoadBigEndian16(const char* bytes) { return ByteSwap(LoadFixed<uint16_t>(bytes)); }
inline uint32_t LoadBigEndian32(const char* bytes) { return ByteSwap(LoadFixed<uint32_t>(bytes)); }
inline uint64_t LoadBigEndian64(const char* bytes) { return ByteSwap(LoadFixed<uint64_t>(bytes)); }

// How many of the first `bytes` bytes are equal.
inline size_t CommonPrefixBytes(const char* a, const char* b, size_t bytes) {
  size_t i = 0;
  for (; i + sizeof(uint64_t) <= bytes; i += sizeof(uint64_t)) {
    uint64_t difference = LoadFixed<uint64_t>(a + i) ^ LoadFixed<uint64_t>(b + i);
    if (difference != 0) return i + std::countr_zero(difference) / 8;
  }
  while (i < bytes && a[i] == b[i]) ++i;
  return i;
}

// LEB128, at most 5 and 10 bytes.
constexpr size_t kVarint64BytesMax = 10;

// To a place with room for it; gives what follows.
inline char* StoreVarint(char* at, uint64_t value) {
  while (value >= 0x80) {
    *at++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *at++ = static_cast<char>(value);
  return at;
}
// Unchecked: what StoreVarint wrote. Moves *at behind it.
inline uint64_t LoadVarint(const char** at) {
  uint64_t value = static_cast<uint8_t>(*(*at)++);
  if (value < 0x80) return value;
  value &= 0x7f;
  for (int shift = 7;; shift += 7) {
    uint64_t byte = static_cast<uint8_t>(*(*at)++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}
constexpr size_t VarintBytes(uint64_t value) { return 1 + (std::bit_width(value | 1) - 1) / 7; }
inline void PutVarint64(std::string* out, uint64_t value) {
  char bytes[kVarint64BytesMax];
  out->append(bytes, StoreVarint(bytes, value) - bytes);
}
inline void PutVarint32(std::string* out, uint32_t value) { PutVarint64(out, value); }
inline void PutLengthPrefixed(std::string* out, std::string_view bytes) {
  PutVarint64(out, bytes.size());
  out->append(bytes);
}

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  bool ok() const { return ok_; }
  bool empty() const { return rest_.empty(); }
  // True when everything was read and nothing failed: what a decoder of a whole structure ends
  // with.
  bool AtEnd() const { return ok_ && rest_.empty(); }
  std::string_view rest() const { return rest_; }

  uint8_t ReadByte() { return ReadFixed<uint8_t>(); }
  template <typename T>
  T ReadFixed() {
    if (!Need(sizeof(T))) return T{};
    T value = LoadFixed<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  uint16_t ReadFixed16() { return ReadFixed<uint16_t>(); }
  uint32_t ReadFixed32() { return ReadFixed<uint32_t>(); }
  uint64_t ReadFixed64() { return ReadFixed<uint64_t>(); }
  uint16_t ReadBigEndian16() { return ByteSwap(ReadFixed16()); }
  uint32_t ReadBigEndian32() { return ByteSwap(ReadFixed32()); }
  uint64_t ReadBigEndian64() { return ByteSwap(ReadFixed64()); }

  uint64_t ReadVarint64() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (!Need(1)) return 0;
      uint8_t byte = static_cast<uint8_t>(rest_.front());
      rest_.remove_prefix(1);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
  }
  uint32_t ReadVarint32() {
    uint64_t value = ReadVarint64();
    if (value > UINT32_MAX) {
      ok_ = false;
      return 0;
    }
    return static_cast<uint32_t>(value);
  }
  std::string_view ReadBytes(uint64_t length) {
    if (!Need(length)) return {};
    std::string_view bytes = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return bytes;
  }
  std::string_view ReadLengthPrefixed() {
    uint64_t length = ReadVarint64();
    return ReadBytes(length);
  }

 private:
  bool Need(uint64_t length) {
    if (!ok_ || rest_.size() < length) {
      ok_ = false;
      return false;
    }
    return true;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace shale
