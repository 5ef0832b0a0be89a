// Columns and primary keys of new and altered tables.
#include <algorithm>

#include "sql/exec/ddl/index_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/expr/user_function.h"
#include "sql/parse/deparse.h"

namespace shale::sql::ddl {
namespace {

// smallserial, serial, bigserial and their numbered names; 0: not one of them.
catalog::Oid SerialType(const ast::TypeName& type) {
  if (!type.name.schema.empty()) return catalog::kInvalidOid;
  std::string_view name = type.name.name;
  if (name == "serial" || name == "serial4") return catalog::type_oid::kInt4;
  if (name == "bigserial" || name == "serial8") return catalog::type_oid::kInt8;
  if (name == "smallserial" || name == "serial2") return catalog::type_oid::kInt2;
  return catalog::kInvalidOid;
}

Status Conflicting(const DdlContext& context, std::string_view what, std::string_view column,
                   const catalog::TableDesc& table, ast::Location location) {
  return Error(sqlstate::kSyntaxError, "{} for column \"{}\" of table \"{}\"", what, column,
               table.name)
      .Position(PositionOf(context, location));
}

}  // namespace

std::string NextvalText(std::string_view schema, std::string_view sequence) {
  std::string name = QuoteIdentifier(schema) + "." + QuoteIdentifier(sequence);
  return fmt::format("nextval({}::regclass)", QuoteLiteral(name));
}

std::string DefaultText(const ast::Expr& value, const BindContext& bind) {
  const auto* written = ast::Cast<ast::FunctionCall>(&value);
  if (written == nullptr || written->name.name != "nextval") return Deparse(value);
  Result<ExprPtr> bound = BindScalar(bind, value, nullptr);
  if (!bound.ok() || (*bound)->kind != ExprKind::kCall) return Deparse(value);
  const auto& call = static_cast<const CallExpr&>(**bound);
  if (call.args.size() != 1) return Deparse(value);
  const Expr& argument = StripRelabel(*call.args[0]);
  if (argument.kind != ExprKind::kConstant) return Deparse(value);
  const catalog::Value& name = static_cast<const ConstantExpr&>(argument).value;
  if (name.is_null()) return Deparse(value);
  catalog::SequenceRef sequence = bind.catalog->FindSequence(name.datum().oid);
  return sequence != nullptr ? NextvalText(sequence->schema_name, sequence->name) : Deparse(value);
}

void RenameInDefault(const catalog::SequenceDesc& sequence, std::string_view schema,
                     std::string_view name, catalog::TableDesc* table) {
  if (sequence.owner_column < 0) return;
  catalog::ColumnDesc& column = table->columns[static_cast<size_t>(sequence.owner_column)];
  if (column.owned_sequence != sequence.oid || !column.default_sql) return;
  if (column.default_sql->starts_with("nextval(")) column.default_sql = NextvalText(schema, name);
}

Task<Result<catalog::SequenceDesc>> MakeOwnedSequence(const catalog::TableDesc& table,
                                                      const catalog::ColumnDesc& column,
                                                      const ast::SequenceOptions* options,
                                                      DdlContext& context,
                                                      std::vector<std::string>* taken) {
  catalog::SequenceDesc sequence;
  sequence.schema_oid = table.schema_oid;
  sequence.unlogged = table.unlogged;
  sequence.type_oid = column.type.oid;
  ast::SequenceOptions none;
  CO_RETURN_IF_ERROR(
      ApplySequenceOptions(context, options != nullptr ? *options : none, true, &sequence));
  if (options != nullptr && !options->sequence_name.name.empty()) {
    sequence.name = options->sequence_name.name;
  } else {
    sequence.name = ChooseName(context, table.schema_oid, table.name, column.name, "seq", *taken);
  }
  taken->push_back(sequence.name);
  auto allocate = context.execution->catalog->AllocateOid();
  auto oid = co_await allocate;
  if (!oid.ok()) co_return std::move(oid).status();
  sequence.oid = *oid;
  sequence.owner_table = table.oid;
  co_return sequence;
}

// Without the cast that assigns it, which is made at each use.
Result<std::string> DomainDefaultText(const BindContext& bind, const ast::Expr& value,
                                      catalog::Type type) {
  const auto* call = ast::Cast<ast::FunctionCall>(&value);
  if (call != nullptr && call->name.name == "nextval") return DefaultText(value, bind);
  const auto* literal = ast::Cast<ast::Literal>(&value);
  const bool is_untyped = literal != nullptr && (literal->type == ast::Literal::Type::kString ||
                                                 literal->type == ast::Literal::Type::kNull);
  const catalog::Type base{catalog::BaseOf(type.oid), -1};
  ASSIGN_OR_RETURN(ExprPtr bound, BindScalar(bind, value, is_untyped ? &base : nullptr));
  return ToString(*bound, ExprStyle::kDefinition);
}

Result<std::string> DefaultTextIn(const BindContext& bind, const ast::Expr& value,
                                  catalog::Type type) {
  ASSIGN_OR_RETURN(ExprPtr bound, BindScalar(bind, value, &type));
  if (catalog::IsDomain(type.oid)) return DomainDefaultText(bind, value, type);
  // What users have written may be out of the search path where the default is used.
  bool calls_routine = false;
  Walk(*bound, [&](const Expr& node) {
    calls_routine |= RoutineOf(node) != nullptr;
    return !calls_routine;
  });
  if (calls_routine) return ToString(*bound, ExprStyle::kDefinition);
  return StoredText(*bound, DefaultText(value, bind));
}

Status ContainsNulls(const catalog::TableDesc& table, int column) {
  const std::string& name = table.columns[static_cast<size_t>(column)].name;
  return Error(sqlstate::kNotNullViolation, "column \"{}\" of relation \"{}\" contains null values",
               name, table.name)
      .Table(table.schema_name, table.name)
      .Column(name);
}

Task<Result<NewColumn>> DescribeColumn(const ast::ColumnDefinition& definition,
                                       const catalog::TableDesc& table, DdlContext& context,
                                       std::vector<std::string>* taken_names) {
  NewColumn result;
  catalog::ColumnDesc& column = result.column;
  column.name = definition.name;
  const catalog::Oid serial = SerialType(*definition.type);
  if (serial != catalog::kInvalidOid) {
    column.type = {serial, -1};
    column.not_null = true;
  } else {
    CO_ASSIGN_OR_RETURN(column.type, BindTypeName(Binding(context), *definition.type));
    auto use = UseType(column.type, context);
    Status used = co_await use;
    if (!used.ok()) co_return used;
  }
  const catalog::TypeInfo& type = catalog::GetType(column.type.oid);
  if (type.pseudo) {
    co_return Error(sqlstate::kInvalidTableDefinition, "column \"{}\" has pseudo-type {}",
                    column.name, type.name);
  }
  if (!definition.collation.name.empty() && definition.collation.name != "C" &&
      definition.collation.name != "POSIX" && definition.collation.name != "default") {
    co_return NotSupported(fmt::format("collation \"{}\"", definition.collation.name));
  }

  bool nullable_asked = false;
  bool not_null_asked = serial != catalog::kInvalidOid;
  const ast::Constraint* identity = nullptr;
  for (const ast::Constraint& constraint : definition.constraints) {
    switch (constraint.kind) {
      case ast::Constraint::Kind::kNull:
        nullable_asked = true;
        break;
      case ast::Constraint::Kind::kNotNull:
        not_null_asked = true;
        break;
      case ast::Constraint::Kind::kDefault: {
        if (column.generated) {
          co_return Conflicting(context, "both default and generation expression specified",
                                column.name, table, constraint.location);
        }
        if (column.default_sql || serial != catalog::kInvalidOid) {
          co_return Conflicting(context, "multiple default values specified", column.name, table,
                                constraint.location);
        }
        // Bound once here, so that errors come now; what it refers to is looked up at each use.
        CO_ASSIGN_OR_RETURN(column.default_sql, DefaultTextIn(BindingFor(table, context),
                                                              *constraint.value, column.type));
        break;
      }
      case ast::Constraint::Kind::kGenerated:
        if (column.generated) {
          co_return Conflicting(context, "multiple generation clauses specified", column.name,
                                table, constraint.location);
        }
        if (column.default_sql) {
          co_return Conflicting(context, "both default and generation expression specified",
                                column.name, table, constraint.location);
        }
        if (identity != nullptr) {
          co_return Conflicting(context, "both identity and generation expression specified",
                                column.name, table, constraint.location);
        }
        column.generated = true;
        column.default_sql = DeparseOverTable(*constraint.value);
        break;
      case ast::Constraint::Kind::kIdentity:
        if (identity != nullptr) {
          co_return Conflicting(context, "multiple identity specifications", column.name, table,
                                constraint.location);
        }
        if (column.generated) {
          co_return Conflicting(context, "both identity and generation expression specified",
                                column.name, table, constraint.location);
        }
        identity = &constraint;
        break;
      case ast::Constraint::Kind::kPrimaryKey:
        if (result.primary_key != nullptr) {
          co_return MultiplePrimaryKeys(table).Position(PositionOf(context, constraint.location));
        }
        result.primary_key = &constraint;
        break;
      case ast::Constraint::Kind::kCheck:
        result.checks.push_back(&constraint);
        break;
      case ast::Constraint::Kind::kForeignKey:
        result.foreign_keys.push_back(&constraint);
        break;
      case ast::Constraint::Kind::kUnique:
        result.uniques.push_back(&constraint);
        break;
    }
  }
  if (nullable_asked && (not_null_asked || identity != nullptr)) {
    co_return Conflicting(context, "conflicting NULL/NOT NULL declarations", column.name, table,
                          definition.location);
  }
  column.not_null |= not_null_asked;

  if (serial != catalog::kInvalidOid || identity != nullptr) {
    if (identity != nullptr && column.default_sql) {
      co_return Conflicting(context, "both default and identity specified", column.name, table,
                            identity->location);
    }
    if (identity != nullptr && column.type.oid != catalog::type_oid::kInt2 &&
        column.type.oid != catalog::type_oid::kInt4 &&
        column.type.oid != catalog::type_oid::kInt8) {
      co_return Status(sqlstate::kInvalidParameterValue,
                       "identity column type must be smallint, integer, or bigint");
    }
    auto owned = co_await MakeOwnedSequence(
        table, column, identity != nullptr ? identity->sequence : nullptr, context, taken_names);
    if (!owned.ok()) co_return std::move(owned).status();
    result.sequence = std::move(owned).value();
    result.sequence->owner_is_identity = identity != nullptr;
    column.owned_sequence = result.sequence->oid;
    column.not_null = true;
    if (identity != nullptr) {
      column.identity =
          identity->generated_always ? catalog::Identity::kAlways : catalog::Identity::kByDefault;
    }
    column.default_sql = NextvalText(table.schema_name, result.sequence->name);
  }
  column.missing = catalog::Value::Null(column.type);
  co_return result;
}

Task<Status> SetPrimaryKey(const ast::Constraint& constraint, std::vector<std::string> columns,
                           catalog::TableDesc* table, DdlContext& context) {
  CO_RETURN_IF_ERROR(CheckNoPrimaryKey(*table));
  CO_RETURN_IF_ERROR(StorageOptions(constraint.storage).status());
  for (const std::string& name : columns) {
    int column = table->FindColumn(name);
    if (column < 0) {
      co_return Error(sqlstate::kUndefinedColumn, "column \"{}\" named in key does not exist", name)
          .Position(PositionOf(context, constraint.location));
    }
    if (std::find(table->primary_key.begin(), table->primary_key.end(), column) !=
        table->primary_key.end()) {
      co_return Error(sqlstate::kDuplicateColumn,
                      "column \"{}\" appears twice in primary key constraint", name)
          .Position(PositionOf(context, constraint.location));
    }
    CO_RETURN_IF_ERROR(CheckKeyType(table->columns[column].type));
    table->columns[column].not_null = true;
    table->primary_key.push_back(column);
  }
  if (constraint.name.empty()) {
    table->primary_key_name = ChooseName(context, table->schema_oid, table->name, "", "pkey", {});
  } else {
    table->primary_key_name = constraint.name;
    if (View(context).FindRelation(table->schema_oid, constraint.name) != catalog::kInvalidOid ||
        constraint.name == table->name) {
      co_return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists", constraint.name);
    }
  }
  auto index = context.execution->catalog->AllocateOid();
  auto index_oid = co_await index;
  if (!index_oid.ok()) co_return std::move(index_oid).status();
  auto key = context.execution->catalog->AllocateOid();
  auto key_oid = co_await key;
  if (!key_oid.ok()) co_return std::move(key_oid).status();
  table->primary_key_index_oid = *index_oid;
  table->primary_key_oid = *key_oid;
  co_return Status::Ok();
}

}  // namespace shale::sql::ddl
