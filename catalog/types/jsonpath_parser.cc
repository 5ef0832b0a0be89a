// The parser of jsonpath: recursive descent, one function per level of precedence.
#include <charconv>

#include "catalog/types/jsonpath.h"
#include "catalog/types/jsonpath_lexer.h"
#include "catalog/types/numeric.h"
#include "catalog/types/type_io_internal.h"

namespace shale::catalog::jsonpath {
namespace {

using NodePtr = std::unique_ptr<Node>;

constexpr int kNestingMax = 2000;

struct Method {
  std::string_view name;
  Op op;
};
constexpr Method kMethods[] = {
    {"type", Op::kType},         {"size", Op::kSize},         {"abs", Op::kAbs},
    {"floor", Op::kFloor},       {"double", Op::kDouble},     {"ceiling", Op::kCeiling},
    {"keyvalue", Op::kKeyValue}, {"datetime", Op::kDatetime},
};

struct Symbol {
  std::string_view text;
  Op op;
};
constexpr Symbol kComparisons[] = {
    {"==", Op::kEqual},     {"!=", Op::kNotEqual}, {"<", Op::kLess},
    {"<=", Op::kLessEqual}, {">", Op::kGreater},   {">=", Op::kGreaterEqual},
};
constexpr Symbol kAdditive[] = {{"+", Op::kAdd}, {"-", Op::kSubtract}};
constexpr Symbol kMultiplicative[] = {{"*", Op::kMultiply}, {"/", Op::kDivide}, {"%", Op::kModulo}};

// A predicate with a step behind it is a value again.
bool IsPredicate(const Node& node) {
  return node.next == nullptr && node.op >= Op::kOr && node.op <= Op::kLikeRegex;
}

NodePtr Make(Op op, NodePtr first = nullptr, NodePtr second = nullptr) {
  auto node = std::make_unique<Node>(op);
  if (first != nullptr) node->args.push_back(std::move(first));
  if (second != nullptr) node->args.push_back(std::move(second));
  return node;
}

NodePtr MakeText(Op op, std::string text) {
  auto node = std::make_unique<Node>(op);
  node->text = std::move(text);
  return node;
}

void Append(Node* head, NodePtr step) {
  while (head->next != nullptr) head = head->next.get();
  head->next = std::move(step);
}

class PathParser {
 public:
  explicit PathParser(std::string_view text) : lexer_(text) {}

  Result<Path> ParseAll() {
    RETURN_IF_ERROR(lexer_.Advance());
    Path path;
    if (lexer_.IsKeyword("strict") || lexer_.IsKeyword("lax")) {
      path.strict = lexer_.IsKeyword("strict");
      RETURN_IF_ERROR(lexer_.Advance());
    }
    ASSIGN_OR_RETURN(path.root, ParseOr());
    if (lexer_.token() != Token::kEnd) return lexer_.SyntaxError();
    return path;
  }

 private:
  using Level = Result<NodePtr> (PathParser::*)();

  Status Take(std::string_view symbol) {
    if (!lexer_.IsSymbol(symbol)) return lexer_.SyntaxError();
    return lexer_.Advance();
  }
  Status TakeKeyword(std::string_view word) {
    if (!lexer_.IsKeyword(word)) return lexer_.SyntaxError();
    return lexer_.Advance();
  }
  Status NeedPredicate(const Node& node) {
    return IsPredicate(node) ? Status::Ok() : lexer_.SyntaxError();
  }
  Status NeedValue(const Node& node) {
    return IsPredicate(node) ? lexer_.SyntaxError() : Status::Ok();
  }

  Result<NodePtr> ParseOr() { return ParseLogic("||", Op::kOr, &PathParser::ParseAnd); }
  Result<NodePtr> ParseAnd() { return ParseLogic("&&", Op::kAnd, &PathParser::ParseComparison); }

  Result<NodePtr> ParseLogic(std::string_view symbol, Op op, Level below) {
    if (++depth_ > kNestingMax) {
      return Error(sqlstate::kStatementTooComplex, "stack depth limit exceeded");
    }
    ASSIGN_OR_RETURN(NodePtr left, (this->*below)());
    while (lexer_.IsSymbol(symbol)) {
      RETURN_IF_ERROR(NeedPredicate(*left));
      RETURN_IF_ERROR(lexer_.Advance());
      ASSIGN_OR_RETURN(NodePtr right, (this->*below)());
      RETURN_IF_ERROR(NeedPredicate(*right));
      left = Make(op, std::move(left), std::move(right));
    }
    --depth_;
    return left;
  }

  // What ! takes: (predicate), exists(path).
  Result<NodePtr> ParseDelimitedPredicate() {
    if (lexer_.IsKeyword("exists")) return ParseExists();
    RETURN_IF_ERROR(Take("("));
    ASSIGN_OR_RETURN(NodePtr inner, ParseOr());
    RETURN_IF_ERROR(NeedPredicate(*inner));
    RETURN_IF_ERROR(Take(")"));
    return inner;
  }

  Result<NodePtr> ParseExists() {
    RETURN_IF_ERROR(lexer_.Advance());
    RETURN_IF_ERROR(Take("("));
    ASSIGN_OR_RETURN(NodePtr inner, ParseAdditive());
    RETURN_IF_ERROR(NeedValue(*inner));
    RETURN_IF_ERROR(Take(")"));
    return Make(Op::kExists, std::move(inner));
  }

  Result<NodePtr> ParseComparison() {
    if (lexer_.IsSymbol("!")) {
      RETURN_IF_ERROR(lexer_.Advance());
      ASSIGN_OR_RETURN(NodePtr inner, ParseDelimitedPredicate());
      return Make(Op::kNot, std::move(inner));
    }
    if (lexer_.IsKeyword("exists")) return ParseExists();
    ASSIGN_OR_RETURN(NodePtr left, ParseAdditive());
    if (IsPredicate(*left)) {
      if (!lexer_.IsKeyword("is")) return left;
      RETURN_IF_ERROR(lexer_.Advance());
      RETURN_IF_ERROR(TakeKeyword("unknown"));
      return Make(Op::kIsUnknown, std::move(left));
    }
    for (const Symbol& comparison : kComparisons) {
      if (!lexer_.IsSymbol(comparison.text)) continue;
      RETURN_IF_ERROR(lexer_.Advance());
      ASSIGN_OR_RETURN(NodePtr right, ParseAdditive());
      RETURN_IF_ERROR(NeedValue(*right));
      return Make(comparison.op, std::move(left), std::move(right));
    }
    if (lexer_.IsKeyword("starts")) return ParseStartsWith(std::move(left));
    if (lexer_.IsKeyword("like_regex")) return ParseLikeRegex(std::move(left));
    return left;
  }

  Result<NodePtr> ParseStartsWith(NodePtr left) {
    RETURN_IF_ERROR(lexer_.Advance());
    RETURN_IF_ERROR(TakeKeyword("with"));
    if (lexer_.token() != Token::kString && lexer_.token() != Token::kVariable) {
      return lexer_.SyntaxError();
    }
    NodePtr initial =
        MakeText(lexer_.token() == Token::kString ? Op::kString : Op::kVariable, lexer_.value());
    RETURN_IF_ERROR(lexer_.Advance());
    return Make(Op::kStartsWith, std::move(left), std::move(initial));
  }

  Result<NodePtr> ParseLikeRegex(NodePtr left) {
    RETURN_IF_ERROR(lexer_.Advance());
    if (lexer_.token() != Token::kString) return lexer_.SyntaxError();
    NodePtr node = Make(Op::kLikeRegex, std::move(left));
    node->text = lexer_.value();
    RETURN_IF_ERROR(lexer_.Advance());
    if (!lexer_.IsKeyword("flag")) return node;
    RETURN_IF_ERROR(lexer_.Advance());
    if (lexer_.token() != Token::kString) return lexer_.SyntaxError();
    for (char c : lexer_.value()) {
      if (std::string_view("ismxq").find(c) == std::string_view::npos) {
        return Error(sqlstate::kSyntaxError, "invalid input syntax for type jsonpath")
            .Detail(fmt::format("Unrecognized flag character \"{}\" in LIKE_REGEX predicate.", c));
      }
    }
    for (char c : std::string_view("ismxq")) {
      if (lexer_.value().find(c) != std::string::npos) node->flags.push_back(c);
    }
    const bool literal = node->flags.find('q') != std::string::npos;
    if (node->flags.find('x') != std::string::npos && !literal) {
      return NotSupportedExpanded();
    }
    RETURN_IF_ERROR(lexer_.Advance());
    return node;
  }

  static Status NotSupportedExpanded() {
    return Error(sqlstate::kFeatureNotSupported,
                 "XQuery \"x\" flag (expanded regular expressions) is not implemented");
  }

  template <size_t kCount>
  Result<NodePtr> ParseBinary(const Symbol (&symbols)[kCount], Level below) {
    ASSIGN_OR_RETURN(NodePtr left, (this->*below)());
    while (true) {
      const Symbol* found = nullptr;
      for (const Symbol& symbol : symbols) {
        if (lexer_.IsSymbol(symbol.text)) found = &symbol;
      }
      if (found == nullptr) return left;
      RETURN_IF_ERROR(NeedValue(*left));
      RETURN_IF_ERROR(lexer_.Advance());
      ASSIGN_OR_RETURN(NodePtr right, (this->*below)());
      RETURN_IF_ERROR(NeedValue(*right));
      left = Make(found->op, std::move(left), std::move(right));
    }
  }
  Result<NodePtr> ParseAdditive() { return ParseBinary(kAdditive, &PathParser::ParseProduct); }
  Result<NodePtr> ParseProduct() { return ParseBinary(kMultiplicative, &PathParser::ParseUnary); }

  Result<NodePtr> ParseUnary() {
    const bool minus = lexer_.IsSymbol("-");
    if (!minus && !lexer_.IsSymbol("+")) return ParseAccessors();
    if (++depth_ > kNestingMax) {
      return Error(sqlstate::kStatementTooComplex, "stack depth limit exceeded");
    }
    RETURN_IF_ERROR(lexer_.Advance());
    ASSIGN_OR_RETURN(NodePtr operand, ParseUnary());
    --depth_;
    RETURN_IF_ERROR(NeedValue(*operand));
    if (operand->op == Op::kNumber && operand->next == nullptr) {
      if (!minus) return operand;
      Arena arena;
      ASSIGN_OR_RETURN(std::string_view number, numeric::Parse(operand->text, &arena));
      operand->text.clear();
      numeric::AppendText(numeric::Negate(number, &arena), &operand->text);
      return operand;
    }
    return Make(minus ? Op::kMinus : Op::kPlus, std::move(operand));
  }

  Result<NodePtr> ParseAccessors() {
    ASSIGN_OR_RETURN(NodePtr head, ParsePrimary());
    while (lexer_.IsSymbol(".") || lexer_.IsSymbol("[") || lexer_.IsSymbol("?")) {
      ASSIGN_OR_RETURN(NodePtr step, ParseStep());
      Append(head.get(), std::move(step));
    }
    return head;
  }

  Result<NodePtr> ParsePrimary() {
    switch (lexer_.token()) {
      case Token::kString:
        return ParseText(Op::kString);
      case Token::kVariable:
        return ParseText(Op::kVariable);
      case Token::kInteger:
      case Token::kNumber: {
        Arena arena;
        ASSIGN_OR_RETURN(std::string_view number, numeric::Parse(lexer_.value(), &arena));
        NodePtr node = std::make_unique<Node>(Op::kNumber);
        numeric::AppendText(number, &node->text);
        RETURN_IF_ERROR(lexer_.Advance());
        return node;
      }
      case Token::kWord:
        return ParseWord();
      case Token::kSymbol:
        break;
      case Token::kEnd:
        return lexer_.SyntaxError();
    }
    if (lexer_.IsSymbol("(")) {
      RETURN_IF_ERROR(lexer_.Advance());
      ASSIGN_OR_RETURN(NodePtr inner, ParseOr());
      RETURN_IF_ERROR(Take(")"));
      return inner;
    }
    if (lexer_.IsSymbol("$")) return ParseText(Op::kRoot);
    if (lexer_.IsSymbol("@")) {
      if (filter_depth_ == 0) {
        return Error(sqlstate::kSyntaxError, "@ is not allowed in root expressions");
      }
      return ParseText(Op::kCurrent);
    }
    return lexer_.SyntaxError();
  }

  Result<NodePtr> ParseText(Op op) {
    const bool has_text = op == Op::kString || op == Op::kVariable || op == Op::kKey;
    NodePtr node = MakeText(op, has_text ? lexer_.value() : std::string());
    RETURN_IF_ERROR(lexer_.Advance());
    return node;
  }

  Result<NodePtr> ParseWord() {
    if (lexer_.IsKeyword("null")) return ParseText(Op::kNull);
    if (lexer_.IsKeyword("true")) return ParseText(Op::kTrue);
    if (lexer_.IsKeyword("false")) return ParseText(Op::kFalse);
    if (!lexer_.IsKeyword("last")) return lexer_.SyntaxError();
    if (subscript_depth_ == 0) {
      return Error(sqlstate::kSyntaxError, "LAST is allowed only in array subscripts");
    }
    return ParseText(Op::kLast);
  }

  Result<NodePtr> ParseStep() {
    if (lexer_.IsSymbol("[")) return ParseSubscripts();
    if (lexer_.IsSymbol("?")) {
      RETURN_IF_ERROR(lexer_.Advance());
      RETURN_IF_ERROR(Take("("));
      ++filter_depth_;
      ASSIGN_OR_RETURN(NodePtr predicate, ParseOr());
      --filter_depth_;
      RETURN_IF_ERROR(NeedPredicate(*predicate));
      RETURN_IF_ERROR(Take(")"));
      return Make(Op::kFilter, std::move(predicate));
    }
    RETURN_IF_ERROR(lexer_.Advance());  // .
    if (lexer_.IsSymbol("*")) return ParseText(Op::kAnyKey);
    if (lexer_.IsSymbol("**")) return ParseAny();
    if (lexer_.token() != Token::kWord && lexer_.token() != Token::kString) {
      return lexer_.SyntaxError();
    }
    const bool is_word = lexer_.token() == Token::kWord;
    ASSIGN_OR_RETURN(NodePtr key, ParseText(Op::kKey));
    if (!is_word || !lexer_.IsSymbol("(")) return key;
    for (const Method& method : kMethods) {
      if (!type_io::EqualsIgnoringCase(method.name, key->text)) continue;
      RETURN_IF_ERROR(lexer_.Advance());
      NodePtr call = Make(method.op);
      if (method.op == Op::kDatetime && lexer_.token() == Token::kString) {
        ASSIGN_OR_RETURN(NodePtr format, ParseText(Op::kString));
        call->args.push_back(std::move(format));
      }
      RETURN_IF_ERROR(Take(")"));
      return call;
    }
    return lexer_.SyntaxError();
  }

  Result<NodePtr> ParseSubscripts() {
    RETURN_IF_ERROR(lexer_.Advance());
    if (lexer_.IsSymbol("*")) {
      RETURN_IF_ERROR(lexer_.Advance());
      RETURN_IF_ERROR(Take("]"));
      return Make(Op::kAnyElement);
    }
    NodePtr node = Make(Op::kElements);
    ++subscript_depth_;
    while (true) {
      ASSIGN_OR_RETURN(NodePtr from, ParseAdditive());
      RETURN_IF_ERROR(NeedValue(*from));
      NodePtr to;
      if (lexer_.IsKeyword("to")) {
        RETURN_IF_ERROR(lexer_.Advance());
        ASSIGN_OR_RETURN(to, ParseAdditive());
        RETURN_IF_ERROR(NeedValue(*to));
      }
      node->args.push_back(std::move(from));
      node->args.push_back(std::move(to));
      if (!lexer_.IsSymbol(",")) break;
      RETURN_IF_ERROR(lexer_.Advance());
    }
    --subscript_depth_;
    RETURN_IF_ERROR(Take("]"));
    return node;
  }

  Result<NodePtr> ParseAny() {
    RETURN_IF_ERROR(lexer_.Advance());
    NodePtr node = Make(Op::kAny);
    node->last = kLastLevel;
    if (!lexer_.IsSymbol("{")) return node;
    RETURN_IF_ERROR(lexer_.Advance());
    ASSIGN_OR_RETURN(node->first, ParseLevel());
    node->last = node->first;
    if (lexer_.IsKeyword("to")) {
      RETURN_IF_ERROR(lexer_.Advance());
      ASSIGN_OR_RETURN(node->last, ParseLevel());
    }
    RETURN_IF_ERROR(Take("}"));
    return node;
  }

  Result<uint32_t> ParseLevel() {
    uint32_t level = kLastLevel;
    if (!lexer_.IsKeyword("last")) {
      if (lexer_.token() != Token::kInteger) return lexer_.SyntaxError();
      const std::string& digits = lexer_.value();
      int32_t value = 0;
      auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error != std::errc()) return type_io::OutOfRange("integer", digits);
      level = static_cast<uint32_t>(value);
    }
    RETURN_IF_ERROR(lexer_.Advance());
    return level;
  }

  Lexer lexer_;
  int depth_ = 0;
  int filter_depth_ = 0;
  int subscript_depth_ = 0;
};

}  // namespace

Result<Path> Parse(std::string_view text) {
  if (text.find_first_not_of(" \t\n\r\f") == std::string_view::npos) {
    return type_io::InvalidSyntax("jsonpath", text);
  }
  return PathParser(text).ParseAll();
}

Result<std::string_view> Canonize(std::string_view text, Arena* arena) {
  ASSIGN_OR_RETURN(Path path, Parse(text));
  std::string canonical;
  AppendText(path, &canonical);
  return arena->Copy(canonical);
}

}  // namespace shale::catalog::jsonpath
