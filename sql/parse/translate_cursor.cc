// DECLARE, FETCH, MOVE, CLOSE, and WHERE CURRENT OF.
#include "sql/parse/translator.h"

namespace shale::sql {
namespace {

constexpr SqlState kInvalidCursorDefinition{"42P11"};

// As errors call it: "FOR UPDATE".
std::string_view LockingName(LockClauseStrength strength) {
  switch (strength) {
    case LCS_FORKEYSHARE:
      return "FOR KEY SHARE";
    case LCS_FORSHARE:
      return "FOR SHARE";
    case LCS_FORNOKEYUPDATE:
      return "FOR NO KEY UPDATE";
    default:
      return "FOR UPDATE";
  }
}

}  // namespace

const ast::Statement* Translator::DeclareCursor(const DeclareCursorStmt& declare) {
  auto* result = NewStatement<ast::DeclareCursor>();
  const bool scroll = (declare.options & CURSOR_OPT_SCROLL) != 0;
  const bool no_scroll = (declare.options & CURSOR_OPT_NO_SCROLL) != 0;
  result->name = Copy(declare.portalname);
  result->binary = (declare.options & CURSOR_OPT_BINARY) != 0;
  result->insensitive = (declare.options & CURSOR_OPT_INSENSITIVE) != 0;
  result->asensitive = (declare.options & CURSOR_OPT_ASENSITIVE) != 0;
  result->hold = (declare.options & CURSOR_OPT_HOLD) != 0;
  if (scroll && no_scroll) {
    Fail(ast::kNoLocation, kInvalidCursorDefinition, "cannot specify both {} and {}", "SCROLL",
         "NO SCROLL");
  }
  if (result->asensitive && result->insensitive) {
    Fail(ast::kNoLocation, kInvalidCursorDefinition, "cannot specify both {} and {}", "ASENSITIVE",
         "INSENSITIVE");
  }
  result->scroll = scroll      ? ast::DeclareCursor::Scroll::kScroll
                   : no_scroll ? ast::DeclareCursor::Scroll::kNoScroll
                               : ast::DeclareCursor::Scroll::kDefault;
  const auto& select = *castNode(const SelectStmt, declare.query);
  result->query = Select(select);
  if (ListSize(select.lockingClause) == 0) return result;
  const std::string_view locking =
      LockingName(ListAt<LockingClause>(select.lockingClause, 0)->strength);
  auto refuse = [&](SqlState state, std::string_view kind, std::string_view what,
                    std::string_view detail) {
    FailAt(ast::kNoLocation, state, fmt::format("DECLARE {} ... {} is not {}", kind, locking, what),
           detail);
  };
  if (result->hold) {
    refuse(sqlstate::kFeatureNotSupported, "CURSOR WITH HOLD", "supported",
           "Holdable cursors must be READ ONLY.");
  }
  if (scroll) {
    refuse(sqlstate::kFeatureNotSupported, "SCROLL CURSOR", "supported",
           "Scrollable cursors must be READ ONLY.");
  }
  if (result->insensitive) {
    refuse(kInvalidCursorDefinition, "INSENSITIVE CURSOR", "valid",
           "Insensitive cursors must be READ ONLY.");
  }
  return result;
}

const ast::Statement* Translator::Fetch(const FetchStmt& fetch) {
  auto* result = NewStatement<ast::Fetch>();
  using Direction = ast::Fetch::Direction;
  switch (fetch.direction) {
    case FETCH_FORWARD:
      result->direction = Direction::kForward;
      break;
    case FETCH_BACKWARD:
      result->direction = Direction::kBackward;
      break;
    case FETCH_ABSOLUTE:
      result->direction = Direction::kAbsolute;
      break;
    case FETCH_RELATIVE:
      result->direction = Direction::kRelative;
      break;
  }
  result->count = fetch.howMany;
  result->cursor = Copy(fetch.portalname);
  result->move = fetch.ismove;
  return result;
}

const ast::Statement* Translator::CloseCursor(const ClosePortalStmt& close) {
  auto* result = NewStatement<ast::CloseCursor>();
  result->name = Copy(close.portalname);
  result->all = close.portalname == nullptr;
  return result;
}

const ast::Expr* Translator::CurrentOf(const CurrentOfExpr& current) {
  auto* result = NewExpr<ast::CurrentOf>(ast::kNoLocation);
  result->cursor = Copy(current.cursor_name);
  return result;
}

}  // namespace shale::sql
