#include "sql/exec/ddl/table_like.h"

#include <algorithm>

#include "sql/bind/resolve_name.h"
#include "sql/bind/virtual_table.h"
#include "sql/exec/ddl/index_internal.h"
#include "sql/expr/index_definition.h"

namespace shale::sql::ddl {
namespace {

// What LIKE names, locked so that it stays.
struct LikeSource {
  catalog::TableRef table;                  // null of views and system tables
  catalog::Oid oid = catalog::kInvalidOid;  // of system tables: none
  std::vector<catalog::ColumnDesc> columns;
  std::vector<int32_t> numbers;  // of the columns
};

Status InvalidInLike(const ast::TableLike& like, std::string_view kinds,
                     const DdlContext& context) {
  return Error(sqlstate::kWrongObjectType, "relation \"{}\" is invalid in LIKE clause",
               like.name.name)
      .Detail(fmt::format("This operation is not supported for {}.", kinds))
      .Position(PositionOf(context, like.name.location));
}

catalog::ColumnDesc PlainColumn(std::string_view name, const catalog::Type& type) {
  catalog::ColumnDesc column;
  column.name = name;
  column.type = type;
  column.missing = catalog::Value::Null(type);
  return column;
}

Task<Result<LikeSource>> FindSource(const ast::TableLike& like, DdlContext& context) {
  LikeSource source;
  const BindContext bind = Binding(context);
  if (FindSequence(bind, like.name) != nullptr) {
    co_return InvalidInLike(like, "sequences", context);
  }
  if (FindIndex(bind, like.name)) co_return InvalidInLike(like, "indexes", context);
  CO_ASSIGN_OR_RETURN(FoundRelation found, ResolveRelation(bind, like.name));
  if (found.virtual_table != nullptr) {
    for (const VirtualColumn& column : found.virtual_table->columns) {
      source.columns.push_back(PlainColumn(column.name, column.type));
    }
    co_return source;
  }
  const catalog::Oid oid = found.table != nullptr ? found.table->oid : found.view->oid;
  Status locked = co_await LockTable(context, oid, engine::LockMode::kTableAccessShare);
  if (!locked.ok()) co_return locked;
  source.oid = oid;
  source.table = View(context).FindTable(oid);
  catalog::ViewRef view = View(context).FindView(oid);
  if (source.table != nullptr) {
    for (size_t i = 0; i < source.table->columns.size(); ++i) {
      if (source.table->columns[i].dropped) continue;
      source.columns.push_back(source.table->columns[i]);
      source.numbers.push_back(static_cast<int32_t>(i) + 1);
    }
  } else if (view != nullptr) {
    for (const catalog::ViewColumn& column : view->columns) {
      source.columns.push_back(PlainColumn(column.name, column.type));
      source.numbers.push_back(static_cast<int32_t>(source.columns.size()));
    }
  } else {
    co_return Error(sqlstate::kUndefinedTable, "relation \"{}\" does not exist", like.name.name);
  }
  co_return source;
}

// An identity column's sequence with the options of another's, for a column to be added.
Task<Result<catalog::SequenceDesc>> SequenceLike(catalog::Oid source,
                                                 const catalog::TableDesc& table,
                                                 std::string_view column,
                                                 std::vector<std::string>* taken_names,
                                                 DdlContext& context) {
  catalog::SequenceDesc sequence = *View(context).FindSequence(source);
  sequence.schema_oid = table.schema_oid;
  sequence.schema_name = table.schema_name;
  sequence.name = ChooseName(context, table.schema_oid, table.name, column, "seq", *taken_names);
  taken_names->push_back(sequence.name);
  auto allocate = context.execution->catalog->AllocateOid();
  auto oid = co_await allocate;
  if (!oid.ok()) co_return std::move(oid).status();
  sequence.oid = *oid;
  sequence.owner_table = table.oid;
  sequence.owner_column = static_cast<int>(table.columns.size());
  co_return sequence;
}

// Where a column of one table is in the other.
int Moved(int column, const catalog::TableDesc& from, const catalog::TableDesc& to) {
  return column < 0 ? column : to.FindColumn(from.columns[static_cast<size_t>(column)].name);
}

catalog::IndexDesc IndexLike(const catalog::IndexDesc& source, const catalog::TableDesc& from,
                             const catalog::TableDesc& to, const DdlContext& context) {
  catalog::IndexDesc index = source;
  index.table_oid = to.oid;
  index.schema_oid = to.schema_oid;
  for (catalog::IndexKey& key : index.keys) key.column = Moved(key.column, from, to);
  for (int& column : index.include) column = Moved(column, from, to);
  std::string addition;
  for (size_t i = 0; i < index.keys.size() + index.include.size(); ++i) {
    if (!addition.empty()) addition += '_';
    addition += IndexColumnName(from, source, static_cast<int>(i) + 1);
  }
  const bool is_constraint = source.constraint_oid != catalog::kInvalidOid;
  index.name = source.primary ? ChooseName(context, to.schema_oid, to.name, {}, "pkey", {})
                              : ChooseName(context, to.schema_oid, to.name, addition,
                                           is_constraint ? "key" : "idx", {});
  index.constraint_oid = catalog::kInvalidOid;
  index.state = catalog::IndexState::kValid;
  return index;
}

}  // namespace

Task<Status> TableLikes::AddColumns(size_t before, catalog::TableDesc* table,
                                    std::vector<catalog::SequenceDesc>* sequences,
                                    std::vector<std::string>* taken_names) {
  for (; next_ < command_.likes.size() && command_.likes[next_].before == before; ++next_) {
    const ast::TableLike& like = command_.likes[next_];
    auto finding = FindSource(like, context_);
    auto source = co_await finding;
    if (!source.ok()) co_return std::move(source).status();
    const Source copied{source->table, like.comments};
    if (like.constraints && source->table != nullptr) checked_.push_back(copied);
    if (like.indexes && source->table != nullptr) indexed_.push_back(copied);
    for (size_t i = 0; i < source->columns.size(); ++i) {
      const catalog::ColumnDesc& old = source->columns[i];
      if (table->FindColumn(old.name) >= 0) {
        co_return Error(sqlstate::kDuplicateColumn, "column \"{}\" specified more than once",
                        old.name);
      }
      catalog::ColumnDesc column = PlainColumn(old.name, old.type);
      column.not_null = old.not_null;
      const bool is_identity = old.identity != catalog::Identity::kNone;
      if (is_identity && like.identity) {
        auto drawing = SequenceLike(old.owned_sequence, *table, old.name, taken_names, context_);
        auto sequence = co_await drawing;
        if (!sequence.ok()) co_return std::move(sequence).status();
        column.identity = old.identity;
        column.owned_sequence = sequence->oid;
        column.default_sql = NextvalText(table->schema_name, sequence->name);
        sequences->push_back(std::move(sequence).value());
      } else if (old.generated) {
        column.generated = like.generated;
        if (like.generated) column.default_sql = old.default_sql;
      } else if (!is_identity && like.defaults) {
        column.default_sql = old.default_sql;
      }
      table->columns.push_back(std::move(column));
      if (like.comments && source->oid != catalog::kInvalidOid) {
        copied_.push_back({.from = source->oid,
                           .from_column = source->numbers[i],
                           .to_column = static_cast<int32_t>(table->columns.size())});
      }
    }
  }
  co_return Status::Ok();
}

Task<Status> TableLikes::AddChecks(catalog::TableDesc* table) {
  for (const Source& source : checked_) {
    for (const catalog::CheckDesc& check : source.table->checks) {
      CO_RETURN_IF_ERROR(CheckConstraintName(*table, check.name));
      catalog::CheckDesc copy = check;
      for (int& column : copy.columns) column = Moved(column, *source.table, *table);
      copy.validated = true;
      auto allocate = context_.execution->catalog->AllocateOid();
      auto oid = co_await allocate;
      if (!oid.ok()) co_return std::move(oid).status();
      copy.oid = *oid;
      Copy(source, check.oid, *oid);
      InsertCheck(std::move(copy), table);
    }
  }
  co_return Status::Ok();
}

Task<Status> TableLikes::SetKey(catalog::TableDesc* table) {
  for (const Source& source : indexed_) {
    if (source.table->primary_key.empty()) continue;
    std::vector<std::string> columns;
    for (int column : source.table->primary_key) {
      columns.push_back(source.table->columns[static_cast<size_t>(column)].name);
    }
    ast::Constraint unnamed;
    Status set = co_await SetPrimaryKey(unnamed, std::move(columns), table, context_);
    if (!set.ok()) co_return set;
    Copy(source, source.table->primary_key_index_oid, table->primary_key_index_oid);
  }
  co_return Status::Ok();
}

Task<Status> TableLikes::AddIndexes(catalog::Oid table) {
  for (const Source& source : indexed_) {
    for (const catalog::IndexRef& index : source.table->indexes) {
      catalog::TableRef description = View(context_).FindTable(table);
      if (index->primary) CO_RETURN_IF_ERROR(CheckNoPrimaryKey(*description));
      catalog::IndexDesc copy = IndexLike(*index, *source.table, *description, context_);
      const bool is_constraint = index->constraint_oid != catalog::kInvalidOid;
      auto adding = AddIndex(std::move(copy), is_constraint, context_);
      auto added = co_await adding;
      if (!added.ok()) co_return std::move(added).status();
      Copy(source, index->oid, *added);
    }
  }
  co_return Status::Ok();
}

Status TableLikes::AddComments(const catalog::TableDesc& table) {
  for (const Copied& copied : copied_) {
    catalog::CommentsRef comments = View(context_).FindComments(copied.from);
    if (comments == nullptr) continue;
    auto text = comments->texts.find(copied.from_column);
    if (text == comments->texts.end()) continue;
    catalog::ObjectComments own;
    own.object_oid = copied.to != catalog::kInvalidOid ? copied.to : table.oid;
    own.class_oid = comments->class_oid;
    if (catalog::CommentsRef earlier = View(context_).FindComments(own.object_oid)) own = *earlier;
    own.texts[copied.to_column] = text->second;
    RETURN_IF_ERROR(Changes(context_).SetComments(std::move(own)));
  }
  return Status::Ok();
}

}  // namespace shale::sql::ddl
