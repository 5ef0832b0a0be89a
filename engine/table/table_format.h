// The table file: a sorted, immutable run of internal keys. All integers are little-endian.
//
//   file    = header (16) | envelope (96), if encrypted | block* | footer (48)
//   block   = payload | block trailer (12)
//   blocks, in this order: data*, filter*, range tombstones?, index*, top index, metadata
//
// The data blocks are divided into partitions, runs of blocks of about a mebibyte. Each has an
// index block and, where the table has filters, a filter block of its own; the top index leads to
// them. Readers keep the top index in memory and have the partitions' blocks in the block cache.
//
// Header
//   offset size field
//        0    8 magic "SHALETBL"
//        8    4 format version, 6 (5 has no values in columns); bit 31 is set in an encrypted file
//       12    4 low half of the checksum of bytes 0..11, seed ChecksumSeed(file number, 0)
//
// Block trailer, behind each payload
//   offset size field
//        0    4 raw bytes: the payload's size when decompressed
//        4    1 compression: 0 none, 1 LZ4 block, 2 Zstandard frame; bit 7: of the block's packed
//               form (packed_block.h), data and index blocks only; the raw bytes are then at most
//               255 times the payload's; bit 6 beside it: values in columns
//        5    1 block kind, see BlockKind
//        6    2 zero
//        8    4 low half of the checksum of the payload, seed ChecksumSeed(ChecksumSeed(file
//               number, offset of the payload), trailer bytes 0..7 as an integer)
//
// In an encrypted file the envelope (engine/crypto/envelope_format.h) holds the file's data key,
// and each payload, compressed first, is sealed: its AES-256-GCM ciphertext and 16 bytes of tag.
// The nonce is the payload's offset, associated data are bytes 0..7 of the trailer besides kind,
// number and offset. The checksum covers the payload as sealed, so that damage is found without the
// key. Header, by the envelope's tag, and blocks are authentic; the footer only says where the
// metadata block is, which no other place of the file can pass for.
//
// Checksums are those of engine/base/checksum.h (XXH3-64). The seed makes a block valid in its
// place only: a block of another file, offset or kind fails.
//
// Footer, the file's last bytes
//   offset size field
//        0    8 offset of the metadata block's payload
//        8    8 size of the metadata block's payload
//       16    8 file number
//       24    4 format version
//       28    4 flags: 1 some values are in value files, where data entries have references; a
//               reader refuses a file with a flag it does not know
//       32    8 checksum of bytes 0..31, seed ChecksumSeed(file number, offset of the footer)
//       40    8 magic "SHALETBL"
//
// Data, index and tombstone payloads are sorted blocks (block.h):
//   entry* | value* | restart prefix (4)* | restart offset (4)* | restart value offset (4)* |
//     bytes of the entries (4) | common bytes (4) | number of restarts (4)
//   entry  = shared (varint) | rest (varint) | value bytes (varint) | rest of key
//   The first `shared` bytes of a key are those of the entry before; 0 at a restart. Values lie
//   behind all entries, in their order and without gaps; a restart's value offset counts from the
//   first of them. So a search for a key walks over keys alone.
//   A restart's prefix is the four bytes of its user key behind the first `common bytes`, which all
//   restarts' user keys have in common, as a number in the keys' order (RestartPrefix). Searches
//   take it for a hint: a wrong one would cost time, not truth.
//
//   data        internal key -> value, of types kValue, kDeletion and kValueReference
//               (value_format.h)
//   index       an internal key at or after the last key of a data block and before the first
//               key of the next one -> handle of the block: offset (varint) | payload size
//               (varint). Every entry is a restart
//   top index   the key of a partition's last index entry -> handle of its index block | offset of
//               its first data block (varint) | handle of its filter block, if there is one. Every
//               entry is a restart
//   tombstones  internal key (begin, sequence, kRangeDeletion) -> end of the range, empty when
//               unbounded
//
// The filter's payload is described in bloom_filter.h, the metadata's in metadata.h.
//
// A reader's duty: every byte it uses was covered by a checksum verified after this very read; what
// is malformed beyond that is damage too (XX001). A file has no torn tail: it is finished or it is
// damaged. Limits are checked when writing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/coding.h"
#include "engine/base/status.h"
#include "engine/options.h"

namespace shale::engine {

inline constexpr uint64_t kTableMagic = 0x4c4254454c414853;  // "SHALETBL"
inline constexpr uint32_t kTableVersion = 6;
inline constexpr uint32_t kTableVersionMin = 5;                 // that is read, too
inline constexpr uint32_t kTableHasReferences = 1;              // of the footer's flags
inline constexpr uint32_t kTableEncrypted = uint32_t{1} << 31;  // in the header's version

// Never renumber.
enum class BlockKind : uint8_t {
  kData = 1,
  kFilter = 2,
  kRangeTombstones = 3,
  kIndex = 4,
  kMetadata = 5,
  kTopIndex = 6,
  kValue = 7,  // in value files (value_format.h)
};
inline constexpr int kBlockKindCount = 8;  // for tables indexed by kind

struct TableHeader {
  uint64_t magic;
  uint32_t version;
  uint32_t checksum;
};
struct BlockTrailer {
  uint32_t raw_bytes;
  uint8_t compression;
  uint8_t kind;
  uint16_t reserved;
  uint32_t checksum;
};
inline constexpr uint8_t kBlockIsPacked = 0x80;    // of a trailer's compression
inline constexpr uint8_t kBlockHasColumns = 0x40;  // likewise
struct TableFooter {
  uint64_t metadata_offset;
  uint64_t metadata_bytes;
  uint64_t file_number;
  uint32_t version;
  uint32_t flags;
  uint64_t checksum;
  uint64_t magic;
};
static_assert(sizeof(TableHeader) == 16 && offsetof(TableHeader, checksum) == 12);
static_assert(sizeof(BlockTrailer) == 12 && offsetof(BlockTrailer, kind) == 5 &&
              offsetof(BlockTrailer, checksum) == 8);
static_assert(sizeof(TableFooter) == 48 && offsetof(TableFooter, file_number) == 16 &&
              offsetof(TableFooter, checksum) == 32 && offsetof(TableFooter, magic) == 40);

// A block's payload bytes, raw or stored, are below this; the builder refuses entries that could
// exceed it.
inline constexpr uint64_t kBlockBytesMax = uint64_t{2} << 30;
inline constexpr uint64_t kTableEntryBytesMax = uint64_t{3} << 29;  // key and value of one entry

struct BlockHandle {
  uint64_t offset = 0;  // of the payload
  uint64_t bytes = 0;   // of the payload as stored or sealed, without its trailer

  bool operator==(const BlockHandle&) const = default;
};
void AppendBlockHandle(std::string* out, BlockHandle handle);
// False where the bytes are not exactly one handle.
bool DecodeBlockHandle(std::string_view bytes, BlockHandle* handle);

// What the top index says of a partition.
struct PartitionHandles {
  BlockHandle index;
  uint64_t data_offset = 0;
  BlockHandle filter;  // of 0 bytes: none

  bool has_filter() const { return filter.bytes > 0; }
  bool operator==(const PartitionHandles&) const = default;
};
void AppendPartitionHandles(std::string* out, const PartitionHandles& handles);
bool DecodePartitionHandles(std::string_view bytes, PartitionHandles* handles);

// Of a sorted block: bytes per restart in its tail, and behind those.
inline constexpr size_t kRestartBytes = 3 * sizeof(uint32_t);
inline constexpr size_t kSortedBlockTailBytes = 3 * sizeof(uint32_t);
// Four bytes of the key from `skip` on, big-endian, padded with zeros.
inline uint32_t RestartPrefix(std::string_view user_key, size_t skip) {
  if (user_key.size() >= skip + sizeof(uint32_t)) return LoadBigEndian32(user_key.data() + skip);
  uint32_t prefix = 0;
  for (size_t i = skip; i < user_key.size(); ++i) {
    prefix |= uint32_t{static_cast<uint8_t>(user_key[i])} << (24 - 8 * (i - skip));
  }
  return prefix;
}

// As the tables above say.
uint32_t HeaderChecksum(const TableHeader& header, uint64_t file_number);
uint32_t BlockChecksum(std::string_view payload, const BlockTrailer& trailer, uint64_t file_number,
                       uint64_t offset);
uint64_t FooterChecksum(const TableFooter& footer, uint64_t file_number, uint64_t offset);

// XX001: `damaged table file "NAME": WHAT at offset N`.
Status DamagedTable(std::string_view file_name, uint64_t offset, std::string_view what);

}  // namespace shale::engine
