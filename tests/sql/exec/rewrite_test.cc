// Rewriting tables, and rows inserted in batches as COPY does.
#include <gtest/gtest.h>

#include "catalog/keys.h"
#include "sql/exec/rewrite_table.h"
#include "tests/sql/exec/test_database.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

catalog::TableRef WithKey(TestDatabase& database, const catalog::TableRef& from,
                          std::vector<int> key) {
  auto to = std::make_shared<catalog::TableDesc>(*from);
  to->storage_id = *BlockingWait(database.catalog().AllocateStorageId());
  to->primary_key = key;
  to->primary_key_name = to->name + "_pkey";
  for (int column : key) to->columns[static_cast<size_t>(column)].not_null = true;
  return to;
}

class RewriteTest : public testing::TestWithParam<bool> {
 protected:
  RewriteTest() : database_({.slow = GetParam()}) {
    table_ = database_.AddTable("t", {{"a"}, {"b", type_oid::kText}}, {});
  }
  // Rewrites and makes the new description the catalog's.
  Status Rewrite(const catalog::TableRef& to) {
    TestSession session(&database_);
    TableRewrite rewrite;
    rewrite.from = database_.catalog().snapshot()->FindTable(table_->oid);
    rewrite.to = to;
    Status status = BlockingWait(RewriteTable(rewrite, &session.context()));
    if (!status.ok()) return status;
    RETURN_IF_ERROR(session.context().catalog_transaction->SetTable(*to));
    return session.Commit();
  }
  TestDatabase database_;
  catalog::TableRef table_;
};
INSTANTIATE_TEST_SUITE_P(Engines, RewriteTest, testing::Values(false, true), [](const auto& info) {
  return std::string(info.param ? "Slow" : "Immediate");
});

TEST_P(RewriteTest, MovesRowsUnderTheirNewKey) {
  database_.Query("INSERT INTO t SELECT 5000 - g, 'r' || g FROM generate_series(1, 3000) AS s(g)");
  ASSERT_TRUE(Rewrite(WithKey(database_, table_, {0})).ok());
  EXPECT_EQ(database_.Query("SELECT count(*), min(a), max(b) FROM t"), "3000|2000|r999");
  EXPECT_EQ(database_.Query("SELECT b FROM t WHERE a = 4990"), "r10");
  TestSession session(&database_);
  engine::ScanOptions old_rows;
  old_rows.range = catalog::RowRange(table_->storage_id);
  auto cursor = session.transaction().Scan(old_rows);
  EXPECT_TRUE(BlockingWait(cursor->NextPage())->empty());
}

TEST_P(RewriteTest, RefusesRepeatedKeysAndNulls) {
  database_.Query("INSERT INTO t VALUES (1, 'x'), (2, 'y'), (1, 'z')");
  Status repeated = Rewrite(WithKey(database_, table_, {0}));
  EXPECT_EQ(repeated.sqlstate().code, std::string("23505"));
  EXPECT_EQ(repeated.message(), "could not create unique index \"t_pkey\"");
  EXPECT_EQ(repeated.error().detail, "Key (a)=(1) is duplicated.");
  EXPECT_EQ(database_.Query("SELECT count(*) FROM t"), "3");
  database_.Query("DELETE FROM t");
  database_.Query("INSERT INTO t VALUES (1, 'x'), (NULL, 'n')");
  EXPECT_EQ(Rewrite(WithKey(database_, table_, {0})).message(),
            "column \"a\" of relation \"t\" contains null values");
}

TEST_P(RewriteTest, FindsNulls) {
  database_.Query("INSERT INTO t VALUES (1, 'x'), (2, NULL)");
  TestSession session(&database_);
  EXPECT_FALSE(*BlockingWait(ColumnHasNulls(table_, 0, &session.context())));
  EXPECT_TRUE(*BlockingWait(ColumnHasNulls(table_, 1, &session.context())));
}

TEST_P(RewriteTest, InsertsBatches) {
  catalog::TableRef keyed = database_.AddTable("k", {{"id"}, {"s", type_oid::kText}}, {"id"});
  TestSession session(&database_);
  Arena arena;
  Batch batch;
  batch.columns.push_back(Vector::Flat(keyed->columns[0].type, 100, &arena));
  batch.columns.push_back(Vector::Flat(keyed->columns[1].type, 100, &arena));
  batch.row_count = 100;
  for (int i = 0; i < 100; ++i) {
    batch.columns[0].values<int32_t>()[i] = i;
    batch.columns[1].values<std::string_view>()[i] = "text";
  }
  uint32_t row = 0;
  EXPECT_TRUE(BlockingWait(InsertBatch(keyed, batch, &session.context(), &row)).ok());
  EXPECT_EQ(BlockingWait(InsertBatch(keyed, batch, &session.context(), &row)).error().detail,
            "Key (id)=(0) already exists.");
  EXPECT_EQ(row, 0U);
  EXPECT_TRUE(BlockingWait(InsertBatch(table_, batch, &session.context(), &row)).ok());
  EXPECT_TRUE(session.Commit().ok());
  EXPECT_EQ(database_.Query("SELECT count(*), max(s) FROM k"), "100|text");
  EXPECT_EQ(database_.Query("SELECT count(*), max(a) FROM t"), "100|99");
}

}  // namespace
}  // namespace shale::sql
