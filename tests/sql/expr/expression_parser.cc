#include "tests/sql/expr/expression_parser.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "sql/expr/registry.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Type;
namespace type_oid = catalog::type_oid;

constexpr Type kUnknownType{type_oid::kUnknown, -1};
constexpr Type kBoolType{type_oid::kBool, -1};

struct Token {
  enum class Kind : uint8_t { kEnd, kWord, kNumber, kString, kOperator } kind;
  std::string text;
};

Result<std::vector<Token>> Tokenize(std::string_view text) {
  std::vector<Token> tokens;
  constexpr std::string_view kSelf = "(),";
  constexpr std::string_view kOperators = "+-*/<>=~!@#%^&|`?:";
  auto is_word = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.';
  };
  for (size_t i = 0; i < text.size();) {
    char c = text[i];
    size_t start = i;
    if (std::isspace(static_cast<unsigned char>(c))) {
      ++i;
    } else if (std::isdigit(static_cast<unsigned char>(c)) ||
               (c == '.' && i + 1 < text.size() && std::isdigit(text[i + 1]))) {
      while (i < text.size() && (std::isdigit(static_cast<unsigned char>(text[i])) ||
                                 text[i] == '.' || (text[i] == 'e' && i + 1 < text.size()) ||
                                 ((text[i] == '-' || text[i] == '+') && text[i - 1] == 'e'))) {
        ++i;
      }
      tokens.push_back({Token::Kind::kNumber, std::string(text.substr(start, i - start))});
    } else if (c == '\'') {
      std::string literal;
      for (++i; i < text.size(); ++i) {
        if (text[i] == '\'') {
          if (i + 1 < text.size() && text[i + 1] == '\'') {
            ++i;
          } else {
            break;
          }
        }
        literal += text[i];
      }
      ++i;
      tokens.push_back({Token::Kind::kString, literal});
    } else if (kSelf.find(c) != std::string_view::npos) {
      tokens.push_back({Token::Kind::kOperator, std::string(1, c)});
      ++i;
    } else if (kOperators.find(c) != std::string_view::npos) {
      while (i < text.size() && kOperators.find(text[i]) != std::string_view::npos) ++i;
      std::string symbol(text.substr(start, i - start));
      // An operator does not end in + or - unless it has one of the other characters.
      while (symbol.size() > 1 && (symbol.back() == '-' || symbol.back() == '+') &&
             symbol.find_first_of("~!@#%^&|`?") == std::string::npos) {
        symbol.pop_back();
        --i;
      }
      tokens.push_back({Token::Kind::kOperator, symbol});
    } else if (is_word(c) || c == '"') {
      bool quoted = c == '"';
      if (quoted) start = ++i;
      while (i < text.size() && (quoted ? text[i] != '"' : is_word(text[i]))) ++i;
      std::string word(text.substr(start, i - start));
      // The unquoted word is SQL's type, the quoted one PostgreSQL's own.
      if (!quoted && word == "char") word = "character";
      tokens.push_back({Token::Kind::kWord, word});
      if (quoted) ++i;
    } else {
      return Error(sqlstate::kSyntaxError, "unexpected character {}", c);
    }
  }
  tokens.push_back({Token::Kind::kEnd, ""});
  return tokens;
}

// Precedences of PostgreSQL's grammar, weakest first.
enum Level : int {
  kOr,
  kAnd,
  kNot,
  kIs,
  kComparison,
  kLike,
  kOther,
  kSum,
  kProduct,
  kPower,
  kSign
};

class Parser {
 public:
  Parser(std::vector<Token> tokens, const catalog::FormatSettings& settings,
         const std::map<std::string, TestColumn>& columns)
      : tokens_(std::move(tokens)), settings_(settings), columns_(columns) {}

  Result<ExprPtr> Run() {
    ASSIGN_OR_RETURN(ExprPtr expr, Expression(kOr));
    if (Now().kind != Token::Kind::kEnd) return Syntax();
    return expr;
  }

 private:
  const Token& Now() const { return tokens_[at_]; }
  bool IsWord(std::string_view word) const {
    return Now().kind == Token::Kind::kWord && Now().text == word;
  }
  bool IsOperator(std::string_view symbol) const {
    return Now().kind == Token::Kind::kOperator && Now().text == symbol;
  }
  bool TakeWord(std::string_view word) { return IsWord(word) ? ++at_, true : false; }
  bool TakeOperator(std::string_view symbol) { return IsOperator(symbol) ? ++at_, true : false; }
  Status Syntax() const {
    return Error(sqlstate::kSyntaxError, "syntax error at or near \"{}\"", Now().text);
  }
  Status Expect(std::string_view symbol) { return TakeOperator(symbol) ? Status::Ok() : Syntax(); }

  int LevelOfOperator(const std::string& symbol) const {
    if (symbol == "<" || symbol == ">" || symbol == "=" || symbol == "<=" || symbol == ">=" ||
        symbol == "<>" || symbol == "!=") {
      return kComparison;
    }
    if (symbol == "+" || symbol == "-") return kSum;
    if (symbol == "*" || symbol == "/" || symbol == "%") return kProduct;
    if (symbol == "^") return kPower;
    if (symbol == "(" || symbol == ")" || symbol == "," || symbol == "::") return -1;
    return kOther;
  }

  Result<ExprPtr> Bool(ExprPtr expr) {
    return Cast(std::move(expr), kBoolType, CastContext::kAssignment, settings_);
  }

  Result<ExprPtr> Logic(LogicExpr::Op op, ExprPtr left, ExprPtr right) {
    std::vector<ExprPtr> args;
    ASSIGN_OR_RETURN(left, Bool(std::move(left)));
    args.push_back(std::move(left));
    if (right != nullptr) {
      ASSIGN_OR_RETURN(right, Bool(std::move(right)));
      args.push_back(std::move(right));
    }
    return ExprPtr(std::make_unique<LogicExpr>(op, std::move(args)));
  }

  Result<ExprPtr> Expression(int level) {
    ExprPtr left;
    if (level <= kNot && TakeWord("not")) {
      ASSIGN_OR_RETURN(ExprPtr arg, Expression(kNot));
      ASSIGN_OR_RETURN(left, Logic(LogicExpr::Op::kNot, std::move(arg), nullptr));
    } else {
      ASSIGN_OR_RETURN(left, Prefix());
    }
    for (;;) {
      if (level <= kOr && TakeWord("or")) {
        ASSIGN_OR_RETURN(ExprPtr right, Expression(kAnd));
        ASSIGN_OR_RETURN(left, Logic(LogicExpr::Op::kOr, std::move(left), std::move(right)));
      } else if (level <= kAnd && TakeWord("and")) {
        ASSIGN_OR_RETURN(ExprPtr right, Expression(kNot));
        ASSIGN_OR_RETURN(left, Logic(LogicExpr::Op::kAnd, std::move(left), std::move(right)));
      } else if (level <= kIs && TakeWord("is")) {
        ASSIGN_OR_RETURN(left, Is(std::move(left)));
      } else if (level <= kLike && (IsWord("like") || IsWord("ilike") || IsWord("in") ||
                                    IsWord("not") || IsWord("between") || IsWord("similar"))) {
        ASSIGN_OR_RETURN(left, LikeOrIn(std::move(left)));
      } else if (Now().kind == Token::Kind::kOperator && LevelOfOperator(Now().text) >= level &&
                 LevelOfOperator(Now().text) >= kComparison) {
        std::string symbol = Now().text;
        ++at_;
        ASSIGN_OR_RETURN(ExprPtr right, Expression(LevelOfOperator(symbol) + 1));
        ASSIGN_OR_RETURN(left, BindOperator(symbol, std::move(left), std::move(right), settings_));
      } else {
        return left;
      }
    }
  }

  Result<ExprPtr> Is(ExprPtr arg) {
    bool negated = TakeWord("not");
    if (TakeWord("null")) return ExprPtr(std::make_unique<NullTestExpr>(std::move(arg), negated));
    if (TakeWord("distinct")) {
      if (!TakeWord("from")) return Syntax();
      ASSIGN_OR_RETURN(ExprPtr right, Expression(kComparison));
      ASSIGN_OR_RETURN(Equality equality, Equals(&arg, &right));
      return ExprPtr(std::make_unique<DistinctExpr>(std::move(arg), std::move(right),
                                                    equality.function, negated));
    }
    using Test = BooleanTestExpr::Test;
    Test test = Test::kTrue;
    if (TakeWord("true")) {
      test = negated ? Test::kNotTrue : Test::kTrue;
    } else if (TakeWord("false")) {
      test = negated ? Test::kNotFalse : Test::kFalse;
    } else if (TakeWord("unknown")) {
      test = negated ? Test::kNotUnknown : Test::kUnknown;
    } else {
      return Syntax();
    }
    ASSIGN_OR_RETURN(arg, Bool(std::move(arg)));
    return ExprPtr(std::make_unique<BooleanTestExpr>(std::move(arg), test));
  }

  struct Equality {
    const Function* function;
  };
  // Resolves = of the two and casts both.
  Result<Equality> Equals(ExprPtr* left, ExprPtr* right) {
    ASSIGN_OR_RETURN(ResolvedFunction resolved,
                     ResolveOperator("=", (*left)->type, (*right)->type));
    ASSIGN_OR_RETURN(
        *left, Cast(std::move(*left), resolved.arg_types[0], CastContext::kImplicit, settings_));
    ASSIGN_OR_RETURN(
        *right, Cast(std::move(*right), resolved.arg_types[1], CastContext::kImplicit, settings_));
    return Equality{resolved.function};
  }

  Result<ExprPtr> LikeOrIn(ExprPtr left) {
    bool negated = TakeWord("not");
    if (TakeWord("like") || TakeWord("ilike")) {
      bool ignore_case = tokens_[at_ - 1].text == "ilike";
      ASSIGN_OR_RETURN(ExprPtr right, Expression(kOther));
      if (TakeWord("escape")) {
        std::vector<ExprPtr> args;
        args.push_back(std::move(right));
        ASSIGN_OR_RETURN(ExprPtr escape, Expression(kOther));
        args.push_back(std::move(escape));
        ASSIGN_OR_RETURN(right, BindFunction("like_escape", std::move(args), settings_));
      }
      std::string symbol = negated ? "!~~" : "~~";
      if (ignore_case) symbol += '*';
      return BindOperator(symbol, std::move(left), std::move(right), settings_);
    }
    if (TakeWord("similar")) {
      if (!TakeWord("to")) return Syntax();
      std::vector<ExprPtr> args;
      ASSIGN_OR_RETURN(ExprPtr pattern, Expression(kOther));
      args.push_back(std::move(pattern));
      ASSIGN_OR_RETURN(ExprPtr regex,
                       BindFunction("similar_to_escape", std::move(args), settings_));
      return BindOperator(negated ? "!~" : "~", std::move(left), std::move(regex), settings_);
    }
    if (TakeWord("between")) {
      ASSIGN_OR_RETURN(ExprPtr low, Expression(kOther));
      if (!TakeWord("and")) return Syntax();
      ASSIGN_OR_RETURN(ExprPtr high, Expression(kOther));
      ExprPtr copy = left->Clone();
      ASSIGN_OR_RETURN(ExprPtr above,
                       BindOperator(">=", std::move(left), std::move(low), settings_));
      ASSIGN_OR_RETURN(ExprPtr below,
                       BindOperator("<=", std::move(copy), std::move(high), settings_));
      return Logic(LogicExpr::Op::kAnd, std::move(above), std::move(below));
    }
    if (!TakeWord("in")) return Syntax();
    ASSIGN_OR_RETURN(std::vector<ExprPtr> items, List());
    std::vector<Type> types = {left->type};
    for (const ExprPtr& item : items) types.push_back(item->type);
    ASSIGN_OR_RETURN(Type common, CommonType(types, "IN"));
    ASSIGN_OR_RETURN(left, Cast(std::move(left), common, CastContext::kImplicit, settings_));
    const Function* equals = EqualityOf(common.oid);
    if (equals == nullptr) return Syntax();
    for (ExprPtr& item : items) {
      ASSIGN_OR_RETURN(item, Cast(std::move(item), common, CastContext::kImplicit, settings_));
    }
    return ExprPtr(
        std::make_unique<InListExpr>(std::move(left), std::move(items), equals, negated));
  }

  Result<std::vector<ExprPtr>> List() {
    std::vector<ExprPtr> items;
    RETURN_IF_ERROR(Expect("("));
    if (TakeOperator(")")) return items;
    do {
      ASSIGN_OR_RETURN(ExprPtr item, Expression(kOr));
      items.push_back(std::move(item));
    } while (TakeOperator(","));
    RETURN_IF_ERROR(Expect(")"));
    return items;
  }

  Result<ExprPtr> Prefix() {
    if (Now().kind == Token::Kind::kOperator && !IsOperator("(")) {
      std::string symbol = Now().text;
      ++at_;
      // The grammar makes one constant of a sign and a number.
      if (symbol == "-" && Now().kind == Token::Kind::kNumber && tokens_[at_ + 1].text != "::") {
        tokens_[at_].text.insert(0, "-");
        return Postfix();
      }
      int level = symbol == "-" || symbol == "+" ? kSign : kOther + 1;
      ASSIGN_OR_RETURN(ExprPtr arg, Expression(level));
      return BindOperator(symbol, nullptr, std::move(arg), settings_);
    }
    return Postfix();
  }

  Result<ExprPtr> Postfix() {
    ASSIGN_OR_RETURN(ExprPtr expr, Primary());
    for (;;) {
      if (TakeOperator("::")) {
        ASSIGN_OR_RETURN(Type type, TypeName());
        ASSIGN_OR_RETURN(expr, Cast(std::move(expr), type, CastContext::kExplicit, settings_));
      } else if (IsWord("at")) {
        at_ += 3;  // at time zone
        std::vector<ExprPtr> args;
        ASSIGN_OR_RETURN(ExprPtr zone, Primary());
        args.push_back(std::move(zone));
        args.push_back(std::move(expr));
        ASSIGN_OR_RETURN(expr, BindFunction("timezone", std::move(args), settings_));
      } else {
        return expr;
      }
    }
  }

  // As many words as make the longest name of a type, then its modifiers.
  const catalog::TypeInfo* FindTypeHere(size_t* words) const {
    std::string name;
    const catalog::TypeInfo* found = nullptr;
    for (size_t i = 0; i < 4 && tokens_[at_ + i].kind == Token::Kind::kWord; ++i) {
      if (i > 0) name += ' ';
      name += tokens_[at_ + i].text;
      if (const catalog::TypeInfo* type = catalog::FindTypeByName(name)) {
        found = type;
        *words = i + 1;
      }
    }
    return found;
  }
  Result<Type> TypeName() {
    size_t words = 0;
    const catalog::TypeInfo* info = FindTypeHere(&words);
    if (info == nullptr) return Syntax();
    at_ += words;
    Type type{info->oid, -1};
    if (TakeOperator("(")) {
      std::vector<int32_t> parts;
      do {
        parts.push_back(std::stoi(Now().text));
        ++at_;
      } while (TakeOperator(","));
      RETURN_IF_ERROR(Expect(")"));
      ASSIGN_OR_RETURN(type.typmod, catalog::MakeTypmod(type.oid, parts));
    } else if (info->oid == type_oid::kBpchar && tokens_[at_ - 1].text != "bpchar") {
      const int32_t one[] = {1};
      ASSIGN_OR_RETURN(type.typmod, catalog::MakeTypmod(type.oid, one));
    }
    return type;
  }

  Result<ExprPtr> Constant(Type type, Datum datum) {
    return ExprPtr(std::make_unique<ConstantExpr>(catalog::Value(type, datum)));
  }
  Result<ExprPtr> Number(const std::string& text) {
    int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size()) {
      if (value == static_cast<int32_t>(value)) {
        return Constant({type_oid::kInt4, -1}, Datum::Int32(static_cast<int32_t>(value)));
      }
      return Constant({type_oid::kInt8, -1}, Datum::Int64(value));
    }
    ASSIGN_OR_RETURN(ExprPtr literal, Constant(kUnknownType, Datum::Bytes(text)));
    return Cast(std::move(literal), {type_oid::kNumeric, -1}, CastContext::kImplicit, settings_);
  }

  Result<ExprPtr> Primary() {
    Token token = Now();
    switch (token.kind) {
      case Token::Kind::kNumber:
        ++at_;
        return Number(token.text);
      case Token::Kind::kString:
        ++at_;
        return Constant(kUnknownType, Datum::Bytes(token.text));
      case Token::Kind::kWord:
        return Word(token.text);
      default:
        break;
    }
    RETURN_IF_ERROR(Expect("("));
    ASSIGN_OR_RETURN(ExprPtr inner, Expression(kOr));
    RETURN_IF_ERROR(Expect(")"));
    return inner;
  }

  Result<ExprPtr> Word(const std::string& word) {
    if (word == "null") {
      ++at_;
      return ExprPtr(std::make_unique<ConstantExpr>(catalog::Value::Null(kUnknownType)));
    }
    if (word == "true" || word == "false") {
      ++at_;
      return Constant(kBoolType, Datum::Bool(word == "true"));
    }
    if (word == "case") return Case();
    size_t words = 0;
    if (const catalog::TypeInfo* type = FindTypeHere(&words);
        type != nullptr && tokens_[at_ + words].kind == Token::Kind::kString) {
      std::string text = tokens_[at_ + words].text;
      at_ += words + 1;
      ASSIGN_OR_RETURN(ExprPtr literal, Constant(kUnknownType, Datum::Bytes(text)));
      return Cast(std::move(literal), {type->oid, -1}, CastContext::kExplicit, settings_);
    }
    ++at_;
    if (auto column = columns_.find(word); column != columns_.end() && !IsOperator("(")) {
      auto expr = std::make_unique<ColumnExpr>(0, column->second.slot, column->second.type, word);
      expr->slot = column->second.slot;
      return ExprPtr(std::move(expr));
    }
    if (word == "extract") return Extract();
    if (!IsOperator("(")) return BindFunction(word, {}, settings_);
    ASSIGN_OR_RETURN(std::vector<ExprPtr> args, List());
    if (word == "coalesce" || word == "greatest" || word == "least") {
      return SameTypes(word, std::move(args));
    }
    if (word == "nullif") {
      ASSIGN_OR_RETURN(Equality equality, Equals(&args[0], &args[1]));
      return ExprPtr(
          std::make_unique<NullIfExpr>(std::move(args[0]), std::move(args[1]), equality.function));
    }
    return BindFunction(word, std::move(args), settings_);
  }

  Result<ExprPtr> Extract() {
    RETURN_IF_ERROR(Expect("("));
    std::vector<ExprPtr> args;
    ASSIGN_OR_RETURN(ExprPtr field, Constant(kUnknownType, Datum::Bytes(Now().text)));
    args.push_back(std::move(field));
    ++at_;
    if (!TakeWord("from")) return Syntax();
    ASSIGN_OR_RETURN(ExprPtr source, Expression(kOr));
    args.push_back(std::move(source));
    RETURN_IF_ERROR(Expect(")"));
    return BindFunction("extract", std::move(args), settings_);
  }

  Result<ExprPtr> SameTypes(const std::string& word, std::vector<ExprPtr> args) {
    std::string upper = word;
    std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return std::toupper(c); });
    std::vector<Type> types;
    for (const ExprPtr& arg : args) types.push_back(arg->type);
    ASSIGN_OR_RETURN(Type common, CommonType(types, upper));
    for (ExprPtr& arg : args) {
      ASSIGN_OR_RETURN(arg, Cast(std::move(arg), common, CastContext::kImplicit, settings_));
    }
    if (word == "coalesce") {
      return ExprPtr(std::make_unique<CoalesceExpr>(common, std::move(args)));
    }
    return ExprPtr(std::make_unique<MinMaxExpr>(common, std::move(args), word == "greatest"));
  }

  Result<ExprPtr> Case() {
    ++at_;
    ExprPtr subject;
    if (!IsWord("when")) {
      ASSIGN_OR_RETURN(subject, Expression(kOr));
    }
    std::vector<CaseExpr::Branch> branches;
    while (TakeWord("when")) {
      CaseExpr::Branch branch;
      ASSIGN_OR_RETURN(branch.condition, Expression(kOr));
      if (subject != nullptr) {
        ASSIGN_OR_RETURN(branch.condition, BindOperator("=", subject->Clone(),
                                                        std::move(branch.condition), settings_));
      }
      if (!TakeWord("then")) return Syntax();
      ASSIGN_OR_RETURN(branch.result, Expression(kOr));
      branches.push_back(std::move(branch));
    }
    ExprPtr otherwise = std::make_unique<ConstantExpr>(catalog::Value::Null(kUnknownType));
    if (TakeWord("else")) {
      ASSIGN_OR_RETURN(otherwise, Expression(kOr));
    }
    if (!TakeWord("end")) return Syntax();
    // PostgreSQL considers ELSE first.
    std::vector<Type> types = {otherwise->type};
    for (const CaseExpr::Branch& branch : branches) types.push_back(branch.result->type);
    ASSIGN_OR_RETURN(Type common, CommonType(types, "CASE"));
    auto expr = std::make_unique<CaseExpr>(common);
    for (CaseExpr::Branch& branch : branches) {
      ASSIGN_OR_RETURN(branch.condition, Bool(std::move(branch.condition)));
      ASSIGN_OR_RETURN(branch.result,
                       Cast(std::move(branch.result), common, CastContext::kImplicit, settings_));
      expr->branches.push_back(std::move(branch));
    }
    ASSIGN_OR_RETURN(expr->otherwise,
                     Cast(std::move(otherwise), common, CastContext::kImplicit, settings_));
    return ExprPtr(std::move(expr));
  }

  std::vector<Token> tokens_;
  size_t at_ = 0;
  const catalog::FormatSettings& settings_;
  const std::map<std::string, TestColumn>& columns_;
};

}  // namespace

Result<ExprPtr> ParseExpression(std::string_view text, const catalog::FormatSettings& settings,
                                const std::map<std::string, TestColumn>& columns) {
  ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(text));
  return Parser(std::move(tokens), settings, columns).Run();
}

}  // namespace shale::sql
