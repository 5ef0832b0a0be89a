// Goal: a table answers exactly as the entries it was built of. Method: RapidCheck over contents
// and options against a map; the same walks with an empty cache that makes every block a
// would-block first.
#include <gtest/gtest.h>

#include "engine/base/checksum.h"
#include "engine/table/table_digest.h"
#include "tests/engine/table/table_fixture.h"

namespace shale::engine {
namespace {

void ExpectSameLookup(const PointLookup& expected, const PointLookup& actual) {
  RC_ASSERT(expected.outcome == actual.outcome);
  if (expected.outcome == LookupOutcome::kAbsent) return;
  RC_ASSERT(expected.sequence == actual.sequence);
  if (expected.outcome == LookupOutcome::kFound) RC_ASSERT(expected.value == actual.value);
}

// Cache-only first, as a loop thread would, then blocking, as an I/O thread would.
PointLookup GetInTiers(TableReader& table, std::string_view key, SequenceNumber snapshot) {
  PointLookup lookup;
  table.Get({key, snapshot}, ReadTier::kCacheOnly, &lookup);
  if (lookup.outcome == LookupOutcome::kWouldBlock) {
    table.Get({key, snapshot}, ReadTier::kBlocking, &lookup);
  }
  return lookup;
}

TEST(Table, GetsAnswerAsTheModel) {
  ASSERT_TRUE(rc::check([] {
    TableModel model = RandomModel(true);
    BlockCache cache(*rc::gen::element<size_t>(0, 5000, 1 << 20));
    auto table = OpenTable(BuildTable(model, RandomOptions()), &cache);
    for (int i = 0; i < 60; ++i) {
      std::string key = RandomUserKey();
      auto snapshot = *rc::gen::inRange<SequenceNumber>(0, 32);
      ExpectSameLookup(model.Get(key, snapshot), GetInTiers(*table, key, snapshot));
    }
    for (const auto& [key, value] : model.entries) {
      std::string user_key(UserKey(key));
      ExpectSameLookup(model.Get(user_key, KeySequence(key)),
                       GetInTiers(*table, user_key, KeySequence(key)));
    }
    RC_ASSERT(table->Verify().ok());
  }));
}

// Makes the move, in the blocking tier where the cache does not suffice.
template <typename Move>
void InTiers(InternalIterator* iterator, Move move) {
  iterator->set_read_tier(ReadTier::kCacheOnly);
  move();
  if (!iterator->would_block()) return;
  RC_ASSERT(!iterator->Valid());
  move();
  RC_ASSERT(iterator->would_block());
  iterator->set_read_tier(ReadTier::kBlocking);
  move();
  RC_ASSERT(!iterator->would_block());
}

TEST(Table, RandomWalksFollowTheModel) {
  ASSERT_TRUE(rc::check([] {
    TableModel model = RandomModel(false);
    if (model.entries.empty()) return;
    BlockCache cache(*rc::gen::element<size_t>(0, 5000, 1 << 20));
    auto table = OpenTable(BuildTable(model, RandomOptions()), &cache);
    auto iterator = table->NewIterator();
    auto expected = model.entries.end();
    for (int step = 0; step < 200; ++step) {
      int move = *rc::gen::inRange(0, 10);
      if (!iterator->Valid()) move %= 4;
      if (move < 2) {
        std::string target =
            MakeInternalKey(RandomUserKey(), SeekTrailer(*rc::gen::inRange<SequenceNumber>(0, 32)));
        if (move == 0) {
          InTiers(iterator.get(), [&] { iterator->Seek(target); });
          expected = model.entries.lower_bound(target);
        } else {
          InTiers(iterator.get(), [&] { iterator->SeekForPrev(target); });
          expected = model.entries.upper_bound(target);
          expected = expected == model.entries.begin() ? model.entries.end() : std::prev(expected);
        }
      } else if (move == 2) {
        InTiers(iterator.get(), [&] { iterator->SeekToFirst(); });
        expected = model.entries.begin();
      } else if (move == 3) {
        InTiers(iterator.get(), [&] { iterator->SeekToLast(); });
        expected = std::prev(model.entries.end());
      } else if (move < 7) {
        InTiers(iterator.get(), [&] { iterator->Next(); });
        ++expected;
      } else {
        InTiers(iterator.get(), [&] { iterator->Prev(); });
        expected = expected == model.entries.begin() ? model.entries.end() : std::prev(expected);
      }
      RC_ASSERT(iterator->status().ok());
      RC_ASSERT(iterator->Valid() == (expected != model.entries.end()));
      if (!iterator->Valid()) continue;
      RC_ASSERT(iterator->key() == expected->first);
      RC_ASSERT(iterator->value() == expected->second);
    }
  }));
}

TEST(Table, BatchesHandOutEveryEntryOnce) {
  ASSERT_TRUE(rc::check([] {
    TableModel model = RandomModel(false);
    BlockCache cache(1 << 20);
    auto table = OpenTable(BuildTable(model, RandomOptions()), &cache);
    auto iterator =
        table->NewIterator({.fill_cache = *rc::gen::arbitrary<bool>(),
                            .readahead_bytes = *rc::gen::element<size_t>(0, 500, 1 << 16)});
    std::string limit;
    if (*rc::gen::arbitrary<bool>()) limit = MakeInternalKey(RandomUserKey(), SeekTrailer(9));
    EntryBatch batch(*rc::gen::inRange<size_t>(1, 50), 2000);
    auto expected = model.entries.begin();
    iterator->SeekToFirst();
    while (iterator->Valid() &&
           (limit.empty() || CompareInternalKeys(iterator->key(), limit) < 0)) {
      for (; iterator->Valid() && !batch.full(); iterator->Next()) {
        if (!limit.empty() && CompareInternalKeys(iterator->key(), limit) >= 0) break;
        iterator->AppendRun(limit, &batch);
        RC_ASSERT(batch.entries().back().key == iterator->key());
      }
      for (const KeyValue& entry : batch.entries()) {
        RC_ASSERT(entry.key == expected->first);
        RC_ASSERT(entry.value == expected->second);
        ++expected;
      }
      batch.Clear();
    }
    RC_ASSERT(expected == (limit.empty() ? model.entries.end() : model.entries.lower_bound(limit)));
  }));
}

TEST(Table, PropertiesDescribeTheContents) {
  ASSERT_TRUE(rc::check([] {
    TableModel model = RandomModel(true);
    TableProperties built;
    BlockCache cache(1 << 20);
    auto table = OpenTable(BuildTable(model, RandomOptions(), &built), &cache);
    const TableProperties& properties = table->properties();
    RC_ASSERT(properties.entries == model.entries.size());
    RC_ASSERT(properties.file_bytes == built.file_bytes);
    RC_ASSERT(properties.smallest == built.smallest);
    RC_ASSERT(properties.largest == built.largest);
    SequenceNumber min = kSequenceMax, max = 0;
    auto inside = [&](const std::string& key) {
      RC_ASSERT(CompareInternalKeys(properties.smallest, key) <= 0);
      bool below =
          properties.largest_unbounded || CompareInternalKeys(properties.largest, key) >= 0;
      RC_ASSERT(below);
      min = std::min(min, KeySequence(key));
      max = std::max(max, KeySequence(key));
    };
    for (const auto& [key, value] : model.entries) inside(key);
    for (const RangeTombstone& tombstone : model.tombstones) {
      inside(MakeInternalKey(tombstone.begin, tombstone.sequence, ValueType::kRangeDeletion));
      if (tombstone.end.empty()) {
        RC_ASSERT(properties.largest_unbounded);
      } else if (!properties.largest_unbounded) {
        RC_ASSERT(CompareInternalKeys(properties.largest,
                                      MakeInternalKey(tombstone.end, kTrailerMax)) >= 0);
      }
    }
    RC_ASSERT(properties.sequence_min == min);
    RC_ASSERT(properties.sequence_max == max);
  }));
}

TEST(Table, VersionsOfOneKeyOverManyBlocksStayInOrder) {
  TableModel model;
  for (SequenceNumber i = 1; i <= 500; ++i) model.Put("key", i, "value " + std::to_string(i));
  BlockCache cache(1 << 20);
  auto table = OpenTable(BuildTable(model, SmallBlocks()), &cache);
  EXPECT_GT(table->properties().data_blocks, 50u);
  PointLookup lookup;
  for (SequenceNumber i = 1; i <= 500; ++i) {
    table->Get({"key", i}, ReadTier::kBlocking, &lookup);
    ASSERT_EQ(lookup.outcome, LookupOutcome::kFound);
    EXPECT_EQ(lookup.value, "value " + std::to_string(i));
  }
  table->Get({"key", 0}, ReadTier::kBlocking, &lookup);
  EXPECT_EQ(lookup.outcome, LookupOutcome::kAbsent);
}

TEST(Table, ValuesOutliveIteratorTableAndCache) {
  TableModel model;
  for (int i = 0; i < 100; ++i) model.Put("key" + std::to_string(i), 5, std::string(50, 'v'));
  PointLookup lookup;
  EntryBatch batch;
  {
    BlockCache cache(4000);
    auto table = OpenTable(BuildTable(model, SmallBlocks()), &cache);
    table->Get({"key42", 9}, ReadTier::kBlocking, &lookup);
    auto iterator = table->NewIterator();
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next())
      iterator->AppendRun({}, &batch);
  }
  EXPECT_EQ(lookup.value, std::string(50, 'v'));
  ASSERT_EQ(batch.size(), 100u);
  auto expected = model.entries.begin();
  for (const KeyValue& entry : batch.entries()) {
    EXPECT_EQ(entry.key, expected->first);
    EXPECT_EQ(entry.value, (expected++)->second);
  }
}

TEST(Table, FilterSparesReadsForAbsentKeys) {
  TableModel model;
  for (int i = 0; i < 2000; ++i) model.Put("key" + std::to_string(i), 5, "v");
  std::atomic<int> reads{0};
  BlockCache cache(1 << 20);
  auto table = OpenTable(BuildTable(model, SmallBlocks()), &cache, &reads);
  PointLookup lookup;
  for (int i = 0; i < 2000; ++i) {
    table->Get({"key" + std::to_string(i), 9}, ReadTier::kBlocking, &lookup);
    EXPECT_EQ(lookup.outcome, LookupOutcome::kFound);
  }
  // The filters are in the cache now; the data blocks are as good as on the disk.
  uint64_t looked_up = cache.counters(BlockKind::kData).hits;
  for (int i = 0; i < 1000; ++i) {
    table->Get({"key" + std::to_string(i) + "x", 9}, ReadTier::kBlocking, &lookup);
    EXPECT_EQ(lookup.outcome, LookupOutcome::kAbsent);
  }
  EXPECT_LT(cache.counters(BlockKind::kData).hits - looked_up, 40u);
}

TEST(Table, ReadaheadReadsManyBlocksAtOnce) {
  TableModel model;
  for (int i = 10000; i < 12000; ++i) model.Put("key" + std::to_string(i), 5, std::string(30, 'v'));
  std::atomic<int> reads{0};
  auto table = OpenTable(BuildTable(model, SmallBlocks()), nullptr, &reads);
  reads = 0;
  auto iterator = table->NewIterator({.fill_cache = false, .readahead_bytes = 32 << 10});
  size_t count = 0;
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) ++count;
  EXPECT_EQ(count, 2000u);
  EXPECT_LT(reads, 14);
  reads = 0;
  for (iterator->SeekToLast(); iterator->Valid(); iterator->Prev()) --count;
  EXPECT_EQ(count, 0u);
  EXPECT_LT(reads, 14);
}

TEST(Table, ApproximateOffsetsGrowWithKeys) {
  TableModel model;
  for (int i = 10000; i < 11000; ++i) model.Put("key" + std::to_string(i), 5, std::string(30, 'v'));
  BlockCache cache(1 << 20);
  auto table = OpenTable(BuildTable(model, SmallBlocks()), &cache);
  EXPECT_NEAR(
      static_cast<double>(table->ApproximateOffset(MakeInternalKey("key10500", kTrailerMax))) /
          static_cast<double>(table->ApproximateOffset(MakeInternalKey("z", kTrailerMax))),
      0.5, 0.2);  // to the partition
  auto iterator = table->NewIterator();
  for (iterator->SeekToFirst(); iterator->Valid();) iterator->Next();
  uint64_t middle = table->ApproximateOffset(MakeInternalKey("key10500", kTrailerMax));
  uint64_t end = table->ApproximateOffset(MakeInternalKey("z", kTrailerMax));
  EXPECT_EQ(table->ApproximateOffset(MakeInternalKey("a", kTrailerMax)), sizeof(TableHeader));
  EXPECT_NEAR(static_cast<double>(middle) / static_cast<double>(end), 0.5, 0.05);
}

TEST(Table, PartitionsStayWithinTheCacheLimit) {
  TableModel model;
  for (int i = 10000; i < 14000; ++i) model.Put("key" + std::to_string(i), 5, std::string(30, 'v'));
  TableBuilderOptions options = SmallBlocks();
  options.index_partition_bytes = 2000;
  BlockCache cache(40 << 10);
  auto table = OpenTable(BuildTable(model, options), &cache);
  EXPECT_GT(table->properties().partitions, 20u);
  EXPECT_LT(table->memory_bytes(), 12u << 10);
  PointLookup lookup;
  for (int i = 10000; i < 14000; ++i) {
    std::string key = "key" + std::to_string(10000 + i * 7919 % 4000);
    table->Get({key, 9}, ReadTier::kBlocking, &lookup);
    ASSERT_EQ(lookup.outcome, LookupOutcome::kFound);
    lookup.pin.reset();
    ASSERT_LE(cache.bytes_used(), cache.bytes_max());
  }
  EXPECT_GT(cache.counters(BlockKind::kIndex).hits, 0u);
  EXPECT_GT(cache.counters(BlockKind::kIndex).misses, 0u);
  table->EraseFromCache();
}

TEST(Table, ErasingLeavesNothingOfItInTheCache) {
  TableModel model;
  for (int i = 10000; i < 12000; ++i) model.Put("key" + std::to_string(i), 5, std::string(30, 'v'));
  TableBuilderOptions options = SmallBlocks();
  options.index_partition_bytes = 500;
  BlockCache cache(1 << 20);
  size_t empty_bytes = 0;
  {
    auto table = OpenTable(BuildTable(model, options), &cache);
    PointLookup lookup;
    for (int i = 10000; i < 12000; ++i) {
      table->Get({"key" + std::to_string(i), 9}, ReadTier::kBlocking, &lookup);
    }
    size_t full_bytes = cache.bytes_used();
    table->EraseFromCache();
    empty_bytes = cache.bytes_used();
    EXPECT_LT(empty_bytes, full_bytes / 2);  // buckets and the reader's own
    table->Get({"key10500", 9}, ReadTier::kCacheOnly, &lookup);
    EXPECT_EQ(lookup.outcome, LookupOutcome::kWouldBlock);
  }
  EXPECT_LT(cache.bytes_used(), empty_bytes);
}

TEST(Table, TheDigestIsOfTheWholeFile) {
  TableModel model;
  for (int i = 0; i < 100; ++i) model.Put("key" + std::to_string(i), 5, "value");
  TableProperties properties;
  std::string bytes = BuildTable(model, SmallBlocks(), &properties);
  EXPECT_EQ(properties.digest, Checksum(bytes));
  auto table = OpenTable(bytes, nullptr);
  EXPECT_TRUE(table->VerifyDigest(properties.digest).ok());
  Status status = table->VerifyDigest(properties.digest + 1);
  EXPECT_TRUE(status.Is(sqlstate::kDataCorrupted));
  EXPECT_NE(status.message().find("\"test.table\""), std::string::npos);
  // Longer than one piece, and a byte changed far behind.
  std::string large(3 << 20, 'x');
  StringBlobReader whole(large);
  Result<uint64_t> digest = DigestOfBlob(&whole);
  ASSERT_TRUE(digest.ok());
  EXPECT_EQ(*digest, Checksum(large));
  large[large.size() - 5] = 'y';
  StringBlobReader changed(large);
  EXPECT_FALSE(VerifyDigest(&changed, "table", *digest).ok());
}

TEST(TableBuilder, ReportsWhatItsWriterReports) {
  TableModel model;
  for (int i = 0; i < 100; ++i) model.Put("key" + std::to_string(i), 5, "value");
  size_t whole = BuildTable(model, SmallBlocks()).size();
  for (size_t bytes_max = 0; bytes_max < whole; bytes_max += 13) {
    StringBlobWriter writer;
    writer.set_bytes_max(bytes_max);
    TableBuilder builder(SmallBlocks(), &writer);
    Status status;
    for (const auto& [key, value] : model.entries) {
      status = builder.Add(key, value);
      if (!status.ok()) break;
    }
    if (status.ok()) status = builder.Finish().status();
    EXPECT_TRUE(status.Is(sqlstate::kDiskFull)) << bytes_max;
    EXPECT_FALSE(writer.finished());
  }
}

}  // namespace
}  // namespace shale::engine
