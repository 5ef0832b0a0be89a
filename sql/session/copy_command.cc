#include "sql/session/copy_command.h"

#include <algorithm>

#include "sql/parse/parser.h"
#include "sql/session/settings.h"

namespace shale::sql {

namespace {

Status RefuseCopyOfView(const ast::Copy& command, std::string_view what) {
  Status error = Error(sqlstate::kWrongObjectType, "cannot copy {} {} \"{}\"",
                       command.from ? "to" : "from", what, command.table.name);
  if (!command.from) return std::move(error).Hint("Try the COPY (SELECT ...) TO variant.");
  if (what != "view") return error;
  return std::move(error).Hint(
      "To enable copying to a view, provide an INSTEAD OF INSERT trigger.");
}

}  // namespace

Result<catalog::TableRef> ResolveCopied(const BindContext& context, const ast::Copy& command) {
  const ast::QualifiedName& name = command.table;
  if (!name.schema.empty() && FindSchema(context, name.schema) == nullptr) {
    return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name.schema);
  }
  if (FindSequence(context, name) != nullptr) {
    return Error(sqlstate::kWrongObjectType, "cannot copy {} sequence \"{}\"",
                 command.from ? "to" : "from", name.name);
  }
  if (FindView(context, name) != nullptr) return RefuseCopyOfView(command, "view");
  ASSIGN_OR_RETURN(catalog::TableRef table, ResolveTable(context, name));
  if (context.catalog->FindView(table->oid) != nullptr) {
    return RefuseCopyOfView(command, "materialized view");
  }
  return table;
}

Result<std::vector<int>> CopyColumns(const ast::Copy& command, const catalog::TableDesc& table,
                                     std::string_view source) {
  std::vector<int> columns;
  for (const ast::Name& name : command.columns) {
    int column = table.FindColumn(name.text);
    if (column < 0) {
      return Error(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist",
                   name.text, table.name)
          .Position(CharacterPosition(source, name.location));
    }
    if (table.columns[static_cast<size_t>(column)].generated) {
      return Error(sqlstate::kInvalidColumnReference, "column \"{}\" is a generated column",
                   name.text)
          .Detail("Generated columns cannot be used in COPY.");
    }
    if (std::find(columns.begin(), columns.end(), column) != columns.end()) {
      return Error(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once", name.text)
          .Position(CharacterPosition(source, name.location));
    }
    columns.push_back(column);
  }
  if (command.columns.empty()) {
    for (size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].dropped || table.columns[i].generated) continue;
      columns.push_back(static_cast<int>(i));
    }
  }
  return columns;
}

std::vector<std::string> ColumnNames(const catalog::TableDesc& table,
                                     const std::vector<int>& columns) {
  std::vector<std::string> names;
  for (int column : columns) names.push_back(table.columns[column].name);
  return names;
}

Status CheckForced(std::string_view option, ast::List<std::string_view> forced,
                   const catalog::TableDesc* table, const std::vector<std::string>& copied) {
  for (size_t i = 0; i < forced.size(); ++i) {
    const bool is_copied = std::ranges::find(copied, forced[i]) != copied.end();
    if (table != nullptr ? table->FindColumn(forced[i]) < 0 : !is_copied) {
      return table == nullptr
                 ? Error(sqlstate::kUndefinedColumn, "column \"{}\" does not exist", forced[i])
                 : Error(sqlstate::kUndefinedColumn,
                         "column \"{}\" of relation \"{}\" does not exist", forced[i], table->name);
    }
    const auto first = forced.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(forced.begin(), first, forced[i]) != first) {
      return Error(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once", forced[i]);
    }
  }
  for (std::string_view name : forced) {
    if (std::ranges::find(copied, name) != copied.end()) continue;
    return Error(sqlstate::kInvalidColumnReference, "{} column \"{}\" not referenced by COPY",
                 option, name);
  }
  return Status::Ok();
}

Status CheckCopyEncoding(const ast::CopyOptions& options, std::string_view source) {
  if (options.encoding.empty()) return Status::Ok();
  std::string letters;
  for (char c : options.encoding) {
    if (std::isalnum(static_cast<unsigned char>(c))) {
      letters.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
  }
  if (letters == "utf8" || letters == "unicode" || letters == "sqlascii") return Status::Ok();
  for (std::string_view known : {"latin", "win", "euc", "iso8859", "koi8", "mule", "johab", "uhc",
                                 "gb18030", "gbk", "big5", "sjis", "shiftjis"}) {
    if (letters.starts_with(known)) {
      return NotSupported(fmt::format("COPY with the encoding {}", options.encoding));
    }
  }
  return Status(sqlstate::kInvalidParameterValue,
                "argument to option \"encoding\" must be a valid encoding name")
      .Position(CharacterPosition(source, options.encoding_location));
}

}  // namespace shale::sql
