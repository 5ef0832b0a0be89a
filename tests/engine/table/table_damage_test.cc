// Goal: damage is an error naming file and offset, never an answer. Method: flip every byte of
// small tables, swap, misplace and cut blocks, and read everything.
#include <gtest/gtest.h>

#include "engine/table/block_codec.h"
#include "engine/table/metadata.h"
#include "tests/engine/table/table_fixture.h"

namespace shale::engine {
namespace {

TableModel SmallModel() {
  TableModel model;
  for (int i = 10; i < 40; ++i) {
    model.Put("key" + std::to_string(i), i, "value " + std::to_string(i * i));
    if (i % 5 == 0) model.Delete("key" + std::to_string(i), i + 1);
  }
  model.tombstones.push_back({"key12", "key15", 20});
  model.tombstones.push_back({"key30", "", 12});
  return model;
}

// Opens and reads all of the file in every way there is. The first error, which must be XX001 and
// name the file; anything read before it must be right.
Status ReadEverything(const std::string& bytes, const TableModel& model) {
  Result<std::shared_ptr<TableReader>> opened =
      TableReader::Open(std::make_unique<StringBlobReader>(bytes), kTestFileNumber, nullptr);
  if (!opened.ok()) return std::move(opened).status();
  TableReader& table = **opened;
  Status first;
  auto note = [&](const Status& status) {
    if (first.ok()) first = status;
  };
  for (int i = 5; i < 45; ++i) {
    for (SequenceNumber snapshot : {11, 13, 20, 50}) {
      std::string key = "key" + std::to_string(i);
      PointLookup expected = model.Get(key, snapshot);
      PointLookup lookup;
      table.Get({key, snapshot}, ReadTier::kBlocking, &lookup);
      if (lookup.outcome == LookupOutcome::kFailed) {
        note(lookup.status);
        continue;
      }
      EXPECT_EQ(lookup.outcome, expected.outcome);
      if (expected.outcome == LookupOutcome::kFound) {
        EXPECT_EQ(lookup.value, expected.value);
      }
    }
  }
  auto iterator = table.NewIterator({.readahead_bytes = 256});
  auto expected = model.entries.begin();
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next(), ++expected) {
    EXPECT_EQ(iterator->key(), expected->first);
    EXPECT_EQ(iterator->value(), expected->second);
  }
  note(iterator->status());
  if (iterator->status().ok()) {
    EXPECT_EQ(expected, model.entries.end());
  }
  auto last = model.entries.rbegin();
  for (iterator->SeekToLast(); iterator->Valid(); iterator->Prev(), ++last) {
    EXPECT_EQ(iterator->key(), last->first);
  }
  note(iterator->status());
  EXPECT_EQ(table.Verify().ok(), first.ok());
  return first;
}

void ExpectDamage(const Status& status, const std::string& what) {
  ASSERT_FALSE(status.ok()) << what;
  EXPECT_TRUE(status.Is(sqlstate::kDataCorrupted)) << what << ": " << status.ToString();
  EXPECT_NE(status.message().find("\"test.table\""), std::string::npos) << status.ToString();
}

class TableDamagePerCompression : public testing::TestWithParam<Compression> {};

TEST_P(TableDamagePerCompression, EveryFlippedByteIsFound) {
  TableModel model = SmallModel();
  TableBuilderOptions options = SmallBlocks();
  options.compression = GetParam();
  options.block_bytes = 200;
  options.index_partition_bytes = 64;
  const std::string bytes = BuildTable(model, options);
  ASSERT_TRUE(ReadEverything(bytes, model).ok());
  for (size_t i = 0; i < bytes.size(); ++i) {
    constexpr int kMasks[] = {0x01, 0x80, 0xff};
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ kMasks[i % 3]);
    ExpectDamage(ReadEverything(damaged, model), "byte " + std::to_string(i));
  }
}

TEST_P(TableDamagePerCompression, EveryLengthButTheWholeIsFound) {
  TableModel model = SmallModel();
  TableBuilderOptions options = SmallBlocks();
  options.compression = GetParam();
  const std::string bytes = BuildTable(model, options);
  for (size_t length = 0; length < bytes.size(); ++length) {
    ExpectDamage(ReadEverything(bytes.substr(0, length), model),
                 "length " + std::to_string(length));
  }
  ExpectDamage(ReadEverything(bytes + std::string(16, '\0'), model), "longer");
}

INSTANTIATE_TEST_SUITE_P(Compressions, TableDamagePerCompression,
                         testing::Values(Compression::kNone, Compression::kLz4,
                                         Compression::kZstd));

TEST(TableDamage, BlocksOfAnotherPlaceOrFileAreFound) {
  // Values of one size, so that blocks have one size and only their places tell them apart.
  TableModel model;
  for (int i = 100; i < 200; ++i)
    model.Put("key" + std::to_string(i), 5, "value" + std::to_string(i));
  TableBuilderOptions options = SmallBlocks();
  const std::string bytes = BuildTable(model, options);
  options.file_number = kTestFileNumber + 1;
  const std::string other = BuildTable(model, options);
  ASSERT_EQ(bytes.size(), other.size());
  size_t block = bytes.find("key100");  // in the first block
  size_t next = bytes.find("key103");
  ASSERT_NE(block, std::string::npos);

  BlockCache cache(1 << 20);  // with the index in it, offsets are exact
  auto table = OpenTable(bytes, &cache);
  auto iterator = table->NewIterator();
  for (iterator->SeekToFirst(); iterator->Valid();) iterator->Next();
  uint64_t first = table->ApproximateOffset(MakeInternalKey("key100", kTrailerMax));
  uint64_t second = table->ApproximateOffset(MakeInternalKey("key130", kTrailerMax));
  uint64_t size = 0;
  for (int i = 100; i < 200 && size == 0; ++i) {
    size =
        table->ApproximateOffset(MakeInternalKey("key" + std::to_string(i), kTrailerMax)) - first;
  }
  std::string swapped = bytes;
  swapped.replace(first, size, bytes.substr(second, size));
  swapped.replace(second, size, bytes.substr(first, size));
  std::string foreign = bytes;
  foreign.replace(first, size, other.substr(first, size));
  for (const std::string& damaged : {swapped, foreign}) {
    PointLookup lookup;
    OpenTable(damaged, nullptr)->Get({"key100", 9}, ReadTier::kBlocking, &lookup);
    ASSERT_EQ(lookup.outcome, LookupOutcome::kFailed);
    EXPECT_EQ(lookup.status.message(),
              "damaged table file \"test.table\": block checksum mismatch at offset 16");
  }
  EXPECT_GT(next, block);
  ExpectDamage(
      TableReader::Open(std::make_unique<StringBlobReader>(other), kTestFileNumber, nullptr)
          .status(),
      "whole file of another number");
}

TEST(TableDamage, RandomBytesBehindAValidChecksumNeverCrash) {
  ASSERT_TRUE(rc::check([] {
    auto payload = *rc::gen::arbitrary<std::string>();
    for (int i = 0; i < 3; ++i)
      payload += std::string(1, static_cast<char>(*rc::gen::inRange(0, 5))) + payload;
    if (*rc::gen::arbitrary<bool>()) {
      PutFixed32(&payload, *rc::gen::inRange<uint32_t>(0, 20));
      PutFixed32(&payload, 1);
    }
    BlockCursor cursor;
    if (cursor.Open(payload)) {
      for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next()) {
        RC_ASSERT(cursor.key().size() >= kTrailerBytes);
      }
      cursor.Seek(MakeInternalKey("a", 5));
      if (cursor.Valid()) cursor.Prev();
      for (cursor.SeekToLast(); cursor.Valid(); cursor.Prev()) {
      }
      EntryBatch batch;
      cursor.SeekToFirst();
      if (cursor.Valid()) cursor.AppendRun({}, &batch);
      batch.Clear();
      cursor.SeekToFirst();
      if (cursor.Valid()) cursor.AppendPlainRun(UINT32_MAX, &batch);
    }
    MetadataBlock metadata;
    (void)DecodeMetadata(payload, "f", 0, &metadata);
    BloomFilter filter;
    if (filter.Open(payload)) (void)filter.MayContain("x");
    BlockHandle handle;
    (void)DecodeBlockHandle(payload, &handle);
    // Compression claimed over arbitrary bytes, with a checksum that holds.
    for (int form = 0; form < 5 * 4; ++form) {
      const int flags = (form % 2 * kBlockIsPacked) | (form / 2 % 2 * kBlockHasColumns);
      BlockTrailer trailer{*rc::gen::arbitrary<uint32_t>(), static_cast<uint8_t>(form / 4 | flags),
                           static_cast<uint8_t>(BlockKind::kData), 0, 0};
      trailer.raw_bytes %= 100000;
      trailer.checksum = BlockChecksum(payload, trailer, 1, 2);
      std::string stored =
          payload + std::string(reinterpret_cast<char*>(&trailer), sizeof(trailer));
      BlockPin block;
      Status status = DecodeBlock({"f", 1, 2, BlockKind::kData}, stored, &block);
      RC_ASSERT(status.ok() || status.Is(sqlstate::kDataCorrupted));
    }
  }));
}

}  // namespace
}  // namespace shale::engine
