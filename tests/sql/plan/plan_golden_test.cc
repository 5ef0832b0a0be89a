// Goal: the planner chooses what its statistics say is cheap, rule by rule, and estimates rows as
// they do. Method: each line of golden/*.sql is planned against the catalog of shop_catalog.h;
// golden/*.out holds EXPLAIN's answers. SHALE_REWRITE=1 rewrites them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "sql/bind/binder.h"
#include "sql/parse/parser.h"
#include "sql/plan/plan.h"
#include "tests/sql/plan/shop_catalog.h"

namespace shale::sql {
namespace {

Result<std::string> PlanText(const std::string& sql, const catalog::CatalogSnapshot& catalog,
                             const ParallelSettings& parallel) {
  catalog::FormatSettings settings;
  ASSIGN_OR_RETURN(std::vector<ParsedStatement> parsed, Parse(sql));
  BindContext bind;
  bind.catalog = &catalog;
  bind.search_path = {catalog::kPgCatalogSchemaOid, catalog::kPublicSchemaOid};
  bind.settings = &settings;
  bind.source = sql;
  ASSIGN_OR_RETURN(BoundStatement bound, Bind(bind, *parsed.at(0).statement));
  PlanContext context;
  context.catalog = &catalog;
  context.settings = &settings;
  context.bind = &bind;
  context.parallel = parallel;
  ASSIGN_OR_RETURN(std::shared_ptr<const Plan> plan, MakePlan(context, std::move(bound)));
  std::string text;
  for (const std::string& line : ExplainPlan(*plan, {})) text += "    " + line + "\n";
  return text;
}

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class PlanGolden : public testing::TestWithParam<std::string> {};

TEST_P(PlanGolden, PlansAreAsWritten) {
  const std::filesystem::path folder =
      std::filesystem::path(SHALE_SOURCE_DIR) / "tests/sql/plan/golden";
  const ShopCatalog catalog;
  ParallelSettings parallel;
  if (GetParam() == "parallel") parallel.max_workers_per_gather = 2;
  std::istringstream lines(ReadFile(folder / (GetParam() + ".sql")));
  std::string plans;
  for (std::string line; std::getline(lines, line);) {
    plans += line + "\n";
    if (line.starts_with("--")) continue;
    auto text = PlanText(line, *catalog.snapshot(), parallel);
    plans += text.ok() ? *text : "    " + text.status().ToString() + "\n";
  }
  const std::filesystem::path out = folder / (GetParam() + ".out");
  if (std::getenv("SHALE_REWRITE") != nullptr) std::ofstream(out) << plans;
  EXPECT_EQ(plans, ReadFile(out));
}

INSTANTIATE_TEST_SUITE_P(All, PlanGolden,
                         testing::Values("selectivity", "index_choice", "join_method", "join_order",
                                         "outer_joins", "factor_or", "groups", "inline_functions",
                                         "parallel", "semi_joins"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace shale::sql
