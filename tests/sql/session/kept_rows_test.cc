// Goal: KeptRows gives the rows that it was given, forward and backward, and forgets the oldest
// where memory ends. Method: numbered rows, slices of all lengths against the numbers.
#include "sql/session/kept_rows.h"

#include <gtest/gtest.h>

namespace shale::sql {
namespace {

constexpr catalog::Type kInt4{catalog::type_oid::kInt4, -1};
constexpr uint64_t kNoLimit = uint64_t{1} << 40;

// Rows first, first + 1, ...; every seventh is NULL.
Batch Numbers(int32_t first, uint32_t count, Arena* arena) {
  Batch batch;
  batch.row_count = count;
  batch.columns.push_back(Vector::Flat(kInt4, count, arena));
  for (uint32_t i = 0; i < count; ++i) {
    const int32_t number = first + static_cast<int32_t>(i);
    batch.columns[0].values<int32_t>()[i] = number;
    if (number % 7 == 0) batch.columns[0].SetNull(i, arena);
  }
  return batch;
}

std::vector<int32_t> NumbersOf(const Batch& batch) {
  std::vector<int32_t> numbers;
  for (uint32_t i = 0; i < batch.size(); ++i) {
    const uint32_t row = batch.RowAt(i);
    const Vector& column = batch.columns[0];
    numbers.push_back(column.IsNull(row) ? -1 : column.at<int32_t>(row));
  }
  return numbers;
}

int32_t Expected(uint64_t row) { return row % 7 == 0 ? -1 : static_cast<int32_t>(row); }

TEST(KeptRowsTest, GivesSlicesInBothDirections) {
  MemoryAccount memory("test", nullptr);
  KeptRows kept({kInt4}, 0, kNoLimit, &memory);
  Arena arena;
  uint64_t rows = 0;
  for (uint32_t count : {1u, 5u, 1024u, 700u, 1u, 1000u}) {
    ASSERT_TRUE(kept.Append(Numbers(static_cast<int32_t>(rows), count, &arena)).ok());
    rows += count;
  }
  EXPECT_EQ(kept.first(), 0u);
  EXPECT_EQ(kept.end(), rows);
  for (uint64_t from : {uint64_t{0}, uint64_t{1}, uint64_t{1023}, uint64_t{1024}, rows - 1}) {
    for (uint64_t wanted : {uint64_t{1}, uint64_t{3}, uint64_t{2000}}) {
      std::vector<int32_t> forward;
      for (uint64_t at = from; at < rows && forward.size() < wanted;) {
        const std::vector<int32_t> part = NumbersOf(kept.Slice(at, wanted - forward.size()));
        ASSERT_FALSE(part.empty());
        forward.insert(forward.end(), part.begin(), part.end());
        at += part.size();
      }
      for (size_t i = 0; i < forward.size(); ++i) EXPECT_EQ(forward[i], Expected(from + i));
      EXPECT_EQ(forward.size(), std::min(wanted, rows - from));
      std::vector<int32_t> backward;
      while (backward.size() < std::min(wanted, from + 1)) {
        const uint64_t at = from - backward.size();
        const std::vector<int32_t> part =
            NumbersOf(kept.SliceBackward(at, wanted - backward.size()));
        ASSERT_FALSE(part.empty());
        backward.insert(backward.end(), part.begin(), part.end());
      }
      for (size_t i = 0; i < backward.size(); ++i) EXPECT_EQ(backward[i], Expected(from - i));
    }
  }
}

TEST(KeptRowsTest, TakesTheSelectedRows) {
  MemoryAccount memory("test", nullptr);
  KeptRows kept({kInt4}, 0, kNoLimit, &memory);
  Arena arena;
  Batch batch = Numbers(100, 10, &arena);
  const uint16_t selection[] = {1, 4, 9};
  batch.selection = selection;
  batch.selected_count = 3;
  ASSERT_TRUE(kept.Append(batch).ok());
  EXPECT_EQ(NumbersOf(kept.Slice(0, 10)), (std::vector<int32_t>{101, 104, 109}));
}

TEST(KeptRowsTest, ForgetsTheOldest) {
  MemoryAccount memory("test", nullptr);
  KeptRows kept({kInt4}, 10, 16 << 10, &memory);
  Arena arena;
  for (uint64_t row = 10; row < 20'010; row += 1000) {
    ASSERT_TRUE(kept.Append(Numbers(static_cast<int32_t>(row), 1000, &arena)).ok());
  }
  EXPECT_TRUE(kept.has_dropped());
  EXPECT_EQ(kept.end(), 20'010u);
  EXPECT_GT(kept.first(), 10u);
  EXPECT_LT(kept.first(), kept.end());
  EXPECT_EQ(NumbersOf(kept.Slice(kept.first(), 1))[0], Expected(kept.first()));
  EXPECT_EQ(NumbersOf(kept.SliceBackward(20'009, 1))[0], Expected(20'009));
  EXPECT_LT(memory.used(), uint64_t{128} << 10);
}

TEST(KeptRowsTest, RefusesWhatTheBudgetRefuses) {
  MemoryAccount memory("test", nullptr, 4 << 10);
  KeptRows kept({kInt4}, 0, kNoLimit, &memory);
  Arena arena;
  Status status;
  for (int i = 0; i < 100 && status.ok(); ++i)
    status = kept.Append(Numbers(i * 1000, 1000, &arena));
  EXPECT_TRUE(status.Is(sqlstate::kOutOfMemory));
}

}  // namespace
}  // namespace shale::sql
