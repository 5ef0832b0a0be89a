// Goal: no text, however broken, brings the parser down or makes a tree that cannot be written
// back. Method: random edits of the golden statements: bytes changed, cut, doubled, and parts of
// two joined.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "sql/parse/deparse.h"
#include "sql/parse/parser.h"

namespace shale::sql {
namespace {

std::vector<std::string> Seeds() {
  std::vector<std::string> seeds;
  std::filesystem::path folder = std::filesystem::path(SHALE_SOURCE_DIR) / "tests/sql/parse/golden";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".sql") continue;
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) seeds.push_back(line);
  }
  return seeds;
}

TEST(ParseMutation, NothingCrashes) {
  std::vector<std::string> seeds = Seeds();
  ASSERT_GT(seeds.size(), 100u);
  std::mt19937_64 random(20240229);
  auto below = [&](size_t limit) { return limit == 0 ? 0 : random() % limit; };
  constexpr std::string_view kBytes =
      "()[]{},;:.'\"$\\*+-/<>=~!@#%^&|`?_ 0123456789aeExX\n\t\xc3\xa9";
  int parsed_count = 0;
  for (int i = 0; i < 60000; ++i) {
    std::string text = seeds[below(seeds.size())];
    for (size_t edits = 1 + below(2); edits > 0 && !text.empty(); --edits) {
      size_t at = below(text.size());
      switch (below(5)) {
        case 0:
          text[at] = kBytes[below(kBytes.size())];
          break;
        case 1:
          text.erase(at, 1 + below(8));
          break;
        case 2:
          text.insert(at, text.substr(below(text.size()), 1 + below(16)));
          break;
        case 3: {
          const std::string& other = seeds[below(seeds.size())];
          text = text.substr(0, at) + other.substr(below(other.size()));
        } break;
        default:
          text[at] = static_cast<char>(random());
      }
    }
    Result<std::vector<ParsedStatement>> parsed = Parse(text);
    if (!parsed.ok()) {
      EXPECT_GE(parsed.status().error().position, 0);
      EXPECT_LE(parsed.status().error().position, static_cast<int>(text.size()) + 1);
      continue;
    }
    for (const ParsedStatement& statement : *parsed) {
      ++parsed_count;
      ASSERT_LE(statement.text_offset + statement.text_length, text.size());
      if (statement.statement->kind == ast::StatementKind::kInvalid) continue;
      std::string written = Deparse(*statement.statement);
      Result<std::vector<ParsedStatement>> again = Parse(written);
      ASSERT_TRUE(again.ok()) << text << "\n" << written << "\n" << again.status().ToString();
      ASSERT_EQ(again->size(), 1u) << text << "\n" << written;
      EXPECT_EQ(Deparse(*(*again)[0].statement), written) << text;
    }
  }
  EXPECT_GT(parsed_count, 1000);
}

}  // namespace
}  // namespace shale::sql
