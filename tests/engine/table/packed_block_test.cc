// Goal: unpacking gives the very block that was packed; what is no packed block is refused without
// a read or write beyond the bytes. Method: RapidCheck over keys that begin each other, several
// versions, values of all sizes, in rows and by columns; packed bytes changed and cut off.
#include "engine/table/packed_block.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <map>

#include "engine/base/random.h"
#include "engine/format/internal_key.h"
#include "engine/table/block_builder.h"
#include "engine/table/block_codec.h"

namespace shale::engine {
namespace {

struct KeyLess {
  bool operator()(const std::string& a, const std::string& b) const {
    return CompareInternalKeys(a, b) < 0;
  }
};
using Entries = std::map<std::string, std::string, KeyLess>;

std::string BlockOf(const Entries& entries, int restart_interval) {
  BlockBuilder builder(restart_interval);
  for (const auto& [key, value] : entries) builder.Add(key, value);
  return std::string(builder.Finish());
}

// Nothing where the block has none.
std::string PackBlock(BlockPacker* packer, std::string_view block, size_t words = 0) {
  if (!packer->Open(block)) return {};
  return std::string(packer->Pack(std::min(words, packer->words_max())));
}

PackedForm FormOf(size_t words) { return words == 0 ? PackedForm::kRows : PackedForm::kColumns; }

Entries RandomEntries(Random* random) {
  Entries entries;
  const uint64_t value_bytes = random->Uniform(30);  // at least
  const uint64_t count = 1 + random->Uniform(100);
  const uint64_t sequences = random->OneIn(4) ? 1 : uint64_t{1} << random->Uniform(56);
  for (uint64_t i = 0; i < count; ++i) {
    std::string key = random->OneIn(3) ? "" : "common beginning";
    for (uint64_t bytes = random->Uniform(6); bytes > 0; --bytes) {
      key.push_back("\0\1a\xff"[random->Uniform(4)]);
    }
    if (random->OneIn(50)) key += std::string(300, 'k');
    auto type = static_cast<ValueType>(random->OneIn(5) ? 0 : 1);
    entries.emplace(MakeInternalKey(key, random->Uniform(sequences), type),
                    std::string(random->OneIn(20) ? 1000 : value_bytes + random->Uniform(60), 'v'));
  }
  for (auto& [key, value] : entries) {
    for (char& byte : value) byte = static_cast<char>(random->Next());
  }
  return entries;
}

TEST(PackedBlock, UnpacksToWhatWasPacked) {
  BlockPacker packer;
  size_t packed_count = 0;
  size_t with_columns = 0;
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    Random random(seed);
    const std::string block =
        BlockOf(RandomEntries(&random), 1 + static_cast<int>(random.Uniform(20)));
    const std::string packed = PackBlock(&packer, block);
    if (packed.empty()) continue;
    ++packed_count;
    const size_t words_max = packer.words_max();
    with_columns += words_max > 0 ? 1 : 0;
    for (size_t words = 0; words <= words_max; words += 1 + words_max / 3) {
      const std::string form = PackBlock(&packer, block, words);
      ASSERT_FALSE(form.empty());
      ASSERT_LT(form.size(), block.size());
      std::string unpacked(block.size(), '\0');
      ASSERT_TRUE(UnpackBlock(FormOf(words), form, unpacked)) << seed;
      ASSERT_EQ(unpacked, block) << seed;
      // Another size is another block's.
      std::string other(block.size() + 1, '\0');
      EXPECT_FALSE(UnpackBlock(FormOf(words), form, other));
      other.resize(block.size() - 1);
      EXPECT_FALSE(UnpackBlock(FormOf(words), form, other));
    }
  }
  EXPECT_GT(packed_count, 2900u);
  EXPECT_GT(with_columns, 1500u);
}

TEST(PackedBlock, BytesAreGolden) {
  Entries entries;
  for (uint64_t i = 0; i < 6; ++i) {
    entries.emplace(MakeInternalKey("row " + std::to_string(i), 1000 + i, ValueType::kValue), "v");
  }
  BlockPacker packer;
  EXPECT_EQ(PackBlock(&packer, BlockOf(entries, 4)),
            std::string("\x06\x04"
                        "\0\3\x20\x09\2"  // shared: 0 4 4 4 0 4
                        "\1\3\x04\x40\0"  // rest: 5 1 1 1 5 1
                        "\1\0"            // values of a byte each
                        "\1\0"            // of type 1
                        "\xe8\7\3\x88\xc6\2"
                        "row 0123row 45"
                        "vvvvvv",
                        2 + 5 + 5 + 2 + 2 + 6 + 14 + 6));
}

TEST(PackedBlock, BytesWithColumnsAreGolden) {
  Entries entries;
  for (uint64_t i = 0; i < 9; ++i) {
    entries.emplace(MakeInternalKey("r" + std::to_string(i), 7, ValueType::kValue),
                    "1234567" + std::to_string(i) + std::string(i % 3, 'v'));
  }
  BlockPacker packer;
  EXPECT_EQ(PackBlock(&packer, BlockOf(entries, 16), 1),
            std::string("\x09\x09\1"
                        "\0\1\xfe\1"        // shared: 0, then 1
                        "\1\1\1\0"          // rest: 2, then 1
                        "\x08\2\x24\x49\2"  // values of 8, 9, 10 bytes, and so on
                        "\1\0"              // of type 1
                        "\7\0"              // of one sequence number
                        "r012345678"
                        "111111111222222222333333333444444444555555555666666666777777777012345678"
                        "vvvvvvvvv",
                        3 + 4 + 4 + 5 + 2 + 2 + 10 + 72 + 9));
}

TEST(PackedBlock, RefusesWhatIsNone) {
  BlockPacker packer;
  Random random(7);
  uint64_t refused = 0;
  for (int round = 0; round < 300; ++round) {
    const std::string block =
        BlockOf(RandomEntries(&random), 1 + static_cast<int>(random.Uniform(20)));
    if (!packer.Open(block)) continue;
    const size_t words = std::min<size_t>(random.Uniform(4), packer.words_max());
    const std::string packed = PackBlock(&packer, block, words);
    for (int change = 0; change < 40; ++change) {
      std::string changed = packed;
      if (random.OneIn(3)) changed.resize(random.Uniform(packed.size()));
      for (uint64_t i = random.Uniform(4); i > 0 && !changed.empty(); --i) {
        size_t at = random.Uniform(std::min<size_t>(changed.size(), random.OneIn(2) ? 12 : 4096));
        changed[at] = static_cast<char>(random.Next());
      }
      // In memory of exactly these sizes: sanitizers see what lies beyond.
      auto bytes = std::make_unique<char[]>(changed.size());
      std::copy(changed.begin(), changed.end(), bytes.get());
      auto out = std::make_unique<char[]>(block.size());
      const PackedForm form = FormOf(random.OneIn(10) ? random.Uniform(2) : words);
      if (!UnpackBlock(form, {bytes.get(), changed.size()}, {out.get(), block.size()})) ++refused;
    }
  }
  EXPECT_GT(refused, 6000u);
}

TEST(PackedBlock, LeavesOtherBlocksAsTheyAre) {
  BlockPacker packer;
  EXPECT_TRUE(PackBlock(&packer, "").empty());
  EXPECT_TRUE(PackBlock(&packer, "no block at all, but long enough for a tail").empty());
  EXPECT_TRUE(PackBlock(&packer, BlockOf({}, 4)).empty());
}

// Encodes the block twice, with the way that the first one has shown; gives the second's
// compression.
uint8_t EncodeAndDecode(const std::string& block, Compression compression) {
  BlockEncoder encoder(7);
  uint8_t used = 0;
  for (uint64_t offset : {100, 20000}) {
    const BlockEncoder::Encoded encoded =
        encoder.Encode(BlockKind::kData, block, compression, offset);
    used = encoded.trailer.compression;
    std::string stored(encoded.payload);
    stored.append(reinterpret_cast<const char*>(&encoded.trailer), sizeof(BlockTrailer));
    BlockPin decoded;
    Status status = DecodeBlock({"f", 7, offset, BlockKind::kData}, stored, &decoded);
    EXPECT_TRUE(status.ok()) << status.ToString();
    if (status.ok()) {
      EXPECT_EQ(decoded->payload(), block);
    }
  }
  return used;
}

TEST(BlockEncoder, ChoosesColumnsAndCompression) {
  Random random(3);
  Entries rows;
  Entries texts;
  for (int i = 0; i < 80; ++i) {
    const std::string key = MakeInternalKey("row " + std::to_string(100 + i), 0, ValueType::kValue);
    std::string row(48, '\0');  // numbers of four bytes, of which two differ
    for (size_t at = 0; at < row.size(); at += 4) {
      row[at] = static_cast<char>(random.Next());
      row[at + 1] = static_cast<char>(random.Uniform(20));
    }
    std::string text;
    for (int byte = 0; byte < 90; ++byte)
      text.push_back(static_cast<char>(' ' + random.Uniform(64)));
    rows.emplace(key, row);
    texts.emplace(key, text);
  }
  const auto packed = [](Compression compression, uint8_t flags) {
    return static_cast<uint8_t>(static_cast<uint8_t>(compression) | kBlockIsPacked | flags);
  };
  const std::string row_block = BlockOf(rows, 16);
  for (Compression compression : {Compression::kLz4, Compression::kZstd}) {
    EXPECT_EQ(EncodeAndDecode(row_block, compression), packed(Compression::kLz4, kBlockHasColumns));
  }
  EXPECT_EQ(EncodeAndDecode(row_block, Compression::kNone), 0);
  EXPECT_EQ(EncodeAndDecode(BlockOf(texts, 16), Compression::kZstd) & ~kBlockHasColumns,
            packed(Compression::kZstd, 0));
}

}  // namespace
}  // namespace shale::engine
