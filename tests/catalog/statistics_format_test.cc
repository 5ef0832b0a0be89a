// Goal: records of statistics come back as they were, and damaged ones are told. Method: random
// statistics, cut and changed; the bytes of the first version.
#include "catalog/statistics_format.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace shale::catalog {
namespace {

std::vector<Value> RandomNumbers() {
  std::vector<Value> values;
  for (int number : *rc::gen::arbitrary<std::vector<int>>()) {
    values.emplace_back(Type{type_oid::kInt4, -1}, Datum::Int32(number));
  }
  return values;
}

TableStatistics RandomStatistics() {
  TableStatistics statistics;
  statistics.table_oid = *rc::gen::arbitrary<Oid>();
  statistics.analyzed = *rc::gen::arbitrary<bool>();
  statistics.rows = *rc::gen::inRange(0, 1 << 30);
  statistics.bytes = *rc::gen::arbitrary<uint64_t>();
  statistics.analyzed_us = *rc::gen::arbitrary<int64_t>();
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    ColumnStatistics column;
    column.type = {type_oid::kInt4, -1};
    column.null_fraction = *rc::gen::inRange(0, 100) / 100.0;
    column.width = 4;
    column.distinct = *rc::gen::inRange(-100, 100) / 7.0;
    column.common = RandomNumbers();
    for (size_t n = 0; n < column.common.size(); ++n) column.frequencies.push_back(1.0 / (n + 2));
    column.histogram = RandomNumbers();
    if (*rc::gen::arbitrary<bool>()) column.correlation = *rc::gen::inRange(-100, 100) / 100.0;
    statistics.columns[i * 3] = std::move(column);
  }
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) statistics.targets[i] = 100 * i;
  return statistics;
}

TEST(StatisticsFormat, StatisticsComeBack) {
  ASSERT_TRUE(rc::check([] {
    const TableStatistics statistics = RandomStatistics();
    const std::string record = EncodeStatistics(statistics);
    auto read = DecodeStatistics(record);
    RC_ASSERT(read.ok());
    RC_ASSERT(read->rows == statistics.rows && read->targets == statistics.targets);
    RC_ASSERT(read->columns.size() == statistics.columns.size());
    RC_ASSERT(EncodeStatistics(*read) == record);
    const size_t cut = *rc::gen::inRange<size_t>(0, record.size());
    RC_ASSERT(DecodeStatistics(record.substr(0, cut)).status().Is(sqlstate::kDataCorrupted));
    RC_ASSERT(DecodeStatistics(record + "x").status().Is(sqlstate::kDataCorrupted));
  }));
}

TEST(StatisticsFormat, AnyBytesGiveAnAnswer) {
  ASSERT_TRUE(rc::check([](const std::string& tail) {
    const Status status = DecodeStatistics("\1" + tail).status();
    RC_ASSERT(status.ok() || status.Is(sqlstate::kDataCorrupted));
  }));
}

TEST(StatisticsFormat, ANewerVersionIsRefused) {
  std::string record = EncodeStatistics({});
  record[0] = kStatisticsFormatVersion + 1;
  EXPECT_EQ(DecodeStatistics(record).status().sqlstate(), sqlstate::kFeatureNotSupported);
}

TEST(StatisticsFormat, ARecordOfTheFirstVersion) {
  TableStatistics statistics;
  statistics.table_oid = 16384;
  statistics.analyzed = true;
  statistics.rows = 2;
  statistics.bytes = 300;
  statistics.analyzed_us = 5;
  ColumnStatistics column;
  column.type = {type_oid::kInt4, -1};
  column.width = 4;
  column.distinct = -0.5;
  column.common = {Value(column.type, Datum::Int32(7))};
  column.frequencies = {1};
  column.correlation = 1;
  statistics.columns[1] = column;
  statistics.targets[2] = 10;
  const std::string one("\0\0\0\0\0\0\xf0\x3f", 8);
  const std::string golden = std::string("\x01\x80\x80\x01\x01\0\0\0\0\0\0\0\x40\xac\x02\x0a", 16) +
                             std::string("\x01\x01\x17\x01\0\0\0\0\0\0\0\0", 12) +
                             std::string("\0\0\0\0\0\0\x10\x40\0\0\0\0\0\0\xe0\xbf", 16) +
                             std::string("\x01\x04\0\0\0\x07\x01", 7) + one +
                             std::string("\x00\x01", 2) + one + std::string("\x01\x02\x14", 3);
  EXPECT_EQ(EncodeStatistics(statistics), golden);
  auto read = DecodeStatistics(golden);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(EncodeStatistics(*read), golden);
}

}  // namespace
}  // namespace shale::catalog
