// How lines are found: in text format a line ends at the first line feed without a backslash before
// it; in csv at the first one outside of quotes. The kind of line end is that of the first line,
// and a different one later is an error, as PostgreSQL has it.
#include "sql/exec/copy/copy_reader.h"

#include <algorithm>
#include <cstring>

#include "catalog/types/text_encoding.h"

namespace shale::sql {
namespace {

constexpr std::string_view kEndMarker = "\\.";
constexpr size_t kContextBytesMax = 100;

Status BadFormat(std::string message) {
  return Status(sqlstate::kBadCopyFileFormat, std::move(message));
}

std::vector<bool> Forced(const ast::List<std::string_view>& names,
                         const std::vector<std::string>& columns) {
  std::vector<bool> forced(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    for (std::string_view name : names) forced[i] = forced[i] || name == "*" || name == columns[i];
  }
  return forced;
}

std::string Shortened(std::string_view text) {
  if (text.size() <= kContextBytesMax) return std::string(text);
  return std::string(catalog::ClipToBytes(text, kContextBytesMax)) + "...";
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsOctal(char c) { return c >= '0' && c <= '7'; }

}  // namespace

std::string CopyLineContext(std::string_view table, uint64_t number, std::string_view line) {
  return fmt::format("COPY {}, line {}: \"{}\"", table, number, Shortened(line));
}

CopyReader::CopyReader(const ast::CopyOptions& options, std::string table_name,
                       std::vector<std::string> column_names)
    : csv_(options.format == ast::CopyFormat::kCsv),
      delimiter_(options.delimiter),
      quote_(options.quote),
      escape_(options.escape),
      null_text_(options.null_text),
      header_match_(options.header_match),
      header_pending_(options.header || options.header_match),
      table_name_(std::move(table_name)),
      column_names_(std::move(column_names)),
      force_not_null_(Forced(options.force_not_null, column_names_)),
      force_null_(Forced(options.force_null, column_names_)) {}

void CopyReader::Feed(std::string_view chunk) {
  if (at_marker_) return;
  if (position_ > 0) {
    buffer_.erase(0, position_);
    scanned_ -= position_;
    position_ = 0;
  }
  buffer_.append(chunk);
}

std::string CopyReader::Context(size_t column, const CopyField& field) const {
  std::string context = fmt::format("COPY {}, line {}, column {}: ", table_name_, line_number_,
                                    column_names_[column]);
  return context + (field.is_null ? "null input" : fmt::format("\"{}\"", Shortened(field.text)));
}

void CopyReader::TakeLine(size_t end, size_t end_bytes, std::string_view* line) {
  *line = std::string_view(buffer_).substr(position_, end - position_);
  position_ = end + end_bytes;
  scanned_ = position_;
  in_quotes_ = false;
  ++line_number_;
}

Result<bool> CopyReader::NextTextLine(std::string_view* line) {
  while (scanned_ < buffer_.size()) {
    const char* start = buffer_.data() + scanned_;
    const size_t length = buffer_.size() - scanned_;
    const char* found = static_cast<const char*>(std::memchr(start, '\n', length));
    if (line_end_ != LineEnd::kNewline) {
      // Until the kind is known, and where it has carriage returns, the first of the two counts.
      size_t limit = found != nullptr ? static_cast<size_t>(found - start) : length;
      const char* returned = static_cast<const char*>(std::memchr(start, '\r', limit));
      if (returned != nullptr) found = returned;
    }
    if (found == nullptr) break;
    size_t at = static_cast<size_t>(found - buffer_.data());
    size_t backslashes = 0;
    while (at > position_ + backslashes && buffer_[at - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 1) {
      scanned_ = at + 1;
      continue;
    }
    if (*found == '\r') {
      if (at + 1 == buffer_.size() && !finished_) {
        scanned_ = at;  // a line feed may follow in the next chunk
        return false;
      }
      const bool both = at + 1 < buffer_.size() && buffer_[at + 1] == '\n';
      LineEnd kind = both ? LineEnd::kBoth : LineEnd::kCarriageReturn;
      if (line_end_ != LineEnd::kUnknown && line_end_ != kind) {
        ++line_number_;
        return BadFormat("literal carriage return found in data")
            .Hint("Use \"\\r\" to represent carriage return.");
      }
      line_end_ = kind;
      TakeLine(at, both ? 2 : 1, line);
      return true;
    }
    if (line_end_ != LineEnd::kUnknown && line_end_ != LineEnd::kNewline) {
      ++line_number_;
      return BadFormat("literal newline found in data").Hint("Use \"\\n\" to represent newline.");
    }
    line_end_ = LineEnd::kNewline;
    TakeLine(at, 1, line);
    if (std::memchr(line->data(), '\r', line->size()) != nullptr) {
      return BadFormat("literal carriage return found in data")
          .Hint("Use \"\\r\" to represent carriage return.");
    }
    return true;
  }
  scanned_ = buffer_.size();
  if (!finished_ || position_ == buffer_.size()) return false;
  TakeLine(buffer_.size(), 0, line);
  return true;
}

Result<bool> CopyReader::NextCsvLine(std::string_view* line) {
  size_t at = scanned_;
  for (; at < buffer_.size(); ++at) {
    char c = buffer_[at];
    if (in_quotes_ && c == escape_ && escape_ != quote_) {
      // The escaped character, whatever it is, does not end the quotes.
      if (at + 1 == buffer_.size() && !finished_) break;
      if (at + 1 < buffer_.size()) ++at;
      continue;
    }
    if (c == quote_) {
      in_quotes_ = !in_quotes_;
      continue;
    }
    if (in_quotes_ || (c != '\n' && c != '\r')) continue;
    if (c == '\r') {
      if (at + 1 == buffer_.size() && !finished_) break;
      const bool both = at + 1 < buffer_.size() && buffer_[at + 1] == '\n';
      LineEnd kind = both ? LineEnd::kBoth : LineEnd::kCarriageReturn;
      if (line_end_ != LineEnd::kUnknown && line_end_ != kind) {
        ++line_number_;
        return BadFormat("unquoted carriage return found in data")
            .Hint("Use quoted CSV field to represent carriage return.");
      }
      line_end_ = kind;
      TakeLine(at, both ? 2 : 1, line);
      return true;
    }
    if (line_end_ != LineEnd::kUnknown && line_end_ != LineEnd::kNewline) {
      ++line_number_;
      return BadFormat("unquoted newline found in data")
          .Hint("Use quoted CSV field to represent newline.");
    }
    line_end_ = LineEnd::kNewline;
    TakeLine(at, 1, line);
    return true;
  }
  scanned_ = at;
  if (!finished_ || position_ == buffer_.size()) return false;
  TakeLine(buffer_.size(), 0, line);
  return true;
}

Result<bool> CopyReader::NextRow(std::vector<CopyField>* fields) {
  while (!at_marker_) {
    std::string_view line;
    auto found = csv_ ? NextCsvLine(&line) : NextTextLine(&line);
    if (!found.ok()) {
      return std::move(found).status().Context(
          fmt::format("COPY {}, line {}", table_name_, line_number_));
    }
    if (!*found) return false;
    if (line == kEndMarker) {
      at_marker_ = true;
      break;
    }
    line_ = line;
    fields->clear();
    arena_.Reset();
    Status parsed = csv_ ? ParseCsvLine(line, fields) : ParseTextLine(line, fields);
    if (!parsed.ok()) return std::move(parsed).Context(LineContext());
    if (header_pending_) {
      header_pending_ = false;
      if (header_match_) {
        Status checked = CheckHeader(*fields);
        if (!checked.ok()) return std::move(checked).Context(LineContext());
      }
      continue;
    }
    if (column_names_.empty() && line.empty()) fields->clear();
    if (fields->size() > column_names_.size()) {
      return BadFormat("extra data after last expected column").Context(LineContext());
    }
    if (fields->size() < column_names_.size()) {
      return BadFormat(fmt::format("missing data for column \"{}\"", column_names_[fields->size()]))
          .Context(LineContext());
    }
    return true;
  }
  return false;
}

Status CopyReader::CheckHeader(const std::vector<CopyField>& fields) const {
  if (fields.size() != column_names_.size()) {
    return BadFormat(fmt::format("wrong number of fields in header line: got {}, expected {}",
                                 fields.size(), column_names_.size()));
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].is_null || fields[i].text != column_names_[i]) {
      return BadFormat(fmt::format(
          "column name mismatch in header line field {}: got {}, expected \"{}\"", i + 1,
          fields[i].is_null ? fmt::format("null value (\"{}\")", null_text_)
                            : fmt::format("\"{}\"", fields[i].text),
          column_names_[i]));
    }
  }
  return Status::Ok();
}

Status CopyReader::ParseTextLine(std::string_view line, std::vector<CopyField>* fields) {
  const bool has_backslash = std::memchr(line.data(), '\\', line.size()) != nullptr;
  size_t start = 0;
  while (true) {
    size_t end = start;
    if (!has_backslash) {
      const void* found = start < line.size()
                              ? std::memchr(line.data() + start, delimiter_, line.size() - start)
                              : nullptr;
      end = found != nullptr ? static_cast<size_t>(static_cast<const char*>(found) - line.data())
                             : line.size();
    } else {
      while (end < line.size() && line[end] != delimiter_) end += line[end] == '\\' ? 2 : 1;
      end = std::min(end, line.size());
    }
    std::string_view field = line.substr(start, end - start);
    if (field == null_text_) {
      fields->push_back({{}, true});
    } else {
      fields->push_back({has_backslash ? Unescape(field) : field, false});
    }
    if (end >= line.size()) return Status::Ok();
    start = end + 1;
  }
}

// \b \f \n \r \t \v, \ooo, \xhh; any other character after a backslash stands for itself.
std::string_view CopyReader::Unescape(std::string_view field) {
  if (field.find('\\') == field.npos) return field;
  char* out = arena_.Allocate(field.size());
  size_t length = 0;
  for (size_t i = 0; i < field.size(); ++i) {
    char c = field[i];
    if (c != '\\' || i + 1 == field.size()) {
      out[length++] = c;
      continue;
    }
    c = field[++i];
    switch (c) {
      case 'b':
        c = '\b';
        break;
      case 'f':
        c = '\f';
        break;
      case 'n':
        c = '\n';
        break;
      case 'r':
        c = '\r';
        break;
      case 't':
        c = '\t';
        break;
      case 'v':
        c = '\v';
        break;
      case 'x':
        if (i + 1 < field.size() && HexDigit(field[i + 1]) >= 0) {
          int value = HexDigit(field[++i]);
          if (i + 1 < field.size() && HexDigit(field[i + 1]) >= 0) {
            value = value * 16 + HexDigit(field[++i]);
          }
          c = static_cast<char>(value);
        }
        break;
      default:
        if (IsOctal(c)) {
          int value = c - '0';
          for (int digits = 1; digits < 3 && i + 1 < field.size() && IsOctal(field[i + 1]);
               ++digits) {
            value = value * 8 + (field[++i] - '0');
          }
          c = static_cast<char>(value);
        }
    }
    out[length++] = c;
  }
  return {out, length};
}

Status CopyReader::ParseCsvLine(std::string_view line, std::vector<CopyField>* fields) {
  size_t at = 0;
  while (true) {
    bool quoted = false;
    char* out = arena_.Allocate(line.size() - at + 1);
    size_t length = 0;
    while (at < line.size() && line[at] != delimiter_) {
      if (line[at] != quote_) {
        out[length++] = line[at++];
        continue;
      }
      quoted = true;
      for (++at;; ++at) {
        if (at >= line.size()) return BadFormat("unterminated CSV quoted field");
        char c = line[at];
        if (c == escape_ && at + 1 < line.size() &&
            (line[at + 1] == quote_ || line[at + 1] == escape_)) {
          out[length++] = line[++at];
        } else if (c == quote_) {
          ++at;
          break;
        } else {
          out[length++] = c;
        }
      }
    }
    const size_t column = fields->size();
    std::string_view text(out, length);
    const bool may_be_null =
        quoted ? IsForced(force_null_, column) : !IsForced(force_not_null_, column);
    if (may_be_null && text == null_text_)
      fields->push_back({{}, true});
    else
      fields->push_back({text, false});
    if (at >= line.size()) return Status::Ok();
    ++at;  // the delimiter; a line that ends with one has an empty field behind it
  }
}

}  // namespace shale::sql
