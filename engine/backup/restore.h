// Restore: makes a store out of a backup and, where there are any, archived log segments, up to a
// moment of choice.
//
//   1 copy the backup's tables, comparing each with its digest
//   2 copy the archived segments from where the backup ends, the last one cut where the moment lies
//   3 copy the manifest and set the root register: from here on it is a store
//   4 verify all of it (CheckStore)
//
// The target is empty and stays without a root register when something fails before step 3. Time is
// that of the log's time records: a moment is met to within kWalTimeIntervalUs. Blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/base/status.h"
#include "engine/crypto/secret_key.h"
#include "engine/env/storage.h"
#include "engine/inspect/check_store.h"
#include "engine/kv_store.h"
#include "engine/options.h"

namespace shale::engine {

struct RestoreJob {
  Storage* backup = nullptr;
  Storage* archive = nullptr;  // of log segments; null: the backup alone
  Storage* target = nullptr;
  std::shared_ptr<const SecretKey> master_key;  // of an encrypted store
  // At most one; none: all that there is. Both include the moment itself.
  std::optional<SequenceNumber> until_sequence;
  std::optional<uint64_t> until_us;  // microseconds since 1970
};

struct RestoreSummary {
  uint64_t files = 0;
  uint64_t bytes = 0;
  uint64_t log_segments = 0;
  SequenceNumber sequence = 0;  // of the last commit in the store
  uint64_t last_time_us = 0;    // the latest time known to have passed before it; 0: not known
};

// 55000 where the target is not empty or the backup is none, 22023 for a moment before the backup
// or a sequence number that the archive does not reach, XX001 for damage, naming file and offset.
Result<RestoreSummary> Restore(const RestoreJob& job);

}  // namespace shale::engine
