#include "catalog/types/multirange.h"

#include <algorithm>

#include "catalog/types/type_io_internal.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

constexpr size_t kCountBytes = 4;

// Where the pieces of "{[1,2),(3,4]}" start and end.
class MultirangeTextReader {
 public:
  explicit MultirangeTextReader(std::string_view text) : text_(text) {}

  Status Read() {
    SkipSpaces();
    if (Peek() != '{') return Malformed("Missing left brace.");
    ++at_;
    for (bool first = true;; first = false) {
      SkipSpaces();
      if (AtEnd()) return Malformed("Unexpected end of input.");
      if (first && Peek() == '}') break;
      RETURN_IF_ERROR(ReadRange());
      SkipSpaces();
      if (AtEnd()) return Malformed("Unexpected end of input.");
      if (Peek() == '}') break;
      if (Peek() != ',') return Malformed("Expected comma or end of multirange.");
      ++at_;
    }
    ++at_;
    SkipSpaces();
    return AtEnd() ? Status::Ok() : Malformed("Junk after closing right brace.");
  }

  const std::vector<std::string_view>& ranges() const { return ranges_; }

 private:
  Status Malformed(std::string_view detail) const {
    return Error(sqlstate::kInvalidTextRepresentation, "malformed multirange literal: \"{}\"",
                 text_)
        .Detail(std::string(detail));
  }
  bool AtEnd() const { return at_ >= text_.size(); }
  char Peek() const { return AtEnd() ? '\0' : text_[at_]; }
  void SkipSpaces() {
    while (!AtEnd() && type_io::IsSpace(text_[at_])) ++at_;
  }

  // Empty ranges add nothing.
  Status ReadRange() {
    constexpr std::string_view kEmpty = "empty";
    if (type_io::EqualsIgnoringCase(text_.substr(at_, kEmpty.size()), kEmpty)) {
      at_ += kEmpty.size();
      return Status::Ok();
    }
    if (Peek() != '[' && Peek() != '(') return Malformed("Expected range start.");
    const size_t start = at_;
    bool quoted = false;
    for (++at_; !AtEnd(); ++at_) {
      const char c = text_[at_];
      if (c == '\\') {
        ++at_;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (!quoted && (c == ']' || c == ')')) {
        ranges_.push_back(text_.substr(start, ++at_ - start));
        return Status::Ok();
      }
    }
    return Malformed("Unexpected end of input.");
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<std::string_view> ranges_;
};

// What is left of a range without another one: none, one or two pieces.
Status AddDifference(const Range& range, const Range& other, Ranges* out) {
  if (!Overlaps(range, other)) {
    out->push_back(range);
    return Status::Ok();
  }
  auto flipped = [](RangeBound bound) {
    bound.inclusive = !bound.inclusive;
    bound.lower = !bound.lower;
    return bound;
  };
  if (CompareBounds(range.bounds, range.lower, other.lower) < 0) {
    ASSIGN_OR_RETURN(Range front, MakeRange(range.bounds, range.lower, flipped(other.lower)));
    out->push_back(front);
  }
  if (CompareBounds(range.bounds, range.upper, other.upper) > 0) {
    ASSIGN_OR_RETURN(Range back, MakeRange(range.bounds, flipped(other.upper), range.upper));
    out->push_back(back);
  }
  return Status::Ok();
}

bool AnyIsEmpty(const Ranges& left, const Ranges& right) { return left.empty() || right.empty(); }

}  // namespace

Ranges ReadMultirange(Oid bounds, std::string_view bytes) {
  Ranges ranges;
  if (bytes.size() < kCountBytes) return ranges;
  const auto count = LoadFixed<uint32_t>(bytes.data());
  bytes.remove_prefix(kCountBytes);
  for (uint32_t i = 0; i < count && bytes.size() >= kCountBytes; ++i) {
    const auto size = LoadFixed<uint32_t>(bytes.data());
    bytes.remove_prefix(kCountBytes);
    if (bytes.size() < size) break;
    ranges.push_back(ReadRange(bounds, bytes.substr(0, size)));
    bytes.remove_prefix(size);
  }
  return ranges;
}

std::string_view WriteMultirange(const Ranges& ranges, Arena* arena) {
  std::string bytes;
  PutFixed32(&bytes, static_cast<uint32_t>(ranges.size()));
  for (const Range& range : ranges) {
    const std::string_view one = WriteRange(range, arena);
    PutFixed32(&bytes, static_cast<uint32_t>(one.size()));
    bytes.append(one);
  }
  return arena->Copy(bytes);
}

Result<Ranges> Normalize(Ranges ranges) {
  std::erase_if(ranges, [](const Range& range) { return range.empty; });
  std::ranges::stable_sort(
      ranges, [](const Range& left, const Range& right) { return CompareRanges(left, right) < 0; });
  Ranges merged;
  for (const Range& range : ranges) {
    const bool joins =
        !merged.empty() && (Overlaps(merged.back(), range) || AreAdjacent(merged.back(), range));
    if (joins) {
      ASSIGN_OR_RETURN(merged.back(), Hull(merged.back(), range));
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

Result<std::string_view> ParseMultirangeText(Oid bounds, std::string_view text,
                                             const FormatSettings& settings, Arena* arena) {
  MultirangeTextReader reader(text);
  RETURN_IF_ERROR(reader.Read());
  Ranges ranges;
  for (std::string_view range : reader.ranges()) {
    ASSIGN_OR_RETURN(std::string_view bytes, ParseRangeText(bounds, range, settings, arena));
    ranges.push_back(ReadRange(bounds, bytes));
  }
  ASSIGN_OR_RETURN(ranges, Normalize(std::move(ranges)));
  return WriteMultirange(ranges, arena);
}

void AppendMultirangeText(Oid bounds, std::string_view bytes, const FormatSettings& settings,
                          std::string* out) {
  Arena arena;
  bool first = true;
  out->push_back('{');
  for (const Range& range : ReadMultirange(bounds, bytes)) {
    if (!first) out->push_back(',');
    first = false;
    AppendRangeText(bounds, WriteRange(range, &arena), settings, out);
  }
  out->push_back('}');
}

Result<std::string_view> ParseMultirangeBinary(Oid bounds, std::string_view bytes,
                                               const FormatSettings& settings, Arena* arena) {
  if (bytes.size() < 4) return type_io::InsufficientData();
  const uint32_t count = LoadBigEndian32(bytes.data());
  bytes.remove_prefix(4);
  Ranges ranges;
  for (uint32_t i = 0; i < count; ++i) {
    if (bytes.size() < 4) return type_io::InsufficientData();
    const uint32_t size = LoadBigEndian32(bytes.data());
    bytes.remove_prefix(4);
    if (bytes.size() < size) return type_io::InsufficientData();
    ASSIGN_OR_RETURN(std::string_view range,
                     ParseRangeBinary(bounds, bytes.substr(0, size), settings, arena));
    ranges.push_back(ReadRange(bounds, range));
    bytes.remove_prefix(size);
  }
  RETURN_IF_ERROR(type_io::CheckSize(bytes, 0));
  ASSIGN_OR_RETURN(ranges, Normalize(std::move(ranges)));
  return WriteMultirange(ranges, arena);
}

void AppendMultirangeBinary(Oid bounds, std::string_view bytes, std::string* out) {
  const Ranges ranges = ReadMultirange(bounds, bytes);
  PutBigEndian32(out, static_cast<uint32_t>(ranges.size()));
  Arena arena;
  for (const Range& range : ranges) {
    std::string one;
    AppendRangeBinary(bounds, WriteRange(range, &arena), &one);
    PutBigEndian32(out, static_cast<uint32_t>(one.size()));
    out->append(one);
  }
}

int CompareMultiranges(const Ranges& left, const Ranges& right) {
  for (size_t i = 0; i < left.size() && i < right.size(); ++i) {
    if (int order = CompareRanges(left[i], right[i]); order != 0) return order;
  }
  return left.size() < right.size() ? -1 : left.size() > right.size();
}

uint64_t HashMultirange(const Ranges& ranges) {
  uint64_t hash = ranges.size();
  for (const Range& range : ranges) hash = (hash ^ (hash >> 29)) * 31 + HashRange(range);
  return hash;
}

bool Contains(const Ranges& ranges, const Ranges& others) {
  return std::ranges::all_of(others, [&ranges](const Range& other) {
    return std::ranges::any_of(ranges,
                               [&other](const Range& range) { return Contains(range, other); });
  });
}

bool ContainsValue(const Ranges& ranges, const Datum& value) {
  return std::ranges::any_of(ranges,
                             [&value](const Range& range) { return ContainsValue(range, value); });
}

bool Overlaps(const Ranges& left, const Ranges& right) {
  return std::ranges::any_of(left, [&right](const Range& range) {
    return std::ranges::any_of(right,
                               [&range](const Range& other) { return Overlaps(range, other); });
  });
}

bool IsBefore(const Ranges& left, const Ranges& right) {
  return !AnyIsEmpty(left, right) && IsBefore(left.back(), right.front());
}

bool EndsNotAfter(const Ranges& left, const Ranges& right) {
  return !AnyIsEmpty(left, right) && EndsNotAfter(left.back(), right.back());
}

bool StartsNotBefore(const Ranges& left, const Ranges& right) {
  return !AnyIsEmpty(left, right) && StartsNotBefore(left.front(), right.front());
}

bool AreAdjacent(const Ranges& left, const Ranges& right) {
  if (AnyIsEmpty(left, right)) return false;
  const Oid bounds = left.front().bounds;
  return AreBoundsAdjacent(bounds, left.back().upper, right.front().lower) ||
         AreBoundsAdjacent(bounds, right.back().upper, left.front().lower);
}

Result<Ranges> Union(const Ranges& left, const Ranges& right) {
  Ranges all = left;
  all.insert(all.end(), right.begin(), right.end());
  return Normalize(std::move(all));
}

Result<Ranges> Difference(const Ranges& left, const Ranges& right) {
  Ranges rest = left;
  for (const Range& other : right) {
    Ranges pieces;
    for (const Range& range : rest) RETURN_IF_ERROR(AddDifference(range, other, &pieces));
    rest = std::move(pieces);
  }
  return Normalize(std::move(rest));
}

Result<Ranges> Intersection(const Ranges& left, const Ranges& right) {
  Ranges common;
  for (const Range& range : left) {
    for (const Range& other : right) {
      ASSIGN_OR_RETURN(Range both, Intersection(range, other));
      common.push_back(both);
    }
  }
  return Normalize(std::move(common));
}

Result<Range> Hull(Oid bounds, const Ranges& ranges) {
  if (ranges.empty()) return EmptyRange(bounds);
  return MakeRange(bounds, ranges.front().lower, ranges.back().upper);
}

}  // namespace shale::catalog
