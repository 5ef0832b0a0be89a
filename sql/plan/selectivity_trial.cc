// A condition on one column, tried on what is known of the column's values: LIKE, functions of the
// column, CASE, whatever gives the same for the same value.
#include <algorithm>
#include <optional>

#include "sql/expr/evaluate.h"
#include "sql/plan/selectivity.h"

namespace shale::sql {
namespace {

// The one column that the expression is a function of, and of nothing else; null: that is not so.
const ColumnExpr* OnlyColumn(const Expr& expr) {
  const ColumnExpr* only = nullptr;
  bool fits = IsImmutable(expr);
  Walk(expr, [&](const Expr& node) {
    if (node.kind == ExprKind::kParameter || node.kind == ExprKind::kOuter ||
        node.kind == ExprKind::kAggregate) {
      fits = false;
    }
    if (node.kind != ExprKind::kColumn) return fits;
    const auto& column = static_cast<const ColumnExpr&>(node);
    fits &= only == nullptr || (only->relation == column.relation && only->column == column.column);
    only = &column;
    return fits;
  });
  return fits ? only : nullptr;
}

// For which of the values the condition is true; nothing where it fails for one. NULL is the last.
std::optional<std::vector<bool>> Try(const Expr& condition, catalog::Type type,
                                     const std::vector<const catalog::Value*>& values) {
  ExprPtr expr = condition.Clone();
  Rewrite(expr, [](ExprPtr& node) {
    if (node->kind == ExprKind::kColumn) static_cast<ColumnExpr&>(*node).slot = 0;
    return true;
  });
  std::vector<bool> kept(values.size() + 1);
  catalog::FormatSettings settings;
  Arena arena;
  EvalContext context;
  context.arena = &arena;
  context.settings = &settings;
  for (size_t begin = 0; begin < kept.size(); begin += kBatchRows) {
    Batch batch;
    batch.row_count = static_cast<uint32_t>(std::min<size_t>(kBatchRows, kept.size() - begin));
    Vector column = Vector::Flat(type, batch.row_count, &arena);
    for (uint32_t i = 0; i < batch.row_count; ++i) {
      if (begin + i < values.size()) {
        column.SetDatum(i, values[begin + i]->datum());
      } else {
        column.SetDatum(i, catalog::Datum());
        column.SetNull(i, &arena);
      }
    }
    batch.columns.push_back(column);
    if (!Filter(context, *expr, &batch).ok()) return std::nullopt;
    for (uint32_t i = 0; i < batch.size(); ++i) kept[begin + batch.RowAt(i)] = true;
  }
  return kept;
}

}  // namespace

double Estimator::ByTrial(const Expr& condition) const {
  constexpr double kImpossible = -1;
  const ColumnExpr* only = OnlyColumn(condition);
  if (only == nullptr || RowsOf(only->relation) == 0) return kImpossible;
  const catalog::TableDesc& table = *range_table_[static_cast<size_t>(only->relation)].table;
  if (table.statistics == nullptr) return kImpossible;
  auto found = table.statistics->columns.find(only->column);
  if (found == table.statistics->columns.end() || found->second.type.oid != only->type.oid) {
    return kImpossible;
  }
  const catalog::ColumnStatistics& column = found->second;
  if (column.common.empty() && column.histogram.empty()) return kImpossible;
  std::vector<const catalog::Value*> values;
  for (const catalog::Value& value : column.common) values.push_back(&value);
  for (const catalog::Value& value : column.histogram) values.push_back(&value);
  const auto kept = Try(condition, only->type, values);
  if (!kept) return kImpossible;

  double common = 0;
  double share = kept->back() ? column.null_fraction : 0;
  for (size_t i = 0; i < column.common.size(); ++i) {
    common += column.frequencies[i];
    if ((*kept)[i]) share += column.frequencies[i];
  }
  const double rest = std::clamp(1 - column.null_fraction - common, 0.0, 1.0);
  if (column.histogram.empty()) return std::clamp(share + rest * kDefaultMatchShare, 0.0, 1.0);
  const auto first = kept->begin() + static_cast<std::ptrdiff_t>(column.common.size());
  const auto matches = static_cast<double>(std::count(first, kept->end() - 1, true));
  const auto size = static_cast<double>(column.histogram.size());
  // What no bound shows may be there in a part of the rows that is less than one's.
  const double least = std::min(kDefaultMatchShare, 0.5 / size);
  return std::clamp(share + rest * std::clamp(matches / size, least, 1 - least), 0.0, 1.0);
}

}  // namespace shale::sql
