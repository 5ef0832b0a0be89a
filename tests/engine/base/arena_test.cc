// Goal: arena memory is aligned, does not overlap and is used again after Reset. Method: random
// requests whose bytes are filled and checked at the end, under ASan too.
#include "engine/base/arena.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/base/random.h"

namespace shale {
namespace {

TEST(Arena, RequestsDoNotOverlap) {
  Random random(1);
  Arena arena;
  for (int round = 0; round < 5; ++round) {
    std::vector<std::pair<char*, size_t>> pieces;
    for (int i = 0; i < 2000; ++i) {
      size_t bytes = random.OneIn(50) ? random.Uniform(300'000) : random.Uniform(200);
      size_t alignment = size_t{1} << random.Uniform(7);
      char* piece = arena.Allocate(bytes, alignment);
      ASSERT_NE(piece, nullptr);
      ASSERT_EQ(reinterpret_cast<uintptr_t>(piece) % alignment, 0u);
      std::memset(piece, i & 0xff, bytes);
      pieces.emplace_back(piece, bytes);
    }
    for (size_t i = 0; i < pieces.size(); ++i) {
      auto [piece, bytes] = pieces[i];
      for (size_t k = 0; k < bytes; ++k) ASSERT_EQ(static_cast<uint8_t>(piece[k]), i & 0xff);
    }
    arena.Reset();
    EXPECT_LE(arena.bytes_allocated(), size_t{256} << 10);
  }
}

TEST(Arena, CopiesAndArrays) {
  Arena arena;
  std::string text = "some text";
  std::string_view copy = arena.Copy(text);
  text[0] = 'X';
  EXPECT_EQ(copy, "some text");
  EXPECT_TRUE(arena.Copy("").empty());
  uint64_t* numbers = arena.AllocateArray<uint64_t>(20);
  for (int i = 0; i < 20; ++i) numbers[i] = i;
  EXPECT_EQ(copy, "some text");
  EXPECT_EQ(arena.bytes_allocated(), 1024u);
}

TEST(Arena, ResetWithOnlyHugeBlocks) {
  Arena arena;
  arena.Reset();
  arena.Allocate(1 << 20);
  arena.Reset();
  EXPECT_EQ(arena.bytes_allocated(), 0u);
  std::memset(arena.Allocate(10), 1, 10);
}

}  // namespace
}  // namespace shale
