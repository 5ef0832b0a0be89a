#include "sql/plan/selectivity.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "catalog/types/array.h"
#include "sql/expr/evaluate.h"
#include "sql/expr/resolve.h"
#include "sql/plan/conjuncts.h"
#include "sql/plan/scalar_order.h"

namespace shale::sql {
namespace {

double Share(double value) { return std::clamp(value, 0.0, 1.0); }

double CommonShare(const catalog::ColumnStatistics& column) {
  double share = 0;
  for (double frequency : column.frequencies) share += frequency;
  return share;
}

// The value of an expression that has one already; nothing of others.
std::optional<catalog::Value> ConstantOf(const Expr& expr) {
  const Expr& inner = StripRelabel(expr);
  if (inner.kind == ExprKind::kConstant) return static_cast<const ConstantExpr&>(inner).value;
  if (!IsFoldable(inner)) return std::nullopt;
  ExprPtr folded = inner.Clone();
  FoldConstants(folded, catalog::FormatSettings());
  if (folded->kind != ExprKind::kConstant) return std::nullopt;
  return static_cast<const ConstantExpr&>(*folded).value;
}

// No column in it: one value while the relation is read.
bool IsFixed(const Expr& expr) {
  bool fixed = true;
  Walk(expr, [&fixed](const Expr& node) {
    fixed &= node.kind != ExprKind::kColumn && node.kind != ExprKind::kAggregate;
    return fixed;
  });
  return fixed;
}

}  // namespace

// A column of a stored table, with what is known of it.
struct Estimator::Column {
  int relation = -1;
  int position = -1;
  double rows = 0;                                        // of the table; 0: no stored table
  const catalog::ColumnStatistics* statistics = nullptr;  // null: none
  bool is_unique = false;

  double distinct() const {
    double distinct = is_unique ? rows : kDefaultDistinct;
    if (statistics != nullptr && statistics->distinct > 0) distinct = statistics->distinct;
    if (statistics != nullptr && statistics->distinct < 0) distinct = -statistics->distinct * rows;
    return std::max(1.0, rows > 0 ? std::min(distinct, rows) : distinct);
  }
  double not_null() const { return statistics != nullptr ? 1 - statistics->null_fraction : 1; }
};

// `column op fixed`, or turned around so that it is.
struct Estimator::Comparison {
  enum class Op : uint8_t { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual } op;
  Column column;
  std::optional<catalog::Value> value;  // nothing: not known yet

  bool is_range() const { return op != Op::kEqual && op != Op::kNotEqual; }
  bool is_lower() const { return op == Op::kGreater || op == Op::kGreaterEqual; }
};

double Estimator::RowsOf(int relation) const {
  if (relation < 0 || static_cast<size_t>(relation) >= range_table_.size()) return 0;
  const RangeEntry& entry = range_table_[static_cast<size_t>(relation)];
  if (entry.kind != RangeEntry::Kind::kTable) return 0;
  auto [place, is_new] = rows_.emplace(relation, 0);
  if (is_new) place->second = std::max(1.0, rows_of_(*entry.table));
  return place->second;
}

bool Estimator::IsUnique(int relation, const std::vector<int>& columns) const {
  if (RowsOf(relation) == 0) return false;
  const catalog::TableDesc& table = *range_table_[static_cast<size_t>(relation)].table;
  auto has = [&](int column) { return std::ranges::find(columns, column) != columns.end(); };
  if (!table.primary_key.empty() && std::ranges::all_of(table.primary_key, has)) return true;
  return std::ranges::any_of(table.indexes, [&](const catalog::IndexRef& index) {
    return index->unique && !index->predicate_sql && index->state == catalog::IndexState::kValid &&
           std::ranges::all_of(index->keys, [&](const catalog::IndexKey& key) {
             return key.column >= 0 && has(key.column);
           });
  });
}

Estimator::Column Estimator::FindColumn(const Expr& expr) const {
  Column column;
  const Expr& inner = StripRelabel(expr);
  if (inner.kind != ExprKind::kColumn) return column;
  const auto& reference = static_cast<const ColumnExpr&>(inner);
  column.relation = reference.relation;
  column.position = reference.column;
  column.rows = RowsOf(reference.relation);
  if (column.rows == 0) return column;
  const catalog::TableDesc& table = *range_table_[static_cast<size_t>(column.relation)].table;
  column.is_unique = IsUnique(column.relation, {column.position});
  if (table.statistics == nullptr) return column;
  auto found = table.statistics->columns.find(column.position);
  if (found != table.statistics->columns.end() &&
      found->second.type.oid == table.columns[static_cast<size_t>(column.position)].type.oid) {
    column.statistics = &found->second;
  }
  return column;
}

double Estimator::Distinct(const Expr& expr) const {
  if (IsFixed(expr)) return 1;
  Column column = FindColumn(expr);
  if (column.position >= 0) return column.distinct();
  // At most as many as combinations of the columns in it.
  double distinct = 1;
  Walk(expr, [&](const Expr& node) {
    if (node.kind == ExprKind::kColumn) distinct *= FindColumn(node).distinct();
    return true;
  });
  return distinct;
}

double Estimator::Groups(const std::vector<const Expr*>& exprs, double rows) const {
  // Per relation: as many as it has rows at most.
  std::map<RelationSet, double> by_relations;
  for (const Expr* expr : exprs) {
    auto [place, is_new] = by_relations.emplace(RelationsOf(*expr), 1);
    place->second *= Distinct(*expr);
  }
  double groups = 1;
  for (auto& [relations, distinct] : by_relations) {
    if (std::has_single_bit(relations)) {
      const double limit = RowsOf(std::countr_zero(relations));
      if (limit > 0) distinct = std::min(distinct, limit);
    }
    groups *= distinct;
  }
  return std::clamp(groups, 1.0, std::max(1.0, rows));
}

double Estimator::OfJoin(const Expr& left, const Expr& right) const {
  const double not_null = FindColumn(left).not_null() * FindColumn(right).not_null();
  return Share(not_null / std::max(Distinct(left), Distinct(right)));
}

double Estimator::OfEqual(const Column& column, const std::optional<catalog::Value>& value) const {
  const catalog::ColumnStatistics* statistics = column.statistics;
  if (value && value->is_null()) return 0;
  if (column.is_unique) return Share(1 / std::max(1.0, column.rows));
  if (statistics == nullptr) return kDefaultEqualShare;
  if (!value) return Share(column.not_null() / column.distinct());
  bool comparable = true;
  for (size_t i = 0; i < statistics->common.size(); ++i) {
    const std::optional<int> order = CompareValues(statistics->common[i], *value);
    if (order == 0) return Share(statistics->frequencies[i]);
    comparable &= order.has_value();
  }
  if (!comparable) return Share(column.not_null() / column.distinct());
  // One of the others, and none of these is more frequent than the rarest common one.
  const double others = column.distinct() - static_cast<double>(statistics->common.size());
  double share = (column.not_null() - CommonShare(*statistics)) / std::max(1.0, others);
  if (!statistics->frequencies.empty()) share = std::min(share, statistics->frequencies.back());
  return Share(share);
}

// The part of rows below (or above) the value: the common values that are, and the histogram's.
double Estimator::OfRange(const Comparison& comparison) const {
  using Op = Comparison::Op;
  const catalog::ColumnStatistics* statistics = comparison.column.statistics;
  if (!comparison.value || statistics == nullptr) return kDefaultRangeShare;
  if (comparison.value->is_null()) return 0;
  const catalog::Value& value = *comparison.value;
  const bool inclusive = comparison.op == Op::kLessEqual || comparison.op == Op::kGreaterEqual;
  double common = 0;
  for (size_t i = 0; i < statistics->common.size(); ++i) {
    const std::optional<int> order = CompareValues(statistics->common[i], value);
    if (!order) return kDefaultRangeShare;
    const bool keeps = *order == 0 ? inclusive : comparison.is_lower() == (*order > 0);
    if (keeps) common += statistics->frequencies[i];
  }
  const auto& bounds = statistics->histogram;
  const double rest = Share(comparison.column.not_null() - CommonShare(*statistics));
  if (bounds.size() < 2) {
    // All values are common ones, unless nothing is known of them.
    if (statistics->common.empty()) return kDefaultRangeShare;
    return Share(common + rest * kDefaultRangeShare);
  }
  size_t below = 0;  // bounds
  for (const catalog::Value& bound : bounds) {
    const std::optional<int> order = CompareValues(bound, value);
    if (!order) return kDefaultRangeShare;
    if (*order >= 0) break;
    ++below;
  }
  double part = 0;
  if (below == bounds.size()) {
    part = 1;
  } else if (below > 0) {
    part = (static_cast<double>(below - 1) + Interpolate(bounds[below - 1], bounds[below], value)) /
           static_cast<double>(bounds.size() - 1);
  }
  if (comparison.is_lower()) part = 1 - part;
  // A value more than was in the sample may be there.
  const double least = 0.01 / static_cast<double>(bounds.size() - 1);
  return Share(common + rest * std::clamp(part, least, 1 - least));
}

bool Estimator::MatchComparison(const Expr& expr, Comparison* comparison) const {
  using Op = Comparison::Op;
  if (expr.kind != ExprKind::kCall) return false;
  const auto& call = static_cast<const CallExpr&>(expr);
  if (call.args.size() != 2 || call.form != CallExpr::Form::kOperator) return false;
  static constexpr std::pair<std::string_view, std::pair<Op, Op>> kOps[] = {
      {"=", {Op::kEqual, Op::kEqual}},  {"<>", {Op::kNotEqual, Op::kNotEqual}},
      {"<", {Op::kLess, Op::kGreater}}, {"<=", {Op::kLessEqual, Op::kGreaterEqual}},
      {">", {Op::kGreater, Op::kLess}}, {">=", {Op::kGreaterEqual, Op::kLessEqual}}};
  for (const auto& [name, ops] : kOps) {
    if (call.name != name) continue;
    for (size_t side : {0, 1}) {
      comparison->column = FindColumn(*call.args[side]);
      if (comparison->column.position < 0 || !IsFixed(*call.args[1 - side])) continue;
      comparison->op = side == 0 ? ops.first : ops.second;
      comparison->value = ConstantOf(*call.args[1 - side]);
      return true;
    }
  }
  return false;
}

double Estimator::OfCall(const CallExpr& call) const {
  Comparison comparison;
  if (MatchComparison(call, &comparison)) {
    if (comparison.is_range()) return OfRange(comparison);
    const double equal = OfEqual(comparison.column, comparison.value);
    if (comparison.op == Comparison::Op::kEqual) return equal;
    return Share(comparison.column.not_null() - equal);
  }
  const double tried = ByTrial(call);
  if (tried >= 0) return tried;
  if (call.args.size() == 2 && call.form == CallExpr::Form::kOperator) {
    const bool fixed = IsFixed(*call.args[0]) || IsFixed(*call.args[1]);
    if (call.name == "=" && !fixed) return OfJoin(*call.args[0], *call.args[1]);
    if (call.name == "=") {
      return Share(1 / std::max(Distinct(*call.args[0]), Distinct(*call.args[1])));
    }
    if (call.name == "<>") return 1 - kDefaultMatchShare;
    if (call.name == "~~" || call.name == "~~*" || call.name == "~") return kDefaultMatchShare;
    if (call.name == "!~~" || call.name == "!~~*" || call.name == "!~") {
      return 1 - kDefaultMatchShare;
    }
  }
  return kDefaultRangeShare;
}

double Estimator::OfLogic(const LogicExpr& logic) const {
  if (logic.op == LogicExpr::Op::kNot) return Share(1 - Of(*logic.args[0]));
  if (logic.op == LogicExpr::Op::kAnd) {
    std::vector<const Expr*> all;
    for (const ExprPtr& arg : logic.args) all.push_back(arg.get());
    return OfAll(all);
  }
  double share = 0;
  for (const ExprPtr& arg : logic.args) {
    const double part = Of(*arg);
    share += part - share * part;
  }
  return Share(share);
}

double Estimator::OfList(const InListExpr& list) const {
  const Column column = FindColumn(*list.arg);
  if (column.position < 0) {
    const double tried = ByTrial(list);
    if (tried >= 0) return tried;
  }
  double share = 0;
  for (const ExprPtr& item : list.items) {
    share += column.position >= 0 ? OfEqual(column, ConstantOf(*item))
                                  : 1 / std::max(1 / kDefaultEqualShare, Distinct(*list.arg));
  }
  share = std::min(share, column.not_null());
  return Share(list.negated ? column.not_null() - share : share);
}

double Estimator::OfAny(const AnyAllExpr& any) const {
  if (any.name != "=" || any.all) return kDefaultRangeShare;
  const Column column = FindColumn(*any.left);
  if (column.position < 0) {
    const double tried = ByTrial(any);
    if (tried >= 0) return tried;
  }
  const std::optional<catalog::Value> array = ConstantOf(*any.array);
  double elements = kDefaultElements;
  if (array) {
    if (array->is_null()) return 0;
    const catalog::Oid element = catalog::ElementOf(array->type().oid);
    elements = catalog::ArrayView(element, array->datum().bytes).size();
  }
  return Share(std::min(column.not_null(), elements * OfEqual(column, std::nullopt)));
}

double Estimator::Of(const Expr& condition) const {
  switch (condition.kind) {
    case ExprKind::kConstant: {
      const catalog::Value& value = static_cast<const ConstantExpr&>(condition).value;
      return !value.is_null() && value.datum().boolean ? 1 : 0;
    }
    case ExprKind::kLogic:
      return OfLogic(static_cast<const LogicExpr&>(condition));
    case ExprKind::kCall:
      return OfCall(static_cast<const CallExpr&>(condition));
    case ExprKind::kInList:
      return OfList(static_cast<const InListExpr&>(condition));
    case ExprKind::kAnyAll:
      return OfAny(static_cast<const AnyAllExpr&>(condition));
    case ExprKind::kNullTest: {
      const auto& test = static_cast<const NullTestExpr&>(condition);
      const Column column = FindColumn(*test.arg);
      if (column.statistics != nullptr) {
        const double nulls = column.statistics->null_fraction;
        return test.is_not_null ? 1 - nulls : nulls;
      }
      return test.is_not_null ? 1 - kDefaultMatchShare : kDefaultMatchShare;
    }
    default: {
      const double tried = ByTrial(condition);
      return tried >= 0 ? tried : kDefaultRangeShare;
    }
  }
}

double Estimator::OfAll(const std::vector<const Expr*>& conditions) const {
  struct Range {
    double lower = -1;  // below 0: not bounded
    double upper = -1;
    double not_null = 1;
    bool known = false;
  };
  std::map<std::pair<int, int>, Range> ranges;
  double share = 1;
  for (const Expr* condition : conditions) {
    Comparison comparison;
    if (!MatchComparison(*condition, &comparison) || !comparison.is_range()) {
      share *= Of(*condition);
      continue;
    }
    Range& range = ranges[{comparison.column.relation, comparison.column.position}];
    double& bound = comparison.is_lower() ? range.lower : range.upper;
    const double part = OfRange(comparison);
    bound = bound < 0 ? part : std::min(bound, part);
    range.not_null = comparison.column.not_null();
    range.known = comparison.value && comparison.column.statistics != nullptr;
  }
  for (const auto& [column, range] : ranges) {
    if (range.lower < 0 || range.upper < 0) {
      share *= std::max(range.lower, range.upper);
    } else if (!range.known) {
      share *= kDefaultBothEndsShare;
    } else {
      // What is above the one and below the other.
      constexpr double kLeast = 0.0001;
      share *= std::clamp(range.lower + range.upper - range.not_null, kLeast, 1.0);
    }
  }
  return Share(share);
}

}  // namespace shale::sql
