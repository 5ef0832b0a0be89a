// Goal: what is made of a sample says of the table what is true of it. Method: samples of known
// distributions.
#include "sql/stats/column_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "engine/base/random.h"

namespace shale::sql {
namespace {

using catalog::ColumnStatistics;
using catalog::Datum;

SampledColumn Numbers(const std::vector<int>& values) {
  SampledColumn column;
  column.type = {catalog::type_oid::kInt4, -1};
  for (int value : values) column.values.push_back(Datum::Int32(value));
  column.sample_rows = values.size();
  column.table_rows = static_cast<double>(values.size());
  column.is_whole = true;
  return column;
}

TEST(ColumnStatistics, OfAKey) {
  std::vector<int> values;
  for (int i = 0; i < 1000; ++i) values.push_back(i);
  const ColumnStatistics found = MakeColumnStatistics(Numbers(values));
  EXPECT_EQ(found.distinct, -1);
  EXPECT_TRUE(found.common.empty());
  ASSERT_EQ(found.histogram.size(), 101u);
  EXPECT_EQ(found.histogram.front().datum().int32, 0);
  EXPECT_EQ(found.histogram.back().datum().int32, 999);
  EXPECT_DOUBLE_EQ(*found.correlation, 1);
}

TEST(ColumnStatistics, OfFewValues) {
  std::vector<int> values;
  for (int i = 0; i < 100; ++i) values.push_back(i % 4 == 0 ? 1 : 2);
  const ColumnStatistics found = MakeColumnStatistics(Numbers(values));
  EXPECT_EQ(found.distinct, 2);
  ASSERT_EQ(found.common.size(), 2u);
  EXPECT_EQ(found.common[0].datum().int32, 2);
  EXPECT_DOUBLE_EQ(found.frequencies[0], 0.75);
  EXPECT_TRUE(found.histogram.empty());
}

TEST(ColumnStatistics, NullsCount) {
  SampledColumn column = Numbers({1, 1, 2});
  column.sample_rows = 12;
  column.table_rows = 12;
  const ColumnStatistics found = MakeColumnStatistics(column);
  EXPECT_DOUBLE_EQ(found.null_fraction, 0.75);
  EXPECT_DOUBLE_EQ(found.frequencies[0], 2.0 / 12);
}

TEST(ColumnStatistics, OfNothing) {
  const ColumnStatistics found = MakeColumnStatistics(Numbers({}));
  EXPECT_EQ(found.distinct, 0);
  EXPECT_FALSE(found.correlation.has_value());
}

TEST(ColumnStatistics, ReversedRowsCorrelateNegatively) {
  std::vector<int> values;
  for (int i = 0; i < 50; ++i) values.push_back(50 - i);
  EXPECT_DOUBLE_EQ(*MakeColumnStatistics(Numbers(values)).correlation, -1);
}

TEST(ColumnStatistics, TypesWithoutOrderHaveNullsOnly) {
  SampledColumn column;
  column.type = {catalog::type_oid::kJson, -1};
  column.values = {Datum::Bytes("{}")};
  column.sample_rows = 2;
  column.table_rows = 2;
  const ColumnStatistics found = MakeColumnStatistics(column);
  EXPECT_DOUBLE_EQ(found.null_fraction, 0.5);
  EXPECT_TRUE(found.common.empty() && found.histogram.empty());
}

// A tenth of a table of a million rows whose values are drawn from so many alike.
ColumnStatistics OfSampleFrom(int distinct, uint64_t seed) {
  Random random(seed);
  std::vector<int> values;
  for (int i = 0; i < 30'000; ++i) {
    values.push_back(static_cast<int>(random.Uniform(static_cast<uint64_t>(distinct))));
  }
  SampledColumn column = Numbers(values);
  column.is_whole = false;
  column.table_rows = 1'000'000;
  return MakeColumnStatistics(column);
}

TEST(ColumnStatistics, DistinctValuesAreEstimatedFromASample) {
  for (int distinct : {10, 100, 1'000, 10'000, 50'000}) {
    const ColumnStatistics found = OfSampleFrom(distinct, static_cast<uint64_t>(distinct));
    const double estimate = found.distinct < 0 ? -found.distinct * 1'000'000 : found.distinct;
    EXPECT_NEAR(estimate / distinct, 1, 0.3) << distinct;
  }
}

TEST(ColumnStatistics, AlikeValuesAreNotCommonOnes) {
  EXPECT_LT(OfSampleFrom(10'000, 1).common.size(), 10u);
}

}  // namespace
}  // namespace shale::sql
