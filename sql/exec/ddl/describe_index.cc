// From the syntax of an index, or of a UNIQUE constraint, to its description.
#include <algorithm>
#include <array>
#include <iterator>

#include "catalog/key_codec.h"
#include "sql/bind/bind_index.h"
#include "sql/bind/column_name.h"
#include "sql/exec/ddl/index_internal.h"
#include "sql/expr/resolve.h"
#include "sql/parse/parser.h"

namespace shale::sql::ddl {
namespace {

constexpr size_t kIndexColumnsMax = 32;

Status CheckCollation(const ast::IndexElement& element) {
  const std::string_view collation = element.collation.name;
  if (!collation.empty() && collation != "C" && collation != "POSIX" && collation != "default") {
    return NotSupported(fmt::format("collation \"{}\"", collation));
  }
  return Status::Ok();
}

// btree's operator classes: whose order is that of the key's codes.
struct OperatorClass {
  std::string_view name;
  std::array<catalog::Oid, 3> types;  // that it accepts, its own first
  bool is_default = true;             // of all of them
};
namespace type_oid = catalog::type_oid;
constexpr OperatorClass kOperatorClasses[] = {
    {"bool_ops", {type_oid::kBool}},
    {"int2_ops", {type_oid::kInt2}},
    {"int4_ops", {type_oid::kInt4}},
    {"int8_ops", {type_oid::kInt8}},
    {"oid_ops", {type_oid::kOid}},
    {"float4_ops", {type_oid::kFloat4}},
    {"float8_ops", {type_oid::kFloat8}},
    {"numeric_ops", {type_oid::kNumeric}},
    {"bytea_ops", {type_oid::kBytea}},
    {"uuid_ops", {type_oid::kUuid}},
    {"date_ops", {type_oid::kDate}},
    {"time_ops", {type_oid::kTime}},
    {"timestamp_ops", {type_oid::kTimestamp}},
    {"timestamptz_ops", {type_oid::kTimestamptz}},
    {"interval_ops", {type_oid::kInterval}},
    {"name_ops", {type_oid::kName}},
    {"bpchar_ops", {type_oid::kBpchar}},
    {"text_ops", {type_oid::kText, type_oid::kVarchar}},
    {"varchar_ops", {type_oid::kText, type_oid::kVarchar}, false},
    {"text_pattern_ops", {type_oid::kText, type_oid::kVarchar}, false},
    {"varchar_pattern_ops", {type_oid::kText, type_oid::kVarchar}, false},
    {"bit_ops", {type_oid::kBit}},
    {"varbit_ops", {type_oid::kVarbit}},
    {"inet_ops", {type_oid::kInet, type_oid::kCidr}},
    {"cidr_ops", {type_oid::kInet, type_oid::kCidr}},
    {"macaddr_ops", {type_oid::kMacaddr}},
    {"macaddr8_ops", {type_oid::kMacaddr8}},
    {"money_ops", {type_oid::kMoney}},
    {"timetz_ops", {type_oid::kTimetz}},
    {"tid_ops", {type_oid::kTid}},
    {"xid8_ops", {type_oid::kXid8}},
    {"pg_lsn_ops", {type_oid::kPgLsn}},
    {"jsonb_ops", {type_oid::kJsonb}},
    {"enum_ops", {type_oid::kAnyenum}},
    {"bpchar_pattern_ops", {type_oid::kBpchar, type_oid::kText, type_oid::kVarchar}, false},
};

// The class's name where it is not the type's own; 42704, 42804.
Result<std::string> OperatorClassOf(std::string_view name, catalog::Type type) {
  if (name.empty()) return std::string();
  const auto found = std::ranges::find(kOperatorClasses, name, &OperatorClass::name);
  if (found == std::end(kOperatorClasses)) {
    return Error(sqlstate::kUndefinedObject,
                 "operator class \"{}\" does not exist for access method \"btree\"", name);
  }
  const catalog::Oid base = catalog::BaseOf(type.oid);
  const catalog::Oid accepted = catalog::IsEnum(base) ? type_oid::kAnyenum : base;
  if (std::ranges::find(found->types, accepted) == found->types.end()) {
    return Error(sqlstate::kDatatypeMismatch, "operator class \"{}\" does not accept data type {}",
                 name, TypeName(type.oid));
  }
  return found->is_default ? std::string() : std::string(name);
}

Result<int> ColumnOf(const catalog::TableDesc& table, std::string_view name) {
  const int column = table.FindColumn(name);
  if (column >= 0) return column;
  return Error(sqlstate::kUndefinedColumn, "column \"{}\" does not exist", name);
}

Result<catalog::IndexKey> KeyOf(const ast::IndexElement& element, const catalog::TableRef& table,
                                const DdlContext& context) {
  catalog::IndexKey key;
  if (element.expr == nullptr) {
    ASSIGN_OR_RETURN(key.column, ColumnOf(*table, element.column));
    key.type = table->columns[static_cast<size_t>(key.column)].type;
  } else {
    const BindContext bind = Binding(context);
    ASSIGN_OR_RETURN(ExprPtr expr, BindIndexExpr(bind, table, *element.expr, IndexExprKind::kKey));
    key.type = expr->type;
    if (expr->kind == ExprKind::kColumn) {
      key.column = static_cast<const ColumnExpr&>(*expr).column;
    } else {
      ASSIGN_OR_RETURN(key.expression_sql,
                       IndexExprText(bind, table, *expr, *element.expr, IndexExprKind::kKey));
    }
  }
  RETURN_IF_ERROR(CheckCollation(element));
  RETURN_IF_ERROR(CheckKeyType(key.type));
  ASSIGN_OR_RETURN(key.operator_class, OperatorClassOf(element.operator_class.name, key.type));
  key.descending = element.descending;
  key.nulls_first = element.nulls_first.value_or(element.descending);
  return key;
}

// PostgreSQL's ChooseIndexColumnNames and ChooseIndexNameAddition: a_lower_expr.
std::string NameAddition(const ast::List<ast::IndexElement>& keys,
                         const ast::List<ast::IndexElement>& include) {
  std::vector<std::string> names;
  for (const auto* list : {&keys, &include}) {
    for (const ast::IndexElement& element : *list) {
      std::string name(element.column);
      if (element.expr != nullptr) {
        name = ColumnNameOf(*element.expr);
        if (name == "?column?") name = "expr";
      }
      std::string distinct = name;
      for (int number = 1; std::ranges::find(names, distinct) != names.end(); ++number) {
        distinct = name + std::to_string(number);
      }
      names.push_back(std::move(distinct));
    }
  }
  std::string addition;
  for (const std::string& name : names) {
    if (!addition.empty()) addition += '_';
    addition += name;
    if (addition.size() >= 63) break;
  }
  return addition;
}

}  // namespace

Status CheckKeyType(catalog::Type type) {
  if (catalog::CanBeKey(type.oid)) return Status::Ok();
  if (catalog::ElementOf(type.oid) != catalog::kInvalidOid) {
    return NotSupported(fmt::format("an index on type {}", catalog::FormatType(type)));
  }
  return Error(sqlstate::kUndefinedObject,
               "data type {} has no default operator class for access method \"btree\"",
               catalog::FormatType(type))
      .Hint(
          "You must specify an operator class for the index or define a default operator class "
          "for the data type.");
}

Result<catalog::IndexDesc> DescribeIndex(const ast::CreateIndex& command,
                                         const catalog::TableRef& table,
                                         const DdlContext& context) {
  if (command.access_method != "btree") {
    for (std::string_view known : {"hash", "gist", "gin", "spgist", "brin"}) {
      if (command.access_method == known) {
        return NotSupported(fmt::format("index access method \"{}\"", known));
      }
    }
    return Error(sqlstate::kUndefinedObject, "access method \"{}\" does not exist",
                 command.access_method);
  }
  if (command.elements.size() + command.include.size() > kIndexColumnsMax) {
    return Error(sqlstate::kTooManyColumns, "cannot use more than {} columns in an index",
                 kIndexColumnsMax);
  }
  catalog::IndexDesc index;
  index.table_oid = table->oid;
  index.schema_oid = table->schema_oid;
  index.unique = command.unique;
  index.nulls_not_distinct = command.nulls_not_distinct;
  ASSIGN_OR_RETURN(index.options, StorageOptions(command.storage));
  for (const ast::IndexElement& element : command.elements) {
    ASSIGN_OR_RETURN(catalog::IndexKey key, KeyOf(element, table, context));
    index.keys.push_back(std::move(key));
  }
  for (const ast::IndexElement& element : command.include) {
    if (element.expr != nullptr) {
      return Status(sqlstate::kFeatureNotSupported,
                    "expressions are not supported in included columns");
    }
    ASSIGN_OR_RETURN(int column, ColumnOf(*table, element.column));
    index.include.push_back(column);
  }
  if (command.where != nullptr) {
    const BindContext bind = Binding(context);
    ASSIGN_OR_RETURN(ExprPtr predicate,
                     BindIndexExpr(bind, table, *command.where, IndexExprKind::kPredicate));
    ASSIGN_OR_RETURN(index.predicate_sql, IndexExprText(bind, table, *predicate, *command.where,
                                                        IndexExprKind::kPredicate));
  }
  index.name = command.name;
  if (index.name.empty()) {
    index.name = ChooseName(context, table->schema_oid, table->name,
                            NameAddition(command.elements, command.include), "idx", {});
  }
  return index;
}

Status DescribeKeysAnew(const catalog::TableRef& table, const DdlContext& context,
                        catalog::IndexDesc* index) {
  BindContext bind = Binding(context);
  bind.source = {};
  auto bound = [&](std::string_view sql, IndexExprKind kind) -> Result<ExprPtr> {
    ASSIGN_OR_RETURN(ParsedExpression parsed, ParseExpression(sql));
    return BindIndexExpr(bind, table, *parsed.expression, kind);
  };
  for (catalog::IndexKey& key : index->keys) {
    if (key.column >= 0) {
      key.type = table->columns[static_cast<size_t>(key.column)].type;
    } else {
      ASSIGN_OR_RETURN(ExprPtr expr, bound(key.expression_sql, IndexExprKind::kKey));
      key.type = expr->type;
    }
    RETURN_IF_ERROR(CheckKeyType(key.type));
    ASSIGN_OR_RETURN(key.operator_class, OperatorClassOf(key.operator_class, key.type));
  }
  if (!index->predicate_sql) return Status::Ok();
  return bound(*index->predicate_sql, IndexExprKind::kPredicate).status();
}

Result<catalog::IndexDesc> DescribeUnique(const ast::Constraint& constraint,
                                          const std::vector<std::string>& columns,
                                          const catalog::TableDesc& table,
                                          const DdlContext& context, KeyTable where) {
  auto at = [&](Status status) {
    return std::move(status).Position(PositionOf(context, constraint.location));
  };
  catalog::IndexDesc index;
  index.table_oid = table.oid;
  index.schema_oid = table.schema_oid;
  index.unique = true;
  index.nulls_not_distinct = constraint.nulls_not_distinct;
  index.deferrable = constraint.deferrable;
  index.initially_deferred = constraint.initially_deferred;
  index.primary = constraint.kind == ast::Constraint::Kind::kPrimaryKey;
  ASSIGN_OR_RETURN(index.options, StorageOptions(constraint.storage));
  std::string addition;
  auto find = [&](std::string_view name) -> Result<int> {
    const int column = table.FindColumn(name);
    if (column < 0) {
      Status missing =
          Error(sqlstate::kUndefinedColumn, "column \"{}\" named in key does not exist", name);
      return where == KeyTable::kNew ? at(std::move(missing)) : missing;
    }
    if (!addition.empty()) addition += '_';
    addition += name;
    return column;
  };
  for (const std::string& name : columns) {
    ASSIGN_OR_RETURN(int column, find(name));
    for (const catalog::IndexKey& other : index.keys) {
      if (other.column != column) continue;
      return at(Error(sqlstate::kDuplicateColumn, "column \"{}\" appears twice in {} constraint",
                      name, index.primary ? "primary key" : "unique"));
    }
    catalog::IndexKey key;
    key.column = column;
    key.type = table.columns[static_cast<size_t>(column)].type;
    RETURN_IF_ERROR(CheckKeyType(key.type));
    index.keys.push_back(std::move(key));
  }
  for (const ast::Name& name : constraint.include) {
    ASSIGN_OR_RETURN(int column, find(name.text));
    index.include.push_back(column);
  }
  index.name = constraint.name;
  if (index.name.empty()) {
    index.name = ChooseName(context, table.schema_oid, table.name, index.primary ? "" : addition,
                            index.primary ? "pkey" : "key", {});
  }
  return index;
}

}  // namespace shale::sql::ddl
