// Goal: a sample has each row with the same chance, whatever the table's size, and counts rows.
// Method: many samples of a small table; a store that parts a larger one into pieces.
#include "sql/stats/sample.h"

#include <gtest/gtest.h>

#include "catalog/cluster.h"
#include "catalog/keys.h"
#include "engine/base/coding.h"
#include "engine/model/model_store.h"
#include "engine/options.h"

namespace shale::sql {
namespace {

// The model store, which says that a piece begins at every so manyth row.
class PartedStore : public engine::MemoryStore {
 public:
  PartedStore() : MemoryStore({}) {}
  Result<std::vector<std::string>> SplitKeys(const engine::KeyRange& range, size_t count) override {
    std::vector<std::string> keys;
    for (uint64_t row = piece_rows; row < row_count; row += piece_rows) {
      keys.push_back(range.begin);
      PutBigEndian64(&keys.back(), row);
    }
    EXPECT_LE(keys.size(), count);
    return keys;
  }
  uint64_t piece_rows = 0;
  uint64_t row_count = 0;
};

class SampleTest : public testing::Test {
 protected:
  void Fill(uint64_t rows) {
    auto cluster = catalog::Cluster::Open(&store_);
    ASSERT_TRUE(cluster.ok());
    cluster_ = std::move(*cluster);
    catalog_ = cluster_->Find(catalog::kDefaultDatabaseOid);
    catalog::TableDesc table;
    table.oid = catalog::kFirstUserOid;
    table.storage_id = 9;
    table_ = std::make_shared<const catalog::TableDesc>(table);
    auto transaction = store_.Begin({});
    for (uint64_t row = 0; row < rows; ++row) {
      std::string key;
      catalog::AppendRowPrefix(table.storage_id, &key);
      PutBigEndian64(&key, row);
      ASSERT_TRUE(transaction->Put(key, "v").ok());
    }
    ASSERT_EQ(BlockingWait(transaction->Commit()).outcome, engine::CommitOutcome::kCommitted);
    store_.row_count = rows;
  }

  TableSample Sample(size_t rows_max, uint64_t seed) {
    auto transaction = store_.Begin({});
    ExecutionContext context;
    context.transaction = transaction.get();
    context.catalog = catalog_.get();
    ExecutionState state(nullptr, &context);
    auto sample = BlockingWait(SampleRows(table_, rows_max, seed, &state));
    EXPECT_TRUE(sample.ok());
    return sample.ok() ? std::move(*sample) : TableSample();
  }

  static uint64_t NumberOf(const SampledRow& row) {
    return LoadBigEndian64(row.key.data() + row.key.size() - 8);
  }

  PartedStore store_;
  std::unique_ptr<catalog::Cluster> cluster_;
  catalog::CatalogRef catalog_;
  catalog::TableRef table_;
};

TEST_F(SampleTest, SmallTablesAreTakenWhole) {
  store_.piece_rows = UINT64_MAX / 2;
  Fill(50);
  const TableSample sample = Sample(100, 1);
  EXPECT_EQ(sample.rows.size(), 50u);
  EXPECT_TRUE(sample.is_whole);
  EXPECT_EQ(sample.row_count, 50);
  for (uint64_t i = 0; i < 50; ++i) EXPECT_EQ(NumberOf(sample.rows[i]), i);
}

TEST_F(SampleTest, AnEmptyTable) {
  store_.piece_rows = UINT64_MAX / 2;
  Fill(0);
  const TableSample sample = Sample(100, 1);
  EXPECT_TRUE(sample.rows.empty());
  EXPECT_EQ(sample.row_count, 0);
}

TEST_F(SampleTest, EachRowIsAsLikely) {
  store_.piece_rows = UINT64_MAX / 2;
  Fill(100);
  std::vector<int> seen(100);
  constexpr int kSamples = 2000;
  for (uint64_t seed = 0; seed < kSamples; ++seed) {
    const TableSample sample = Sample(10, seed);
    ASSERT_EQ(sample.rows.size(), 10u);
    EXPECT_FALSE(sample.is_whole);
    EXPECT_EQ(sample.row_count, 100);
    for (const SampledRow& row : sample.rows) ++seen[NumberOf(row)];
  }
  // 200 expected, with a deviation of 13.
  for (int count : seen) EXPECT_NEAR(count, kSamples / 10, 70);
}

TEST_F(SampleTest, LargeTablesArePickedFrom) {
  store_.piece_rows = 50;
  Fill(20'000);
  const TableSample sample = Sample(500, 3);
  EXPECT_NEAR(static_cast<double>(sample.rows.size()), 500, 20);
  EXPECT_FALSE(sample.is_whole);
  EXPECT_NEAR(sample.row_count, 20'000, 500);
  int upper = 0;
  for (const SampledRow& row : sample.rows) upper += NumberOf(row) >= 10'000 ? 1 : 0;
  EXPECT_NEAR(upper, 250, 60);
  for (size_t i = 1; i < sample.rows.size(); ++i) {
    EXPECT_LT(NumberOf(sample.rows[i - 1]), NumberOf(sample.rows[i]));
  }
}

}  // namespace
}  // namespace shale::sql
