#include "sql/bind/resolve_name.h"

#include <algorithm>

#include "catalog/types/user_type.h"
#include "sql/bind/binder.h"
#include "sql/parse/parser.h"

namespace shale::sql {

namespace {

Status At(const BindContext& context, Status status, const ast::QualifiedName& name) {
  return std::move(status).Position(CharacterPosition(context.source, name.location));
}

Status NoSuchRelation(const BindContext& context, const ast::QualifiedName& name) {
  if (name.schema.empty()) {
    return At(context,
              Error(sqlstate::kUndefinedTable, "relation \"{}\" does not exist", name.name), name);
  }
  return At(
      context,
      Error(sqlstate::kUndefinedTable, "relation \"{}.{}\" does not exist", name.schema, name.name),
      name);
}

// 0A000 where the name is qualified by another database's.
Status CheckDatabase(const BindContext& context, const ast::QualifiedName& name) {
  if (name.catalog.empty() || name.catalog == context.catalog->database_name()) return Status::Ok();
  return At(context,
            Error(sqlstate::kFeatureNotSupported,
                  "cross-database references are not implemented: \"{}.{}.{}\"", name.catalog,
                  name.schema, name.name),
            name);
}

// Calls visit(schema) for each schema that the name may be in, in order, until it returns true.
template <typename Visit>
void EachSchema(const BindContext& context, const ast::QualifiedName& name, Visit&& visit) {
  if (!name.schema.empty()) {
    if (catalog::SchemaRef schema = FindSchema(context, name.schema)) visit(*schema);
    return;
  }
  for (catalog::Oid oid : context.search_path) {
    catalog::SchemaRef schema = context.catalog->FindSchema(oid);
    if (schema != nullptr && visit(*schema)) return;
  }
}

// Rows of temporary tables are for the session that they are of.
Status CheckOwn(const BindContext& context, const FoundRelation& found) {
  if (found.table == nullptr && found.view == nullptr) return Status::Ok();
  const std::string& schema =
      found.table != nullptr ? found.table->schema_name : found.view->schema_name;
  const catalog::Oid oid =
      found.table != nullptr ? found.table->schema_oid : found.view->schema_oid;
  if (oid == context.temporary_schema || !catalog::IsTemporarySchema(schema)) return Status::Ok();
  return Status(sqlstate::kFeatureNotSupported, "cannot access temporary tables of other sessions");
}

}  // namespace

catalog::SchemaRef FindSchema(const BindContext& context, std::string_view name) {
  if (name == catalog::kTemporaryAlias) {
    return context.catalog->FindSchema(context.temporary_schema);
  }
  return context.catalog->FindSchema(name);
}

void NoteName(const BindContext& context, std::string_view schema, std::string_view name,
              catalog::Oid oid) {
  if (context.name_uses == nullptr) return;
  context.name_uses->push_back({std::string(schema), std::string(name), oid});
}

const catalog::ViewRelation* FindViewRelation(const BindContext& context, std::string_view schema,
                                              std::string_view name) {
  if (context.view == nullptr) return nullptr;
  for (const catalog::ViewRelation& relation : context.view->relations) {
    const bool is_type = catalog::FindRegisteredType(relation.oid) != nullptr;
    if (!is_type && relation.schema == schema && relation.name == name) return &relation;
  }
  return nullptr;
}

const catalog::ViewRelation* FindViewType(const BindContext& context, catalog::Oid type) {
  if (context.view == nullptr) return nullptr;
  const auto& relations = context.view->relations;
  const auto found = std::ranges::find(relations, type, &catalog::ViewRelation::oid);
  return found != relations.end() ? &*found : nullptr;
}

std::vector<std::string> AttributeNames(const BindContext& context, const catalog::TypeDesc& type) {
  const catalog::ViewRelation* known = FindViewType(context, type.oid);
  std::vector<std::string> names;
  for (size_t i = 0; i < type.attributes.size(); ++i) {
    if (known == nullptr) {
      names.push_back(type.attributes[i].name);
    } else {
      names.push_back(i < known->columns.size() ? known->columns[i] : std::string());
    }
  }
  return names;
}

catalog::Oid FindTypeOid(const BindContext& context, std::string_view schema,
                         std::string_view name) {
  if (context.view != nullptr) {
    for (const catalog::ViewRelation& used : context.view->relations) {
      if (used.schema != schema || used.name != name) continue;
      if (catalog::FindRegisteredType(used.oid) != nullptr) return used.oid;
    }
  }
  auto find = [&](catalog::Oid in) -> catalog::Oid {
    if (in != catalog::kPgCatalogSchemaOid) return context.catalog->FindTypeName(in, name);
    const catalog::TypeInfo* built_in = catalog::FindTypeByName(name);
    return built_in != nullptr ? built_in->oid : catalog::kInvalidOid;
  };
  if (!schema.empty()) {
    catalog::SchemaRef named = context.catalog->FindSchema(schema);
    return named != nullptr ? find(named->oid) : catalog::kInvalidOid;
  }
  for (catalog::Oid searched : context.search_path) {
    if (catalog::Oid oid = find(searched)) return oid;
  }
  return catalog::kInvalidOid;
}

bool TypeExists(const BindContext& context, catalog::Oid type) {
  if (const catalog::Oid element = catalog::ArrayElementOf(type)) type = element;
  if (type >= catalog::kFirstUserOid) return context.catalog->FindType(type) != nullptr;
  return catalog::FindType(type) != nullptr;
}

catalog::Oid FindRelationOid(const BindContext& context, std::string_view schema,
                             std::string_view name) {
  if (const catalog::ViewRelation* known = FindViewRelation(context, schema, name)) {
    return known->oid;
  }
  auto find = [&](const catalog::SchemaDesc& in) -> catalog::Oid {
    if (catalog::Oid oid = context.catalog->FindRelation(in.oid, name)) return oid;
    const VirtualTable* table = FindVirtualTable(in.name, name);
    if (table != nullptr) return table->oid;
    // A composite type is a relation, too.
    const catalog::Oid type = context.catalog->FindTypeName(in.oid, name);
    return catalog::IsComposite(type) ? type : catalog::kInvalidOid;
  };
  if (!schema.empty()) {
    catalog::SchemaRef named = FindSchema(context, schema);
    return named != nullptr ? find(*named) : catalog::kInvalidOid;
  }
  for (catalog::Oid schema_oid : context.search_path) {
    catalog::SchemaRef searched = context.catalog->FindSchema(schema_oid);
    if (searched == nullptr) continue;
    if (catalog::Oid oid = find(*searched)) return oid;
  }
  return catalog::kInvalidOid;
}

bool StillMean(const BindContext& context, const std::vector<NameUse>& uses) {
  return std::ranges::all_of(uses, [&](const NameUse& use) {
    if (catalog::FindRegisteredType(use.oid) != nullptr) {
      return FindTypeOid(context, use.schema, use.name) == use.oid;
    }
    return FindRelationOid(context, use.schema, use.name) == use.oid;
  });
}

catalog::TableRef FindTable(const BindContext& context, const ast::QualifiedName& name) {
  catalog::TableRef found;
  EachSchema(context, name, [&](const catalog::SchemaDesc& schema) {
    found = context.catalog->FindTable(schema.oid, name.name);
    // A sequence or view of the name hides tables of later schemas.
    return found != nullptr ||
           context.catalog->FindRelation(schema.oid, name.name) != catalog::kInvalidOid ||
           FindVirtualTable(schema.name, name.name) != nullptr;
  });
  return found;
}

catalog::ViewRef FindView(const BindContext& context, const ast::QualifiedName& name) {
  catalog::ViewRef found;
  EachSchema(context, name, [&](const catalog::SchemaDesc& schema) {
    found = context.catalog->FindView(schema.oid, name.name);
    return found != nullptr ||
           context.catalog->FindRelation(schema.oid, name.name) != catalog::kInvalidOid ||
           FindVirtualTable(schema.name, name.name) != nullptr;
  });
  return found;
}

catalog::SequenceRef FindSequence(const BindContext& context, const ast::QualifiedName& name) {
  if (FindViewRelation(context, name.schema, name.name) != nullptr) return nullptr;
  catalog::SequenceRef found;
  EachSchema(context, name, [&](const catalog::SchemaDesc& schema) {
    found = context.catalog->FindSequence(schema.oid, name.name);
    return found != nullptr ||
           context.catalog->FindRelation(schema.oid, name.name) != catalog::kInvalidOid;
  });
  return found;
}

std::optional<FoundIndex> FindIndex(const BindContext& context, const ast::QualifiedName& name) {
  std::optional<FoundIndex> found;
  EachSchema(context, name, [&](const catalog::SchemaDesc& schema) {
    const catalog::Oid oid = context.catalog->FindRelation(schema.oid, name.name);
    if (oid == catalog::kInvalidOid) return FindVirtualTable(schema.name, name.name) != nullptr;
    if (catalog::IndexRef index = context.catalog->FindIndex(oid)) {
      found = FoundIndex{context.catalog->FindTable(index->table_oid), index};
      return true;
    }
    for (const auto& [table_oid, table] : context.catalog->tables()) {
      if (!table->primary_key.empty() && table->primary_key_index_oid == oid) {
        found = FoundIndex{table, nullptr};
      }
    }
    return true;
  });
  return found;
}

Result<FoundIndex> ResolveIndex(const BindContext& context, const ast::QualifiedName& name) {
  if (std::optional<FoundIndex> found = FindIndex(context, name)) return *std::move(found);
  if (FindTable(context, name) != nullptr || FindSequence(context, name) != nullptr) {
    return Error(sqlstate::kWrongObjectType, "\"{}\" is not an index", name.name);
  }
  ast::QualifiedName unplaced = name;
  unplaced.location = ast::kNoLocation;
  return NoSuchRelation(context, unplaced);
}

Result<FoundRelation> ResolveRelation(const BindContext& context, const ast::QualifiedName& name,
                                      bool or_sequence) {
  RETURN_IF_ERROR(CheckDatabase(context, name));
  FoundRelation found;
  if (const auto* known = FindViewRelation(context, name.schema, name.name)) {
    found.table = context.catalog->FindTable(known->oid);
    if (found.table == nullptr) found.view = context.catalog->FindView(known->oid);
    if (found.view == nullptr) found.virtual_table = FindVirtualTable(known->oid);
    if (or_sequence) found.sequence = context.catalog->FindSequence(known->oid);
    const bool is_there = found.table != nullptr || found.view != nullptr ||
                          found.virtual_table != nullptr || found.sequence != nullptr;
    if (!is_there) return NoSuchRelation(context, name);
    return found;
  }
  bool sequence = false;
  bool index = false;
  bool composite = false;
  EachSchema(context, name, [&](const catalog::SchemaDesc& schema) {
    found.table = context.catalog->FindTable(schema.oid, name.name);
    if (found.table != nullptr) return true;
    found.view = context.catalog->FindView(schema.oid, name.name);
    if (found.view != nullptr) return true;
    found.virtual_table = FindVirtualTable(schema.name, name.name);
    if (found.virtual_table != nullptr) return true;
    found.sequence = context.catalog->FindSequence(schema.oid, name.name);
    sequence = found.sequence != nullptr;
    index =
        !sequence && context.catalog->FindRelation(schema.oid, name.name) != catalog::kInvalidOid;
    composite = !sequence && !index &&
                catalog::IsComposite(context.catalog->FindTypeName(schema.oid, name.name));
    return sequence || index || composite;
  });
  if (composite) {
    return At(context, Error(sqlstate::kWrongObjectType, "\"{}\" is a composite type", name.name),
              name);
  }
  if (sequence && or_sequence) {
    NoteName(context, name.schema, name.name, found.sequence->oid);
    return found;
  }
  if (sequence) {
    return At(context,
              Error(sqlstate::kWrongObjectType, "\"{}\" is not a table", name.name)
                  .Detail("This operation is not supported for sequences."),
              name);
  }
  if (index) {
    return At(context, Error(sqlstate::kWrongObjectType, "\"{}\" is an index", name.name), name);
  }
  if (found.table == nullptr && found.view == nullptr && found.virtual_table == nullptr) {
    return NoSuchRelation(context, name);
  }
  RETURN_IF_ERROR(CheckOwn(context, found));
  NoteName(context, name.schema, name.name,
           found.table != nullptr  ? found.table->oid
           : found.view != nullptr ? found.view->oid
                                   : found.virtual_table->oid);
  return found;
}

Result<catalog::TableRef> ResolveTable(const BindContext& context, const ast::QualifiedName& name) {
  ASSIGN_OR_RETURN(FoundRelation found, ResolveRelation(context, name));
  if (found.view != nullptr) {
    return Error(sqlstate::kWrongObjectType, "\"{}\" is not a table", name.name);
  }
  if (found.table == nullptr) {
    return Error(sqlstate::kInsufficientPrivilege, "permission denied: \"{}\" is a system catalog",
                 name.name);
  }
  return found.table;
}

Result<catalog::SchemaRef> ResolveCreationSchema(const BindContext& context,
                                                 const ast::QualifiedName& name) {
  RETURN_IF_ERROR(CheckDatabase(context, name));
  if (!name.schema.empty()) {
    catalog::SchemaRef schema = FindSchema(context, name.schema);
    if (schema != nullptr) return schema;
    return At(context,
              Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name.schema),
              name);
  }
  for (catalog::Oid oid : context.search_path) {
    // These are searched first without being named, and are no places to create in then.
    if (oid == catalog::kPgCatalogSchemaOid || oid == context.temporary_schema) continue;
    if (catalog::SchemaRef schema = context.catalog->FindSchema(oid)) return schema;
  }
  return At(context,
            Error(sqlstate::kInvalidSchemaName, "no schema has been selected to create in"), name);
}

}  // namespace shale::sql
