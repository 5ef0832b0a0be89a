// Goal: what is taken to follow from conditions does, and what partial indexes are asked for often
// is found. Method: pairs of conditions, and for comparisons a look at every value there is.
#include "sql/expr/implication.h"

#include <gtest/gtest.h>

#include "tests/sql/expr/expression_parser.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

const std::map<std::string, TestColumn> kImplicationColumns = {
    {"a", {0, {type_oid::kInt4, -1}}},
    {"b", {1, {type_oid::kInt4, -1}}},
    {"t", {2, {type_oid::kText, -1}}},
    {"c", {3, {type_oid::kBool, -1}}},
};

bool Follows(std::string_view given, std::string_view condition) {
  const catalog::FormatSettings settings;
  auto from = ParseExpression(given, settings, kImplicationColumns);
  auto to = ParseExpression(condition, settings, kImplicationColumns);
  EXPECT_TRUE(from.ok() && to.ok()) << given << " / " << condition;
  return from.ok() && to.ok() && Implies({from->get()}, **to);
}

TEST(Implication, WhatFollows) {
  const std::pair<const char*, const char*> cases[] = {
      {"a > 1", "a > 1"},
      {"a > 1 and b = 2", "a > 1"},
      {"a > 1 and b = 2", "b = 2 and a > 1"},
      {"a = 1", "a > 0 or b > 0"},
      {"a > 5 or a > 7", "a > 3"},
      {"a = 3", "a is not null"},
      {"a + 1 > b", "b is not null"},
      {"a in (1, 2)", "a is not null"},
      {"t = 'x'", "t <> 'y'"},
      {"c = false", "not c"},
      {"not c", "c = false"},
      {"c", "c = true"},
      {"5 < a", "a > 4"},
  };
  for (const auto& [given, condition] : cases) {
    EXPECT_TRUE(Follows(given, condition)) << given << " / " << condition;
  }
}

TEST(Implication, WhatDoesNot) {
  const std::pair<const char*, const char*> cases[] = {
      {"a > 1", "a > 2"},
      {"a > 1 or b = 2", "a > 1"},
      {"a > 1", "b > 1"},
      {"a is null", "a is not null"},
      {"coalesce(a, 1) = 1", "a is not null"},
      {"c", "not c"},
      {"c is not true", "c = false"},
      {"a <> 1", "a > 1"},
      {"a + 1 = 2", "a = 1"},
  };
  for (const auto& [given, condition] : cases) {
    EXPECT_FALSE(Follows(given, condition)) << given << " / " << condition;
  }
}

bool Holds(int value, std::string_view op, int constant) {
  if (op == "=") return value == constant;
  if (op == "<>") return value != constant;
  if (op == "<") return value < constant;
  if (op == "<=") return value <= constant;
  if (op == ">") return value > constant;
  return value >= constant;
}

// Between 0 and 4 the values from -2 to 6 tell all that the integers could.
TEST(Implication, ComparisonsWithConstants) {
  constexpr std::string_view kOperators[] = {"=", "<>", "<", "<=", ">", ">="};
  for (std::string_view from : kOperators) {
    for (std::string_view to : kOperators) {
      for (int left = 0; left < 5; ++left) {
        for (int right = 0; right < 5; ++right) {
          if (!Follows(fmt::format("a {} {}", from, left), fmt::format("a {} {}", to, right))) {
            continue;
          }
          for (int value = -2; value < 7; ++value) {
            EXPECT_TRUE(!Holds(value, from, left) || Holds(value, to, right))
                << from << left << " / " << to << right << " for " << value;
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace shale::sql
