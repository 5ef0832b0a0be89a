// Goal: expression trees print as PostgreSQL's EXPLAIN prints them, clone, compare, walk and fold;
// and the registry's tables are whole. Method: expressions from text.
#include "sql/expr/expr.h"

#include <gtest/gtest.h>

#include <set>

#include "sql/expr/evaluate.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/resolve.h"
#include "sql/parse/deparse.h"
#include "tests/sql/expr/expression_parser.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

const std::map<std::string, TestColumn> kPrintedColumns = {
    {"a", {0, {type_oid::kInt4, -1}}},
    {"v", {1, {type_oid::kVarchar, 14}}},
    {"d", {2, {type_oid::kDate, -1}}},
    {"c", {3, {type_oid::kBool, -1}}},
};

ExprPtr Parse(std::string_view text) {
  catalog::FormatSettings settings;
  Result<ExprPtr> expr = ParseExpression(text, settings, kPrintedColumns);
  EXPECT_TRUE(expr.ok()) << text << ": " << expr.status().ToString();
  return *std::move(expr);
}

ExprPtr Folded(std::string_view text) {
  ExprPtr expr = Parse(text);
  FoldConstants(expr, catalog::FormatSettings());
  return expr;
}

// Left as EXPLAIN VERBOSE of PostgreSQL 15 prints it.
TEST(ExprTest, PrintsAsExplain) {
  const std::pair<const char*, const char*> cases[] = {
      {"a + 1", "(a + 1)"},
      {"-a", "(- a)"},
      {"a + -1", "(a + '-1'::integer)"},
      {"a::int8", "(a)::bigint"},
      {"(a + 1)::int8", "((a + 1))::bigint"},
      {"v = 'x'", "((v)::text = 'x'::text)"},
      {"a * 1.5", "((a)::numeric * 1.5)"},
      {"a = 5::int8", "(a = '5'::bigint)"},
      {"a is not null and not c", "((a IS NOT NULL) AND (NOT c))"},
      {"c is not true", "(c IS NOT TRUE)"},
      {"a in (1, 2)", "(a = ANY ('{1,2}'::integer[]))"},
      {"a not in (1, null)", "(a <> ALL ('{1,NULL}'::integer[]))"},
      {"a in (1, a)", "(a = ANY (ARRAY[1, a]))"},
      {"case when c then 1 else 2 end", "CASE WHEN c THEN 1 ELSE 2 END"},
      {"coalesce(a, 0)", "COALESCE(a, 0)"},
      {"nullif(a, 0)", "NULLIF(a, 0)"},
      {"greatest(a, 0)", "GREATEST(a, 0)"},
      {"a is distinct from 1", "(a IS DISTINCT FROM 1)"},
      {"d < '2020-01-01'", "(d < '2020-01-01'::date)"},
      {"extract(year from d)", "EXTRACT(year FROM d)"},
      {"lower(v)", "lower((v)::text)"},
      {"v like 'a\\b'", "((v)::text ~~ E'a\\\\b'::text)"},
      {"c = true", "(c = true)"},
      {"a::text", "(a)::text"},
      {"v::varchar(3)", "(v)::character varying(3)"},
      {"current_date", "CURRENT_DATE"},
      {"null::int4", "NULL::integer"},
  };
  for (auto [text, printed] : cases) EXPECT_EQ(ToString(*Parse(text)), printed) << text;
}

TEST(ExprTest, ClonesAreEqualAndOthersAreNot) {
  const char* texts[] = {"a + 1",
                         "a + 2",
                         "a - 1",
                         "a",
                         "d",
                         "c and a > 1",
                         "c or a > 1",
                         "a in (1, 2)",
                         "a not in (1, 2)",
                         "case when c then 1 else 2 end",
                         "case when c then 1 else 3 end",
                         "coalesce(a, 1)",
                         "greatest(a, 1)",
                         "least(a, 1)",
                         "a is null",
                         "a is not null",
                         "nullif(a, 1)",
                         "a is distinct from 1",
                         "a::text",
                         "v::text",
                         "1.0",
                         "1.00",
                         "null::int4"};
  for (const char* left : texts) {
    ExprPtr expr = Parse(left);
    EXPECT_TRUE(Equal(*expr, *expr->Clone())) << left;
    EXPECT_EQ(ToString(*expr), ToString(*expr->Clone()));
    for (const char* right : texts) {
      EXPECT_EQ(Equal(*expr, *Parse(right)), std::string_view(left) == right)
          << left << " and " << right;
    }
  }
}

TEST(ExprTest, Folds) {
  EXPECT_EQ(ToString(*Folded("a + (1 + 2)")), "(a + 3)");
  EXPECT_EQ(ToString(*Folded("c and 1 = 1")), "c");
  EXPECT_EQ(ToString(*Folded("c and 1 = 2")), "false");
  EXPECT_EQ(ToString(*Folded("c or 1 = 1")), "true");
  EXPECT_EQ(ToString(*Folded("a + null")), "NULL::integer");
  EXPECT_EQ(ToString(*Folded("coalesce(null, a, 3)")), "COALESCE(a, 3)");
  EXPECT_EQ(ToString(*Folded("case when 1 = 2 then a else 7 end")), "7");
  EXPECT_EQ(ToString(*Folded("case when c then 1 else 1 / 0 end")),
            "CASE WHEN c THEN 1 ELSE (1 / 0) END");
  EXPECT_EQ(ToString(*Folded("random() + 1")), "(random() + '1'::double precision)");
}

TEST(ExprTest, FoldabilityAndVolatility) {
  EXPECT_TRUE(IsFoldable(*Parse("1 + 2")));
  EXPECT_FALSE(IsFoldable(*Parse("a + 2")));
  EXPECT_FALSE(IsFoldable(*Parse("now() + interval '1 day'")));
  EXPECT_FALSE(IsFoldable(*Parse("random()")));
  EXPECT_TRUE(IsVolatile(*Parse("1 + random()")));
  EXPECT_FALSE(IsVolatile(*Parse("now()")));
  EXPECT_FALSE(IsFoldable(*Parse("1::text::timestamp")));
}

TEST(RegistryTest, OperatorsKnowTheirMirrors) {
  const Function* less = LessOf(type_oid::kInt4);
  ASSERT_NE(less, nullptr);
  const Operator* op = OperatorOf(*less);
  ASSERT_NE(op, nullptr);
  EXPECT_EQ(op->oid, 97u);
  EXPECT_EQ(FindOperator(op->commutator)->name, ">");
  EXPECT_EQ(FindOperator(op->negator)->name, ">=");
}

TEST(RegistryTest, OrderedTypesHaveEqualityAndOrder) {
  using namespace catalog::type_oid;
  for (catalog::Oid oid :
       {kBool, kBytea,     kChar,        kName,     kInt8,    kInt2,    kInt4,
        kText, kOid,       kFloat4,      kFloat8,   kBpchar,  kVarchar, kDate,
        kTime, kTimestamp, kTimestamptz, kInterval, kNumeric, kUuid,    kJsonb}) {
    EXPECT_NE(EqualityOf(oid), nullptr) << oid;
    EXPECT_NE(LessOf(oid), nullptr) << oid;
  }
  EXPECT_EQ(EqualityOf(kJson), nullptr);
  EXPECT_EQ(EqualityOf(kVarchar), EqualityOf(kText));
  EXPECT_EQ(EqualityOf(kRegclass), EqualityOf(kOid));
}

TEST(RegistryTest, EveryKernelIsUsed) {
  std::set<Kernel> used;
  for (const Function& function : AllFunctions()) {
    // A function gives one value, by its kernel, or a set of rows.
    EXPECT_NE(function.kernel == nullptr, function.set == nullptr) << function.name;
    used.insert(function.kernel);
  }
  for (const KernelEntry& entry : ComparisonKernels()) {
    EXPECT_TRUE(used.count(entry.kernel)) << entry.internal_name;
  }
  EXPECT_GT(AllFunctions().size(), 700u);
  EXPECT_GT(AllOperators().size(), 350u);
  EXPECT_GT(AllCasts().size(), 100u);
}

TEST(ResolveTest, CallsThatAreCasts) {
  const catalog::Type text[] = {{type_oid::kText, -1}};
  Result<ResolvedFunction> resolved = ResolveFunction("varchar", text);
  ASSERT_TRUE(resolved.ok());
  EXPECT_TRUE(resolved->is_cast);
  EXPECT_EQ(resolved->result.oid, type_oid::kVarchar);
}

TEST(ResolveTest, HintsSayWhatToDo) {
  const catalog::Type types[] = {{type_oid::kInt4, -1}, {type_oid::kText, -1}};
  Result<ResolvedFunction> resolved = ResolveFunction("nothing", types);
  ASSERT_FALSE(resolved.ok());
  EXPECT_EQ(resolved.status().message(), "function nothing(integer, text) does not exist");
  EXPECT_EQ(resolved.status().error().hint,
            "No function matches the given name and argument types. You might need to add explicit "
            "type casts.");
  resolved = ResolveOperator("@", std::nullopt, types[1]);
  EXPECT_EQ(resolved.status().message(), "operator does not exist: @ text");
}

TEST(ResolveTest, LiteralErrorsPointAtTheLiteral) {
  auto literal = std::make_unique<ConstantExpr>(
      catalog::Value({type_oid::kUnknown, -1}, catalog::Datum::Bytes("x1")));
  literal->position = 8;
  Result<ExprPtr> cast = Cast(std::move(literal), {type_oid::kInt4, -1}, CastContext::kExplicit,
                              catalog::FormatSettings());
  ASSERT_FALSE(cast.ok());
  EXPECT_EQ(cast.status().message(), "invalid input syntax for type integer: \"x1\"");
  EXPECT_EQ(cast.status().error().position, 8);
}

TEST(QuoteTest, KeywordsAndOddNames) {
  EXPECT_EQ(QuoteIdentifier("accounts"), "accounts");
  EXPECT_EQ(QuoteIdentifier("select"), "\"select\"");
  EXPECT_EQ(QuoteIdentifier("user"), "\"user\"");
  EXPECT_EQ(QuoteIdentifier("Ab\"c"), "\"Ab\"\"c\"");
  EXPECT_EQ(QuoteIdentifier(""), "\"\"");
}

}  // namespace
}  // namespace shale::sql
