// Numbers of the system that have types of their own: xid, cid, xid8, tid, pg_lsn, and snapshots.
//
// A tid is block << 16 | offset. A snapshot (pg_snapshot, txid_snapshot) is held as its text,
// "xmin:xmax:xid,xid". Thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog::system_id {

// Digits at the start of the text as C's strtoul() reads them, of any base; 0 where there are none.
uint32_t ParseXid(std::string_view text);
uint64_t ParseXid8(std::string_view text);
Result<uint64_t> ParseTid(std::string_view text);  // 22P02, as the others
void AppendTid(uint64_t tid, std::string* out);
Result<uint64_t> ParseLsn(std::string_view text);
void AppendLsn(uint64_t lsn, std::string* out);

struct Snapshot {
  uint64_t xmin = 0;
  uint64_t xmax = 0;
  std::vector<uint64_t> in_progress;  // ascending
};
std::optional<Snapshot> ParseSnapshot(std::string_view text);
std::string FormatSnapshot(const Snapshot& snapshot);
Result<std::string_view> ParseSnapshotBinary(std::string_view bytes, Arena* arena);
void AppendSnapshotBinary(std::string_view text, std::string* out);

}  // namespace shale::catalog::system_id
