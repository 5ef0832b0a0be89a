// Rows: made, taken apart, and compared by their order.
#include "catalog/types/record.h"
#include "sql/expr/evaluate_internal.h"
#include "sql/vector/selection.h"
#include "sql/vector/vector_copy.h"

namespace shale::sql {

Status EvaluateRow(EvalContext& context, const RowExpr& expr, const Batch& batch, RowSet rows,
                   Vector* out) {
  std::vector<Vector> values(expr.fields.size());
  for (size_t i = 0; i < values.size(); ++i) {
    RETURN_IF_ERROR(Evaluate(context, *expr.fields[i], batch, rows, &values[i]));
  }
  Vector present;
  if (expr.present != nullptr) {
    RETURN_IF_ERROR(Evaluate(context, *expr.present, batch, rows, &present));
  }
  *out = Vector::Flat(expr.type, batch.row_count, context.arena);
  std::vector<catalog::RecordField> fields(values.size());
  const bool has_names = expr.type.oid == catalog::type_oid::kRecord;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (has_names) fields[i].name = expr.names[i];
    fields[i].type = expr.fields[i]->type;
  }
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    if (expr.present != nullptr && present.IsNull(row)) {
      out->SetNull(row, context.arena);
      continue;
    }
    for (size_t field = 0; field < fields.size(); ++field) {
      fields[field].is_null = values[field].IsNull(row);
      if (!fields[field].is_null) fields[field].datum = values[field].GetDatum(row);
    }
    ASSIGN_OR_RETURN(std::string_view record, catalog::MakeRecord(fields, context.arena));
    out->SetDatum(row, catalog::Datum::Bytes(record));
  }
  return Status::Ok();
}

namespace {

Status OtherRow(std::string detail) {
  return Error(sqlstate::kDatatypeMismatch, "{}", kOtherRow).Detail(std::move(detail));
}

// Which fields a plain record has was seen where it is made, if at all: at the first of the queries
// of a UNION, say.
Status CheckCount(const FieldExpr& expr, size_t count) {
  if (expr.wanted != 0 && count != expr.wanted) {
    return OtherRow(fmt::format("Returned row contains {} attribute{}, but query expects {}.",
                                count, count == 1 ? "" : "s", expr.wanted));
  }
  if (static_cast<size_t>(expr.index) < count) return Status::Ok();
  return Error(sqlstate::kInternalError, "attribute number {} exceeds number of columns {}",
               expr.index + 1, count);
}

Status CheckType(const FieldExpr& expr, catalog::Oid type) {
  if (type == expr.type.oid) return Status::Ok();
  const std::string has = catalog::FormatType({type, -1});
  const std::string expects = catalog::FormatType({expr.type.oid, -1});
  if (expr.wanted != 0) {
    return OtherRow(fmt::format("Returned type {} at ordinal position {}, but query expects {}.",
                                has, expr.index + 1, expects));
  }
  return Error(sqlstate::kDatatypeMismatch, "attribute {} has wrong type", expr.index + 1)
      .Detail(fmt::format("Table has type {}, but query expects {}.", has, expects));
}

}  // namespace

Status EvaluateField(EvalContext& context, const FieldExpr& expr, const Batch& batch, RowSet rows,
                     Vector* out) {
  Vector records;
  RETURN_IF_ERROR(Evaluate(context, *expr.arg, batch, rows, &records));
  *out = Vector::Flat(expr.type, batch.row_count, context.arena);
  const bool is_plain = expr.arg->type.oid == catalog::type_oid::kRecord;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    catalog::RecordField field;
    bool is_there = !records.IsNull(row);
    if (is_there) {
      catalog::RecordReader reader(records.at<std::string_view>(row));
      if (is_plain) RETURN_IF_ERROR(CheckCount(expr, reader.left()));
      for (int place = 0; is_there && place <= expr.index; ++place) is_there = reader.Next(&field);
    }
    if (is_there) RETURN_IF_ERROR(CheckType(expr, field.type.oid));
    if (is_there && !field.is_null) {
      out->SetDatum(row, field.datum);
    } else {
      out->SetNull(row, context.arena);
    }
  }
  return Status::Ok();
}

// Each pair is looked at for the rows that were equal in all pairs before.
Status EvaluateRowCompare(EvalContext& context, const RowCompareExpr& expr, const Batch& batch,
                          RowSet rows, Vector* out) {
  Vector result = Vector::Flat(kBoolType, batch.row_count, context.arena);
  RowSet undecided = rows;
  for (size_t i = 0; i < expr.pairs.size() && undecided.count > 0; ++i) {
    const RowCompareExpr::Pair& pair = expr.pairs[i];
    Vector sides[2];
    RETURN_IF_ERROR(Evaluate(context, *pair.left, batch, undecided, &sides[0]));
    RETURN_IF_ERROR(Evaluate(context, *pair.right, batch, undecided, &sides[1]));
    RowSet differing = undecided;
    RowSet equal{nullptr, 0};
    if (i + 1 < expr.pairs.size()) {
      Vector equals;
      RETURN_IF_ERROR(CallFunction(context, *pair.equals, kBoolType, sides, 2, batch.row_count,
                                   undecided, &equals));
      equal = SelectTrue(equals, undecided, context.arena);
      differing = SelectWhere(undecided, context.arena, [&](uint32_t row) {
        return equals.IsNull(row) || !equals.at<bool>(row);
      });
    }
    if (differing.count > 0) {
      Vector decided;
      RETURN_IF_ERROR(CallFunction(context, *pair.compares, kBoolType, sides, 2, batch.row_count,
                                   differing, &decided));
      CopyRows(decided, differing, &result, context.arena);
    }
    undecided = equal;
  }
  *out = result;
  return Status::Ok();
}

}  // namespace shale::sql
