// Selectivity: which part of the rows conditions keep, and how many values expressions have, from
// the statistics that ANALYZE has stored.
//
// Columns are taken to be independent of each other, values within a part of a histogram to lie
// evenly. A condition on one column that is more than a comparison with a constant is tried on the
// column's common values and on the bounds of its histogram. What nothing is known of gets
// PostgreSQL's defaults.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "catalog/statistics.h"
#include "sql/bind/bound_statement.h"

namespace shale::sql {

// Where nothing is known.
inline constexpr double kDefaultEqualShare = 0.01;
inline constexpr double kDefaultRangeShare = 1.0 / 3;
inline constexpr double kDefaultBothEndsShare = 0.005;
inline constexpr double kDefaultMatchShare = 0.005;  // LIKE and the like
inline constexpr double kDefaultDistinct = 200;
inline constexpr double kDefaultElements = 10;  // of an array that is not known yet

class Estimator {
 public:
  // rows_of: of a stored table, now. What is given outlives it.
  Estimator(const std::vector<RangeEntry>& range_table,
            std::function<double(const catalog::TableDesc&)> rows_of)
      : range_table_(range_table), rows_of_(std::move(rows_of)) {}

  // 0 to 1, over the relations that it names.
  double Of(const Expr& condition) const;
  // Of all together: two bounds of one column are taken as the range that they are.
  double OfAll(const std::vector<const Expr*>& conditions) const;
  // How many values the expression has in its relation, at least 1.
  double Distinct(const Expr& expr) const;
  // How many groups such rows make by the expressions.
  double Groups(const std::vector<const Expr*>& exprs, double rows) const;
  // Of rows with equal values on both sides.
  double OfJoin(const Expr& left, const Expr& right) const;
  // Whether the columns of the stored table have each combination of values once.
  bool IsUnique(int relation, const std::vector<int>& columns) const;
  // Rows of the relation before conditions; 0: it is not a stored table.
  double RowsOf(int relation) const;

 private:
  struct Column;
  struct Comparison;

  Column FindColumn(const Expr& expr) const;
  double OfEqual(const Column& column, const std::optional<catalog::Value>& value) const;
  double OfRange(const Comparison& comparison) const;
  double OfCall(const CallExpr& call) const;
  double OfLogic(const LogicExpr& logic) const;
  double OfList(const InListExpr& list) const;
  double OfAny(const AnyAllExpr& any) const;
  bool MatchComparison(const Expr& expr, Comparison* comparison) const;
  // By trying it on the values known of its one column; below 0: that cannot be done.
  double ByTrial(const Expr& condition) const;

  const std::vector<RangeEntry>& range_table_;
  std::function<double(const catalog::TableDesc&)> rows_of_;
  mutable std::map<int, double> rows_;  // by relation, as far as asked for
};

}  // namespace shale::sql
