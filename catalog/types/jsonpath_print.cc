// jsonpath to text, as PostgreSQL prints it.
#include <fmt/format.h>

#include "catalog/types/json.h"
#include "catalog/types/jsonpath.h"

namespace shale::catalog::jsonpath {
namespace {

int Priority(Op op) {
  switch (op) {
    case Op::kOr:
      return 0;
    case Op::kAnd:
      return 1;
    case Op::kEqual:
    case Op::kNotEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kGreater:
    case Op::kGreaterEqual:
    case Op::kStartsWith:
      return 2;
    case Op::kAdd:
    case Op::kSubtract:
      return 3;
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo:
      return 4;
    case Op::kPlus:
    case Op::kMinus:
      return 5;
    default:
      return 6;
  }
}

std::string Level(uint32_t level) {
  return level == kLastLevel ? "last" : fmt::format("{}", level);
}

class Printer {
 public:
  explicit Printer(std::string* out) : out_(*out) {}

  // Steps behind others have a point in front; operators stand in parentheses where asked.
  void Print(const Node& node, bool is_step, bool parentheses) {
    PrintOne(node, is_step, parentheses);
    if (node.next != nullptr) Print(*node.next, true, true);
  }

 private:
  void PrintOperand(const Node& node, const Node& parent) {
    Print(node, false, Priority(node.op) <= Priority(parent.op));
  }

  void PrintOperator(const Node& node, bool parentheses) {
    if (parentheses) out_ += '(';
    if (node.args.size() == 2) {
      PrintOperand(*node.args[0], node);
      out_ += ' ';
    }
    out_ += OpName(node.op);
    if (node.args.size() == 2) out_ += ' ';
    PrintOperand(*node.args.back(), node);
    if (parentheses) out_ += ')';
  }

  void PrintLikeRegex(const Node& node, bool parentheses) {
    if (parentheses) out_ += '(';
    PrintOperand(*node.args[0], node);
    out_ += " like_regex ";
    json::AppendString(node.text, &out_);
    if (!node.flags.empty()) out_ += fmt::format(" flag \"{}\"", node.flags);
    if (parentheses) out_ += ')';
  }

  void PrintInside(std::string_view before, const Node& node, std::string_view after) {
    out_ += before;
    Print(*node.args[0], false, false);
    out_ += after;
  }

  void PrintElements(const Node& node) {
    out_ += '[';
    for (size_t i = 0; i < node.args.size(); i += 2) {
      if (i > 0) out_ += ',';
      Print(*node.args[i], false, false);
      if (node.args[i + 1] == nullptr) continue;
      out_ += " to ";
      Print(*node.args[i + 1], false, false);
    }
    out_ += ']';
  }

  void PrintAny(const Node& node) {
    out_ += "**";
    if (node.first == 0 && node.last == kLastLevel) return;
    if (node.first == node.last) {
      out_ += fmt::format("{{{}}}", Level(node.first));
    } else {
      out_ += fmt::format("{{{} to {}}}", Level(node.first), Level(node.last));
    }
  }

  void PrintOne(const Node& node, bool is_step, bool parentheses) {
    const std::string_view point = is_step ? "." : "";
    switch (node.op) {
      case Op::kNull:
        out_ += "null";
        return;
      case Op::kTrue:
        out_ += "true";
        return;
      case Op::kFalse:
        out_ += "false";
        return;
      case Op::kNumber:
        // Before a step the point would be read as the number's.
        if (node.next != nullptr) out_ += '(';
        out_ += node.text;
        if (node.next != nullptr) out_ += ')';
        return;
      case Op::kString:
        json::AppendString(node.text, &out_);
        return;
      case Op::kVariable:
        out_ += '$';
        json::AppendString(node.text, &out_);
        return;
      case Op::kRoot:
        out_ += '$';
        return;
      case Op::kCurrent:
        out_ += '@';
        return;
      case Op::kLast:
        out_ += "last";
        return;
      case Op::kNot:
        return PrintInside("!(", node, ")");
      case Op::kIsUnknown:
        return PrintInside("(", node, ") is unknown");
      case Op::kExists:
        return PrintInside("exists (", node, ")");
      case Op::kFilter:
        return PrintInside("?(", node, ")");
      case Op::kLikeRegex:
        return PrintLikeRegex(node, parentheses);
      case Op::kKey:
        out_ += point;
        json::AppendString(node.text, &out_);
        return;
      case Op::kAnyKey:
        out_ += point;
        out_ += '*';
        return;
      case Op::kAny:
        out_ += point;
        return PrintAny(node);
      case Op::kAnyElement:
        out_ += "[*]";
        return;
      case Op::kElements:
        return PrintElements(node);
      case Op::kType:
      case Op::kSize:
      case Op::kAbs:
      case Op::kFloor:
      case Op::kCeiling:
      case Op::kDouble:
      case Op::kKeyValue:
      case Op::kDatetime:
        out_ += fmt::format(".{}(", MethodName(node.op));
        if (!node.args.empty()) Print(*node.args[0], false, false);
        out_ += ')';
        return;
      default:
        return PrintOperator(node, parentheses);
    }
  }

  std::string& out_;
};

}  // namespace

std::string_view OpName(Op op) {
  switch (op) {
    case Op::kOr:
      return "||";
    case Op::kAnd:
      return "&&";
    case Op::kEqual:
      return "==";
    case Op::kNotEqual:
      return "!=";
    case Op::kLess:
      return "<";
    case Op::kLessEqual:
      return "<=";
    case Op::kGreater:
      return ">";
    case Op::kGreaterEqual:
      return ">=";
    case Op::kStartsWith:
      return "starts with";
    case Op::kAdd:
    case Op::kPlus:
      return "+";
    case Op::kSubtract:
    case Op::kMinus:
      return "-";
    case Op::kMultiply:
      return "*";
    case Op::kDivide:
      return "/";
    case Op::kModulo:
      return "%";
    default:
      return "";
  }
}

std::string_view MethodName(Op op) {
  switch (op) {
    case Op::kType:
      return "type";
    case Op::kSize:
      return "size";
    case Op::kAbs:
      return "abs";
    case Op::kFloor:
      return "floor";
    case Op::kCeiling:
      return "ceiling";
    case Op::kDouble:
      return "double";
    case Op::kKeyValue:
      return "keyvalue";
    case Op::kDatetime:
      return "datetime";
    default:
      return "";
  }
}

void AppendText(const Path& path, std::string* out) {
  if (path.strict) *out += "strict ";
  Printer(out).Print(*path.root, false, true);
}

}  // namespace shale::catalog::jsonpath
