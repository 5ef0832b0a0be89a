// Functions on text: lengths, parts, joining, padding. Positions and lengths count
// characters; text is valid UTF-8.
#include <unicode/utf8.h>

#include <algorithm>
#include <string>

#include "catalog/types/text_encoding.h"
#include "sql/expr/errors.h"
#include "sql/expr/evaluate_internal.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/text_case.h"

namespace shale::sql {
namespace {

using catalog::BytesOfCharacters;
using catalog::CountCharacters;
using kernels::Of;

constexpr int64_t kTextBytesMax = 0x3fffffff;

Status TooLong() { return Error(sqlstate::kProgramLimitExceeded, "requested length too large"); }

std::string_view WithoutPadding(std::string_view text) {
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// --- Lengths.

int32_t Length(std::string_view text) { return static_cast<int32_t>(CountCharacters(text)); }
int32_t PaddedLength(std::string_view text) { return Length(WithoutPadding(text)); }
int32_t ByteLength(std::string_view text) { return static_cast<int32_t>(text.size()); }
int32_t BitLength(std::string_view text) { return static_cast<int32_t>(text.size() * 8); }

// --- Names as arrays of bytes, from 0.

// A name is 64 bytes, filled up with zeros, and "char" has none for zero.
Status NameSubscript(EvalContext& context, std::string_view name, int32_t place,
                     std::string_view* out, bool* is_null) {
  constexpr int32_t kNameBytes = 64;
  *is_null = place < 0 || place >= kNameBytes;
  const auto at = static_cast<size_t>(place);
  if (!*is_null) *out = at < name.size() ? name.substr(at, 1) : std::string_view();
  return Status::Ok();
}

// --- Joining.

Status Concatenate(EvalContext& context, std::string_view a, std::string_view b,
                   std::string_view* out) {
  size_t bytes = a.size() + b.size();
  char* joined = context.arena->Allocate(bytes);
  std::copy(a.begin(), a.end(), joined);
  std::copy(b.begin(), b.end(), joined + a.size());
  *out = {joined, bytes};
  return Status::Ok();
}

// text || any and any || text: the other operand cast to text.
Status ConcatenateAny(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  std::string text;
  auto append = [&](const Vector& arg, uint32_t row) -> Status {
    switch (catalog::BaseOf(arg.type().oid)) {
      case catalog::type_oid::kBool:
        text += arg.at<bool>(row) ? "true" : "false";
        return Status::Ok();
      case catalog::type_oid::kBpchar:
        text += WithoutPadding(arg.at<std::string_view>(row));
        return Status::Ok();
      default:
        return AppendValueText(context, arg.type(), arg.GetDatum(row), &text);
    }
  };
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    text.clear();
    RETURN_IF_ERROR(append(args[0], row));
    RETURN_IF_ERROR(append(args[1], row));
    out->values<std::string_view>()[row] = context.arena->Copy(text);
  }
  return Status::Ok();
}

// concat() and concat_ws() leave out NULL arguments. Not strict.
Status ConcatFrom(EvalContext& context, const Vector* args, size_t first, size_t count,
                  const Vector* separator, RowSet rows, Vector* out) {
  std::string text;
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    if (separator != nullptr && separator->IsNull(row)) {
      out->SetNull(row, context.arena);
      continue;
    }
    text.clear();
    bool is_first = true;
    for (size_t a = first; a < count; ++a) {
      if (args[a].IsNull(row)) continue;
      if (!is_first && separator != nullptr) text += separator->at<std::string_view>(row);
      is_first = false;
      RETURN_IF_ERROR(AppendValueText(context, args[a].type(), args[a].GetDatum(row), &text));
    }
    out->values<std::string_view>()[row] = context.arena->Copy(text);
  }
  return Status::Ok();
}
Status Concat(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  return ConcatFrom(context, args, 0, count, nullptr, rows, out);
}
Status ConcatWithSeparator(EvalContext& context, const Vector* args, size_t count, RowSet rows,
                           Vector* out) {
  return ConcatFrom(context, args, 1, count, &args[0], rows, out);
}

Status Repeat(EvalContext& context, std::string_view text, int32_t count, std::string_view* out) {
  int64_t bytes = static_cast<int64_t>(text.size()) * std::max(count, 0);
  if (bytes > kTextBytesMax) return TooLong();
  char* repeated = context.arena->Allocate(static_cast<size_t>(bytes));
  for (int64_t at = 0; at < bytes; at += static_cast<int64_t>(text.size())) {
    std::copy(text.begin(), text.end(), repeated + at);
  }
  *out = {repeated, static_cast<size_t>(bytes)};
  return Status::Ok();
}

// --- Parts.

// Characters from start (1-based, may lie before the text) for length (may be beyond its end).
Status SubstringFor(EvalContext&, std::string_view text, int32_t start, int32_t length,
                    std::string_view* out) {
  if (length < 0) {
    return Error(sqlstate::kSubstringError, "negative substring length not allowed");
  }
  int64_t end = int64_t{start} + length;
  int64_t first = std::max<int64_t>(start, 1);
  *out = {};
  if (end <= first) return Status::Ok();
  text.remove_prefix(BytesOfCharacters(text, static_cast<size_t>(first - 1)));
  *out = text.substr(0, BytesOfCharacters(text, static_cast<size_t>(end - first)));
  return Status::Ok();
}
Status SubstringFrom(EvalContext&, std::string_view text, int32_t start, std::string_view* out) {
  text.remove_prefix(BytesOfCharacters(text, static_cast<size_t>(std::max(start, 1) - 1)));
  *out = text;
  return Status::Ok();
}
Status BytesFor(EvalContext&, std::string_view bytes, int32_t start, int32_t length,
                std::string_view* out) {
  if (length < 0) {
    return Error(sqlstate::kSubstringError, "negative substring length not allowed");
  }
  int64_t end = int64_t{start} + length;
  int64_t first = std::min<int64_t>(std::max(start, 1) - 1, static_cast<int64_t>(bytes.size()));
  *out = bytes.substr(static_cast<size_t>(first),
                      static_cast<size_t>(std::max<int64_t>(end - 1 - first, 0)));
  return Status::Ok();
}
Status BytesFrom(EvalContext&, std::string_view bytes, int32_t start, std::string_view* out) {
  bytes.remove_prefix(std::min(bytes.size(), static_cast<size_t>(std::max(start, 1) - 1)));
  *out = bytes;
  return Status::Ok();
}

// Negative counts leave off that many characters of the other end.
size_t CharactersWanted(std::string_view text, int32_t count) {
  if (count >= 0) return static_cast<size_t>(count);
  int64_t left = static_cast<int64_t>(CountCharacters(text)) + count;
  return static_cast<size_t>(std::max<int64_t>(left, 0));
}
std::string_view Left(std::string_view text, int32_t count) {
  return text.substr(0, BytesOfCharacters(text, CharactersWanted(text, count)));
}
std::string_view Right(std::string_view text, int32_t count) {
  size_t characters = CountCharacters(text);
  size_t wanted = std::min(CharactersWanted(text, count), characters);
  return text.substr(BytesOfCharacters(text, characters - wanted));
}

int32_t Position(std::string_view text, std::string_view part) {
  size_t found = text.find(part);
  if (found == std::string_view::npos) return 0;
  return static_cast<int32_t>(CountCharacters(text.substr(0, found))) + 1;
}
int32_t BytePosition(std::string_view text, std::string_view part) {
  size_t found = text.find(part);
  return found == std::string_view::npos ? 0 : static_cast<int32_t>(found) + 1;
}
bool StartsWith(std::string_view text, std::string_view prefix) { return text.starts_with(prefix); }

// The field-th part between delimiters; negative counts from the end.
Status SplitPart(EvalContext&, std::string_view text, std::string_view delimiter, int32_t field,
                 std::string_view* out) {
  if (field == 0) {
    return Error(sqlstate::kInvalidParameterValue, "field position must not be zero");
  }
  *out = {};
  if (text.empty()) return Status::Ok();
  if (delimiter.empty()) {
    if (field == 1 || field == -1) *out = text;
    return Status::Ok();
  }
  if (field < 0) {
    size_t end = text.size();
    for (int32_t left = field;; ++left) {
      size_t found = end < delimiter.size() ? std::string_view::npos
                                            : text.rfind(delimiter, end - delimiter.size());
      size_t start = found == std::string_view::npos ? 0 : found + delimiter.size();
      if (left == -1) {
        *out = text.substr(start, end - start);
        return Status::Ok();
      }
      if (found == std::string_view::npos) return Status::Ok();
      end = found;
    }
  }
  size_t start = 0;
  for (int32_t left = field;; --left) {
    size_t found = text.find(delimiter, start);
    if (left == 1) {
      *out = text.substr(start, found == std::string_view::npos ? found : found - start);
      return Status::Ok();
    }
    if (found == std::string_view::npos) return Status::Ok();
    start = found + delimiter.size();
  }
}

// --- Changing.

Status Replace(EvalContext& context, std::string_view text, std::string_view from,
               std::string_view to, std::string_view* out) {
  size_t found = from.empty() ? std::string_view::npos : text.find(from);
  if (found == std::string_view::npos) {
    *out = text;
    return Status::Ok();
  }
  std::string replaced;
  size_t start = 0;
  for (; found != std::string_view::npos; found = text.find(from, start)) {
    replaced += text.substr(start, found - start);
    replaced += to;
    start = found + from.size();
  }
  replaced += text.substr(start);
  *out = context.arena->Copy(replaced);
  return Status::Ok();
}

// Characters of `from` become those of `to` at the same place; those beyond its end go.
Status Translate(EvalContext& context, std::string_view text, std::string_view from,
                 std::string_view to, std::string_view* out) {
  std::string translated;
  for (size_t at = 0; at < text.size();) {
    std::string_view character = text.substr(at, BytesOfCharacters(text.substr(at), 1));
    at += character.size();
    size_t index = 0;
    bool found = false;
    for (size_t in_from = 0; in_from < from.size() && !found; ++index) {
      std::string_view candidate = from.substr(in_from, BytesOfCharacters(from.substr(in_from), 1));
      in_from += candidate.size();
      found = candidate == character;
    }
    if (!found) {
      translated += character;
      continue;
    }
    std::string_view rest = to.substr(BytesOfCharacters(to, index - 1));
    translated += rest.substr(0, BytesOfCharacters(rest, 1));
  }
  *out = context.arena->Copy(translated);
  return Status::Ok();
}

Status Overlay(EvalContext& context, std::string_view text, std::string_view by, int32_t start,
               int32_t length, std::string_view* out) {
  if (start <= 0) {
    return Error(sqlstate::kSubstringError, "negative substring length not allowed");
  }
  int32_t end = 0;
  if (__builtin_add_overflow(start, length, &end)) return IntegerOutOfRange();
  std::string result(text.substr(0, BytesOfCharacters(text, static_cast<size_t>(start) - 1)));
  result += by;
  result += text.substr(BytesOfCharacters(text, static_cast<size_t>(std::max(end, 1) - 1)));
  *out = context.arena->Copy(result);
  return Status::Ok();
}
Status OverlayWhole(EvalContext& context, std::string_view text, std::string_view by, int32_t start,
                    std::string_view* out) {
  return Overlay(context, text, by, start, Length(by), out);
}

Status Reverse(EvalContext& context, std::string_view text, std::string_view* out) {
  char* reversed = context.arena->Allocate(text.size());
  size_t end = text.size();
  for (size_t at = 0; at < text.size();) {
    size_t bytes = BytesOfCharacters(text.substr(at), 1);
    end -= bytes;
    std::copy_n(text.data() + at, bytes, reversed + end);
    at += bytes;
  }
  *out = {reversed, text.size()};
  return Status::Ok();
}

// Fills up to length characters, at the front or the back; longer text is cut.
Status Pad(EvalContext& context, std::string_view text, int32_t length, std::string_view fill,
           bool at_front, std::string_view* out) {
  size_t wanted = static_cast<size_t>(std::max(length, 0));
  size_t has = CountCharacters(text);
  if (wanted <= has || fill.empty()) {
    *out = text.substr(0, BytesOfCharacters(text, wanted));
    return Status::Ok();
  }
  size_t missing = wanted - has;
  if (missing * 4 > static_cast<size_t>(kTextBytesMax)) return TooLong();
  size_t fill_characters = CountCharacters(fill);
  std::string padding;
  for (size_t i = 0; i < missing / fill_characters; ++i) padding += fill;
  padding += fill.substr(0, BytesOfCharacters(fill, missing % fill_characters));
  return at_front ? Concatenate(context, padding, text, out)
                  : Concatenate(context, text, padding, out);
}
Status LeftPad(EvalContext& context, std::string_view text, int32_t length, std::string_view fill,
               std::string_view* out) {
  return Pad(context, text, length, fill, true, out);
}
Status LeftPadSpaces(EvalContext& context, std::string_view text, int32_t length,
                     std::string_view* out) {
  return Pad(context, text, length, " ", true, out);
}
Status RightPad(EvalContext& context, std::string_view text, int32_t length, std::string_view fill,
                std::string_view* out) {
  return Pad(context, text, length, fill, false, out);
}
Status RightPadSpaces(EvalContext& context, std::string_view text, int32_t length,
                      std::string_view* out) {
  return Pad(context, text, length, " ", false, out);
}

// --- Letter case.

Status Lower(EvalContext& context, std::string_view text, std::string_view* out) {
  *out = LowerText(text, context.arena);
  return Status::Ok();
}
Status Upper(EvalContext& context, std::string_view text, std::string_view* out) {
  *out = UpperText(text, context.arena);
  return Status::Ok();
}
Status InitialCapitals(EvalContext& context, std::string_view text, std::string_view* out) {
  *out = CapitalizeWords(text, context.arena);
  return Status::Ok();
}

// --- Single characters.

int32_t CodePoint(std::string_view text) {
  if (text.empty()) return 0;
  UChar32 character;
  int32_t at = 0;
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  U8_NEXT(bytes, at, static_cast<int32_t>(text.size()), character);
  return character;
}

Status Character(EvalContext& context, int32_t code, std::string_view* out) {
  if (code < 0) {
    return Error(sqlstate::kInvalidParameterValue, "character number must be positive");
  }
  if (code == 0) return Error(sqlstate::kProgramLimitExceeded, "null character not permitted");
  if (code > 0x10ffff) {
    return Error(sqlstate::kProgramLimitExceeded, "requested character too large for encoding: {}",
                 code);
  }
  if (code >= 0xd800 && code < 0xe000) {
    return Error(sqlstate::kProgramLimitExceeded, "requested character not valid for encoding: {}",
                 code);
  }
  uint8_t buffer[U8_MAX_LENGTH];
  int32_t size = 0;
  U8_APPEND_UNSAFE(buffer, size, code);
  *out = context.arena->Copy({reinterpret_cast<const char*>(buffer), static_cast<size_t>(size)});
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"name_subscript", Of<&NameSubscript>},
    {"textlen", Of<&Length>},
    {"bpcharlen", Of<&PaddedLength>},
    {"textoctetlen", Of<&ByteLength>},
    {"bpcharoctetlen", Of<&ByteLength>},
    {"byteaoctetlen", Of<&ByteLength>},
    {"bit_length(text)", Of<&BitLength>},
    {"bit_length(bytea)", Of<&BitLength>},
    {"textcat", Of<&Concatenate>},
    {"byteacat", Of<&Concatenate>},
    {"textanycat(text,anynonarray)", &ConcatenateAny},
    {"anytextcat(anynonarray,text)", &ConcatenateAny},
    {"text_concat", &Concat},
    {"text_concat_ws", &ConcatWithSeparator},
    {"repeat", Of<&Repeat>},
    {"text_substr", Of<&SubstringFor>},
    {"text_substr_no_len", Of<&SubstringFrom>},
    {"bytea_substr", Of<&BytesFor>},
    {"bytea_substr_no_len", Of<&BytesFrom>},
    {"text_left", Of<&Left>},
    {"text_right", Of<&Right>},
    {"textpos", Of<&Position>},
    {"byteapos", Of<&BytePosition>},
    {"text_starts_with", Of<&StartsWith>},
    {"split_part", Of<&SplitPart>},
    {"replace_text", Of<&Replace>},
    {"translate", Of<&Translate>},
    {"textoverlay", Of<&Overlay>},
    {"textoverlay_no_len", Of<&OverlayWhole>},
    {"text_reverse", Of<&Reverse>},
    {"lpad", Of<&LeftPad>},
    {"rpad", Of<&RightPad>},
    {"lpad(text,int4)", Of<&LeftPadSpaces>},
    {"rpad(text,int4)", Of<&RightPadSpaces>},
    {"lower", Of<&Lower>},
    {"upper", Of<&Upper>},
    {"initcap", Of<&InitialCapitals>},
    {"ascii", Of<&CodePoint>},
    {"chr", Of<&Character>},
};

}  // namespace

std::span<const KernelEntry> TextKernels() { return kKernels; }

}  // namespace shale::sql
