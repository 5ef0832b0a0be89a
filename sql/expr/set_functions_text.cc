// Rows from texts: string_to_table, regexp_split_to_table, regexp_matches, pg_options_to_table.
#include "catalog/types/array.h"
#include "catalog/types/text_encoding.h"
#include "sql/expr/evaluate.h"
#include "sql/expr/regex.h"
#include "sql/expr/resolve.h"
#include "sql/expr/set_function.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;
using catalog::Datum;
using re2::RE2;
using re2::StringPiece;
using SetCallPtr = Result<std::unique_ptr<SetCall>>;

// The elements of what string_to_array gives of the same arguments.
class SplitCall : public SetCall {
 public:
  explicit SplitCall(catalog::Value array)
      : array_value_(std::move(array)), array_(type_oid::kText, array_value_.datum().bytes) {}
  Result<bool> Next(Datum* values, bool* nulls) override {
    if (next_ == array_.size()) return false;
    nulls[0] = array_.IsNull(next_);
    if (!nulls[0]) values[0] = array_.At(next_);
    ++next_;
    return true;
  }

 private:
  catalog::Value array_value_;
  catalog::ArrayView array_;
  uint32_t next_ = 0;
};

class NothingCall : public SetCall {
 public:
  Result<bool> Next(Datum*, bool*) override { return false; }
};

SetCallPtr StringToTable(EvalContext& context, std::span<const catalog::Value> args,
                         std::span<const catalog::Type>) {
  std::vector<ExprPtr> exprs;
  for (const catalog::Value& arg : args) exprs.push_back(std::make_unique<ConstantExpr>(arg));
  ASSIGN_OR_RETURN(ExprPtr split,
                   BindFunction("string_to_array", std::move(exprs), *context.settings));
  ASSIGN_OR_RETURN(catalog::Value array, EvaluateScalar(context, *split));
  if (array.is_null()) return MakeSetCall<NothingCall>();
  return MakeSetCall<SplitCall>(std::move(array));
}

// Matches of an expression in a text, one after the other.
class RegexCall : public SetCall {
 public:
  RegexCall(std::shared_ptr<const RE2> regex, std::string_view text)
      : regex_(std::move(regex)),
        text_(text),
        found_(static_cast<size_t>(1 + regex_->NumberOfCapturingGroups())) {}

 protected:
  // After an empty match the search goes on one character further.
  bool Match() {
    if (at_ > text_.size()) return false;
    const bool matches =
        regex_->Match(StringPiece(text_.data(), text_.size()), at_, text_.size(), RE2::UNANCHORED,
                      found_.data(), static_cast<int>(found_.size()));
    if (!matches) {
      at_ = text_.size() + 1;
      return false;
    }
    at_ = end();
    if (found_[0].empty()) {
      at_ += at_ < text_.size() ? catalog::BytesOfCharacters(text_.substr(at_), 1) : 1;
    }
    return true;
  }
  size_t start() const { return static_cast<size_t>(found_[0].data() - text_.data()); }
  size_t end() const { return start() + found_[0].size(); }

  std::shared_ptr<const RE2> regex_;
  std::string_view text_;
  std::vector<StringPiece> found_;
  size_t at_ = 0;
};

// The pieces between matches. Empty matches at a piece's beginning or at the text's end count for
// nothing.
class RegexSplitCall : public RegexCall {
 public:
  using RegexCall::RegexCall;
  Result<bool> Next(Datum* values, bool* nulls) override {
    if (done_) return false;
    bool found = Match();
    while (found && found_[0].empty() && (start() == piece_ || start() == text_.size())) {
      found = Match();
    }
    const size_t piece_end = found ? start() : text_.size();
    values[0] = Datum::Bytes(text_.substr(piece_, piece_end - piece_));
    nulls[0] = false;
    if (found) piece_ = end();
    done_ = !found;
    return true;
  }

 private:
  size_t piece_ = 0;
  bool done_ = false;
};

SetCallPtr RegexSplit(EvalContext&, std::span<const catalog::Value> args,
                      std::span<const catalog::Type>) {
  RegexOptions options;
  if (args.size() > 2) {
    ASSIGN_OR_RETURN(options, ParseRegexFlags(args[2].datum().bytes, "regexp_split_to_table"));
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const RE2> regex, CompileRegex(args[1].datum().bytes, options));
  return MakeSetCall<RegexSplitCall>(std::move(regex), args[0].datum().bytes);
}

// The groups of each match as an array, or the match where there are none.
class RegexMatchesCall : public RegexCall {
 public:
  RegexMatchesCall(std::shared_ptr<const RE2> regex, std::string_view text, bool all)
      : RegexCall(std::move(regex), text), all_(all) {}
  Result<bool> Next(Datum* values, bool* nulls) override {
    if ((!all_ && given_) || !Match()) return false;
    given_ = true;
    arena_.Reset();
    catalog::ArrayBuilder builder(type_oid::kText);
    for (size_t i = found_.size() > 1 ? 1 : 0; i < found_.size(); ++i) {
      if (found_[i].data() == nullptr) {
        builder.AddNull();
      } else {
        builder.Add(Datum::Bytes({found_[i].data(), found_[i].size()}));
      }
    }
    ASSIGN_OR_RETURN(std::string_view array, builder.Finish(&arena_));
    values[0] = Datum::Bytes(array);
    nulls[0] = false;
    return true;
  }

 private:
  Arena arena_;
  const bool all_;
  bool given_ = false;
};

SetCallPtr RegexMatches(EvalContext&, std::span<const catalog::Value> args,
                        std::span<const catalog::Type>) {
  RegexOptions options;
  if (args.size() > 2) {
    ASSIGN_OR_RETURN(options, ParseRegexFlags(args[2].datum().bytes, ""));
  }
  ASSIGN_OR_RETURN(std::shared_ptr<const RE2> regex, CompileRegex(args[1].datum().bytes, options));
  return MakeSetCall<RegexMatchesCall>(std::move(regex), args[0].datum().bytes, options.global);
}

// "name=value" each, as catalogs keep options; NULL where there is no value.
class OptionsCall : public SetCall {
 public:
  explicit OptionsCall(std::string_view array) : array_(type_oid::kText, array) {}
  Result<bool> Next(Datum* values, bool* nulls) override {
    if (next_ == array_.size()) return false;
    if (array_.IsNull(next_)) {
      return Error(sqlstate::kNullValueNotAllowed,
                   "null array element not allowed in this context");
    }
    const std::string_view option = array_.At(next_++).bytes;
    const size_t equals = option.find('=');
    values[0] = Datum::Bytes(option.substr(0, equals));
    nulls[0] = false;
    nulls[1] = equals == std::string_view::npos;
    if (!nulls[1]) values[1] = Datum::Bytes(option.substr(equals + 1));
    return true;
  }

 private:
  catalog::ArrayView array_;
  uint32_t next_ = 0;
};

SetCallPtr OptionsToTable(EvalContext&, std::span<const catalog::Value> args,
                          std::span<const catalog::Type>) {
  return MakeSetCall<OptionsCall>(args[0].datum().bytes);
}

}  // namespace

std::span<const SetFunction> TextSetFunctions() {
  constexpr catalog::Oid kText = type_oid::kText;
  static const auto* functions = new std::vector<SetFunction>{
      {.oid = 6160,
       .name = "string_to_table",
       .args = {kText, kText},
       .result = kText,
       .strict = false,
       .start = &StringToTable},
      {.oid = 6161,
       .name = "string_to_table",
       .args = {kText, kText, kText},
       .result = kText,
       .strict = false,
       .start = &StringToTable},
      {.oid = 2765,
       .name = "regexp_split_to_table",
       .args = {kText, kText},
       .result = kText,
       .start = &RegexSplit},
      {.oid = 2766,
       .name = "regexp_split_to_table",
       .args = {kText, kText, kText},
       .result = kText,
       .start = &RegexSplit},
      {.oid = 2763,
       .name = "regexp_matches",
       .args = {kText, kText},
       .result = type_oid::kTextArray,
       .start = &RegexMatches},
      {.oid = 2764,
       .name = "regexp_matches",
       .args = {kText, kText, kText},
       .result = type_oid::kTextArray,
       .start = &RegexMatches},
      {.oid = 2289,
       .name = "pg_options_to_table",
       .args = {type_oid::kTextArray},
       .result = type_oid::kRecord,
       .volatility = Volatility::kStable,
       .columns = {{"option_name", kText}, {"option_value", kText}},
       .start = &OptionsToTable},
  };
  return *functions;
}

}  // namespace shale::sql
