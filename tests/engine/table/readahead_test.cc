// Goal: reading ahead gives the file's bytes, few reads in either direction, and never reads beyond
// its bounds. Method: walks over a string, counting reads.
#include "engine/table/readahead.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/engine/table/test_blob.h"

namespace shale::engine {
namespace {

std::string Numbers(size_t bytes) {
  std::string text;
  while (text.size() < bytes) text += std::to_string(text.size()) + ",";
  text.resize(bytes);
  return text;
}

// As an iterator does it; the bytes alone where they are out of turn.
std::string Fetch(Readahead* ahead, BlobReader* blob, uint64_t offset, size_t bytes) {
  if (!ahead->Has(offset, bytes)) {
    Result<bool> read = ahead->Read(offset, bytes);
    EXPECT_TRUE(read.ok());
    if (!*read) {
      std::string alone(bytes, '\0');
      EXPECT_TRUE(blob->Read(offset, bytes, alone.data()).ok());
      ahead->Use(offset, bytes);
      return alone;
    }
  }
  ahead->Use(offset, bytes);
  return std::string(ahead->Bytes(offset, bytes));
}

TEST(Readahead, GivesTheFilesBytesInAnyOrder) {
  ASSERT_TRUE(rc::check([] {
    const std::string text = Numbers(200 << 10);
    StringBlobReader blob(text);
    uint64_t begin = *rc::gen::inRange(0, 1000);
    Readahead ahead(&blob, begin, text.size() - begin,
                    *rc::gen::element<size_t>(100, 5000, 64 << 10, 1 << 20));
    uint64_t offset = begin;
    for (int i = 0; i < 60; ++i) {
      size_t bytes = *rc::gen::inRange<size_t>(1, 9000);
      int move = *rc::gen::inRange(0, 10);
      if (move == 0) offset = *rc::gen::inRange<uint64_t>(0, text.size() - 9000);
      bool backward = move < 4 && offset >= bytes;
      if (backward) offset -= bytes;
      if (offset + bytes > text.size()) offset = begin;
      RC_ASSERT(Fetch(&ahead, &blob, offset, bytes) == text.substr(offset, bytes));
      if (!backward) offset += bytes;
    }
  }));
}

TEST(Readahead, ReadsFewTimesInEitherDirection) {
  const std::string text = Numbers(4 << 20);
  std::atomic<int> reads{0};
  StringBlobReader blob(text, &reads);
  constexpr size_t kPiece = 4 << 10;
  {
    Readahead ahead(&blob, 0, text.size(), 256 << 10);
    for (uint64_t at = 0; at < text.size(); at += kPiece) Fetch(&ahead, &blob, at, kPiece);
    // Alone, then 32, 64, 128 and 256 KiB and so on.
    EXPECT_LE(reads, 22);
  }
  reads = 0;
  Readahead ahead(&blob, 0, text.size(), 256 << 10);
  for (uint64_t at = text.size(); at > 0; at -= kPiece) Fetch(&ahead, &blob, at - kPiece, kPiece);
  EXPECT_LE(reads, 22);
}

// Keeps what it is told of.
class ToldBlobReader final : public BlobReader {
 public:
  explicit ToldBlobReader(std::string bytes) : blob_(std::move(bytes)) {}

  Status Read(uint64_t offset, size_t length, char* buffer) override {
    if (length >= kStretch) stretches.emplace_back(offset, length);
    return blob_.Read(offset, length, buffer);
  }
  void Prefetch(uint64_t offset, size_t length) override { told.emplace_back(offset, length); }
  uint64_t size() const override { return blob_.size(); }
  const std::string& name() const override { return blob_.name(); }

  static constexpr size_t kStretch = 128 << 10;
  using Ranges = std::vector<std::pair<uint64_t, size_t>>;
  Ranges told;
  Ranges stretches;

 private:
  StringBlobReader blob_;
};

TEST(Readahead, TellsOfEachLongStretchOneAhead) {
  const std::string text = Numbers(3'000'000);
  constexpr size_t kPiece = 4 << 10;
  ToldBlobReader blob(text);
  Readahead forward(&blob, 100, text.size() - 100, 512 << 10);
  for (uint64_t at = 100; at + kPiece <= text.size() - 100; at += kPiece) {
    Fetch(&forward, &blob, at, kPiece);
  }
  ASSERT_GT(blob.stretches.size(), 4u);
  EXPECT_EQ(blob.told, ToldBlobReader::Ranges(blob.stretches.begin() + 1, blob.stretches.end()));
  blob.told.clear();
  blob.stretches.clear();
  Readahead backward(&blob, 100, text.size() - 100, 512 << 10);
  for (uint64_t at = text.size() - 100; at >= 100 + kPiece; at -= kPiece) {
    Fetch(&backward, &blob, at - kPiece, kPiece);
  }
  ASSERT_GT(blob.stretches.size(), 4u);
  EXPECT_EQ(blob.told, ToldBlobReader::Ranges(blob.stretches.begin() + 1, blob.stretches.end()));
}

TEST(Readahead, BlocksOutOfTurnAreReadAlone) {
  const std::string text = Numbers(1 << 20);
  StringBlobReader blob(text);
  Readahead ahead(&blob, 0, text.size(), 256 << 10);
  for (uint64_t at : {500'000, 100'000, 700'000}) {
    Result<bool> read = ahead.Read(at, 4000);
    ASSERT_TRUE(read.ok());
    EXPECT_FALSE(*read);
    ahead.Use(at, 4000);
  }
  Result<bool> second_in_turn = ahead.Read(704'000, 4000);
  ASSERT_TRUE(second_in_turn.ok());
  EXPECT_FALSE(*second_in_turn) << "short scans end there";
  ahead.Use(704'000, 4000);
  Result<bool> third = ahead.Read(708'000, 4000);
  ASSERT_TRUE(third.ok());
  EXPECT_TRUE(*third);
  Result<bool> beyond = ahead.Read(text.size() - 10, 4000);
  ASSERT_TRUE(beyond.ok());
  EXPECT_FALSE(*beyond);
}

}  // namespace
}  // namespace shale::engine
