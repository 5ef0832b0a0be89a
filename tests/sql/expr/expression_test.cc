// Goal: expressions have the type and value, or the error, that PostgreSQL 15 gives them. Method:
// the files data/*.test, one expression a line with the recorded answer of a real server
// (data/record).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "sql/expr/evaluate_internal.h"
#include "tests/sql/expr/expression_parser.h"
#include "tests/sql/expr/test_host.h"

namespace shale::sql {
namespace {

std::string Describe(const Status& status) {
  return fmt::format("ERROR {}: {}", status.sqlstate().code, status.message());
}

// "type | value" or "ERROR sqlstate: message". fold: constants are folded before, as a planner
// does.
std::string Answer(std::string_view text, bool fold) {
  catalog::FormatSettings settings;
  settings.statement_timestamp_us = settings.transaction_timestamp_us = 783'000'000'000'000;
  Result<ExprPtr> expr = ParseExpression(text, settings);
  if (!expr.ok()) return Describe(expr.status());
  if (fold) FoldConstants(*expr, settings);
  Arena arena;
  TestHost host;
  EvalContext context;
  context.arena = &arena;
  context.settings = &settings;
  context.host = &host;
  Result<catalog::Value> value = EvaluateScalar(context, **expr);
  if (!value.ok()) return Describe(value.status());
  std::string answer = TypeName((*expr)->type.oid) + " | ";
  if (value->is_null()) return answer + "NULL";
  Status status = AppendValueText(context, value->type(), value->datum(), &answer);
  if (!status.ok()) return Describe(status);
  return answer;
}

class ExpressionTest : public testing::TestWithParam<std::string> {};

TEST_P(ExpressionTest, AnswersAsRecorded) {
  std::ifstream file(GetParam());
  ASSERT_TRUE(file.good());
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    size_t arrow = line.find(" => ");
    if (line.empty() || line.starts_with('#') || arrow == std::string::npos) continue;
    std::string text = line.substr(0, arrow);
    std::string expected = line.substr(arrow + 4);
    for (bool fold : {false, true}) {
      std::string answer = Answer(text, fold);
      EXPECT_TRUE(answer == expected) << "line " << number << (fold ? ", folded: " : ": ") << text
                                      << "\n  expected " << expected << "\n  was      " << answer;
    }
  }
}

std::vector<std::string> DataFiles() {
  std::vector<std::string> files;
  std::string folder = std::string(SHALE_SOURCE_DIR) + "/tests/sql/expr/data";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".test") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

INSTANTIATE_TEST_SUITE_P(Data, ExpressionTest, testing::ValuesIn(DataFiles()),
                         [](const testing::TestParamInfo<std::string>& info) {
                           return std::filesystem::path(info.param).stem().string();
                         });

}  // namespace
}  // namespace shale::sql
