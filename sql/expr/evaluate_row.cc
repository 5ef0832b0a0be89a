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

Status EvaluateField(EvalContext& context, const FieldExpr& expr, const Batch& batch, RowSet rows,
                     Vector* out) {
  Vector records;
  RETURN_IF_ERROR(Evaluate(context, *expr.arg, batch, rows, &records));
  *out = Vector::Flat(expr.type, batch.row_count, context.arena);
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    catalog::RecordField field;
    if (!records.IsNull(row)) {
      catalog::RecordReader reader(records.at<std::string_view>(row));
      for (int place = 0; place <= expr.index; ++place) {
        if (!reader.Next(&field)) field.is_null = true;
      }
    }
    if (field.is_null) {
      out->SetNull(row, context.arena);
      continue;
    }
    if (field.type.oid != expr.type.oid) {
      return Error(sqlstate::kDatatypeMismatch, "attribute {} has wrong type", expr.index + 1)
          .Detail(fmt::format("Table has type {}, but query expects {}.",
                              catalog::FormatType({field.type.oid, -1}),
                              catalog::FormatType({expr.type.oid, -1})));
    }
    out->SetDatum(row, field.datum);
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
