// Windows and grouping sets.
#include "sql/parse/translator.h"

namespace shale::sql {
namespace {

ast::FrameMode ModeOf(int options) {
  if ((options & FRAMEOPTION_ROWS) != 0) return ast::FrameMode::kRows;
  return (options & FRAMEOPTION_GROUPS) != 0 ? ast::FrameMode::kGroups : ast::FrameMode::kRange;
}

ast::FrameBound StartOf(int options) {
  using Bound = ast::FrameBound;
  if ((options & FRAMEOPTION_START_CURRENT_ROW) != 0) return Bound::kCurrentRow;
  if ((options & FRAMEOPTION_START_OFFSET_PRECEDING) != 0) return Bound::kOffsetPreceding;
  if ((options & FRAMEOPTION_START_OFFSET_FOLLOWING) != 0) return Bound::kOffsetFollowing;
  return Bound::kUnboundedPreceding;
}

ast::FrameBound EndOf(int options) {
  using Bound = ast::FrameBound;
  if ((options & FRAMEOPTION_END_UNBOUNDED_FOLLOWING) != 0) return Bound::kUnboundedFollowing;
  if ((options & FRAMEOPTION_END_OFFSET_PRECEDING) != 0) return Bound::kOffsetPreceding;
  if ((options & FRAMEOPTION_END_OFFSET_FOLLOWING) != 0) return Bound::kOffsetFollowing;
  return Bound::kCurrentRow;
}

ast::FrameExclusion ExclusionOf(int options) {
  using Exclusion = ast::FrameExclusion;
  if ((options & FRAMEOPTION_EXCLUDE_CURRENT_ROW) != 0) return Exclusion::kCurrentRow;
  if ((options & FRAMEOPTION_EXCLUDE_GROUP) != 0) return Exclusion::kGroup;
  return (options & FRAMEOPTION_EXCLUDE_TIES) != 0 ? Exclusion::kTies : Exclusion::kNone;
}

}  // namespace

ast::Window Translator::WindowOf(const WindowDef& window) {
  ast::Window result;
  result.name = Copy(window.name);
  result.reference = Copy(window.refname);
  result.partition_by = Exprs(window.partitionClause);
  result.order_by = Map<ast::SortItem, SortBy>(window.orderClause,
                                               [&](const SortBy& sort) { return Sort(sort); });
  result.frame.written = (window.frameOptions & FRAMEOPTION_NONDEFAULT) != 0;
  result.frame.mode = ModeOf(window.frameOptions);
  result.frame.start = StartOf(window.frameOptions);
  result.frame.end = EndOf(window.frameOptions);
  result.frame.exclusion = ExclusionOf(window.frameOptions);
  result.frame.start_offset = Expr(window.startOffset);
  result.frame.end_offset = Expr(window.endOffset);
  result.location = window.location;
  return result;
}

const ast::Expr* Translator::GroupingSetOf(const GroupingSet& set) {
  Nesting nesting(*this);
  if (!nesting.ok()) return nullptr;
  using Form = ast::GroupingSet::Form;
  auto* result = NewExpr<ast::GroupingSet>(set.location);
  switch (set.kind) {
    case GROUPING_SET_EMPTY:
      result->form = Form::kEmpty;
      return result;
    case GROUPING_SET_ROLLUP:
      result->form = Form::kRollup;
      break;
    case GROUPING_SET_CUBE:
      result->form = Form::kCube;
      break;
    default:
      result->form = Form::kSets;
      break;
  }
  result->items = Exprs(set.content);
  return result;
}

}  // namespace shale::sql
