// Windows and grouping sets.
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"

namespace shale::sql {

void Deparser::FrameBound(ast::FrameBound bound, const ast::Expr* offset) {
  using Bound = ast::FrameBound;
  if (offset != nullptr) Expr(*offset);
  switch (bound) {
    case Bound::kUnboundedPreceding:
      return Add("UNBOUNDED PRECEDING");
    case Bound::kOffsetPreceding:
      return Add(" PRECEDING");
    case Bound::kCurrentRow:
      return Add("CURRENT ROW");
    case Bound::kOffsetFollowing:
      return Add(" FOLLOWING");
    case Bound::kUnboundedFollowing:
      return Add("UNBOUNDED FOLLOWING");
  }
}

void Deparser::WindowDefinition(const ast::Window& window) {
  Add("(");
  if (!window.reference.empty()) Identifier(window.reference);
  if (!window.partition_by.empty()) {
    Add(" PARTITION BY ");
    Exprs(window.partition_by);
  }
  OrderBy(window.order_by);
  const ast::WindowFrame& frame = window.frame;
  if (frame.written) {
    Add(frame.mode == ast::FrameMode::kRows    ? " ROWS BETWEEN "
        : frame.mode == ast::FrameMode::kRange ? " RANGE BETWEEN "
                                               : " GROUPS BETWEEN ");
    FrameBound(frame.start, frame.start_offset);
    Add(" AND ");
    FrameBound(frame.end, frame.end_offset);
    using Exclusion = ast::FrameExclusion;
    if (frame.exclusion == Exclusion::kCurrentRow) Add(" EXCLUDE CURRENT ROW");
    if (frame.exclusion == Exclusion::kGroup) Add(" EXCLUDE GROUP");
    if (frame.exclusion == Exclusion::kTies) Add(" EXCLUDE TIES");
  }
  Add(")");
}

// A list in GROUP BY is no row value: ROW is not written.
void Deparser::GroupItems(ast::List<const ast::Expr*> items) {
  Commas(items, [&](const ast::Expr* item) {
    const auto* row = ast::Cast<ast::RowExpr>(item);
    if (row == nullptr || row->explicit_row) return Expr(*item);
    Add("(");
    Exprs(row->fields);
    Add(")");
  });
}

void Deparser::GroupingSet(const ast::GroupingSet& set) {
  using Form = ast::GroupingSet::Form;
  Add(set.form == Form::kRollup  ? "ROLLUP ("
      : set.form == Form::kCube  ? "CUBE ("
      : set.form == Form::kEmpty ? "("
                                 : "GROUPING SETS (");
  GroupItems(set.items);
  Add(")");
}

std::string DeparseWindow(const ast::Window& window) {
  Deparser deparser;
  deparser.WindowDefinition(window);
  return std::move(deparser).Take();
}

}  // namespace shale::sql
