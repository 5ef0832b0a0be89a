// FileSealer and FileOpener: the pieces of one file (blocks, records, edits), each sealed at its
// place with the file's own data key.
//
// The nonce is the place, the piece's offset in the file. A data key seals one file, a file is
// written once, from its start to its end, by one sealer; and a sealer takes ascending places only,
// which it checks. So no nonce is used twice under a key, whatever a caller does wrong. Who cannot
// go on at the place reached (a failed append) must begin a new file, with a new key.
//
// Kind, number and place are associated data besides what the caller adds: a piece opens only where
// it was sealed.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "engine/crypto/aes.h"

namespace shale::engine {

// Never renumber. Backup files are a kind to come.
enum class FileKind : uint8_t {
  kTable = 1,
  kLog = 2,
  kManifest = 3,
  kValues = 4,
  kSpill = 5,
  kBackup = 6,
};
std::string_view FileKindName(FileKind kind);

struct FileIdentity {
  FileKind kind = FileKind::kTable;
  uint64_t number = 0;

  bool operator==(const FileIdentity&) const = default;
};

// One thread at a time.
class FileSealer {
 public:
  FileSealer(const SecretKey& data_key, FileIdentity identity, uint32_t generation)
      : identity_(identity), generation_(generation), cipher_(data_key, AesGcm::Use::kSeal) {}

  // Writes plain.size() + kSealTagBytes bytes to out, which may be where plain is. The place is
  // above that of the call before.
  void Seal(uint64_t place, std::string_view associated, std::string_view plain, char* out);

  // Of the store key that wraps the data key.
  uint32_t generation() const { return generation_; }

 private:
  const FileIdentity identity_;
  const uint32_t generation_;
  AesGcm cipher_;
  uint64_t place_min_ = 0;
};

// Thread-safe; a thread that finds others at work expands the key once more.
class FileOpener {
 public:
  FileOpener(const SecretKey& data_key, FileIdentity identity, uint32_t generation)
      : data_key_(data_key), identity_(identity), generation_(generation) {}

  // False where these bytes were not sealed at this place of this file; out is then garbage. Writes
  // sealed.size() - kSealTagBytes bytes to out, which may be where sealed is.
  bool Open(uint64_t place, std::string_view associated, std::string_view sealed, char* out) const;

  uint32_t generation() const { return generation_; }

 private:
  std::unique_ptr<AesGcm> TakeCipher() const;

  const SecretKey data_key_;
  const FileIdentity identity_;
  const uint32_t generation_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<AesGcm>> idle_;  // guarded by mutex_
};

}  // namespace shale::engine
