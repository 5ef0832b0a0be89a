#include "sql/expr/index_definition.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "sql/parse/deparse.h"

namespace shale::sql {
namespace {

// Where the parenthesis that opens at `open` closes; npos: nowhere.
size_t ClosingParenthesis(std::string_view text, size_t open) {
  int depth = 0;
  for (size_t at = open; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\'' || c == '"') {
      at = text.find(c, at + 1);
      if (at == std::string_view::npos) return at;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && --depth == 0) {
      return at;
    }
  }
  return std::string_view::npos;
}

// The function's name, where the text is nothing but a call.
std::string_view CalledFunction(std::string_view text) {
  const size_t open = text.find('(');
  if (open == 0 || open == std::string_view::npos) return {};
  const std::string_view name = text.substr(0, open);
  const bool is_name = std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '"';
  });
  return is_name && ClosingParenthesis(text, open) == text.size() - 1 ? name : std::string_view();
}

std::string_view WithoutParentheses(std::string_view text) {
  if (!text.starts_with('(') || ClosingParenthesis(text, 0) != text.size() - 1) return text;
  return text.substr(1, text.size() - 2);
}

std::string ExpressionText(std::string_view sql, DefinitionStyle style) {
  if (!CalledFunction(sql).empty()) return std::string(sql);
  return fmt::format("({})", style == DefinitionStyle::kPretty ? WithoutParentheses(sql) : sql);
}

std::string ColumnText(const catalog::TableDesc& table, int column) {
  return QuoteIdentifier(table.columns[static_cast<size_t>(column)].name);
}

std::string IncludeText(const catalog::TableDesc& table, const catalog::IndexDesc& index) {
  std::string columns;
  for (int column : index.include) {
    if (!columns.empty()) columns += ", ";
    columns += ColumnText(table, column);
  }
  return columns.empty() ? columns : " INCLUDE (" + columns + ")";
}

std::string OptionsText(const catalog::IndexDesc& index) {
  std::string options;
  for (std::string_view option : index.options) {
    if (!options.empty()) options += ", ";
    const size_t equals = option.find('=');
    options += fmt::format("{}={}", QuoteIdentifier(option.substr(0, equals)),
                           QuoteLiteral(option.substr(equals + 1)));
  }
  return options.empty() ? options : " WITH (" + options + ")";
}

}  // namespace

catalog::IndexDesc PrimaryKeyIndex(const catalog::TableDesc& table) {
  catalog::IndexDesc index;
  index.oid = table.primary_key_index_oid;
  index.table_oid = table.oid;
  index.schema_oid = table.schema_oid;
  index.name = table.primary_key_name;
  index.unique = true;
  index.constraint_oid = table.primary_key_oid;
  for (int column : table.primary_key) {
    index.keys.push_back({column, {}, table.columns[static_cast<size_t>(column)].type});
  }
  return index;
}

std::string IndexColumnDefinition(const catalog::TableDesc& table, const catalog::IndexDesc& index,
                                  int number, DefinitionStyle style) {
  const auto position = static_cast<size_t>(number - 1);
  if (number < 1 || position >= index.keys.size() + index.include.size()) return {};
  if (position >= index.keys.size()) {
    return ColumnText(table, index.include[position - index.keys.size()]);
  }
  const catalog::IndexKey& key = index.keys[position];
  return key.column >= 0 ? ColumnText(table, key.column)
                         : ExpressionText(key.expression_sql, style);
}

std::string IndexKeyDefinition(const catalog::TableDesc& table, const catalog::IndexDesc& index,
                               DefinitionStyle style) {
  std::string columns;
  for (size_t i = 0; i < index.keys.size(); ++i) {
    if (i > 0) columns += ", ";
    columns += IndexColumnDefinition(table, index, static_cast<int>(i) + 1, style);
  }
  return columns;
}

std::string IndexDefinition(const catalog::TableDesc& table, const catalog::IndexDesc& index,
                            std::string_view table_name, DefinitionStyle style) {
  std::string columns;
  for (size_t i = 0; i < index.keys.size(); ++i) {
    const catalog::IndexKey& key = index.keys[i];
    if (i > 0) columns += ", ";
    columns += IndexColumnDefinition(table, index, static_cast<int>(i) + 1, style);
    if (!key.operator_class.empty()) columns += " " + QuoteIdentifier(key.operator_class);
    if (key.descending) columns += key.nulls_first ? " DESC" : " DESC NULLS LAST";
    if (!key.descending && key.nulls_first) columns += " NULLS FIRST";
  }
  std::string text =
      fmt::format("CREATE {}INDEX {} ON {} USING btree ({}){}{}{}", index.unique ? "UNIQUE " : "",
                  QuoteIdentifier(index.name), table_name, columns, IncludeText(table, index),
                  index.nulls_not_distinct ? " NULLS NOT DISTINCT" : "", OptionsText(index));
  if (index.predicate_sql) {
    const std::string_view predicate = *index.predicate_sql;
    text += " WHERE ";
    text += style == DefinitionStyle::kPretty ? WithoutParentheses(predicate) : predicate;
  }
  return text;
}

std::string UniqueDefinition(const catalog::TableDesc& table, const catalog::IndexDesc& index) {
  return fmt::format("{} {}({}){}{}{}{}", index.primary ? "PRIMARY KEY" : "UNIQUE",
                     index.nulls_not_distinct ? "NULLS NOT DISTINCT " : "",
                     IndexKeyDefinition(table, index, DefinitionStyle::kPlain),
                     IncludeText(table, index), OptionsText(index),
                     index.deferrable ? " DEFERRABLE" : "",
                     index.initially_deferred ? " INITIALLY DEFERRED" : "");
}

std::string IndexColumnName(const catalog::TableDesc& table, const catalog::IndexDesc& index,
                            int number) {
  std::vector<std::string> names;
  for (int i = 0; i < number; ++i) {
    const auto position = static_cast<size_t>(i);
    int column = -1;
    if (position >= index.keys.size()) {
      column = index.include[position - index.keys.size()];
    } else {
      column = index.keys[position].column;
    }
    std::string name = "expr";
    if (column >= 0) {
      name = table.columns[static_cast<size_t>(column)].name;
    } else if (auto called = CalledFunction(index.keys[position].expression_sql); !called.empty()) {
      name = called;
      std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    }
    std::string distinct = name;
    for (int repeated = 1; std::ranges::find(names, distinct) != names.end(); ++repeated) {
      distinct = name + std::to_string(repeated);
    }
    names.push_back(std::move(distinct));
  }
  return names.back();
}

}  // namespace shale::sql
