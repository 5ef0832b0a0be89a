// CatalogSnapshot: an immutable picture of all schemas, tables, sequences, views and types of one
// database, and of the list of databases.
// CatalogChanges: what a transaction's DDL has changed over it.
//
// Readers share snapshots by shared_ptr and never lock. A commit applies its changes to the newest
// snapshot and swaps it in (catalog.h). Copying a snapshot copies maps of pointers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "catalog/comments.h"
#include "catalog/database_desc.h"
#include "catalog/function_desc.h"
#include "catalog/schema.h"
#include "catalog/types/user_type.h"
#include "catalog/view_desc.h"

namespace shale::catalog {

using SchemaRef = std::shared_ptr<const SchemaDesc>;
using TableRef = std::shared_ptr<const TableDesc>;
using SequenceRef = std::shared_ptr<const SequenceDesc>;

// kConstraints: records only, of what belongs to a table's description.
enum class ObjectKind : uint8_t {
  kSchema = 1,
  kTable = 2,
  kSequence = 3,
  kIndex = 4,
  kConstraints = 5,
  kView = 6,
  kType = 7,
  kFunction = 8,
  kDatabase = 9,     // of what all databases share
  kStatistics = 16,  // under the table's OID
  kComment = 17,     // under the OID of what it is on
};

// One object set (or, with a null pointer, dropped) by a transaction.
struct CatalogChange {
  ObjectKind kind;
  Oid oid;
  std::variant<SchemaRef, TableRef, SequenceRef, IndexRef, ViewRef, StatisticsRef, TypeRef,
               FunctionRef, CommentsRef, DatabaseRef>
      object;
};
using CatalogChanges = std::vector<CatalogChange>;  // later ones win

// The types that users have made. By schema and name, those of arrays among them.
struct UserTypes {
  std::map<Oid, TypeRef> by_oid;
  std::map<std::pair<Oid, std::string>, Oid, std::less<>> names;
};

class CatalogSnapshot {
 public:
  explicit CatalogSnapshot(Oid database = kDefaultDatabaseOid) : database_(database) {}

  // Whose it is, and what that is called now.
  Oid database() const { return database_; }
  std::string_view database_name() const;
  // Rises by one with every commit that changes the catalog.
  uint64_t version() const { return version_; }
  // The commit that made it. A snapshot of rows that is older must not be read with this catalog.
  uint64_t sequence() const { return sequence_; }

  // Null where there is none.
  SchemaRef FindSchema(std::string_view name) const;
  SchemaRef FindSchema(Oid oid) const;
  TableRef FindTable(Oid schema, std::string_view name) const;
  TableRef FindTable(Oid oid) const;
  SequenceRef FindSequence(Oid schema, std::string_view name) const;
  SequenceRef FindSequence(Oid oid) const;
  IndexRef FindIndex(Oid schema, std::string_view name) const;
  IndexRef FindIndex(Oid oid) const;
  // A materialized view is found by its OID, and is a table by its name.
  ViewRef FindView(Oid schema, std::string_view name) const;
  ViewRef FindView(Oid oid) const;
  // A user's type, or a row type; not one of arrays.
  TypeRef FindType(Oid oid) const;
  // A user's type, a row type, or the type of arrays of one; kInvalidOid: none has the name.
  Oid FindTypeName(Oid schema, std::string_view name) const;
  // The name of the type of a row type's arrays: _name, with more of _ where that is taken.
  std::string RowArrayName(const TypeDesc& row_type) const;
  CommentsRef FindComments(Oid object) const;
  FunctionRef FindFunction(Oid oid) const;
  // Functions and procedures of the name, oldest first.
  std::vector<FunctionRef> FunctionsOf(Oid schema, std::string_view name) const;
  DatabaseRef FindDatabase(std::string_view name) const;
  DatabaseRef FindDatabase(Oid oid) const;
  // Tables, sequences, views and indexes share one namespace per schema (pg_class):
  // kInvalidOid where the name is free.
  Oid FindRelation(Oid schema, std::string_view name) const;

  // Those with foreign keys to the table, itself perhaps among them; in OID order.
  std::vector<TableRef> ReferencingTables(Oid table) const;

  // In OID order.
  const std::map<Oid, SchemaRef>& schemas() const { return schemas_; }
  const std::map<Oid, TableRef>& tables() const { return tables_; }
  const std::map<Oid, SequenceRef>& sequences() const { return sequences_; }
  const std::map<Oid, IndexRef>& indexes() const { return indexes_; }
  const std::map<Oid, ViewRef>& views() const { return views_; }
  const std::map<Oid, TypeRef>& types() const { return types_->by_oid; }
  // By the relation's OID.
  const std::map<Oid, TypeRef>& row_types() const { return row_types_; }
  // Equal pointers mean that no type differs in anything, and no row type of a relation that is in
  // both.
  const std::shared_ptr<const UserTypes>& all_types() const { return types_; }
  const std::map<Oid, CommentsRef>& comments() const { return comments_; }
  // All there are, the same in every database.
  const std::shared_ptr<const DatabaseMap>& databases() const { return databases_; }
  // Another pointer after each change of a function: what was bound stands while it is the same.
  const std::shared_ptr<const FunctionMap>& functions() const { return functions_; }

  // A copy with the changes applied and the given version and commit.
  std::shared_ptr<const CatalogSnapshot> With(const CatalogChanges& changes, uint64_t version,
                                              uint64_t sequence) const;
  // A copy of the next version with another list of databases, which no reader of rows minds.
  std::shared_ptr<const CatalogSnapshot> WithDatabases(
      std::shared_ptr<const DatabaseMap> databases) const;
  // The changes that make it of an empty one, but for its databases.
  CatalogChanges AsChanges() const;

 private:
  void Apply(const CatalogChange& change);
  void Forget(ObjectKind kind, Oid oid);
  void ApplyType(Oid oid, const TypeRef& type);
  // After the relation has changed; before: its row type until then, or null.
  void DescribeRow(Oid relation, const TypeRef& before);
  // Has the table list its indexes; a description that does already stays the same.
  void AttachIndexes(Oid table);
  void AttachStatistics(Oid table);
  static const std::shared_ptr<const UserTypes>& NoTypes();

  struct NameLess {
    using is_transparent = void;
    template <typename Left, typename Right>
    bool operator()(const Left& left, const Right& right) const {
      if (left.first != right.first) return left.first < right.first;
      return std::string_view(left.second) < std::string_view(right.second);
    }
  };

  Oid database_;
  uint64_t version_ = 0;
  uint64_t sequence_ = 0;
  std::map<Oid, SchemaRef> schemas_;
  std::map<Oid, TableRef> tables_;
  std::map<Oid, SequenceRef> sequences_;
  std::map<Oid, std::set<Oid>> referencing_;  // by the table referred to
  std::map<Oid, IndexRef> indexes_;
  std::map<Oid, ViewRef> views_;
  std::shared_ptr<const FunctionMap> functions_ = std::make_shared<FunctionMap>();
  std::map<std::pair<Oid, Oid>, IndexRef> table_indexes_;  // by table and index
  std::map<Oid, StatisticsRef> statistics_;                // by table
  std::shared_ptr<const UserTypes> types_ = NoTypes();
  std::map<Oid, TypeRef> row_types_;     // by relation
  std::map<Oid, CommentsRef> comments_;  // by object
  std::shared_ptr<const DatabaseMap> databases_ = std::make_shared<DatabaseMap>();
  std::map<std::string, Oid, std::less<>> schema_names_;
  // By schema and name.
  std::map<std::pair<Oid, std::string>, Oid, NameLess> relation_names_;
  std::map<std::pair<Oid, std::string>, std::set<Oid>, NameLess> function_names_;
};

}  // namespace shale::catalog
