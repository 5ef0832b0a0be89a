// Goal: an encrypted table answers as a plain one does, tells nothing without its key, and finds
// every change, also one with checksums put right. Method: random tables against the model; every
// byte flipped; a golden file made with fixed keys.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "engine/table/block_codec.h"
#include "tests/engine/crypto/test_keyring.h"
#include "tests/engine/table/table_fixture.h"

namespace shale::engine {
namespace {

Result<std::shared_ptr<TableReader>> OpenWith(const std::string& bytes, const Keyring* keyring,
                                              BlockCache* cache = nullptr) {
  return TableReader::Open(std::make_unique<StringBlobReader>(bytes), kTestFileNumber, cache,
                           keyring);
}

TableModel SampleModel() {
  TableModel model;
  for (int i = 10; i < 40; ++i) {
    model.Put("row/" + std::to_string(i), i, "secret value " + std::to_string(i * i));
  }
  model.Delete("row/15", 40);
  model.tombstones.push_back({"row/20", "row/22", 50});
  return model;
}

TEST(TableEncryption, AnswersAsThePlainTableDoes) {
  TestKeyring keyring;
  ASSERT_TRUE(rc::check([&] {
    TableModel model = RandomModel(true);
    TableBuilderOptions options = RandomOptions();
    options.keyring = keyring.get();
    auto opened = OpenWith(BuildTable(model, options), keyring.get());
    RC_ASSERT(opened.ok());
    TableReader& table = **opened;
    RC_ASSERT(table.key_generation() == 1u);
    RC_ASSERT(table.Verify().ok());
    auto readahead_bytes = *rc::gen::element<size_t>(0, 300, 5000);
    auto iterator = table.NewIterator({.readahead_bytes = readahead_bytes});
    auto expected = model.entries.begin();
    for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next(), ++expected) {
      RC_ASSERT(expected != model.entries.end());
      RC_ASSERT(iterator->key() == expected->first);
      RC_ASSERT(iterator->value() == expected->second);
    }
    RC_ASSERT(iterator->status().ok());
    RC_ASSERT(expected == model.entries.end());
    for (int i = 0; i < 10; ++i) {
      std::string key = RandomUserKey();
      auto snapshot = *rc::gen::inRange<SequenceNumber>(1, 31);
      PointLookup answer = model.Get(key, snapshot);
      PointLookup lookup;
      table.Get({key, snapshot}, ReadTier::kBlocking, &lookup);
      RC_ASSERT(lookup.outcome == answer.outcome);
      if (answer.outcome == LookupOutcome::kFound) RC_ASSERT(lookup.value == answer.value);
    }
  }));
}

TEST(TableEncryption, ACachedBlockIsNotOpenedAgain) {
  TestKeyring keyring;
  TableBuilderOptions options = SmallBlocks();
  options.keyring = keyring.get();
  BlockCache cache(1 << 20);
  auto table = OpenWith(BuildTable(SampleModel(), options), keyring.get(), &cache);
  ASSERT_TRUE(table.ok());
  PointLookup lookup;
  (*table)->Get({"row/30", 60}, ReadTier::kBlocking, &lookup);
  const char* first = lookup.value.data();
  (*table)->Get({"row/30", 60}, ReadTier::kCacheOnly, &lookup);
  ASSERT_EQ(lookup.outcome, LookupOutcome::kFound);
  EXPECT_EQ(lookup.value, "secret value 900");
  EXPECT_EQ(lookup.value.data(), first);
}

TEST(TableEncryption, TheFileTellsNothing) {
  TestKeyring keyring;
  TableBuilderOptions options = SmallBlocks();
  EXPECT_NE(BuildTable(SampleModel(), options).find("secret"), std::string::npos);
  options.keyring = keyring.get();
  std::string bytes = BuildTable(SampleModel(), options);
  EXPECT_EQ(bytes.find("secret"), std::string::npos);
  EXPECT_EQ(bytes.find("row/"), std::string::npos);
  // Not even that two files hold the same.
  std::string again = BuildTable(SampleModel(), options);
  size_t blocks = sizeof(TableHeader) + kEnvelopeBytes;
  EXPECT_NE(bytes.substr(blocks, 64), again.substr(blocks, 64));
}

TEST(TableEncryption, MatchesTheGoldenFile) {
  TestKeyring keyring(7);
  TableBuilderOptions options = SmallBlocks();
  options.block_bytes = 128;
  options.restart_interval = 4;
  options.created_us = 1'700'000'000'000'000;
  options.keyring = keyring.get();
  std::string bytes = BuildTable(SampleModel(), options);
  const std::string path = SHALE_SOURCE_DIR "/tests/engine/table/golden/table_encrypted.bin";
  if (std::getenv("SHALE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::ifstream file(path, std::ios::binary);
  std::string golden((std::istreambuf_iterator<char>(file)), {});
  EXPECT_TRUE(bytes == golden) << "the writer's output differs from " << path;
  auto table = OpenWith(golden, TestKeyring(7).get());
  ASSERT_TRUE(table.ok()) << table.status().ToString();
  EXPECT_TRUE((*table)->Verify().ok());
  EXPECT_EQ((*table)->properties().entries, 31u);
}

TEST(TableEncryption, EveryFlippedByteIsFound) {
  TestKeyring keyring;
  for (Compression compression : {Compression::kNone, Compression::kLz4}) {
    TableBuilderOptions options = SmallBlocks();
    options.compression = compression;
    options.block_bytes = 400;
    options.keyring = keyring.get();
    const std::string bytes = BuildTable(SampleModel(), options);
    ASSERT_TRUE((*OpenWith(bytes, keyring.get()))->Verify().ok());
    for (size_t i = 0; i < bytes.size(); ++i) {
      std::string damaged = bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (i % 2 == 0 ? 1 : 0x80));
      auto table = OpenWith(damaged, keyring.get());
      Status status = table.ok() ? (*table)->Verify() : table.status();
      ASSERT_TRUE(status.Is(sqlstate::kDataCorrupted)) << i << " " << status.ToString();
      EXPECT_NE(status.message().find("\"test.table\""), std::string::npos) << status.ToString();
    }
  }
}

TEST(TableEncryption, TheOtherKindOfFileIsRefused) {
  TestKeyring keyring;
  TestKeyring other(2);
  TableBuilderOptions options = SmallBlocks();
  std::string plain = BuildTable(SampleModel(), options);
  options.keyring = keyring.get();
  std::string encrypted = BuildTable(SampleModel(), options);
  auto expect = [](const Status& status, std::string_view message) {
    EXPECT_TRUE(status.Is(sqlstate::kDataCorrupted)) << status.ToString();
    EXPECT_EQ(status.message(), message);
  };
  expect(OpenWith(plain, keyring.get()).status(),
         "file \"test.table\" does not authenticate at offset 0: it is not encrypted, but the "
         "store is");
  expect(OpenWith(encrypted, nullptr).status(),
         "file \"test.table\" is encrypted, but the store has no keyring for it");
  expect(OpenWith(encrypted, other.get()).status(),
         "file \"test.table\" does not authenticate at offset 16: its key is not of this store");
}

// Whatever a forger writes behind a right checksum, it is refused before it is decompressed.
TEST(TableEncryption, RandomBytesBehindAValidChecksumAreRefused) {
  ASSERT_TRUE(rc::check([] {
    FileOpener opener(TestKey(1), {FileKind::kTable, 1}, 1);
    auto payload = *rc::gen::arbitrary<std::string>();
    BlockTrailer trailer{*rc::gen::inRange<uint32_t>(0, 100000),
                         static_cast<uint8_t>(*rc::gen::inRange(0, 5)),
                         static_cast<uint8_t>(BlockKind::kData), 0, 0};
    trailer.checksum = BlockChecksum(payload, trailer, 1, 2);
    std::string stored = payload + std::string(reinterpret_cast<char*>(&trailer), sizeof(trailer));
    BlockPlace place{"f", 1, 2, BlockKind::kData, &opener};
    BlockPin block;
    RC_ASSERT(DecodeBlock(place, stored, &block).Is(sqlstate::kDataCorrupted));
    auto own = Block::Make(stored.size());
    std::copy(stored.begin(), stored.end(), own->data());
    RC_ASSERT(DecodeBlock(place, std::move(own), &block).Is(sqlstate::kDataCorrupted));
  }));
}

}  // namespace
}  // namespace shale::engine
