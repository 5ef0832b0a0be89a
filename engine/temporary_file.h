// TemporaryFile: what a statement puts out of memory: pieces of bytes, appended and read back by
// one process, and gone with the object, or at the next opening of the store after a crash.
//
//   ASSIGN_OR_RETURN(auto file, store.CreateTemporaryFile());
//   ASSIGN_OR_RETURN(FilePiece piece, file->Append(bytes));
//   RETURN_IF_ERROR(file->Read(piece, &again));
//
// Never synced. Each piece carries a checksum, or is sealed, with a key that only memory has, where
// the store is encrypted. All calls block. One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale::engine {

struct FilePiece {
  uint64_t offset = 0;
  uint32_t length = 0;  // in the file
};

class TemporaryFile {
 public:
  virtual ~TemporaryFile() = default;
  // At most a gigabyte. 53100, 58030; nothing may be appended after an error.
  virtual Result<FilePiece> Append(std::string_view bytes) = 0;
  // XX001 where the file does not hold what was appended.
  virtual Status Read(const FilePiece& piece, std::string* bytes) = 0;
  // On disk.
  virtual uint64_t size() const = 0;
};

}  // namespace shale::engine
