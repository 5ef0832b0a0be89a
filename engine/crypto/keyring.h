// Keyring: the keys of one encrypted store.
//
//   master key    from the operator, never stored
//     store keys  generations of random keys, sealed by the master key in the register "keyring"
//       data keys one random key per file, wrapped by a store key in the file's envelope
//
// So changing the master key rewrites one register, and changing the store key makes new files use
// the new one while compaction lets the old ones vanish.
//
// Thread-safe. Calls that touch the storage say "blocks".
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/crypto/envelope_format.h"
#include "engine/crypto/file_cipher.h"
#include "engine/crypto/keyring_format.h"
#include "engine/env/storage.h"

namespace shale::engine {

struct KeyringOptions {
  Storage* storage = nullptr;  // outlives the keyring
  SecretKey master_key;
  // Where a change of the master key may have stopped, or shall begin: a keyring sealed by this one
  // is sealed anew by master_key when it is opened.
  std::shared_ptr<const SecretKey> old_master_key;
  RandomSource random;  // empty: the system's
};

class Keyring {
 public:
  // Whether the storage has a keyring, which makes its store an encrypted one. Blocks.
  static Result<bool> Exists(Storage* storage);
  // Opens the storage's keyring, or creates it where there is none. 28000 for the wrong master key,
  // XX001 for damage. Blocks.
  static Result<std::unique_ptr<Keyring>> Open(KeyringOptions options);

  // Begins a new file: a data key of its own. *header is the file's own header; its envelope of
  // kEnvelopeBytes is appended.
  std::unique_ptr<FileSealer> StartFile(FileIdentity identity, std::string* header);

  // The file's key. `header` is its own header and its envelope, which file_name and the header's
  // own format have vouched for up to the envelope. XX001 naming the file where the envelope is
  // damaged or forged, is of another store, or of another file of this one; 0A000 for a later
  // version.
  Result<std::unique_ptr<FileOpener>> OpenFile(FileIdentity identity, std::string_view header,
                                               std::string_view file_name) const;

  // Adds a generation of store keys; files begun from now on use it, whose numbers are not below
  // first_file_number (but for some begun just now). Gives the generation. 40003 where
  // the outcome is unknown: the keys in use stay, and the keyring changes no more until it is
  // opened again. Blocks.
  Result<uint32_t> RotateStoreKey(uint64_t first_file_number);
  // From now on only the new master key opens the store. 40003 as above: then either key may be the
  // one. Blocks.
  Status ChangeMasterKey(const SecretKey& master_key);

  // Of the store key in use: its generation, from 1, and RotateStoreKey's argument.
  uint32_t generation() const;
  uint64_t first_file_number() const;

 private:
  explicit Keyring(KeyringOptions options);

  Status Load();
  // Seals the keys by the master key in the register. Under change_mutex_.
  Status Write(const std::vector<StoreKey>& keys, const SecretKey& master_key);

  Storage* const storage_;
  const RandomSource random_;
  const std::shared_ptr<const SecretKey> old_master_key_;

  std::mutex change_mutex_;  // held over writes of the register; taken before mutex_
  SecretKey master_key_;     // guarded by change_mutex_
  uint64_t version_ = 0;     // of the register; guarded by change_mutex_
  bool undecided_ = false;   // a write's outcome is unknown; guarded by change_mutex_

  mutable std::mutex mutex_;
  std::vector<StoreKey> keys_;  // guarded by mutex_; changed under change_mutex_ as well
};

// What a reader says that finds the other kind of file than its store's: XX001.
Status EncryptedFileInPlainStore(std::string_view file_name);
Status PlainFileInEncryptedStore(std::string_view file_name);

}  // namespace shale::engine
