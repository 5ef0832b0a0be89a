#include "sql/exec/copy/copy_writer.h"

#include <algorithm>
#include <charconv>

#include "engine/base/coding.h"

namespace shale::sql {
namespace {

constexpr uint64_t kEach = 0x0101010101010101;  // a byte

uint64_t EightOf(char c) { return kEach * static_cast<uint8_t>(c); }

// Not 0 where one of the eight bytes is below the limit (up to 0x80), or equal to the byte.
uint64_t AnyBelow(uint64_t bytes, uint8_t limit) {
  return (bytes - kEach * limit) & ~bytes & (kEach << 7);
}
uint64_t AnyEqual(uint64_t bytes, uint64_t eight_of) { return AnyBelow(bytes ^ eight_of, 1); }

}  // namespace

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
  delimiters_ = EightOf(delimiter_);
  escapes_ = EightOf(csv_ ? quote_ : '\\');
  const std::string_view digits = "-0123456789";
  integers_are_plain_ =
      !HasSpecial(digits) &&
      (!csv_ || null_text_.empty() || null_text_.find_first_not_of(digits) != std::string::npos);
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

void CopyWriter::AppendRow(const Batch& batch, uint32_t row,
                           const catalog::FormatSettings& settings, std::string* out) {
  for (size_t i = 0; i < column_names_.size(); ++i) {
    if (i > 0) out->push_back(delimiter_);
    const Vector& column = batch.columns[i];
    if (column.IsNull(row)) {
      *out += null_text_;
      continue;
    }
    switch (column.type().oid) {
      case catalog::type_oid::kInt2:
        AppendInteger(column.at<int16_t>(row), force_quote_[i], out);
        break;
      case catalog::type_oid::kInt4:
        AppendInteger(column.at<int32_t>(row), force_quote_[i], out);
        break;
      case catalog::type_oid::kInt8:
        AppendInteger(column.at<int64_t>(row), force_quote_[i], out);
        break;
      case catalog::type_oid::kText:
      case catalog::type_oid::kVarchar:
        AppendField(column.at<std::string_view>(row), force_quote_[i], out);
        break;
      default:
        field_.clear();
        catalog::AppendText(column.type(), column.GetDatum(row), settings, &field_);
        AppendField(field_, force_quote_[i], out);
    }
  }
  out->push_back('\n');
}

void CopyWriter::AppendInteger(int64_t value, bool force_quote, std::string* out) const {
  char digits[20];
  const char* end = std::to_chars(digits, digits + sizeof(digits), value).ptr;
  const std::string_view text(digits, end);
  if (integers_are_plain_ && !force_quote) {
    out->append(text);
  } else {
    AppendField(text, force_quote, out);
  }
}

void CopyWriter::AppendField(std::string_view text, bool force_quote, std::string* out) const {
  if (csv_) {
    AppendCsv(text, force_quote, out);
  } else if (HasSpecial(text)) {
    AppendText(text, out);
  } else {
    out->append(text);
  }
}

// Eight bytes at a time: control characters, which hardly any text has, are looked at again.
bool CopyWriter::HasSpecial(std::string_view text) const {
  const char* at = text.data();
  const char* end = at + text.size();
  for (; end - at >= 8; at += 8) {
    const uint64_t bytes = LoadFixed<uint64_t>(at);
    const uint64_t found =
        AnyBelow(bytes, ' ') | AnyEqual(bytes, delimiters_) | AnyEqual(bytes, escapes_);
    if (found == 0) continue;
    if (std::any_of(at, at + 8, [this](char c) { return IsSpecial(c); })) return true;
  }
  return std::any_of(at, end, [this](char c) { return IsSpecial(c); });
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
