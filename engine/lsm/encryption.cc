#include "engine/lsm/encryption.h"

#include <string>
#include <utility>

#include "engine/lsm/lsm_store_impl.h"
#include "engine/lsm/manifest.h"
#include "engine/lsm/manifest_format.h"

namespace shale::engine {

Result<std::unique_ptr<Keyring>> OpenStoreKeyring(const EngineOptions& options) {
  ASSIGN_OR_RETURN(bool encrypted, Keyring::Exists(options.storage));
  if (options.master_key == nullptr) {
    if (!encrypted) return std::unique_ptr<Keyring>();
    return Error(sqlstate::kObjectNotInPrerequisiteState,
                 "the store is encrypted, but no encryption key was given")
        .Hint("Start with --encryption-key-file.");
  }
  if (!encrypted) {
    ASSIGN_OR_RETURN(RegisterValue root, options.storage->ReadRegister(std::string(kRootRegister)));
    if (root.version > 0) {
      // A plain store; or an encrypted one that lost its keyring, which its manifest then tells.
      ASSIGN_OR_RETURN(uint64_t manifest, DecodeRoot(root.bytes));
      RETURN_IF_ERROR(ReadManifest(options.storage, manifest).status());
      return Error(sqlstate::kObjectNotInPrerequisiteState,
                   "the store is not encrypted, but an encryption key was given")
          .Detail("Encryption is chosen when a store is created.")
          .Hint("Start without --encryption-key-file, or load a dump into a new store.");
    }
  }
  return Keyring::Open({.storage = options.storage,
                        .master_key = *options.master_key,
                        .old_master_key = options.old_master_key,
                        .random = {}});
}

Async<Status> LsmStoreImpl::RotateEncryptionKey() { return RotateEncryptionKeyWaiting(); }

Task<Status> LsmStoreImpl::RotateEncryptionKeyWaiting() {
  if (keyring_ == nullptr) {
    co_return Error(sqlstate::kObjectNotInPrerequisiteState, "the store is not encrypted");
  }
  Executor& home = Executor::Current();
  if (options_.io_executor != nullptr) co_await ResumeOn(*options_.io_executor);
  Result<uint32_t> generation = keyring_->RotateStoreKey(versions_.NewFileNumber());
  Status status = generation.ok() ? Status::Ok() : generation.status();
  // Manifest and log go over to new files at once, tables as they are compacted.
  if (status.ok()) status = versions_.RenewManifest();
  if (options_.io_executor != nullptr) co_await ResumeOn(home);
  if (!status.ok()) co_return status;
  Status flushed = co_await FlushQueued();
  co_return flushed;
}

Async<Status> LsmStoreImpl::ChangeMasterKey(const SecretKey& master_key) {
  return ChangeMasterKeyWaiting(master_key);
}

Task<Status> LsmStoreImpl::ChangeMasterKeyWaiting(SecretKey master_key) {
  if (keyring_ == nullptr) {
    co_return Error(sqlstate::kObjectNotInPrerequisiteState, "the store is not encrypted");
  }
  Executor& home = Executor::Current();
  if (options_.io_executor != nullptr) co_await ResumeOn(*options_.io_executor);
  Status status = keyring_->ChangeMasterKey(master_key);
  if (options_.io_executor != nullptr) co_await ResumeOn(home);
  co_return status;
}

}  // namespace shale::engine
