// How it goes: for each key column in key order, look for a conjunct `column = scalar`; the first
// column without one may have a range or an IN list, and ends the search. Of several conditions on
// one bound the first is taken, the others stay filters. A comparison of rows bounds its first
// column.
#include "sql/plan/key_range.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>

#include "sql/expr/evaluate.h"
#include "sql/expr/resolve.h"
#include "sql/expr/row_expr.h"

namespace shale::sql {
namespace {

enum class Comparison : uint8_t { kEqual, kLess, kLessEqual, kGreater, kGreaterEqual };

struct KeyComparison {
  Comparison comparison;
  const Expr* scalar;
};

std::optional<Comparison> ComparisonOf(std::string_view name) {
  if (name == "=") return Comparison::kEqual;
  if (name == "<") return Comparison::kLess;
  if (name == "<=") return Comparison::kLessEqual;
  if (name == ">") return Comparison::kGreater;
  if (name == ">=") return Comparison::kGreaterEqual;
  return std::nullopt;
}

Comparison Mirrored(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return Comparison::kEqual;
    case Comparison::kLess:
      return Comparison::kGreater;
    case Comparison::kLessEqual:
      return Comparison::kGreaterEqual;
    case Comparison::kGreater:
      return Comparison::kLess;
    case Comparison::kGreaterEqual:
      return Comparison::kLessEqual;
  }
  return comparison;
}

// The relation's column that the expression is, binary-coercible casts aside; -1: none.
int PlainColumn(const Expr& expr, int relation) {
  const Expr& inner = StripRelabel(expr);
  if (inner.kind != ExprKind::kColumn) return -1;
  const auto& column = static_cast<const ColumnExpr&>(inner);
  return column.relation == relation ? column.column : -1;
}

// `key op scalar` or `scalar op key`.
std::optional<KeyComparison> MatchComparison(const Expr& expr, int relation, const KeyColumn& key) {
  if (expr.kind != ExprKind::kCall) return std::nullopt;
  const auto& call = static_cast<const CallExpr&>(expr);
  if (call.args.size() != 2) return std::nullopt;
  const Operator* op = OperatorOf(*call.function);
  if (op == nullptr) return std::nullopt;
  std::optional<Comparison> comparison = ComparisonOf(op->name);
  if (!comparison) return std::nullopt;
  if (IsKeyColumn(*call.args[0], relation, key) && IsStableScalar(*call.args[1])) {
    return KeyComparison{*comparison, call.args[1].get()};
  }
  if (IsKeyColumn(*call.args[1], relation, key) && IsStableScalar(*call.args[0])) {
    return KeyComparison{Mirrored(*comparison), call.args[0].get()};
  }
  return std::nullopt;
}

// What `(key, ...) op (scalar, ...)` says of the key alone: it holds for all rows where that does.
std::optional<KeyComparison> MatchRowComparison(const Expr& expr, int relation,
                                                const KeyColumn& key) {
  if (expr.kind != ExprKind::kRowCompare) return std::nullopt;
  const auto& rows = static_cast<const RowCompareExpr&>(expr);
  const RowCompareExpr::Pair& first = rows.pairs[0];
  const Comparison comparison =
      rows.name[0] == '<' ? Comparison::kLessEqual : Comparison::kGreaterEqual;
  if (IsKeyColumn(*first.left, relation, key) && IsStableScalar(*first.right)) {
    return KeyComparison{comparison, first.right.get()};
  }
  if (IsKeyColumn(*first.right, relation, key) && IsStableScalar(*first.left)) {
    return KeyComparison{Mirrored(comparison), first.left.get()};
  }
  return std::nullopt;
}

int IntegerBytes(catalog::Oid type) {
  switch (type) {
    case catalog::type_oid::kInt2:
      return 2;
    case catalog::type_oid::kInt4:
      return 4;
    case catalog::type_oid::kInt8:
      return 8;
    default:
      return 0;
  }
}

bool IsTextLike(catalog::Oid type) {
  return type == catalog::type_oid::kText || type == catalog::type_oid::kVarchar ||
         type == catalog::type_oid::kName;
}

ExprPtr Integer(catalog::Oid type, int64_t value) {
  catalog::Datum datum =
      type == catalog::type_oid::kInt2   ? catalog::Datum::Int16(static_cast<int16_t>(value))
      : type == catalog::type_oid::kInt4 ? catalog::Datum::Int32(static_cast<int32_t>(value))
                                         : catalog::Datum::Int64(value);
  return std::make_unique<ConstantExpr>(catalog::Value({type, -1}, datum));
}

// The scalar as a value of the key column's type for an equality, NULL where no value of that type
// can be equal to it; null where the types do not allow it.
ExprPtr EqualityKey(const Expr& scalar, catalog::Type column) {
  catalog::Oid from = catalog::BaseOf(StripRelabel(scalar).type.oid);
  if (from == column.oid || scalar.type.oid == column.oid) {
    return from == column.oid ? StripRelabel(scalar).Clone() : scalar.Clone();
  }
  if (IsTextLike(from) && IsTextLike(column.oid)) {
    return std::make_unique<RelabelExpr>(StripRelabel(scalar).Clone(),
                                         catalog::Type{column.oid, -1});
  }
  int from_bytes = IntegerBytes(from);
  int column_bytes = IntegerBytes(column.oid);
  if (from_bytes == 0 || column_bytes == 0) return nullptr;
  catalog::FormatSettings settings;
  auto cast = [&](ExprPtr expr) -> ExprPtr {
    auto result = Cast(std::move(expr), {column.oid, -1}, CastContext::kExplicit, settings);
    return result.ok() ? std::move(result).value() : nullptr;
  };
  if (from_bytes <= column_bytes) return cast(StripRelabel(scalar).Clone());
  // CASE WHEN scalar within the narrower type's range THEN scalar::type END
  int64_t minimum =
      column_bytes == 2 ? std::numeric_limits<int16_t>::min() : std::numeric_limits<int32_t>::min();
  int64_t maximum =
      column_bytes == 2 ? std::numeric_limits<int16_t>::max() : std::numeric_limits<int32_t>::max();
  auto at_least =
      BindOperator(">=", StripRelabel(scalar).Clone(), Integer(from, minimum), settings);
  auto at_most = BindOperator("<=", StripRelabel(scalar).Clone(), Integer(from, maximum), settings);
  ExprPtr narrowed = cast(StripRelabel(scalar).Clone());
  if (!at_least.ok() || !at_most.ok() || narrowed == nullptr) return nullptr;
  std::vector<ExprPtr> within;
  within.push_back(std::move(at_least).value());
  within.push_back(std::move(at_most).value());
  auto result = std::make_unique<CaseExpr>(catalog::Type{column.oid, -1});
  result->branches.push_back(
      {std::make_unique<LogicExpr>(LogicExpr::Op::kAnd, std::move(within)), std::move(narrowed)});
  result->otherwise = std::make_unique<ConstantExpr>(catalog::Value::Null({column.oid, -1}));
  ExprPtr folded = std::move(result);
  FoldConstants(folded, settings);
  return folded;
}

// For a range bound the types must be the same, or the scalar's the narrower integer.
ExprPtr RangeKey(const Expr& scalar, catalog::Type column) {
  int from_bytes = IntegerBytes(catalog::BaseOf(StripRelabel(scalar).type.oid));
  if (from_bytes > IntegerBytes(column.oid)) return nullptr;
  return EqualityKey(scalar, column);
}

// x IN (scalars) of a key column.
std::vector<ExprPtr> ListKeys(const Expr& expr, int relation, const KeyColumn& column) {
  std::vector<ExprPtr> keys;
  if (expr.kind != ExprKind::kInList) return keys;
  const auto& list = static_cast<const InListExpr&>(expr);
  if (list.negated || !IsKeyColumn(*list.arg, relation, column)) return keys;
  for (const ExprPtr& item : list.items) {
    ExprPtr key = IsStableScalar(*item) ? EqualityKey(*item, column.type) : nullptr;
    if (key == nullptr) return {};
    keys.push_back(std::move(key));
  }
  return keys;
}

// x = ANY (array) of a key column: the array as one of the column's type; null where it is none.
ExprPtr ArrayKeys(const Expr& expr, int relation, const KeyColumn& column) {
  const catalog::Type type = column.type;
  if (expr.kind != ExprKind::kAnyAll) return nullptr;
  const auto& any = static_cast<const AnyAllExpr&>(expr);
  if (any.all || any.name != "=" || !IsKeyColumn(*any.left, relation, column)) return nullptr;
  if (!IsStableScalar(*any.array)) return nullptr;
  const catalog::Oid from = catalog::BaseOf(catalog::ElementOf(any.array->type.oid));
  const catalog::Type wanted{catalog::ArrayOf(type.oid), -1};
  if (from == type.oid) return any.array->Clone();
  if (IsTextLike(from) && IsTextLike(type.oid)) {
    return std::make_unique<RelabelExpr>(any.array->Clone(), wanted);
  }
  if (IntegerBytes(from) == 0 || IntegerBytes(from) > IntegerBytes(type.oid)) return nullptr;
  auto cast = Cast(any.array->Clone(), wanted, CastContext::kExplicit, catalog::FormatSettings());
  return cast.ok() ? std::move(cast).value() : nullptr;
}

bool IsNullTestOf(const Expr& expr, int relation, const KeyColumn& key) {
  if (expr.kind != ExprKind::kNullTest) return false;
  const auto& test = static_cast<const NullTestExpr&>(expr);
  return !test.is_not_null && IsKeyColumn(*test.arg, relation, key);
}

}  // namespace

std::vector<KeyColumn> PrimaryKeyColumns(const catalog::TableDesc& table) {
  std::vector<KeyColumn> key;
  for (int column : table.primary_key) {
    key.push_back(
        {column, nullptr, catalog::BaseOf(table.columns[static_cast<size_t>(column)].type)});
  }
  return key;
}

ExprPtr KeyValueOf(const Expr& value, catalog::Type column) {
  return EqualityKey(value, catalog::BaseOf(column));
}

bool IsKeyColumn(const Expr& expr, int relation, const KeyColumn& key) {
  if (key.column >= 0) return PlainColumn(expr, relation) == key.column;
  return Equal(StripRelabel(expr), StripRelabel(*key.expr));
}

KeyCondition FindKeyCondition(const std::vector<KeyColumn>& key, KeyKind kind, int relation,
                              const std::vector<Conjunct>& conjuncts) {
  KeyCondition condition;
  for (size_t k = 0; k < key.size(); ++k) {
    const KeyColumn& column = key[k];
    const catalog::Type type = column.type;
    bool equal = false;
    for (size_t i = 0; i < conjuncts.size() && !equal; ++i) {
      if (kind == KeyKind::kIndex && IsNullTestOf(*conjuncts[i].expr, relation, column)) {
        condition.equal.emplace_back();
        condition.used.push_back(i);
        equal = true;
        continue;
      }
      auto match = MatchComparison(*conjuncts[i].expr, relation, column);
      if (!match || match->comparison != Comparison::kEqual) continue;
      if (ExprPtr value = EqualityKey(*match->scalar, type)) {
        condition.equal.push_back(std::move(value));
        condition.used.push_back(i);
        equal = true;
      }
    }
    if (equal) continue;
    const bool has_nulls = std::ranges::any_of(condition.equal, [](const auto& e) { return !e; });
    if ((k + 1 == key.size() || kind == KeyKind::kIndex) && !has_nulls) {
      for (size_t i = 0; i < conjuncts.size(); ++i) {
        std::vector<ExprPtr> items = ListKeys(*conjuncts[i].expr, relation, column);
        if (items.empty()) continue;
        for (ExprPtr& item : items) {
          std::vector<ExprPtr> values = CloneAll(condition.equal);
          values.push_back(std::move(item));
          condition.keys.push_back(std::move(values));
        }
        condition.used.push_back(i);
        return condition;
      }
      for (size_t i = 0; i < conjuncts.size(); ++i) {
        ExprPtr array = ArrayKeys(*conjuncts[i].expr, relation, column);
        if (array == nullptr) continue;
        condition.keys.push_back(CloneAll(condition.equal));
        condition.keys[0].push_back(std::move(array));
        condition.keys_from_array = true;
        condition.used.push_back(i);
        return condition;
      }
    }
    for (size_t i = 0; i < conjuncts.size(); ++i) {
      auto match = MatchComparison(*conjuncts[i].expr, relation, column);
      const bool is_of_rows = !match.has_value();
      if (is_of_rows) match = MatchRowComparison(*conjuncts[i].expr, relation, column);
      if (!match || match->comparison == Comparison::kEqual) continue;
      const bool is_lower = match->comparison == Comparison::kGreater ||
                            match->comparison == Comparison::kGreaterEqual;
      ExprPtr& bound = is_lower ? condition.lower : condition.upper;
      if (bound != nullptr) continue;
      bound = RangeKey(*match->scalar, type);
      if (bound == nullptr) continue;
      const bool inclusive = match->comparison == Comparison::kGreaterEqual ||
                             match->comparison == Comparison::kLessEqual;
      (is_lower ? condition.lower_inclusive : condition.upper_inclusive) = inclusive;
      (is_of_rows ? condition.narrowed : condition.used).push_back(i);
    }
    break;
  }
  return condition;
}

}  // namespace shale::sql
