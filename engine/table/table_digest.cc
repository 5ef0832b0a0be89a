#include "engine/table/table_digest.h"

#include <algorithm>
#include <memory>

#include "engine/base/checksum.h"

namespace shale::engine {
namespace {

constexpr size_t kDigestReadBytes = 1 << 20;

}  // namespace

Result<uint64_t> DigestOfBlob(BlobReader* blob) {
  StreamingChecksum checksum;
  uint64_t size = blob->size();
  auto buffer = std::make_unique_for_overwrite<char[]>(std::min<uint64_t>(size, kDigestReadBytes));
  for (uint64_t offset = 0; offset < size;) {
    size_t bytes = std::min<uint64_t>(size - offset, kDigestReadBytes);
    RETURN_IF_ERROR(blob->Read(offset, bytes, buffer.get()));
    checksum.Update({buffer.get(), bytes});
    offset += bytes;
  }
  return checksum.Value();
}

Status VerifyDigest(BlobReader* blob, std::string_view kind, uint64_t digest) {
  ASSIGN_OR_RETURN(uint64_t found, DigestOfBlob(blob));
  if (found == digest) return Status::Ok();
  return Error(sqlstate::kDataCorrupted,
               "damaged {} file \"{}\": its {} bytes are not those that were written, found by "
               "the digest of the whole file, from offset 0 on",
               kind, blob->name(), blob->size());
}

}  // namespace shale::engine
