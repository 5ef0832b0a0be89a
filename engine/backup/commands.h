// What `shale restore` does: report on standard output, errors on standard error; give the
// process's exit code.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/crypto/secret_key.h"
#include "engine/kv_store.h"

namespace shale::engine {

struct RestoreCommand {
  std::string backup_directory;
  std::string archive_directory;  // empty: the backup alone
  std::string data_directory;     // new or empty
  std::optional<SequenceNumber> until_sequence;
  std::optional<uint64_t> until_us;
  std::shared_ptr<const SecretKey> master_key;  // of an encrypted store
};

int RunRestoreCommand(const RestoreCommand& command);

}  // namespace shale::engine
