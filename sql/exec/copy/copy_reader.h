// CopyReader: COPY's text and csv formats, bytes in, rows of fields out (PostgreSQL's manual, COPY,
// "File Formats"). No I/O: chunks may end anywhere.
//
//   reader.Feed(chunk);
//   while (reader.NextRow(&fields) gives true) ...
//   reader.Finish();  and NextRow again for the last line
//
// Errors are 22P04 with PostgreSQL's wording. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "sql/parse/ast_dml.h"

namespace shale::sql {

struct CopyField {
  std::string_view text;
  bool is_null = false;
};

// CONTEXT of an error in a line: `COPY t, line 3: "1\tx"`, shortened where it is long.
std::string CopyLineContext(std::string_view table, uint64_t number, std::string_view line);

class CopyReader {
 public:
  // column_names: of the columns that a line holds, in its order.
  CopyReader(const ast::CopyOptions& options, std::string table_name,
             std::vector<std::string> column_names);

  void Feed(std::string_view chunk);
  void Finish() { finished_ = true; }

  // True: a row, its fields valid until the next call. False: more bytes are needed, or all is
  // read.
  Result<bool> NextRow(std::vector<CopyField>* fields);

  // Of the row given last: its number from 1, and its text as it came, valid until the next call.
  uint64_t line_number() const { return line_number_; }
  std::string_view line() const { return line_; }
  // CONTEXT of an error in the row given last: `COPY t, line 3, column a: "x"`.
  std::string Context(size_t column, const CopyField& field) const;

 private:
  enum class LineEnd : uint8_t { kUnknown, kNewline, kCarriageReturn, kBoth };
  std::string LineContext() const { return CopyLineContext(table_name_, line_number_, line_); }
  // The next whole line without its end, or nothing yet.
  Result<bool> NextTextLine(std::string_view* line);
  Result<bool> NextCsvLine(std::string_view* line);
  // Takes the line [position_, end) with `end_bytes` of line end behind it.
  void TakeLine(size_t end, size_t end_bytes, std::string_view* line);
  Status ParseTextLine(std::string_view line, std::vector<CopyField>* fields);
  Status ParseCsvLine(std::string_view line, std::vector<CopyField>* fields);
  std::string_view Unescape(std::string_view field);
  Status CheckHeader(const std::vector<CopyField>& fields) const;
  bool IsForced(const std::vector<bool>& forced, size_t column) const {
    return column < forced.size() && forced[column];
  }

  const bool csv_;
  const char delimiter_;
  const char quote_;
  const char escape_;
  const std::string null_text_;
  const bool header_match_;
  bool header_pending_;
  const std::string table_name_;
  const std::vector<std::string> column_names_;
  std::vector<bool> force_not_null_;
  std::vector<bool> force_null_;

  std::string buffer_;
  std::string_view line_;   // the row given last, in the buffer
  size_t position_ = 0;     // of the next line in the buffer
  size_t scanned_ = 0;      // up to here the line has no end
  bool in_quotes_ = false;  // csv, at scanned_
  LineEnd line_end_ = LineEnd::kUnknown;
  bool finished_ = false;
  bool at_marker_ = false;  // "\." was read: what follows does not count
  uint64_t line_number_ = 0;
  Arena arena_;
};

}  // namespace shale::sql
