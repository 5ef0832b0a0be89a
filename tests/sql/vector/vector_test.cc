// Goal: vectors, selections, copies, hashes and orders behave as their headers say. Method: small
// batches by hand, and random ones against plain std::vector models.
#include "sql/vector/vector.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <optional>

#include "catalog/types/numeric.h"
#include "catalog/types/type_io.h"
#include "sql/vector/row_compare.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Type;
namespace type_oid = catalog::type_oid;

constexpr Type kInt4{type_oid::kInt4, -1};
constexpr Type kText{type_oid::kText, -1};
constexpr Type kBool{type_oid::kBool, -1};
constexpr Type kNumeric{type_oid::kNumeric, -1};

Vector Ints(const std::vector<std::optional<int32_t>>& values, Arena* arena) {
  Vector vector = Vector::Flat(kInt4, static_cast<uint32_t>(values.size()), arena);
  for (uint32_t i = 0; i < values.size(); ++i) {
    vector.values<int32_t>()[i] = values[i].value_or(0);
    if (!values[i].has_value()) vector.SetNull(i, arena);
  }
  return vector;
}

TEST(VectorTest, ConstantsServeEveryRow) {
  Arena arena;
  Vector constant = Vector::Constant(kInt4, Datum::Int32(7), &arena);
  EXPECT_TRUE(constant.is_constant());
  EXPECT_EQ(constant.at<int32_t>(500), 7);
  EXPECT_FALSE(constant.IsNull(500));
  Vector null = Vector::ConstantNull(kText, &arena);
  EXPECT_TRUE(null.IsConstantNull());
  EXPECT_TRUE(null.IsNull(12));
  null.SetNull(3, &arena);  // no effect, and no write to what constants share
  EXPECT_TRUE(null.IsNull(0));
}

TEST(VectorTest, NullsNeedNoSpaceUntilThereIsOne) {
  Arena arena;
  Vector vector = Vector::Flat(kInt4, 130, &arena);
  EXPECT_FALSE(vector.may_have_nulls());
  vector.SetNull(129, &arena);
  EXPECT_TRUE(vector.IsNull(129));
  EXPECT_FALSE(vector.IsNull(128));
  EXPECT_FALSE(vector.IsNull(0));
}

TEST(SelectionTest, TrueRowsOnly) {
  Arena arena;
  Vector flags = Vector::Flat(kBool, 5, &arena);
  for (uint32_t i = 0; i < 5; ++i) flags.values<bool>()[i] = i % 2 == 0;
  flags.SetNull(2, &arena);
  RowSet rows = SelectTrue(flags, {nullptr, 5}, &arena);
  ASSERT_EQ(rows.count, 2u);
  EXPECT_EQ(rows[0], 0u);
  EXPECT_EQ(rows[1], 4u);
}

TEST(SelectionTest, SlicesKeepOrder) {
  Arena arena;
  Batch batch;
  batch.columns.push_back(Ints({1, 2, 3, 4, 5}, &arena));
  batch.row_count = 5;
  SliceBatch(&batch, 1, 3, &arena);
  ASSERT_EQ(batch.size(), 3u);
  EXPECT_EQ(batch.RowAt(0), 1u);
  SliceBatch(&batch, 2, 10, &arena);
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(batch.RowAt(0), 3u);
  SliceBatch(&batch, 5, 1, &arena);
  EXPECT_EQ(batch.size(), 0u);
}

TEST(VectorCopyTest, GatherRepeatsAndPads) {
  Arena arena;
  Vector from = Ints({10, std::nullopt, 30}, &arena);
  const uint32_t rows[] = {2, 2, kNoRow, 1, 0};
  Vector to = Gather(from, rows, 5, ByteCopy::kShared, &arena);
  EXPECT_EQ(to.at<int32_t>(0), 30);
  EXPECT_EQ(to.at<int32_t>(1), 30);
  EXPECT_TRUE(to.IsNull(2));
  EXPECT_TRUE(to.IsNull(3));
  EXPECT_EQ(to.at<int32_t>(4), 10);
}

TEST(VectorCopyTest, DeepCopiesOutliveTheirSource) {
  Arena arena;
  Batch copy;
  {
    Arena source;
    Batch batch;
    batch.columns.push_back(Vector::Flat(kText, 2, &source));
    batch.columns[0].values<std::string_view>()[0] = source.Copy("first");
    batch.columns[0].values<std::string_view>()[1] = source.Copy("second");
    batch.row_count = 2;
    SliceBatch(&batch, 1, 1, &source);
    copy = Compact(batch, ByteCopy::kDeep, &arena);
  }
  ASSERT_EQ(copy.size(), 1u);
  EXPECT_EQ(copy.selection, nullptr);
  EXPECT_EQ(copy.columns[0].at<std::string_view>(0), "second");
}

TEST(BatchBuilderTest, RowsFromBatchesAndValues) {
  Arena arena;
  Batch source;
  source.columns.push_back(Ints({1, std::nullopt}, &arena));
  source.row_count = 2;
  const Type types[] = {kInt4, kText};
  BatchBuilder builder(types, &arena);
  for (uint32_t row = 0; row < 2; ++row) {
    builder.SetFrom(source, row, 0, ByteCopy::kShared);
    builder.Set(1, catalog::Value::Text("x"));
    builder.FinishRow();
  }
  EXPECT_EQ(builder.row_count(), 2u);
  Batch batch = builder.Finish();
  EXPECT_EQ(builder.row_count(), 0u);
  EXPECT_EQ(batch.row_count, 2u);
  EXPECT_EQ(batch.columns[0].at<int32_t>(0), 1);
  EXPECT_TRUE(batch.columns[0].IsNull(1));
  EXPECT_EQ(batch.columns[1].at<std::string_view>(1), "x");
}

TEST(RowCompareTest, EqualNumbersHashAlike) {
  Arena arena;
  catalog::FormatSettings settings;
  Batch batch;
  batch.columns.push_back(Vector::Flat(kNumeric, 2, &arena));
  for (uint32_t i = 0; i < 2; ++i) {
    Result<Datum> datum = catalog::ParseText(kNumeric, i == 0 ? "1.5" : "1.500", settings, &arena);
    ASSERT_TRUE(datum.ok());
    batch.columns[0].SetDatum(i, *datum);
  }
  batch.row_count = 2;
  const uint32_t columns[] = {0};
  uint64_t hashes[2];
  HashColumns(batch, columns, {nullptr, 2}, hashes);
  EXPECT_EQ(hashes[0], hashes[1]);
  EXPECT_TRUE(RowsEqual(batch, columns, 0, batch, columns, 1));
}

TEST(RowCompareTest, OrderOfNulls) {
  Arena arena;
  Batch batch;
  batch.columns.push_back(Ints({1, std::nullopt, 2}, &arena));
  batch.row_count = 3;
  auto compare = [&](bool descending, bool nulls_first, uint32_t a, uint32_t b) {
    const RowOrder keys[] = {{0, descending, nulls_first}};
    return CompareRows(keys, batch, a, batch, b);
  };
  EXPECT_LT(compare(false, false, 0, 1), 0);
  EXPECT_GT(compare(false, true, 0, 1), 0);
  EXPECT_LT(compare(true, false, 0, 1), 0);
  EXPECT_LT(compare(false, false, 0, 2), 0);
  EXPECT_GT(compare(true, false, 0, 2), 0);
  EXPECT_EQ(compare(true, true, 1, 1), 0);
}

TEST(RowCompareTest, HashesAndEqualityAgree) {
  ASSERT_TRUE(rc::check("rows that are equal have equal hashes", [] {
    Arena arena;
    auto values = *rc::gen::container<std::vector<rc::Maybe<int32_t>>>(
        rc::gen::maybe(rc::gen::inRange(-3, 3)));
    if (values.empty()) return;
    Batch batch;
    std::vector<std::optional<int32_t>> ints;
    for (const auto& value : values) {
      ints.push_back(value ? std::optional<int32_t>(*value) : std::nullopt);
    }
    batch.columns.push_back(Ints(ints, &arena));
    batch.columns.push_back(Ints(ints, &arena));
    batch.row_count = static_cast<uint32_t>(ints.size());
    const uint32_t columns[] = {0, 1};
    std::vector<uint64_t> hashes(ints.size());
    HashColumns(batch, columns, RowsOf(batch), hashes.data());
    for (uint32_t a = 0; a < ints.size(); ++a) {
      for (uint32_t b = 0; b < ints.size(); ++b) {
        bool equal = RowsEqual(batch, columns, a, batch, columns, b);
        RC_ASSERT(equal == (ints[a] == ints[b]));
        RC_ASSERT(equal == (hashes[a] == hashes[b]));
      }
    }
  }));
}

}  // namespace
}  // namespace shale::sql
