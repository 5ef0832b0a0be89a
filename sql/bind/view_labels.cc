#include "sql/bind/view_labels.h"

#include <map>

#include "catalog/types/type_io.h"
#include "catalog/types/user_type.h"
#include "sql/bind/bound_subquery.h"
#include "sql/bind/walk_bound.h"
#include "sql/parse/ast_expr.h"
#include "sql/parse/deparse.h"
#include "sql/parse/parser.h"

namespace shale::sql {
namespace {

// The constants of users' types that were literals, by their places in the text.
class LabelCollector {
 public:
  void Collect(const BoundSelect& select) {
    for (const RangeEntry& entry : select.range_table) {
      if (entry.subquery != nullptr && entry.view == nullptr) Collect(*entry.subquery);
    }
    WalkOwnExprs(select, [&](const Expr& root) {
      Walk(root, [&](const Expr& node) {
        Note(node);
        if (node.kind == ExprKind::kSubquery) {
          Collect(*BodyOf(static_cast<const SubqueryExpr&>(node)).select);
        }
        return true;
      });
    });
    if (select.left != nullptr) Collect(*select.left);
    if (select.right != nullptr) Collect(*select.right);
  }

  const std::map<int, catalog::Value>& found() const { return found_; }

 private:
  void Note(const Expr& node) {
    if (node.kind != ExprKind::kConstant || node.position <= 0) return;
    const catalog::Value& value = static_cast<const ConstantExpr&>(node).value;
    if (!value.is_null() && value.type().oid >= catalog::kFirstUserOid)
      found_.emplace(node.position, value);
  }

  std::map<int, catalog::Value> found_;
};

// Of a 1-based character position.
size_t ByteOffset(std::string_view text, int position) {
  size_t at = 0;
  for (int characters = 1; at < text.size(); ++at) {
    const bool continues = (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
    if (!continues && characters++ == position) break;
  }
  return at;
}

// The bytes of the string literal, plain or E'...', that the text begins with; 0: it is none.
size_t LiteralBytes(std::string_view text) {
  const bool escapes = text.starts_with("E'");
  if (!escapes && !text.starts_with('\'')) return 0;
  for (size_t at = escapes ? 2 : 1; at < text.size(); ++at) {
    const bool is_pair = text.substr(at, 2) == "''" || (escapes && text[at] == '\\');
    if (is_pair) {
      ++at;
    } else if (text[at] == '\'') {
      return at + 1;
    }
  }
  return 0;
}

// Places of what comes out of other views' WITH queries are none of this text.
bool Means(const std::string& literal, const catalog::Value& value,
           const catalog::FormatSettings& settings) {
  const Result<ParsedExpression> parsed = ParseExpression(literal);
  const auto* written = parsed.ok() ? ast::Cast<ast::Literal>(parsed->expression) : nullptr;
  if (written == nullptr) return false;
  Arena arena;
  const auto datum = catalog::ParseText(value.type(), written->text, settings, &arena);
  return datum.ok() && catalog::Compare(value.type(), *datum, value.datum()) == 0;
}

}  // namespace

Result<std::string> MarkLabels(const BindContext& context, std::string text) {
  if (context.catalog->types().empty()) return text;
  ASSIGN_OR_RETURN(std::vector<ParsedStatement> parsed, Parse(text));
  BindContext again = context;
  again.source = text;
  again.name_uses = nullptr;
  ASSIGN_OR_RETURN(BoundStatement bound, Bind(again, *parsed.at(0).statement));
  LabelCollector labels;
  labels.Collect(*bound.select);
  for (const auto& cte : bound.ctes) labels.Collect(*cte->select);
  // From the end, so that earlier places stay.
  for (auto label = labels.found().rbegin(); label != labels.found().rend(); ++label) {
    const size_t begin = ByteOffset(text, label->first);
    const size_t bytes = LiteralBytes(std::string_view(text).substr(begin));
    if (bytes == 0 || !Means(text.substr(begin, bytes), label->second, *context.settings)) continue;
    std::string mark;
    catalog::AppendText(label->second.type(), label->second.datum(), catalog::FormatSettings(),
                        &mark);
    text.replace(begin, bytes, QuoteLiteral(mark));
  }
  return text;
}

}  // namespace shale::sql
