#include "sql/bind/namespace.h"

#include <algorithm>
#include <string>

#include "sql/expr/row_expr.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;

namespace {

// Levenshtein's distance, for suggestions in errors.
size_t EditDistance(std::string_view left, std::string_view right) {
  std::vector<size_t> row(right.size() + 1);
  for (size_t j = 0; j <= right.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= left.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= right.size(); ++j) {
      size_t substituted = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[right.size()];
}

// Up to two columns that a misspelt name may have meant; more than two suggest nothing.
class Suggestions {
 public:
  explicit Suggestions(std::string_view item, std::string_view name) : item_(item), name_(name) {}

  void Consider(std::string_view alias, std::string_view column) {
    // A wrong table counts as so much; PostgreSQL's weights and limits.
    constexpr size_t kDistanceMax = 3;
    size_t distance = item_.empty() ? 0 : EditDistance(item_, alias);
    if (distance > kDistanceMax) return;
    size_t column_distance = EditDistance(name_, column);
    if (column_distance > name_.size() / 2) return;
    distance += column_distance;
    if (distance > kDistanceMax || distance > best_) return;
    if (distance < best_) found_.clear();
    best_ = distance;
    found_.emplace_back(alias, column);
  }

  std::string Hint() const {
    if (found_.size() == 1) {
      return fmt::format("Perhaps you meant to reference the column \"{}.{}\".", found_[0].first,
                         found_[0].second);
    }
    if (found_.size() == 2) {
      return fmt::format(
          "Perhaps you meant to reference the column \"{}.{}\" or the column \"{}.{}\".",
          found_[0].first, found_[0].second, found_[1].first, found_[1].second);
    }
    return {};
  }

 private:
  std::string_view item_;
  std::string_view name_;
  size_t best_ = SIZE_MAX;
  std::vector<std::pair<std::string_view, std::string_view>> found_;
};

// Of a table, a view, or a function that gives rows of a type, that type, else record.
catalog::Oid RowTypeOf(const RangeEntry& entry) {
  if (entry.table != nullptr) return catalog::RowTypeOf(entry.table->oid);
  if (entry.view != nullptr) return catalog::RowTypeOf(entry.view->oid);
  const bool is_call = entry.functions.size() == 1 && !entry.ordinality;
  const catalog::Oid given = is_call ? entry.functions[0].call->type.oid : catalog::kInvalidOid;
  return catalog::IsComposite(given) ? given : type_oid::kRecord;
}

constexpr std::string_view kTableOid = "tableoid";

// Of what has rows of its own; 0: others have no system columns.
catalog::Oid TableOidOf(const RangeEntry& entry) {
  if (entry.table != nullptr) return entry.table->oid;
  const bool is_stored = entry.virtual_table != nullptr && entry.virtual_table->kind == 'r';
  return is_stored ? entry.virtual_table->oid : catalog::kInvalidOid;
}

// A column that is NULL only where an outer join has found no row; null: there is none.
ExprPtr PresentColumn(const RangeEntry& entry, int relation) {
  auto is_not_null = [&](size_t i) {
    if (entry.table != nullptr) {
      return !entry.table->columns[i].dropped && entry.table->columns[i].not_null;
    }
    return entry.virtual_table != nullptr && entry.virtual_table->columns[i].not_null;
  };
  for (size_t i = 0; i < entry.columns.size(); ++i) {
    if (!is_not_null(i)) continue;
    return std::make_unique<ColumnExpr>(relation, static_cast<int>(i), entry.columns[i].type,
                                        entry.columns[i].name);
  }
  return nullptr;
}

// The system column: the same for all rows of a table, NULL where an outer join has none. Null: the
// item has no such column.
ExprPtr TableOidColumn(const NamespaceItem& item, const RangeEntry& entry) {
  const catalog::Oid oid = TableOidOf(entry);
  if (oid == catalog::kInvalidOid) return nullptr;
  const catalog::Type type{type_oid::kOid, -1};
  ExprPtr value =
      std::make_unique<ConstantExpr>(catalog::Value(type, catalog::Datum::FromOid(oid)));
  if (!item.nullable) return value;
  ExprPtr present = PresentColumn(entry, item.relation);
  if (present == nullptr) return nullptr;
  auto where_present = std::make_unique<CaseExpr>(type);
  auto condition = std::make_unique<NullTestExpr>(std::move(present), /*is_not_null_in=*/true);
  where_present->branches.push_back({std::move(condition), std::move(value)});
  where_present->otherwise = std::make_unique<ConstantExpr>(catalog::Value::Null(type));
  return where_present;
}

// Its row is its value.
bool IsScalarFunction(const RangeEntry& entry) {
  if (entry.kind != RangeEntry::Kind::kFunction || entry.columns.size() != 1) return false;
  const catalog::Oid given = entry.functions[0].call->type.oid;
  return !entry.ordinality && given != type_oid::kRecord && !catalog::IsComposite(given);
}

}  // namespace

Status Namespace::CheckConflicts() const {
  for (size_t i = 0; i < items_.size(); ++i) {
    if (!items_[i].relation_visible || items_[i].alias.empty()) continue;
    for (size_t j = 0; j < i; ++j) {
      if (!items_[j].relation_visible || items_[j].alias != items_[i].alias) continue;
      bool two_tables = items_[i].oid != 0 && items_[j].oid != 0 && items_[i].oid != items_[j].oid;
      if (two_tables) continue;
      return Error(sqlstate::kDuplicateAlias, "table name \"{}\" specified more than once",
                   items_[i].alias);
    }
  }
  return Status::Ok();
}

int Namespace::FindInItem(const NamespaceItem& item, std::string_view name, ExprPtr* expr) const {
  int found = 0;
  if (item.relation < 0) {
    for (const MergedColumn& column : item.merged) {
      if (column.name != name) continue;
      ++found;
      if (expr != nullptr) *expr = column.expr->Clone();
    }
    return found;
  }
  const std::vector<OutputColumn>& columns = (*range_table_)[item.relation].columns;
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].name != name) continue;
    ++found;
    if (expr != nullptr) {
      *expr = std::make_unique<ColumnExpr>(item.relation, static_cast<int>(i), columns[i].type,
                                           columns[i].name);
    }
  }
  if (found == 0 && name == kTableOid) {
    ExprPtr system = TableOidColumn(item, (*range_table_)[item.relation]);
    if (system == nullptr) return 0;
    if (expr != nullptr) *expr = std::move(system);
    return 1;
  }
  return found;
}

Result<const NamespaceItem*> Namespace::FindItem(std::string_view schema,
                                                 std::string_view name) const {
  const NamespaceItem* found = nullptr;
  for (const NamespaceItem& item : items_) {
    if (!item.relation_visible || item.alias != name) continue;
    if (!schema.empty() && item.schema != schema) continue;
    if (found != nullptr) {
      return Error(sqlstate::kAmbiguousAlias, "table reference \"{}\" is ambiguous", name);
    }
    found = &item;
  }
  return found;
}

Status Namespace::NoSuchItem(std::string_view name) const {
  for (const NamespaceItem& item : items_) {
    if (item.alias == name) {
      std::string hint = fmt::format(
          "There is an entry for table \"{}\", but it cannot be referenced from this part of the "
          "query.",
          name);
      return Error(sqlstate::kUndefinedTable,
                   "invalid reference to FROM-clause entry for table \"{}\"", name)
          .Hint(std::move(hint));
    }
    // The table is there, under an alias.
    if (item.table == name) {
      return Error(sqlstate::kUndefinedTable,
                   "invalid reference to FROM-clause entry for table \"{}\"", name)
          .Hint(fmt::format("Perhaps you meant to reference the table alias \"{}\".", item.alias));
    }
  }
  for (const RangeEntry& entry : *range_table_) {
    if (entry.alias != name) continue;
    return Error(sqlstate::kUndefinedTable,
                 "invalid reference to FROM-clause entry for table \"{}\"", name)
        .Hint(
            fmt::format("There is an entry for table \"{}\", but it cannot be referenced from this "
                        "part of the query.",
                        name));
  }
  return Error(sqlstate::kUndefinedTable, "missing FROM-clause entry for table \"{}\"", name);
}

Status Namespace::NoSuchColumn(std::string_view item_name, std::string_view name) const {
  Suggestions suggestions(item_name, name);
  for (const NamespaceItem& item : items_) {
    if (item.relation < 0) continue;
    for (const OutputColumn& column : (*range_table_)[item.relation].columns) {
      if (!column.name.empty()) suggestions.Consider(item.alias, column.name);
    }
  }
  Status error =
      item_name.empty()
          ? Error(sqlstate::kUndefinedColumn, "column \"{}\" does not exist", name)
          : Error(sqlstate::kUndefinedColumn, "column {}.{} does not exist", item_name, name);
  std::string hint = suggestions.Hint();
  if (hint.empty()) return error;
  return std::move(error).Hint(std::move(hint));
}

Result<ExprPtr> Namespace::ResolveUnqualified(std::string_view name) const {
  ExprPtr expr;
  int found = 0;
  for (const NamespaceItem& item : items_) {
    if (item.columns_visible) found += FindInItem(item, name, &expr);
  }
  if (found > 1) {
    return Error(sqlstate::kAmbiguousColumn, "column reference \"{}\" is ambiguous", name);
  }
  if (found == 1) return expr;
  ASSIGN_OR_RETURN(const NamespaceItem* row, FindItem({}, name));
  if (row != nullptr) return RowOf(*row);
  return NoSuchColumn({}, name);
}

// A row with all columns. Where the item may lack one, a column that is never NULL in it tells.
Result<ExprPtr> Namespace::RowOf(const NamespaceItem& item) const {
  const RangeEntry* entry =
      item.relation >= 0 ? &(*range_table_)[static_cast<size_t>(item.relation)] : nullptr;
  if (entry != nullptr && IsScalarFunction(*entry)) {
    const OutputColumn& column = entry->columns[0];
    return ExprPtr(std::make_unique<ColumnExpr>(item.relation, 0, column.type, column.name));
  }
  std::vector<ExprPtr> fields;
  std::vector<std::string> names;
  const catalog::Oid type = entry != nullptr ? RowTypeOf(*entry) : type_oid::kRecord;
  if (type != type_oid::kRecord) {
    // All that the row type has, also what the text of a view does not know of.
    for (size_t i = 0; i < entry->columns.size(); ++i) {
      if (entry->table != nullptr && entry->table->columns[i].dropped) continue;
      const OutputColumn& column = entry->columns[i];
      fields.push_back(std::make_unique<ColumnExpr>(
          item.relation, static_cast<int>(i), column.type,
          entry->table != nullptr ? entry->table->columns[i].name : column.name));
      names.push_back(column.name);
    }
  } else {
    std::vector<NamespaceColumn> columns;
    ExpandItem(item, &columns);
    for (NamespaceColumn& column : columns) {
      fields.push_back(std::move(column.expr));
      names.emplace_back(column.name);
    }
  }
  auto row = std::make_unique<RowExpr>(std::move(fields), std::move(names));
  row->type = {type, -1};
  row->item = item.alias;
  row->relation = item.relation;
  if (!item.nullable) return ExprPtr(std::move(row));
  if (entry != nullptr) row->present = PresentColumn(*entry, item.relation);
  if (row->present != nullptr) return ExprPtr(std::move(row));
  return Error(sqlstate::kFeatureNotSupported,
               "rows of \"{}\" as values are not supported: an outer join may have none, and no "
               "column of it that is NOT NULL would tell",
               item.alias);
}

Result<ExprPtr> Namespace::Resolve(const ast::ColumnRef& reference) const {
  ast::List<std::string_view> names = reference.names;
  if (names.size() == 1) return ResolveUnqualified(names[0]);
  if (names.size() > 3) {
    std::string dotted;
    for (std::string_view part : names) {
      if (!dotted.empty()) dotted += '.';
      dotted += part;
    }
    if (names.size() == 4) {
      return Error(sqlstate::kFeatureNotSupported,
                   "cross-database references are not implemented: {}", dotted);
    }
    return Error(sqlstate::kSyntaxError, "improper qualified name (too many dotted names): {}",
                 dotted);
  }
  std::string_view schema = names.size() == 3 ? names[0] : std::string_view();
  std::string_view item_name = names[names.size() - 2];
  std::string_view name = names.back();
  ASSIGN_OR_RETURN(const NamespaceItem* item, FindItem(schema, item_name));
  if (item == nullptr) return NoSuchItem(item_name);
  ExprPtr expr;
  int found = FindInItem(*item, name, &expr);
  if (found > 1) {
    return Error(sqlstate::kAmbiguousColumn, "column reference \"{}\" is ambiguous", name);
  }
  if (found == 0) return NoSuchColumn(item_name, name);
  return expr;
}

bool Namespace::HasColumn(std::string_view name) const {
  for (const NamespaceItem& item : items_) {
    if (item.columns_visible && FindInItem(item, name, nullptr) > 0) return true;
  }
  return false;
}

void Namespace::ExpandItem(const NamespaceItem& item, std::vector<NamespaceColumn>* columns) const {
  if (item.relation < 0) {
    for (const MergedColumn& column : item.merged) {
      columns->push_back({column.name, column.expr->Clone()});
    }
    return;
  }
  const RangeEntry& entry = (*range_table_)[item.relation];
  const std::vector<OutputColumn>& outputs = entry.columns;
  for (size_t i = 0; i < outputs.size() - entry.unexpanded; ++i) {
    if (outputs[i].name.empty()) continue;  // dropped
    columns->push_back(
        {outputs[i].name, std::make_unique<ColumnExpr>(item.relation, static_cast<int>(i),
                                                       outputs[i].type, outputs[i].name)});
  }
}

Status Namespace::Expand(const ast::ColumnRef& star, std::vector<NamespaceColumn>* columns) const {
  ast::List<std::string_view> names = star.names;
  if (names.empty()) {
    if (items_.empty()) {
      return Error(sqlstate::kSyntaxError, "SELECT * with no tables specified is not valid");
    }
    for (const NamespaceItem& item : items_) {
      if (item.columns_visible) ExpandItem(item, columns);
    }
    return Status::Ok();
  }
  ASSIGN_OR_RETURN(const NamespaceItem* item, FindStar(star));
  ExpandItem(*item, columns);
  return Status::Ok();
}

Result<ExprPtr> Namespace::WholeRow(const ast::ColumnRef& star) const {
  ASSIGN_OR_RETURN(const NamespaceItem* item, FindStar(star));
  return RowOf(*item);
}

Result<const NamespaceItem*> Namespace::FindStar(const ast::ColumnRef& star) const {
  ast::List<std::string_view> names = star.names;
  if (names.size() > 2) {
    return Error(sqlstate::kFeatureNotSupported,
                 "cross-database references are not implemented: {}", names[0]);
  }
  std::string_view schema = names.size() == 2 ? names[0] : std::string_view();
  ASSIGN_OR_RETURN(const NamespaceItem* item, FindItem(schema, names.back()));
  if (item == nullptr) return NoSuchItem(names.back());
  return item;
}

}  // namespace shale::sql
