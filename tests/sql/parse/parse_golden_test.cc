// Goal: every statement kind, clause and refusal reads as the golden files say. Method: each line
// of golden/*.sql is parsed and written back; golden/*.out holds the answers. What is written back
// must parse to the same text again. SHALE_REWRITE=1 rewrites the answers.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sql/parse/ast_utility.h"
#include "sql/parse/deparse.h"
#include "sql/parse/parser.h"

namespace shale::sql {
namespace {

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Answer(const std::string& sql) {
  Result<std::vector<ParsedStatement>> parsed = Parse(sql);
  if (!parsed.ok()) {
    const ErrorFields& error = parsed.status().error();
    return fmt::format("SYNTAX ERROR {}: {} (position {})", error.sqlstate.code, error.message,
                       error.position);
  }
  std::string answer;
  for (const ParsedStatement& statement : *parsed) {
    if (!answer.empty()) answer += "; ";
    answer += Deparse(*statement.statement);
    if (const auto* invalid = ast::Cast<ast::Invalid>(statement.statement)) {
      const ErrorFields fields = invalid->ToStatus().error();
      if (!fields.detail.empty()) answer += " DETAIL: " + fields.detail;
      if (!fields.hint.empty()) answer += " HINT: " + fields.hint;
    }
  }
  return answer;
}

class ParseGolden : public testing::TestWithParam<std::string> {};

TEST_P(ParseGolden, AnswersAreAsWritten) {
  std::filesystem::path folder = std::filesystem::path(SHALE_SOURCE_DIR) / "tests/sql/parse/golden";
  std::istringstream lines(Read(folder / (GetParam() + ".sql")));
  std::string answers;
  for (std::string line; std::getline(lines, line);) {
    std::string answer = Answer(line);
    answers += line + "\n    " + answer + "\n";
    if (answer.starts_with("ERROR") || answer.starts_with("SYNTAX ERROR")) continue;
    EXPECT_EQ(Answer(answer), answer) << "of " << line;
  }
  std::filesystem::path out = folder / (GetParam() + ".out");
  if (std::getenv("SHALE_REWRITE") != nullptr) std::ofstream(out) << answers;
  EXPECT_EQ(answers, Read(out));
}

INSTANTIATE_TEST_SUITE_P(All, ParseGolden,
                         testing::Values("select", "window", "expression", "dml", "merge", "cursor",
                                         "copy", "database", "ddl", "utility", "error"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace shale::sql
