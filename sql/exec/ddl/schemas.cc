// CREATE SCHEMA and ALTER SCHEMA ... RENAME.
#include <algorithm>

#include "sql/exec/ddl/temporary.h"
#include "sql/exec/ddl/view_internal.h"
#include "sql/parse/ast_index.h"
#include "sql/parse/deparse.h"

namespace shale::sql::ddl {
namespace {

Status CheckSchemaName(std::string_view name) {
  if (!name.starts_with("pg_")) return Status::Ok();
  return Error(sqlstate::kReservedName, "unacceptable schema name \"{}\"", name)
      .Detail("The prefix \"pg_\" is reserved for system schemas.");
}

// Of an element of CREATE SCHEMA: where it says that it is to be made, and how.
struct ElementPlace {
  std::string_view schema;
  bool temporary = false;
  ast::Location location = ast::kNoLocation;  // of a table
};

ElementPlace PlaceOf(const ast::Statement& element) {
  if (const auto* table = ast::Cast<ast::CreateTable>(&element)) {
    return {table->name.schema, table->temporary, table->name.location};
  }
  if (const auto* view = ast::Cast<ast::CreateView>(&element)) {
    return {view->name.schema, view->temporary};
  }
  if (const auto* sequence = ast::Cast<ast::CreateSequence>(&element)) {
    return {sequence->name.schema, sequence->temporary};
  }
  if (const auto* index = ast::Cast<ast::CreateIndex>(&element)) return {index->table.schema};
  return {};
}

Status CheckElements(const ast::CreateSchema& command, std::string_view name,
                     const DdlContext& context) {
  for (const ast::Statement* element : command.elements) {
    const ElementPlace place = PlaceOf(*element);
    if (!place.schema.empty() && place.schema != name) {
      return Error(sqlstate::kInvalidSchemaDefinition,
                   "CREATE specifies a schema ({}) different from the one being created ({})",
                   place.schema, name);
    }
    if (place.temporary) {
      return Status(sqlstate::kInvalidTableDefinition,
                    "cannot create temporary relation in non-temporary schema")
          .Position(PositionOf(context, place.location));
    }
  }
  return Status::Ok();
}

// Runs the statements with the schema first of those that are searched but for pg_catalog and the
// temporary one, which come first without being named.
Task<Status> MakeElements(const ast::CreateSchema& command, catalog::Oid schema,
                          DdlContext& context) {
  DdlContext inner = context;
  TemporaryObjects outside;  // of search_path: not asked for
  if (context.temporary != nullptr) outside = *context.temporary;
  outside.is_creation_schema = false;
  inner.temporary = &outside;
  std::vector<catalog::Oid>& path = inner.bind.search_path;
  auto place = std::ranges::find_if(path, [&](catalog::Oid oid) {
    return oid != catalog::kPgCatalogSchemaOid && oid != inner.bind.temporary_schema;
  });
  path.insert(place, schema);
  for (const ast::Statement* element : command.elements) {
    auto run = ExecuteDdl(*element, inner);
    auto ran = co_await run;
    if (!ran.ok()) co_return std::move(ran).status();
  }
  co_return Status::Ok();
}

// Names a schema's relations in defaults, which are text: nextval('s.q'::regclass).
class SchemaNameInDefaults {
 public:
  SchemaNameInDefaults(const catalog::SchemaDesc& schema, std::string_view new_name,
                       const catalog::CatalogSnapshot& view) {
    for (const auto& [oid, sequence] : view.sequences()) {
      if (sequence->schema_oid != schema.oid) continue;
      auto literal = [&](std::string_view in) {
        return QuoteLiteral(QuoteIdentifier(in) + "." + QuoteIdentifier(sequence->name));
      };
      texts_.emplace_back(literal(schema.name), literal(new_name));
    }
  }

  // Whether there was any.
  bool Rename(catalog::TableDesc* table) const {
    bool renamed = false;
    for (catalog::ColumnDesc& column : table->columns) {
      if (!column.default_sql) continue;
      for (const auto& [before, after] : texts_) {
        for (size_t at = column.default_sql->find(before); at != std::string::npos;
             at = column.default_sql->find(before, at + after.size())) {
          column.default_sql->replace(at, before.size(), after);
          renamed = true;
        }
      }
    }
    return renamed;
  }

 private:
  std::vector<std::pair<std::string, std::string>> texts_;
};

// Descriptions have their schema's name in them.
Task<Status> RenameWhatIsIn(const catalog::SchemaDesc& schema, std::string_view new_name,
                            DdlContext& context) {
  const SchemaNameInDefaults defaults(schema, new_name, View(context));
  std::vector<catalog::Oid> tables;
  for (const auto& [oid, table] : View(context).tables()) {
    catalog::TableDesc renamed = *table;
    if (defaults.Rename(&renamed) || table->schema_oid == schema.oid) tables.push_back(oid);
  }
  std::vector<catalog::Oid> views;
  for (const auto& [oid, view] : View(context).views()) {
    if (view->schema_oid == schema.oid) views.push_back(oid);
  }
  for (const std::vector<catalog::Oid>* relations : {&tables, &views}) {
    for (catalog::Oid oid : *relations) {
      Status locked = co_await LockTable(context, oid, engine::LockMode::kTableAccessExclusive);
      if (!locked.ok()) co_return locked;
    }
  }
  std::vector<catalog::SequenceRef> sequences;
  for (const auto& [oid, sequence] : View(context).sequences()) {
    if (sequence->schema_oid == schema.oid) sequences.push_back(sequence);
  }
  CO_RETURN_IF_ERROR(Changes(context).SetSchema({schema.oid, std::string(new_name)}));
  for (const catalog::SequenceRef& sequence : sequences) {
    auto store = StoreSequence(sequence, *sequence, context);
    Status stored = co_await store;
    if (!stored.ok()) co_return stored;
  }
  for (catalog::Oid oid : tables) {
    catalog::TableRef table = View(context).FindTable(oid);
    if (table == nullptr) continue;  // dropped while its lock was waited for
    catalog::TableDesc renamed = *table;
    defaults.Rename(&renamed);
    CO_RETURN_IF_ERROR(Changes(context).SetTable(std::move(renamed)));
  }
  for (catalog::Oid oid : views) {
    catalog::ViewRef view = View(context).FindView(oid);
    if (view != nullptr) CO_RETURN_IF_ERROR(Changes(context).SetView(*view));
  }
  co_return Status::Ok();
}

}  // namespace

Task<Result<std::string>> CreateSchema(const ast::CreateSchema& command, DdlContext& context) {
  std::string authorization(command.authorization);
  if (!authorization.empty() && authorization != context.user && authorization != "current_user" &&
      authorization != "session_user" && authorization != "current_role") {
    co_return Error(sqlstate::kUndefinedObject, "role \"{}\" does not exist", authorization);
  }
  std::string name(command.name.empty() ? std::string_view(context.user) : command.name);
  CO_RETURN_IF_ERROR(CheckSchemaName(name));
  Status locked = co_await LockName(context, catalog::kInvalidOid, name);
  if (!locked.ok()) co_return locked;
  if (View(context).FindSchema(name) != nullptr) {
    if (!command.if_not_exists) {
      co_return Error(sqlstate::kDuplicateSchema, "schema \"{}\" already exists", name);
    }
    Notice(context, fmt::format("schema \"{}\" already exists, skipping", name),
           sqlstate::kDuplicateSchema);
    co_return std::string("CREATE SCHEMA");
  }
  auto allocate = context.execution->catalog->AllocateOid();
  auto oid = co_await allocate;
  if (!oid.ok()) co_return std::move(oid).status();
  CO_RETURN_IF_ERROR(Changes(context).SetSchema({*oid, name}));
  CO_RETURN_IF_ERROR(CheckElements(command, name, context));
  auto make = MakeElements(command, *oid, context);
  Status made = co_await make;
  if (!made.ok()) co_return made;
  co_return std::string("CREATE SCHEMA");
}

Task<Result<std::string>> RenameSchema(const ast::Rename& command, DdlContext& context) {
  const std::string name(command.name.name);
  const std::string new_name(command.new_name);
  Status locked = co_await LockName(context, catalog::kInvalidOid, name);
  if (!locked.ok()) co_return locked;
  Status claimed = co_await LockName(context, catalog::kInvalidOid, new_name);
  if (!claimed.ok()) co_return claimed;
  catalog::SchemaRef schema = View(context).FindSchema(name);
  if (schema == nullptr) {
    co_return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name);
  }
  if (View(context).FindSchema(new_name) != nullptr) {
    co_return Error(sqlstate::kDuplicateSchema, "schema \"{}\" already exists", new_name);
  }
  CO_RETURN_IF_ERROR(CheckSchemaName(new_name));
  if (schema->oid < catalog::kFirstUserOid && schema->oid != catalog::kPublicSchemaOid) {
    co_return NotSupported("renaming a system schema");
  }
  if (catalog::IsTemporarySchema(name)) co_return NotSupported("renaming a temporary schema");
  auto rename = RenameWhatIsIn(*schema, new_name, context);
  Status renamed = co_await rename;
  if (!renamed.ok()) co_return renamed;
  co_return std::string("ALTER SCHEMA");
}

}  // namespace shale::sql::ddl
