// CopyOutput: what goes out of a COPY TO, of whatever format: rows in, bytes out. No I/O.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "catalog/types/type_io.h"
#include "sql/parse/ast_dml.h"
#include "sql/vector/vector.h"

namespace shale::sql {

class CopyOutput {
 public:
  virtual ~CopyOutput() = default;
  static std::unique_ptr<CopyOutput> Make(const ast::CopyOptions& options,
                                          std::vector<std::string> column_names);

  // What comes before the first row, and behind the last; may be nothing.
  virtual void AppendHeader(std::string* out) const = 0;
  virtual void AppendTrailer(std::string* out) const = 0;
  // One selected row of the batch, its first columns.
  virtual void AppendRow(const Batch& batch, uint32_t row, const catalog::FormatSettings& settings,
                         std::string* out) = 0;
  // Whether the header is a message of its own, rather than the beginning of the first row's.
  virtual bool has_header_line() const = 0;
};

}  // namespace shale::sql
