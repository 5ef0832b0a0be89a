// CopyInput: what comes in of a COPY FROM, of whatever format: bytes in, rows of fields out. No
// I/O: chunks may end anywhere.
//
//   input->Feed(chunk);
//   while (input->NextRow(&fields) gives true) ...
//   input->Finish();  and NextRow again for the last row
//
// Errors are 22P04 with PostgreSQL's wording. Not thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/types/type_io.h"
#include "engine/base/status.h"
#include "sql/parse/ast_dml.h"

namespace shale::sql {

struct CopyField {
  std::string_view text;  // of the binary format, the value's bytes
  bool is_null = false;
};

class CopyInput {
 public:
  virtual ~CopyInput() = default;
  // column_names: of the columns that a row holds, in its order.
  static std::unique_ptr<CopyInput> Make(const ast::CopyOptions& options, std::string table_name,
                                         std::vector<std::string> column_names);

  virtual void Feed(std::string_view chunk) = 0;
  // There is no more.
  virtual void Finish() = 0;

  // True: a row, its fields valid until the next call. False: more bytes are needed, or all is
  // read.
  virtual Result<bool> NextRow(std::vector<CopyField>* fields) = 0;

  // Of the row given last: its number from 1, and its text as it came, valid until the next call;
  // of the binary format there is none.
  uint64_t line_number() const { return line_number_; }
  virtual std::string_view line() const { return {}; }
  // CONTEXT of an error in the row given last: `COPY t, line 3, column a: "x"`.
  virtual std::string Context(size_t column, const CopyField& field) const = 0;
  // The same of the row as a whole, with the text of its line.
  virtual std::string RowContext(uint64_t number, std::string_view line) const = 0;
  // The field's value.
  virtual Result<catalog::Datum> Parse(catalog::Type type, const CopyField& field,
                                       const catalog::FormatSettings& settings,
                                       Arena* arena) const = 0;

 protected:
  uint64_t line_number_ = 0;
};

}  // namespace shale::sql
