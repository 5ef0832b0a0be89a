// Goal: the bytes of a table file are a format: today's reader reads yesterday's file, and whoever
// changes the writer's output notices. Method: a golden file, byte for byte.
#include "engine/table/table_format.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "tests/engine/table/table_fixture.h"

namespace shale::engine {
namespace {

constexpr uint64_t kCreatedUs = 1'700'000'000'000'000;

TableModel GoldenModel() {
  TableModel model;
  for (int i = 10; i < 30; ++i)
    model.Put("row/" + std::to_string(i), i, "value " + std::to_string(i));
  model.Delete("row/15", 40);
  model.tombstones.push_back({"row/20", "row/22", 50});
  return model;
}

// Which compresses better by columns.
std::string ColumnsOf(int i) {
  std::string value = "1234abcd";
  value[1] = static_cast<char>(i * 37);
  value[3] = static_cast<char>(i * 101);
  return value + std::to_string(i * 7919 % 1000);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Of the golden model, whatever version wrote it.
void ExpectAnswers(const std::string& golden, uint64_t entries) {
  auto table = OpenTable(golden, nullptr);
  ASSERT_NE(table, nullptr);
  EXPECT_TRUE(table->Verify().ok());
  EXPECT_EQ(table->properties().entries, entries);
  EXPECT_EQ(table->properties().created_us, kCreatedUs);
  PointLookup lookup;
  table->Get({"row/17", 60}, ReadTier::kBlocking, &lookup);
  EXPECT_EQ(lookup.value, "value 17");
  table->Get({"row/15", 60}, ReadTier::kBlocking, &lookup);
  EXPECT_EQ(lookup.outcome, LookupOutcome::kDeleted);
  table->Get({"row/21", 60}, ReadTier::kBlocking, &lookup);
  EXPECT_EQ(lookup.sequence, 50u);
}

// SHALE_UPDATE_GOLDEN=1 rewrites the file; a change is a new format version.
TEST(TableFormat, MatchesTheGoldenFile) {
  TableBuilderOptions options = SmallBlocks();
  options.block_bytes = 600;  // the first ones have values in columns
  options.compression = Compression::kLz4;
  options.restart_interval = 4;
  options.index_partition_bytes = 100;
  options.created_us = kCreatedUs;
  TableModel model = GoldenModel();
  for (int i = 10; i < 30; ++i) model.Put("a row " + std::to_string(i), 1, ColumnsOf(i));
  std::string bytes = BuildTable(model, options);
  const std::string path = SHALE_SOURCE_DIR "/tests/engine/table/golden/table_v6.bin";
  if (std::getenv("SHALE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  const std::string golden = ReadFile(path);
  EXPECT_TRUE(bytes == golden) << "the writer's output differs from " << path;
  ExpectAnswers(golden, 41);
}

// What servers of before have written: without values in columns.
TEST(TableFormat, ReadsVersion5) {
  const std::string golden = ReadFile(SHALE_SOURCE_DIR "/tests/engine/table/golden/table_v5.bin");
  EXPECT_EQ(LoadFixed<uint32_t>(golden.data() + 8), 5u);
  ExpectAnswers(golden, 21);
}

TEST(TableFormat, HeaderAndFooterStandWhereTheTableSays) {
  std::string bytes = BuildTable(GoldenModel(), SmallBlocks());
  EXPECT_EQ(bytes.substr(0, 8), "SHALETBL");
  EXPECT_EQ(LoadFixed<uint32_t>(bytes.data() + 8), 6u);
  const char* footer = bytes.data() + bytes.size() - 48;
  auto metadata_offset = LoadFixed<uint64_t>(footer);
  auto metadata_bytes = LoadFixed<uint64_t>(footer + 8);
  EXPECT_EQ(metadata_offset + metadata_bytes + 12 + 48, bytes.size());
  EXPECT_EQ(LoadFixed<uint64_t>(footer + 16), kTestFileNumber);
  EXPECT_EQ(std::string_view(footer + 40, 8), "SHALETBL");
  EXPECT_EQ(static_cast<BlockKind>(bytes[metadata_offset + metadata_bytes + 5]),
            BlockKind::kMetadata);
}

TEST(TableFormat, ALaterVersionIsNotDamage) {
  std::string bytes = BuildTable(GoldenModel(), SmallBlocks());
  TableHeader header{kTableMagic, 7, 0};
  header.checksum = HeaderChecksum(header, kTestFileNumber);
  bytes.replace(0, sizeof(header), reinterpret_cast<const char*>(&header), sizeof(header));
  Status status =
      TableReader::Open(std::make_unique<StringBlobReader>(bytes), kTestFileNumber, nullptr)
          .status();
  EXPECT_TRUE(status.Is(sqlstate::kFeatureNotSupported));
  EXPECT_EQ(status.message(),
            "table file \"test.table\" has format version 7, this server reads versions 5 to 6");
}

}  // namespace
}  // namespace shale::engine
