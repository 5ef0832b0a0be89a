// Goal: what the golden files cannot say of the binder: its other ways in, given parameter types,
// depth, length, and that no statement brings it down.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "sql/bind/binder.h"
#include "sql/bind/position_counter.h"
#include "sql/parse/ast_ddl.h"
#include "sql/parse/parser.h"
#include "tests/sql/bind/test_catalog.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

class BinderTest : public testing::Test {
 protected:
  BindContext Context(std::string_view source) {
    BindContext context;
    context.catalog = catalog_.get();
    context.search_path = {catalog::kPgCatalogSchemaOid, catalog::kPublicSchemaOid};
    context.settings = &settings_;
    context.source = source;
    return context;
  }
  Result<BoundStatement> BindText(const std::string& sql, std::vector<catalog::Oid> types = {}) {
    Result<std::vector<ParsedStatement>> parsed = Parse(sql);
    if (!parsed.ok()) return parsed.status();
    if (parsed->empty()) return Error(sqlstate::kSyntaxError, "no statement");
    BindContext context = Context(sql);
    context.parameter_types = std::move(types);
    return Bind(context, *parsed->front().statement);
  }

  std::shared_ptr<const catalog::CatalogSnapshot> catalog_ = MakeTestCatalog();
  catalog::FormatSettings settings_;
};

std::string Repeat(std::string_view text, size_t times) {
  std::string result;
  for (size_t i = 0; i < times; ++i) result += text;
  return result;
}

TEST_F(BinderTest, GivenParameterTypesHold) {
  Result<BoundStatement> bound = BindText("SELECT $1, $2 + 1", {type_oid::kInt8, type_oid::kInt2});
  ASSERT_TRUE(bound.ok()) << bound.status().ToString();
  EXPECT_EQ(bound->output[0].type.oid, type_oid::kInt8);
  EXPECT_EQ(bound->output[1].type.oid, type_oid::kInt4);
  // 0 and unknown are to be inferred; a parameter may be given and not used.
  bound = BindText("SELECT a FROM t WHERE a = $1", {0, type_oid::kText});
  ASSERT_TRUE(bound.ok()) << bound.status().ToString();
  EXPECT_EQ(bound->parameter_types, (std::vector<catalog::Oid>{type_oid::kInt4, type_oid::kText}));
  bound = BindText("SELECT a FROM t WHERE a = $1", {type_oid::kUnknown});
  ASSERT_TRUE(bound.ok());
  EXPECT_EQ(bound->parameter_types[0], type_oid::kInt4);
  EXPECT_FALSE(BindText("SELECT a FROM t WHERE a = $1", {type_oid::kBool}).ok());
  EXPECT_FALSE(BindText("SELECT $1", {999999}).ok());
}

TEST_F(BinderTest, TablesAreListedOnce) {
  Result<BoundStatement> bound = BindText("SELECT * FROM t x, t y, u");
  ASSERT_TRUE(bound.ok());
  EXPECT_EQ(bound->tables.size(), 2u);
}

TEST_F(BinderTest, Types) {
  auto bind = [&](const std::string& type) -> Result<catalog::Type> {
    std::string sql = "CREATE TABLE x (a " + type + ")";
    Result<std::vector<ParsedStatement>> parsed = Parse(sql);
    if (!parsed.ok()) return parsed.status();
    const auto& create = ast::As<ast::CreateTable>(*parsed->front().statement);
    return BindTypeName(Context(sql), *create.columns[0].type);
  };
  EXPECT_EQ(catalog::FormatType(*bind("varchar(10)")), "character varying(10)");
  EXPECT_EQ(catalog::FormatType(*bind("numeric(10, 2)")), "numeric(10,2)");
  EXPECT_EQ(catalog::FormatType(*bind("timestamp(3) with time zone")),
            "timestamp(3) with time zone");
  EXPECT_EQ(catalog::FormatType(*bind("char")), "character(1)");
  EXPECT_EQ(catalog::FormatType(*bind("\"char\"")), "\"char\"");
  EXPECT_TRUE(bind("nope").status().Is(sqlstate::kUndefinedObject));
  EXPECT_EQ(bind("nope").status().error().position, 19);
  EXPECT_TRUE(bind("other.int4").status().Is(sqlstate::kUndefinedObject));
  EXPECT_EQ(catalog::FormatType(*bind("int[]")), "integer[]");
  EXPECT_EQ(catalog::FormatType(*bind("numeric(10, 2)[][3]")), "numeric(10,2)[]");
  EXPECT_TRUE(bind("unknown[]").status().Is(sqlstate::kUndefinedObject));
  EXPECT_EQ(catalog::FormatType(*bind("bit")), "bit(1)");
  EXPECT_EQ(catalog::FormatType(*bind("bit varying(5)[]")), "bit varying(5)[]");
  EXPECT_EQ(catalog::FormatType(*bind("time(2) with time zone")), "time(2) with time zone");
}

TEST_F(BinderTest, ScalarsDefaultsAndConditions) {
  Result<ParsedExpression> one = ParseExpression("'5'");
  catalog::Type bigint{type_oid::kInt8, -1};
  Result<ExprPtr> scalar = BindScalar(Context({}), *one->expression, &bigint);
  ASSERT_TRUE(scalar.ok());
  EXPECT_EQ((*scalar)->type.oid, type_oid::kInt8);
  Result<ParsedExpression> column = ParseExpression("a");
  EXPECT_EQ(BindScalar(Context({}), *column->expression, nullptr).status().message(),
            "cannot use column reference in DEFAULT expression");
  Result<ParsedExpression> aggregate = ParseExpression("count(*)");
  EXPECT_TRUE(BindScalar(Context({}), *aggregate->expression, nullptr)
                  .status()
                  .Is(sqlstate::kGroupingError));

  catalog::TableRef ident = catalog_->FindTable(catalog::kPublicSchemaOid, "ident");
  Result<ExprPtr> next = BindDefault(Context({}), *ident, 0);
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(ToString(**next), "(nextval('20050'::regclass))::integer");
  catalog::TableRef t = catalog_->FindTable(catalog::kPublicSchemaOid, "t");
  Result<ExprPtr> none = BindDefault(Context({}), *t, 1);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(ToString(**none), "NULL::text");

  Result<ParsedExpression> condition = ParseExpression("t.a > 1 AND b = 'x'");
  Result<ExprPtr> bound = BindTableExpr(Context({}), t, *condition->expression);
  ASSERT_TRUE(bound.ok());
  EXPECT_EQ(ToString(**bound), "((a > 1) AND (b = 'x'::text))");
  EXPECT_EQ(BindTableExpr(Context({}), t, *aggregate->expression).status().message(),
            "aggregate functions are not allowed in COPY FROM WHERE conditions");
}

TEST_F(BinderTest, NamesOfRelations) {
  ast::QualifiedName name;
  name.name = "t";
  EXPECT_EQ(FindTable(Context({}), name)->oid, 20010u);
  name.schema = "other";
  EXPECT_EQ(FindTable(Context({}), name)->oid, 20040u);
  name.schema = "nope";
  EXPECT_EQ(FindTable(Context({}), name), nullptr);
  EXPECT_TRUE(ResolveTable(Context({}), name).status().Is(sqlstate::kUndefinedTable));
  EXPECT_TRUE(ResolveCreationSchema(Context({}), name).status().Is(sqlstate::kInvalidSchemaName));
  name.schema = "other";
  EXPECT_EQ((*ResolveCreationSchema(Context({}), name))->oid, 20000u);
  name.schema = {};
  EXPECT_EQ((*ResolveCreationSchema(Context({}), name))->oid, catalog::kPublicSchemaOid);
  name.name = "ident_id_seq";
  EXPECT_EQ(FindSequence(Context({}), name)->oid, 20050u);
  EXPECT_EQ(FindTable(Context({}), name), nullptr);
  EXPECT_TRUE(ResolveTable(Context({}), name).status().Is(sqlstate::kWrongObjectType));
}

TEST_F(BinderTest, PositionsCountCharacters) {
  EXPECT_EQ(BindText("SELECT 'é€', nope FROM t").status().error().position, 14);
  PositionCounter counter("aé€b");
  EXPECT_EQ(counter.Position(0), 1);
  EXPECT_EQ(counter.Position(6), 4);
  EXPECT_EQ(counter.Position(3), 3);
  EXPECT_EQ(counter.Position(1), 2);
  EXPECT_EQ(counter.Position(-1), 0);
  EXPECT_EQ(counter.Position(99), 5);
}

TEST_F(BinderTest, DeepAndLongStatements) {
  size_t deep = kMaxNestingDepth - 20;
  EXPECT_TRUE(BindText("SELECT 1" + Repeat(" + 1", deep)).ok());
  EXPECT_TRUE(BindText("SELECT " + Repeat("NOT ", deep) + "true").ok());
  EXPECT_TRUE(BindText("SELECT " + Repeat("abs(", deep) + "1" + Repeat(")", deep)).ok());
  EXPECT_TRUE(
      BindText("SELECT " + Repeat("CASE WHEN true THEN 1 ELSE ", deep) + "2" + Repeat(" END", deep))
          .ok());
  EXPECT_TRUE(BindText("SELECT 1" + Repeat(" UNION ALL SELECT 1", deep)).ok());
  EXPECT_TRUE(BindText("SELECT a FROM t WHERE a = 1" + Repeat(" OR a = 1", 5000)).ok());
  EXPECT_TRUE(BindText("SELECT a FROM t WHERE a IN (1" + Repeat(", 1", 20000) + ")").ok());
  EXPECT_TRUE(BindText("INSERT INTO u VALUES (1, 2, 'x')" + Repeat(", (1, 2, 'é')", 5000)).ok());
}

TEST_F(BinderTest, CopiesAreCounted) {
  std::vector<std::string> texts = {
      "SELECT " + Repeat("(", 60) + "true" + Repeat(" BETWEEN false AND true)", 60),
      "SELECT " + Repeat("CASE ", 60) + "1" + Repeat(" WHEN 1 THEN 1 WHEN 2 THEN 2 END", 60)};
  for (const std::string& text : texts) {
    EXPECT_TRUE(BindText(text).status().Is(sqlstate::kStatementTooComplex));
  }
}

// Parts of the golden statements put together at random: whatever parses binds or gives an error.
TEST_F(BinderTest, MutatedStatementsNeverCrash) {
  std::vector<std::string> seeds;
  for (const char* file : {"query.sql", "change.sql", "error.sql"}) {
    std::ifstream lines(std::filesystem::path(SHALE_SOURCE_DIR) / "tests/sql/bind/golden" / file);
    for (std::string line; std::getline(lines, line);) seeds.push_back(line);
  }
  std::vector<std::string> words;
  for (const std::string& seed : seeds) {
    std::istringstream text(seed);
    for (std::string word; text >> word;) words.push_back(word);
  }
  std::mt19937_64 random(7);
  int bound_count = 0;
  for (int i = 0; i < 30000; ++i) {
    std::istringstream text(seeds[random() % seeds.size()]);
    std::string mutated;
    for (std::string word; text >> word;) {
      mutated += random() % 8 == 0 ? words[random() % words.size()] : word;
      mutated += ' ';
    }
    Result<BoundStatement> bound = BindText(mutated);
    if (!bound.ok()) {
      EXPECT_LE(bound.status().error().position, static_cast<int>(mutated.size()) + 1) << mutated;
      EXPECT_FALSE(bound.status().Is(sqlstate::kInternalError)) << mutated;
      continue;
    }
    ++bound_count;
    for (const OutputColumn& column : bound->output) {
      EXPECT_NE(column.type.oid, type_oid::kUnknown) << mutated;
    }
  }
  EXPECT_GT(bound_count, 1000);
}

}  // namespace
}  // namespace shale::sql
