#include "sql/exec/constraint_errors.h"

#include "catalog/types/text_encoding.h"
#include "sql/parse/deparse.h"

namespace shale::sql {
namespace {

constexpr size_t kShownBytesMax = 64;  // of each value of a failing row

std::string DescribeRow(const catalog::TableDesc& table, const catalog::Datum* values,
                        const bool* nulls, const catalog::FormatSettings& settings) {
  std::string row;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    if (table.columns[i].dropped) continue;
    if (!row.empty()) row += ", ";
    if (nulls[i]) {
      row += "null";
      continue;
    }
    std::string text;
    catalog::AppendText(table.columns[i].type, values[i], settings, &text);
    std::string_view shown = catalog::ClipToBytes(text, kShownBytesMax);
    row += shown;
    if (shown.size() < text.size()) row += "...";
  }
  return fmt::format("Failing row contains ({}).", row);
}

}  // namespace

Status CheckViolation(const catalog::TableDesc& table, std::string_view check,
                      const catalog::Datum* values, const bool* nulls,
                      const catalog::FormatSettings& settings) {
  return Error(sqlstate::kCheckViolation,
               "new row for relation \"{}\" violates check constraint \"{}\"", table.name, check)
      .Detail(DescribeRow(table, values, nulls, settings))
      .Table(table.schema_name, table.name)
      .Constraint(std::string(check));
}

Status NotNullViolation(const catalog::TableDesc& table, int column, const catalog::Datum* values,
                        const bool* nulls, const catalog::FormatSettings& settings) {
  const std::string& name = table.columns[static_cast<size_t>(column)].name;
  return Error(sqlstate::kNotNullViolation,
               "null value in column \"{}\" of relation \"{}\" violates not-null constraint", name,
               table.name)
      .Detail(DescribeRow(table, values, nulls, settings))
      .Table(table.schema_name, table.name)
      .Column(name);
}

std::string DescribeKey(const catalog::TableDesc& table, const catalog::Datum* values,
                        const catalog::FormatSettings& settings) {
  std::string names;
  std::string texts;
  for (int column : table.primary_key) {
    if (!names.empty()) {
      names += ", ";
      texts += ", ";
    }
    names += QuoteIdentifier(table.columns[static_cast<size_t>(column)].name);
    catalog::AppendText(table.columns[static_cast<size_t>(column)].type, values[column], settings,
                        &texts);
  }
  return fmt::format("({})=({})", names, texts);
}

Status DuplicateKey(const catalog::TableDesc& table, std::string_view constraint,
                    std::string_view key) {
  return Error(sqlstate::kUniqueViolation, "duplicate key value violates unique constraint \"{}\"",
               constraint)
      .Detail(fmt::format("Key {} already exists.", key))
      .Table(table.schema_name, table.name)
      .Constraint(std::string(constraint));
}

Status DeferrableArbiter(const catalog::TableDesc& table, std::string_view constraint) {
  return Status(sqlstate::kObjectNotInPrerequisiteState,
                "ON CONFLICT does not support deferrable unique constraints/exclusion constraints "
                "as arbiters")
      .Table(table.schema_name, table.name)
      .Constraint(std::string(constraint));
}

Status DuplicatedKey(const catalog::TableDesc& table, std::string_view index,
                     std::string_view key) {
  return Error(sqlstate::kUniqueViolation, "could not create unique index \"{}\"", index)
      .Detail(fmt::format("Key {} is duplicated.", key))
      .Table(table.schema_name, table.name)
      .Constraint(std::string(index));
}

Status ConcurrentChange(bool deleted) {
  return Error(sqlstate::kSerializationFailure, "could not serialize access due to concurrent {}",
               deleted ? "delete" : "update");
}

}  // namespace shale::sql
