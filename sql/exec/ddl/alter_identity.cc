// ALTER TABLE ... ALTER COLUMN ... ADD GENERATED AS IDENTITY, SET GENERATED, SET and RESTART of its
// sequence, DROP IDENTITY.
#include "sql/exec/ddl/alter_internal.h"

namespace shale::sql::ddl {
namespace {

Status IdentityState(std::string message) {
  return Status(sqlstate::kObjectNotInPrerequisiteState, std::move(message));
}

std::string ColumnOf(const catalog::ColumnDesc& column, const catalog::TableDesc& table) {
  return fmt::format("column \"{}\" of relation \"{}\"", column.name, table.name);
}

Task<Status> AddIdentity(const ast::AlterTableAction& action, catalog::TableRef table, int position,
                         DdlContext& context) {
  const catalog::ColumnDesc& column = table->columns[position];
  if (!column.not_null) {
    co_return IdentityState(ColumnOf(column, *table) +
                            " must be declared NOT NULL before identity can be added");
  }
  if (column.identity != catalog::Identity::kNone) {
    co_return IdentityState(ColumnOf(column, *table) + " is already an identity column");
  }
  if (column.default_sql) {
    co_return IdentityState(ColumnOf(column, *table) + " already has a default value");
  }
  catalog::ColumnDesc described = column;
  described.identity = catalog::Identity::kAlways;
  CO_RETURN_IF_ERROR(CheckIdentityType(described));
  std::vector<std::string> taken;
  auto make = MakeOwnedSequence(*table, column, action.constraint->sequence, context, &taken);
  auto made = co_await make;
  if (!made.ok()) co_return std::move(made).status();
  made->owner_column = position;
  made->owner_is_identity = true;
  catalog::TableDesc altered = *table;
  catalog::ColumnDesc& identity = altered.columns[position];
  identity.identity = action.constraint->generated_always ? catalog::Identity::kAlways
                                                          : catalog::Identity::kByDefault;
  identity.owned_sequence = made->oid;
  identity.default_sql = NextvalText(table->schema_name, made->name);
  CO_RETURN_IF_ERROR(Changes(context).SetSequence(std::move(*made)));
  co_return Changes(context).SetTable(std::move(altered));
}

Task<Status> SetIdentity(const ast::AlterTableAction& action, catalog::TableRef table, int position,
                         DdlContext& context) {
  const catalog::ColumnDesc& column = table->columns[position];
  if (column.identity == catalog::Identity::kNone) {
    co_return IdentityState(ColumnOf(column, *table) + " is not an identity column");
  }
  catalog::SequenceRef sequence = View(context).FindSequence(column.owned_sequence);
  if (action.generated) {
    catalog::TableDesc altered = *table;
    altered.columns[position].identity =
        *action.generated ? catalog::Identity::kAlways : catalog::Identity::kByDefault;
    CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(altered)));
  }
  auto change = ChangeSequence(sequence, *action.sequence, context);
  Status changed = co_await change;
  co_return changed;
}

Status DropIdentity(const ast::AlterTableAction& action, const catalog::TableRef& table,
                    int position, DdlContext& context) {
  const catalog::ColumnDesc& column = table->columns[position];
  if (column.identity == catalog::Identity::kNone) {
    const std::string message = ColumnOf(column, *table) + " is not an identity column";
    if (!action.missing_ok) return IdentityState(message);
    Notice(context, message + ", skipping");
    return Status::Ok();
  }
  catalog::TableDesc altered = *table;
  catalog::ColumnDesc& plain = altered.columns[position];
  const catalog::Oid sequence = plain.owned_sequence;
  plain.identity = catalog::Identity::kNone;
  plain.owned_sequence = catalog::kInvalidOid;
  plain.default_sql.reset();
  RETURN_IF_ERROR(Changes(context).SetTable(std::move(altered)));
  return Changes(context).DropSequence(sequence);
}

}  // namespace

Task<Status> AlterIdentity(const ast::AlterTableAction& action, catalog::TableRef table,
                           DdlContext& context) {
  using Kind = ast::AlterTableAction::Kind;
  const int position = table->FindColumn(action.column);
  if (position < 0) co_return UndefinedColumn(action.column, *table);
  if (action.kind == Kind::kDropIdentity) {
    co_return DropIdentity(action, table, position, context);
  }
  auto step = action.kind == Kind::kAddIdentity ? AddIdentity(action, table, position, context)
                                                : SetIdentity(action, table, position, context);
  Status altered = co_await step;
  co_return altered;
}

}  // namespace shale::sql::ddl
