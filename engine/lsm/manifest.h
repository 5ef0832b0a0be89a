// Reading and writing one manifest (manifest_format.h). Block; one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/base/status.h"
#include "engine/crypto/keyring.h"
#include "engine/env/storage.h"
#include "engine/lsm/version_edit.h"

namespace shale::engine {

// All edits in order; a torn last one is left out. XX001 for damage, 58P01 where there is no such
// manifest.
// The keyring is an encrypted store's: without one, an encrypted manifest is refused, and with one,
// a plain one.
Result<std::vector<VersionEdit>> ReadManifest(Storage* storage, uint64_t number,
                                              const Keyring* keyring = nullptr);

// The same, edit by edit with the offset of each: those before a damaged one are visited before the
// error is returned. *end is where the last valid one ends.
using ManifestVisitor = std::function<void(uint64_t offset, const VersionEdit& edit)>;
Status VisitManifest(LogReader* log, uint64_t number, const Keyring* keyring,
                     const ManifestVisitor& visitor, uint64_t* end);

class ManifestWriter {
 public:
  // A new manifest, durable with its first edit, which describes the whole store.
  static Result<std::unique_ptr<ManifestWriter>> Create(Storage* storage, uint64_t epoch,
                                                        uint64_t number,
                                                        const VersionEdit& first_edit,
                                                        Keyring* keyring = nullptr);
  // Durable when it returns. After an error the manifest's end is unknown: no more edits may
  // follow (a sealer would refuse to seal where it sealed before).
  Status Append(const VersionEdit& edit);

  uint64_t number() const { return number_; }
  uint64_t bytes() const { return length_; }

 private:
  ManifestWriter(std::unique_ptr<LogWriter> log, uint64_t epoch, uint64_t number)
      : log_(std::move(log)), epoch_(epoch), number_(number) {}
  Status Write(const VersionEdit& edit, std::string buffer);

  std::unique_ptr<LogWriter> log_;
  std::unique_ptr<FileSealer> sealer_;  // of an encrypted manifest
  uint64_t epoch_;
  uint64_t number_;
  uint64_t length_ = 0;
  uint64_t edit_number_ = 0;
};

}  // namespace shale::engine
