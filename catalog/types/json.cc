// Validation and the normal form: a recursive descent over the lexer's tokens.
#include "catalog/types/json.h"

#include <algorithm>

#include "catalog/types/json_lexer.h"
#include "catalog/types/numeric.h"

namespace shale::catalog::json {
namespace {

Status TooDeep() {
  return Error(sqlstate::kStatementTooComplex, "stack depth limit exceeded")
      .Hint(
          "Increase the configuration parameter \"max_stack_depth\" (currently 2048kB), after "
          "ensuring the platform's stack depth limit is adequate.");
}

constexpr size_t kJsonbBytesMax = 268435455;

Status TooLong() {
  return Error(sqlstate::kProgramLimitExceeded,
               "total size of jsonb array elements exceeds the maximum of {} bytes",
               kJsonbBytesMax);
}

// Reads one value at the lexer's token and moves behind it. With an output it writes the normal
// form there, without it only checks.
class Reader {
 public:
  Reader(std::string_view text, std::string* out) : lexer_(text, out != nullptr), out_(out) {}

  Status ReadAll() {
    RETURN_IF_ERROR(lexer_.Advance());
    RETURN_IF_ERROR(ReadValue());
    if (lexer_.token() != Token::kEnd) return lexer_.Unexpected("end of input");
    return Status::Ok();
  }

 private:
  struct Piece {
    std::string key;
    size_t start;  // of the member's text in out_
    size_t end;
  };

  Status ReadValue() {
    // Numbers like 1e100000 grow when they are written out.
    if (out_ != nullptr && out_->size() > kJsonbBytesMax) return TooLong();
    switch (lexer_.token()) {
      case Token::kObjectStart:
        return ReadObject();
      case Token::kArrayStart:
        return ReadArray();
      case Token::kString:
        if (out_ != nullptr) AppendString(lexer_.string_value(), out_);
        return lexer_.Advance();
      case Token::kNumber:
        if (out_ != nullptr) RETURN_IF_ERROR(WriteNumber());
        return lexer_.Advance();
      case Token::kTrue:
      case Token::kFalse:
      case Token::kNull:
        if (out_ != nullptr) out_->append(lexer_.token_text());
        return lexer_.Advance();
      default:
        return lexer_.Unexpected("JSON value");
    }
  }

  Status WriteNumber() {
    Arena arena;
    ASSIGN_OR_RETURN(std::string_view number, numeric::Parse(lexer_.token_text(), &arena));
    numeric::AppendText(number, out_);
    return Status::Ok();
  }

  Status ReadArray() {
    if (++depth_ > kDepthMax) return TooDeep();
    if (out_ != nullptr) out_->push_back('[');
    RETURN_IF_ERROR(lexer_.Advance());
    if (lexer_.token() != Token::kArrayEnd) {
      while (true) {
        RETURN_IF_ERROR(ReadValue());
        if (lexer_.token() != Token::kComma) break;
        if (out_ != nullptr) out_->append(", ");
        RETURN_IF_ERROR(lexer_.Advance());
      }
      if (lexer_.token() != Token::kArrayEnd) return lexer_.Unexpected("\",\" or \"]\"");
    }
    if (out_ != nullptr) out_->push_back(']');
    --depth_;
    return lexer_.Advance();
  }

  Status ReadObject() {
    if (++depth_ > kDepthMax) return TooDeep();
    std::vector<Piece> pieces;
    size_t start = out_ != nullptr ? out_->size() : 0;
    RETURN_IF_ERROR(lexer_.Advance());
    if (lexer_.token() != Token::kObjectEnd) {
      if (lexer_.token() != Token::kString) return lexer_.Unexpected("string or \"}\"");
      while (true) {
        RETURN_IF_ERROR(ReadMember(&pieces));
        if (lexer_.token() != Token::kComma) break;
        RETURN_IF_ERROR(lexer_.Advance());
        if (lexer_.token() != Token::kString) return lexer_.Unexpected("string");
      }
      if (lexer_.token() != Token::kObjectEnd) return lexer_.Unexpected("\",\" or \"}\"");
    }
    if (out_ != nullptr) Arrange(&pieces, start);
    --depth_;
    return lexer_.Advance();
  }

  Status ReadMember(std::vector<Piece>* pieces) {
    size_t start = out_ != nullptr ? out_->size() : 0;
    if (out_ != nullptr) {
      pieces->push_back({std::move(lexer_.string_value()), start, start});
      AppendString(pieces->back().key, out_);
      out_->append(": ");
    }
    RETURN_IF_ERROR(lexer_.Advance());
    if (lexer_.token() != Token::kColon) return lexer_.Unexpected("\":\"");
    RETURN_IF_ERROR(lexer_.Advance());
    RETURN_IF_ERROR(ReadValue());
    if (out_ != nullptr) pieces->back().end = out_->size();
    return Status::Ok();
  }

  // Replaces the members' texts, written one behind the other, by the object's.
  void Arrange(std::vector<Piece>* pieces, size_t start) {
    std::stable_sort(pieces->begin(), pieces->end(), [](const Piece& a, const Piece& b) {
      return a.key.size() != b.key.size() ? a.key.size() < b.key.size() : a.key < b.key;
    });
    std::string object = "{";
    for (size_t i = 0; i < pieces->size(); ++i) {
      const Piece& piece = (*pieces)[i];
      if (i + 1 < pieces->size() && (*pieces)[i + 1].key == piece.key) continue;
      if (object.size() > 1) object.append(", ");
      object.append(*out_, piece.start, piece.end - piece.start);
    }
    object.push_back('}');
    out_->replace(start, std::string::npos, object);
  }

  Lexer lexer_;
  std::string* out_;
  int depth_ = 0;
};

}  // namespace

Status Validate(std::string_view text) { return Reader(text, nullptr).ReadAll(); }

Result<std::string_view> Normalize(std::string_view text, Arena* arena) {
  std::string normal;
  normal.reserve(text.size() + text.size() / 8);
  RETURN_IF_ERROR(Reader(text, &normal).ReadAll());
  return arena->Copy(normal);
}

void AppendString(std::string_view text, std::string* out) {
  out->push_back('"');
  size_t plain = 0;  // start of what needs no escape
  for (size_t i = 0; i < text.size(); ++i) {
    auto c = static_cast<uint8_t>(text[i]);
    if (c >= 32 && c != '"' && c != '\\') continue;
    out->append(text.substr(plain, i - plain));
    plain = i + 1;
    switch (c) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\b':
        out->append("\\b");
        break;
      case '\f':
        out->append("\\f");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      default:
        constexpr char kHex[] = "0123456789abcdef";
        out->append("\\u00");
        out->push_back(kHex[c >> 4]);
        out->push_back(kHex[c & 15]);
    }
  }
  out->append(text.substr(plain));
  out->push_back('"');
}

void AppendUnescaped(std::string_view literal, std::string* out) {
  if (literal.find('\\') == std::string_view::npos) {
    out->append(literal.substr(1, literal.size() - 2));
    return;
  }
  Lexer lexer(literal, /*unescape=*/true);
  Status status = lexer.Advance();
  if (status.ok()) {
    out->append(lexer.string_value());
  } else {
    out->append(literal.substr(1, literal.size() - 2));  // a json with lone surrogates or \u0000
  }
}

}  // namespace shale::catalog::json
