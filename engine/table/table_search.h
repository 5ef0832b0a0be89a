// TableSearch: the lookup of one key in one table, in steps. Each begins to fetch what the next one
// reads, so that of several searches, stepped in turn, each finds its bytes there: the misses of
// the processor's caches are most of what a lookup costs, and they overlap then.
//
// Begin and Finish, or Step until it is done, any number of times. One thread at a time.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/format/point_lookup.h"
#include "engine/table/block.h"
#include "engine/table/table_reader.h"

namespace shale::engine {

class TableSearch {
 public:
  // To be finished, not stepped.
  TableSearch() : TableSearch(nullptr) {}
  // To be stepped, with a cursor of its own, which keeps key buffers from one lookup to the next.
  explicit TableSearch(BlockCursor* cursor) : cursor_(cursor) {}
  TableSearch(const TableSearch&) = delete;
  TableSearch& operator=(const TableSearch&) = delete;

  // The lookup that TableReader::Get's contract says. False: it is done already. All that the
  // pointers lead to outlives the search.
  bool Begin(TableReader* table, const PointTarget* target, ReadTier tier, PointLookup* lookup,
             std::optional<size_t> partition = std::nullopt);
  // False: the lookup is done.
  bool Step();
  // All steps that are left, without the fetching that is for others' sake.
  void Finish();

 private:
  enum class Next : uint8_t { kFilter, kIndex, kEntry, kBucket, kBlock, kSeek, kRow };

  // The steps. False: the lookup is done.
  bool TestFilter();
  bool OpenIndex();
  bool ReadIndexEntry();
  bool LoadBlock();
  bool OpenBlock();
  void ReadRow();

  bool Done();
  bool Fail(Status status);
  // False: the lookup is done, as it would block or has failed.
  bool CanGoOn(const Result<bool>& loaded);

  // Left alone until Begin sets them: clearing them all takes a third of what a filter does.
  TableReader* table_;
  const PointTarget* target_;
  PointLookup* lookup_;
  ReadTier tier_;
  Next next_;
  SequenceNumber covering_;  // of the table's range tombstones over the key
  size_t partition_;
  BlockPin pin_;              // of what payload_ lies in, unless the table keeps it
  std::string_view payload_;  // of the partition's index
  BlockHandle handle_;        // of the data block
  BlockCursor* cursor_;       // in the index, then in the data block
};

}  // namespace shale::engine
