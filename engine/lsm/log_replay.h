// ReplayStoreLog: RecoverWal over what a manifest says of the log: where replay starts, and how far
// the log was durable. Blocks.
#pragma once

#include <cstdint>
#include <set>

#include "engine/base/status.h"
#include "engine/lsm/version_set.h"
#include "engine/wal/wal_recovery.h"

namespace shale::engine {

// Of the options, storage and keyring are used. segments: all that the storage has. XX001 where the
// one that replay starts with is missing, or where the log ends before a record that the manifest
// knows to have been durable.
Result<WalRecoveryResult> ReplayStoreLog(const EngineOptions& options, const VersionSet& versions,
                                         const std::set<uint64_t>& segments,
                                         const WalBatchVisitor& visitor);

}  // namespace shale::engine
