// Internal keys: how one user key's versions are told apart and ordered inside the LSM store.
//
//   internal key = user key | trailer (8 bytes, little-endian: sequence << 8 | type)
//
// Order: user key ascending by bytes, then trailer descending, so the newest version comes first. A
// seek to (key, SeekTrailer(snapshot)) therefore lands on the newest version that the snapshot
// sees.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/check.h"
#include "engine/base/coding.h"
#include "engine/kv_store.h"

namespace shale::engine {

// Part of the formats of tables and logs: never renumber. Within one sequence number a user key has
// at most one version.
enum class ValueType : uint8_t {
  kDeletion = 0,
  kValue = 1,
  kRangeDeletion = 2,   // only in logs and a table's tombstone block, never among point entries
  kValueReference = 3,  // only in tables: the value is in a value file
};

inline constexpr size_t kTrailerBytes = 8;
// What entries of a sorted run carry, whose sequence number is known only when it is committed: the
// table's metadata then says it (engine/lsm/table_metadata.h). Not 0: a seek must be able to pass
// behind a deletion.
inline constexpr SequenceNumber kRunSequence = 1;
// Sorts before every real trailer of the same user key.
inline constexpr uint64_t kTrailerMax = UINT64_MAX;

constexpr uint64_t PackTrailer(SequenceNumber sequence, ValueType type) {
  return sequence << 8 | static_cast<uint64_t>(type);
}
// At or before every version with a sequence number up to this one.
constexpr uint64_t SeekTrailer(SequenceNumber sequence) { return sequence << 8 | 0xff; }
constexpr SequenceNumber TrailerSequence(uint64_t trailer) { return trailer >> 8; }
constexpr ValueType TrailerType(uint64_t trailer) { return static_cast<ValueType>(trailer & 0xff); }

// The parts of an internal key, which must have at least kTrailerBytes (decoders check before).
inline std::string_view UserKey(std::string_view internal_key) {
  DCHECK(internal_key.size() >= kTrailerBytes);
  return {internal_key.data(), internal_key.size() - kTrailerBytes};
}
inline uint64_t Trailer(std::string_view internal_key) {
  DCHECK(internal_key.size() >= kTrailerBytes);
  return LoadFixed<uint64_t>(internal_key.data() + internal_key.size() - kTrailerBytes);
}
inline SequenceNumber KeySequence(std::string_view internal_key) {
  return TrailerSequence(Trailer(internal_key));
}
inline ValueType KeyType(std::string_view internal_key) {
  return TrailerType(Trailer(internal_key));
}

inline void AppendInternalKey(std::string* out, std::string_view user_key, uint64_t trailer) {
  out->append(user_key);
  PutFixed64(out, trailer);
}
inline std::string MakeInternalKey(std::string_view user_key, uint64_t trailer) {
  std::string key;
  key.reserve(user_key.size() + kTrailerBytes);
  AppendInternalKey(&key, user_key, trailer);
  return key;
}
inline std::string MakeInternalKey(std::string_view user_key, SequenceNumber sequence,
                                   ValueType type) {
  return MakeInternalKey(user_key, PackTrailer(sequence, type));
}

// The internal key that a lookup seeks; short keys need no allocation.
class LookupKey {
 public:
  LookupKey(std::string_view user_key, uint64_t trailer) : bytes_(user_key.size() + kTrailerBytes) {
    if (bytes_ > sizeof(inline_)) {
      heap_ = std::make_unique_for_overwrite<char[]>(bytes_);
      start_ = heap_.get();
    }
    if (!user_key.empty()) std::memcpy(start_, user_key.data(), user_key.size());
    std::memcpy(start_ + user_key.size(), &trailer, kTrailerBytes);
  }
  LookupKey(const LookupKey&) = delete;
  LookupKey& operator=(const LookupKey&) = delete;

  std::string_view internal_key() const { return {start_, bytes_}; }

 private:
  size_t bytes_;
  std::unique_ptr<char[]> heap_;
  char inline_[248];
  char* start_ = inline_;
};

// Below zero, zero or above, as memcmp, for user keys in the store's order.
// Inlined for the short keys that are usual: a call of memcmp costs more than their comparison.
inline int CompareUserKeys(std::string_view a, std::string_view b) {
  size_t common = a.size() < b.size() ? a.size() : b.size();
  int order = 0;
  if (common < 8 || common > 64) {
    order = common == 0 ? 0 : std::memcmp(a.data(), b.data(), common);
  } else {
    // Eight bytes at a time; the last step overlaps the one before, whose bytes are equal.
    for (size_t i = 0;; i = i + 16 <= common ? i + 8 : common - 8) {
      uint64_t word_a = LoadBigEndian64(a.data() + i);
      uint64_t word_b = LoadBigEndian64(b.data() + i);
      if (word_a != word_b) return word_a < word_b ? -1 : 1;
      if (i + 8 == common) break;
    }
  }
  if (order != 0) return order;
  return a.size() < b.size() ? -1 : a.size() > b.size();
}

// Below zero, zero or above for internal keys.
inline int CompareInternalKeys(std::string_view a, std::string_view b) {
  int order = CompareUserKeys(UserKey(a), UserKey(b));
  if (order != 0) return order;
  uint64_t trailer_a = Trailer(a);
  uint64_t trailer_b = Trailer(b);
  return trailer_a > trailer_b ? -1 : trailer_a < trailer_b;
}

}  // namespace shale::engine
