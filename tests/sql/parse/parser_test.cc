// Goal: what the golden files cannot say of the parser: ranges, places, sharing, limits, threads.
#include "sql/parse/parser.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "sql/parse/ast_select.h"
#include "sql/parse/ast_utility.h"
#include "sql/parse/deparse.h"

namespace shale::sql {
namespace {

std::string Repeat(std::string_view text, size_t times) {
  std::string result;
  result.reserve(text.size() * times);
  for (size_t i = 0; i < times; ++i) result += text;
  return result;
}

// The error of parsing, or of the first statement.
Status ParseError(const std::string& sql) {
  Result<std::vector<ParsedStatement>> parsed = Parse(sql);
  if (!parsed.ok()) return parsed.status();
  for (const ParsedStatement& statement : *parsed) {
    if (const auto* invalid = ast::Cast<ast::Invalid>(statement.statement)) {
      return invalid->ToStatus();
    }
  }
  return Status::Ok();
}

TEST(Parser, EmptyTextsHaveNoStatements) {
  for (const char* sql : {"", ";", " ;; ; ", "-- comment", "/* comment */"}) {
    Result<std::vector<ParsedStatement>> parsed = Parse(sql);
    ASSERT_TRUE(parsed.ok()) << sql;
    EXPECT_TRUE(parsed->empty()) << sql;
  }
}

TEST(Parser, EachStatementKnowsItsText) {
  std::string sql = " SELECT 1 ;\n SELECT $2, $1 ; COMMIT";
  Result<std::vector<ParsedStatement>> parsed = Parse(sql);
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->size(), 3u);
  auto text = [&](size_t i) {
    return sql.substr((*parsed)[i].text_offset, (*parsed)[i].text_length);
  };
  EXPECT_EQ(text(0), "SELECT 1");
  EXPECT_EQ(text(1), "SELECT $2, $1");
  EXPECT_EQ(text(2), "COMMIT");
  EXPECT_EQ((*parsed)[0].parameter_count, 0);
  EXPECT_EQ((*parsed)[1].parameter_count, 2);
  const auto& select = ast::As<ast::Select>(*(*parsed)[1].statement);
  EXPECT_EQ(select.targets[0].location, static_cast<int>(sql.find("$2")));
}

TEST(Parser, TreeOutlivesTextAndSiblings) {
  ParsedStatement kept;
  {
    std::string sql = "SELECT a + 1 FROM t; SELECT 2";
    Result<std::vector<ParsedStatement>> parsed = Parse(sql);
    ASSERT_TRUE(parsed.ok());
    kept = (*parsed)[0];
  }
  EXPECT_EQ(Deparse(*kept.statement), "SELECT (a + 1) FROM t");
}

TEST(Parser, ErrorsCountCharacters) {
  Status error = ParseError("SELECT 'é', €");
  EXPECT_TRUE(error.ok());  // a column named €
  error = ParseError("SELECT 'é€' FROM FROM");
  EXPECT_EQ(error.error().position, 18);
  EXPECT_EQ(error.message(), "syntax error at or near \"FROM\"");
  // Of the second statement, in the whole text.
  error = ParseError("SELECT 'é'; SELECT * FROM t TABLESAMPLE SYSTEM (1)");
  EXPECT_EQ(error.error().position, 41);
}

TEST(Parser, UnsupportedStatementLeavesTheOthers) {
  Result<std::vector<ParsedStatement>> parsed = Parse("SELECT 1; LISTEN x; SELECT 2");
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->size(), 3u);
  EXPECT_EQ((*parsed)[0].statement->kind, ast::StatementKind::kSelect);
  EXPECT_EQ((*parsed)[1].statement->kind, ast::StatementKind::kInvalid);
  EXPECT_EQ((*parsed)[2].statement->kind, ast::StatementKind::kSelect);
}

TEST(Parser, BadBytesAreRefused) {
  for (std::string_view bad :
       {std::string_view("SELECT '\xff'"), std::string_view("SELECT '\xc3'"),
        std::string_view("SELECT '\xed\xa0\x80'"), std::string_view("SELECT '\xc0\x80'"),
        std::string_view("SELECT '\xf4\x90\x80\x80'"), std::string_view("SELECT 1\0", 9)}) {
    Result<std::vector<ParsedStatement>> parsed = Parse(bad);
    ASSERT_FALSE(parsed.ok());
    EXPECT_STREQ(parsed.status().sqlstate().code, "22021");
  }
  EXPECT_EQ(Parse("SELECT '\xc3'").status().message(),
            "invalid byte sequence for encoding \"UTF8\": 0xc3 0x27");
}

TEST(Parser, NamesAreCutTo63Bytes) {
  std::string longest(63, 'x');
  Result<std::vector<ParsedStatement>> parsed = Parse("SELECT " + longest + "yyy");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(Deparse(*(*parsed)[0].statement), "SELECT " + longest);
}

// Everything that nests, from deep to far too deep, on a stack as small as a thread may have.
TEST(Parser, DepthIsLimitedNotFatal) {
  std::thread([] {
    for (size_t depth : {kMaxNestingDepth * 2, 20000, 100000}) {
      std::vector<std::string> texts = {
          "SELECT " + Repeat("(", depth) + "1" + Repeat(")", depth),
          "SELECT " + Repeat("- ", depth) + "a",
          "SELECT 1" + Repeat(" + 1", depth),
          "SELECT " + Repeat("NOT ", depth) + "a",
          "SELECT a" + Repeat("::int", depth),
          "SELECT a" + Repeat(" COLLATE c", depth),
          "SELECT 1" + Repeat(" UNION SELECT 1", depth),
          "SELECT * FROM a" + Repeat(" JOIN a ON true", depth),
          "SELECT * FROM " + Repeat("(SELECT * FROM ", depth) + "t" + Repeat(") x", depth),
          "SELECT " + Repeat("CASE WHEN ", depth) + "a" + Repeat(" THEN 1 END", depth),
          "SELECT " + Repeat("f(", depth) + Repeat(")", depth),
          "SELECT " + Repeat("ARRAY[", depth) + Repeat("]", depth),
          "SELECT " + Repeat("ROW(", depth) + Repeat(")", depth),
          Repeat("EXPLAIN ", depth) + "SELECT 1",
          Repeat("WITH a AS (", depth) + "SELECT 1" + Repeat(") SELECT 1", depth),
      };
      for (const std::string& text : texts) {
        Status error = ParseError(text);
        if (error.ok()) {
          // Redundant parentheses leave no trace in the tree.
          EXPECT_TRUE(text.starts_with("SELECT (")) << text.substr(0, 40);
          continue;
        }
        bool expected =
            error.Is(sqlstate::kStatementTooComplex) || error.Is(sqlstate::kSyntaxError);
        EXPECT_TRUE(expected) << error.ToString() << " of " << text.substr(0, 40);
      }
    }
    EXPECT_EQ(ParseError("SELECT " + Repeat("(", 100000) + "1" + Repeat(")", 100000)).ToString(),
              "54001: stack depth limit exceeded");
    EXPECT_EQ(ParseError("SELECT 1" + Repeat(" + 1", 100000)).ToString(),
              "54001: stack depth limit exceeded");
  }).join();
}

// Flat things are not deep: long lists and chains of AND are what programs write.
TEST(Parser, LengthIsNotDepth) {
  EXPECT_TRUE(ParseError("SELECT a" + Repeat(", a", 20000)).ok());
  EXPECT_TRUE(ParseError("SELECT 1 WHERE a" + Repeat(" AND a", 20000)).ok());
  EXPECT_TRUE(ParseError("SELECT 1 WHERE a" + Repeat(" OR b = 1", 20000)).ok());
  EXPECT_TRUE(ParseError("SELECT a IN (1" + Repeat(", 1", 20000) + ")").ok());
  EXPECT_TRUE(ParseError("INSERT INTO t VALUES (1)" + Repeat(", (1)", 20000)).ok());
  EXPECT_TRUE(ParseError("SELECT 1" + Repeat(" + 1", 900)).ok());
}

TEST(Parser, ExpressionAlone) {
  Result<ParsedExpression> parsed = ParseExpression("nextval('a_seq')");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(Deparse(*parsed->expression), "nextval('a_seq')");
  EXPECT_FALSE(ParseExpression("1, 2").ok());
  EXPECT_FALSE(ParseExpression("1; SELECT 2").ok());
  EXPECT_FALSE(ParseExpression("1 FROM t").ok());
  EXPECT_FALSE(ParseExpression("").ok());
}

TEST(Parser, QuotesWhereNeeded) {
  EXPECT_EQ(QuoteIdentifier("abc_1"), "abc_1");
  EXPECT_EQ(QuoteIdentifier("abc$"), "\"abc$\"");
  EXPECT_EQ(QuoteIdentifier("Abc"), "\"Abc\"");
  EXPECT_EQ(QuoteIdentifier("1a"), "\"1a\"");
  EXPECT_EQ(QuoteIdentifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(QuoteIdentifier("select"), "\"select\"");
  EXPECT_EQ(QuoteIdentifier("name"), "name");
  EXPECT_EQ(QuoteLiteral("a'b"), "'a''b'");
  EXPECT_EQ(QuoteLiteral("a\\'b"), "E'a\\\\''b'");
}

TEST(Parser, ManyThreadsAtOnce) {
  std::atomic<int> wrong{0};
  // More threads one after the other than the grammar could keep state for at once.
  for (int round = 0; round < 10; ++round) {
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&wrong, t] {
        for (int i = 0; i < 100; ++i) {
          std::string column = fmt::format("c{}_{}", t, i);
          std::string sql = "SELECT " + column + " FROM t";
          Result<std::vector<ParsedStatement>> parsed = Parse(sql);
          if (!parsed.ok() || Deparse(*(*parsed)[0].statement) != sql) ++wrong;
          Status error = Parse("SELECT FROM " + column + " +").status();
          if (!error.Is(sqlstate::kSyntaxError)) ++wrong;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(wrong.load(), 0);
}

}  // namespace
}  // namespace shale::sql
