// Goal: the cache never exceeds its limit, keeps what is hot through a scan, and never frees or
// evicts what is pinned. Method: direct cases, RapidCheck on the limit, threads for TSan.
#include "engine/table/block_cache.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

namespace shale::engine {
namespace {

// A block filled with its number.
BlockPin MakeBlock(uint64_t number, size_t bytes = 4096) {
  auto block = Block::Make(bytes);
  std::memset(block->data(), static_cast<int>(number % 251), bytes);
  return block;
}

bool IsBlock(const BlockPin& block, uint64_t number) {
  for (char byte : block->payload()) {
    if (static_cast<uint8_t>(byte) != number % 251) return false;
  }
  return true;
}

BlockPin Find(BlockCache& cache, uint64_t number) {
  return cache.Lookup(BlockKind::kData, number / 16, number % 16 * 4096);
}
void Insert(BlockCache& cache, uint64_t number, BlockPin block) {
  cache.Insert(number / 16, number % 16 * 4096, std::move(block));
}

TEST(BlockCache, GivesBackWhatWasInserted) {
  BlockCache cache(1 << 20);
  EXPECT_EQ(Find(cache, 1), nullptr);
  Insert(cache, 1, MakeBlock(1));
  Insert(cache, 2, MakeBlock(2));
  BlockPin block = Find(cache, 1);
  ASSERT_NE(block, nullptr);
  EXPECT_TRUE(IsBlock(block, 1));
  Insert(cache, 1, MakeBlock(3));  // the older stays
  EXPECT_EQ(Find(cache, 1), block);
  cache.Erase(0, 4096);
  EXPECT_EQ(Find(cache, 1), nullptr);
  EXPECT_TRUE(IsBlock(block, 1));
  EXPECT_EQ(cache.counters(BlockKind::kData).hits, 2u);
  EXPECT_EQ(cache.counters(BlockKind::kData).misses, 2u);
  EXPECT_EQ(cache.counters(BlockKind::kIndex).misses, 0u);
}

TEST(BlockCache, NeverExceedsItsLimit) {
  ASSERT_TRUE(rc::check([] {
    auto limit = *rc::gen::element<size_t>(0, 100, 5000, 50000, 1 << 20, 3 << 20);
    BlockCache cache(limit);
    std::vector<BlockPin> pins;
    size_t reserved = 0;
    for (int i = 0; i < 300; ++i) {
      uint64_t number = *rc::gen::inRange<uint64_t>(0, 200);
      switch (*rc::gen::inRange(0, 8)) {
        case 0:
          if (auto block = Find(cache, number)) pins.push_back(block);
          break;
        case 1:
          if (!pins.empty()) pins.erase(pins.begin());
          break;
        case 2:
          if (reserved == 0) {
            reserved = limit / 3;
            cache.Reserve(reserved);
          } else {
            cache.Release(std::exchange(reserved, 0));
          }
          break;
        default:
          if (Find(cache, number) == nullptr) {
            Insert(cache, number, MakeBlock(number, *rc::gen::element<size_t>(10, 4096, 30000)));
          }
      }
      RC_ASSERT(cache.bytes_used() <= limit);
    }
    for (uint64_t number = 0; number < 200; ++number) {
      BlockPin block = Find(cache, number);
      bool right = block == nullptr || IsBlock(block, number);
      RC_ASSERT(right);
    }
  }));
}

TEST(BlockCache, KeepsHotBlocksThroughAScan) {
  BlockCache cache(1 << 20);  // about 240 blocks
  for (int round = 0; round < 3; ++round) {
    for (uint64_t hot = 0; hot < 100; ++hot) {
      if (Find(cache, hot) == nullptr) Insert(cache, hot, MakeBlock(hot));
    }
  }
  for (uint64_t scanned = 1000; scanned < 6000; ++scanned) {
    ASSERT_EQ(Find(cache, scanned), nullptr);
    Insert(cache, scanned, MakeBlock(scanned));
  }
  int kept = 0;
  for (uint64_t hot = 0; hot < 100; ++hot) kept += Find(cache, hot) != nullptr ? 1 : 0;
  EXPECT_GE(kept, 95);
}

// A queue that takes in whatever comes back has evicted each block when its turn comes again.
TEST(BlockCache, KeepsAPartOfAScanThatIsRepeated) {
  BlockCache cache(1 << 20);  // about 240 blocks
  auto scan = [&](uint64_t from) {
    int hits = 0;
    for (uint64_t number = from; number < from + 400; ++number) {
      if (Find(cache, number) != nullptr) {
        ++hits;
      } else {
        Insert(cache, number, MakeBlock(number));
      }
    }
    return hits;
  };
  for (uint64_t from : {0, 10'000, 20'000}) {
    for (int round = 0; round < 6; ++round) scan(from);
    for (int round = 0; round < 10; ++round) EXPECT_GE(scan(from), 180) << from;
  }
}

TEST(BlockCache, ForgetsYesterdaysHotBlocks) {
  BlockCache cache(1 << 20);
  auto touch = [&](uint64_t from, int rounds) {
    int misses = 0;
    for (int round = 0; round < rounds; ++round) {
      for (uint64_t number = from; number < from + 200; ++number) {
        if (Find(cache, number) != nullptr) continue;
        ++misses;
        Insert(cache, number, MakeBlock(number));
      }
    }
    return misses;
  };
  touch(0, 50);
  touch(1000, 10);
  EXPECT_LT(touch(1000, 1), 20);
}

TEST(BlockCache, PinnedBlocksStayAndCountUntilReleased) {
  BlockCache cache(100 << 10);
  std::vector<BlockPin> pins;
  for (uint64_t number = 0; number < 100; ++number) {
    BlockPin block = MakeBlock(number);
    Insert(cache, number, block);
    pins.push_back(std::move(block));
  }
  EXPECT_LE(cache.bytes_used(), 100u << 10);
  EXPECT_EQ(cache.evictions(), 0u);
  EXPECT_NE(Find(cache, 0), nullptr);
  EXPECT_EQ(Find(cache, 99), nullptr);  // had no room
  pins.clear();
  Insert(cache, 99, MakeBlock(99));
  EXPECT_NE(Find(cache, 99), nullptr);
}

TEST(BlockCache, ShrinksAtOnce) {
  BlockCache cache(1 << 20);
  for (uint64_t number = 0; number < 200; ++number) Insert(cache, number, MakeBlock(number));
  BlockPin pinned = Find(cache, 7);
  cache.set_bytes_max(20 << 10);
  EXPECT_LE(cache.bytes_used(), 20u << 10);
  cache.set_bytes_max(0);
  EXPECT_EQ(cache.bytes_used(), 0u);
  EXPECT_TRUE(IsBlock(pinned, 7));
  cache.set_bytes_max(1 << 20);
  Insert(cache, 1, MakeBlock(1));
  EXPECT_NE(Find(cache, 1), nullptr);
}

TEST(BlockCacheConcurrency, ThreadsReadWhatTheyAskFor) {
  BlockCache cache(2 << 20);
  std::atomic<bool> over_limit{false};
  std::vector<std::thread> threads;
  for (uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      uint64_t state = thread + 1;
      std::vector<BlockPin> pins(8);
      for (int i = 0; i < 5000; ++i) {
        state = state * 6364136223846793005 + 1442695040888963407;
        uint64_t number = (state >> 33) % 1000;
        BlockPin block = Find(cache, number);
        if (block == nullptr) {
          block = MakeBlock(number);
          Insert(cache, number, block);
        }
        ASSERT_TRUE(IsBlock(block, number));
        if (i % 64 == 0) cache.Erase(number / 16, number % 16 * 4096);
        if (i % 512 == 0) cache.Reserve(1000);
        if (i % 512 == 1) cache.Release(1000);
        if (cache.bytes_used() > 2 << 20) over_limit = true;
        pins[i % pins.size()] = std::move(block);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(over_limit);
}

}  // namespace
}  // namespace shale::engine
