// Unique keys of a table: which indexes are any, their order, and which foreign keys fit them.
#include "catalog/unique_key.h"

#include <gtest/gtest.h>

#include "catalog/verify_foreign_key.h"

namespace shale::catalog {
namespace {

constexpr Oid kReferenced = 100;

std::shared_ptr<IndexDesc> Index(Oid oid, const std::vector<int>& columns) {
  auto index = std::make_shared<IndexDesc>();
  index->oid = oid;
  index->name = "i" + std::to_string(oid);
  index->unique = true;
  for (int column : columns) index->keys.push_back({column, "", {type_oid::kInt4, -1}});
  return index;
}

// Of four columns, the primary key on the first.
TableDesc Table(std::vector<IndexRef> indexes) {
  TableDesc table;
  table.oid = kReferenced;
  table.name = "t";
  for (const char* name : {"a", "b", "c", "d"}) {
    ColumnDesc column;
    column.name = name;
    column.type = {type_oid::kInt4, -1};
    table.columns.push_back(column);
  }
  table.primary_key = {0};
  table.primary_key_name = "t_pkey";
  table.primary_key_index_oid = 20;
  table.indexes = std::move(indexes);
  return table;
}

std::vector<Oid> OidsOf(const TableDesc& table) {
  std::vector<Oid> oids;
  for (const UniqueKey& key : UniqueKeysOf(table)) oids.push_back(key.index);
  return oids;
}

TEST(UniqueKey, TheOrderIsThatOfTheIndexes) {
  const TableDesc table = Table({Index(10, {1, 2}), Index(30, {2, 1})});
  EXPECT_EQ(OidsOf(table), std::vector<Oid>({10, 20, 30}));
  const auto key = FindUniqueKey(table, 30);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->columns, std::vector<int>({2, 1}));
  EXPECT_EQ(key->name, "i30");
  EXPECT_FALSE(key->is_primary);
  EXPECT_FALSE(key->is_constraint);
  EXPECT_EQ(FindUniqueKey(table, 20)->entries, nullptr);
  EXPECT_FALSE(FindUniqueKey(table, 40).has_value());
}

TEST(UniqueKey, IndexesThatMakeNoKey) {
  auto partial = Index(30, {1});
  partial->predicate_sql = "(b > 0)";
  auto building = Index(31, {1});
  building->state = IndexState::kBuilding;
  auto not_unique = Index(32, {1});
  not_unique->unique = false;
  auto expression = Index(33, {1});
  expression->keys.push_back({-1, "(b + 1)", {type_oid::kInt4, -1}});
  const TableDesc table = Table({partial, building, not_unique, expression});
  EXPECT_EQ(OidsOf(table), std::vector<Oid>({20}));
  EXPECT_TRUE(IsReferable(table, 0));
  EXPECT_FALSE(IsReferable(table, 1));
}

TEST(UniqueKey, ForeignKeysFitWhatIsUniqueAtAnyTime) {
  auto deferrable = Index(31, {3});
  deferrable->deferrable = true;
  const TableDesc table = Table({Index(30, {1, 2}), deferrable});
  EXPECT_TRUE(IsReferable(table, 2));
  ForeignKeyDesc key;
  key.columns = {0, 1};
  key.referenced_table = kReferenced;
  key.referenced_columns = {2, 1};
  key.referenced_index = 30;
  EXPECT_TRUE(VerifyForeignKey(table, key, &table).ok());
  key.referenced_index = 20;
  EXPECT_TRUE(VerifyForeignKey(table, key, &table).Is(sqlstate::kDataCorrupted));
  key.referenced_index = 30;
  key.referenced_columns = {2, 3};
  EXPECT_TRUE(VerifyForeignKey(table, key, &table).Is(sqlstate::kDataCorrupted));
  key.columns = {0};
  key.referenced_columns = {3};
  key.referenced_index = 31;
  EXPECT_TRUE(VerifyForeignKey(table, key, &table).Is(sqlstate::kDataCorrupted));
  EXPECT_TRUE(VerifyForeignKey(table, key, nullptr).Is(sqlstate::kDataCorrupted));
}

}  // namespace
}  // namespace shale::catalog
