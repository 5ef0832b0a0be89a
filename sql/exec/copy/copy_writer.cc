#include "sql/exec/copy/copy_writer.h"

#include <algorithm>

namespace shale::sql {

CopyWriter::CopyWriter(const ast::CopyOptions& options, std::vector<std::string> column_names)
    : header_(options.header),
      csv_(options.format == ast::CopyFormat::kCsv),
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
  const std::string_view specials = csv_ ? "\n\r" : "\b\f\n\r\t\v\\";
  for (char c : specials) special_[static_cast<uint8_t>(c)] = true;
  special_[static_cast<uint8_t>(delimiter_)] = true;
  if (csv_) special_[static_cast<uint8_t>(quote_)] = true;
}

void CopyWriter::AppendHeader(std::string* out) const {
  if (!header_) return;
  for (size_t i = 0; i < column_names_.size(); ++i) {
    if (i > 0) out->push_back(delimiter_);
    if (csv_)
      AppendCsv(column_names_[i], false, out);
    else
      AppendText(column_names_[i], out);
  }
  out->push_back('\n');
}

// A value is written where it goes, and taken back only where something in it has to be escaped.
void CopyWriter::AppendRow(const Batch& batch, uint32_t row,
                           const catalog::FormatSettings& settings, std::string* out) {
  for (size_t i = 0; i < column_names_.size(); ++i) {
    if (i > 0) out->push_back(delimiter_);
    const Vector& column = batch.columns[i];
    if (column.IsNull(row)) {
      *out += null_text_;
      continue;
    }
    const size_t start = out->size();
    catalog::AppendText(column.type(), column.GetDatum(row), settings, out);
    const std::string_view text = std::string_view(*out).substr(start);
    if (!HasSpecial(text) && !(csv_ && MustQuote(text, force_quote_[i]))) continue;
    field_ = text;
    out->resize(start);
    if (csv_)
      AppendCsv(field_, force_quote_[i], out);
    else
      AppendText(field_, out);
  }
  out->push_back('\n');
}

bool CopyWriter::HasSpecial(std::string_view text) const {
  return std::ranges::any_of(text, [this](char c) { return IsSpecial(c); });
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

// Beside what has special characters in it: what reads as NULL, or as the end marker.
bool CopyWriter::MustQuote(std::string_view text, bool force_quote) const {
  return force_quote || text == null_text_ || (column_names_.size() == 1 && text == "\\.");
}

void CopyWriter::AppendCsv(std::string_view text, bool force_quote, std::string* out) const {
  if (!MustQuote(text, force_quote) && !HasSpecial(text)) {
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
