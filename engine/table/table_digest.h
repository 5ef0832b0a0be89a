// The digest of a file of tables or values: the checksum (engine/base/checksum.h) of all of its
// bytes, kept in the manifest beside the file's length. Blocks have checksums of their own; the
// digest tells whether a file as a whole is the one that was built, for whoever checks or copies
// it.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/status.h"
#include "engine/env/storage.h"

namespace shale::engine {

// Reads the whole blob. Blocks.
Result<uint64_t> DigestOfBlob(BlobReader* blob);

// Ok, or XX001 naming the file where its digest is another; kind is "table" or "value". Blocks.
Status VerifyDigest(BlobReader* blob, std::string_view kind, uint64_t digest);

}  // namespace shale::engine
