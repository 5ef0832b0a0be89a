// ALTER TABLE. Each action sees what those before it have made; rows are rewritten at most once per
// action.
#include <algorithm>

#include "catalog/domains.h"
#include "catalog/unique_key.h"
#include "sql/exec/ddl/alter_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"
#include "sql/expr/evaluate.h"
#include "sql/parse/deparse.h"

namespace shale::sql::ddl {

Status UndefinedColumn(std::string_view column, const catalog::TableDesc& table) {
  return Error(sqlstate::kUndefinedColumn, "column \"{}\" of relation \"{}\" does not exist",
               column, table.name);
}

// Stores the description and moves the rows under a new storage id.
Task<Status> Rewrite(catalog::TableRef from, catalog::TableDesc to, TableRewrite rewrite,
                     DdlContext& context) {
  auto allocate = context.execution->catalog->AllocateStorageId(to.schema_name);
  auto storage = co_await allocate;
  if (!storage.ok()) co_return std::move(storage).status();
  to.storage_id = *storage;
  CO_RETURN_IF_ERROR(context.execution->transaction->CarryReads(catalog::RowRange(from->storage_id),
                                                                catalog::RowRange(to.storage_id)));
  const catalog::Oid oid = to.oid;
  CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(to)));
  rewrite.from = std::move(from);
  rewrite.to = View(context).FindTable(oid);
  Status rewritten = co_await RewriteTable(rewrite, context.execution);
  if (!rewritten.ok()) co_return rewritten;
  Status rebuilt = co_await RebuildIndexes(oid, context);
  co_return rebuilt;
}

namespace {

Task<Status> AddColumn(const ast::AlterTableAction& action, catalog::TableRef table,
                       DdlContext& context) {
  const ast::ColumnDefinition& definition = *action.definition;
  if (table->FindColumn(definition.name) >= 0) {
    if (!action.missing_ok) {
      co_return Error(sqlstate::kDuplicateColumn, "column \"{}\" of relation \"{}\" already exists",
                      definition.name, table->name);
    }
    Notice(context,
           fmt::format("column \"{}\" of relation \"{}\" already exists, skipping", definition.name,
                       table->name),
           sqlstate::kDuplicateColumn);
    co_return Status::Ok();
  }
  std::vector<std::string> taken;
  auto described = co_await DescribeColumn(definition, *table, context, &taken);
  if (!described.ok()) co_return std::move(described).status();
  CO_RETURN_IF_ERROR(CheckNotWithin(table->oid, described->column.type, context));
  CO_RETURN_IF_ERROR(CheckRowTypeNotInTexts(table->oid, "ALTER TABLE ... ADD COLUMN", context));
  const bool has_value = described->column.default_sql.has_value() ||
                         catalog::IsConstrained(View(context), described->column.type.oid);
  if (has_value) CO_RETURN_IF_ERROR(CheckRowTypeNotStored(table->oid, context));
  auto change = ChangeStoredRows(table->oid, -1, described->column.type, context);
  Status changed = co_await change;
  if (!changed.ok()) co_return changed;
  table = View(context).FindTable(table->oid);
  const int position = static_cast<int>(table->columns.size());
  if (described->sequence) {
    described->sequence->owner_column = position;
    CO_RETURN_IF_ERROR(Changes(context).SetSequence(std::move(*described->sequence)));
  }
  catalog::TableDesc altered = *table;
  altered.columns.push_back(std::move(described->column));
  catalog::ColumnDesc& column = altered.columns.back();

  TableRewrite rewrite;
  bool must_rewrite = false;
  if (column.generated) {
    CO_ASSIGN_OR_RETURN(
        std::vector<ExprPtr> generated,
        BindGenerated(Binding(context), std::make_shared<const catalog::TableDesc>(altered)));
    SetReadSlots(generated[position], *table);
    rewrite.values.resize(altered.columns.size());
    rewrite.values[position] = std::move(generated[position]);
    must_rewrite = true;
  } else if (column.default_sql || catalog::IsDomain(column.type.oid)) {
    CO_ASSIGN_OR_RETURN(ExprPtr value, BindDefault(Binding(context), altered, position));
    // What a domain checks is computed for rows, where there are any.
    if (IsVolatile(*value) || value->kind == ExprKind::kCoerceDomain) {
      must_rewrite = true;
      if (column.owned_sequence != catalog::kInvalidOid) {
        rewrite.sequences.push_back(column.owned_sequence);
      }
      rewrite.values.resize(altered.columns.size());
      rewrite.values[position] = std::move(value);
    } else {
      // One value for all rows that are there: kept with the column, rows stay as they are.
      Arena arena;
      EvalContext eval;
      eval.arena = &arena;
      eval.settings = context.execution->settings;
      eval.host = context.execution->host;
      CO_ASSIGN_OR_RETURN(column.missing, EvaluateScalar(eval, *value));
      column.missing.set_type(column.type);
    }
  }
  if (column.not_null && column.missing.is_null() && !must_rewrite) must_rewrite = true;
  if (described->primary_key != nullptr && described->primary_key->deferrable) {
    CO_RETURN_IF_ERROR(CheckNoPrimaryKey(*table));
    column.not_null = true;
    must_rewrite |= column.missing.is_null();
    described->uniques.insert(described->uniques.begin(), described->primary_key);
  } else if (described->primary_key != nullptr) {
    std::vector<std::string> key = {column.name};
    Status set = co_await SetPrimaryKey(*described->primary_key, key, &altered, context);
    if (!set.ok()) co_return set;
    must_rewrite = true;
  }
  if (must_rewrite) {
    rewrite.values.resize(altered.columns.size());
    Status rewritten = co_await Rewrite(table, std::move(altered), std::move(rewrite), context);
    if (!rewritten.ok()) co_return rewritten;
  } else {
    CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(altered)));
  }
  for (const ast::Constraint* unique : described->uniques) {
    catalog::TableRef current = View(context).FindTable(table->oid);
    const std::vector<std::string> key = {std::string(definition.name)};
    CO_ASSIGN_OR_RETURN(catalog::IndexDesc index,
                        DescribeUnique(*unique, key, *current, context, KeyTable::kOld));
    auto added = co_await AddIndex(std::move(index), /*is_constraint=*/true, context);
    if (!added.ok()) co_return std::move(added).status();
    Status filled = co_await FillIndex(*added, context);
    if (!filled.ok()) co_return filled;
  }
  auto constrain = AddColumnConstraints(*described, definition.name, table->oid,
                                        /*is_new_table=*/false, context);
  Status constrained = co_await constrain;
  co_return constrained;
}

// Rows get hidden ids.
void ClearPrimaryKey(catalog::TableDesc* table) {
  table->primary_key.clear();
  table->primary_key_name.clear();
  table->primary_key_oid = table->primary_key_index_oid = catalog::kInvalidOid;
}

}  // namespace

Task<Status> DropColumn(const ast::AlterTableAction& action, catalog::TableRef table,
                        DdlContext& context) {
  const int position = table->FindColumn(action.column);
  if (position < 0) {
    if (!action.missing_ok) co_return UndefinedColumn(action.column, *table);
    Notice(context, fmt::format("column \"{}\" of relation \"{}\" does not exist, skipping",
                                action.column, table->name));
    co_return Status::Ok();
  }
  DropRequest request;
  request.relations = {table->oid};
  request.column = position;
  request.what =
      fmt::format("column {} of {}", action.column, DescribeRelation(context, table->oid));
  request.cascade = action.cascade;
  CO_ASSIGN_OR_RETURN(std::vector<int> users, GeneratedFrom(table, position, context));
  if (!users.empty() && !action.cascade) {
    std::string detail;
    for (int user : users) {
      if (!detail.empty()) detail += '\n';
      detail += fmt::format("column {} of table {} depends on column {} of table {}",
                            table->columns[static_cast<size_t>(user)].name, table->name,
                            action.column, table->name);
    }
    const std::vector<Dependent> others = DependentsOf(context, request.relations, position);
    if (!others.empty()) detail += '\n' + ListOf(context, others);
    co_return Error(sqlstate::kDependentObjectsStillExist,
                    "cannot drop {} because other objects depend on it", request.what)
        .Detail(std::move(detail))
        .Hint("Use DROP ... CASCADE to drop the dependent objects too.");
  }
  for (int user : users) {
    const std::string name = table->columns[static_cast<size_t>(user)].name;
    Notice(context, fmt::format("drop cascades to column {} of table {}", name, table->name));
    ast::AlterTableAction drop;
    drop.kind = ast::AlterTableAction::Kind::kDropColumn;
    drop.column = name;
    drop.cascade = true;
    auto step = DropColumn(drop, View(context).FindTable(table->oid), context);
    Status dropped = co_await step;
    if (!dropped.ok()) co_return dropped;
  }
  const auto& key = table->primary_key;
  const bool is_key = std::find(key.begin(), key.end(), position) != key.end();
  auto dropping = DropDependents(request, context);
  Status dependents = co_await dropping;
  if (!dependents.ok()) co_return dependents;
  CO_RETURN_IF_ERROR(CheckRowTypeNotInTexts(table->oid, "ALTER TABLE ... DROP COLUMN", context));
  auto change = ChangeStoredRows(table->oid, position, {}, context);
  Status stored = co_await change;
  if (!stored.ok()) co_return stored;
  table = View(context).FindTable(table->oid);
  CO_RETURN_IF_ERROR(DropIndexesOf(table, position, context));
  catalog::TableDesc altered = *View(context).FindTable(table->oid);
  // Constraints go with any of their columns.
  std::erase_if(altered.checks, [position](const catalog::CheckDesc& check) {
    return std::ranges::find(check.columns, position) != check.columns.end();
  });
  std::erase_if(altered.foreign_keys, [position](const catalog::ForeignKeyDesc& one) {
    return std::ranges::find(one.columns, position) != one.columns.end();
  });
  if (is_key) ClearPrimaryKey(&altered);
  catalog::ColumnDesc& column = altered.columns[position];
  for (const auto& [oid, sequence] : View(context).sequences()) {
    if (sequence->owner_table != table->oid || sequence->owner_column != position) continue;
    // The view changes with the drop: one at a time.
    CO_RETURN_IF_ERROR(Changes(context).DropSequence(oid));
    break;
  }
  column.dropped = true;
  column.not_null = false;
  column.default_sql.reset();
  column.generated = false;
  column.identity = catalog::Identity::kNone;
  column.owned_sequence = catalog::kInvalidOid;
  // A user's type need not stay for it.
  if (column.type.oid >= catalog::kFirstUserOid) column.type = {catalog::type_oid::kText, -1};
  column.missing = catalog::Value::Null(column.type);
  column.name = fmt::format("........pg.dropped.{}........", position + 1);
  TableRewrite rewrite;
  rewrite.values.resize(altered.columns.size());
  // The places of later columns in a row follow from the columns that are there: rows are written
  // anew.
  Status rewritten = co_await Rewrite(table, std::move(altered), std::move(rewrite), context);
  co_return rewritten;
}

namespace {

Task<Status> AddPrimaryKey(const ast::AlterTableAction& action, catalog::TableRef table,
                           DdlContext& context) {
  std::vector<std::string> columns;
  for (const ast::Name& column : action.constraint->columns) columns.emplace_back(column.text);
  catalog::TableDesc altered = *table;
  Status set = co_await SetPrimaryKey(*action.constraint, columns, &altered, context);
  if (!set.ok()) co_return set;
  TableRewrite rewrite;
  rewrite.values.resize(altered.columns.size());
  Status rewritten = co_await Rewrite(table, std::move(altered), std::move(rewrite), context);
  co_return rewritten;
}

bool IsInPrimaryKey(const catalog::TableDesc& table, int column) {
  return std::ranges::any_of(catalog::UniqueKeysOf(table), [column](const auto& key) {
    return key.is_primary && std::ranges::find(key.columns, column) != key.columns.end();
  });
}

Task<Status> AlterColumn(const ast::AlterTableAction& action, catalog::TableRef table,
                         DdlContext& context) {
  using Kind = ast::AlterTableAction::Kind;
  const int position = table->FindColumn(action.column);
  if (position < 0) co_return UndefinedColumn(action.column, *table);
  catalog::TableDesc altered = *table;
  catalog::ColumnDesc& column = altered.columns[position];
  const bool is_default = action.kind == Kind::kSetDefault || action.kind == Kind::kDropDefault;
  if (is_default && column.identity != catalog::Identity::kNone) {
    co_return Error(sqlstate::kSyntaxError,
                    "column \"{}\" of relation \"{}\" is an identity column", column.name,
                    table->name)
        .Hint(action.kind == Kind::kSetDefault
                  ? ""
                  : "Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.");
  }
  if (is_default && column.generated) {
    co_return Error(sqlstate::kSyntaxError,
                    "column \"{}\" of relation \"{}\" is a generated column", column.name,
                    table->name)
        .Hint(action.kind == Kind::kSetDefault
                  ? ""
                  : "Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead.");
  }
  switch (action.kind) {
    case Kind::kSetDefault: {
      BindContext binding = Binding(context);
      binding.source = {};  // errors show no place, as PostgreSQL's
      CO_ASSIGN_OR_RETURN(column.default_sql, DefaultTextIn(binding, *action.value, column.type));
      break;
    }
    case Kind::kDropDefault:
      column.default_sql.reset();
      break;
    case Kind::kSetNotNull: {
      auto has_nulls = co_await ColumnHasNulls(table, position, context.execution);
      if (!has_nulls.ok()) co_return std::move(has_nulls).status();
      if (*has_nulls) co_return ContainsNulls(*table, position);
      column.not_null = true;
      break;
    }
    case Kind::kDropNotNull:
      if (IsInPrimaryKey(*table, position)) {
        co_return Error(sqlstate::kInvalidTableDefinition, "column \"{}\" is in a primary key",
                        column.name);
      }
      if (column.identity != catalog::Identity::kNone) {
        co_return Error(sqlstate::kSyntaxError,
                        "column \"{}\" of relation \"{}\" is an identity column", column.name,
                        table->name);
      }
      column.not_null = false;
      break;
    default:
      break;
  }
  co_return Changes(context).SetTable(std::move(altered));
}

// How much ANALYZE is to find out about a column. Kept with the table's statistics, so that its
// rows and plans for them stay as they are.
Status SetColumnStatistics(const ast::AlterTableAction& action, const catalog::TableRef& table,
                           DdlContext& context) {
  constexpr int kTargetMax = 10'000;
  // Only columns of indexes are told by number.
  if (action.column_number != 0) {
    return Error(sqlstate::kFeatureNotSupported, "cannot refer to non-index column by number");
  }
  const int position = table->FindColumn(action.column);
  if (position < 0) return UndefinedColumn(action.column, *table);
  int target = action.statistics;
  if (target < -1) {
    return Error(sqlstate::kInvalidParameterValue, "statistics target {} is too low", target);
  }
  if (target > kTargetMax) {
    target = kTargetMax;
    Warn(context, fmt::format("lowering statistics target to {}", target),
         sqlstate::kInvalidParameterValue);
  }
  catalog::TableStatistics statistics;
  if (table->statistics != nullptr) statistics = *table->statistics;
  statistics.table_oid = table->oid;
  if (target < 0) {
    statistics.targets.erase(position);
  } else {
    statistics.targets[position] = target;
  }
  return Changes(context).SetStatistics(std::move(statistics));
}

// PostgreSQL's order of the actions of one command: what goes makes room for what comes.
int PassOf(ast::AlterTableAction::Kind kind) {
  using Kind = ast::AlterTableAction::Kind;
  switch (kind) {
    case Kind::kDropColumn:
    case Kind::kDropConstraint:
    case Kind::kDropDefault:
    case Kind::kDropNotNull:
    case Kind::kDropIdentity:
    case Kind::kDropExpression:
      return 0;
    case Kind::kSetType:
      return 1;
    case Kind::kAddColumn:
      return 2;
    case Kind::kSetNotNull:
    case Kind::kSetIdentity:
      return 3;
    case Kind::kAddConstraint:
    case Kind::kValidateConstraint:
    case Kind::kAlterConstraint:
      return 4;
    case Kind::kSetDefault:
    case Kind::kAddIdentity:
      return 5;
    case Kind::kSetStatistics:
    case Kind::kSetLogged:
    case Kind::kSetUnlogged:
      return 6;
  }
  return 6;
}

Task<Status> Completed(Status status) { co_return status; }

Task<Status> Act(const ast::AlterTableAction& action, catalog::TableRef table,
                 DdlContext& context) {
  using Kind = ast::AlterTableAction::Kind;
  switch (action.kind) {
    case Kind::kAddColumn:
      return AddColumn(action, std::move(table), context);
    case Kind::kDropColumn:
      return DropColumn(action, std::move(table), context);
    case Kind::kAddConstraint:
      if (action.constraint->kind == ast::Constraint::Kind::kPrimaryKey) {
        if (action.constraint->deferrable) {
          return AddDeferrablePrimaryKey(*action.constraint, std::move(table), context);
        }
        return AddPrimaryKey(action, std::move(table), context);
      }
      if (action.constraint->kind == ast::Constraint::Kind::kUnique) {
        return AddUniqueConstraint(*action.constraint, std::move(table), context);
      }
      return AddConstraint(*action.constraint, table->oid, context);
    case Kind::kDropConstraint:
      return DropConstraint(action, table->oid, context);
    case Kind::kValidateConstraint:
      return ValidateConstraint(action, table->oid, context);
    case Kind::kAlterConstraint:
      return AlterConstraint(action, table->oid, context);
    case Kind::kSetType:
      return AlterColumnType(action, std::move(table), context);
    case Kind::kAddIdentity:
    case Kind::kSetIdentity:
    case Kind::kDropIdentity:
      return AlterIdentity(action, std::move(table), context);
    case Kind::kDropExpression:
      return Completed(DropExpression(action, table, context));
    case Kind::kSetStatistics:
      return Completed(SetColumnStatistics(action, table, context));
    case Kind::kSetLogged:
    case Kind::kSetUnlogged:
      return SetPersistence(action.kind == Kind::kSetUnlogged, std::move(table), context);
    default:
      return AlterColumn(action, std::move(table), context);
  }
}

// The weakest mode in which all of the actions may be run, as PostgreSQL has them.
engine::LockMode LockModeOf(const ast::AlterTable& command) {
  using Kind = ast::AlterTableAction::Kind;
  engine::LockMode mode = engine::LockMode::kTableShareUpdateExclusive;
  for (const ast::AlterTableAction& action : command.actions) {
    if (action.kind == Kind::kValidateConstraint || action.kind == Kind::kSetStatistics) continue;
    if (action.kind != Kind::kAddConstraint ||
        action.constraint->kind != ast::Constraint::Kind::kForeignKey) {
      return engine::LockMode::kTableAccessExclusive;
    }
    mode = engine::LockMode::kTableShareRowExclusive;
  }
  return mode;
}

}  // namespace

Task<Status> DropPrimaryKey(catalog::TableRef table, DdlContext& context) {
  catalog::TableDesc altered = *table;
  ClearPrimaryKey(&altered);
  TableRewrite rewrite;
  rewrite.values.resize(altered.columns.size());
  Status rewritten = co_await Rewrite(table, std::move(altered), std::move(rewrite), context);
  co_return rewritten;
}

Task<Result<std::string>> AlterTable(const ast::AlterTable& command, DdlContext& context) {
  if (FindView(Binding(context), command.table) != nullptr) {
    co_return RefuseOfView(command, /*materialized=*/false);
  }
  auto locked =
      co_await LockTableByName(context, command.table, LockModeOf(command), command.if_exists);
  if (!locked.ok()) co_return std::move(locked).status();
  if (*locked == nullptr) {
    Notice(context, fmt::format("relation \"{}\" does not exist, skipping", command.table.name));
    co_return std::string("ALTER TABLE");
  }
  CO_RETURN_IF_ERROR(CheckNotPending(**locked, "ALTER TABLE", context));
  const catalog::Oid oid = (*locked)->oid;
  auto is_of_statistics = [](const ast::AlterTableAction& action) {
    return action.kind == ast::AlterTableAction::Kind::kSetStatistics;
  };
  if (View(context).FindView(oid) != nullptr &&
      !std::ranges::all_of(command.actions, is_of_statistics)) {
    co_return RefuseOfView(command, /*materialized=*/true);
  }
  if (std::ranges::count_if(command.actions, [](const auto& action) {
        return action.kind == ast::AlterTableAction::Kind::kSetLogged ||
               action.kind == ast::AlterTableAction::Kind::kSetUnlogged;
      }) > 1) {
    co_return Status(sqlstate::kFeatureNotSupported, "cannot change persistence setting twice");
  }
  std::vector<const ast::AlterTableAction*> actions;
  for (const ast::AlterTableAction& action : command.actions) actions.push_back(&action);
  std::ranges::stable_sort(actions, {}, [](const auto* action) { return PassOf(action->kind); });
  for (const ast::AlterTableAction* action : actions) {
    auto step = Act(*action, View(context).FindTable(oid), context);
    Status altered = co_await step;
    if (!altered.ok()) co_return altered;
  }
  co_return std::string("ALTER TABLE");
}

}  // namespace shale::sql::ddl
