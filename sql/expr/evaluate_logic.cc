// AND, OR, NOT and the tests that never give NULL.
#include <algorithm>

#include "catalog/types/record.h"
#include "sql/expr/evaluate_internal.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

// Rows whose result is NULL so far; a later decisive argument takes a row out again.
class NullMarks {
 public:
  NullMarks(uint32_t capacity, Arena* arena) : words_((capacity + 63) / 64), arena_(arena) {}

  void Mark(uint32_t row) {
    if (validity_ == nullptr) {
      validity_ = arena_->AllocateArray<uint64_t>(words_);
      std::fill_n(validity_, words_, ~uint64_t{0});
    }
    validity_[row >> 6] &= ~(uint64_t{1} << (row & 63));
  }
  void Clear(uint32_t row) {
    if (validity_ != nullptr) validity_[row >> 6] |= uint64_t{1} << (row & 63);
  }
  uint64_t* validity() const { return validity_; }

 private:
  size_t words_;
  Arena* arena_;
  uint64_t* validity_ = nullptr;
};

// AND: decisive is false; OR: decisive is true. Each argument is evaluated for the rows that no
// earlier one has decided.
Status EvaluateAndOr(EvalContext& context, const LogicExpr& expr, const Batch& batch, RowSet rows,
                     Vector* out) {
  const bool decisive = expr.op == LogicExpr::Op::kOr;
  Vector result = Vector::Flat(kBoolType, batch.row_count, context.arena);
  bool* results = result.values<bool>();
  for (uint32_t i = 0; i < rows.count; ++i) results[rows[i]] = !decisive;
  NullMarks nulls(batch.row_count, context.arena);
  RowSet remaining = rows;
  for (const ExprPtr& arg : expr.args) {
    if (remaining.count == 0) break;
    Vector value;
    RETURN_IF_ERROR(Evaluate(context, *arg, batch, remaining, &value));
    if (value.is_constant() && !value.IsNull(0) && value.at<bool>(0) != decisive) continue;
    remaining = SelectWhere(remaining, context.arena, [&](uint32_t row) {
      if (value.IsNull(row)) {
        nulls.Mark(row);
        return true;
      }
      if (value.at<bool>(row) != decisive) return true;
      results[row] = decisive;
      nulls.Clear(row);
      return false;
    });
  }
  result.SetValidity(nulls.validity());
  *out = result;
  return Status::Ok();
}

Status EvaluateNot(EvalContext& context, const Expr& arg, const Batch& batch, RowSet rows,
                   Vector* out) {
  Vector value;
  RETURN_IF_ERROR(Evaluate(context, arg, batch, rows, &value));
  if (value.IsConstantNull()) {
    *out = value;
    return Status::Ok();
  }
  if (value.is_constant()) {
    *out = Vector::ConstantRoom(kBoolType, context.arena);
    out->values<bool>()[0] = !value.at<bool>(0);
    return Status::Ok();
  }
  *out = Vector::Flat(kBoolType, batch.row_count, context.arena);
  const uint8_t* values = value.values<uint8_t>();
  uint8_t* results = out->values<uint8_t>();
  if (rows.selection == nullptr && !value.may_have_nulls()) {
    for (uint32_t i = 0; i < rows.count; ++i) results[i] = values[i] ^ 1;
    return Status::Ok();
  }
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    if (value.IsNull(row)) {
      out->SetNull(row, context.arena);
    } else {
      results[row] = values[row] ^ 1;
    }
  }
  return Status::Ok();
}

// out[row] = test(row); constant where the input is.
template <typename Test>
void TestRows(EvalContext& context, bool constant, uint32_t capacity, RowSet rows, Vector* out,
              Test test) {
  if (constant) {
    *out = Vector::ConstantRoom(kBoolType, context.arena);
    out->values<bool>()[0] = test(0);
    return;
  }
  *out = Vector::Flat(kBoolType, capacity, context.arena);
  bool* results = out->values<bool>();
  for (uint32_t i = 0; i < rows.count; ++i) results[rows[i]] = test(rows[i]);
}

// A record is NULL where all its fields are, and is not where none of them is; so neither may hold.
bool TestRecord(const Vector& records, uint32_t row, bool is_not_null) {
  if (records.IsNull(row)) return !is_not_null;
  const auto record = records.at<std::string_view>(row);
  return is_not_null ? catalog::NoFieldNull(record) : catalog::AllFieldsNull(record);
}

// Calls a strict = function.
Status CallEquals(EvalContext& context, const Function& equals, const Vector& left,
                  const Vector& right, const Batch& batch, RowSet rows, Vector* out) {
  Vector args[2] = {left, right};
  return CallFunction(context, equals, kBoolType, args, 2, batch.row_count, rows, out);
}

}  // namespace

Status EvaluateLogic(EvalContext& context, const LogicExpr& expr, const Batch& batch, RowSet rows,
                     Vector* out) {
  if (expr.op == LogicExpr::Op::kNot) {
    return EvaluateNot(context, *expr.args[0], batch, rows, out);
  }
  return EvaluateAndOr(context, expr, batch, rows, out);
}

Status EvaluateNullTest(EvalContext& context, const NullTestExpr& expr, const Batch& batch,
                        RowSet rows, Vector* out) {
  Vector value;
  RETURN_IF_ERROR(Evaluate(context, *expr.arg, batch, rows, &value));
  const catalog::Oid type = catalog::BaseOf(value.type().oid);
  if (type == catalog::type_oid::kRecord || catalog::IsComposite(type)) {
    TestRows(context, value.is_constant(), batch.row_count, rows, out,
             [&](uint32_t row) { return TestRecord(value, row, expr.is_not_null); });
    return Status::Ok();
  }
  bool constant = value.is_constant() || !value.may_have_nulls();
  TestRows(context, constant, batch.row_count, rows, out,
           [&](uint32_t row) { return value.IsNull(row) != expr.is_not_null; });
  return Status::Ok();
}

Status EvaluateBooleanTest(EvalContext& context, const BooleanTestExpr& expr, const Batch& batch,
                           RowSet rows, Vector* out) {
  Vector value;
  RETURN_IF_ERROR(Evaluate(context, *expr.arg, batch, rows, &value));
  using Test = BooleanTestExpr::Test;
  auto test = [&](uint32_t row) {
    bool is_null = value.IsNull(row);
    bool is_true = !is_null && value.at<bool>(row);
    switch (expr.test) {
      case Test::kTrue:
        return is_true;
      case Test::kNotTrue:
        return !is_true;
      case Test::kFalse:
        return !is_null && !is_true;
      case Test::kNotFalse:
        return is_null || is_true;
      case Test::kUnknown:
        return is_null;
      case Test::kNotUnknown:
        return !is_null;
    }
    return false;
  };
  TestRows(context, value.is_constant(), batch.row_count, rows, out, test);
  return Status::Ok();
}

Status EvaluateDistinct(EvalContext& context, const DistinctExpr& expr, const Batch& batch,
                        RowSet rows, Vector* out) {
  Vector left;
  Vector right;
  RETURN_IF_ERROR(Evaluate(context, *expr.left, batch, rows, &left));
  RETURN_IF_ERROR(Evaluate(context, *expr.right, batch, rows, &right));
  Vector equal;
  RETURN_IF_ERROR(CallEquals(context, *expr.equals, left, right, batch, rows, &equal));
  bool constant = left.is_constant() && right.is_constant();
  TestRows(context, constant, batch.row_count, rows, out, [&](uint32_t row) {
    bool left_null = left.IsNull(row);
    bool right_null = right.IsNull(row);
    bool same = left_null || right_null ? left_null == right_null : equal.at<bool>(row);
    return same == expr.negated;
  });
  return Status::Ok();
}

Status EvaluateInList(EvalContext& context, const InListExpr& expr, const Batch& batch, RowSet rows,
                      Vector* out) {
  Vector arg;
  RETURN_IF_ERROR(Evaluate(context, *expr.arg, batch, rows, &arg));
  Vector result = Vector::Flat(kBoolType, batch.row_count, context.arena);
  bool* results = result.values<bool>();
  for (uint32_t i = 0; i < rows.count; ++i) results[rows[i]] = expr.negated;
  NullMarks nulls(batch.row_count, context.arena);
  // Each item is compared for the rows that no earlier one was equal to.
  RowSet remaining = rows;
  for (const ExprPtr& item : expr.items) {
    if (remaining.count == 0) break;
    Vector value;
    RETURN_IF_ERROR(Evaluate(context, *item, batch, remaining, &value));
    Vector equal;
    RETURN_IF_ERROR(CallEquals(context, *expr.equals, arg, value, batch, remaining, &equal));
    remaining = SelectWhere(remaining, context.arena, [&](uint32_t row) {
      if (equal.IsNull(row)) {
        nulls.Mark(row);
        return true;
      }
      if (!equal.at<bool>(row)) return true;
      results[row] = !expr.negated;
      nulls.Clear(row);
      return false;
    });
  }
  result.SetValidity(nulls.validity());
  *out = result;
  return Status::Ok();
}

}  // namespace shale::sql
