// BlockCodec: from a raw payload to the bytes stored on disk, compressed, sealed and checksummed,
// and back, verified.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/status.h"
#include "engine/crypto/file_cipher.h"
#include "engine/options.h"
#include "engine/table/block.h"
#include "engine/table/packed_block.h"
#include "engine/table/table_format.h"

namespace shale::engine {

// Encodes blocks of one file; keeps its compression state between them. One thread at a time.
class BlockEncoder {
 public:
  explicit BlockEncoder(uint64_t file_number);
  ~BlockEncoder();

  // Blocks are sealed from now on. Offsets then ascend.
  void set_sealer(std::unique_ptr<FileSealer> sealer) { sealer_ = std::move(sealer); }

  struct Encoded {
    std::string_view payload;  // in the encoder or in raw; valid until the next call
    BlockTrailer trailer;
  };
  // The block as it belongs at this offset; sorted blocks that are many are packed before they are
  // compressed, and by LZ4 in place of Zstandard where that does nearly as well. Stored raw where
  // compression does not save an eighth.
  Encoded Encode(BlockKind kind, std::string_view raw, Compression compression, uint64_t offset);

 private:
  struct ZstdContext;
  // Bytes of compressed_ used, 0 where it failed to shrink the payload.
  size_t Compress(std::string_view raw, Compression compression);

  // How the blocks of this file are packed and compressed, as the last one showed that it was tried
  // out on.
  struct Way {
    size_t column_words = 0;
    Compression compression = Compression::kNone;
    size_t bytes = SIZE_MAX;
  };
  // The packed form; empty where there is none. Sets the compression to what it is to be.
  std::string_view Pack(std::string_view raw, Compression* compression, bool* has_columns);
  void FindWay(Compression compression);
  Way FindWords(Compression compression, size_t* bytes_of_rows);

  // Into sealed_.
  std::string_view Seal(std::string_view payload, const BlockTrailer& trailer, uint64_t offset);

  const uint64_t file_number_;
  std::unique_ptr<FileSealer> sealer_;  // null: stored as they are
  BlockPacker packer_;
  Way way_;
  int until_trial_ = 0;  // blocks
  std::string compressed_;
  std::string sealed_;
  std::unique_ptr<ZstdContext> zstd_;
};

// What a stored block is, as the reader expects it.
struct BlockPlace {
  std::string_view file_name;  // for messages
  uint64_t file_number;
  uint64_t offset;
  BlockKind kind;
  const FileOpener* opener = nullptr;  // of an encrypted file
};

// Verifies stored = payload | trailer and gives the raw payload. XX001 for anything that is not
// exactly what was written there.
Status DecodeBlock(const BlockPlace& place, std::string_view stored, BlockPin* block);
// The same for bytes that are in a block of their own already: kept where they are if not
// compressed.
Status DecodeBlock(const BlockPlace& place, std::shared_ptr<Block> stored, BlockPin* block);

}  // namespace shale::engine
