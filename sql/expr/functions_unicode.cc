// Unicode normal forms, escapes, and identifiers in text.
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include <string>
#include <vector>

#include "catalog/types/array.h"
#include "catalog/types/text_encoding.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;

char ToLowerAscii(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// --- normalize().

Result<const UNormalizer2*> NormalizerFor(std::string_view form) {
  std::string lower;
  for (char c : form) lower += ToLowerAscii(c);
  UErrorCode error = U_ZERO_ERROR;
  const UNormalizer2* normalizer = nullptr;
  if (lower == "nfc") normalizer = unorm2_getNFCInstance(&error);
  if (lower == "nfd") normalizer = unorm2_getNFDInstance(&error);
  if (lower == "nfkc") normalizer = unorm2_getNFKCInstance(&error);
  if (lower == "nfkd") normalizer = unorm2_getNFKDInstance(&error);
  if (normalizer != nullptr && U_SUCCESS(error)) return normalizer;
  return Error(sqlstate::kInvalidParameterValue, "invalid normalization form: {}", form);
}

std::vector<UChar> ToUtf16(std::string_view text) {
  std::vector<UChar> wide(text.size() + 1);
  int32_t length = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strFromUTF8(wide.data(), static_cast<int32_t>(wide.size()), &length, text.data(),
                static_cast<int32_t>(text.size()), &error);
  wide.resize(static_cast<size_t>(length));
  return wide;
}

std::string ToUtf8(const std::vector<UChar>& wide) {
  std::string text(wide.size() * 3 + 1, '\0');
  int32_t length = 0;
  UErrorCode error = U_ZERO_ERROR;
  u_strToUTF8(text.data(), static_cast<int32_t>(text.size()), &length, wide.data(),
              static_cast<int32_t>(wide.size()), &error);
  text.resize(static_cast<size_t>(length));
  return text;
}

Status Normalize(EvalContext& context, std::string_view text, std::string_view form,
                 std::string_view* out) {
  ASSIGN_OR_RETURN(const UNormalizer2* normalizer, NormalizerFor(form));
  const std::vector<UChar> wide = ToUtf16(text);
  // No character becomes more than 18.
  std::vector<UChar> normal(wide.size() * 18 + 1);
  UErrorCode error = U_ZERO_ERROR;
  const int32_t length =
      unorm2_normalize(normalizer, wide.data(), static_cast<int32_t>(wide.size()), normal.data(),
                       static_cast<int32_t>(normal.size()), &error);
  if (U_FAILURE(error)) {
    return Error(sqlstate::kInternalError, "normalization failed: {}", u_errorName(error));
  }
  normal.resize(static_cast<size_t>(length));
  *out = context.arena->Copy(ToUtf8(normal));
  return Status::Ok();
}

Status IsNormalized(EvalContext& context, std::string_view text, std::string_view form, bool* out) {
  std::string_view normal;
  RETURN_IF_ERROR(Normalize(context, text, form, &normal));
  *out = normal == text;
  return Status::Ok();
}

// --- unistr(): \XXXX, \uXXXX, \+XXXXXX, \UXXXXXXXX.

void AppendUtf8(uint32_t code_point, std::string* out) {
  const std::vector<UChar> wide =
      code_point < 0x10000 ? std::vector<UChar>{static_cast<UChar>(code_point)}
                           : std::vector<UChar>{static_cast<UChar>(0xd7c0 + (code_point >> 10)),
                                                static_cast<UChar>(0xdc00 | (code_point & 0x3ff))};
  *out += ToUtf8(wide);
}

class UnicodeUnescaper {
 public:
  explicit UnicodeUnescaper(std::string_view text) : text_(text) {}

  Result<std::string> Run() {
    while (at_ < text_.size()) {
      if (text_[at_] != '\\') {
        RETURN_IF_ERROR(NeedNoHalf());
        out_ += text_[at_++];
      } else if (text_.substr(at_).starts_with("\\\\")) {
        RETURN_IF_ERROR(NeedNoHalf());
        out_ += '\\';
        at_ += 2;
      } else {
        RETURN_IF_ERROR(Escape());
      }
    }
    RETURN_IF_ERROR(NeedNoHalf());
    return std::move(out_);
  }

 private:
  Status NeedNoHalf() const {
    if (high_ == 0) return Status::Ok();
    return Error(sqlstate::kSyntaxError, "invalid Unicode surrogate pair");
  }

  Status Escape() {
    const char kind = at_ + 1 < text_.size() ? text_[at_ + 1] : '\0';
    const bool is_marked = kind == 'u' || kind == 'U' || kind == '+';
    const size_t digits = kind == '+' ? 6 : kind == 'U' ? 8 : 4;
    const size_t start = at_ + (is_marked ? 2 : 1);
    uint32_t code_point = 0;
    bool valid = start + digits <= text_.size();
    for (size_t i = start; valid && i < start + digits; ++i) {
      const char c = ToLowerAscii(text_[i]);
      const bool is_letter = c >= 'a' && c <= 'f';
      valid = is_letter || (c >= '0' && c <= '9');
      code_point = code_point * 16 + static_cast<uint32_t>(is_letter ? c - 'a' + 10 : c - '0');
    }
    if (!valid) {
      return Error(sqlstate::kSyntaxError, "invalid Unicode escape")
          .Hint("Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.");
    }
    at_ = start + digits;
    return Add(code_point);
  }

  Status Add(uint32_t code_point) {
    const bool is_high = code_point >= 0xd800 && code_point <= 0xdbff;
    const bool is_low = code_point >= 0xdc00 && code_point <= 0xdfff;
    if (code_point == 0 || code_point > 0x10ffff) {
      return Error(sqlstate::kInvalidParameterValue, "invalid Unicode code point: {:04X}",
                   code_point);
    }
    if (is_low && high_ != 0) {
      code_point = 0x10000 + ((high_ & 0x3ff) << 10) + (code_point & 0x3ff);
      high_ = 0;
    } else if (is_low) {
      return Error(sqlstate::kSyntaxError, "invalid Unicode surrogate pair");
    }
    RETURN_IF_ERROR(NeedNoHalf());
    if (is_high) {
      high_ = code_point;
    } else {
      AppendUtf8(code_point, &out_);
    }
    return Status::Ok();
  }

  std::string_view text_;
  size_t at_ = 0;
  uint32_t high_ = 0;  // a surrogate that waits for its second half
  std::string out_;
};

Status Unistr(EvalContext& context, std::string_view text, std::string_view* out) {
  ASSIGN_OR_RETURN(std::string plain, UnicodeUnescaper(text).Run());
  *out = context.arena->Copy(plain);
  return Status::Ok();
}

// --- parse_ident().

bool IsIdentifierStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}
bool IsIdentifierPart(char c) { return IsIdentifierStart(c) || (c >= '0' && c <= '9') || c == '$'; }

class IdentifierReader {
 public:
  IdentifierReader(std::string_view text, bool strict) : text_(text), strict_(strict) {}

  Result<std::vector<std::string>> Read() {
    SkipSpaces();
    bool after_dot = false;
    while (true) {
      if (Peek() == '"') {
        RETURN_IF_ERROR(ReadQuoted());
      } else if (IsIdentifierStart(Peek())) {
        std::string name;
        while (IsIdentifierPart(Peek())) name += ToLowerAscii(text_[at_++]);
        names_.push_back(std::move(name));
      } else if (Peek() == '.') {
        return Invalid("No valid identifier before \".\".");
      } else {
        return Invalid(after_dot ? "No valid identifier after \".\"." : "");
      }
      SkipSpaces();
      if (at_ == text_.size()) return names_;
      if (Peek() != '.') {
        if (strict_) return Invalid("");
        return names_;
      }
      ++at_;
      after_dot = true;
      SkipSpaces();
    }
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipSpaces() {
    while (Peek() == ' ' || (Peek() >= '\t' && Peek() <= '\r')) ++at_;
  }
  Status Invalid(std::string detail) const {
    Status error =
        Error(sqlstate::kInvalidParameterValue, "string is not a valid identifier: \"{}\"", text_);
    if (detail.empty()) return error;
    return std::move(error).Detail(std::move(detail));
  }
  Status ReadQuoted() {
    std::string name;
    for (++at_;; ++at_) {
      if (at_ >= text_.size()) return Invalid("String has unclosed double quotes.");
      if (text_[at_] == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') break;
        ++at_;
      }
      name += text_[at_];
    }
    ++at_;
    if (name.empty()) return Invalid("Quoted identifier must not be empty.");
    names_.push_back(std::move(name));
    return Status::Ok();
  }

  std::string_view text_;
  bool strict_;
  size_t at_ = 0;
  std::vector<std::string> names_;
};

Status ParseIdent(EvalContext& context, std::string_view text, bool strict, std::string_view* out) {
  ASSIGN_OR_RETURN(std::vector<std::string> names, IdentifierReader(text, strict).Read());
  catalog::ArrayBuilder builder(catalog::type_oid::kText);
  for (const std::string& name : names) builder.Add(catalog::Datum::Bytes(name));
  return kernels::Store(builder.Finish(context.arena), out);
}

Status ToAscii(EvalContext&, std::string_view, std::string_view*) {
  return Error(sqlstate::kFeatureNotSupported,
               "encoding conversion from UTF8 to ASCII not supported");
}

constexpr KernelEntry kKernels[] = {
    {"unicode_normalize_func", Of<&Normalize>},
    {"unicode_is_normalized", Of<&IsNormalized>},
    {"unistr", Of<&Unistr>},
    {"parse_ident", Of<&ParseIdent>},
    {"to_ascii_default", Of<&ToAscii>},
};

}  // namespace

std::span<const KernelEntry> UnicodeKernels() { return kKernels; }

}  // namespace shale::sql
