// Expressions of rows: their making, their fields, their comparison by order.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/expr/expr.h"

namespace shale::sql {

// ROW(a, b) as a value, and t where it stands for a row of the FROM item t. Its type is record, or
// a composite type whose attributes the fields are; then values have no names in them.
struct RowExpr : Expr {
  RowExpr(std::vector<ExprPtr> fields_in, std::vector<std::string> names_in)
      : Expr(ExprKind::kRow, {catalog::type_oid::kRecord, -1}),
        fields(std::move(fields_in)),
        names(std::move(names_in)) {}
  ExprPtr Clone() const override;
  std::vector<ExprPtr> fields;
  // Of the fields; of a composite type's those that the query knows them by, or empty.
  std::vector<std::string> names;
  // A column that is NULL only where an outer join has found no row: then there is no record
  // either. Null: there always is.
  ExprPtr present;
  // Of t: what it is called, and its range table entry in the query as it was bound.
  std::string item;
  int relation = -1;
};

// 42804, which is the caller's of a function whose row has not the fields that are expected.
inline constexpr std::string_view kOtherRow =
    "function return row and query-specified return row do not match";

// (record).field, where the record's fields are known.
struct FieldExpr : Expr {
  FieldExpr(ExprPtr arg_in, int index_in, catalog::Type type_in, std::string name_in)
      : Expr(ExprKind::kField, type_in),
        arg(std::move(arg_in)),
        index(index_in),
        name(std::move(name_in)) {}
  ExprPtr Clone() const override;
  ExprPtr arg;
  int index;  // from 0
  std::string name;
  // Of a record that a function gives as its row: how many fields it must have, 42804; 0: it was
  // looked at before.
  size_t wanted = 0;
};

// (a, b) < (c, d) and <=, >, >=: the first pair that is not equal decides; NULL where that cannot
// be told. Row comparisons by = and <> are ANDs and ORs.
struct RowCompareExpr : Expr {
  struct Pair {
    ExprPtr left;
    ExprPtr right;
    const Function* equals = nullptr;    // of the pair's types
    const Function* compares = nullptr;  // the pair's operator < or >, of the last one `name`
  };
  RowCompareExpr(std::string name_in, std::vector<Pair> pairs_in)
      : Expr(ExprKind::kRowCompare, {catalog::type_oid::kBool, -1}),
        name(std::move(name_in)),
        pairs(std::move(pairs_in)) {}
  ExprPtr Clone() const override;
  std::string name;  // the operator
  std::vector<Pair> pairs;
};

}  // namespace shale::sql
