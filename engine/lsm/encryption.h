// What the store does about encryption at rest: which keys it opens with, and their rotation
// (LsmStore::RotateEncryptionKey). The files themselves are sealed where they are written.
#pragma once

#include <memory>

#include "engine/base/status.h"
#include "engine/crypto/keyring.h"
#include "engine/options.h"

namespace shale::engine {

// The keyring of the store in options.storage, created with a new store; null for a plain store.
// 55000 where an encrypted store is opened without a key or a plain one with a key, 28000 for the
// wrong key, XX001 for damage. Blocks.
Result<std::unique_ptr<Keyring>> OpenStoreKeyring(const EngineOptions& options);

}  // namespace shale::engine
