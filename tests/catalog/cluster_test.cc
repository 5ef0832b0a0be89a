// Goal: databases are apart from each other, in memory and in the store, and a store from before
// there were any is the default one's. Method: the cluster on the memory engine, opened again.
#include "catalog/cluster.h"

#include <gtest/gtest.h>

#include "catalog/comments_format.h"
#include "catalog/keys.h"
#include "engine/model/model_store.h"

namespace shale::catalog {
namespace {

class ClusterTest : public testing::Test {
 protected:
  void SetUp() override {
    engine::RegisterMemoryEngine();
    store_ = std::move(*engine::OpenEngine("memory", {}));
  }
  void Open() {
    cluster_.reset();
    auto opened = Cluster::Open(store_.get());
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    cluster_ = std::move(*opened);
  }
  // In one transaction of the database.
  void Change(Oid database,
              const std::function<Status(CatalogTransaction&, engine::KvTransaction&)>& change) {
    const CatalogRef catalog = cluster_->Find(database);
    auto kv = store_->Begin({});
    CatalogTransaction changes(catalog.get(), kv.get());
    Status changed = change(changes, *kv);
    ASSERT_TRUE(changed.ok()) << changed.ToString();
    auto committed = BlockingWait(kv->Commit({}, changes.Publisher()));
    ASSERT_EQ(committed.outcome, engine::CommitOutcome::kCommitted);
  }
  // A table with an index, a row of each, and a sequence that has given 7.
  void AddTable(Oid database, Oid oid) {
    Change(database, [&](CatalogTransaction& changes, engine::KvTransaction& kv) {
      TableDesc table;
      table.oid = oid;
      table.schema_oid = kPublicSchemaOid;
      table.name = "t";
      table.storage_id = kTableStorage;
      ColumnDesc column;
      column.name = "a";
      column.type = {type_oid::kInt4, -1};
      table.columns = {column};
      RETURN_IF_ERROR(changes.SetTable(table));
      IndexDesc index;
      index.oid = oid + 1;
      index.table_oid = oid;
      index.schema_oid = kPublicSchemaOid;
      index.name = "i";
      index.storage_id = kTableStorage + 1;
      index.keys.resize(1);
      index.keys[0].column = 0;
      index.keys[0].type = column.type;
      RETURN_IF_ERROR(changes.SetIndex(index));
      SequenceDesc sequence;
      sequence.oid = oid + 2;
      sequence.schema_oid = kPublicSchemaOid;
      sequence.name = "s";
      RETURN_IF_ERROR(changes.SetSequence(sequence));
      for (uint32_t storage : {kTableStorage, kTableStorage + 1}) {
        RETURN_IF_ERROR(kv.Put(RowRange(storage).begin + "key", "row"));
      }
      RETURN_IF_ERROR(kv.Put(RowCounterKey(kTableStorage), std::string(8, '\1')));
      return changes.SetComments(
          {.object_oid = oid, .class_oid = kPgClassOid, .texts = {{0, "a table"}}});
    });
    const CatalogRef catalog = cluster_->Find(database);
    const SequenceRef sequence = catalog->snapshot()->FindSequence(oid + 2);
    ASSERT_TRUE(BlockingWait(catalog->SetSequenceValue(sequence, {7, true}, nullptr)).ok());
  }
  void Copy(Oid from, Oid to, const std::string& name) {
    Change(kPostgresDatabaseOid, [&](CatalogTransaction& changes, engine::KvTransaction& kv) {
      auto copied = BlockingWait(cluster_->CopyDatabase(cluster_->Find(from), to, &kv, nullptr));
      RETURN_IF_ERROR(copied.status());
      return changes.CreateDatabase({.oid = to, .name = name}, *copied);
    });
  }
  size_t RowsBelow(const std::string& prefix) {
    auto kv = store_->Begin({});
    auto cursor = kv->Scan({.range = PrefixRange(prefix)});
    return BlockingWait(cursor->NextPage())->size();
  }

  static constexpr uint32_t kTableStorage = 500;
  static constexpr Oid kTable = 20000;
  static constexpr Oid kCopy = 30000;
  std::unique_ptr<engine::KvStore> store_;
  std::unique_ptr<Cluster> cluster_;
};

TEST_F(ClusterTest, AnEmptyStoreGetsItsDatabases) {
  for (int i = 0; i < 2; ++i) {
    Open();
    EXPECT_EQ(cluster_->databases()->size(), 4u);
    EXPECT_EQ(cluster_->FindDatabase("shale")->oid, kDefaultDatabaseOid);
    EXPECT_FALSE(cluster_->FindDatabase("template0")->allows_connections);
    for (const CatalogRef& catalog : cluster_->catalogs()) {
      EXPECT_EQ(catalog->snapshot()->schemas().size(), 3u);
      EXPECT_EQ(catalog->snapshot()->databases(), cluster_->databases());
    }
  }
  EXPECT_EQ(cluster_->Find(kTable), nullptr);
  EXPECT_EQ(cluster_->FindDatabase("nothing"), nullptr);
}

TEST_F(ClusterTest, ObjectsAreOfTheirDatabase) {
  Open();
  for (int i = 0; i < 2; ++i) {
    if (i == 0) AddTable(kPostgresDatabaseOid, kTable);
    EXPECT_NE(cluster_->Find(kPostgresDatabaseOid)->snapshot()->FindTable(kTable), nullptr);
    EXPECT_EQ(cluster_->Find(kDefaultDatabaseOid)->snapshot()->FindTable(kTable), nullptr);
    Open();
  }
}

TEST_F(ClusterTest, AStoreWithoutAListIsTheDefaultOnes) {
  Open();
  AddTable(kDefaultDatabaseOid, kTable);
  // As it was: no list, no other database, and comments on databases among others.
  auto kv = store_->Begin({});
  ASSERT_TRUE(kv->DeleteRange(PrefixRange(std::string(1, kDatabaseRecordFamily))).ok());
  for (const auto& [oid, text] : {std::pair(kDefaultDatabaseOid, "ours"), {kTable, "a table"}}) {
    const ObjectComments comments{.object_oid = oid,
                                  .class_oid = oid == kTable ? kPgClassOid : kPgDatabaseOid,
                                  .texts = {{0, text}}};
    ASSERT_TRUE(
        kv->Put(RecordKey(kDefaultDatabaseOid, ObjectKind::kComment, oid), EncodeComments(comments))
            .ok());
  }
  ASSERT_EQ(BlockingWait(kv->Commit()).outcome, engine::CommitOutcome::kCommitted);
  for (int i = 0; i < 2; ++i) {
    Open();
    EXPECT_EQ(cluster_->databases()->size(), 4u);
    EXPECT_EQ(cluster_->FindDatabase("shale")->comment, "ours");
    const auto view = cluster_->Find(kDefaultDatabaseOid)->snapshot();
    EXPECT_NE(view->FindTable(kTable), nullptr);
    EXPECT_EQ(view->comments().size(), 1u);
    EXPECT_EQ(cluster_->Find(kPostgresDatabaseOid)->snapshot()->tables().size(), 0u);
  }
}

TEST_F(ClusterTest, ACopyHasAllAndIsApart) {
  Open();
  AddTable(kDefaultDatabaseOid, kTable);
  Copy(kDefaultDatabaseOid, kCopy, "copy");
  for (int i = 0; i < 2; ++i) {
    const CatalogRef copy = cluster_->Find(kCopy);
    ASSERT_NE(copy, nullptr);
    const auto view = copy->snapshot();
    EXPECT_EQ(view->database_name(), "copy");
    const TableRef table = view->FindTable(kPublicSchemaOid, "t");
    ASSERT_NE(table, nullptr);
    EXPECT_EQ(table->oid, kTable);
    ASSERT_EQ(table->indexes.size(), 1u);
    EXPECT_NE(table->storage_id, kTableStorage);
    EXPECT_NE(table->indexes[0]->storage_id, kTableStorage + 1);
    EXPECT_EQ(RowsBelow(RowRange(table->storage_id).begin), 1u);
    EXPECT_EQ(RowsBelow(RowRange(table->indexes[0]->storage_id).begin), 1u);
    EXPECT_EQ(RowsBelow(RowCounterKey(table->storage_id)), 1u);
    EXPECT_EQ(view->FindComments(kTable)->texts.at(0), "a table");
    const SequenceRef sequence = view->FindSequence(kTable + 2);
    EXPECT_EQ(BlockingWait(copy->ReadSequence(sequence, nullptr))->last_value, 7);
    Open();
  }
  Change(kCopy, [&](CatalogTransaction& changes, engine::KvTransaction&) {
    RETURN_IF_ERROR(changes.DropSequence(kTable + 2));
    return changes.DropTable(kTable);
  });
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(cluster_->Find(kCopy)->snapshot()->tables().size(), 0u);
    const CatalogRef original = cluster_->Find(kDefaultDatabaseOid);
    EXPECT_EQ(original->snapshot()->FindTable(kTable)->indexes.size(), 1u);
    EXPECT_EQ(original->snapshot()->comments().size(), 1u);
    const SequenceRef sequence = original->snapshot()->FindSequence(kTable + 2);
    EXPECT_EQ(BlockingWait(original->ReadSequence(sequence, nullptr))->last_value, 7);
    EXPECT_EQ(RowsBelow(RowRange(kTableStorage).begin), 1u);
    Open();
  }
}

TEST_F(ClusterTest, DroppedOnesLeaveNothing) {
  Open();
  AddTable(kDefaultDatabaseOid, kTable);
  Copy(kDefaultDatabaseOid, kCopy, "copy");
  for (Oid dropped : {kCopy, kDefaultDatabaseOid}) {
    const TableRef table = cluster_->Find(dropped)->snapshot()->FindTable(kTable);
    Change(kPostgresDatabaseOid, [&](CatalogTransaction& changes, engine::KvTransaction&) {
      return changes.DropDatabase(dropped);
    });
    EXPECT_EQ(cluster_->Find(dropped), nullptr);
    EXPECT_EQ(RowsBelow(RowRange(table->storage_id).begin), 0u);
    EXPECT_EQ(RowsBelow(RowRange(table->indexes[0]->storage_id).begin), 0u);
    EXPECT_EQ(RowsBelow(RecordPrefix(dropped)), 0u);
    EXPECT_EQ(RowsBelow(SequenceRange(dropped).begin), 0u);
    Open();
    EXPECT_EQ(cluster_->Find(dropped), nullptr);
  }
  EXPECT_EQ(cluster_->databases()->size(), 3u);
}

TEST_F(ClusterTest, TheListIsTheSameInAllAndRollsBack) {
  Open();
  const CatalogRef catalog = cluster_->Find(kPostgresDatabaseOid);
  const auto before = catalog->snapshot();
  {
    auto kv = store_->Begin({});
    CatalogTransaction changes(catalog.get(), kv.get());
    ASSERT_TRUE(changes.SetDatabase({.oid = kDefaultDatabaseOid, .name = "renamed"}).ok());
    EXPECT_NE(changes.view()->FindDatabase("renamed"), nullptr);
    changes.RollbackChanges(0);
    EXPECT_EQ(changes.view()->FindDatabase("renamed"), nullptr);
    kv->Rollback();
  }
  EXPECT_EQ(catalog->snapshot(), before);
  Change(kPostgresDatabaseOid, [](CatalogTransaction& changes, engine::KvTransaction&) {
    return changes.SetDatabase({.oid = kDefaultDatabaseOid, .name = "renamed"});
  });
  for (const CatalogRef& one : cluster_->catalogs()) {
    EXPECT_NE(one->snapshot()->FindDatabase("renamed"), nullptr);
    EXPECT_TRUE(one->IsCurrent(*one->snapshot()));
  }
  EXPECT_EQ(cluster_->Find(kDefaultDatabaseOid)->snapshot()->database_name(), "renamed");
  EXPECT_NE(cluster_->FindDatabase("renamed"), nullptr);
}

TEST_F(ClusterTest, DamagedListsAreTold) {
  Open();
  auto kv = store_->Begin({});
  ASSERT_TRUE(kv->Put(RecordKey(kSharedDatabaseOid, ObjectKind::kDatabase, 7), "\1").ok());
  ASSERT_EQ(BlockingWait(kv->Commit()).outcome, engine::CommitOutcome::kCommitted);
  EXPECT_TRUE(Cluster::Open(store_.get()).status().Is(sqlstate::kDataCorrupted));
}

TEST(DatabaseKeys, OfDatabasesDoNotMeet) {
  EXPECT_EQ(RecordKey(7, ObjectKind::kTable, 1), std::string("\x05\0\0\0\7\2\0\0\0\1", 10));
  EXPECT_EQ(SequenceKey(7, {.oid = 1}), std::string("\x06\0\0\0\7\0\0\0\1", 9));
  const AdvisoryKey advisory{.class_id = 1, .object_id = 2, .kind = 1};
  EXPECT_EQ(TableOfLockKey(TableLockKey(7, 1)), (LockedTable{7, 1}));
  EXPECT_EQ(AdvisoryOfLockKey(AdvisoryLockKey(7, advisory)), (LockedAdvisory{7, advisory}));
  EXPECT_EQ(DatabaseOfLockKey(DatabaseLockKey(7)), 7u);
  EXPECT_EQ(TableOfLockKey(DatabaseLockKey(7)), std::nullopt);
  EXPECT_EQ(DatabaseOfLockKey(TableLockKey(7, 1)), std::nullopt);
  EXPECT_NE(NameLockKey(7, 1, "n"), NameLockKey(kDefaultDatabaseOid, 1, "n"));
}

}  // namespace
}  // namespace shale::catalog
