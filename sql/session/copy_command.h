// What COPY's two directions share: which columns it names, and whether its options fit them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/schema.h"
#include "engine/base/status.h"
#include "sql/bind/binder.h"
#include "sql/parse/ast_dml.h"
#include "sql/session/reply_sink.h"

namespace shale::sql {

// The table that a COPY is of: 42P01, 3F000, 42809 of a sequence.
Result<catalog::TableRef> ResolveCopied(const BindContext& context, const ast::Copy& command);
// The column positions that a COPY names, or all live ones.
Result<std::vector<int>> CopyColumns(const ast::Copy& command, const catalog::TableDesc& table,
                                     std::string_view source);
std::vector<std::string> ColumnNames(const catalog::TableDesc& table,
                                     const std::vector<int>& columns);

// Columns of an option such as FORCE_NOT_NULL must be among those copied, by their names. table:
// null for a query, whose `known` columns are those copied. 42703, 42701, 42P10.
Status CheckForced(std::string_view option, ast::List<std::string_view> forced,
                   const catalog::TableDesc* table, const std::vector<std::string>& copied);

// 22023 of an encoding that does not exist, 0A000 of one that is not supported.
Status CheckCopyEncoding(const ast::CopyOptions& options, std::string_view source);

inline WireFormat CopyWireFormat(const ast::CopyOptions& options) {
  return options.format == ast::CopyFormat::kBinary ? WireFormat::kBinary : WireFormat::kText;
}

}  // namespace shale::sql
