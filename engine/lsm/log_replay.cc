#include "engine/lsm/log_replay.h"

#include <vector>

#include "engine/lsm/manifest_format.h"
#include "engine/wal/wal_format.h"

namespace shale::engine {

Result<WalRecoveryResult> ReplayStoreLog(const EngineOptions& options, const VersionSet& versions,
                                         const std::set<uint64_t>& segments,
                                         const WalBatchVisitor& visitor) {
  LogStart start = versions.log_start();
  std::string manifest = ManifestName(versions.manifest_number());
  if (!segments.contains(start.log_number)) {
    return Error(sqlstate::kDataCorrupted, "write-ahead log \"{}\" is missing",
                 WalSegmentName(start.log_number))
        .Detail(fmt::format("Manifest \"{}\" names it.", manifest));
  }
  std::vector<uint64_t> needed(segments.lower_bound(start.log_number), segments.end());
  ASSIGN_OR_RETURN(WalRecoveryResult log,
                   RecoverWal(options.storage, needed, start.first_lsn, visitor, options.keyring));
  if (log.next_lsn <= versions.durable_lsn()) {
    return Error(sqlstate::kDataCorrupted,
                 "write-ahead log \"{}\" is damaged at offset {}: record {} is missing or invalid",
                 log.end_segment.empty() ? WalSegmentName(start.log_number) : log.end_segment,
                 log.end_offset, log.next_lsn)
        .Detail(fmt::format("Manifest \"{}\" shows that the record was durable.", manifest))
        .Hint("Restore the store from a backup.");
  }
  return log;
}

}  // namespace shale::engine
