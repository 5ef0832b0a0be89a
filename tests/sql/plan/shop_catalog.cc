#include "tests/sql/plan/shop_catalog.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/model/model_store.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

struct ShopColumn {
  std::string name;
  catalog::Oid type;
  // As ColumnStatistics has it. Numbers and dates are spread evenly from 0 (2000-01-01) on.
  double distinct;
  double null_fraction = 0;
  // The most common values and how often each is found, alike.
  std::vector<std::string> common = {};
  double frequency = 0;
};

struct ShopTable {
  std::string name;
  double rows;
  std::vector<ShopColumn> columns;
  std::vector<std::string> key;
  std::vector<std::vector<std::string>> indexes = {};
};

const std::vector<ShopTable>& Tables() {
  static const std::vector<ShopTable> tables = {
      {"region", 5, {{"r_id", type_oid::kInt4, -1}, {"r_name", type_oid::kText, -1}}, {"r_id"}},
      {"nation",
       25,
       {{"n_id", type_oid::kInt4, -1},
        {"n_name", type_oid::kText, -1},
        {"n_region", type_oid::kInt4, 5}},
       {"n_id"}},
      {"customer",
       150'000,
       {{"c_id", type_oid::kInt4, -1},
        {"c_nation", type_oid::kInt4, 25},
        {"c_segment",
         type_oid::kText,
         5,
         0,
         {"BUILDING", "MACHINERY", "TOYS", "CARS", "FOOD"},
         0.2},
        {"c_phone", type_oid::kText, -0.9, 0.1}},
       {"c_id"},
       {{"c_nation"}}},
      {"orders",
       1'500'000,
       {{"o_id", type_oid::kInt4, -1},
        {"o_customer", type_oid::kInt4, 100'000},
        {"o_date", type_oid::kDate, 2'400},
        {"o_status", type_oid::kText, 3, 0, {"F", "O", "P"}, 0.3333}},
       {"o_id"},
       {{"o_customer"}, {"o_date"}}},
      {"line",
       6'000'000,
       {{"l_order", type_oid::kInt4, 1'500'000},
        {"l_number", type_oid::kInt4, 7},
        {"l_part", type_oid::kInt4, 200'000},
        {"l_supplier", type_oid::kInt4, 10'000},
        {"l_quantity", type_oid::kInt4, 50},
        {"l_shipped", type_oid::kDate, 2'500}},
       {"l_order", "l_number"},
       {{"l_part", "l_supplier"}, {"l_shipped"}}},
      {"part",
       200'000,
       {{"p_id", type_oid::kInt4, -1},
        {"p_name", type_oid::kText, -1},
        {"p_brand", type_oid::kText, 25, 0, {"B11", "B12", "B13"}, 0.04},
        {"p_size", type_oid::kInt4, 50}},
       {"p_id"}},
      {"supplier",
       10'000,
       {{"s_id", type_oid::kInt4, -1}, {"s_nation", type_oid::kInt4, 25}},
       {"s_id"}},
      {"stock",
       800'000,
       {{"t_part", type_oid::kInt4, 200'000},
        {"t_supplier", type_oid::kInt4, 10'000},
        {"t_count", type_oid::kInt4, 10'000}},
       {"t_part", "t_supplier"}},
      // Nobody has analyzed it.
      {"fresh", 0, {{"f_id", type_oid::kInt4, 0}, {"f_value", type_oid::kInt4, 0}}, {"f_id"}},
  };
  return tables;
}

struct ShopFunction {
  std::string name;
  std::vector<std::pair<std::string, catalog::Oid>> arguments;
  catalog::Oid result;
  std::string body;
  char volatility = 'v';
  bool strict = false;
  // Of one that gives a set: its columns, where it is a table of several.
  bool gives_set = false;
  std::vector<std::pair<std::string, catalog::Oid>> columns = {};
};

const std::vector<ShopFunction>& Functions() {
  static const std::vector<ShopFunction> functions = {
      {"twice", {{"x", type_oid::kInt4}}, type_oid::kInt4, "SELECT x + x", 'i'},
      {"next", {{"", type_oid::kInt4}}, type_oid::kInt4, "SELECT $1 + 1"},
      {"four_times", {{"x", type_oid::kInt4}}, type_oid::kInt4, "SELECT twice(twice(x))", 'i'},
      {"strict_next", {{"x", type_oid::kInt4}}, type_oid::kInt4, "SELECT x + 1", 'i', true},
      {"strict_or_zero",
       {{"x", type_oid::kInt4}},
       type_oid::kInt4,
       "SELECT coalesce(x, 0)",
       'i',
       true},
      {"noisy", {{"x", type_oid::kFloat8}}, type_oid::kFloat8, "SELECT x + random()", 'i'},
      {"orders_of",
       {{"c", type_oid::kInt4}},
       type_oid::kInt8,
       "SELECT count(*) FROM orders WHERE o_customer = c",
       's'},
      {"itself", {{"x", type_oid::kInt4}}, type_oid::kInt4, "SELECT itself(x - 1)", 'i'},
      {"two_steps", {{"x", type_oid::kInt4}}, type_oid::kInt4, "SELECT 1; SELECT x", 'i'},
      {"order_ids",
       {{"c", type_oid::kInt4}},
       type_oid::kInt4,
       "SELECT o_id FROM orders WHERE o_customer = c",
       's',
       false,
       true},
      {"strict_order_ids",
       {{"c", type_oid::kInt4}},
       type_oid::kInt4,
       "SELECT o_id FROM orders WHERE o_customer = c",
       's',
       true,
       true},
      {"volatile_order_ids",
       {{"c", type_oid::kInt4}},
       type_oid::kInt4,
       "SELECT o_id FROM orders WHERE o_customer = c",
       'v',
       false,
       true},
      {"parts_of",
       {{"size", type_oid::kInt4}},
       type_oid::kRecord,
       "SELECT p_id, p_name FROM part WHERE p_size = size ORDER BY p_name LIMIT 10",
       's',
       false,
       true,
       {{"id", type_oid::kInt8}, {"name", type_oid::kText}}},
  };
  return functions;
}

catalog::FunctionDesc Describe(const ShopFunction& shop, catalog::Oid oid) {
  catalog::FunctionDesc function;
  function.oid = oid;
  function.schema_oid = catalog::kPublicSchemaOid;
  function.name = shop.name;
  for (const auto& [name, type] : shop.arguments) {
    function.arguments.push_back({name, type, catalog::ArgumentMode::kIn, std::nullopt});
  }
  for (const auto& [name, type] : shop.columns) {
    function.arguments.push_back({name, type, catalog::ArgumentMode::kTable, std::nullopt});
  }
  function.result = shop.result;
  function.gives_set = shop.gives_set;
  function.volatility = shop.volatility;
  function.strict = shop.strict;
  function.cost = "100";
  function.rows = shop.gives_set ? "1000" : "0";
  function.body = shop.body;
  return function;
}

catalog::ColumnStatistics StatisticsOf(const ShopColumn& column, double rows) {
  constexpr int kBounds = 101;
  catalog::ColumnStatistics statistics;
  statistics.type = {column.type, -1};
  statistics.distinct = column.distinct;
  statistics.null_fraction = column.null_fraction;
  statistics.width = 4;
  for (const std::string& value : column.common) {
    statistics.common.push_back(catalog::Value::Text(value));
    statistics.frequencies.push_back(column.frequency);
  }
  if (column.type == type_oid::kText) {
    if (!column.common.empty()) return statistics;
    for (char c = 'a'; c <= 'z'; ++c) {
      for (const char* rest : {"green", "red", "up", "zero"}) {
        statistics.histogram.push_back(catalog::Value::Text(std::string(1, c) + rest));
      }
    }
    return statistics;
  }
  const double top = column.distinct < 0 ? -column.distinct * rows : column.distinct;
  for (int i = 0; i < kBounds; ++i) {
    const auto value = static_cast<int32_t>(top * i / (kBounds - 1));
    statistics.histogram.emplace_back(statistics.type, catalog::Datum::Int32(value));
  }
  return statistics;
}

}  // namespace

ShopCatalog::ShopCatalog() {
  engine::RegisterMemoryEngine();
  store_ = std::move(*engine::OpenEngine("memory", {}));
  cluster_ = std::move(*catalog::Cluster::Open(store_.get()));
  catalog_ = cluster_->Find(catalog::kDefaultDatabaseOid);
  auto transaction = store_->Begin({});
  catalog::CatalogTransaction changes(catalog_.get(), transaction.get());
  catalog::Oid next_oid = catalog::kFirstUserOid;
  for (const ShopTable& shop : Tables()) {
    catalog::TableDesc table;
    table.oid = next_oid++;
    table.schema_oid = catalog::kPublicSchemaOid;
    table.name = shop.name;
    table.storage_id = table.oid;
    catalog::TableStatistics statistics;
    statistics.table_oid = table.oid;
    statistics.analyzed = true;
    statistics.rows = shop.rows;
    for (const ShopColumn& column : shop.columns) {
      const auto position = static_cast<int>(table.columns.size());
      statistics.columns[position] = StatisticsOf(column, shop.rows);
      catalog::ColumnDesc description;
      description.name = column.name;
      description.type = {column.type, -1};
      description.not_null = column.null_fraction == 0;
      table.columns.push_back(std::move(description));
    }
    for (const std::string& column : shop.key) {
      table.primary_key.push_back(table.FindColumn(column));
    }
    table.primary_key_name = shop.name + "_pkey";
    table.primary_key_index_oid = next_oid++;
    EXPECT_TRUE(changes.SetTable(table).ok());
    for (const std::vector<std::string>& columns : shop.indexes) {
      catalog::IndexDesc index;
      index.oid = next_oid++;
      index.table_oid = table.oid;
      index.schema_oid = table.schema_oid;
      index.name = shop.name;
      index.storage_id = index.oid;
      for (const std::string& column : columns) {
        const int position = table.FindColumn(column);
        index.name += "_" + column;
        index.keys.push_back({position, "", table.columns[static_cast<size_t>(position)].type});
      }
      EXPECT_TRUE(changes.SetIndex(index).ok());
    }
    if (shop.rows > 0) {
      EXPECT_TRUE(changes.SetStatistics(statistics).ok());
    }
  }
  for (const ShopFunction& shop : Functions()) {
    EXPECT_TRUE(changes.SetFunction(Describe(shop, next_oid++)).ok());
  }
  auto committed = BlockingWait(transaction->Commit({}, changes.Publisher()));
  EXPECT_EQ(committed.outcome, engine::CommitOutcome::kCommitted);
}

}  // namespace shale::sql
