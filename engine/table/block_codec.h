// BlockCodec: from a raw payload to the bytes stored on disk, and back, verified.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/options.h"
#include "engine/table/block.h"
#include "engine/table/table_format.h"

namespace shale::engine {

// Encodes blocks of one file; keeps its compression state between them. One thread at a time.
class BlockEncoder {
 public:
  explicit BlockEncoder(uint64_t file_number);
  ~BlockEncoder();

  struct Encoded {
    std::string_view payload;  // in the encoder or in raw; valid until the next call
    BlockTrailer trailer;
  };
  // The block as it belongs at this offset. Stored raw where compression does not save an eighth.
  Encoded Encode(BlockKind kind, std::string_view raw, Compression compression, uint64_t offset);

 private:
  struct ZstdContext;
  // Bytes of compressed_ used, 0 where it failed to shrink the payload.
  size_t Compress(std::string_view raw, Compression compression);

  const uint64_t file_number_;
  std::string compressed_;
  std::unique_ptr<ZstdContext> zstd_;
};

// What a stored block is, as the reader expects it.
struct BlockPlace {
  std::string_view file_name;  // for messages
  uint64_t file_number;
  uint64_t offset;
  BlockKind kind;
};

// Verifies stored = payload | trailer and gives the raw payload. XX001 for anything that is not
// exactly what was written there.
Status DecodeBlock(const BlockPlace& place, std::string_view stored, BlockPin* block);
// The same for bytes that are in a block of their own already: kept where they are if not
// compressed.
Status DecodeBlock(const BlockPlace& place, std::shared_ptr<Block> stored, BlockPin* block);

}  // namespace shale::engine
