#include "engine/env/register_store.h"

#include <algorithm>
#include <utility>

#include "engine/base/log.h"
#include "engine/env/storage_name.h"

namespace shale::engine {
namespace {

constexpr uint64_t kReserveUnitBytes = 4096;

}  // namespace

RegisterStore::RegisterStore(FileSystem& file_system, std::string directory, Repair repair)
    : file_system_(file_system), directory_(std::move(directory)), repair_(repair) {}

std::string RegisterStore::CopyPath(const std::string& name, int copy) const {
  return JoinPath(directory_, fmt::format("{}~{}", name, copy));
}

Result<RegisterValue> RegisterStore::Read(const std::string& name) {
  std::lock_guard lock(mutex_);
  ASSIGN_OR_RETURN(Register * loaded, Load(name));
  return loaded->value;
}

Status RegisterStore::CompareAndSet(const std::string& name, uint64_t expected_version,
                                    std::string_view bytes) {
  CHECK(repair_ == Repair::kRepair);
  std::lock_guard lock(mutex_);
  if (bytes.size() > kRegisterValueBytesMax) {
    return Error(sqlstate::kProgramLimitExceeded, "value of register \"{}\" is too large: {} bytes",
                 name, bytes.size());
  }
  ASSIGN_OR_RETURN(Register * current, Load(name));
  if (current->value.version != expected_version) {
    return Error(sqlstate::kSerializationFailure,
                 "could not set register \"{}\": its version is {}, not {}", name,
                 current->value.version, expected_version);
  }
  RegisterValue next{expected_version + 1, std::string(bytes)};
  // A full disk shows here, before anything is changed.
  RETURN_IF_ERROR(Reserve(name, kRegisterHeaderBytes + bytes.size() + kRegisterChecksumBytes));
  for (int copy = 0; copy < 2; ++copy) {
    Status status = WriteCopy(name, copy, next);
    if (status.ok()) continue;
    current->unusable = true;
    return Error(sqlstate::kStatementCompletionUnknown,
                 "could not set register \"{}\": the outcome is unknown", name)
        .Detail(status.message());
  }
  current->value = std::move(next);
  return Status::Ok();
}

Result<RegisterStore::Register*> RegisterStore::Load(const std::string& name) {
  RETURN_IF_ERROR(CheckStorageName(name));
  Register& entry = registers_[name];
  if (entry.unusable) {
    return Error(sqlstate::kIoError, "register \"{}\" cannot be used after a failed write", name);
  }
  if (!entry.loaded) {
    ASSIGN_OR_RETURN(entry.value, Recover(name));
    entry.loaded = true;
  }
  return &entry;
}

Result<RegisterValue> RegisterStore::Recover(const std::string& name) {
  ASSIGN_OR_RETURN(RegisterCopy first, ReadCopy(name, 0));
  ASSIGN_OR_RETURN(RegisterCopy second, ReadCopy(name, 1));
  bool first_valid = first.state == RegisterCopyState::kValid;
  bool second_valid = second.state == RegisterCopyState::kValid;
  auto damaged = [&](std::string_view reason) {
    return Error(sqlstate::kDataCorrupted, "register \"{}\" is damaged", CopyPath(name, 0))
        .Detail(std::string(reason));
  };

  if (!first_valid && !second_valid) {
    if (second.state == RegisterCopyState::kDamaged) return damaged("Neither copy is valid.");
    return RegisterValue{};
  }
  int stale_copy = -1;
  if (first_valid && second_valid) {
    if (first.value.version == second.value.version) {
      if (first.value.bytes != second.value.bytes) return damaged("The copies differ.");
    } else if (first.value.version == second.value.version + 1) {
      stale_copy = 1;
    } else {
      return damaged(fmt::format("The copies have the versions {} and {}.", first.value.version,
                                 second.value.version));
    }
  } else {
    stale_copy = first_valid ? 1 : 0;
    if ((first_valid ? second : first).state == RegisterCopyState::kDamaged) {
      LogWarning("copy {} of register \"{}\" is not valid, {}", stale_copy, name,
                 repair_ == Repair::kRepair ? "restoring it from the other" : "the other one is");
    }
  }
  const RegisterValue& value = first_valid ? first.value : second.value;
  if (stale_copy >= 0 && repair_ == Repair::kRepair) {
    // The intact copy may have been read from memory only: it is synced before the other is
    // touched.
    std::string intact = CopyPath(name, 1 - stale_copy);
    ASSIGN_OR_RETURN(std::unique_ptr<File> file, file_system_.Open(intact, OpenMode::kReadWrite));
    RETURN_IF_ERROR(file->Sync());
    RETURN_IF_ERROR(
        Reserve(name, kRegisterHeaderBytes + value.bytes.size() + kRegisterChecksumBytes));
    RETURN_IF_ERROR(WriteCopy(name, stale_copy, value));
  }
  return value;
}

Result<RegisterCopy> RegisterStore::ReadCopy(const std::string& name, int copy) {
  std::string path = CopyPath(name, copy);
  Result<std::unique_ptr<File>> file = file_system_.Open(path, OpenMode::kRead);
  if (!file.ok()) {
    if (file.status().Is(sqlstate::kUndefinedFile)) return RegisterCopy{};
    return std::move(file).status();
  }
  ASSIGN_OR_RETURN(uint64_t size, (*file)->Size());
  constexpr uint64_t kFileBytesMax = (kRegisterHeaderBytes + kRegisterValueBytesMax +
                                      kRegisterChecksumBytes + kReserveUnitBytes - 1) /
                                     kReserveUnitBytes * kReserveUnitBytes;
  std::string bytes(std::min(size, kFileBytesMax), '\0');
  ASSIGN_OR_RETURN(size_t count, (*file)->Read(0, bytes.size(), bytes.data()));
  bytes.resize(count);
  return DecodeRegister(name, copy, bytes);
}

// Both files exist, durably, and have room for the value, so that writing them is writing data
// alone.
Status RegisterStore::Reserve(const std::string& name, uint64_t size) {
  uint64_t reserved = (size + kReserveUnitBytes - 1) / kReserveUnitBytes * kReserveUnitBytes;
  bool changed = false;
  for (int copy = 0; copy < 2; ++copy) {
    ASSIGN_OR_RETURN(std::unique_ptr<File> file,
                     file_system_.Open(CopyPath(name, copy), OpenMode::kCreateOrOpen));
    ASSIGN_OR_RETURN(uint64_t present, file->Size());
    if (present >= reserved) continue;
    changed = true;
    RETURN_IF_ERROR(file->Preallocate(reserved));
    RETURN_IF_ERROR(file->Sync());
  }
  // Names that are there need not be durable: an earlier start may have failed to sync them.
  if (changed || !durable_names_.contains(name)) {
    durable_names_.erase(name);
    RETURN_IF_ERROR(file_system_.SyncDirectory(directory_));
    durable_names_.insert(name);
  }
  return Status::Ok();
}

Status RegisterStore::WriteCopy(const std::string& name, int copy, const RegisterValue& value) {
  ASSIGN_OR_RETURN(std::unique_ptr<File> file,
                   file_system_.Open(CopyPath(name, copy), OpenMode::kReadWrite));
  RETURN_IF_ERROR(file->Write(0, EncodeRegister(name, copy, value)));
  return file->Sync();
}

}  // namespace shale::engine
