// CopyReader: COPY's text and csv formats, bytes in, rows of fields out (PostgreSQL's manual, COPY,
// "File Formats").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "sql/exec/copy/copy_input.h"

namespace shale::sql {

// CONTEXT of an error in a line: `COPY t, line 3: "1\tx"`, shortened where it is long.
std::string CopyLineContext(std::string_view table, uint64_t number, std::string_view line);

class CopyReader : public CopyInput {
 public:
  // column_names: of the columns that a line holds, in its order.
  CopyReader(const ast::CopyOptions& options, std::string table_name,
             std::vector<std::string> column_names);

  void Feed(std::string_view chunk) override;
  void Finish() override { finished_ = true; }
  Result<bool> NextRow(std::vector<CopyField>* fields) override;
  std::string_view line() const override { return line_; }
  std::string Context(size_t column, const CopyField& field) const override;
  std::string RowContext(uint64_t number, std::string_view line) const override {
    return CopyLineContext(table_name_, number, line);
  }
  Result<catalog::Datum> Parse(catalog::Type type, const CopyField& field,
                               const catalog::FormatSettings& settings,
                               Arena* arena) const override {
    return catalog::ParseText(type, field.text, settings, arena);
  }

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
  Arena arena_;
};

}  // namespace shale::sql
