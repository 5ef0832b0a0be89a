// The TemporaryFile of a store with storage: a scratch file whose pieces carry a checksum, or are
// sealed by a key of the file's own where the store is encrypted.
#pragma once

#include <memory>

#include "engine/env/storage.h"
#include "engine/temporary_file.h"

namespace shale::engine {

Result<std::unique_ptr<TemporaryFile>> CreateSealedFile(Storage& storage, bool encrypted);

}  // namespace shale::engine
