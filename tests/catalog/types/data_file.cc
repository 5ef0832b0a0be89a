#include "data_file.h"

#include <charconv>
#include <fstream>

#include "engine/base/check.h"

namespace shale::catalog {
namespace {

int HexValue(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

std::string Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out.push_back(text[i]);
      continue;
    }
    switch (text[++i]) {
      case 't':
        out.push_back('\t');
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 'x':
        out.push_back(static_cast<char>(HexValue(text[i + 1]) << 4 | HexValue(text[i + 2])));
        i += 2;
        break;
      default:
        out.push_back(text[i]);
    }
  }
  return out;
}

int32_t RangeOf(std::string_view words) {
  constexpr std::pair<std::string_view, int> kFields[] = {
      {"month", 1}, {"year", 2}, {"day", 3}, {"hour", 10}, {"minute", 11}, {"second", 12}};
  int first = -1;
  int last = -1;
  for (auto [name, bit] : kFields) {
    size_t at = words.find(name);
    if (at == std::string_view::npos) continue;
    (at == 1 ? first : last) = bit;
  }
  if (first < 0) return 0x7fff;
  if (last < 0) return 1 << first;
  if (first == 2) return (1 << 2) | (1 << 1);
  int32_t range = 0;
  for (int bit : {3, 10, 11, 12}) {
    if (bit >= first && bit <= last) range |= 1 << bit;
  }
  return range;
}

}  // namespace

std::vector<DataLine> ReadDataFile(const std::string& name) {
  std::ifstream file(std::string(SHALE_SOURCE_DIR "/tests/catalog/types/data/") + name);
  CHECK(file.good());
  std::vector<DataLine> lines;
  std::string text;
  for (int number = 1; std::getline(file, text); ++number) {
    if (text.empty() || text[0] == '#') continue;
    DataLine line;
    line.number = number;
    bool in_results = false;
    for (size_t start = 0; start <= text.size();) {
      size_t end = std::min(text.find('\t', start), text.size());
      std::string_view field = std::string_view(text).substr(start, end - start);
      start = end + 1;
      if (line.kind.empty()) {
        line.kind = field;
      } else if (field == "=>") {
        in_results = true;
      } else {
        (in_results ? line.results : line.fields).push_back(Unescape(field));
      }
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

Type ParseTypeName(const std::string& name) {
  if (name.ends_with("[]")) {
    const Type element = ParseTypeName(name.substr(0, name.size() - 2));
    return {ArrayOf(element.oid), element.typmod};
  }
  size_t open = name.find('(');
  std::string base = name.substr(0, open);
  std::string range;
  if (name.starts_with("interval")) {
    range = base.substr(8);
    base = "interval";
  }
  std::vector<int32_t> parts;
  if (open != std::string::npos) {
    for (size_t at = open + 1; at < name.size();) {
      int32_t part = 0;
      at = static_cast<size_t>(
               std::from_chars(name.data() + at, name.data() + name.size(), part).ptr -
               name.data()) +
           1;
      parts.push_back(part);
    }
  }
  const TypeInfo* info = base == "\"char\"" ? FindType(type_oid::kChar) : FindTypeByName(base);
  CHECK(info != nullptr);
  if (info->oid == type_oid::kInterval && (!range.empty() || !parts.empty())) {
    parts.insert(parts.begin(), RangeOf(range));
  }
  if (parts.empty()) return {info->oid, -1};
  Result<int32_t> typmod = MakeTypmod(info->oid, parts);
  CHECK(typmod.ok());
  return {info->oid, *typmod};
}

void ApplySetting(const DataLine& line, FormatSettings* settings) {
  const std::string& name = line.fields[0];
  const std::string& value = line.fields[1];
  if (name == "extra_float_digits") {
    settings->extra_float_digits = std::stoi(value);
  } else if (name == "bytea_output") {
    settings->bytea_output = value == "escape" ? ByteaOutput::kEscape : ByteaOutput::kHex;
  } else if (name == "intervalstyle") {
    settings->interval_style = value == "postgres_verbose" ? IntervalStyle::kPostgresVerbose
                               : value == "sql_standard"   ? IntervalStyle::kSqlStandard
                               : value == "iso_8601"       ? IntervalStyle::kIso8601
                                                           : IntervalStyle::kPostgres;
  } else if (name == "timezone") {
    Result<const TimeZone*> zone = ParseTimeZoneSetting(value);
    CHECK(zone.ok());
    settings->time_zone = *zone;
  } else {
    CHECK(name == "datestyle");
    settings->date_style = value.starts_with("sql")        ? DateStyle::kSql
                           : value.starts_with("postgres") ? DateStyle::kPostgres
                           : value.starts_with("german")   ? DateStyle::kGerman
                                                           : DateStyle::kIso;
    settings->date_order = value.ends_with("dmy")   ? DateOrder::kDmy
                           : value.ends_with("ymd") ? DateOrder::kYmd
                                                    : DateOrder::kMdy;
  }
}

std::vector<std::string> ErrorResults(const Status& status) {
  const ErrorFields& error = status.error();
  std::vector<std::string> results = {"error", error.sqlstate.code, error.message, error.detail,
                                      error.hint};
  while (results.back().empty()) results.pop_back();
  return results;
}

std::string ToHex(std::string_view bytes) {
  std::string hex;
  for (char c : bytes) {
    hex.push_back("0123456789abcdef"[static_cast<uint8_t>(c) >> 4]);
    hex.push_back("0123456789abcdef"[static_cast<uint8_t>(c) & 15]);
  }
  return hex;
}

std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(HexValue(hex[i]) << 4 | HexValue(hex[i + 1])));
  }
  return bytes;
}

}  // namespace shale::catalog
