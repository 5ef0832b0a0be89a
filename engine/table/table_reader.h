// TableReader: answers from one table file. Thread-safe; shared by all who read the file.
//
// Opening reads and verifies header, footer, metadata, top index and range tombstones; the latter
// two stay in memory and are counted against the block cache's limit. Data blocks and partitions of
// index and filter go through the cache. A partition that was used is pinned by the reader, so that
// a lookup finds it by a pointer, as long as the cache allows (BlockCache::ReservePinned).
//
// Every block is verified at each read from disk; damage is XX001 naming file and offset, never an
// answer.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/crypto/file_cipher.h"
#include "engine/env/storage.h"
#include "engine/format/internal_iterator.h"
#include "engine/format/point_lookup.h"
#include "engine/format/range_tombstone.h"
#include "engine/table/block.h"
#include "engine/table/block_cache.h"
#include "engine/table/block_codec.h"
#include "engine/table/bloom_filter.h"
#include "engine/table/table_format.h"
#include "engine/table/table_properties.h"
#include "engine/table/top_index.h"

namespace shale::engine {

class Keyring;

struct TableIteratorOptions {
  // False for compactions: blocks read are not put into the cache (those in it are used).
  bool fill_cache = true;
  // Reads ahead up to this many bytes when blocks are read one after another (readahead.h),
  // kBlocking only; 0: never.
  size_t readahead_bytes = 0;
  // Calls GiveWay after each block read ahead.
  bool gives_way = false;
};

// What tables are asked for: encoded and hashed once for all of them. user_key outlives it.
class PointTarget {
 public:
  PointTarget(std::string_view user_key, SequenceNumber snapshot)
      : user_key_(user_key),
        snapshot_(snapshot),
        key_(user_key, SeekTrailer(snapshot)),
        hash_(BloomHash(user_key)) {}

  std::string_view user_key() const { return user_key_; }
  std::string_view internal_key() const { return key_.internal_key(); }  // to seek
  SequenceNumber snapshot() const { return snapshot_; }
  uint64_t hash() const { return hash_; }

 private:
  const std::string_view user_key_;
  const SequenceNumber snapshot_;
  const LookupKey key_;
  const uint64_t hash_;
};

class TableReader : public std::enable_shared_from_this<TableReader> {
 public:
  // Blocks on the disk. The file must have been built with this number. The cache may be null
  // (nothing is kept, kCacheOnly always would block) and outlives the reader. The keyring is an
  // encrypted store's; without one, an encrypted file is refused, and with one, a plain file.
  // run_sequence: of a table of a sorted run, the sequence number that all of its entries are given
  // in place of kRunSequence; 0: entries have their own.
  static Result<std::shared_ptr<TableReader>> Open(std::unique_ptr<BlobReader> blob,
                                                   uint64_t file_number, BlockCache* cache,
                                                   const Keyring* keyring = nullptr,
                                                   SequenceNumber run_sequence = 0);
  ~TableReader();
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;

  // The newest version of the key up to the snapshot, range tombstones of this table considered. A
  // hit in the cache allocates nothing. lookup->pin keeps the value. partition: as FindPartition
  // gave it, to spare another search.
  void Get(const PointTarget& target, ReadTier tier, PointLookup* lookup,
           std::optional<size_t> partition = std::nullopt);
  // The partition that the key belongs to. Begins to fetch what Get will read first: with several
  // tables to ask, this asked of all spares waiting for each.
  size_t FindPartition(const PointTarget& target) const;

  // Point entries; the iterator keeps the reader alive.
  std::unique_ptr<InternalIterator> NewIterator(TableIteratorOptions options = {});
  // Null when the table has none.
  const std::shared_ptr<const RangeTombstoneList>& range_tombstones() const { return tombstones_; }

  const TableProperties& properties() const { return properties_; }
  uint64_t file_number() const { return file_number_; }
  const std::string& file_name() const { return blob_->name(); }
  // Where in the file the key's data block is or would be: differences estimate the bytes of a
  // range. From memory; where that lacks the partition's index, the offset of the partition.
  uint64_t ApproximateOffset(std::string_view internal_key);
  // Appends user keys that part data blocks, ascending, between the two internal keys; an empty
  // last: to the end. Blocks.
  Status AppendBlockKeys(std::string_view first, std::string_view last,
                         std::vector<std::string>* user_keys);
  // The same of parts of the index, each of many blocks. From memory.
  void AppendPartitionKeys(std::string_view first, std::string_view last,
                           std::vector<std::string>* user_keys) const;
  // How many partitions, each of many blocks, there are, and how many from the key's own on.
  size_t partition_count() const { return partitions().size(); }
  size_t PartitionsFrom(std::string_view user_key) const {
    return partition_count() - FindPartition(MakeInternalKey(user_key, kTrailerMax));
  }
  // A user key behind which lies the data of so many partitions, one less at least, the end of the
  // table; empty where that is all.
  std::string_view TailKey(size_t partitions) const {
    std::string_view key = top_index_.TailKey(partitions);
    return key.empty() ? key : UserKey(key);
  }
  // The generation of store keys that the file's key is wrapped by; 0: it is not encrypted.
  uint32_t key_generation() const { return opener_ == nullptr ? 0 : opener_->generation(); }
  // Top index and tombstones held in memory.
  size_t memory_bytes() const { return reserved_bytes_; }

  // Reads and verifies every block of the file past the cache: the order of its keys, and that
  // index and filters lead to all of them.
  Status Verify();
  // That the file as a whole has this digest (table_digest.h). Blocks.
  Status VerifyDigest(uint64_t digest) const;

  // Takes the table's blocks out of the cache, as far as what is cached of the index knows them;
  // for a file that no version refers to any more.
  void EraseFromCache();

 private:
  friend class TableIterator;
  friend class TableSearch;
  struct PrivateTag {};
  // What a lookup needs of a pinned partition, in one cache line. Each half is set once, before its
  // flag is, and points into a block of pinned_.
  struct alignas(64) PinnedPartition {
    BloomFilter filter;
    std::string_view index;
    std::atomic<bool> has_filter{false};
    std::atomic<bool> has_index{false};
  };
  struct VerifyState;

 public:
  TableReader(PrivateTag, std::unique_ptr<BlobReader> blob, uint64_t file_number, BlockCache* cache,
              SequenceNumber run_sequence);

 private:
  Status Load(const Keyring* keyring);
  Status CheckHeader(const Keyring* keyring);
  Status ReadFooter(TableFooter* footer) const;
  Status LoadTopIndex(BlockHandle handle);
  Status LoadTombstones(BlockHandle handle);
  // A block from the cache, or (kBlocking) from disk. Ok with a null block: would block.
  Status LoadBlock(BlockKind kind, BlockHandle handle, ReadTier tier, bool fill_cache,
                   BlockPin* block) const;
  // The partition that the key belongs to; partition_count() beyond the last.
  size_t FindPartition(std::string_view internal_key) const {
    return top_index_.CountBefore(internal_key);
  }
  const std::vector<PartitionHandles>& partitions() const { return top_index_.partitions(); }
  // A partition's filter, or the payload of its index; *pin keeps it unless the reader does. As
  // LoadBlock says; Ok and false: would block.
  Result<bool> LoadFilter(size_t partition, ReadTier tier, BlockPin* pin, BloomFilter* filter);
  Result<bool> LoadIndex(size_t partition, ReadTier tier, BlockPin* pin, std::string_view* index);
  // The payload of a partition's index if it is pinned, else empty.
  std::string_view PinnedIndex(size_t partition) const {
    const PinnedPartition& pinned = pinned_partitions_[partition];
    return pinned.has_index.load(std::memory_order_acquire) ? pinned.index : std::string_view();
  }
  // Pins the block if the cache allows: calls publish, once for each block.
  template <typename Publish>
  void TryPin(std::atomic<bool>* is_pinned, uint64_t offset, const BlockPin& block,
              Publish publish);
  Status VerifyPartition(size_t partition, VerifyState* state) const;
  Status CheckHandle(BlockHandle handle) const;
  BlockPlace PlaceOf(BlockKind kind, uint64_t offset) const {
    return {file_name(), file_number_, offset, kind, opener_.get()};
  }
  // From disk, verified.
  Status ReadBlock(BlockKind kind, BlockHandle handle, BlockPin* block) const;
  Status Damaged(uint64_t offset, std::string_view what) const {
    return DamagedTable(blob_->name(), offset, what);
  }

  const std::unique_ptr<BlobReader> blob_;
  const uint64_t file_number_;
  const SequenceNumber run_sequence_;
  BlockCache* const cache_;
  std::unique_ptr<FileOpener> opener_;  // of an encrypted file
  TableProperties properties_;
  uint64_t blocks_end_ = 0;  // offset of the footer: handles must end before it
  uint64_t data_end_ = 0;
  TopIndex top_index_;
  std::unique_ptr<PinnedPartition[]> pinned_partitions_;
  std::mutex pin_mutex_;
  std::vector<BlockPin> pinned_;  // guarded by pin_mutex_
  size_t pinned_bytes_ = 0;       // guarded by pin_mutex_
  std::shared_ptr<const RangeTombstoneList> tombstones_;
  size_t reserved_bytes_ = 0;
};

}  // namespace shale::engine
