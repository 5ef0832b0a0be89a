// Goal: queries and changes bind as PostgreSQL understands them, and errors read as its own.
// Method: each line of golden/*.sql is bound against the catalog of test_catalog.h; golden/*.out
// holds what came of it. SHALE_REWRITE=1 rewrites the answers.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "sql/bind/binder.h"
#include "sql/bind/bound_subquery.h"
#include "sql/parse/parser.h"
#include "tests/sql/bind/test_catalog.h"

namespace shale::sql {
namespace {

std::string Text(const ExprPtr& expr) { return expr == nullptr ? "-" : ToString(*expr); }

std::string Describe(const BoundSelect& select, const std::string& indent);

std::string Describe(const FromNode& node, const BoundSelect& select) {
  if (node.relation >= 0) return select.range_table[node.relation].alias;
  std::string_view join = node.join == JoinKind::kInner  ? "join"
                          : node.join == JoinKind::kLeft ? "left join"
                                                         : "full join";
  std::string text =
      fmt::format("({} {} {}", Describe(*node.left, select), join, Describe(*node.right, select));
  if (node.condition != nullptr) text += " on " + Text(node.condition);
  return text + ")";
}

// Subqueries in the query's expressions: what they take from it, and they themselves.
std::string DescribeSubqueries(const ExprPtr& expr, const std::string& indent) {
  std::string text;
  if (expr == nullptr) return text;
  Walk(*expr, [&](const Expr& node) {
    if (node.kind != ExprKind::kSubquery) return true;
    const auto& subquery = static_cast<const SubqueryExpr&>(node);
    text += fmt::format("{}{} is {}", indent, ToString(node), catalog::FormatType(node.type));
    if (subquery.info->is_volatile) text += " volatile";
    text += "\n";
    for (const SubqueryExpr::Outer& outer : subquery.outer) {
      text += fmt::format("{}  {} = {}\n", indent, outer.slot, Text(outer.value));
    }
    if (subquery.test != nullptr) text += fmt::format("{}  test {}\n", indent, Text(subquery.test));
    text += Describe(*BodyOf(subquery).select, indent + "    ");
    return true;
  });
  return text;
}

std::string Describe(const std::vector<BoundTarget>& targets, const std::string& indent) {
  std::string text;
  for (const BoundTarget& target : targets) {
    text += fmt::format("{}{} {}: {}", indent, target.hidden ? "(hidden)" : target.column.name,
                        catalog::FormatType(target.column.type), Text(target.expr));
    if (target.column.table_oid != 0) {
      text += fmt::format(" [{}.{}]", target.column.table_oid, target.column.attnum);
    }
    text += "\n" + DescribeSubqueries(target.expr, indent + "  ");
  }
  return text;
}

std::string Describe(const BoundWindow& window) {
  std::string text = "window";
  for (const ExprPtr& expr : window.partition_by) text += " by " + Text(expr);
  for (const BoundWindow::Order& order : window.order_by) {
    text += " order " + Text(order.expr) + (order.descending ? " desc" : "");
  }
  const WindowFrame& frame = window.frame;
  text += fmt::format(" mode {} from {} to {} exclude {}", static_cast<int>(frame.mode),
                      static_cast<int>(frame.start), static_cast<int>(frame.end),
                      static_cast<int>(frame.exclusion));
  if (frame.start_offset != nullptr) text += " start " + Text(frame.start_offset);
  if (frame.end_offset != nullptr) text += " end " + Text(frame.end_offset);
  return text;
}

std::string Describe(const BoundSelect& select, const std::string& indent) {
  std::string text = Describe(select.targets, indent);
  if (select.set_operation != BoundSetOperation::kNone) {
    text += fmt::format("{}set operation {}{}\n", indent, static_cast<int>(select.set_operation),
                        select.set_all ? " all" : "");
    text += Describe(*select.left, indent + "  ") + indent + "and\n" +
            Describe(*select.right, indent + "  ");
  }
  if (select.from != nullptr) text += indent + "from " + Describe(*select.from, select) + "\n";
  for (const RangeEntry& entry : select.range_table) {
    for (const BoundTableFunction& function : entry.functions) {
      text += indent + "function " + Text(function.call);
      for (const OutputColumn& column : function.columns) {
        text += fmt::format(" {} {}", column.name, catalog::FormatType(column.type));
      }
      text += entry.ordinality ? " with ordinality\n" : "\n";
    }
    if (entry.kind == RangeEntry::Kind::kCte) {
      text += fmt::format("{}{} {} as {}\n", indent,
                          entry.is_working_table ? "working table" : "cte", entry.cte, entry.alias);
    }
    for (const std::vector<ExprPtr>& row : entry.values) {
      text += indent + "row";
      for (const ExprPtr& value : row) text += " " + Text(value);
      text += "\n";
    }
    if (entry.subquery != nullptr) {
      text += indent + "subquery " + entry.alias + "\n" + Describe(*entry.subquery, indent + "  ");
    }
  }
  if (select.where != nullptr) {
    text += indent + "where " + Text(select.where) + "\n";
    text += DescribeSubqueries(select.where, indent + "  ");
  }
  if (select.grouped) {
    text += indent + "group by";
    for (const ExprPtr& expr : select.group_by) text += " " + Text(expr);
    for (const std::vector<int>& set : select.grouping_sets) {
      text += fmt::format(" ({})", fmt::join(set, ", "));
    }
    text += "\n";
  }
  for (const BoundWindow& window : select.windows) text += indent + Describe(window) + "\n";
  if (select.having != nullptr) {
    text += indent + "having " + Text(select.having) + "\n";
    text += DescribeSubqueries(select.having, indent + "  ");
  }
  if (select.distinct) {
    text += indent + "distinct";
    for (const BoundSortKey& key : select.distinct_on) text += fmt::format(" on {}", key.target);
    text += "\n";
  }
  for (const BoundSortKey& key : select.order_by) {
    text += fmt::format("{}order by {}{}{}\n", indent, key.target, key.descending ? " desc" : "",
                        key.nulls_first ? " nulls first" : "");
  }
  if (select.limit != nullptr) {
    text += indent + "limit " + Text(select.limit) + (select.with_ties ? " with ties\n" : "\n");
  }
  if (select.offset != nullptr) text += indent + "offset " + Text(select.offset) + "\n";
  for (const BoundRowLock& lock : select.locks) {
    text += fmt::format("{}lock mode {} wait {}:", indent, static_cast<int>(lock.mode),
                        static_cast<int>(lock.wait));
    for (int relation : lock.relations) text += " " + select.range_table[relation].alias;
    text += "\n";
  }
  return text;
}

std::string Describe(const BoundCte& cte, size_t number, const std::string& indent) {
  std::string text = fmt::format("{}with {} {}{}{} references {}\n", indent, number, cte.name,
                                 cte.is_recursive ? " recursive" : "",
                                 cte.is_inlined ? " inlined" : "", cte.references);
  const std::string inner = indent + "  ";
  if (cte.select != nullptr) text += Describe(*cte.select, inner);
  if (cte.insert != nullptr) text += Describe(cte.insert->returning, inner + "insert ");
  if (cte.update != nullptr) {
    text += Describe(cte.update->input, inner) + Describe(cte.update->returning, inner + "update ");
  }
  if (cte.del != nullptr) {
    text += Describe(cte.del->input, inner) + Describe(cte.del->returning, inner + "delete ");
  }
  return text;
}

std::string Describe(const BoundStatement& bound) {
  const std::string indent = "    ";
  std::string text;
  for (size_t i = 0; i < bound.ctes.size(); ++i) text += Describe(*bound.ctes[i], i, indent);
  if (bound.select != nullptr) text += Describe(*bound.select, indent);
  if (bound.insert != nullptr) {
    if (bound.insert->source != nullptr) {
      text += indent + "source\n" + Describe(*bound.insert->source, indent + "  ");
    }
    text += indent + "row";
    for (const ExprPtr& expr : bound.insert->row) text += " " + Text(expr);
    text += bound.insert->on_conflict_do_nothing ? " or nothing\n" : "\n";
    if (const auto& update = bound.insert->conflict_update) {
      for (const BoundAssignment& assignment : update->assignments) {
        text += fmt::format("{}or set {} = {}\n", indent, assignment.column, Text(assignment.expr));
      }
      if (update->where) text += indent + "where " + Text(update->where) + "\n";
    }
    text += Describe(bound.insert->returning, indent);
  }
  if (bound.update != nullptr) {
    for (const BoundAssignment& assignment : bound.update->assignments) {
      text += fmt::format("{}set {} = {}\n", indent, assignment.column, Text(assignment.expr));
      text += DescribeSubqueries(assignment.expr, indent + "  ");
    }
    text += Describe(bound.update->input, indent) + Describe(bound.update->returning, indent);
  }
  if (bound.del != nullptr) {
    text += Describe(bound.del->input, indent) + Describe(bound.del->returning, indent);
  }
  if (!bound.parameter_types.empty()) {
    text += indent + "parameters";
    for (catalog::Oid type : bound.parameter_types) text += " " + catalog::FormatType({type, -1});
    text += "\n";
  }
  return text;
}

std::string Answer(const std::string& sql, const catalog::CatalogSnapshot& catalog) {
  catalog::FormatSettings settings;
  BindContext context;
  context.catalog = &catalog;
  context.search_path = {catalog::kPgCatalogSchemaOid, catalog::kPublicSchemaOid};
  context.settings = &settings;
  context.source = sql;
  Status status;
  Result<std::vector<ParsedStatement>> parsed = Parse(sql);
  if (parsed.ok()) {
    Result<BoundStatement> bound = Bind(context, *parsed->front().statement);
    if (bound.ok()) return Describe(*bound);
    status = bound.status();
  } else {
    status = parsed.status();
  }
  const ErrorFields& error = status.error();
  std::string text =
      fmt::format("    ERROR {} {} {}\n", error.sqlstate.code, error.position, error.message);
  if (!error.detail.empty()) text += "    DETAIL " + error.detail + "\n";
  if (!error.hint.empty()) text += "    HINT " + error.hint + "\n";
  return text;
}

std::string Read(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

class BindGolden : public testing::TestWithParam<std::string> {};

TEST_P(BindGolden, AnswersAreAsWritten) {
  std::filesystem::path folder = std::filesystem::path(SHALE_SOURCE_DIR) / "tests/sql/bind/golden";
  std::shared_ptr<const catalog::CatalogSnapshot> catalog = MakeTestCatalog();
  std::istringstream lines(Read(folder / (GetParam() + ".sql")));
  std::string answers;
  for (std::string line; std::getline(lines, line);) {
    answers += line + "\n" + Answer(line, *catalog);
  }
  std::filesystem::path out = folder / (GetParam() + ".out");
  if (std::getenv("SHALE_REWRITE") != nullptr) std::ofstream(out) << answers;
  EXPECT_EQ(answers, Read(out));
}

INSTANTIATE_TEST_SUITE_P(All, BindGolden,
                         testing::Values("query", "window", "change", "error", "subquery",
                                         "function"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace shale::sql
