// The keys that the LSM engine keeps for itself, at the end of the keyspace, and what they hold.
//
//   FF FF 6D slot(u16 BE)   commit marker (engine/lsm/commit_markers.h): transaction id, u64 LE.
//                           Each commit's batch carries one, so the last kCommitMarkerSlots are on
//                           record
//   FF FF 70 ...            prepared transactions (prepared_record.h)
//   FF FF 6F                how often the store was opened, u64 LE: the upper part of transaction
//   ids
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/coding.h"

namespace shale::engine {

inline constexpr std::string_view kReservedBegin = "\xff\xff";
inline constexpr std::string_view kOpenCountKey = "\xff\xffo";
inline constexpr std::string_view kPreparedBegin = "\xff\xffp";
inline constexpr std::string_view kPreparedEnd = "\xff\xffq";
// A transaction's id is (open count << kIdBits) + a count since the opening, so no id comes twice.
inline constexpr int kIdBits = 40;

inline bool IsReserved(std::string_view key) { return key >= kReservedBegin; }

}  // namespace shale::engine
