// Encodings and digests: encode, decode, to_hex, md5, sha*, and bytes of a bytea.
#include <openssl/evp.h>

#include <array>
#include <string>

#include "catalog/types/text_encoding.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kBase64Digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kBase64LineMax = 76;

void AppendHex(std::string_view bytes, std::string* out) {
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    *out += kHexDigits[byte >> 4];
    *out += kHexDigits[byte & 15];
  }
}

template <typename T>
Status ToHex(EvalContext& context, T value, std::string_view* out) {
  auto bits = static_cast<std::make_unsigned_t<T>>(value);
  std::array<char, 2 * sizeof(T)> digits;
  size_t at = digits.size();
  do {
    digits[--at] = kHexDigits[bits & 15];
    bits = static_cast<std::make_unsigned_t<T>>(bits >> 4);
  } while (bits != 0);
  *out = context.arena->Copy({digits.data() + at, digits.size() - at});
  return Status::Ok();
}

std::string Digest(const EVP_MD* algorithm, std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, algorithm, nullptr);
  return {reinterpret_cast<const char*>(digest), size};
}

Status Md5(EvalContext& context, std::string_view bytes, std::string_view* out) {
  std::string hex;
  AppendHex(Digest(EVP_md5(), bytes), &hex);
  *out = context.arena->Copy(hex);
  return Status::Ok();
}
template <const EVP_MD* (*kAlgorithm)()>
Status Sha(EvalContext& context, std::string_view bytes, std::string_view* out) {
  *out = context.arena->Copy(Digest(kAlgorithm(), bytes));
  return Status::Ok();
}

// --- encode() and decode(): hex, base64, escape.

void AppendBase64(std::string_view bytes, std::string* out) {
  size_t line = 0;
  for (size_t at = 0; at < bytes.size(); at += 3) {
    uint32_t group = 0;
    size_t count = std::min<size_t>(3, bytes.size() - at);
    for (size_t i = 0; i < 3; ++i) {
      group = group << 8 | (i < count ? static_cast<unsigned char>(bytes[at + i]) : 0u);
    }
    if (line == kBase64LineMax) {
      *out += '\n';
      line = 0;
    }
    for (size_t i = 0; i < 4; ++i) {
      *out += i <= count ? kBase64Digits[(group >> (18 - 6 * i)) & 63] : '=';
    }
    line += 4;
  }
}

void AppendEscape(std::string_view bytes, std::string* out) {
  for (char c : bytes) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      *out += "\\\\";
    } else if (byte == 0 || byte >= 0x80) {
      *out += '\\';
      for (int shift : {6, 3, 0}) *out += static_cast<char>('0' + ((byte >> shift) & 7));
    } else {
      *out += c;
    }
  }
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
bool IsSpace(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

Status InvalidDigit(std::string_view text, size_t at, std::string_view encoding) {
  std::string_view rest = text.substr(at);
  std::string_view symbol = rest.substr(0, catalog::BytesOfCharacters(rest, 1));
  if (encoding == "hexadecimal") {
    return Error(sqlstate::kInvalidParameterValue, "invalid hexadecimal digit: \"{}\"", symbol);
  }
  return Error(sqlstate::kInvalidParameterValue,
               "invalid symbol \"{}\" found while decoding base64 sequence", symbol);
}

Status DecodeHex(std::string_view text, std::string* out) {
  int high = -1;
  for (size_t at = 0; at < text.size(); ++at) {
    if (IsSpace(text[at])) continue;
    int value = HexValue(text[at]);
    if (value < 0) return InvalidDigit(text, at, "hexadecimal");
    if (high < 0) {
      high = value;
    } else {
      *out += static_cast<char>(high << 4 | value);
      high = -1;
    }
  }
  if (high >= 0) {
    return Error(sqlstate::kInvalidParameterValue,
                 "invalid hexadecimal data: odd number of digits");
  }
  return Status::Ok();
}

Status DecodeBase64(std::string_view text, std::string* out) {
  uint32_t group = 0;
  int digits = 0;
  int padding = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (IsSpace(c)) continue;
    size_t value = 0;
    if (c == '=') {
      if (digits < 2) {
        return Error(sqlstate::kInvalidParameterValue,
                     "unexpected \"=\" while decoding base64 sequence");
      }
      ++padding;
    } else {
      value = kBase64Digits.find(c);
      if (value == std::string_view::npos || padding > 0) return InvalidDigit(text, at, "base64");
    }
    group = group << 6 | static_cast<uint32_t>(value);
    if (++digits < 4) continue;
    *out += static_cast<char>(group >> 16);
    if (padding < 2) *out += static_cast<char>(group >> 8);
    if (padding < 1) *out += static_cast<char>(group);
    group = 0;
    digits = 0;
  }
  if (digits != 0) {
    return Error(sqlstate::kInvalidParameterValue, "invalid base64 end sequence")
        .Hint("Input data is missing padding, is truncated, or is otherwise corrupted.");
  }
  return Status::Ok();
}

Status DecodeEscape(std::string_view text, std::string* out) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      *out += text[at];
      continue;
    }
    std::string_view rest = text.substr(at + 1);
    if (rest.starts_with('\\')) {
      *out += '\\';
      ++at;
      continue;
    }
    auto is_octal = [&](size_t i, char max) { return rest[i] >= '0' && rest[i] <= max; };
    if (rest.size() < 3 || !is_octal(0, '3') || !is_octal(1, '7') || !is_octal(2, '7')) {
      return Error(sqlstate::kInvalidTextRepresentation, "invalid input syntax for type bytea");
    }
    *out += static_cast<char>((rest[0] - '0') << 6 | (rest[1] - '0') << 3 | (rest[2] - '0'));
    at += 3;
  }
  return Status::Ok();
}

Status UnknownEncoding(std::string_view name) {
  return Error(sqlstate::kInvalidParameterValue, "unrecognized encoding: \"{}\"", name);
}

std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return lower;
}

Status Encode(EvalContext& context, std::string_view bytes, std::string_view encoding,
              std::string_view* out) {
  std::string text;
  std::string name = LowerAscii(encoding);
  if (name == "hex") {
    AppendHex(bytes, &text);
  } else if (name == "base64") {
    AppendBase64(bytes, &text);
  } else if (name == "escape") {
    AppendEscape(bytes, &text);
  } else {
    return UnknownEncoding(encoding);
  }
  *out = context.arena->Copy(text);
  return Status::Ok();
}

Status Decode(EvalContext& context, std::string_view text, std::string_view encoding,
              std::string_view* out) {
  std::string bytes;
  std::string name = LowerAscii(encoding);
  if (name == "hex") {
    RETURN_IF_ERROR(DecodeHex(text, &bytes));
  } else if (name == "base64") {
    RETURN_IF_ERROR(DecodeBase64(text, &bytes));
  } else if (name == "escape") {
    RETURN_IF_ERROR(DecodeEscape(text, &bytes));
  } else {
    return UnknownEncoding(encoding);
  }
  *out = context.arena->Copy(bytes);
  return Status::Ok();
}

// The one encoding there is. "utf8", "UTF-8", "unicode".
Status CheckUtf8Name(std::string_view name, std::string_view which) {
  std::string plain;
  for (char c : LowerAscii(name)) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) plain += c;
  }
  if (plain == "utf8" || plain == "unicode") return Status::Ok();
  return Error(sqlstate::kInvalidParameterValue, "invalid {} encoding name \"{}\"", which, name);
}
Status ConvertFrom(EvalContext&, std::string_view bytes, std::string_view encoding,
                   std::string_view* out) {
  RETURN_IF_ERROR(CheckUtf8Name(encoding, "source"));
  RETURN_IF_ERROR(catalog::ValidateUtf8(bytes));
  *out = bytes;
  return Status::Ok();
}
Status ConvertTo(EvalContext&, std::string_view text, std::string_view encoding,
                 std::string_view* out) {
  RETURN_IF_ERROR(CheckUtf8Name(encoding, "destination"));
  *out = text;
  return Status::Ok();
}

// --- Bytes of a bytea.

Status BadIndex(int64_t index, size_t size) {
  return Error(sqlstate::kArraySubscriptError, "index {} out of valid range, 0..{}", index,
               static_cast<int64_t>(size) - 1);
}
Status GetByte(EvalContext&, std::string_view bytes, int32_t index, int32_t* out) {
  if (index < 0 || static_cast<size_t>(index) >= bytes.size()) {
    return BadIndex(index, bytes.size());
  }
  *out = static_cast<unsigned char>(bytes[static_cast<size_t>(index)]);
  return Status::Ok();
}
Status SetByte(EvalContext& context, std::string_view bytes, int32_t index, int32_t value,
               std::string_view* out) {
  if (index < 0 || static_cast<size_t>(index) >= bytes.size()) {
    return BadIndex(index, bytes.size());
  }
  std::string changed(bytes);
  changed[static_cast<size_t>(index)] = static_cast<char>(value);
  *out = context.arena->Copy(changed);
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"to_hex32", Of<&ToHex<int32_t>>},
    {"to_hex64", Of<&ToHex<int64_t>>},
    {"md5_text", Of<&Md5>},
    {"md5_bytea", Of<&Md5>},
    {"sha224_bytea", Of<&Sha<EVP_sha224>>},
    {"sha256_bytea", Of<&Sha<EVP_sha256>>},
    {"sha384_bytea", Of<&Sha<EVP_sha384>>},
    {"sha512_bytea", Of<&Sha<EVP_sha512>>},
    {"binary_encode", Of<&Encode>},
    {"binary_decode", Of<&Decode>},
    {"pg_convert_from", Of<&ConvertFrom>},
    {"pg_convert_to", Of<&ConvertTo>},
    {"byteaGetByte", Of<&GetByte>},
    {"byteaSetByte", Of<&SetByte>},
};

}  // namespace

std::span<const KernelEntry> EncodingKernels() { return kKernels; }

}  // namespace shale::sql
