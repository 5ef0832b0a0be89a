// CopyWriter: rows to lines of COPY's text and csv formats. The counterpart of CopyReader; no I/O.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "catalog/types/type_io.h"
#include "sql/parse/ast_dml.h"
#include "sql/vector/vector.h"

namespace shale::sql {

class CopyWriter {
 public:
  CopyWriter(const ast::CopyOptions& options, std::vector<std::string> column_names);

  void AppendHeader(std::string* out) const;
  // One selected row of the batch, its first columns, with the line end.
  void AppendRow(const Batch& batch, uint32_t row, const catalog::FormatSettings& settings,
                 std::string* out);

 private:
  void AppendText(std::string_view text, std::string* out) const;
  void AppendCsv(std::string_view text, bool force_quote, std::string* out) const;

  const bool csv_;
  const char delimiter_;
  const char quote_;
  const char escape_;
  const std::string null_text_;
  const std::vector<std::string> column_names_;
  std::vector<bool> force_quote_;
  std::string field_;
};

}  // namespace shale::sql
