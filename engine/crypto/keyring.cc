#include "engine/crypto/keyring.h"

#include <algorithm>
#include <utility>

#include "engine/base/cleanup.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/random.h"

namespace shale::engine {
namespace {

const std::string& RegisterName() {
  static const std::string name(kKeyringRegister);
  return name;
}

Status ForgedEnvelope(std::string_view file_name, uint64_t offset, std::string_view what) {
  return Error(sqlstate::kDataCorrupted, "file \"{}\" does not authenticate at offset {}: {}",
               file_name, offset, what);
}

StoreKey NewStoreKey(uint32_t generation, uint64_t first_file_number, const RandomSource& random) {
  return {.generation = generation,
          .created_us = static_cast<uint64_t>(SystemClock().WallMicros()),
          .first_file_number = first_file_number,
          .key = SecretKey::Generate(random)};
}

}  // namespace

Keyring::Keyring(KeyringOptions options)
    : storage_(options.storage),
      random_(options.random ? std::move(options.random) : FillSecureRandom),
      old_master_key_(std::move(options.old_master_key)),
      master_key_(options.master_key) {}

Result<bool> Keyring::Exists(Storage* storage) {
  ASSIGN_OR_RETURN(RegisterValue value, storage->ReadRegister(RegisterName()));
  return value.version > 0;
}

Result<std::unique_ptr<Keyring>> Keyring::Open(KeyringOptions options) {
  std::unique_ptr<Keyring> keyring(new Keyring(std::move(options)));
  RETURN_IF_ERROR(keyring->Load());
  return keyring;
}

Status Keyring::Load() {
  std::lock_guard changing(change_mutex_);
  ASSIGN_OR_RETURN(RegisterValue value, storage_->ReadRegister(RegisterName()));
  version_ = value.version;
  std::vector<StoreKey> keys;
  if (value.version == 0) {
    keys.push_back(NewStoreKey(1, 0, random_));
    RETURN_IF_ERROR(Write(keys, master_key_));
  } else {
    ASSIGN_OR_RETURN(std::string id, KeyringMasterKeyId(value.bytes));
    bool is_old = old_master_key_ != nullptr && id == old_master_key_->id();
    ASSIGN_OR_RETURN(keys, DecodeKeyring(value.bytes, is_old ? *old_master_key_ : master_key_));
    if (is_old && !(*old_master_key_ == master_key_)) {
      RETURN_IF_ERROR(Write(keys, master_key_));
      LogInfo("the master key of the store's encryption has been changed");
    }
  }
  std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
  return Status::Ok();
}

Status Keyring::Write(const std::vector<StoreKey>& keys, const SecretKey& master_key) {
  if (undecided_) {
    return Error(sqlstate::kIoError,
                 "the encryption keys cannot be changed: the outcome of a change is unknown")
        .Hint("Restart the server once the cause is removed.");
  }
  Status status =
      storage_->CompareAndSet(RegisterName(), version_, EncodeKeyring(keys, master_key, random_));
  if (status.ok()) {
    ++version_;
  } else if (!status.Is(sqlstate::kDiskFull) && !status.Is(sqlstate::kSerializationFailure)) {
    undecided_ = true;
  }
  return status;
}

Result<uint32_t> Keyring::RotateStoreKey(uint64_t first_file_number) {
  std::lock_guard changing(change_mutex_);
  std::vector<StoreKey> keys;
  {
    std::lock_guard lock(mutex_);
    keys = keys_;
  }
  if (keys.size() >= kGenerationsMax) {
    return Error(sqlstate::kProgramLimitExceeded,
                 "the keyring holds {} generations of keys, the limit", keys.size());
  }
  uint32_t generation = keys.back().generation + 1;
  keys.push_back(NewStoreKey(generation, first_file_number, random_));
  RETURN_IF_ERROR(Write(keys, master_key_));
  std::lock_guard lock(mutex_);
  keys_ = std::move(keys);
  return generation;
}

Status Keyring::ChangeMasterKey(const SecretKey& master_key) {
  std::lock_guard changing(change_mutex_);
  std::vector<StoreKey> keys;
  {
    std::lock_guard lock(mutex_);
    keys = keys_;
  }
  RETURN_IF_ERROR(Write(keys, master_key));
  master_key_ = master_key;
  return Status::Ok();
}

uint32_t Keyring::generation() const {
  std::lock_guard lock(mutex_);
  return keys_.back().generation;
}

uint64_t Keyring::first_file_number() const {
  std::lock_guard lock(mutex_);
  return keys_.back().first_file_number;
}

std::unique_ptr<FileSealer> Keyring::StartFile(FileIdentity identity, std::string* header) {
  SecretKey data_key = SecretKey::Generate(random_);
  std::string wrapped;
  uint32_t generation = 0;
  {
    std::lock_guard lock(mutex_);
    generation = keys_.back().generation;
    wrapped = WrapDataKey(keys_.back().key, data_key, identity);
  }
  auto sealer = std::make_unique<FileSealer>(data_key, identity, generation);
  AppendEnvelope(wrapped, sealer.get(), header);
  return sealer;
}

Result<std::unique_ptr<FileOpener>> Keyring::OpenFile(FileIdentity identity,
                                                      std::string_view header,
                                                      std::string_view file_name) const {
  CHECK(header.size() >= kEnvelopeBytes);
  uint64_t offset = header.size() - kEnvelopeBytes;
  Envelope envelope;
  switch (ParseEnvelope(header.substr(offset), &envelope)) {
    case EnvelopeState::kIntact:
      break;
    case EnvelopeState::kDamaged:
      return Error(sqlstate::kDataCorrupted,
                   "file \"{}\" is damaged at offset {}: invalid encryption header", file_name,
                   offset);
    case EnvelopeState::kUnknownVersion:
      return Error(sqlstate::kFeatureNotSupported,
                   "file \"{}\" has an encryption header of a version that this server does not "
                   "know",
                   file_name);
  }
  std::string data_key;
  Cleanup wipe([&data_key] { Wipe(&data_key); });
  FileIdentity found;
  {
    std::lock_guard lock(mutex_);
    auto key = std::ranges::find(keys_, envelope.generation, &StoreKey::generation);
    if (key == keys_.end()) {
      return ForgedEnvelope(
          file_name, offset,
          fmt::format("the keyring has no store key of generation {}", envelope.generation));
    }
    if (!UnwrapDataKey(key->key, envelope.wrapped, &data_key, &found)) {
      return ForgedEnvelope(file_name, offset, "its key is not of this store");
    }
  }
  if (found != identity) {
    return ForgedEnvelope(
        file_name, offset,
        fmt::format("it is {} {} of this store", FileKindName(found.kind), found.number));
  }
  auto opener = std::make_unique<FileOpener>(SecretKey(data_key), identity, envelope.generation);
  if (!EnvelopeHolds(*opener, header, envelope)) {
    return ForgedEnvelope(file_name, 0, "its header was changed");
  }
  return opener;
}

Status EncryptedFileInPlainStore(std::string_view file_name) {
  return Error(sqlstate::kDataCorrupted,
               "file \"{}\" is encrypted, but the store has no keyring for it", file_name)
      .Detail(fmt::format("Register \"{}\" is missing.", kKeyringRegister))
      .Hint("Restore the register from a backup.");
}

Status PlainFileInEncryptedStore(std::string_view file_name) {
  return Error(
      sqlstate::kDataCorrupted,
      "file \"{}\" does not authenticate at offset 0: it is not encrypted, but the store is",
      file_name);
}

}  // namespace shale::engine
