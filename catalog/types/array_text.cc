// The text form of arrays: {1,2,NULL}, {{a,"b c"},{d,e}}, [0:1]={1,2}.
//
// Reading: (1) the bounds, where they are written; (2) the braces, which give the dimensions, and
// the text of each element, without quotes and escapes; (3) the elements' own input. So what is
// wrong with the braces is complained about before what is wrong with an element, as PostgreSQL
// does.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "catalog/types/array.h"
#include "catalog/types/type_io_internal.h"

namespace shale::catalog {
namespace {

using type_io::IsSpace;

constexpr char kDelimiter = ',';

bool IsNullWord(std::string_view text) { return type_io::EqualsIgnoringCase(text, "null"); }

class ArrayTextReader {
 public:
  struct Element {
    std::string text;
    bool is_null = false;
  };

  explicit ArrayTextReader(std::string_view text) : text_(text) {}

  Status Read() {
    RETURN_IF_ERROR(ReadBounds());
    if (!bounds_.empty()) {
      if (Peek() != '=') return Malformed("Missing \"=\" after array dimensions.");
      ++at_;
      SkipSpaces();
      if (Peek() != '{') return Malformed("Array contents must start with \"{\".");
    } else if (Peek() != '{') {
      return Malformed("Array value must start with \"{\" or dimension information.");
    }
    RETURN_IF_ERROR(ReadBraces());
    if (bounds_.empty()) return Status::Ok();
    if (bounds_.size() != dimensions_.size()) return MismatchedBounds();
    for (size_t i = 0; i < bounds_.size(); ++i) {
      if (bounds_[i].length != dimensions_[i].length) return MismatchedBounds();
    }
    dimensions_ = bounds_;
    return Status::Ok();
  }

  const std::vector<ArrayDimension>& dimensions() const { return dimensions_; }
  const std::vector<Element>& elements() const { return elements_; }

 private:
  // What was read last, between elements and braces.
  enum class Place : uint8_t {
    kStart,
    kOpened,        // {
    kInElement,     // an element without quotes
    kAfterQuotes,   // "..."
    kClosed,        // }
    kNextElement,   // , behind an element
    kNextSubarray,  // , behind a }
  };

  Status Malformed(std::string_view detail) const {
    return Error(sqlstate::kInvalidTextRepresentation, "malformed array literal: \"{}\"", text_)
        .Detail(std::string(detail));
  }
  Status Unexpected(char c) const {
    return Malformed(fmt::format("Unexpected \"{}\" character.", c));
  }
  Status UnexpectedElement() const { return Malformed("Unexpected array element."); }
  Status UnexpectedEnd() const { return Malformed("Unexpected end of input."); }
  Status Mismatched() const {
    return Malformed("Multidimensional arrays must have sub-arrays with matching dimensions.");
  }
  Status MismatchedBounds() const {
    return Malformed("Specified array dimensions do not match array contents.");
  }

  bool at_end() const { return at_ == text_.size(); }
  char Peek() const { return at_end() ? '\0' : text_[at_]; }
  void SkipSpaces() {
    while (!at_end() && IsSpace(text_[at_])) ++at_;
  }

  // Digits with signs, as many as there are; what is no number counts as 0, what is too large as
  // the largest.
  bool ReadBound(int64_t* bound) {
    size_t start = at_;
    while (!at_end() && ((Peek() >= '0' && Peek() <= '9') || Peek() == '-' || Peek() == '+')) {
      ++at_;
    }
    std::string_view digits = text_.substr(start, at_ - start);
    if (digits.starts_with('+')) digits.remove_prefix(1);
    *bound = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), *bound);
    if (error == std::errc::result_out_of_range) {
      *bound = digits.starts_with('-') ? INT32_MIN : INT32_MAX;
    }
    *bound = std::clamp<int64_t>(*bound, INT32_MIN, INT32_MAX);
    return at_ > start;
  }

  Status ReadBounds() {
    for (SkipSpaces(); Peek() == '['; SkipSpaces()) {
      ++at_;
      RETURN_IF_ERROR(CheckDimensionCount(static_cast<int>(bounds_.size()) + 1));
      int64_t lower = 1;
      int64_t upper = 0;
      if (!ReadBound(&upper)) {
        return Malformed("\"[\" must introduce explicitly-specified array dimensions.");
      }
      if (Peek() == ':') {
        ++at_;
        lower = upper;
        if (!ReadBound(&upper)) return Malformed("Missing array dimension value.");
      }
      if (Peek() != ']') return Malformed("Missing \"]\" after array dimensions.");
      ++at_;
      if (upper < lower) {
        return Error(sqlstate::kArraySubscriptError, "upper bound cannot be less than lower bound");
      }
      int64_t length = std::min<int64_t>(upper - lower + 1, INT32_MAX);
      bounds_.push_back({static_cast<int32_t>(length), static_cast<int32_t>(lower)});
    }
    return Status::Ok();
  }

  Status ReadBraces() {
    do {
      if (at_end()) return UnexpectedEnd();
      RETURN_IF_ERROR(ReadOne(text_[at_++]));
    } while (depth_ > 0);
    SkipSpaces();
    if (!at_end()) return Malformed("Junk after closing right brace.");
    if (elements_.empty()) return Status::Ok();
    for (size_t level = 0; level < leaf_depth_; ++level) {
      dimensions_.push_back({lengths_[level], 1});
    }
    return Status::Ok();
  }

  Status ReadOne(char c) {
    const bool element_may_start = place_ == Place::kOpened || place_ == Place::kNextElement;
    switch (c) {
      case '{':
        return Open();
      case '}':
        return Close();
      case kDelimiter:
        if (place_ != Place::kInElement && place_ != Place::kAfterQuotes &&
            place_ != Place::kClosed) {
          return Unexpected(c);
        }
        RETURN_IF_ERROR(EndElement());
        place_ = place_ == Place::kClosed ? Place::kNextSubarray : Place::kNextElement;
        return Status::Ok();
      case '"':
        if (!element_may_start) return UnexpectedElement();
        return ReadQuoted();
      case '\\':
        if (!element_may_start && place_ != Place::kInElement) return Unexpected(c);
        if (at_end()) return UnexpectedEnd();
        AddCharacter(text_[at_++], /*counts=*/true);
        is_plain_ = false;
        return Status::Ok();
      default:
        if (IsSpace(c)) {
          // Kept only where more of the element follows.
          if (place_ == Place::kInElement) AddCharacter(c, /*counts=*/false);
          return Status::Ok();
        }
        if (!element_may_start && place_ != Place::kInElement) return UnexpectedElement();
        AddCharacter(c, /*counts=*/true);
        return Status::Ok();
    }
  }

  void AddCharacter(char c, bool counts) {
    element_ += c;
    if (counts) element_bytes_ = element_.size();
    place_ = Place::kInElement;
  }

  Status ReadQuoted() {
    while (true) {
      if (at_end()) return UnexpectedEnd();
      char c = text_[at_++];
      if (c == '"') break;
      if (c == '\\') {
        if (at_end()) return UnexpectedEnd();
        c = text_[at_++];
      }
      element_ += c;
    }
    element_bytes_ = element_.size();
    is_plain_ = false;
    place_ = Place::kAfterQuotes;
    return Status::Ok();
  }

  // Takes over the element that was being read, if one was.
  Status EndElement() {
    if (place_ != Place::kInElement && place_ != Place::kAfterQuotes) return Status::Ok();
    if (leaf_depth_ == 0) leaf_depth_ = depth_;
    if (leaf_depth_ != depth_) return Mismatched();
    element_.resize(element_bytes_);
    const bool is_null = is_plain_ && IsNullWord(element_);
    elements_.push_back({std::move(element_), is_null});
    element_.clear();
    element_bytes_ = 0;
    is_plain_ = true;
    ++counts_[depth_ - 1];
    return Status::Ok();
  }

  Status Open() {
    if (place_ != Place::kStart && place_ != Place::kOpened && place_ != Place::kNextSubarray) {
      return Unexpected('{');
    }
    RETURN_IF_ERROR(CheckDimensionCount(static_cast<int>(depth_) + 1));
    counts_[depth_++] = 0;
    place_ = Place::kOpened;
    return Status::Ok();
  }

  Status Close() {
    const bool is_empty = depth_ == 1 && place_ == Place::kOpened;
    if (!is_empty && place_ != Place::kInElement && place_ != Place::kAfterQuotes &&
        place_ != Place::kClosed) {
      return Unexpected('}');
    }
    RETURN_IF_ERROR(EndElement());
    --depth_;
    int32_t& length = lengths_[depth_];
    if (length != 0 && length != counts_[depth_]) return Mismatched();
    length = counts_[depth_];
    if (depth_ > 0) ++counts_[depth_ - 1];
    place_ = Place::kClosed;
    return Status::Ok();
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<ArrayDimension> bounds_;
  std::vector<ArrayDimension> dimensions_;
  std::vector<Element> elements_;

  Place place_ = Place::kStart;
  size_t depth_ = 0;                                    // of braces that are open
  size_t leaf_depth_ = 0;                               // of the elements
  std::array<int32_t, kArrayDimensionsMax> counts_{};   // in the open brace of each level
  std::array<int32_t, kArrayDimensionsMax> lengths_{};  // of closed ones; 0: none yet
  std::string element_;
  size_t element_bytes_ = 0;  // without trailing spaces
  bool is_plain_ = true;      // no quotes or escapes in it
};

bool NeedsQuotes(std::string_view element) {
  if (element.empty() || IsNullWord(element)) return true;
  for (char c : element) {
    if (c == '"' || c == '\\' || c == '{' || c == '}' || c == kDelimiter || IsSpace(c)) return true;
  }
  return false;
}

void AppendQuoted(std::string_view element, std::string* out) {
  out->push_back('"');
  for (char c : element) {
    if (c == '"' || c == '\\') out->push_back('\\');
    out->push_back(c);
  }
  out->push_back('"');
}

}  // namespace

std::string AsVector(std::string_view array) {
  std::string vector(array);
  constexpr size_t kLowerBoundOffset = 8;
  if (vector.size() >= kLowerBoundOffset + 4 && vector[0] == 1) {
    std::memset(vector.data() + kLowerBoundOffset, 0, 4);
  }
  return vector;
}

namespace {

Result<std::string_view> ParseVectorText(Type type, std::string_view text,
                                         const FormatSettings& settings, Arena* arena) {
  const Type element{ElementOf(type.oid), -1};
  ArrayBuilder builder(element.oid);
  constexpr std::string_view kSpaces = " \t\n\v\f\r";
  for (size_t begin = 0; (begin = text.find_first_not_of(kSpaces, begin)) != text.npos;) {
    const size_t end = std::min(text.find_first_of(kSpaces, begin), text.size());
    ASSIGN_OR_RETURN(Datum datum,
                     ParseText(element, text.substr(begin, end - begin), settings, arena));
    builder.Add(datum);
    begin = end;
  }
  const ArrayDimension dimension{static_cast<int32_t>(builder.size()), 0};
  return builder.Finish({&dimension, builder.size() > 0 ? 1u : 0u}, arena);
}

}  // namespace

Result<std::string_view> ParseArrayText(Type type, std::string_view text,
                                        const FormatSettings& settings, Arena* arena) {
  if (IsVectorType(type.oid)) return ParseVectorText(type, text, settings, arena);
  ArrayTextReader reader(text);
  RETURN_IF_ERROR(reader.Read());
  RETURN_IF_ERROR(CheckArrayDimensions(reader.dimensions()).status());
  const Type element{ElementOf(type.oid), type.typmod};
  ArrayBuilder builder(element.oid);
  for (const ArrayTextReader::Element& item : reader.elements()) {
    if (item.is_null) {
      RETURN_IF_ERROR(CheckDomain(element, nullptr, settings));
      builder.AddNull();
      continue;
    }
    ASSIGN_OR_RETURN(Datum datum, ParseText(element, item.text, settings, arena));
    builder.Add(datum);
  }
  return builder.Finish(reader.dimensions(), arena);
}

void AppendArrayText(Type type, std::string_view array, const FormatSettings& settings,
                     std::string* out) {
  const Type element{ElementOf(type.oid), -1};
  const ArrayView view(element.oid, array);
  if (IsVectorType(type.oid)) {
    for (uint32_t i = 0; i < view.size(); ++i) {
      if (i > 0) *out += ' ';
      AppendText(element, view.At(i), settings, out);
    }
    return;
  }
  std::span<const ArrayDimension> dimensions = view.dimensions();
  if (dimensions.empty()) {
    *out += "{}";
    return;
  }
  bool has_bounds = false;
  for (const ArrayDimension& dimension : dimensions) has_bounds |= dimension.lower_bound != 1;
  if (has_bounds) {
    for (const ArrayDimension& dimension : dimensions) {
      *out += fmt::format("[{}:{}]", dimension.lower_bound,
                          dimension.lower_bound + dimension.length - 1);
    }
    *out += '=';
  }
  // Element i opens as many braces as it has trailing zero indexes, and closes as many as it ends
  // rows of.
  std::array<uint32_t, kArrayDimensionsMax> strides{};
  uint32_t stride = 1;
  for (size_t d = dimensions.size(); d-- > 0;) {
    stride *= static_cast<uint32_t>(dimensions[d].length);
    strides[d] = stride;
  }
  std::string text;
  for (uint32_t i = 0; i < view.size(); ++i) {
    if (i > 0) *out += kDelimiter;
    for (size_t d = 0; d < dimensions.size(); ++d) {
      if (i % strides[d] == 0) *out += '{';
    }
    if (view.IsNull(i)) {
      *out += "NULL";
    } else {
      text.clear();
      AppendText(element, view.At(i), settings, &text);
      if (NeedsQuotes(text)) {
        AppendQuoted(text, out);
      } else {
        *out += text;
      }
    }
    for (size_t d = 0; d < dimensions.size(); ++d) {
      if ((i + 1) % strides[d] == 0) *out += '}';
    }
  }
}

}  // namespace shale::catalog
