#include "sql/exec/copy/copy_writer.h"

namespace shale::sql {

CopyWriter::CopyWriter(const ast::CopyOptions& options, std::vector<std::string> column_names)
    : csv_(options.format == ast::CopyFormat::kCsv),
      delimiter_(options.delimiter),
      quote_(options.quote),
      escape_(options.escape),
      null_text_(options.null_text),
      column_names_(std::move(column_names)),
      force_quote_(column_names_.size(), options.force_quote_all) {
  for (size_t i = 0; i < column_names_.size(); ++i) {
    for (std::string_view name : options.force_quote) {
      if (name == column_names_[i]) force_quote_[i] = true;
    }
  }
}

void CopyWriter::AppendHeader(std::string* out) const {
  for (size_t i = 0; i < column_names_.size(); ++i) {
    if (i > 0) out->push_back(delimiter_);
    if (csv_)
      AppendCsv(column_names_[i], false, out);
    else
      AppendText(column_names_[i], out);
  }
  out->push_back('\n');
}

void CopyWriter::AppendRow(const Batch& batch, uint32_t row,
                           const catalog::FormatSettings& settings, std::string* out) {
  for (size_t i = 0; i < column_names_.size(); ++i) {
    if (i > 0) out->push_back(delimiter_);
    const Vector& column = batch.columns[i];
    if (column.IsNull(row)) {
      *out += null_text_;
      continue;
    }
    field_.clear();
    catalog::AppendText(column.type(), column.GetDatum(row), settings, &field_);
    if (csv_)
      AppendCsv(field_, force_quote_[i], out);
    else
      AppendText(field_, out);
  }
  out->push_back('\n');
}

void CopyWriter::AppendText(std::string_view text, std::string* out) const {
  for (char c : text) {
    switch (c) {
      case '\b':
        *out += "\\b";
        break;
      case '\f':
        *out += "\\f";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\r':
        *out += "\\r";
        break;
      case '\t':
        *out += "\\t";
        break;
      case '\v':
        *out += "\\v";
        break;
      case '\\':
        *out += "\\\\";
        break;
      default:
        if (c == delimiter_) out->push_back('\\');
        out->push_back(c);
    }
  }
}

// Quoted where it must be: delimiter, quote, line ends inside, what reads as NULL, or the end
// marker.
void CopyWriter::AppendCsv(std::string_view text, bool force_quote, std::string* out) const {
  bool quote = force_quote || text == null_text_ || (column_names_.size() == 1 && text == "\\.");
  for (char c : text) quote |= c == delimiter_ || c == quote_ || c == '\n' || c == '\r';
  if (!quote) {
    *out += text;
    return;
  }
  out->push_back(quote_);
  for (char c : text) {
    if (c == quote_ || c == escape_) out->push_back(escape_);
    out->push_back(c);
  }
  out->push_back(quote_);
}

}  // namespace shale::sql
