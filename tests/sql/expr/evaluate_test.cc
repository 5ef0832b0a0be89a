// Goal: evaluating a batch gives for each row what evaluating that row alone gives, with NULLs,
// with and without a selection, and errors only for rows that are asked for. Method: RapidCheck on
// random batches and a list of expressions.
#include "sql/expr/evaluate.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <optional>
#include <set>

#include "catalog/types/numeric.h"
#include "sql/vector/selection.h"
#include "tests/sql/expr/expression_parser.h"
#include "tests/sql/expr/test_host.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Type;
namespace type_oid = catalog::type_oid;

const std::map<std::string, TestColumn> kColumns = {
    {"a", {0, {type_oid::kInt4, -1}}},   {"b", {1, {type_oid::kInt4, -1}}},
    {"l", {2, {type_oid::kInt8, -1}}},   {"t", {3, {type_oid::kText, -1}}},
    {"f", {4, {type_oid::kFloat8, -1}}}, {"n", {5, {type_oid::kNumeric, -1}}},
    {"c", {6, {type_oid::kBool, -1}}},
};

constexpr const char* kExpressions[] = {
    "a + b",
    "a + 1",
    "1 - a",
    "a * l",
    "a / b",
    "l % a",
    "a < b",
    "a = 1",
    "2 > l",
    "f * 2 + a",
    "f < a",
    "n + a",
    "n * n - 1",
    "-a",
    "abs(a)",
    "a::text || t",
    "t || 'x'",
    "length(t) + a",
    "upper(t)",
    "t like '%a%'",
    "t like t",
    "t ~ 'a+'",
    "a is null",
    "t is not null",
    "c is true",
    "c is not false",
    "not c",
    "a < b and c",
    "a < b or c or l > 0",
    "b <> 0 and a / b > 0",
    "case when b <> 0 then a / b else -1 end",
    "case when a > 0 then t when a = 0 then 'zero' else upper(t) end",
    "case when c then a end",
    "case a when 1 then 10 when 2 then 20 end",
    "coalesce(a, b, 7)",
    "coalesce(t, 'none')",
    "coalesce(a, a / b)",
    "nullif(a, b)",
    "nullif(a, 1)",
    "greatest(a, b, 0)",
    "least(t, 'm')",
    "a in (1, 2, b)",
    "a not in (1, null)",
    "t in ('a', 'aa')",
    "a is distinct from b",
    "t is not distinct from 'a'",
    "a::int2",
    "(a * 20000)::int2",
    "t::int4",
    "f::int4",
    "a::numeric(3,1)",
    "t::varchar(1)",
    "concat(a, t, c)",
    "concat_ws('-', t, a)",
    "substr(t, a)",
    "repeat(t, a)",
    "1 = 1",
    "null::int4 + a",
    "pg_typeof(a)",
};

struct Row {
  std::optional<int32_t> a, b;
  std::optional<int64_t> l;
  std::optional<std::string> t;
  std::optional<double> f;
  std::optional<int32_t> n;  // hundredths
  std::optional<bool> c;
};

template <typename T>
std::optional<T> MaybeOf(const rc::Gen<T>& gen) {
  bool is_null = *rc::gen::inRange(0, 5) == 0;
  if (is_null) return std::nullopt;
  return *gen;
}

std::vector<Row> RandomRows() {
  std::vector<Row> rows(static_cast<size_t>(*rc::gen::inRange(1, 150)));
  // Some batches have no NULLs in a column at all: other loops.
  bool no_nulls = *rc::gen::inRange(0, 3) == 0;
  for (Row& row : rows) {
    row.a = MaybeOf(rc::gen::inRange<int32_t>(-2, 4));
    row.b = MaybeOf(rc::gen::inRange<int32_t>(-2, 4));
    row.l = MaybeOf(rc::gen::inRange<int64_t>(-2, 4));
    row.t = MaybeOf(rc::gen::element<std::string>("", "a", "aa", "b", "ba", "1", "23"));
    row.f = MaybeOf(rc::gen::element<double>(0, -1.5, 2.5, 1e300));
    row.n = MaybeOf(rc::gen::inRange<int32_t>(-500, 500));
    row.c = MaybeOf(rc::gen::arbitrary<bool>());
    if (no_nulls) {
      row.a = row.a.value_or(1);
      row.b = row.b.value_or(2);
      row.t = row.t.value_or("a");
      row.c = row.c.value_or(true);
    }
  }
  return rows;
}

Batch BatchOf(const std::vector<Row>& rows, Arena* arena) {
  Batch batch;
  batch.row_count = static_cast<uint32_t>(rows.size());
  batch.columns.resize(kColumns.size());
  auto column = [&]<typename T, typename Get>(const char* name, T, Get get) {
    const TestColumn& info = kColumns.at(name);
    Vector vector = Vector::Flat(info.type, batch.row_count, arena);
    for (uint32_t i = 0; i < rows.size(); ++i) {
      auto value = get(rows[i]);
      if (value.has_value()) {
        vector.values<T>()[i] = *value;
      } else {
        vector.SetNull(i, arena);
      }
    }
    batch.columns[static_cast<size_t>(info.slot)] = vector;
  };
  column("a", int32_t{}, [](const Row& row) { return row.a; });
  column("b", int32_t{}, [](const Row& row) { return row.b; });
  column("l", int64_t{}, [](const Row& row) { return row.l; });
  column("f", double{}, [](const Row& row) { return row.f; });
  column("c", bool{}, [](const Row& row) { return row.c; });
  column("t", std::string_view{}, [&](const Row& row) {
    return row.t ? std::optional<std::string_view>(arena->Copy(*row.t)) : std::nullopt;
  });
  column("n", std::string_view{}, [&](const Row& row) {
    return row.n ? std::optional<std::string_view>(catalog::numeric::FromScaled(*row.n, 2, arena))
                 : std::nullopt;
  });
  return batch;
}

class Session {
 public:
  Session() {
    context.arena = &arena;
    context.settings = &settings;
    context.host = &host;
  }
  Arena arena;
  catalog::FormatSettings settings;
  TestHost host;
  EvalContext context;
};

std::string TextOf(const Vector& vector, uint32_t row, const catalog::FormatSettings& settings) {
  if (vector.IsNull(row)) return "NULL";
  std::string text = "=";
  catalog::AppendText(vector.type(), vector.GetDatum(row), settings, &text);
  return text;
}

// Compares the batch's results for the rows with those of one-row batches.
void CheckRows(Session& session, const Expr& expr, const std::vector<Row>& rows, RowSet set) {
  Batch batch = BatchOf(rows, &session.arena);
  Vector result;
  Status status = Evaluate(session.context, expr, batch, set, &result);
  std::set<std::string> errors;
  for (uint32_t i = 0; i < set.count; ++i) {
    uint32_t row = set[i];
    Batch single = BatchOf({rows[row]}, &session.arena);
    Vector expected;
    Status single_status = Evaluate(session.context, expr, single, RowsOf(single), &expected);
    if (!single_status.ok()) {
      errors.insert(single_status.ToString());
    } else if (status.ok()) {
      RC_ASSERT(TextOf(result, row, session.settings) == TextOf(expected, 0, session.settings));
    }
  }
  RC_ASSERT(status.ok() == errors.empty());
  if (!status.ok()) RC_ASSERT(errors.count(status.ToString()) == 1u);
}

TEST(EvaluateTest, BatchesAgreeWithSingleRows) {
  ASSERT_TRUE(rc::check("a batch gives what its rows give", [] {
    Session session;
    std::string text = *rc::gen::elementOf(
        std::vector<std::string>(std::begin(kExpressions), std::end(kExpressions)));
    RC_LOG() << text << "\n";
    Result<ExprPtr> expr = ParseExpression(text, session.settings, kColumns);
    RC_ASSERT(expr.ok());
    std::vector<Row> rows = RandomRows();
    CheckRows(session, **expr, rows, {nullptr, static_cast<uint32_t>(rows.size())});
    std::vector<uint16_t> selection;
    for (uint16_t i = 0; i < rows.size(); ++i) {
      if (*rc::gen::arbitrary<bool>()) selection.push_back(i);
    }
    CheckRows(session, **expr, rows, {selection.data(), static_cast<uint32_t>(selection.size())});
  }));
}

TEST(EvaluateTest, EveryExpressionOnOneFixedBatch) {
  Session session;
  std::vector<Row> rows;
  for (int i = 0; i < 70; ++i) {
    Row row;
    if (i % 5 != 0) row.a = i % 3 + 1;
    if (i % 7 != 0) row.b = i % 4 + 1;
    if (i % 3 != 0) row.l = i;
    if (i % 11 != 0) row.t = std::to_string(i);
    if (i % 4 != 0) row.f = i / 2.0;
    if (i % 6 != 0) row.n = i;
    if (i % 2 != 0) row.c = i % 3 == 0;
    rows.push_back(row);
  }
  for (const char* text : kExpressions) {
    Result<ExprPtr> expr = ParseExpression(text, session.settings, kColumns);
    ASSERT_TRUE(expr.ok()) << text << ": " << expr.status().ToString();
    CheckRows(session, **expr, rows, {nullptr, 70});
  }
}

TEST(EvaluateTest, FilterKeepsTrueRows) {
  ASSERT_TRUE(rc::check("a filter keeps the rows whose condition is true", [] {
    Session session;
    std::string text = *rc::gen::element<std::string>(
        "a > b", "c", "a > 0 and b > 0 and l > 0", "b <> 0 and a / b = 1", "a is null or c",
        "t like 'a%' and not c", "a in (1, 2) or t = 'b'");
    Result<ExprPtr> expr = ParseExpression(text, session.settings, kColumns);
    RC_ASSERT(expr.ok());
    std::vector<Row> rows = RandomRows();
    Batch batch = BatchOf(rows, &session.arena);
    Status status = Filter(session.context, **expr, &batch);
    RC_ASSERT(status.ok());
    std::set<uint32_t> kept;
    for (uint32_t i = 0; i < batch.size(); ++i) kept.insert(batch.RowAt(i));
    for (uint32_t row = 0; row < rows.size(); ++row) {
      Batch single = BatchOf({rows[row]}, &session.arena);
      RC_ASSERT(Filter(session.context, **expr, &single).ok());
      RC_ASSERT((single.size() == 1) == (kept.count(row) == 1));
    }
  }));
}

TEST(EvaluateTest, ConstantsStayConstant) {
  Session session;
  Batch batch;
  batch.row_count = 1000;
  Result<ExprPtr> expr = ParseExpression("1 + 2 * 3", session.settings);
  ASSERT_TRUE(expr.ok());
  Vector result;
  ASSERT_TRUE(Evaluate(session.context, **expr, batch, {nullptr, 1000}, &result).ok());
  EXPECT_TRUE(result.is_constant());
  EXPECT_EQ(result.at<int32_t>(999), 7);
}

TEST(EvaluateTest, VolatileFunctionsRunForEachRow) {
  Session session;
  session.host.leased = 3;
  Batch batch;
  batch.row_count = 3;
  Result<ExprPtr> expr = ParseExpression("nextval('counter')", session.settings);
  ASSERT_TRUE(expr.ok());
  Vector result;
  ASSERT_TRUE(Evaluate(session.context, **expr, batch, {nullptr, 3}, &result).ok());
  EXPECT_EQ(result.at<int64_t>(0), 1);
  EXPECT_EQ(result.at<int64_t>(2), 3);
}

TEST(EvaluateTest, ParametersAreConstants) {
  Session session;
  catalog::Value parameters[] = {
      catalog::Value({type_oid::kInt4, -1}, Datum::Int32(5)),
      catalog::Value::Null({type_oid::kInt4, -1}),
  };
  session.context.parameters = parameters;
  session.context.parameter_count = 2;
  auto parameter = [](int index) {
    return std::make_unique<ParameterExpr>(index, Type{type_oid::kInt4, -1});
  };
  Result<ExprPtr> sum = BindOperator("+", parameter(0), parameter(0), session.settings);
  ASSERT_TRUE(sum.ok());
  EXPECT_EQ(ToString(**sum), "($1 + $1)");
  Result<catalog::Value> value = EvaluateScalar(session.context, **sum);
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->datum().int32, 10);
  sum = BindOperator("+", parameter(0), parameter(1), session.settings);
  value = EvaluateScalar(session.context, **sum);
  ASSERT_TRUE(value.ok());
  EXPECT_TRUE(value->is_null());
  EXPECT_TRUE(
      EvaluateScalar(session.context, *parameter(2)).status().Is(sqlstate::kUndefinedParameter));
}

}  // namespace
}  // namespace shale::sql
