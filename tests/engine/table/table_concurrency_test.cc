// Goal: one reader and one cache serve many threads. Method: gets and scans of a table larger than
// its cache on several threads; run under TSan too.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "tests/engine/table/table_fixture.h"

namespace shale::engine {
namespace {

TEST(TableConcurrency, ThreadsShareReaderAndCache) {
  TableModel model;
  for (int i = 1000; i < 4000; ++i) {
    model.Put("key" + std::to_string(i), 5, "value" + std::to_string(i));
  }
  TableBuilderOptions options = SmallBlocks();
  options.compression = Compression::kLz4;
  options.block_bytes = 500;
  BlockCache cache(100 << 10);
  auto table = OpenTable(BuildTable(model, options), &cache);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      PointLookup lookup;
      for (int i = 0; i < 3000; ++i) {
        int number = 1000 + (i * 7919 + thread * 101) % 3000;
        table->Get({"key" + std::to_string(number), 9}, ReadTier::kCacheOnly, &lookup);
        if (lookup.outcome == LookupOutcome::kWouldBlock) {
          table->Get({"key" + std::to_string(number), 9}, ReadTier::kBlocking, &lookup);
        }
        ASSERT_EQ(lookup.outcome, LookupOutcome::kFound);
        ASSERT_EQ(lookup.value, "value" + std::to_string(number));
      }
      auto iterator = table->NewIterator({.fill_cache = thread % 2 == 0});
      int count = 0;
      for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) ++count;
      ASSERT_EQ(count, 3000);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace shale::engine
