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

std::vector<MergedColumn> StatementBinder::Attributes(const sql::Expr& value) const {
  std::vector<MergedColumn> columns;
  const catalog::TypeRef type = context_.catalog->FindType(value.type.oid);
  if (type == nullptr) return columns;
  for (const catalog::TypeAttribute& attribute : type->attributes) {
    if (attribute.dropped) continue;
    const size_t index = columns.size();
    ExprPtr field;
    if (value.kind == ExprKind::kRow) {
      field = std::make_unique<RelabelExpr>(
          static_cast<const RowExpr&>(value).fields[index]->Clone(), attribute.type);
    } else {
      field = std::make_unique<FieldExpr>(value.Clone(), static_cast<int>(index), attribute.type,
                                          attribute.name);
    }
    columns.push_back({attribute.name, std::move(field)});
  }
  return columns;
}

Result<ExprPtr> StatementBinder::RowAs(ExprPtr expr, catalog::Type to, CastContext context,
                                       int position) {
  auto& row = static_cast<RowExpr&>(*expr);
  auto refuse = [&](std::string detail) {
    return Error(sqlstate::kCannotCoerce, "cannot cast type {} to {}", TypeName(row.type.oid),
                 TypeName(to.oid))
        .Detail(std::move(detail))
        .Position(position != 0 ? position : row.position);
  };
  const catalog::TypeRef type = context_.catalog->FindType(to.oid);
  if (type == nullptr) {
    return Error(sqlstate::kUndefinedObject, "type with OID {} does not exist", to.oid);
  }
  size_t count = 0;
  for (const catalog::TypeAttribute& attribute : type->attributes) {
    if (attribute.dropped) continue;
    if (count == row.fields.size()) return refuse("Input has too few columns.");
    ExprPtr& field = row.fields[count++];
    if (!CanCast(field->type.oid, attribute.type.oid, context)) {
      return refuse(fmt::format("Cannot cast type {} to {} in column {}.",
                                TypeName(field->type.oid), TypeName(attribute.type.oid), count));
    }
    ASSIGN_OR_RETURN(field, Coerce(std::move(field), attribute.type, context));
  }
  if (count < row.fields.size()) return refuse("Input has too many columns.");
  row.type = {to.oid, -1};
  row.names.assign(count, std::string());
  row.item.clear();
  return expr;
}

Result<ExprPtr> StatementBinder::Field(const ast::FieldSelect& select, ExprScope& scope) {
  if (select.field.empty()) {
    return ErrorAt(select.location, sqlstate::kSyntaxError,
                   "row expansion via \"*\" is not supported here");
  }
  ASSIGN_OR_RETURN(ExprPtr record, Expr(*select.argument, scope));
  record = BelowDomain(std::move(record));
  if (catalog::IsComposite(record->type.oid)) {
    for (MergedColumn& one : Attributes(*record)) {
      if (one.name == select.field) return Placed(std::move(one.expr), select.location);
    }
    return ErrorAt(select.location, sqlstate::kUndefinedColumn,
                   "column \"{}\" not found in data type {}", select.field,
                   TypeName(record->type.oid));
  }
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
  record = BelowDomain(std::move(record));
  if (catalog::IsComposite(record->type.oid)) {
    std::vector<MergedColumn> attributes = Attributes(*record);
    for (MergedColumn& one : attributes) one.expr = Placed(std::move(one.expr), star.location);
    return attributes;
  }
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
