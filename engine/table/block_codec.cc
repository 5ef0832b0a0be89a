#include "engine/table/block_codec.h"

#include <lz4.h>
#include <zstd.h>

#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "engine/table/value_format.h"

namespace shale::engine {
namespace {

// Within a block of some KiB higher levels find little more (README).
constexpr int kZstdLevel = 1;
// LZ4 cannot expand more than this (its block format: 255 bytes a length byte).
constexpr uint64_t kLz4RatioMax = 255;
// By how much the packed form and compression may shrink a block together, so that what a few bytes
// can claim to be stays bounded.
constexpr uint64_t kPackedRatioMax = kLz4RatioMax;

// How blocks are packed and compressed is tried out on one of so many.
constexpr int kBlocksPerTrial = 256;
// Of what Zstandard makes of values in rows, LZ4 may take this part more, with its values in
// columns (README).
constexpr size_t kFastShare = 6;

// Sorted blocks of entries that are many.
bool MayBePacked(BlockKind kind) {
  return kind == BlockKind::kData || kind == BlockKind::kIndex || kind == BlockKind::kTopIndex;
}

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

// More words are tried until two more have made it worse.
BlockEncoder::Way BlockEncoder::FindWords(Compression compression, size_t* bytes_of_rows) {
  Way best;
  for (size_t words = 0; words <= std::min(packer_.words_max(), best.column_words + 2); ++words) {
    const std::string_view packed = packer_.Pack(words);
    const size_t bytes = packed.empty() ? 0 : Compress(packed, compression);
    if (words == 0) *bytes_of_rows = bytes;
    if (bytes > 0 && bytes < best.bytes) best = {words, compression, bytes};
  }
  return best;
}

// Of the block that the packer has open.
void BlockEncoder::FindWay(Compression compression) {
  size_t bytes_of_rows;
  way_ = FindWords(compression, &bytes_of_rows);
  if (compression != Compression::kZstd) return;
  size_t ignored;
  const Way fast = FindWords(Compression::kLz4, &ignored);
  if (fast.bytes != SIZE_MAX && fast.bytes <= bytes_of_rows + bytes_of_rows / kFastShare) {
    way_ = fast;
  }
}

std::string_view BlockEncoder::Pack(std::string_view raw, Compression* compression,
                                    bool* has_columns) {
  *has_columns = false;
  if (!packer_.Open(raw)) return {};
  if (until_trial_-- == 0) {
    until_trial_ = kBlocksPerTrial - 1;
    FindWay(*compression);
  }
  if (way_.bytes != SIZE_MAX) *compression = way_.compression;
  const size_t words = std::min(way_.column_words, packer_.words_max());
  *has_columns = words > 0;
  return packer_.Pack(words);
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
  std::string_view packed;
  bool has_columns = false;
  if (MayBePacked(kind) && compression != Compression::kNone && raw.size() <= LZ4_MAX_INPUT_SIZE) {
    packed = Pack(raw, &compression, &has_columns);
  }
  size_t compressed_bytes = Compress(packed.empty() ? raw : packed, compression);
  if (!packed.empty() && raw.size() > compressed_bytes * kPackedRatioMax) {
    packed = {};
    compressed_bytes = Compress(raw, compression);
  }
  if (compressed_bytes > 0 && compressed_bytes < raw.size() - raw.size() / 8) {
    encoded.payload = std::string_view(compressed_).substr(0, compressed_bytes);
    encoded.trailer.compression = static_cast<uint8_t>(compression);
    if (!packed.empty()) {
      encoded.trailer.compression |= kBlockIsPacked | (has_columns ? kBlockHasColumns : 0);
    }
  }
  if (sealer_ != nullptr) encoded.payload = Seal(encoded.payload, encoded.trailer, offset);
  encoded.trailer.checksum = BlockChecksum(encoded.payload, encoded.trailer, file_number_, offset);
  return encoded;
}

namespace {

// What a sealed block's trailer contributes to its authentication: all but the checksum.
std::string_view AssociatedOf(const BlockTrailer& trailer) {
  return {reinterpret_cast<const char*>(&trailer), offsetof(BlockTrailer, checksum)};
}

}  // namespace

std::string_view BlockEncoder::Seal(std::string_view payload, const BlockTrailer& trailer,
                                    uint64_t offset) {
  sealed_.resize(payload.size() + kSealTagBytes);
  sealer_->Seal(offset, AssociatedOf(trailer), payload, sealed_.data());
  return sealed_;
}

namespace {

// A thread's buffers for opening sealed blocks that must be decompressed from it, and for packed
// blocks; one that had to hold a huge block is given back.
constexpr size_t kScratchBytesKept = 1 << 20;

Status Damaged(const BlockPlace& place, std::string_view what) {
  if (place.kind == BlockKind::kValue) {
    return DamagedValueFile(place.file_name, place.offset, what);
  }
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

// The bytes that come out, at most out.size(); nothing where that is not what was compressed.
std::optional<size_t> DecompressInto(Compression compression, std::string_view payload,
                                     std::span<char> out) {
  if (compression == Compression::kLz4) {
    int bytes = LZ4_decompress_safe(payload.data(), out.data(), static_cast<int>(payload.size()),
                                    static_cast<int>(out.size()));
    if (bytes < 0) return std::nullopt;
    return bytes;
  }
  thread_local ZstdDecompressor decompressor;
  size_t bytes = ZSTD_decompressDCtx(decompressor.context, out.data(), out.size(), payload.data(),
                                     payload.size());
  if (ZSTD_isError(bytes)) return std::nullopt;
  return bytes;
}

// A packed block is no larger than the one it unpacks to.
bool DecompressAndUnpack(Compression compression, PackedForm form, std::string_view payload,
                         std::span<char> block) {
  thread_local std::string packed;
  if (packed.size() < block.size()) packed.resize(block.size());
  std::optional<size_t> bytes =
      DecompressInto(compression, payload, std::span(packed.data(), block.size()));
  bool whole = bytes && UnpackBlock(form, std::string_view(packed).substr(0, *bytes), block);
  if (packed.size() > kScratchBytesKept) std::string().swap(packed);
  return whole;
}

Status Decompress(const BlockPlace& place, std::string_view payload, const BlockTrailer& trailer,
                  BlockPin* block) {
  const uint64_t raw_bytes = trailer.raw_bytes;
  const bool is_packed = (trailer.compression & kBlockIsPacked) != 0;
  const bool has_columns = (trailer.compression & kBlockHasColumns) != 0;
  const auto compression =
      static_cast<Compression>(trailer.compression & ~(kBlockIsPacked | kBlockHasColumns));
  bool plausible = raw_bytes <= kBlockBytesMax;
  if (compression == Compression::kLz4) {
    plausible = plausible && raw_bytes <= payload.size() * kLz4RatioMax &&
                raw_bytes <= LZ4_MAX_INPUT_SIZE && payload.size() <= INT32_MAX;
  } else if (compression == Compression::kZstd) {
    const uint64_t content_bytes = ZSTD_getFrameContentSize(payload.data(), payload.size());
    plausible = plausible && (is_packed ? content_bytes <= raw_bytes : content_bytes == raw_bytes);
  } else {
    return Damaged(place, "block with unknown compression");
  }
  if (has_columns && !is_packed) plausible = false;
  if (is_packed && (!MayBePacked(place.kind) || raw_bytes > payload.size() * kPackedRatioMax)) {
    plausible = false;
  }
  if (!plausible) return Damaged(place, "implausible block size");

  auto raw = Block::Make(raw_bytes);
  std::span<char> out(raw->data(), raw_bytes);
  const PackedForm form = has_columns ? PackedForm::kColumns : PackedForm::kRows;
  bool whole = is_packed ? DecompressAndUnpack(compression, form, payload, out)
                         : DecompressInto(compression, payload, out) == raw_bytes;
  if (!whole) return Damaged(place, "block that does not decompress");
  *block = std::move(raw);
  return Status::Ok();
}

// The payload of a sealed block, opened into out: of payload.size() - kSealTagBytes bytes.
Status OpenPayload(const BlockPlace& place, std::string_view payload, const BlockTrailer& trailer,
                   char* out) {
  if (payload.size() < kSealTagBytes) return Damaged(place, "block too short to be sealed");
  if (place.opener->Open(place.offset, AssociatedOf(trailer), payload, out)) return Status::Ok();
  return Damaged(place, "block that does not authenticate");
}

Status OpenAndDecompress(const BlockPlace& place, std::string_view payload,
                         const BlockTrailer& trailer, BlockPin* block) {
  thread_local std::string opened;
  opened.resize(payload.size());
  Status status = OpenPayload(place, payload, trailer, opened.data());
  if (status.ok()) {
    std::string_view plain = std::string_view(opened).substr(0, payload.size() - kSealTagBytes);
    status = Decompress(place, plain, trailer, block);
  }
  if (opened.size() > kScratchBytesKept) std::string().swap(opened);
  return status;
}

}  // namespace

Status DecodeBlock(const BlockPlace& place, std::string_view stored, BlockPin* block) {
  BlockTrailer trailer;
  RETURN_IF_ERROR(VerifyTrailer(place, stored, &trailer));
  std::string_view payload = stored.substr(0, stored.size() - sizeof(BlockTrailer));
  bool compressed = trailer.compression != static_cast<uint8_t>(Compression::kNone);
  if (place.opener != nullptr && compressed) {
    return OpenAndDecompress(place, payload, trailer, block);
  }
  if (compressed) return Decompress(place, payload, trailer, block);
  size_t tag_bytes = place.opener == nullptr ? 0 : kSealTagBytes;
  if (payload.size() < tag_bytes || trailer.raw_bytes != payload.size() - tag_bytes) {
    return Damaged(place, "implausible block size");
  }
  auto raw = Block::Make(trailer.raw_bytes);
  if (place.opener == nullptr) {
    std::memcpy(raw->data(), payload.data(), payload.size());
  } else {
    RETURN_IF_ERROR(OpenPayload(place, payload, trailer, raw->data()));
  }
  *block = std::move(raw);
  return Status::Ok();
}

Status DecodeBlock(const BlockPlace& place, std::shared_ptr<Block> stored, BlockPin* block) {
  BlockTrailer trailer;
  RETURN_IF_ERROR(VerifyTrailer(place, stored->payload(), &trailer));
  std::string_view payload = stored->payload().substr(0, stored->size() - sizeof(BlockTrailer));
  if (place.opener != nullptr) {
    RETURN_IF_ERROR(OpenPayload(place, payload, trailer, stored->data()));
    payload.remove_suffix(kSealTagBytes);
  }
  if (trailer.compression != static_cast<uint8_t>(Compression::kNone)) {
    return Decompress(place, payload, trailer, block);
  }
  if (trailer.raw_bytes != payload.size()) return Damaged(place, "implausible block size");
  stored->Truncate(payload.size());
  *block = std::move(stored);
  return Status::Ok();
}

}  // namespace shale::engine
