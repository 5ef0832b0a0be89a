// CREATE INDEX, REINDEX, and the index columns of ON CONFLICT.
#include "sql/parse/translator.h"

namespace shale::sql {

ast::IndexElement Translator::IndexElementOf(const IndexElem& element, ast::Location location) {
  ast::IndexElement result;
  result.column = Copy(element.name);
  result.expr = Expr(element.expr);
  result.location = location;
  if (element.collation != nullptr) result.collation = Name(element.collation, location);
  if (element.opclass != nullptr) result.operator_class = Name(element.opclass, location);
  if (element.opclassopts != nullptr) Unsupported("operator class parameters", location);
  result.ordered = element.ordering != SORTBY_DEFAULT;
  result.descending = element.ordering == SORTBY_DESC;
  if (element.nulls_ordering != SORTBY_NULLS_DEFAULT) {
    result.nulls_first = element.nulls_ordering == SORTBY_NULLS_FIRST;
  }
  return result;
}

const ast::Statement* Translator::CreateIndex(const IndexStmt& create) {
  if (create.tableSpace != nullptr) Unsupported("tablespaces");
  auto* result = NewStatement<ast::CreateIndex>();
  result->name = Copy(create.idxname);
  result->table = Name(*create.relation);
  result->only = !create.relation->inh;
  result->access_method = Copy(create.accessMethod);
  auto elements = [&](const List* list) {
    return Map<ast::IndexElement, IndexElem>(
        list, [&](const IndexElem& element) { return IndexElementOf(element, ast::kNoLocation); });
  };
  result->elements = elements(create.indexParams);
  result->include = elements(create.indexIncludingParams);
  result->storage = StorageOptions(create.options);
  result->where = Expr(create.whereClause);
  result->unique = create.unique;
  result->nulls_not_distinct = create.nulls_not_distinct;
  result->concurrently = create.concurrent;
  result->if_not_exists = create.if_not_exists;
  return failed() ? nullptr : result;
}

const ast::Statement* Translator::Reindex(const ReindexStmt& reindex) {
  auto* result = NewStatement<ast::Reindex>();
  switch (reindex.kind) {
    case REINDEX_OBJECT_INDEX:
      break;
    case REINDEX_OBJECT_TABLE:
      result->is_table = true;
      break;
    case REINDEX_OBJECT_SCHEMA:
      UnsupportedCommand("REINDEX SCHEMA");
      return nullptr;
    case REINDEX_OBJECT_SYSTEM:
      UnsupportedCommand("REINDEX SYSTEM");
      return nullptr;
    case REINDEX_OBJECT_DATABASE:
      UnsupportedCommand("REINDEX DATABASE");
      return nullptr;
  }
  result->name = Name(*reindex.relation);
  for (const DefElem* option : ListRange<DefElem>(reindex.params)) {
    const std::string_view name = option->defname;
    if (name == "concurrently") {
      result->concurrently = OptionBool(*option);
    } else if (name == "tablespace") {
      Unsupported("tablespaces", option->location);
    } else if (name != "verbose") {
      Fail(option->location, sqlstate::kSyntaxError, "unrecognized REINDEX option \"{}\"", name);
    }
  }
  return failed() ? nullptr : result;
}

}  // namespace shale::sql
