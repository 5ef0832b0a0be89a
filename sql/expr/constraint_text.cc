#include "sql/expr/constraint_text.h"

#include "sql/expr/index_definition.h"
#include "sql/parse/deparse.h"

namespace shale::sql {
namespace {

std::string ColumnList(const catalog::TableDesc& table, const std::vector<int>& positions) {
  std::string columns;
  for (int position : positions) {
    if (!columns.empty()) columns += ", ";
    columns += QuoteIdentifier(table.columns[static_cast<size_t>(position)].name);
  }
  return columns;
}

std::string CheckText(const catalog::CheckDesc& check, bool pretty) {
  std::string text = fmt::format("CHECK ({})", pretty ? check.pretty_expression : check.expression);
  if (check.no_inherit) text += " NO INHERIT";
  if (!check.validated) text += " NOT VALID";
  return text;
}

std::string CheckText(const catalog::DomainCheck& check, bool pretty) {
  return fmt::format("CHECK ({}){}", pretty ? check.pretty_expression : check.expression,
                     check.validated ? "" : " NOT VALID");
}

std::string_view ActionText(catalog::ReferenceAction action) {
  switch (action) {
    case catalog::ReferenceAction::kNoAction:
      return {};
    case catalog::ReferenceAction::kRestrict:
      return "RESTRICT";
    case catalog::ReferenceAction::kCascade:
      return "CASCADE";
    case catalog::ReferenceAction::kSetNull:
      return "SET NULL";
    case catalog::ReferenceAction::kSetDefault:
      return "SET DEFAULT";
  }
  return {};
}

std::string ForeignKeyText(const catalog::TableDesc& table, const catalog::ForeignKeyDesc& key,
                           const catalog::CatalogSnapshot& snapshot, FunctionHost& host) {
  catalog::TableRef referenced = snapshot.FindTable(key.referenced_table);
  if (referenced == nullptr) return {};
  std::string text = fmt::format(
      "FOREIGN KEY ({}) REFERENCES {}({})", ColumnList(table, key.columns),
      host.RegclassName(key.referenced_table), ColumnList(*referenced, key.referenced_columns));
  if (key.match_full) text += " MATCH FULL";
  if (std::string_view action = ActionText(key.on_update); !action.empty()) {
    text += fmt::format(" ON UPDATE {}", action);
  }
  if (std::string_view action = ActionText(key.on_delete); !action.empty()) {
    text += fmt::format(" ON DELETE {}", action);
    if (!key.set_columns.empty()) {
      text += fmt::format(" ({})", ColumnList(table, key.set_columns));
    }
  }
  if (key.deferrable) text += " DEFERRABLE";
  if (key.initially_deferred) text += " INITIALLY DEFERRED";
  if (!key.validated) text += " NOT VALID";
  return text;
}

}  // namespace

std::optional<std::string> ConstraintText(const catalog::CatalogSnapshot& snapshot,
                                          catalog::Oid constraint, bool pretty,
                                          FunctionHost& host) {
  if (constraint == catalog::kInvalidOid) return std::nullopt;
  for (const auto& [oid, table] : snapshot.tables()) {
    if (!table->primary_key.empty() && table->primary_key_oid == constraint) {
      return fmt::format("PRIMARY KEY ({})", ColumnList(*table, table->primary_key));
    }
    for (const catalog::IndexRef& index : table->indexes) {
      if (index->constraint_oid == constraint) return UniqueDefinition(*table, *index);
    }
    for (const catalog::CheckDesc& check : table->checks) {
      if (check.oid == constraint) return CheckText(check, pretty);
    }
    for (const catalog::ForeignKeyDesc& key : table->foreign_keys) {
      if (key.oid == constraint) return ForeignKeyText(*table, key, snapshot, host);
    }
  }
  for (const auto& [oid, type] : snapshot.types()) {
    for (const catalog::DomainCheck& check : type->checks) {
      if (check.oid == constraint) return CheckText(check, pretty);
    }
  }
  return std::nullopt;
}

}  // namespace shale::sql
