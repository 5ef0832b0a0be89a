// ValueFileReader: values from one value file (value_format.h), verified at every read. Knows no
// cache. Thread-safe. Calls block.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "engine/base/status.h"
#include "engine/crypto/file_cipher.h"
#include "engine/env/storage.h"
#include "engine/table/block.h"
#include "engine/table/block_codec.h"
#include "engine/table/readahead.h"
#include "engine/table/value_format.h"

namespace shale::engine {

class Keyring;

class ValueFileReader {
 public:
  // The keyring is an encrypted store's; without one, an encrypted file is refused, and with one, a
  // plain file.
  static Result<std::shared_ptr<ValueFileReader>> Open(std::unique_ptr<BlobReader> blob,
                                                       uint64_t file_number,
                                                       const Keyring* keyring);

  // The value of a reference to this file; XX001 where there is none such. `ahead`, where not null,
  // is over blob() and belongs to one thread at a time.
  Status Read(const ValueReference& reference, Readahead* ahead, BlockPin* value) const;

  // All records in order, by their heads; those before damage are visited before it is returned.
  using Visitor = std::function<Status(const ValueReference& reference, const Block& value)>;
  Status VisitAll(const Visitor& visitor) const;

  // That the file as a whole has this digest (table_digest.h).
  Status VerifyDigest(uint64_t digest) const;

  BlobReader* blob() const { return blob_.get(); }
  uint64_t file_number() const { return file_number_; }
  // Where the records begin.
  uint64_t records_begin() const { return records_begin_; }
  // The generation of store keys that the file's key is wrapped by; 0: it is not encrypted.
  uint32_t key_generation() const { return opener_ == nullptr ? 0 : opener_->generation(); }

 private:
  ValueFileReader(std::unique_ptr<BlobReader> blob, uint64_t file_number)
      : blob_(std::move(blob)), file_number_(file_number) {}
  Status Load(const Keyring* keyring);
  Status Damaged(uint64_t offset, std::string_view what) const {
    return DamagedValueFile(blob_->name(), offset, what);
  }

  const std::unique_ptr<BlobReader> blob_;
  const uint64_t file_number_;
  uint64_t records_begin_ = 0;
  std::unique_ptr<FileOpener> opener_;  // of an encrypted file
};

}  // namespace shale::engine
