// ALTER TABLE and ALTER SEQUENCE ... SET SCHEMA. A table takes its indexes and the sequences that
// its columns own along.
#include "sql/exec/ddl/alter_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"

namespace shale::sql::ddl {
namespace {

Task<Status> ClaimIn(DdlContext& context, const catalog::SchemaDesc& schema, std::string name) {
  Status locked = co_await LockName(context, schema.oid, name);
  if (!locked.ok()) co_return locked;
  if (View(context).FindRelation(schema.oid, name) != catalog::kInvalidOid) {
    co_return Error(sqlstate::kDuplicateTable, "relation \"{}\" already exists in schema \"{}\"",
                    name, schema.name);
  }
  co_return Status::Ok();
}

Task<Status> MoveTable(catalog::TableRef table, const catalog::SchemaDesc& schema,
                       DdlContext& context) {
  std::vector<std::string> names = {table->name};
  if (!table->primary_key.empty()) names.push_back(table->primary_key_name);
  for (const catalog::IndexRef& index : table->indexes) names.push_back(index->name);
  std::vector<catalog::SequenceRef> owned;
  for (const auto& [oid, sequence] : View(context).sequences()) {
    if (sequence->owner_table == table->oid) owned.push_back(sequence);
  }
  for (const catalog::SequenceRef& sequence : owned) names.push_back(sequence->name);
  for (const std::string& name : names) {
    auto claim = ClaimIn(context, schema, name);
    Status claimed = co_await claim;
    if (!claimed.ok()) co_return claimed;
  }
  CO_RETURN_IF_ERROR(ClaimTypeNameIn(schema, table->name, context));
  for (const catalog::IndexRef& index : table->indexes) {
    catalog::IndexDesc other = *index;
    other.schema_oid = schema.oid;
    CO_RETURN_IF_ERROR(Changes(context).SetIndex(std::move(other)));
  }
  catalog::TableDesc moved = *View(context).FindTable(table->oid);
  moved.schema_oid = schema.oid;
  for (const catalog::SequenceRef& sequence : owned) {
    catalog::SequenceDesc other = *sequence;
    other.schema_oid = schema.oid;
    auto store = StoreSequence(sequence, std::move(other), context);
    Status stored = co_await store;
    if (!stored.ok()) co_return stored;
    RenameInDefault(*sequence, schema.name, sequence->name, &moved);
  }
  CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(moved)));
  // A materialized view is both.
  if (catalog::ViewRef view = View(context).FindView(table->oid)) {
    catalog::ViewDesc other = *view;
    other.schema_oid = schema.oid;
    CO_RETURN_IF_ERROR(Changes(context).SetView(std::move(other)));
  }
  co_return Status::Ok();
}

}  // namespace

Result<catalog::SchemaRef> TargetSchema(std::string_view name, std::string_view from,
                                        const DdlContext& context) {
  catalog::SchemaRef schema = FindSchema(Binding(context), name);
  const bool is_temporary = schema != nullptr ? catalog::IsTemporarySchema(schema->name)
                                              : name == catalog::kTemporaryAlias;
  if (schema == nullptr && !is_temporary) {
    return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name);
  }
  if (is_temporary || catalog::IsTemporarySchema(from)) {
    return Status(sqlstate::kFeatureNotSupported,
                  "cannot move objects into or out of temporary schemas");
  }
  return schema;
}

Task<Result<std::string>> SetSchema(const ast::SetSchema& command, DdlContext& context) {
  const bool of_sequence = command.object == ast::ObjectType::kSequence;
  const std::string tag = of_sequence ? "ALTER SEQUENCE" : "ALTER TABLE";
  catalog::SequenceRef sequence = FindSequence(Binding(context), command.name);
  if (sequence == nullptr) {
    auto lock = LockTableByName(context, command.name, engine::LockMode::kTableAccessExclusive,
                                command.if_exists);
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    if (*locked == nullptr) {
      Notice(context, fmt::format("relation \"{}\" does not exist, skipping", command.name.name));
      co_return tag;
    }
    if (of_sequence) {
      co_return Error(sqlstate::kWrongObjectType, "\"{}\" is not a sequence", command.name.name);
    }
    CO_ASSIGN_OR_RETURN(catalog::SchemaRef schema,
                        TargetSchema(command.schema, (*locked)->schema_name, context));
    if (schema->oid == (*locked)->schema_oid) co_return tag;
    auto move = MoveTable(*locked, *schema, context);
    Status moved = co_await move;
    if (!moved.ok()) co_return moved;
    co_return tag;
  }
  Status named = co_await LockName(context, sequence->schema_oid, sequence->name);
  if (!named.ok()) co_return named;
  if (catalog::TableRef owner = View(context).FindTable(sequence->owner_table); owner != nullptr) {
    co_return Status(sqlstate::kFeatureNotSupported,
                     "cannot move an owned sequence into another schema")
        .Detail(
            fmt::format("Sequence \"{}\" is linked to table \"{}\".", sequence->name, owner->name));
  }
  CO_ASSIGN_OR_RETURN(catalog::SchemaRef schema,
                      TargetSchema(command.schema, sequence->schema_name, context));
  if (schema->oid == sequence->schema_oid) co_return tag;
  auto claim = ClaimIn(context, *schema, sequence->name);
  Status claimed = co_await claim;
  if (!claimed.ok()) co_return claimed;
  catalog::SequenceDesc moved = *sequence;
  moved.schema_oid = schema->oid;
  auto store = StoreSequence(sequence, std::move(moved), context);
  Status stored = co_await store;
  if (!stored.ok()) co_return stored;
  co_return tag;
}

}  // namespace shale::sql::ddl
