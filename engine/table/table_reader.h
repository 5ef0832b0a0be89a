// TableReader: answers from one table file. Thread-safe; shared by all who read the file.
//
// Opening reads and verifies header, footer, metadata, index, filter and range tombstones, which
// stay in memory and are counted against the block cache's limit; data blocks go through the cache.
// Every block is verified at each read from disk; damage is XX001 naming file and offset, never an
// answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/base/status.h"
#include "engine/crypto/file_cipher.h"
#include "engine/env/storage.h"
#include "engine/format/internal_iterator.h"
#include "engine/format/point_lookup.h"
#include "engine/format/range_tombstone.h"
#include "engine/table/block.h"
#include "engine/table/block_cache.h"
#include "engine/table/bloom_filter.h"
#include "engine/table/index_search.h"
#include "engine/table/table_format.h"
#include "engine/table/table_properties.h"

namespace shale::engine {

class Keyring;

struct TableIteratorOptions {
  // False for compactions: blocks read are not put into the cache (those in it are used).
  bool fill_cache = true;
  // Reads ahead this many bytes when blocks are read one after another, kBlocking only; 0: none.
  size_t readahead_bytes = 0;
};

class TableReader : public std::enable_shared_from_this<TableReader> {
 public:
  // Blocks on the disk. The file must have been built with this number. The cache may be null
  // (nothing is kept, kCacheOnly always would block) and outlives the reader. The keyring is an
  // encrypted store's; without one, an encrypted file is refused, and with one, a plain file.
  static Result<std::shared_ptr<TableReader>> Open(std::unique_ptr<BlobReader> blob,
                                                   uint64_t file_number, BlockCache* cache,
                                                   const Keyring* keyring = nullptr);
  ~TableReader();
  TableReader(const TableReader&) = delete;
  TableReader& operator=(const TableReader&) = delete;

  // The newest version of the key up to the snapshot, range tombstones of this table considered. A
  // hit in the cache allocates nothing. lookup->pin keeps the value.
  void Get(std::string_view user_key, SequenceNumber snapshot, ReadTier tier, PointLookup* lookup);

  // Point entries; the iterator keeps the reader alive.
  std::unique_ptr<InternalIterator> NewIterator(TableIteratorOptions options = {});
  // Null when the table has none.
  const std::shared_ptr<const RangeTombstoneList>& range_tombstones() const { return tombstones_; }

  const TableProperties& properties() const { return properties_; }
  uint64_t file_number() const { return file_number_; }
  const std::string& file_name() const { return blob_->name(); }
  // Where in the file the key is or would be: differences estimate the bytes of a range.
  uint64_t ApproximateOffset(std::string_view internal_key) const;
  // The generation of store keys that the file's key is wrapped by; 0: it is not encrypted.
  uint32_t key_generation() const { return opener_ == nullptr ? 0 : opener_->generation(); }
  // Index, filter and tombstones held in memory.
  size_t memory_bytes() const { return reserved_bytes_; }

  // Reads and verifies every data block of the file and the order of its keys, past the cache.
  Status Verify();

  // Takes the table's blocks out of the cache; for a file that no version refers to any more.
  void EraseFromCache();

 private:
  friend class TableIterator;
  struct PrivateTag {};

 public:
  TableReader(PrivateTag, std::unique_ptr<BlobReader> blob, uint64_t file_number,
              BlockCache* cache);

 private:
  Status Load(const Keyring* keyring);
  Status CheckHeader(const Keyring* keyring);
  Status ReadFooter(TableFooter* footer) const;
  Status LoadTombstones(BlockHandle handle);
  // A data block from the cache, or (kBlocking) from disk. Ok with a null block: would block.
  Status LoadDataBlock(BlockHandle handle, ReadTier tier, bool fill_cache, BlockPin* block);
  Status CheckHandle(BlockHandle handle) const;
  // From disk, verified.
  Status ReadBlock(BlockKind kind, BlockHandle handle, BlockPin* block) const;
  Status Damaged(uint64_t offset, std::string_view what) const {
    return DamagedTable(blob_->name(), offset, what);
  }

  const std::unique_ptr<BlobReader> blob_;
  const uint64_t file_number_;
  BlockCache* const cache_;
  std::unique_ptr<FileOpener> opener_;  // of an encrypted file
  TableProperties properties_;
  uint64_t blocks_end_ = 0;  // offset of the footer: handles must end before it
  BlockPin index_;
  IndexSearch index_search_;
  uint64_t index_offset_ = 0;
  BlockPin filter_block_;
  BloomFilter filter_;
  std::shared_ptr<const RangeTombstoneList> tombstones_;
  size_t reserved_bytes_ = 0;
};

}  // namespace shale::engine
