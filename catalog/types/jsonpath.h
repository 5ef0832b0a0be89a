// jsonpath, the path language of SQL/JSON: its syntax tree, parser and printer.
//
// A value of the type is held as the text that PostgreSQL prints for it, and parsed where it is
// used; sql/expr/jsonpath_evaluate.h computes it. Parsed paths are immutable and may be shared.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::catalog::jsonpath {

enum class Op : uint8_t {
  // Values; `text` is the string, the number or the variable's name.
  kNull,
  kTrue,
  kFalse,
  kNumber,
  kString,
  kVariable,
  // Where a path starts.
  kRoot,     // $
  kCurrent,  // @
  kLast,     // last
  // Predicates over `args`.
  kOr,
  kAnd,
  kNot,
  kIsUnknown,
  kExists,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kStartsWith,
  kLikeRegex,  // `text` is the pattern, `flags` its letters
  // Arithmetic over `args`.
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPlus,
  kMinus,
  // Steps.
  kKey,         // .key, in `text`
  kAnyKey,      // .*
  kAny,         // .**{first to last}
  kAnyElement,  // [*]
  kElements,    // [from to last, ...]: `args` in pairs, the second null where there is no `to`
  kFilter,      // ?(predicate)
  kType,        // the methods
  kSize,
  kAbs,
  kFloor,
  kCeiling,
  kDouble,
  kKeyValue,
  kDatetime,  // a template in `args`, or none
};

inline constexpr uint32_t kLastLevel = 0xffffffff;

struct Node {
  explicit Node(Op op_in) : op(op_in) {}
  Op op;
  std::string text;
  std::string flags;
  uint32_t first = 0;  // levels of kAny
  uint32_t last = 0;
  std::vector<std::unique_ptr<Node>> args;
  std::unique_ptr<Node> next;  // the step behind this one
};

struct Path {
  bool strict = false;
  std::unique_ptr<Node> root;
};

// 42601 and 22P02 with PostgreSQL's wording.
Result<Path> Parse(std::string_view text);
void AppendText(const Path& path, std::string* out);
// The text of the parsed text.
Result<std::string_view> Canonize(std::string_view text, Arena* arena);

// "+", "==": of an operator.
std::string_view OpName(Op op);
// "abs": of a method.
std::string_view MethodName(Op op);

}  // namespace shale::catalog::jsonpath
