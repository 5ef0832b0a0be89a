// Goal: readers beside writers see whole entries in order, and no insertion is lost. Method:
// threads that insert disjoint and equal keys while others read; run under TSan too.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "engine/memtable/memtable.h"

namespace shale::engine {
namespace {

constexpr int kWriters = 3;
constexpr int kKeysPerWriter = 3000;

std::string KeyOf(int number) { return "key" + std::to_string(1000000 + number * 7919 % 100003); }

TEST(MemTableConcurrency, ReadersSeeWholeEntriesInOrder) {
  auto memtable = MemTable::Create();
  std::atomic<bool> done{false};
  // Per writer: how many of its keys are in for sure.
  std::atomic<int> inserted[kWriters] = {};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      for (int i = 0; i < kKeysPerWriter; ++i) {
        std::string key = KeyOf(i * kWriters + writer);
        ASSERT_TRUE(memtable->Add(i + 1, ValueType::kValue, key, key + key));
        inserted[writer].store(i + 1, std::memory_order_release);
      }
    });
  }
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&, reader] {
      auto iterator = memtable->NewIterator();
      while (!done.load()) {
        std::string last;
        size_t count = 0;
        int sure = 0;
        for (auto& each : inserted) sure += each.load(std::memory_order_acquire);
        for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next(), ++count) {
          std::string_view key = UserKey(iterator->key());
          ASSERT_LT(last, key);
          ASSERT_EQ(iterator->value(), std::string(key) + std::string(key));
          last = key;
        }
        ASSERT_GE(count, static_cast<size_t>(sure));
        for (int i = inserted[reader].load(std::memory_order_acquire) - 1; i >= 0; i -= 97) {
          PointLookup lookup;
          memtable->Get(KeyOf(i * kWriters + reader), kSequenceMax, &lookup);
          ASSERT_EQ(lookup.outcome, LookupOutcome::kFound);
        }
        iterator->SeekToLast();
        for (int i = 0; i < 50 && iterator->Valid(); ++i) iterator->Prev();
      }
    });
  }
  for (int writer = 0; writer < kWriters; ++writer) threads[writer].join();
  done = true;
  for (size_t i = kWriters; i < threads.size(); ++i) threads[i].join();
  EXPECT_EQ(memtable->entry_count(), size_t{kWriters} * kKeysPerWriter);
}

TEST(MemTableConcurrency, OneOfEqualInsertionsWins) {
  auto memtable = MemTable::Create();
  std::atomic<int> wins{0};
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&] {
      for (int i = 0; i < 2000; ++i) {
        if (memtable->Add(i + 1, ValueType::kValue, KeyOf(i), "v")) ++wins;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wins, 2000);
  size_t count = 0;
  auto iterator = memtable->NewIterator();
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) ++count;
  EXPECT_EQ(count, 2000u);
}

TEST(MemTableConcurrency, TheNewestVersionIsFoundWhateverTheOrder) {
  constexpr int kKeys = 5;
  constexpr int kVersions = 3000;  // of all keys; of sequence s it is key s % kKeys
  auto memtable = MemTable::Create();
  std::atomic<int> sure[kWriters] = {};  // the last sequence each has put in
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      for (int sequence = writer + 1; sequence <= kVersions; sequence += kWriters) {
        std::string value = std::to_string(sequence);
        memtable->Add(sequence, ValueType::kValue, KeyOf(sequence % kKeys), value);
        sure[writer].store(sequence, std::memory_order_release);
      }
    });
  }
  std::thread reader([&] {
    int last = 0;
    while (last + kWriters <= kVersions) {
      for (auto& each : sure) {
        last = each.load(std::memory_order_acquire);
        if (last == 0) continue;
        PointLookup lookup;
        memtable->Get(KeyOf(last % kKeys), kSequenceMax, &lookup);
        ASSERT_GE(lookup.sequence, static_cast<SequenceNumber>(last));
        ASSERT_EQ(lookup.value, std::to_string(lookup.sequence));
        memtable->Get(KeyOf(kKeys), kSequenceMax, &lookup);
        ASSERT_EQ(lookup.outcome, LookupOutcome::kAbsent);
      }
    }
  });
  for (std::thread& writer : writers) writer.join();
  reader.join();
  for (int snapshot = 1; snapshot <= kVersions; ++snapshot) {
    for (int key = 0; key < kKeys; ++key) {
      PointLookup lookup;
      memtable->Get(KeyOf(key), snapshot, &lookup);
      int newest = snapshot - (snapshot % kKeys + kKeys - key) % kKeys;
      ASSERT_EQ(lookup.sequence, static_cast<SequenceNumber>(std::max(newest, 0)));
    }
  }
}

TEST(MemTableConcurrency, TombstonesArriveBesideReaders) {
  auto memtable = MemTable::Create();
  std::atomic<int> added{0};
  std::thread writer([&] {
    for (int i = 0; i < 500; ++i) {
      std::string begin = std::to_string(1000 + i);
      memtable->AddRangeTombstone(i + 1, begin, begin + "~");
      added.store(i + 1, std::memory_order_release);
    }
  });
  int seen = 0;
  while (seen < 500) {
    seen = added.load(std::memory_order_acquire);
    for (int i = 0; i < seen; i += 31) {
      PointLookup lookup;
      memtable->Get(std::to_string(1000 + i), kSequenceMax, &lookup);
      ASSERT_EQ(lookup.outcome, LookupOutcome::kDeleted);
      ASSERT_EQ(lookup.sequence, static_cast<SequenceNumber>(i + 1));
    }
  }
  writer.join();
}

TEST(ConcurrentArena, AllocationsNeverOverlap) {
  ConcurrentArena arena(64 << 10);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      std::vector<std::pair<char*, size_t>> mine;
      for (size_t i = 0; i < 3000; ++i) {
        size_t bytes = 1 + i * 37 % (i % 100 == 0 ? 10000 : 200);
        char* memory = arena.Allocate(bytes);
        ASSERT_EQ(reinterpret_cast<uintptr_t>(memory) % 8, 0u);
        std::memset(memory, thread, bytes);
        mine.emplace_back(memory, bytes);
      }
      for (auto [memory, bytes] : mine) {
        for (size_t i = 0; i < bytes; ++i) ASSERT_EQ(memory[i], thread);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace shale::engine
