// The evaluator walks the tree step by step: each step computes its items from one item and hands
// them to the step behind it. Results go to a list, or, where only their existence counts, nowhere:
// then the first one ends the search.
#include "sql/expr/jsonpath_evaluate.h"

#include <cmath>

#include "catalog/types/numeric.h"
#include "sql/expr/jsonpath_item.h"
#include "sql/expr/regex.h"

namespace shale::sql {
namespace {

using catalog::jsonpath::kLastLevel;
using catalog::jsonpath::MethodName;
using catalog::jsonpath::Node;
using catalog::jsonpath::Op;
using catalog::jsonpath::OpName;
using catalog::jsonpath::Path;
namespace json = catalog::json;
namespace numeric = catalog::numeric;

using Items = std::vector<JsonpathItem>;

constexpr SqlState kInvalidSubscript{"22033"};
constexpr SqlState kNonNumericItem{"22036"};
constexpr SqlState kSingletonRequired{"22038"};
constexpr SqlState kArrayNotFound{"22039"};
constexpr SqlState kMemberNotFound{"2203A"};
constexpr SqlState kNumberNotFound{"2203B"};
constexpr SqlState kObjectNotFound{"2203C"};
constexpr SqlState kInvalidDatetime{"22031"};

// kError: one of the data, which predicates and silent callers take for an answer; kAbort: one that
// ends the statement. The status tells which it was.
enum class Outcome : uint8_t { kFound, kNothing, kError, kAbort };

bool Failed(Outcome outcome) { return outcome == Outcome::kError || outcome == Outcome::kAbort; }

class Evaluator {
 public:
  Evaluator(const Path& path, std::string_view jsonb, const JsonpathOptions& options,
            const catalog::FormatSettings& settings, Arena* arena)
      : lax_(!path.strict),
        ignores_structure_(!path.strict),
        options_(options),
        settings_(settings),
        arena_(arena),
        root_{jsonb, 0, {}},
        current_(root_) {}

  // A list of null: only whether there is an item.
  Outcome Run(const Node& node, Items* found) { return Step(node, root_, found, lax_); }

  Status TakeStatus() { return std::move(status_); }

 private:
  Outcome Fail(Status status) {
    status_ = std::move(status);
    return Outcome::kError;
  }
  Outcome Abort(Status status) {
    status_ = std::move(status);
    return Outcome::kAbort;
  }

  JsonpathItem Text(std::string_view text) { return {arena_->Copy(text), 0, {}}; }
  JsonpathItem Quoted(std::string_view text) {
    std::string quoted;
    json::AppendString(text, &quoted);
    return Text(quoted);
  }
  JsonpathItem Number(std::string_view number) {
    std::string text;
    numeric::AppendText(number, &text);
    return Text(text);
  }
  std::string_view NumberOf(const JsonpathItem& item) {
    Result<std::string_view> number = numeric::Parse(item.json, arena_);
    return number.ok() ? *number : numeric::NaN();
  }

  // Hands an item to the step behind a node, or to the results.
  Outcome Next(const Node* node, const JsonpathItem& item, Items* found) {
    if (node != nullptr && node->next != nullptr) return Step(*node->next, item, found, lax_);
    if (found != nullptr) found->push_back(item);
    return Outcome::kFound;
  }

  // All items of an expression; arrays among them are unwrapped in lax mode where asked.
  Outcome Collect(const Node& node, const JsonpathItem& item, bool unwraps, Items* out) {
    Items items;
    const Outcome outcome = Step(node, item, &items, lax_);
    if (Failed(outcome)) return outcome;
    for (const JsonpathItem& one : items) {
      if (unwraps && lax_ && one.IsArray()) {
        for (std::string_view element : json::Elements(one.json)) out->push_back({element, 0, {}});
      } else {
        out->push_back(one);
      }
    }
    return out->empty() ? Outcome::kNothing : Outcome::kFound;
  }

  // The node applied to the elements of an array instead of to the array.
  Outcome StepElements(const Node& node, const JsonpathItem& array, Items* found) {
    Outcome result = Outcome::kNothing;
    for (std::string_view element : json::Elements(array.json)) {
      const Outcome outcome = Step(node, {element, 0, {}}, found, /*unwraps=*/false);
      if (Failed(outcome)) return outcome;
      if (outcome != Outcome::kFound) continue;
      result = outcome;
      if (found == nullptr) break;
    }
    return result;
  }

  Outcome Step(const Node& node, const JsonpathItem& item, Items* found, bool unwraps) {
    switch (node.op) {
      case Op::kNull:
        return Next(&node, {"null", 0, {}}, found);
      case Op::kTrue:
        return Next(&node, {"true", 0, {}}, found);
      case Op::kFalse:
        return Next(&node, {"false", 0, {}}, found);
      case Op::kNumber:
        return Next(&node, {node.text, 0, {}}, found);
      case Op::kString:
        return Next(&node, Quoted(node.text), found);
      case Op::kVariable:
        return StepVariable(node, found);
      case Op::kRoot:
        return Next(&node, root_, found);
      case Op::kCurrent:
        return Next(&node, current_, found);
      case Op::kLast:
        return Next(&node, Text(std::to_string(innermost_size_ - 1)), found);
      case Op::kKey:
        return StepKey(node, item, found, unwraps);
      case Op::kAnyKey:
        return StepAnyKey(node, item, found, unwraps);
      case Op::kAny:
        return StepAny(node, item, found);
      case Op::kAnyElement:
        return StepAnyElement(node, item, found);
      case Op::kElements:
        return StepSubscripts(node, item, found);
      case Op::kFilter:
        return StepFilter(node, item, found, unwraps);
      case Op::kAdd:
      case Op::kSubtract:
      case Op::kMultiply:
      case Op::kDivide:
      case Op::kModulo:
        return StepBinary(node, item, found);
      case Op::kPlus:
      case Op::kMinus:
        return StepUnary(node, item, found);
      case Op::kType:
        return Next(&node, Quoted(TypeNameOf(item)), found);
      case Op::kSize:
        return StepSize(node, item, found);
      case Op::kAbs:
      case Op::kFloor:
      case Op::kCeiling:
      case Op::kDouble:
      case Op::kDatetime:
      case Op::kKeyValue:
        if (unwraps && item.IsArray()) return StepElements(node, item, found);
        return StepMethod(node, item, found);
      default:
        return StepPredicate(node, item, found);
    }
  }

  // --- Where paths start.

  Outcome StepVariable(const Node& node, Items* found) {
    std::optional<std::string_view> value = json::GetField(options_.variables, node.text);
    if (!value.has_value()) {
      return Abort(
          Error(sqlstate::kUndefinedObject, "could not find jsonpath variable \"{}\"", node.text));
    }
    return Next(&node, {*value, 0, {}}, found);
  }

  // --- Members and elements.

  Outcome StepKey(const Node& node, const JsonpathItem& item, Items* found, bool unwraps) {
    if (item.IsObject()) {
      std::optional<std::string_view> value = json::GetField(item.json, node.text);
      if (value.has_value()) return Next(&node, {*value, 0, {}}, found);
      if (ignores_structure_) return Outcome::kNothing;
      return Fail(Error(kMemberNotFound, "JSON object does not contain key \"{}\"", node.text));
    }
    if (unwraps && item.IsArray()) return StepElements(node, item, found);
    if (ignores_structure_) return Outcome::kNothing;
    return Fail(
        Error(kMemberNotFound, "jsonpath member accessor can only be applied to an object"));
  }

  Outcome StepAnyKey(const Node& node, const JsonpathItem& item, Items* found, bool unwraps) {
    if (item.IsObject()) return Descend(node.next.get(), item, found, 1, 1, 1, false);
    if (unwraps && item.IsArray()) return StepElements(node, item, found);
    if (ignores_structure_) return Outcome::kNothing;
    return Fail(Error(kObjectNotFound,
                      "jsonpath wildcard member accessor can only be applied to an object"));
  }

  Outcome StepAnyElement(const Node& node, const JsonpathItem& item, Items* found) {
    if (item.IsArray()) return Descend(node.next.get(), item, found, 1, 1, 1, false);
    if (lax_) return Next(&node, item, found);
    if (ignores_structure_) return Outcome::kNothing;
    return Fail(
        Error(kArrayNotFound, "jsonpath wildcard array accessor can only be applied to an array"));
  }

  Outcome StepAny(const Node& node, const JsonpathItem& item, Items* found) {
    Outcome result = Outcome::kNothing;
    if (node.first == 0) {
      const bool saved = std::exchange(ignores_structure_, true);
      result = Next(&node, item, found);
      ignores_structure_ = saved;
      if (Failed(result) || (result == Outcome::kFound && found == nullptr)) return result;
    }
    if (!item.IsArray() && !item.IsObject()) return result;
    const Outcome below = Descend(node.next.get(), item, found, 1, node.first, node.last, true);
    return Failed(below) || below == Outcome::kFound ? below : result;
  }

  // The values in a container whose level lies within first and last, each before those in it; for
  // "last to last" those that contain nothing. To the step, or to the results.
  Outcome Descend(const Node* step, const JsonpathItem& container, Items* found, uint32_t level,
                  uint32_t first, uint32_t last, bool ignores_structure) {
    if (level > last) return Outcome::kNothing;
    std::vector<std::string_view> values = json::Elements(container.json);
    for (const json::Member& member : json::Members(container.json)) {
      values.push_back(member.value);
    }
    Outcome result = Outcome::kNothing;
    for (std::string_view value : values) {
      const JsonpathItem item{value, 0, {}};
      const bool is_container = item.IsArray() || item.IsObject();
      Outcome outcome = Outcome::kNothing;
      if (level >= first || (first == kLastLevel && last == kLastLevel && !is_container)) {
        if (step == nullptr) {
          if (found != nullptr) found->push_back(item);
          outcome = Outcome::kFound;
        } else {
          const bool saved =
              std::exchange(ignores_structure_, ignores_structure_ || ignores_structure);
          outcome = Step(*step, item, found, lax_);
          ignores_structure_ = saved;
        }
        if (Failed(outcome)) return outcome;
        if (outcome == Outcome::kFound) result = outcome;
        if (result == Outcome::kFound && found == nullptr) return result;
      }
      if (level < last && is_container) {
        outcome = Descend(step, item, found, level + 1, first, last, ignores_structure);
        if (Failed(outcome)) return outcome;
        if (outcome == Outcome::kFound) result = outcome;
        if (result == Outcome::kFound && found == nullptr) return result;
      }
    }
    return result;
  }

  Outcome Subscript(const Node& node, const JsonpathItem& item, int64_t* index) {
    Items items;
    const Outcome outcome = Step(node, item, &items, lax_);
    if (Failed(outcome)) return outcome;
    if (items.size() != 1 || !items[0].IsNumber()) {
      return Fail(
          Error(kInvalidSubscript, "jsonpath array subscript is not a single numeric value"));
    }
    Result<std::string_view> whole = numeric::Truncate(NumberOf(items[0]), 0, arena_);
    Result<int32_t> number =
        whole.ok() ? numeric::ToInt32(*whole) : Result<int32_t>(whole.status());
    if (!number.ok()) {
      return Fail(Error(kInvalidSubscript, "jsonpath array subscript is out of integer range"));
    }
    *index = *number;
    return Outcome::kFound;
  }

  Outcome StepSubscripts(const Node& node, const JsonpathItem& item, Items* found) {
    if (!item.IsArray() && !lax_) {
      if (ignores_structure_) return Outcome::kNothing;
      return Fail(Error(kArrayNotFound, "jsonpath array accessor can only be applied to an array"));
    }
    const std::vector<std::string_view> elements =
        item.IsArray() ? json::Elements(item.json) : std::vector<std::string_view>{item.json};
    const auto size = static_cast<int64_t>(elements.size());
    const int64_t saved = std::exchange(innermost_size_, size);
    Outcome result = Outcome::kNothing;
    for (size_t i = 0; i < node.args.size(); i += 2) {
      int64_t from = 0;
      innermost_size_ = size;
      Outcome outcome = Subscript(*node.args[i], item, &from);
      int64_t to = from;
      if (!Failed(outcome) && node.args[i + 1] != nullptr) {
        outcome = Subscript(*node.args[i + 1], item, &to);
      }
      if (!Failed(outcome) && !ignores_structure_ && (from < 0 || from > to || to >= size)) {
        outcome = Fail(Error(kInvalidSubscript, "jsonpath array subscript is out of bounds"));
      }
      for (int64_t at = std::max<int64_t>(from, 0);
           !Failed(outcome) && at <= std::min(to, size - 1); ++at) {
        const JsonpathItem element =
            item.IsArray() ? JsonpathItem{elements[static_cast<size_t>(at)], 0, {}} : item;
        outcome = Next(&node, element, found);
        if (outcome != Outcome::kFound) continue;
        result = outcome;
        if (found == nullptr) break;
      }
      if (Failed(outcome)) result = outcome;
      if (Failed(outcome) || (result == Outcome::kFound && found == nullptr)) break;
    }
    innermost_size_ = saved;
    return result;
  }

  Outcome StepFilter(const Node& node, const JsonpathItem& item, Items* found, bool unwraps) {
    if (unwraps && item.IsArray()) return StepElements(node, item, found);
    const JsonpathItem saved = std::exchange(current_, item);
    Truth truth = Truth::kUnknown;
    const Outcome outcome = Test(*node.args[0], item, &truth);
    current_ = saved;
    if (Failed(outcome)) return outcome;
    return truth == Truth::kTrue ? Next(&node, item, found) : Outcome::kNothing;
  }

  // --- Predicates: false only where a statement must end.

  Outcome StepPredicate(const Node& node, const JsonpathItem& item, Items* found) {
    Truth truth = Truth::kUnknown;
    const Outcome outcome = Test(node, item, &truth);
    if (Failed(outcome)) return outcome;
    const std::string_view text = truth == Truth::kTrue    ? "true"
                                  : truth == Truth::kFalse ? "false"
                                                           : "null";
    return Next(&node, {text, 0, {}}, found);
  }

  Outcome Test(const Node& node, const JsonpathItem& item, Truth* truth) {
    switch (node.op) {
      case Op::kAnd:
      case Op::kOr: {
        const Truth decisive = node.op == Op::kOr ? Truth::kTrue : Truth::kFalse;
        Outcome outcome = Test(*node.args[0], item, truth);
        if (Failed(outcome) || *truth == decisive) return outcome;
        Truth right = Truth::kUnknown;
        outcome = Test(*node.args[1], item, &right);
        if (right == decisive || right == Truth::kUnknown) *truth = right;
        return outcome;
      }
      case Op::kNot: {
        const Outcome outcome = Test(*node.args[0], item, truth);
        if (*truth != Truth::kUnknown) *truth = TruthOf(*truth == Truth::kFalse);
        return outcome;
      }
      case Op::kIsUnknown: {
        const Outcome outcome = Test(*node.args[0], item, truth);
        *truth = TruthOf(*truth == Truth::kUnknown);
        return outcome;
      }
      case Op::kExists:
        return TestExists(*node.args[0], item, truth);
      default:
        return TestPairs(node, item, truth);
    }
  }

  // An error of the data makes a predicate unknown.
  Outcome Settle(Outcome outcome, Truth* truth) {
    if (outcome == Outcome::kAbort) return outcome;
    *truth = Truth::kUnknown;
    status_ = Status::Ok();
    return Outcome::kFound;
  }

  Outcome TestExists(const Node& node, const JsonpathItem& item, Truth* truth) {
    Items items;
    const Outcome outcome =
        lax_ ? Step(node, item, nullptr, lax_) : Collect(node, item, false, &items);
    if (Failed(outcome)) return Settle(outcome, truth);
    *truth = TruthOf(outcome == Outcome::kFound);
    return Outcome::kFound;
  }

  // Some pair of items of both sides must hold; in strict mode none may be unknown.
  Outcome TestPairs(const Node& node, const JsonpathItem& item, Truth* truth) {
    Items left;
    Outcome outcome = Collect(*node.args[0], item, true, &left);
    if (Failed(outcome)) return Settle(outcome, truth);
    Items right;
    const bool has_right = node.args.size() > 1;
    if (has_right) {
      outcome = Collect(*node.args[1], item, node.op != Op::kStartsWith, &right);
      if (Failed(outcome)) return Settle(outcome, truth);
    } else {
      right.push_back(item);  // not looked at
    }
    bool found = false;
    bool unknown = false;
    for (const JsonpathItem& a : left) {
      for (const JsonpathItem& b : right) {
        Result<Truth> one = TestPair(node, a, b);
        if (!one.ok()) return Abort(std::move(one).status());
        *truth = *one;
        if (*one == Truth::kUnknown && !lax_) return Outcome::kFound;
        if (*one == Truth::kTrue && lax_) return Outcome::kFound;
        unknown |= *one == Truth::kUnknown;
        found |= *one == Truth::kTrue;
      }
    }
    *truth = found ? Truth::kTrue : unknown ? Truth::kUnknown : Truth::kFalse;
    return Outcome::kFound;
  }

  Result<Truth> TestPair(const Node& node, const JsonpathItem& left, const JsonpathItem& right) {
    if (node.op == Op::kStartsWith) {
      if (!left.IsString() || !right.IsString()) return Truth::kUnknown;
      return TruthOf(json::ToText(left.json)->starts_with(*json::ToText(right.json)));
    }
    if (node.op != Op::kLikeRegex) {
      return CompareItems(node.op, left, right, options_.uses_zone, settings_);
    }
    if (!left.IsString()) return Truth::kUnknown;
    auto has = [&node](char flag) { return node.flags.find(flag) != std::string::npos; };
    RegexOptions options;
    options.ignore_case = has('i');
    options.literal = has('q');
    options.newline_stops = !has('s') && !has('q');
    options.newline_anchors = has('m') && !has('q');
    ASSIGN_OR_RETURN(std::shared_ptr<const re2::RE2> regex, CompileRegex(node.text, options));
    return TruthOf(re2::RE2::PartialMatch(*json::ToText(left.json), *regex));
  }

  // --- Arithmetic.

  Outcome Operand(const Node& node, const JsonpathItem& item, std::string_view side, Op op,
                  std::string_view* number) {
    Items items;
    const Outcome outcome = Collect(node, item, true, &items);
    if (Failed(outcome)) return outcome;
    if (items.size() != 1 || !items[0].IsNumber()) {
      return Fail(Error(kSingletonRequired,
                        "{} operand of jsonpath operator {} is not a single numeric value", side,
                        OpName(op)));
    }
    *number = NumberOf(items[0]);
    return Outcome::kFound;
  }

  Result<std::string_view> Compute(Op op, std::string_view left, std::string_view right) {
    switch (op) {
      case Op::kAdd:
        return numeric::Add(left, right, arena_);
      case Op::kSubtract:
        return numeric::Subtract(left, right, arena_);
      case Op::kMultiply:
        return numeric::Multiply(left, right, arena_);
      case Op::kDivide:
        return numeric::Divide(left, right, arena_);
      default:
        return numeric::Modulo(left, right, arena_);
    }
  }

  Outcome StepBinary(const Node& node, const JsonpathItem& item, Items* found) {
    std::string_view left;
    std::string_view right;
    Outcome outcome = Operand(*node.args[0], item, "left", node.op, &left);
    if (Failed(outcome)) return outcome;
    outcome = Operand(*node.args[1], item, "right", node.op, &right);
    if (Failed(outcome)) return outcome;
    Result<std::string_view> result = Compute(node.op, left, right);
    if (!result.ok()) return Fail(std::move(result).status());
    return Next(&node, Number(*result), found);
  }

  Outcome StepUnary(const Node& node, const JsonpathItem& item, Items* found) {
    Items items;
    const Outcome outcome = Collect(*node.args[0], item, true, &items);
    if (Failed(outcome)) return outcome;
    Outcome result = Outcome::kNothing;
    for (const JsonpathItem& one : items) {
      if (!one.IsNumber()) {
        if (found == nullptr && node.next == nullptr) continue;
        return Fail(Error(kNumberNotFound,
                          "operand of unary jsonpath operator {} is not a numeric value",
                          OpName(node.op)));
      }
      const bool minus = node.op == Op::kMinus;
      const Outcome next =
          Next(&node, minus ? Number(numeric::Negate(NumberOf(one), arena_)) : one, found);
      if (Failed(next)) return next;
      if (next != Outcome::kFound) continue;
      result = next;
      if (found == nullptr) break;
    }
    return result;
  }

  // --- Methods.

  Outcome StepSize(const Node& node, const JsonpathItem& item, Items* found) {
    size_t size = 1;
    if (item.IsArray()) {
      size = json::Elements(item.json).size();
    } else if (!lax_) {
      if (ignores_structure_) return Outcome::kNothing;
      return Fail(Error(kArrayNotFound,
                        "jsonpath item method .{}() can only be applied to an array",
                        MethodName(node.op)));
    }
    return Next(&node, Text(std::to_string(size)), found);
  }

  Outcome StepMethod(const Node& node, const JsonpathItem& item, Items* found) {
    switch (node.op) {
      case Op::kDouble:
        return StepDouble(node, item, found);
      case Op::kDatetime:
        return StepDatetime(node, item, found);
      case Op::kKeyValue:
        return StepKeyValue(node, item, found);
      default:
        break;
    }
    if (!item.IsNumber()) {
      return Fail(Error(kNonNumericItem,
                        "jsonpath item method .{}() can only be applied to a numeric value",
                        MethodName(node.op)));
    }
    const std::string_view number = NumberOf(item);
    Result<std::string_view> result = node.op == Op::kAbs     ? numeric::Abs(number, arena_)
                                      : node.op == Op::kFloor ? numeric::Floor(number, arena_)
                                                              : numeric::Ceil(number, arena_);
    if (!result.ok()) return Fail(std::move(result).status());
    return Next(&node, Number(*result), found);
  }

  Outcome StepDouble(const Node& node, const JsonpathItem& item, Items* found) {
    if (!item.IsNumber() && !item.IsString()) {
      return Fail(
          Error(kNonNumericItem,
                "jsonpath item method .{}() can only be applied to a string or numeric value",
                MethodName(node.op)));
    }
    const std::string text = *json::ToText(item.json);
    Result<catalog::Datum> value =
        catalog::ParseText({catalog::type_oid::kFloat8, -1}, text, settings_, arena_);
    if (item.IsNumber()) {
      if (!value.ok() || !std::isfinite(value->float64)) {
        return Fail(Error(kNonNumericItem,
                          "numeric argument of jsonpath item method .{}() is out of range for type "
                          "double precision",
                          MethodName(node.op)));
      }
      return Next(&node, item, found);
    }
    if (!value.ok() || !std::isfinite(value->float64)) {
      return Fail(Error(kNonNumericItem,
                        "string argument of jsonpath item method .{}() is not a valid "
                        "representation of a double precision number",
                        MethodName(node.op)));
    }
    return Next(&node, Number(numeric::FromFloat64(value->float64, arena_)), found);
  }

  Outcome StepDatetime(const Node& node, const JsonpathItem& item, Items* found) {
    if (!item.IsString()) {
      return Fail(Error(kInvalidDatetime,
                        "jsonpath item method .{}() can only be applied to a string",
                        MethodName(node.op)));
    }
    if (!node.args.empty()) {
      return Abort(NotSupported("the template of jsonpath's .datetime()"));
    }
    const std::string text = *json::ToText(item.json);
    std::optional<JsonpathItem> value = ParseIsoDatetime(text, settings_, arena_);
    if (!value.has_value()) {
      return Fail(Error(kInvalidDatetime, "datetime format is not recognized: \"{}\"", text)
                      .Hint("Use a datetime template argument to specify the input data format."));
    }
    return Next(&node, *value, found);
  }

  // The id tells objects apart; here all members of one have that of the root.
  Outcome StepKeyValue(const Node& node, const JsonpathItem& item, Items* found) {
    if (!item.IsObject()) {
      return Fail(Error(kObjectNotFound,
                        "jsonpath item method .{}() can only be applied to an object",
                        MethodName(node.op)));
    }
    Outcome result = Outcome::kNothing;
    for (const json::Member& member : json::Members(item.json)) {
      std::string pair = "{\"id\": 0, \"key\": ";
      json::AppendString(member.key, &pair);
      pair.append(", \"value\": ").append(member.value).append("}");
      const Outcome outcome = Next(&node, Text(pair), found);
      if (Failed(outcome)) return outcome;
      if (outcome != Outcome::kFound) continue;
      result = outcome;
      if (found == nullptr) break;
    }
    return result;
  }

  const bool lax_;
  bool ignores_structure_;
  const JsonpathOptions& options_;
  const catalog::FormatSettings& settings_;
  Arena* arena_;
  const JsonpathItem root_;
  JsonpathItem current_;
  int64_t innermost_size_ = 0;  // of the array whose subscript is computed
  Status status_;
};

Status CheckVariables(const JsonpathOptions& options) {
  if (json::KindOf(options.variables) == json::Kind::kObject) return Status::Ok();
  return Error(sqlstate::kInvalidParameterValue, "\"vars\" argument is not an object")
      .Detail("Jsonpath parameters should be encoded as key-value pairs of \"vars\" object.");
}

}  // namespace

Result<std::optional<std::vector<std::string_view>>> QueryJsonpath(
    const Path& path, std::string_view jsonb, const JsonpathOptions& options,
    const catalog::FormatSettings& settings, Arena* arena) {
  using Found = std::optional<std::vector<std::string_view>>;
  RETURN_IF_ERROR(CheckVariables(options));
  Evaluator evaluator(path, jsonb, options, settings, arena);
  Items items;
  const Outcome outcome = evaluator.Run(*path.root, &items);
  if (outcome == Outcome::kError && options.silent) return Found();
  if (Failed(outcome)) return evaluator.TakeStatus();
  Found found(std::in_place);
  for (const JsonpathItem& item : items) found->push_back(arena->Copy(item.json));
  return found;
}

Result<std::optional<bool>> ExistsJsonpath(const Path& path, std::string_view jsonb,
                                           const JsonpathOptions& options,
                                           const catalog::FormatSettings& settings, Arena* arena) {
  RETURN_IF_ERROR(CheckVariables(options));
  Evaluator evaluator(path, jsonb, options, settings, arena);
  Items items;
  // Strict mode must see every item: any of them may be an error.
  const Outcome outcome = evaluator.Run(*path.root, path.strict ? &items : nullptr);
  if (outcome == Outcome::kError && options.silent) return std::optional<bool>();
  if (Failed(outcome)) return evaluator.TakeStatus();
  return std::optional(path.strict ? !items.empty() : outcome == Outcome::kFound);
}

}  // namespace shale::sql
