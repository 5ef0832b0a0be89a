// The keys that the LSM engine keeps for itself, at the end of the keyspace, and what they hold.
//
//   FF FF 6D slot(u16 BE)   commit marker: transaction id, u64 LE. Each commit writes one, in its
//   own
//                           batch, to the slots in turn, so the last kMarkerSlots commits are on
//                           record
//   FF FF 6F                how often the store was opened, u64 LE: the upper part of transaction
//   ids
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/coding.h"

namespace shale::engine {

inline constexpr std::string_view kReservedBegin = "\xff\xff";
inline constexpr std::string_view kMarkersBegin = "\xff\xffm";
inline constexpr std::string_view kMarkersEnd = "\xff\xffn";
inline constexpr std::string_view kOpenCountKey = "\xff\xffo";
inline constexpr uint32_t kMarkerSlots = 4096;
// A transaction's id is (open count << kIdBits) + a count since the opening, so no id comes twice.
inline constexpr int kIdBits = 40;

inline bool IsReserved(std::string_view key) { return key >= kReservedBegin; }

inline std::string MarkerKey(uint32_t slot) {
  std::string key(kMarkersBegin);
  PutBigEndian16(&key, static_cast<uint16_t>(slot));
  return key;
}

}  // namespace shale::engine
