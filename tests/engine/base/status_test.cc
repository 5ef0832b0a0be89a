// Goal: statuses carry their fields, copies are deep and the macros return what they should.
// Method: by example.
#include "engine/base/status.h"

#include <gtest/gtest.h>

#include "engine/base/task.h"

namespace shale {
namespace {

TEST(Status, CarriesItsFields) {
  Status status = Error(sqlstate::kUniqueViolation, "duplicate key value violates \"{}\"", "t_pkey")
                      .Detail("Key (a)=(1) already exists.")
                      .Hint("Use another key.")
                      .Position(3)
                      .Position(9)
                      .Table("public", "t")
                      .Constraint("t_pkey");
  EXPECT_FALSE(status.ok());
  EXPECT_TRUE(status.Is(sqlstate::kUniqueViolation));
  EXPECT_EQ(status.message(), "duplicate key value violates \"t_pkey\"");
  EXPECT_EQ(status.error().position, 3);
  EXPECT_EQ(status.error().schema, "public");
  EXPECT_EQ(status.ToString(),
            "23505: duplicate key value violates \"t_pkey\" (detail: Key (a)=(1) already exists.)");
  Status copy = status;
  status = Status::Ok();
  EXPECT_EQ(copy.error().constraint, "t_pkey");
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.ToString(), "ok");
  EXPECT_EQ(NotSupported("MERGE").ToString(), "0A000: MERGE is not supported");
}

Result<int> Half(int value) {
  if (value % 2 != 0) return Error(sqlstate::kInvalidParameterValue, "{} is odd", value);
  return value / 2;
}

Status Quarter(int value, int* out) {
  ASSIGN_OR_RETURN(int half, Half(value));
  ASSIGN_OR_RETURN(*out, Half(half));
  return Status::Ok();
}

Task<Result<int>> QuarterLater(int value) {
  CO_ASSIGN_OR_RETURN(int half, Half(value));
  int out = 0;
  CO_RETURN_IF_ERROR(Quarter(value, &out));
  CO_ASSIGN_OR_RETURN(int quarter, Half(half));
  co_return quarter == out ? quarter : -1;
}

TEST(Result, MacrosPassErrorsOn) {
  int out = 0;
  EXPECT_TRUE(Quarter(12, &out).ok());
  EXPECT_EQ(out, 3);
  EXPECT_EQ(Quarter(6, &out).message(), "3 is odd");
  EXPECT_EQ(*BlockingWait(QuarterLater(12)), 3);
  EXPECT_EQ(BlockingWait(QuarterLater(6)).status().message(), "3 is odd");
}

Result<std::optional<int>> HalfOfEven(int value) {
  if (value % 2 != 0) return std::nullopt;
  return value / 2;
}

TEST(Result, HoldsAnEmptyOptionalAsAValue) {
  Result<std::optional<int>> none = HalfOfEven(3);
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->has_value());
  EXPECT_EQ(**HalfOfEven(6), 3);
  Result<std::optional<int>> given = std::optional<int>();
  ASSERT_TRUE(given.ok());
  EXPECT_EQ(*given, std::nullopt);
}

TEST(Result, HoldsMoveOnlyValues) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(4);
  std::unique_ptr<int> taken = std::move(result).value();
  EXPECT_EQ(*taken, 4);
  EXPECT_DEATH((void)Half(1).value(), "check failed");
}

}  // namespace
}  // namespace shale
