// WriteCheckpoint: copies one version of a store into another storage, which then opens as a store
// and is a backup (backup_format.h).
//
//   1 read what the target holds: nothing, or an earlier checkpoint; remove remains of others
//   2 copy the keyring of an encrypted store; share or copy each table and value file that is not
//   there yet, and verify it where it now is 3 create the empty log segment that the manifest names
//   4 write a new manifest and the description of the backup 5 point the target's root register to
//   the manifest: from here on the new backup counts 6 delete what only the earlier one needed
//
// Interrupted anywhere before step 5, the earlier backup is whole; the next call removes the
// remains. The target belongs to this call alone while it runs. Blocks.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "engine/base/status.h"
#include "engine/crypto/keyring.h"
#include "engine/env/storage.h"
#include "engine/kv_store.h"
#include "engine/lsm/version_set.h"

namespace shale::engine {

struct CheckpointJob {
  Storage* source = nullptr;
  Storage* target = nullptr;
  bool link = false;
  Keyring* keyring = nullptr;  // of an encrypted store; it goes along
  uint64_t manifest = 0;       // a number that the source has not used for anything else
  uint64_t made_us = 0;        // a time not before the last commit of the version
};

// 55000 where the target holds something that is no backup of this store.
Result<BackupSummary> WriteCheckpoint(const CheckpointJob& job, VersionSet::Captured captured);

// Which store the storage holds, given to it when somebody asks for the first time. One that was
// restored has another id than the one it was restored from. Blocks.
Result<uint64_t> StoreIdOf(Storage* storage);

// Makes the target's keyring that of the source, if it has one.
Status CopyKeyring(Storage* source, Storage* target);

// Copies a table that is not there yet. XX001 where it is not the one described: nothing is left
// then, and what was there under its name stays.
Status CopyTable(Storage* source, Storage* target, const TableMetadata& table);

// Reads all of a blob, giving it piece by piece to the function. The digest of its bytes.
Result<uint64_t> DigestBlob(BlobReader* blob,
                            const std::function<Status(std::string_view piece)>& each);

}  // namespace shale::engine
