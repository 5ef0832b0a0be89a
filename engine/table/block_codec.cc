#include "engine/table/block_codec.h"

#include <lz4.h>
#include <zstd.h>

#include <cstring>
#include <utility>

namespace shale::engine {
namespace {

constexpr int kZstdLevel = 3;
// LZ4 cannot expand more than this (its block format: 255 bytes a length byte).
constexpr uint64_t kLz4RatioMax = 255;

struct ZstdDecompressor {
  ZstdDecompressor() : context(ZSTD_createDCtx()) { CHECK(context != nullptr); }
  ~ZstdDecompressor() { ZSTD_freeDCtx(context); }
  ZSTD_DCtx* context;
};

}  // namespace

struct BlockEncoder::ZstdContext {
  ZstdContext() : context(ZSTD_createCCtx()) { CHECK(context != nullptr); }
  ~ZstdContext() { ZSTD_freeCCtx(context); }
  ZSTD_CCtx* context;
};

BlockEncoder::BlockEncoder(uint64_t file_number) : file_number_(file_number) {}
BlockEncoder::~BlockEncoder() = default;

size_t BlockEncoder::Compress(std::string_view raw, Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return 0;
    case Compression::kLz4: {
      if (raw.size() > LZ4_MAX_INPUT_SIZE) return 0;
      int source_bytes = static_cast<int>(raw.size());
      compressed_.resize(LZ4_compressBound(source_bytes));
      int bytes = LZ4_compress_default(raw.data(), compressed_.data(), source_bytes,
                                       static_cast<int>(compressed_.size()));
      return bytes > 0 ? bytes : 0;
    }
    case Compression::kZstd: {
      if (zstd_ == nullptr) zstd_ = std::make_unique<ZstdContext>();
      compressed_.resize(ZSTD_compressBound(raw.size()));
      size_t bytes = ZSTD_compressCCtx(zstd_->context, compressed_.data(), compressed_.size(),
                                       raw.data(), raw.size(), kZstdLevel);
      return ZSTD_isError(bytes) ? 0 : bytes;
    }
  }
  return 0;
}

BlockEncoder::Encoded BlockEncoder::Encode(BlockKind kind, std::string_view raw,
                                           Compression compression, uint64_t offset) {
  CHECK(raw.size() <= kBlockBytesMax);
  Encoded encoded{raw,
                  {.raw_bytes = static_cast<uint32_t>(raw.size()),
                   .compression = static_cast<uint8_t>(Compression::kNone),
                   .kind = static_cast<uint8_t>(kind),
                   .reserved = 0,
                   .checksum = 0}};
  size_t compressed_bytes = Compress(raw, compression);
  if (compressed_bytes > 0 && compressed_bytes < raw.size() - raw.size() / 8) {
    encoded.payload = std::string_view(compressed_).substr(0, compressed_bytes);
    encoded.trailer.compression = static_cast<uint8_t>(compression);
  }
  encoded.trailer.checksum = BlockChecksum(encoded.payload, encoded.trailer, file_number_, offset);
  return encoded;
}

namespace {

Status Damaged(const BlockPlace& place, std::string_view what) {
  return DamagedTable(place.file_name, place.offset, what);
}

Status VerifyTrailer(const BlockPlace& place, std::string_view stored, BlockTrailer* trailer) {
  if (stored.size() < sizeof(BlockTrailer)) return Damaged(place, "block without trailer");
  std::string_view payload = stored.substr(0, stored.size() - sizeof(BlockTrailer));
  std::memcpy(trailer, payload.data() + payload.size(), sizeof(BlockTrailer));
  if (trailer->checksum != BlockChecksum(payload, *trailer, place.file_number, place.offset)) {
    return Damaged(place, "block checksum mismatch");
  }
  if (trailer->kind != static_cast<uint8_t>(place.kind)) {
    return Damaged(place, "block of the wrong kind");
  }
  if (trailer->reserved != 0) return Damaged(place, "block with unknown trailer fields");
  return Status::Ok();
}

Status Decompress(const BlockPlace& place, std::string_view payload, const BlockTrailer& trailer,
                  BlockPin* block) {
  uint64_t raw_bytes = trailer.raw_bytes;
  bool plausible = raw_bytes <= kBlockBytesMax;
  auto compression = static_cast<Compression>(trailer.compression);
  if (compression == Compression::kLz4) {
    plausible = plausible && raw_bytes <= payload.size() * kLz4RatioMax &&
                raw_bytes <= LZ4_MAX_INPUT_SIZE && payload.size() <= INT32_MAX;
  } else if (compression == Compression::kZstd) {
    plausible = plausible && ZSTD_getFrameContentSize(payload.data(), payload.size()) == raw_bytes;
  } else {
    return Damaged(place, "block with unknown compression");
  }
  if (!plausible) return Damaged(place, "implausible block size");

  auto raw = std::make_shared<Block>(raw_bytes);
  bool whole;
  if (compression == Compression::kLz4) {
    int bytes = LZ4_decompress_safe(payload.data(), raw->data(), static_cast<int>(payload.size()),
                                    static_cast<int>(raw_bytes));
    whole = bytes >= 0 && static_cast<uint64_t>(bytes) == raw_bytes;
  } else {
    thread_local ZstdDecompressor decompressor;
    size_t bytes = ZSTD_decompressDCtx(decompressor.context, raw->data(), raw_bytes, payload.data(),
                                       payload.size());
    whole = !ZSTD_isError(bytes) && bytes == raw_bytes;
  }
  if (!whole) return Damaged(place, "block that does not decompress");
  *block = std::move(raw);
  return Status::Ok();
}

}  // namespace

Status DecodeBlock(const BlockPlace& place, std::string_view stored, BlockPin* block) {
  BlockTrailer trailer;
  RETURN_IF_ERROR(VerifyTrailer(place, stored, &trailer));
  std::string_view payload = stored.substr(0, stored.size() - sizeof(BlockTrailer));
  if (trailer.compression != static_cast<uint8_t>(Compression::kNone)) {
    return Decompress(place, payload, trailer, block);
  }
  if (trailer.raw_bytes != payload.size()) return Damaged(place, "implausible block size");
  auto raw = std::make_shared<Block>(payload.size());
  std::memcpy(raw->data(), payload.data(), payload.size());
  *block = std::move(raw);
  return Status::Ok();
}

Status DecodeBlock(const BlockPlace& place, std::shared_ptr<Block> stored, BlockPin* block) {
  BlockTrailer trailer;
  RETURN_IF_ERROR(VerifyTrailer(place, stored->payload(), &trailer));
  std::string_view payload = stored->payload().substr(0, stored->size() - sizeof(BlockTrailer));
  if (trailer.compression != static_cast<uint8_t>(Compression::kNone)) {
    return Decompress(place, payload, trailer, block);
  }
  if (trailer.raw_bytes != payload.size()) return Damaged(place, "implausible block size");
  stored->Truncate(payload.size());
  *block = std::move(stored);
  return Status::Ok();
}

}  // namespace shale::engine
