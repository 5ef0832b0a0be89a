// Rows as values: ROW(...), fields of records, (record).*.
//
// What fields a record has is known where the row expression that makes it can be seen: in the
// expression itself, or through the subqueries and WITH queries that hand it up. PostgreSQL's
// expandRecordVariable looks the same way.
#include "sql/bind/resolve_name.h"
#include "sql/bind/statement_binder.h"
#include "sql/expr/set_function.h"
#include "sql/expr/user_function.h"

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

// Takes away the fields of a row, written for the type as it was, whose attributes have been
// dropped since. known: the names of the attributes then, by position.
void FitFields(const std::vector<std::string>& known, const catalog::TypeDesc& type, RowExpr* row) {
  size_t field = 0;
  for (size_t i = 0; i < known.size() && field < row->fields.size(); ++i) {
    if (known[i].empty()) continue;
    if (i < type.attributes.size() && type.attributes[i].dropped) {
      row->fields.erase(row->fields.begin() + static_cast<ptrdiff_t>(field));
    } else {
      ++field;
    }
  }
}

// The fields of the record that a function with OUT parameters gives; empty of any other.
std::vector<MergedColumn> OutputsOf(const sql::Expr& record) {
  std::vector<MergedColumn> columns;
  if (record.kind != ExprKind::kCall) return columns;
  const auto& call = static_cast<const CallExpr&>(record);
  auto add = [&](std::string name, catalog::Type type) {
    const auto index = static_cast<int>(columns.size());
    ExprPtr field = std::make_unique<FieldExpr>(record.Clone(), index, type, name);
    columns.push_back({std::move(name), std::move(field)});
  };
  if (const catalog::FunctionDesc* routine = RoutineOf(record)) {
    std::vector<catalog::Type> given;
    for (const ExprPtr& arg : call.args) given.push_back({arg->type.oid, -1});
    Result<std::vector<RoutineColumn>> outputs = ColumnsOf(*routine, given);
    if (!outputs.ok()) return columns;
    for (RoutineColumn& one : *outputs) add(std::move(one.name), one.type);
  } else if (call.function->set != nullptr) {
    for (const SetColumn& one : call.function->set->columns) {
      add(std::string(one.name), {one.type, -1});
    }
  }
  return columns;
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
  std::vector<std::string> names = AttributeNames(context_, *type);
  for (size_t i = 0; i < type->attributes.size(); ++i) {
    const catalog::TypeAttribute& attribute = type->attributes[i];
    if (attribute.dropped) continue;
    const size_t index = columns.size();
    ExprPtr field;
    if (value.kind == ExprKind::kRow) {
      const auto& row = static_cast<const RowExpr&>(value);
      field = row.fields[index]->Clone();
      if (!row.item.empty()) {
        columns.push_back({row.names[index], std::move(field)});
        continue;
      }
      field = std::make_unique<RelabelExpr>(std::move(field), attribute.type);
    } else {
      field = std::make_unique<FieldExpr>(value.Clone(), static_cast<int>(index), attribute.type,
                                          attribute.name);
    }
    columns.push_back({std::move(names[i]), std::move(field)});
  }
  return columns;
}

Result<ExprPtr> StatementBinder::RowAs(ExprPtr expr, catalog::Type to, CastContext context,
                                       int position) {
  auto& row = static_cast<RowExpr&>(*expr);
  auto refuse = [&](std::string detail, const sql::Expr& at) {
    return Error(sqlstate::kCannotCoerce, "cannot cast type {} to {}", TypeName(row.type.oid),
                 TypeName(to.oid))
        .Detail(std::move(detail))
        .Position(position != 0 ? position : at.position);
  };
  const catalog::TypeRef type = context_.catalog->FindType(to.oid);
  if (type == nullptr) {
    return Error(sqlstate::kUndefinedObject, "type with OID {} does not exist", to.oid);
  }
  if (const catalog::ViewRelation* known = FindViewType(context_, to.oid)) {
    FitFields(known->columns, *type, &row);
  }
  size_t count = 0;
  for (const catalog::TypeAttribute& attribute : type->attributes) {
    if (attribute.dropped) continue;
    if (count == row.fields.size() && context_.view != nullptr) {
      // The type has got attributes since the text was written.
      row.fields.push_back(std::make_unique<ConstantExpr>(catalog::Value::Null(attribute.type)));
    }
    if (count == row.fields.size()) return refuse("Input has too few columns.", row);
    ExprPtr& field = row.fields[count++];
    if (!CanCast(field->type.oid, attribute.type.oid, context)) {
      return refuse(fmt::format("Cannot cast type {} to {} in column {}.",
                                TypeName(field->type.oid), TypeName(attribute.type.oid), count),
                    *field);
    }
    ASSIGN_OR_RETURN(field, Coerce(std::move(field), attribute.type, context));
  }
  if (count < row.fields.size()) return refuse("Input has too many columns.", row);
  row.type = {to.oid, -1};
  row.names.assign(count, std::string());
  row.item.clear();
  return expr;
}

// As they were asked for: of ROW(...)::type they stay fields of it, so that the type is in what was
// written.
std::vector<MergedColumn> StatementBinder::AttributesOf(const sql::Expr& value) const {
  std::vector<MergedColumn> attributes = Attributes(value);
  const bool is_made =
      value.kind == ExprKind::kRow && static_cast<const RowExpr&>(value).item.empty();
  if (!is_made || attributes.empty()) return attributes;
  int index = 0;
  for (const catalog::TypeAttribute& one : context_.catalog->FindType(value.type.oid)->attributes) {
    if (one.dropped) continue;
    attributes[static_cast<size_t>(index)].expr =
        std::make_unique<FieldExpr>(value.Clone(), index, one.type, one.name);
    ++index;
  }
  return attributes;
}

// Null: the record has no such field, as far as is known.
ExprPtr StatementBinder::FieldNamed(const sql::Expr& record, std::string_view name,
                                    const ExprScope& scope) const {
  if (catalog::IsComposite(record.type.oid)) {
    std::vector<MergedColumn> attributes = AttributesOf(record);
    for (MergedColumn& one : attributes) {
      if (one.name == name) return std::move(one.expr);
    }
    return nullptr;
  }
  if (record.type.oid != type_oid::kRecord) return nullptr;
  const RowExpr* row = RowBehind(record, scope);
  if (row == nullptr) {
    for (MergedColumn& one : OutputsOf(record)) {
      if (one.name == name) return std::move(one.expr);
    }
    return nullptr;
  }
  for (size_t i = 0; i < row->names.size(); ++i) {
    if (row->names[i] == name) return FieldOf(record, *row, i);
  }
  return nullptr;
}

Result<ExprPtr> StatementBinder::Field(const ast::FieldSelect& select, ExprScope& scope) {
  if (select.field.empty()) {
    return ErrorAt(select.location, sqlstate::kSyntaxError,
                   "row expansion via \"*\" is not supported here");
  }
  ASSIGN_OR_RETURN(ExprPtr record, Expr(*select.argument, scope));
  record = BelowDomain(std::move(record));
  if (ExprPtr field = FieldNamed(*record, select.field, scope)) {
    return Placed(std::move(field), select.location);
  }
  ASSIGN_OR_RETURN(ExprPtr call, CallOn(select.field, *record, select.location, scope));
  if (call != nullptr) return call;
  const bool is_item =
      record->kind == ExprKind::kRow && !static_cast<const RowExpr&>(*record).item.empty();
  if (is_item) {
    return ErrorAt(select.location, sqlstate::kUndefinedColumn, "column {}.{} does not exist",
                   static_cast<const RowExpr&>(*record).item, select.field);
  }
  if (catalog::IsComposite(record->type.oid)) {
    return ErrorAt(select.location, sqlstate::kUndefinedColumn,
                   "column \"{}\" not found in data type {}", select.field,
                   TypeName(record->type.oid));
  }
  if (record->type.oid != type_oid::kRecord) {
    return ErrorAt(select.location, sqlstate::kWrongObjectType,
                   "column notation .{} applied to type {}, which is not a composite type",
                   select.field, TypeName(record->type.oid));
  }
  return ErrorAt(select.location, sqlstate::kUndefinedColumn,
                 "could not identify column \"{}\" in record data type", select.field);
}

Result<std::vector<MergedColumn>> StatementBinder::ExpandRecord(const ast::FieldSelect& star,
                                                                ExprScope& scope) {
  ASSIGN_OR_RETURN(ExprPtr record, Expr(*star.argument, scope));
  record = BelowDomain(std::move(record));
  if (catalog::IsComposite(record->type.oid)) {
    std::vector<MergedColumn> attributes = AttributesOf(*record);
    // What the text of a view does not know of.
    std::erase_if(attributes, [](const MergedColumn& one) { return one.name.empty(); });
    for (MergedColumn& one : attributes) one.expr = Placed(std::move(one.expr), star.location);
    return attributes;
  }
  if (record->type.oid != type_oid::kRecord) {
    return Error(sqlstate::kWrongObjectType, "type {} is not composite",
                 TypeName(record->type.oid));
  }
  const RowExpr* row = RowBehind(*record, scope);
  std::vector<MergedColumn> columns;
  if (row == nullptr) {
    columns = OutputsOf(*record);
    if (columns.empty()) {
      return Status(sqlstate::kWrongObjectType, "record type has not been registered");
    }
    for (MergedColumn& one : columns) one.expr = Placed(std::move(one.expr), star.location);
    return columns;
  }
  for (size_t i = 0; i < row->fields.size(); ++i) {
    columns.push_back({row->names[i], Placed(FieldOf(*record, *row, i), star.location)});
  }
  return columns;
}

}  // namespace shale::sql
