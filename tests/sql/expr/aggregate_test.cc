// Goal: aggregates give PostgreSQL's results, groups do not mix, and merged partial states equal
// one state. Method: values from text, expectations from a real server; splits at every place.
#include <gtest/gtest.h>

#include "sql/expr/evaluate_internal.h"
#include "sql/expr/resolve.h"
#include "tests/sql/expr/test_host.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Oid;
using catalog::Type;
namespace type_oid = catalog::type_oid;

class AggregateTest : public testing::Test {
 protected:
  AggregateTest() {
    context_.arena = &arena_;
    context_.settings = &settings_;
    context_.host = &host_;
  }

  Vector Column(Oid oid, const std::vector<const char*>& texts) {
    Vector vector = Vector::Flat({oid, -1}, static_cast<uint32_t>(texts.size()), &arena_);
    for (uint32_t i = 0; i < texts.size(); ++i) {
      if (texts[i] == nullptr) {
        vector.SetNull(i, &arena_);
        continue;
      }
      Result<Datum> datum = ParseValueText(context_, {oid, -1}, texts[i]);
      EXPECT_TRUE(datum.ok()) << texts[i];
      vector.SetDatum(i, *datum);
    }
    return vector;
  }

  const Aggregate* Find(std::string_view name, const std::vector<Vector>& args) {
    std::vector<Type> types;
    for (const Vector& arg : args) types.push_back(arg.type());
    Result<ResolvedFunction> resolved = ResolveFunction(name, types);
    EXPECT_TRUE(resolved.ok()) << resolved.status().ToString();
    EXPECT_NE(resolved->aggregate, nullptr);
    return resolved->aggregate;
  }

  char* NewState(const Aggregate& aggregate) {
    char* state = arena_.Allocate(aggregate.state_bytes, 16);
    std::fill_n(state, aggregate.state_bytes, '\0');
    return state;
  }

  std::string Finish(const Aggregate& aggregate, char* state) {
    Datum datum;
    Result<bool> some = aggregate.finish(context_, state, &datum);
    std::string text;
    if (!some.ok()) {
      text = some.status().ToString();
    } else if (!*some) {
      text = "NULL";
    } else {
      catalog::AppendText({aggregate.result, -1}, datum, settings_, &text);
    }
    if (aggregate.destroy != nullptr) aggregate.destroy(state);
    return text;
  }

  // The aggregate over the rows, and over every split of them merged.
  std::string Run(std::string_view name, const std::vector<Vector>& args, uint32_t row_count) {
    const Aggregate* aggregate = Find(name, args);
    std::vector<uint16_t> all;
    for (uint16_t i = 0; i < row_count; ++i) all.push_back(i);
    auto update = [&](uint32_t begin, uint32_t end, char* state) {
      std::vector<char*> states(row_count, state);
      return aggregate->update(context_, args.data(), args.size(),
                               {all.data() + begin, end - begin}, states.data());
    };
    char* state = NewState(*aggregate);
    Status status = update(0, row_count, state);
    if (!status.ok()) return status.ToString();
    std::string result = Finish(*aggregate, state);
    for (uint32_t split = 0; aggregate->merge != nullptr && split <= row_count; ++split) {
      char* left = NewState(*aggregate);
      char* right = NewState(*aggregate);
      EXPECT_TRUE(update(0, split, left).ok());
      EXPECT_TRUE(update(split, row_count, right).ok());
      EXPECT_TRUE(aggregate->merge(context_, right, left).ok());
      if (aggregate->destroy != nullptr) aggregate->destroy(right);
      std::string merged = Finish(*aggregate, left);
      if (aggregate->result != type_oid::kFloat8) {
        EXPECT_EQ(merged, result) << name << " split at " << split;
      }
    }
    return result;
  }

  std::string Run(std::string_view name, Oid oid, const std::vector<const char*>& texts) {
    return Run(name, {Column(oid, texts)}, static_cast<uint32_t>(texts.size()));
  }

  Arena arena_;
  catalog::FormatSettings settings_;
  TestHost host_;
  EvalContext context_;
};

TEST_F(AggregateTest, Count) {
  EXPECT_EQ(Run("count", type_oid::kInt4, {"1", nullptr, "3"}), "2");
  EXPECT_EQ(Run("count", type_oid::kText, {}), "0");
  EXPECT_EQ(Run("count", {}, 4), "4");
}

TEST_F(AggregateTest, SumAndAverageOfIntegers) {
  EXPECT_EQ(Run("sum", type_oid::kInt2, {"1", nullptr, "3"}), "4");
  EXPECT_EQ(Run("sum", type_oid::kInt4, {"2147483647", "2147483647"}), "4294967294");
  EXPECT_EQ(Run("sum", type_oid::kInt8, {"9223372036854775807", "1"}), "9223372036854775808");
  EXPECT_EQ(Run("avg", type_oid::kInt4, {"1", "2", "2"}), "1.6666666666666667");
  EXPECT_EQ(Run("avg", type_oid::kInt8, {"9223372036854775807", "1"}), "4611686018427387904");
  EXPECT_EQ(Run("sum", type_oid::kInt4, {}), "NULL");
  EXPECT_EQ(Run("avg", type_oid::kInt4, {nullptr}), "NULL");
}

TEST_F(AggregateTest, SumAndAverageOfOthers) {
  EXPECT_EQ(Run("sum", type_oid::kNumeric, {"1.50", "2.255", nullptr}), "3.755");
  EXPECT_EQ(Run("avg", type_oid::kNumeric, {"1.5", "2"}), "1.7500000000000000");
  EXPECT_EQ(Run("sum", type_oid::kNumeric, {"1", "NaN"}), "NaN");
  EXPECT_EQ(Run("sum", type_oid::kFloat8, {"1.5", "2.25"}), "3.75");
  EXPECT_EQ(Run("sum", type_oid::kFloat4, {"0.1", "0.2"}), "0.3");
  EXPECT_EQ(Run("avg", type_oid::kFloat4, {"1", "2"}), "1.5");
  EXPECT_EQ(Run("avg", type_oid::kFloat8, {"1", "2", "2"}), "1.6666666666666667");
  EXPECT_EQ(Run("sum", type_oid::kInterval, {"1 day", "2 hours"}), "1 day 02:00:00");
  EXPECT_EQ(Run("avg", type_oid::kInterval, {"1 day", "2 days"}), "1 day 12:00:00");
  EXPECT_EQ(Run("sum", type_oid::kFloat8, {"1e308", "1e308"}),
            "22003: value out of range: overflow");
}

TEST_F(AggregateTest, MinAndMax) {
  EXPECT_EQ(Run("min", type_oid::kInt4, {"3", nullptr, "-1"}), "-1");
  EXPECT_EQ(Run("max", type_oid::kInt8, {"3", "7"}), "7");
  EXPECT_EQ(Run("max", type_oid::kFloat8, {"1", "NaN", "2"}), "NaN");
  EXPECT_EQ(Run("min", type_oid::kFloat8, {"NaN", "1"}), "1");
  EXPECT_EQ(Run("max", type_oid::kNumeric, {"1.10", "1.1", "-5"}), "1.10");
  EXPECT_EQ(Run("min", type_oid::kText, {"b", "a", "c"}), "a");
  EXPECT_EQ(Run("max", type_oid::kText, {"b", "longer", "a"}), "longer");
  EXPECT_EQ(Run("max", type_oid::kVarchar, {"x", "y"}), "y");
  EXPECT_EQ(Run("min", type_oid::kDate, {"2020-02-01", "2019-01-01"}), "2019-01-01");
  EXPECT_EQ(Run("max", type_oid::kTimestamp, {"2020-02-01", "infinity"}), "infinity");
  EXPECT_EQ(Run("max", type_oid::kInterval, {"29 days", "1 mon"}), "1 mon");
  EXPECT_EQ(Run("min", type_oid::kInt4, {}), "NULL");
}

TEST_F(AggregateTest, BooleansAndBits) {
  EXPECT_EQ(Run("bool_and", type_oid::kBool, {"t", nullptr, "f"}), "f");
  EXPECT_EQ(Run("every", type_oid::kBool, {"t", nullptr}), "t");
  EXPECT_EQ(Run("bool_or", type_oid::kBool, {"f", "t"}), "t");
  EXPECT_EQ(Run("bool_or", type_oid::kBool, {}), "NULL");
  EXPECT_EQ(Run("bit_and", type_oid::kInt4, {"6", "3"}), "2");
  EXPECT_EQ(Run("bit_or", type_oid::kInt8, {"6", "3"}), "7");
  EXPECT_EQ(Run("bit_xor", type_oid::kInt2, {"6", "3"}), "5");
}

TEST_F(AggregateTest, Statistics) {
  EXPECT_EQ(Run("variance", type_oid::kInt4, {"1", "2", "3", "4"}), "1.6666666666666667");
  EXPECT_EQ(Run("stddev", type_oid::kInt4, {"1", "2", "3", "4"}), "1.2909944487358056");
  EXPECT_EQ(Run("stddev_pop", type_oid::kNumeric, {"1", "2", "3", "4"}), "1.1180339887498948");
  EXPECT_EQ(Run("var_pop", type_oid::kInt8, {"5"}), "0");
  EXPECT_EQ(Run("var_samp", type_oid::kInt8, {"5"}), "NULL");
  EXPECT_EQ(Run("stddev", type_oid::kFloat8, {"1", "2", "3", "4"}), "1.2909944487358056");
  EXPECT_EQ(Run("var_samp", type_oid::kFloat8, {"1"}), "NULL");
  EXPECT_EQ(Run("var_pop", type_oid::kFloat4, {"1", "2"}), "0.25");
}

TEST_F(AggregateTest, Texts) {
  Vector values = Column(type_oid::kText, {"a", nullptr, "b"});
  Vector comma = Vector::Constant({type_oid::kText, -1}, Datum::Bytes(", "), &arena_);
  EXPECT_EQ(Run("string_agg", {values, comma}, 3), "a, b");
  EXPECT_EQ(Run("string_agg", {Column(type_oid::kText, {nullptr}), comma}, 1), "NULL");
  EXPECT_EQ(Run("json_agg", type_oid::kInt4, {"1", nullptr}), "[1, null]");
  EXPECT_EQ(Run("jsonb_agg", type_oid::kText, {"x"}), "[\"x\"]");
  EXPECT_EQ(Run("json_object_agg",
                {Column(type_oid::kText, {"k", "l"}), Column(type_oid::kInt4, {"1", nullptr})}, 2),
            "{ \"k\" : 1, \"l\" : null }");
}

TEST_F(AggregateTest, GroupsDoNotMix) {
  std::vector<Vector> args = {Column(type_oid::kInt4, {"1", "10", "2", "20", nullptr})};
  const Aggregate* sum = Find("sum", args);
  char* odd = NewState(*sum);
  char* even = NewState(*sum);
  char* states[] = {odd, even, odd, even, odd};
  ASSERT_TRUE(sum->update(context_, args.data(), 1, {nullptr, 5}, states).ok());
  EXPECT_EQ(Finish(*sum, odd), "3");
  EXPECT_EQ(Finish(*sum, even), "30");
}

}  // namespace
}  // namespace shale::sql
