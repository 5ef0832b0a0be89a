// Goal: the store answers as an ordered map with versions does. Method: random operations (writes,
// deletions, range deletions, flushes, compactions, restarts, snapshots taken and dropped) against
// both, on every option set; gets, of one key and of many, scans both ways and skips are compared
// at every live snapshot.
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/base/log.h"
#include "engine/env/memory_file_system.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

// Contents by sequence number; a snapshot's contents are those of the last entry at or before it.
class Model {
 public:
  void Apply(SequenceNumber sequence, const ScriptedBatch& batch) {
    Contents next = versions_.rbegin()->second;
    batch.ApplyTo(&next);
    versions_.emplace(sequence, std::move(next));
  }
  const Contents& At(SequenceNumber snapshot) const {
    return std::prev(versions_.upper_bound(snapshot))->second;
  }
  // Forgets what no snapshot needs.
  void Trim(SequenceNumber oldest) {
    auto keep = std::prev(versions_.upper_bound(oldest));
    versions_.erase(versions_.begin(), keep);
  }

 private:
  std::map<SequenceNumber, Contents> versions_{{0, {}}};
};

class ModelRun {
 public:
  ModelRun(uint64_t seed, EngineOptions options) : random_(seed), options_(std::move(options)) {
    if (random_.OneIn(2)) {
      io_ = std::make_unique<ThreadPool>("io", 2);
      options_.io_executor = io_.get();
    }
    Reopen();
  }

  void Step() {
    uint64_t kind = random_.Uniform(1000);
    if (kind < 700) {
      WriteSome();
    } else if (kind < 750) {
      CompareGets();
    } else if (kind < 780) {
      CompareGetsTogether();
    } else if (kind < 840) {
      CompareScan();
    } else if (kind < 890) {
      snapshots_.push_back(store().AcquireSnapshot());
    } else if (kind < 940 && !snapshots_.empty()) {
      snapshots_.erase(snapshots_.begin() + random_.Uniform(snapshots_.size()));
    } else if (kind < 970) {
      ASSERT_TRUE(Flush(store()).ok());
    } else if (kind < 990) {
      KeyRange range{Key(), Key()};
      if (range.end < range.begin) std::swap(range.begin, range.end);
      if (random_.OneIn(3)) range = {};
      Status status = CompactRange(store(), range);
      ASSERT_TRUE(status.ok()) << status.ToString();
    } else if (kind < 997) {
      snapshots_.clear();
      Reopen();
    } else {
      Status status = store().CheckConsistency();
      ASSERT_TRUE(status.ok()) << status.ToString();
    }
    ++operations_;
  }

  int operations() const { return operations_; }
  size_t gets_from_memory() const { return gets_from_memory_; }

 private:
  LsmStore& store() { return **store_; }

  void Reopen() {
    store_.reset();
    auto store = TestStore::Open(disk_, options_);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = *std::move(store);
  }

  std::string Key() { return fmt::format("key/{:03}", random_.Uniform(120)); }

  void WriteSome() {
    ScriptedBatch batch;
    std::map<std::string, ScriptedBatch::Operation> points;
    for (uint64_t i = random_.Uniform(6) + 1; i > 0; --i) {
      std::string key = Key();
      if (random_.OneIn(3)) {
        points[key] = {BatchOperation::kDelete, key, {}};
      } else {
        std::string value(random_.Uniform(random_.OneIn(30) ? 5000 : 60),
                          static_cast<char>('a' + random_.Uniform(26)));
        points[key] = {BatchOperation::kPut, key, value};
      }
    }
    if (random_.OneIn(12)) {
      std::string begin = Key();
      std::string end = random_.OneIn(10) ? std::string() : Key();
      if (!end.empty() && end < begin) std::swap(begin, end);
      batch.operations.push_back({BatchOperation::kDeleteRange, begin, end});
    }
    for (auto& [key, operation] : points) batch.operations.push_back(std::move(operation));
    batch.as_run = random_.OneIn(5);
    CommitResult result = Write(store(), batch, random_.OneIn(2));
    ASSERT_EQ(result.outcome, CommitOutcome::kCommitted) << result.status.ToString();
    model_.Apply(result.sequence, batch);
    SequenceNumber oldest = result.sequence;
    for (const Snapshot& snapshot : snapshots_) oldest = std::min(oldest, snapshot.sequence());
    model_.Trim(oldest);
  }

  SequenceNumber AnySnapshot() {
    if (snapshots_.empty() || random_.OneIn(3)) return store().visible_sequence();
    return snapshots_[random_.Uniform(snapshots_.size())].sequence();
  }

  void CompareGets() {
    SequenceNumber snapshot = AnySnapshot();
    const Contents& expected = model_.At(snapshot);
    for (int i = 0; i < 10; ++i) {
      std::string key = Key();
      auto value = Get(store(), key, snapshot);
      ASSERT_TRUE(value.ok()) << value.status().ToString();
      auto found = expected.find(key);
      ASSERT_EQ(value->has_value(), found != expected.end()) << key << " at " << snapshot;
      if (value->has_value()) {
        ASSERT_EQ(**value, found->second) << key;
      }
    }
  }

  // Keys come twice now and then, and in any order.
  void CompareGetsTogether() {
    SequenceNumber snapshot = AnySnapshot();
    const Contents& expected = model_.At(snapshot);
    std::vector<std::string> keys(random_.Uniform(random_.OneIn(4) ? 300 : 30));
    for (std::string& key : keys) key = Key();
    auto values = GetTogether(store(), keys, snapshot, &gets_from_memory_);
    ASSERT_TRUE(values.ok()) << values.status().ToString();
    for (size_t i = 0; i < keys.size(); ++i) {
      auto found = expected.find(keys[i]);
      ASSERT_EQ((*values)[i].has_value(), found != expected.end()) << keys[i] << " at " << snapshot;
      if (found != expected.end()) {
        ASSERT_EQ(*(*values)[i], found->second) << keys[i] << " at " << snapshot;
      }
    }
  }

  void CompareScan() {
    SequenceNumber snapshot = AnySnapshot();
    const Contents& contents = model_.At(snapshot);
    CursorOptions options{.range = {Key(), Key()}, .reverse = random_.OneIn(2)};
    if (random_.OneIn(3)) options.range = {};
    options.page_rows_max = 1 + random_.Uniform(20);
    options.page_bytes_max = 1 + random_.Uniform(4000);
    options.values_only = random_.OneIn(2);
    std::vector<std::pair<std::string, std::string>> expected;
    for (const auto& [key, value] : contents) {
      if (key < options.range.begin) continue;
      if (!options.range.end.empty() && key >= options.range.end) continue;
      expected.emplace_back(key, value);
    }
    if (options.reverse) std::reverse(expected.begin(), expected.end());
    auto rows = Scan(store(), snapshot, options);
    ASSERT_TRUE(rows.ok()) << rows.status().ToString();
    if (options.values_only) {
      ASSERT_EQ(rows->size(), expected.size()) << snapshot;
      for (size_t i = 0; i < expected.size(); ++i) (*rows)[i].first = expected[i].first;
    }
    ASSERT_EQ(*rows, expected) << (options.reverse ? "backward" : "forward") << " at " << snapshot;

    if (expected.size() < 3) return;
    auto cursor = store().NewCursor(snapshot, options);
    size_t target = 1 + random_.Uniform(expected.size() - 1);
    cursor->SkipTo(expected[target].first);
    auto page = BlockingWait(cursor->NextPage());
    ASSERT_TRUE(page.ok());
    ASSERT_FALSE(page->empty());
    if (!options.values_only) {
      ASSERT_EQ((*page)[0].key, expected[target].first);
    }
    ASSERT_EQ((*page)[0].value, expected[target].second);
  }

  Random random_;
  EngineOptions options_;
  std::unique_ptr<ThreadPool> io_;
  MemoryFileSystem disk_;
  std::unique_ptr<TestStore> store_;
  std::vector<Snapshot> snapshots_;
  Model model_;
  int operations_ = 0;
  size_t gets_from_memory_ = 0;
};

TEST(ModelTest, TheStoreIsAnOrderedMapWithVersions) {
  SetLogLevel(LogLevel::kWarning);
  const int operations_each = kSanitized ? 300 : 1200;
  const int sets = TortureFactor() > 1 ? 40 : kOptionSets;
  const uint64_t seeds = 2 * TortureFactor();
  int operations = 0;
  size_t gets_from_memory = 0;
  int runs = 0;
  for (int set = 0; set < sets; ++set) {
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
      SCOPED_TRACE(fmt::format("option set {}, seed {}", set, seed));
      ModelRun run(seed * 100 + set, OptionSet(set));
      for (int i = 0; i < operations_each && !testing::Test::HasFailure(); ++i) run.Step();
      operations += run.operations();
      gets_from_memory += run.gets_from_memory();
      ++runs;
      if (testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(gets_from_memory, 0);
  fmt::print("model operations: {} in {} runs over {} option sets, divergences: 0\n", operations,
             runs, sets);
  SetLogLevel(LogLevel::kInfo);
}

}  // namespace
}  // namespace shale::engine
