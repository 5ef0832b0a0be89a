// Rows as values: ROW(...), fields of records, (record).*.
//
// What fields a record has is known where the row expression that makes it can be seen: in the
// expression itself, or through the subqueries and WITH queries that hand it up. PostgreSQL's
// expandRecordVariable looks the same way.
#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

namespace {

// Of a row that is made right here, the field is what it is made of; of ROW(...) no plain copy of a
// table's column.
ExprPtr FieldOf(const sql::Expr& record, const RowExpr& row, size_t index) {
  if (&record == &row) {
    ExprPtr field = row.fields[index]->Clone();
    if (!row.item.empty()) return field;
    const catalog::Type type = field->type;
    return std::make_unique<RelabelExpr>(std::move(field), type);
  }
  return std::make_unique<FieldExpr>(record.Clone(), static_cast<int>(index),
                                     row.fields[index]->type, row.names[index]);
}

constexpr size_t kFieldsMax = 1664;

// The row expression that gives the record; null where the query does not show it.
const RowExpr* FindRow(const sql::Expr& record, const std::vector<RangeEntry>& range_table,
                       const BoundCtes& ctes) {
  if (record.kind == ExprKind::kRow) return &static_cast<const RowExpr&>(record);
  if (record.kind != ExprKind::kColumn) return nullptr;
  const auto& column = static_cast<const ColumnExpr&>(record);
  if (column.relation < 0) return nullptr;
  const RangeEntry& entry = range_table[static_cast<size_t>(column.relation)];
  const BoundSelect* select = entry.subquery.get();
  if (entry.kind == RangeEntry::Kind::kCte) {
    select = ctes[static_cast<size_t>(entry.cte)]->select.get();
  }
  while (select != nullptr && select->left != nullptr) select = select->left.get();
  if (select == nullptr) return nullptr;
  int visible = 0;
  for (const BoundTarget& target : select->targets) {
    if (target.hidden || visible++ != column.column) continue;
    return FindRow(*target.expr, select->range_table, ctes);
  }
  return nullptr;
}

}  // namespace

// Stars among them stand for columns.
Result<std::vector<ExprPtr>> StatementBinder::RowFields(ast::List<const ast::Expr*> fields,
                                                        ExprScope& scope) {
  std::vector<ExprPtr> bound;
  for (const ast::Expr* field : fields) {
    const auto* column = ast::Cast<ast::ColumnRef>(field);
    const auto* record = ast::Cast<ast::FieldSelect>(field);
    if (column != nullptr && column->star && scope.names != nullptr) {
      std::vector<NamespaceColumn> columns;
      Status expanded = scope.names->Expand(*column, &columns);
      if (MayBeOuter(expanded, *column)) RETURN_IF_ERROR(ExpandOuter(*column, &columns));
      if (!expanded.ok() && columns.empty()) return At(std::move(expanded), column->location);
      for (NamespaceColumn& one : columns) {
        bound.push_back(Placed(std::move(one.expr), column->location));
      }
    } else if (record != nullptr && record->field.empty()) {
      ASSIGN_OR_RETURN(std::vector<MergedColumn> columns, ExpandRecord(*record, scope));
      for (MergedColumn& one : columns) bound.push_back(std::move(one.expr));
    } else {
      ASSIGN_OR_RETURN(ExprPtr one, Expr(*field, scope));
      bound.push_back(std::move(one));
    }
  }
  return bound;
}

Result<ExprPtr> StatementBinder::Row(const ast::RowExpr& row, ExprScope& scope) {
  ASSIGN_OR_RETURN(std::vector<ExprPtr> fields, RowFields(row.fields, scope));
  if (fields.size() > kFieldsMax) {
    return ErrorAt(row.location, sqlstate::kTooManyColumns,
                   "ROW expressions can have at most {} entries", kFieldsMax);
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < fields.size(); ++i) names.push_back("f" + std::to_string(i + 1));
  return Placed(std::make_unique<RowExpr>(std::move(fields), std::move(names)), row.location);
}

const RowExpr* StatementBinder::RowBehind(const sql::Expr& record, const ExprScope& scope) const {
  static const std::vector<RangeEntry> no_relations;
  if (scope.names == nullptr && record.kind != ExprKind::kRow) return nullptr;
  return FindRow(record, scope.names != nullptr ? scope.names->range_table() : no_relations, ctes_);
}

Result<ExprPtr> StatementBinder::Field(const ast::FieldSelect& select, ExprScope& scope) {
  if (select.field.empty()) {
    return ErrorAt(select.location, sqlstate::kSyntaxError,
                   "row expansion via \"*\" is not supported here");
  }
  ASSIGN_OR_RETURN(ExprPtr record, Expr(*select.argument, scope));
  if (record->type.oid != type_oid::kRecord) {
    return ErrorAt(select.location, sqlstate::kWrongObjectType,
                   "column notation .{} applied to type {}, which is not a composite type",
                   select.field, TypeName(record->type.oid));
  }
  const RowExpr* row = RowBehind(*record, scope);
  if (row == nullptr) {
    return ErrorAt(select.location, sqlstate::kUndefinedColumn,
                   "could not identify column \"{}\" in record data type", select.field);
  }
  for (size_t i = 0; i < row->names.size(); ++i) {
    if (row->names[i] != select.field) continue;
    return Placed(FieldOf(*record, *row, i), select.location);
  }
  if (row->item.empty()) {
    return ErrorAt(select.location, sqlstate::kUndefinedColumn,
                   "could not identify column \"{}\" in record data type", select.field);
  }
  return ErrorAt(select.location, sqlstate::kUndefinedColumn, "column {}.{} does not exist",
                 row->item, select.field);
}

Result<std::vector<MergedColumn>> StatementBinder::ExpandRecord(const ast::FieldSelect& star,
                                                                ExprScope& scope) {
  ASSIGN_OR_RETURN(ExprPtr record, Expr(*star.argument, scope));
  if (record->type.oid != type_oid::kRecord) {
    return Error(sqlstate::kWrongObjectType, "type {} is not composite",
                 TypeName(record->type.oid));
  }
  const RowExpr* row = RowBehind(*record, scope);
  if (row == nullptr) {
    return ErrorAt(star.location, sqlstate::kWrongObjectType,
                   "record type has not been registered");
  }
  std::vector<MergedColumn> columns;
  for (size_t i = 0; i < row->fields.size(); ++i) {
    columns.push_back({row->names[i], Placed(FieldOf(*record, *row, i), star.location)});
  }
  return columns;
}

}  // namespace shale::sql
