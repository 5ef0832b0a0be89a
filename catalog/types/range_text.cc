// Ranges as text, "[1,5)", and on the wire.
#include <optional>

#include "catalog/types/range.h"
#include "catalog/types/type_io_internal.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

constexpr std::string_view kEmptyWord = "empty";
// The flags on the wire.
constexpr uint8_t kWireEmpty = 1;
constexpr uint8_t kWireLowerIncluded = 2;
constexpr uint8_t kWireUpperIncluded = 4;
constexpr uint8_t kWireNoLower = 8;
constexpr uint8_t kWireNoUpper = 16;

class RangeTextReader {
 public:
  explicit RangeTextReader(std::string_view text) : text_(text) {}

  Status Read() {
    SkipSpaces();
    const std::string_view word = text_.substr(at_, kEmptyWord.size());
    if (type_io::EqualsIgnoringCase(word, kEmptyWord)) {
      empty_ = true;
      at_ += kEmptyWord.size();
      SkipSpaces();
      return AtEnd() ? Status::Ok() : Malformed("Junk after \"empty\" key word.");
    }
    lower_inclusive_ = Peek() == '[';
    if (Peek() != '[' && Peek() != '(') return Malformed("Missing left parenthesis or bracket.");
    ++at_;
    RETURN_IF_ERROR(ReadBound(&lower_));
    if (Peek() != ',') return Malformed("Missing comma after lower bound.");
    ++at_;
    RETURN_IF_ERROR(ReadBound(&upper_));
    upper_inclusive_ = Peek() == ']';
    if (Peek() != ']' && Peek() != ')') return Malformed("Too many commas.");
    ++at_;
    SkipSpaces();
    return AtEnd() ? Status::Ok() : Malformed("Junk after right parenthesis or bracket.");
  }

  bool empty() const { return empty_; }
  bool lower_inclusive() const { return lower_inclusive_; }
  bool upper_inclusive() const { return upper_inclusive_; }
  // Nothing: infinite.
  const std::optional<std::string>& lower() const { return lower_; }
  const std::optional<std::string>& upper() const { return upper_; }

 private:
  Status Malformed(std::string_view detail) const {
    return Error(sqlstate::kInvalidTextRepresentation, "malformed range literal: \"{}\"", text_)
        .Detail(std::string(detail));
  }
  bool AtEnd() const { return at_ == text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[at_]; }
  bool AtDelimiter() const { return Peek() == ',' || Peek() == ')' || Peek() == ']'; }
  void SkipSpaces() {
    while (!AtEnd() && type_io::IsSpace(text_[at_])) ++at_;
  }

  Status ReadBound(std::optional<std::string>* bound) {
    if (AtDelimiter()) return Status::Ok();
    bound->emplace();
    bool quoted = false;
    while (quoted || !AtDelimiter()) {
      if (AtEnd()) return Malformed("Unexpected end of input.");
      char c = text_[at_++];
      if (c == '"') {
        if (!quoted || Peek() != '"') {
          quoted = !quoted;
          continue;
        }
        ++at_;
      } else if (c == '\\') {
        if (AtEnd()) return Malformed("Unexpected end of input.");
        c = text_[at_++];
      }
      (*bound)->push_back(c);
    }
    return Status::Ok();
  }

  std::string_view text_;
  size_t at_ = 0;
  bool empty_ = false;
  bool lower_inclusive_ = false;
  bool upper_inclusive_ = false;
  std::optional<std::string> lower_;
  std::optional<std::string> upper_;
};

void AppendBound(std::string_view value, std::string* out) {
  bool quoted = value.empty();
  for (char c : value) {
    quoted |=
        std::string_view("\"\\()[],").find(c) != std::string_view::npos || type_io::IsSpace(c);
  }
  if (quoted) out->push_back('"');
  for (char c : value) {
    if (c == '"' || c == '\\') out->push_back(c);
    out->push_back(c);
  }
  if (quoted) out->push_back('"');
}

void AppendWireBound(Oid bounds, const RangeBound& bound, std::string* out) {
  if (bound.infinite) return;
  std::string value;
  AppendBinary({bounds, -1}, bound.value, &value);
  PutBigEndian32(out, static_cast<uint32_t>(value.size()));
  out->append(value);
}

}  // namespace

Result<std::string_view> ParseRangeText(Oid bounds, std::string_view text,
                                        const FormatSettings& settings, Arena* arena) {
  RangeTextReader reader(text);
  RETURN_IF_ERROR(reader.Read());
  if (reader.empty()) return WriteRange(EmptyRange(bounds), arena);
  auto bound_of = [&](const std::optional<std::string>& value,
                      bool inclusive) -> Result<RangeBound> {
    RangeBound bound;
    bound.infinite = !value.has_value();
    bound.inclusive = inclusive;
    if (value.has_value()) {
      ASSIGN_OR_RETURN(bound.value, ParseText({bounds, -1}, *value, settings, arena));
    }
    return bound;
  };
  ASSIGN_OR_RETURN(RangeBound lower, bound_of(reader.lower(), reader.lower_inclusive()));
  ASSIGN_OR_RETURN(RangeBound upper, bound_of(reader.upper(), reader.upper_inclusive()));
  ASSIGN_OR_RETURN(Range range, MakeRange(bounds, lower, upper));
  return WriteRange(range, arena);
}

void AppendRangeText(Oid bounds, std::string_view bytes, const FormatSettings& settings,
                     std::string* out) {
  const Range range = ReadRange(bounds, bytes);
  if (range.empty) {
    *out += kEmptyWord;
    return;
  }
  auto append = [&](const RangeBound& bound) {
    if (bound.infinite) return;
    std::string value;
    AppendText({bounds, -1}, bound.value, settings, &value);
    AppendBound(value, out);
  };
  out->push_back(range.lower.inclusive ? '[' : '(');
  append(range.lower);
  out->push_back(',');
  append(range.upper);
  out->push_back(range.upper.inclusive ? ']' : ')');
}

Result<std::string_view> ParseRangeBinary(Oid bounds, std::string_view bytes,
                                          const FormatSettings& settings, Arena* arena) {
  if (bytes.empty()) return type_io::InsufficientData();
  const auto flags = static_cast<uint8_t>(bytes[0]);
  bytes.remove_prefix(1);
  const bool empty = (flags & kWireEmpty) != 0;
  auto bound_of = [&](uint8_t infinite_flag, uint8_t included_flag) -> Result<RangeBound> {
    RangeBound bound;
    bound.infinite = empty || (flags & infinite_flag) != 0;
    bound.inclusive = (flags & included_flag) != 0;
    if (bound.infinite) return bound;
    if (bytes.size() < 4) return type_io::InsufficientData();
    const uint32_t size = LoadBigEndian32(bytes.data());
    bytes.remove_prefix(4);
    if (bytes.size() < size) return type_io::InsufficientData();
    ASSIGN_OR_RETURN(bound.value,
                     ParseBinary({bounds, -1}, bytes.substr(0, size), settings, arena));
    bytes.remove_prefix(size);
    return bound;
  };
  ASSIGN_OR_RETURN(RangeBound lower, bound_of(kWireNoLower, kWireLowerIncluded));
  ASSIGN_OR_RETURN(RangeBound upper, bound_of(kWireNoUpper, kWireUpperIncluded));
  RETURN_IF_ERROR(type_io::CheckSize(bytes, 0));
  if (empty) return WriteRange(EmptyRange(bounds), arena);
  ASSIGN_OR_RETURN(Range range, MakeRange(bounds, lower, upper));
  return WriteRange(range, arena);
}

void AppendRangeBinary(Oid bounds, std::string_view bytes, std::string* out) {
  const Range range = ReadRange(bounds, bytes);
  const int flags = range.empty ? kWireEmpty
                                : (range.lower.infinite    ? kWireNoLower
                                   : range.lower.inclusive ? kWireLowerIncluded
                                                           : 0) |
                                      (range.upper.infinite    ? kWireNoUpper
                                       : range.upper.inclusive ? kWireUpperIncluded
                                                               : 0);
  out->push_back(static_cast<char>(flags));
  if (range.empty) return;
  AppendWireBound(bounds, range.lower, out);
  AppendWireBound(bounds, range.upper, out);
}

Status ParseRangeFlags(std::string_view text, bool* lower_inclusive, bool* upper_inclusive) {
  const bool valid =
      text.size() == 2 && (text[0] == '[' || text[0] == '(') && (text[1] == ']' || text[1] == ')');
  if (!valid) {
    return Error(sqlstate::kSyntaxError, "invalid range bound flags")
        .Hint("Valid values are \"[]\", \"[)\", \"(]\", and \"()\".");
  }
  *lower_inclusive = text[0] == '[';
  *upper_inclusive = text[1] == ']';
  return Status::Ok();
}

}  // namespace shale::catalog
