#include "sql/bind/bind_index.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "sql/bind/inline_call.h"
#include "sql/bind/statement_binder.h"
#include "sql/parse/deparse.h"
#include "sql/parse/parser.h"

namespace shale::sql {
namespace {

constexpr size_t kBoundIndexesMax = 4096;

struct BoundIndexCache {
  struct Entry {
    catalog::TableRef table;  // keep the addresses of the key taken
    catalog::IndexRef index;
    std::shared_ptr<const catalog::FunctionMap> functions;  // whose bodies are in it
    std::shared_ptr<const BoundIndex> bound;
  };
  using Key = std::pair<const catalog::TableDesc*, const catalog::IndexDesc*>;
  std::mutex mutex;
  std::map<Key, Entry> entries;  // guarded by mutex
};

BoundIndexCache& IndexCache() {
  static BoundIndexCache& cache = *new BoundIndexCache;
  return cache;
}

void NoteColumns(ExprPtr& expr, std::set<int>* columns) {
  Rewrite(expr, [&](ExprPtr& node) {
    if (node->kind == ExprKind::kColumn) {
      auto& column = static_cast<ColumnExpr&>(*node);
      column.slot = column.column;
      columns->insert(column.column);
    }
    return true;
  });
}

BindContext StoredContext(const catalog::CatalogSnapshot& snapshot,
                          const catalog::FormatSettings& settings) {
  BindContext context;
  context.catalog = &snapshot;
  context.settings = &settings;
  context.search_path = {catalog::kPgCatalogSchemaOid};
  return context;
}

Result<ExprPtr> BindStored(const catalog::CatalogSnapshot& snapshot, const catalog::TableRef& table,
                           std::string_view sql, IndexExprKind kind) {
  const catalog::FormatSettings settings;
  const BindContext context = StoredContext(snapshot, settings);
  ASSIGN_OR_RETURN(ParsedExpression parsed, ParseExpression(sql));
  return BindIndexExpr(context, table, *parsed.expression, kind);
}

// As it is computed, and compared with conditions.
Result<ExprPtr> BindInlined(const catalog::CatalogSnapshot& snapshot,
                            const catalog::TableRef& table, std::string_view sql,
                            IndexExprKind kind) {
  ASSIGN_OR_RETURN(ExprPtr bound, BindStored(snapshot, table, sql, kind));
  const catalog::FormatSettings settings;
  RETURN_IF_ERROR(InlineCalls(StoredContext(snapshot, settings), bound));
  return bound;
}

}  // namespace

Result<std::shared_ptr<const BoundIndex>> BindIndex(const catalog::CatalogSnapshot& snapshot,
                                                    const catalog::TableRef& table,
                                                    const catalog::IndexRef& index) {
  BoundIndexCache& cache = IndexCache();
  const BoundIndexCache::Key key(table.get(), index.get());
  {
    std::lock_guard lock(cache.mutex);
    if (auto found = cache.entries.find(key); found != cache.entries.end()) {
      if (found->second.functions == snapshot.functions()) return found->second.bound;
    }
  }
  auto bound = std::make_shared<BoundIndex>();
  std::set<int> columns(index->include.begin(), index->include.end());
  for (const catalog::IndexKey& one : index->keys) {
    bound->keys.emplace_back();
    if (one.column >= 0) {
      columns.insert(one.column);
      continue;
    }
    ASSIGN_OR_RETURN(bound->keys.back(),
                     BindInlined(snapshot, table, one.expression_sql, IndexExprKind::kKey));
    NoteColumns(bound->keys.back(), &columns);
  }
  if (index->predicate_sql) {
    ASSIGN_OR_RETURN(bound->predicate, BindInlined(snapshot, table, *index->predicate_sql,
                                                   IndexExprKind::kPredicate));
    NoteColumns(bound->predicate, &columns);
  }
  bound->columns.assign(columns.begin(), columns.end());
  std::lock_guard lock(cache.mutex);
  if (cache.entries.size() >= kBoundIndexesMax) cache.entries.clear();
  cache.entries[key] = {table, index, snapshot.functions(), bound};
  return std::shared_ptr<const BoundIndex>(std::move(bound));
}

Result<ExprPtr> StatementBinder::BindIndexExpr(catalog::TableRef table, const ast::Expr& expr,
                                               bool is_predicate) {
  std::vector<RangeEntry> range_table;
  range_table.push_back(TableEntry(table, {}));
  Namespace names(&range_table);
  NamespaceItem item;
  item.alias = table->name;
  item.schema = table->schema_name;
  item.oid = table->oid;
  item.relation = 0;
  names.items().push_back(std::move(item));
  ExprScope scope;
  scope.clause = is_predicate ? Clause::kIndexPredicate : Clause::kIndexExpression;
  scope.names = &names;
  ASSIGN_OR_RETURN(ExprPtr bound, Expr(expr, scope));
  if (is_predicate) {
    ASSIGN_OR_RETURN(bound, CoerceToBoolean(std::move(bound), "WHERE"));
  } else if (bound->type.oid == catalog::type_oid::kUnknown) {
    ASSIGN_OR_RETURN(
        bound, Coerce(std::move(bound), {catalog::type_oid::kText, -1}, CastContext::kImplicit));
  }
  RETURN_IF_ERROR(FinishParameters());
  return bound;
}

Result<ExprPtr> BindIndexExpr(const BindContext& context, catalog::TableRef table,
                              const ast::Expr& expr, IndexExprKind kind) {
  const bool is_predicate = kind == IndexExprKind::kPredicate;
  ASSIGN_OR_RETURN(ExprPtr bound,
                   StatementBinder(context).BindIndexExpr(std::move(table), expr, is_predicate));
  if (!IsImmutable(*bound)) {
    return Error(sqlstate::kInvalidObjectDefinition,
                 "functions in index {} must be marked IMMUTABLE",
                 is_predicate ? "predicate" : "expression");
  }
  return bound;
}

Result<std::string> IndexExprText(const BindContext& context, const catalog::TableRef& table,
                                  const Expr& bound, const ast::Expr& written, IndexExprKind kind) {
  RETURN_IF_ERROR(CheckInlines(
      context, bound,
      kind == IndexExprKind::kPredicate ? "an index predicate" : "an index expression"));
  for (std::string text :
       {ToString(bound), DeparseOverTable(written), ToString(bound, ExprStyle::kDefinition)}) {
    auto again = BindStored(*context.catalog, table, text, kind);
    if (again.ok() && Equal(**again, bound)) return text;
  }
  return NotSupported(fmt::format("the index {} {}",
                                  kind == IndexExprKind::kPredicate ? "predicate" : "expression",
                                  Deparse(written)));
}

}  // namespace shale::sql
