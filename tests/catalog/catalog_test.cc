// The catalog on the memory engine: transactional changes, savepoints, publication, numbers that
// are never given twice, and sequences.
#include "catalog/catalog.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "catalog/catalog_format.h"
#include "catalog/cluster.h"
#include "catalog/domains.h"
#include "catalog/key_codec.h"
#include "catalog/keys.h"
#include "catalog/types/record.h"
#include "catalog/types/row_types.h"
#include "engine/base/task.h"
#include "engine/model/model_store.h"

namespace shale::catalog {
namespace {

class CatalogTest : public testing::Test {
 protected:
  void SetUp() override {
    engine::RegisterMemoryEngine();
    auto store = engine::OpenEngine("memory", {});
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    store_ = std::move(store).value();
    Reopen();
  }
  void Reopen() {
    catalog_.reset();
    cluster_.reset();
    auto opened = Cluster::Open(store_.get());
    ASSERT_TRUE(opened.ok()) << opened.status().ToString();
    cluster_ = std::move(opened).value();
    catalog_ = cluster_->Find(kDefaultDatabaseOid);
  }
  struct Change {
    std::unique_ptr<engine::KvTransaction> kv;
    std::unique_ptr<CatalogTransaction> catalog;
    void Commit() {
      auto committed = BlockingWait(kv->Commit({}, catalog->Publisher()));
      EXPECT_EQ(committed.outcome, engine::CommitOutcome::kCommitted);
    }
  };
  Change Begin() {
    Change change;
    change.kv = store_->Begin({});
    change.catalog = std::make_unique<CatalogTransaction>(catalog_.get(), change.kv.get());
    return change;
  }
  static TableDesc Table(Oid oid, const std::string& name, uint32_t storage_id = 1) {
    TableDesc table;
    table.oid = oid;
    table.schema_oid = kPublicSchemaOid;
    table.name = name;
    table.storage_id = storage_id;
    ColumnDesc column;
    column.name = "a";
    column.type = {type_oid::kInt4, -1};
    table.columns = {column};
    return table;
  }
  SequenceRef MakeSequence(SequenceDesc sequence) {
    sequence.oid = 20000;
    sequence.schema_oid = kPublicSchemaOid;
    sequence.name = "s";
    Change change = Begin();
    EXPECT_TRUE(change.catalog->SetSequence(sequence).ok());
    change.Commit();
    return catalog_->snapshot()->FindSequence(20000);
  }
  // As nextval does; -1 stands for 2200H.
  int64_t Next(const SequenceRef& sequence) {
    while (true) {
      if (auto value = catalog_->TryNextValue(*sequence)) return *value;
      Status leased = BlockingWait(catalog_->LeaseSequence(sequence, 1, nullptr));
      if (leased.ok()) continue;
      EXPECT_EQ(leased.sqlstate(), sqlstate::kSequenceGeneratorLimitExceeded);
      return -1;
    }
  }

  std::unique_ptr<engine::KvStore> store_;
  std::unique_ptr<Cluster> cluster_;
  CatalogRef catalog_;
};

TEST_F(CatalogTest, AnEmptyStoreGetsItsSchemas) {
  auto view = catalog_->snapshot();
  EXPECT_EQ(view->FindSchema("public")->oid, kPublicSchemaOid);
  EXPECT_EQ(view->FindSchema(kPgCatalogSchemaOid)->name, "pg_catalog");
  EXPECT_NE(view->FindSchema("information_schema"), nullptr);
  EXPECT_EQ(view->FindSchema("nothing"), nullptr);
}

TEST_F(CatalogTest, ChangesAreOwnUntilCommit) {
  auto before = catalog_->snapshot();
  Change change = Begin();
  ASSERT_TRUE(change.catalog->SetTable(Table(17000, "t")).ok());
  EXPECT_NE(change.catalog->view()->FindTable(kPublicSchemaOid, "t"), nullptr);
  EXPECT_EQ(catalog_->snapshot()->FindTable(kPublicSchemaOid, "t"), nullptr);
  change.Commit();
  auto after = catalog_->snapshot();
  ASSERT_NE(after->FindTable(17000), nullptr);
  EXPECT_EQ(after->FindTable(17000)->schema_name, "public");
  EXPECT_EQ(after->FindRelation(kPublicSchemaOid, "t"), 17000u);
  EXPECT_GT(after->version(), before->version());
  EXPECT_GT(after->sequence(), before->sequence());
  EXPECT_EQ(before->FindTable(17000), nullptr);  // old pictures stay as they are
}

// What an index says of its table has to be so, or the store does not open.
TEST_F(CatalogTest, IndexesFitTheirTables) {
  TableDesc table = Table(17000, "t");
  table.columns.resize(3, table.columns[0]);
  table.columns[1].name = "b";
  table.columns[1].dropped = true;
  table.columns[2].name = "c";
  table.columns[2].type = {type_oid::kJson, -1};
  IndexDesc good;
  good.oid = 17001;
  good.table_oid = 17000;
  good.schema_oid = kPublicSchemaOid;
  good.name = "i";
  good.storage_id = 2;
  good.keys.push_back({0, "", {type_oid::kInt4, -1}});
  auto open_with = [&](const IndexDesc& index) {
    Change change = Begin();
    EXPECT_TRUE(change.catalog->SetTable(table).ok());
    const std::string key = RecordKey(kDefaultDatabaseOid, ObjectKind::kIndex, index.oid);
    EXPECT_TRUE(change.kv->Put(key, EncodeIndex(index)).ok());
    change.Commit();
    auto opened = Cluster::Open(store_.get());
    return opened.ok() ? sqlstate::kSuccess : opened.status().sqlstate();
  };
  EXPECT_EQ(open_with(good), sqlstate::kSuccess);
  std::vector<IndexDesc> bad(9, good);
  bad[0].table_oid = 17009;
  bad[1].keys[0].column = 3;
  bad[2].keys[0].column = 1;
  bad[3].keys[0].type.oid = type_oid::kInt8;
  bad[4].keys[0] = {2, "", {type_oid::kJson, -1}};
  bad[5].keys[0].column = -1;
  bad[6].keys[0].expression_sql = "a + 1";
  bad[7].include = {3};
  bad[8].include = {1};
  for (size_t i = 0; i < bad.size(); ++i) {
    EXPECT_EQ(open_with(bad[i]), sqlstate::kDataCorrupted) << i;
  }
}

// A table lists its indexes; its description changes with them, and only with them.
TEST_F(CatalogTest, TablesListTheirIndexes) {
  auto index_of = [](Oid oid, const std::string& name) {
    IndexDesc index;
    index.oid = oid;
    index.table_oid = 17000;
    index.schema_oid = kPublicSchemaOid;
    index.name = name;
    index.storage_id = oid;
    index.keys.push_back({0, "", {type_oid::kInt4, -1}});
    return index;
  };
  Change change = Begin();
  ASSERT_TRUE(change.catalog->SetTable(Table(17000, "t")).ok());
  ASSERT_TRUE(change.catalog->SetIndex(index_of(17002, "second")).ok());
  ASSERT_TRUE(change.catalog->SetIndex(index_of(17001, "first")).ok());
  change.Commit();
  auto one = catalog_->snapshot();
  ASSERT_EQ(one->FindTable(17000)->indexes.size(), 2u);
  EXPECT_EQ(one->FindTable(17000)->indexes[0]->name, "first");
  EXPECT_GT(one->FindIndex(17001)->readable_from, 0u);
  EXPECT_EQ(one->FindRelation(kPublicSchemaOid, "second"), 17002u);

  // Renamed, it can be read as before.
  const uint64_t readable_from = one->FindIndex(17001)->readable_from;
  Change rename = Begin();
  IndexDesc renamed = *one->FindIndex(17001);
  renamed.name = "third";
  ASSERT_TRUE(rename.catalog->SetIndex(std::move(renamed)).ok());
  rename.Commit();
  auto two = catalog_->snapshot();
  EXPECT_NE(two->FindTable(17000), one->FindTable(17000));
  EXPECT_EQ(two->FindIndex(17001)->readable_from, readable_from);
  EXPECT_EQ(two->FindRelation(kPublicSchemaOid, "first"), kInvalidOid);

  {
    Change undone = Begin();
    ASSERT_TRUE(undone.catalog->DropIndex(17002).ok());
    EXPECT_EQ(undone.catalog->view()->FindTable(17000)->indexes.size(), 1u);
    undone.catalog->RollbackChanges(0);
    EXPECT_EQ(undone.catalog->view()->FindTable(17000), two->FindTable(17000));
    undone.kv->Rollback();
  }
  Reopen();
  EXPECT_EQ(catalog_->snapshot()->FindTable(17000)->indexes.size(), 2u);
  EXPECT_EQ(catalog_->snapshot()->FindIndex(17001)->readable_from, 0u);

  Change drop = Begin();
  ASSERT_TRUE(drop.catalog->DropTable(17000).ok());
  drop.Commit();
  EXPECT_TRUE(catalog_->snapshot()->indexes().empty());
  EXPECT_EQ(catalog_->snapshot()->FindRelation(kPublicSchemaOid, "third"), kInvalidOid);
}

TypeDesc DomainOver(Type base, Oid oid, const std::string& name) {
  TypeDesc domain;
  domain.oid = oid;
  domain.array_oid = oid + 1;
  domain.schema_oid = kPublicSchemaOid;
  domain.name = name;
  domain.array_name = "_" + name;
  domain.kind = TypeClass::kDomain;
  domain.base = base;
  return domain;
}

TEST_F(CatalogTest, DomainsAreReadAgain) {
  Change change = Begin();
  TypeDesc positive = DomainOver({type_oid::kInt4, -1}, 33100, "positive");
  positive.checks = {{33102, "positive_check", "(VALUE > 0)", "VALUE > 0", true}};
  ASSERT_TRUE(change.catalog->SetType(positive).ok());
  TypeDesc small = DomainOver({33100, -1}, 33104, "small");
  small.not_null = true;
  ASSERT_TRUE(change.catalog->SetType(small).ok());
  ASSERT_TRUE(change.catalog->SetType(DomainOver({33101, -1}, 33106, "several")).ok());
  TableDesc table = Table(33108, "numbers");
  table.columns[0].type = {33104, -1};
  ASSERT_TRUE(change.catalog->SetTable(table).ok());
  change.Commit();
  Reopen();
  const auto view = catalog_->snapshot();
  EXPECT_EQ(view->FindTable(33108)->columns[0].type.oid, 33104u);
  const std::vector<TypeRef> domains = DomainsOf(*view, 33104);
  ASSERT_EQ(domains.size(), 2u);
  EXPECT_EQ(domains[1]->checks[0].expression, "(VALUE > 0)");
  EXPECT_TRUE(IsConstrained(*view, 33104));
  EXPECT_FALSE(IsConstrained(*view, 33106));
  EXPECT_TRUE(DomainsOf(*view, type_oid::kInt4).empty());
  std::string key;
  std::string base_key;
  AppendKey({33104, -1}, Datum::Int32(-5), &key);
  AppendKey({type_oid::kInt4, -1}, Datum::Int32(-5), &base_key);
  EXPECT_EQ(key, base_key);
  EXPECT_TRUE(CanBeKey(33104) && KeyIsExact(33104));
  change = Begin();
  ASSERT_TRUE(change.catalog->SetComments({33102, kPgConstraintOid, {{0, "indeed"}}}).ok());
  positive.checks.clear();
  ASSERT_TRUE(change.catalog->SetType(positive).ok());
  EXPECT_EQ(change.catalog->view()->FindComments(33102), nullptr);
}

// Attributes may be of younger types, which must be there.
TEST_F(CatalogTest, TypesOfAttributesMustBeKnown) {
  TypeDesc pair = DomainOver({}, 33300, "pair");
  pair.kind = TypeClass::kComposite;
  pair.attributes = {{"a", {type_oid::kInt4, -1}}, {"b", {33304, -1}}, {"c", {33399, -1}, true}};
  const TypeDesc younger = DomainOver({type_oid::kText, -1}, 33304, "younger");
  Change change = Begin();
  ASSERT_TRUE(change.catalog->SetType(younger).ok());
  ASSERT_TRUE(change.catalog->SetType(pair).ok());
  change.Commit();
  Reopen();
  const TypeRef read = catalog_->snapshot()->FindType(33300);
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->attributes.size(), 3u);
  EXPECT_EQ(read->attributes[1].type.oid, 33304u);
  EXPECT_TRUE(read->attributes[2].dropped);
  auto kv = store_->Begin({});
  pair.attributes[2].dropped = false;
  ASSERT_TRUE(
      kv->Put(RecordKey(kDefaultDatabaseOid, ObjectKind::kType, 33300), EncodeType(pair)).ok());
  ASSERT_EQ(BlockingWait(kv->Commit({}, {})).outcome, engine::CommitOutcome::kCommitted);
  catalog_.reset();
  EXPECT_TRUE(Cluster::Open(store_.get()).status().Is(sqlstate::kDataCorrupted));
}

// Records, and values in them, name row types of relations whose records come later. Written past
// the catalog, since these must be new to the process.
TEST_F(CatalogTest, RowTypesOfLaterRelationsAreKnown) {
  constexpr Oid kFirst = 34000;
  constexpr Oid kSecond = 34001;
  constexpr Oid kThird = 34002;
  TypeDesc pair = DomainOver({}, 34100, "pair");
  pair.kind = TypeClass::kComposite;
  pair.attributes = {{"a", {RowArrayOf(kThird), -1}}};
  TableDesc first = Table(kFirst, "first", 1);
  ASSERT_NE(FindDescribedType(RowTypeOf(kSecond)), nullptr);
  ASSERT_EQ(FindType(RowTypeOf(kThird)), nullptr);
  Arena arena;
  const RecordField field{.name = {}, .type = {RowTypeOf(kThird), -1}};
  auto record = MakeRecord({&field, 1}, &arena);
  ASSERT_TRUE(record.ok());
  first.columns[0].type = {RowTypeOf(kSecond), -1};
  first.columns[0].missing = Value(first.columns[0].type, Datum::Bytes(*record));
  TableDesc second = Table(kSecond, "second", 2);
  second.columns[0].type = {RowTypeOf(kThird), -1};
  auto kv = store_->Begin({});
  auto put = [&kv](ObjectKind kind, Oid oid, const std::string& bytes) {
    ASSERT_TRUE(kv->Put(RecordKey(kDefaultDatabaseOid, kind, oid), bytes).ok());
  };
  put(ObjectKind::kType, pair.oid, EncodeType(pair));
  put(ObjectKind::kTable, kFirst, EncodeTable(first));
  put(ObjectKind::kTable, kSecond, EncodeTable(second));
  put(ObjectKind::kTable, kThird, EncodeTable(Table(kThird, "third", 3)));
  ASSERT_EQ(BlockingWait(kv->Commit({}, {})).outcome, engine::CommitOutcome::kCommitted);
  Reopen();
  const auto view = catalog_->snapshot();
  EXPECT_EQ(view->FindTypeName(kPublicSchemaOid, "third"), RowTypeOf(kThird));
  EXPECT_FALSE(view->FindTable(kFirst)->columns[0].missing.is_null());
  EXPECT_EQ(view->FindType(pair.oid)->attributes[0].type.oid, RowArrayOf(kThird));
}

// What a domain is over must be known.
TEST_F(CatalogTest, ADomainOverNothingIsDamage) {
  auto kv = store_->Begin({});
  const TypeDesc domain = DomainOver({33250, -1}, 33200, "lost");
  ASSERT_TRUE(
      kv->Put(RecordKey(kDefaultDatabaseOid, ObjectKind::kType, 33200), EncodeType(domain)).ok());
  ASSERT_EQ(BlockingWait(kv->Commit({}, {})).outcome, engine::CommitOutcome::kCommitted);
  catalog_.reset();
  EXPECT_TRUE(Cluster::Open(store_.get()).status().Is(sqlstate::kDataCorrupted));
}

// Types are read before the tables that have columns of them, whatever the order of the records.
TEST_F(CatalogTest, TypesAreReadAgain) {
  TypeDesc type;
  type.oid = 33000;
  type.array_oid = 33001;
  type.schema_oid = kPublicSchemaOid;
  type.name = "mood";
  type.array_name = "_mood";
  type.labels = EnumLabels::Make({"sad", "happy"});
  Change change = Begin();
  ASSERT_TRUE(change.catalog->SetType(type).ok());
  TableDesc table = Table(17000, "t");
  table.columns[0].type = {33000, -1};
  table.columns[0].missing = Value(table.columns[0].type, Datum::Bytes(type.labels.all()[1].key));
  ASSERT_TRUE(change.catalog->SetTable(table).ok());
  EXPECT_EQ(catalog_->snapshot()->FindType(33000), nullptr);
  change.Commit();
  const auto types = catalog_->snapshot()->all_types();
  Reopen();
  const auto view = catalog_->snapshot();
  ASSERT_NE(view->FindType(33000), nullptr);
  EXPECT_EQ(view->FindType(33000)->schema_name, "public");
  EXPECT_EQ(view->FindTypeName(kPublicSchemaOid, "mood"), 33000u);
  EXPECT_EQ(view->FindTypeName(kPublicSchemaOid, "_mood"), 33001u);
  EXPECT_EQ(view->FindTable(17000)->columns[0].missing.datum().bytes, type.labels.all()[1].key);

  change = Begin();
  type.name = "feeling";
  ASSERT_TRUE(change.catalog->SetType(type).ok());
  EXPECT_NE(change.catalog->view()->all_types(), view->all_types());
  EXPECT_EQ(change.catalog->view()->FindTypeName(kPublicSchemaOid, "mood"), kInvalidOid);
  change.catalog->RollbackChanges(0);
  EXPECT_EQ(change.catalog->view()->all_types(), view->all_types());
  ASSERT_TRUE(change.catalog->DropTable(17000).ok());
  ASSERT_TRUE(change.catalog->DropType(33000).ok());
  change.Commit();
  Reopen();
  EXPECT_TRUE(catalog_->snapshot()->types().empty());
  EXPECT_EQ(catalog_->snapshot()->FindTypeName(kPublicSchemaOid, "_mood"), kInvalidOid);
}

TEST_F(CatalogTest, RollbackLeavesNothing) {
  {
    Change change = Begin();
    ASSERT_TRUE(change.catalog->SetTable(Table(17000, "t")).ok());
    change.kv->Rollback();
  }
  EXPECT_EQ(catalog_->snapshot()->FindTable(17000), nullptr);
  Reopen();
  EXPECT_EQ(catalog_->snapshot()->FindTable(17000), nullptr);
}

TEST_F(CatalogTest, WhatIsCommittedIsReadAgain) {
  Change change = Begin();
  TableDesc table = Table(17000, "t");
  table.options = {"fillfactor=70"};
  ASSERT_TRUE(change.catalog->SetTable(table).ok());
  ASSERT_TRUE(change.catalog->SetSchema({17001, "other"}).ok());
  change.Commit();
  Reopen();
  EXPECT_EQ(catalog_->snapshot()->FindTable(17000)->options, table.options);
  EXPECT_EQ(catalog_->snapshot()->FindSchema("other")->oid, 17001u);
}

TEST_F(CatalogTest, ForeignKeysThatFitNothingAreDamage) {
  TableDesc parent = Table(17000, "parent");
  parent.primary_key = {0};
  parent.primary_key_name = "parent_pkey";
  parent.primary_key_index_oid = 17001;
  TableDesc child = Table(17002, "child", 2);
  const ForeignKeyDesc good{.oid = 17003,
                            .name = "child_a_fkey",
                            .columns = {0},
                            .referenced_table = 17000,
                            .referenced_columns = {0},
                            .referenced_index = 17001};
  std::vector<ForeignKeyDesc> damaged(5, good);
  damaged[0].referenced_table = 17009;
  damaged[1].referenced_index = 17009;
  damaged[2].columns = {0, 0};
  damaged[2].referenced_columns = {0, 0};
  damaged[3].referenced_columns = {1};
  damaged[4].columns = {1};
  const auto store = [&](const ForeignKeyDesc& key) {
    child.foreign_keys = {key};
    Change change = Begin();
    ASSERT_TRUE(change.catalog->SetTable(parent).ok());
    ASSERT_TRUE(change.catalog->SetTable(child).ok());
    change.Commit();
  };
  for (const ForeignKeyDesc& key : damaged) {
    store(key);
    EXPECT_EQ(Cluster::Open(store_.get()).status().sqlstate(), sqlstate::kDataCorrupted);
  }
  store(good);
  Reopen();
  EXPECT_EQ(catalog_->snapshot()->FindTable(17002)->foreign_keys[0], good);
}

TEST_F(CatalogTest, SavepointsTakeChangesBack) {
  Change change = Begin();
  ASSERT_TRUE(change.catalog->SetTable(Table(17000, "kept", 1)).ok());
  const size_t mark = change.catalog->change_count();
  const uint64_t savepoint = change.kv->SetSavepoint();
  ASSERT_TRUE(change.catalog->SetTable(Table(17001, "undone", 2)).ok());
  ASSERT_TRUE(change.catalog->DropTable(17000).ok());
  EXPECT_EQ(change.catalog->view()->FindTable(17000), nullptr);
  change.kv->RollbackToSavepoint(savepoint);
  change.catalog->RollbackChanges(mark);
  EXPECT_NE(change.catalog->view()->FindTable(17000), nullptr);
  EXPECT_EQ(change.catalog->view()->FindTable(17001), nullptr);
  change.Commit();
  EXPECT_NE(catalog_->snapshot()->FindTable(17000), nullptr);
  Reopen();
  EXPECT_NE(catalog_->snapshot()->FindTable(17000), nullptr);
  EXPECT_EQ(catalog_->snapshot()->FindTable(17001), nullptr);
}

TEST_F(CatalogTest, RenamesFreeTheName) {
  Change create = Begin();
  ASSERT_TRUE(create.catalog->SetTable(Table(17000, "old")).ok());
  create.Commit();
  Change rename = Begin();
  ASSERT_TRUE(rename.catalog->SetTable(Table(17000, "new")).ok());
  ASSERT_TRUE(rename.catalog->SetTable(Table(17001, "old", 2)).ok());
  rename.Commit();
  auto view = catalog_->snapshot();
  EXPECT_EQ(view->FindRelation(kPublicSchemaOid, "new"), 17000u);
  EXPECT_EQ(view->FindRelation(kPublicSchemaOid, "old"), 17001u);
}

TEST_F(CatalogTest, DroppedTablesTakeTheirRows) {
  Change create = Begin();
  ASSERT_TRUE(create.catalog->SetTable(Table(17000, "t", 9)).ok());
  std::string key;
  AppendRowPrefix(9, &key);
  key += "row";
  ASSERT_TRUE(create.kv->Put(key, "value").ok());
  create.Commit();
  Change drop = Begin();
  ASSERT_TRUE(drop.catalog->DropTable(17000).ok());
  drop.Commit();
  auto reader = store_->Begin({});
  engine::PinnedBytes value;
  auto found = BlockingWait(reader->Get(key, &value));
  ASSERT_TRUE(found.ok());
  EXPECT_FALSE(*found);
}

TEST_F(CatalogTest, TwoTransactionsBothStay) {
  Change first = Begin();
  Change second = Begin();
  ASSERT_TRUE(first.catalog->SetTable(Table(17000, "a", 1)).ok());
  ASSERT_TRUE(second.catalog->SetTable(Table(17001, "b", 2)).ok());
  second.Commit();
  EXPECT_EQ(first.catalog->view()->FindTable(17001), nullptr);
  first.kv->RefreshSnapshot();
  first.catalog->Refresh();
  EXPECT_NE(first.catalog->view()->FindTable(17001), nullptr);
  EXPECT_NE(first.catalog->view()->FindTable(17000), nullptr);
  first.Commit();
  EXPECT_NE(catalog_->snapshot()->FindTable(17000), nullptr);
  EXPECT_NE(catalog_->snapshot()->FindTable(17001), nullptr);
}

TEST_F(CatalogTest, NumbersAreNeverGivenTwice) {
  std::set<Oid> oids;
  std::set<uint64_t> rows;
  std::mutex mutex;
  for (int round = 0; round < 3; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 200; ++n) {
          auto oid = BlockingWait(catalog_->AllocateOid());
          auto row = BlockingWait(catalog_->AllocateRowIds(5, 3));
          ASSERT_TRUE(oid.ok() && row.ok());
          std::lock_guard lock(mutex);
          EXPECT_GE(*oid, kFirstUserOid);
          EXPECT_TRUE(oids.insert(*oid).second);
          for (uint64_t k = 0; k < 3; ++k) EXPECT_TRUE(rows.insert(*row + k).second);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    Reopen();  // what was leased and not given is gone, never given again
  }
  EXPECT_EQ(oids.size(), 2400u);
}

TEST_F(CatalogTest, TemporaryObjectsAreSeenAndNotStored) {
  constexpr Oid kSchema = 17010;
  auto storage = BlockingWait(catalog_->AllocateStorageId("pg_temp_7"));
  ASSERT_TRUE(storage.ok());
  EXPECT_TRUE(IsTemporaryStorage(*storage));
  Change change = Begin();
  ASSERT_TRUE(change.catalog->SetSchema({kSchema, "pg_temp_7"}).ok());
  TableDesc table = Table(17011, "t", *storage);
  table.schema_oid = kSchema;
  ASSERT_TRUE(change.catalog->SetTable(table).ok());
  SequenceDesc sequence;
  sequence.oid = 17012;
  sequence.schema_oid = kSchema;
  sequence.name = "q";
  ASSERT_TRUE(change.catalog->SetSequence(sequence).ok());
  ObjectComments comments{.object_oid = 17011, .class_oid = kPgClassOid};
  comments.texts[1] = "a";
  ASSERT_TRUE(change.catalog->SetComments(comments).ok());
  EXPECT_FALSE(change.kv->has_writes());
  std::string key;
  AppendRowPrefix(*storage, &key);
  ASSERT_TRUE(change.kv->Put(key + "x", "row").ok());
  change.Commit();
  auto seen = catalog_->snapshot();
  EXPECT_NE(seen->FindTable(kSchema, "t"), nullptr);
  EXPECT_NE(seen->FindComments(17011), nullptr);
  EXPECT_EQ(Next(seen->FindSequence(17012)), 1);
  // Numbers of rows, in memory only.
  auto first = BlockingWait(catalog_->AllocateRowIds(*storage, 3));
  auto second = BlockingWait(catalog_->AllocateRowIds(*storage, 1));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*first, 1u);
  EXPECT_EQ(*second, 4u);

  Reopen();
  EXPECT_EQ(catalog_->snapshot()->FindTable(17011), nullptr);
  EXPECT_EQ(catalog_->snapshot()->FindSchema("pg_temp_7"), nullptr);
  EXPECT_EQ(catalog_->snapshot()->FindComments(17011), nullptr);
  auto reader = store_->Begin({});
  auto cursor = reader->Scan({.range = TemporaryRange()});
  auto page = BlockingWait(cursor->NextPage());
  ASSERT_TRUE(page.ok());
  EXPECT_TRUE(page->empty());
}

TEST_F(CatalogTest, WhatIsInASchemaIsDroppedAtOnce) {
  constexpr Oid kSchema = 17010;
  Change change = Begin();
  ASSERT_TRUE(change.catalog->SetSchema({kSchema, "pg_temp_7"}).ok());
  for (Oid oid : {17011u, 17012u}) {
    TableDesc table = Table(oid, "t" + std::to_string(oid), kTemporaryStorage + oid);
    table.schema_oid = kSchema;
    ASSERT_TRUE(change.catalog->SetTable(table).ok());
  }
  ASSERT_TRUE(change.catalog->SetTable(Table(17013, "other")).ok());
  change.Commit();
  Change drop = Begin();
  ASSERT_TRUE(drop.catalog->DropRelationsIn(kSchema).ok());
  ASSERT_TRUE(drop.catalog->DropSchema(kSchema).ok());
  drop.Commit();
  EXPECT_EQ(catalog_->snapshot()->tables().size(), 1u);
  EXPECT_EQ(catalog_->snapshot()->FindSchema(kSchema), nullptr);
}

// The row type of a temporary table is nothing that could be read again.
TEST_F(CatalogTest, WhatIsWrittenNamesNothingTemporary) {
  constexpr Oid kSchema = 17010;
  const Type row{RowTypeOf(17011), -1};
  Change change = Begin();
  ASSERT_TRUE(change.catalog->SetSchema({kSchema, "pg_temp_7"}).ok());
  TableDesc temporary = Table(17011, "t", kTemporaryStorage + 1);
  temporary.schema_oid = kSchema;
  ASSERT_TRUE(change.catalog->SetTable(temporary).ok());
  TableDesc table = Table(17012, "u");
  table.columns[0].type = {RowArrayOf(17011), -1};
  EXPECT_TRUE(change.catalog->SetTable(table).Is(sqlstate::kFeatureNotSupported));
  table.columns[0].type = {type_oid::kInt4, -1};
  table.columns[0].default_sql = "f(NULL::\"\x01" + std::to_string(row.oid) + "\")";
  EXPECT_TRUE(change.catalog->SetTable(table).Is(sqlstate::kFeatureNotSupported));
  TypeDesc pair = DomainOver({}, 33500, "pair");
  pair.kind = TypeClass::kComposite;
  pair.attributes = {{"a", row}};
  EXPECT_TRUE(change.catalog->SetType(pair).Is(sqlstate::kFeatureNotSupported));
  ViewDesc view;
  view.oid = 17013;
  view.schema_oid = kPublicSchemaOid;
  view.name = "v";
  view.columns = {{"a", row}};
  EXPECT_TRUE(change.catalog->SetView(view).Is(sqlstate::kFeatureNotSupported));
  view.schema_oid = kSchema;
  EXPECT_TRUE(change.catalog->SetView(view).ok());
  // Functions go with what they are over, and others with these.
  FunctionDesc lasting{.oid = 17014, .schema_oid = kPublicSchemaOid, .name = "lasting"};
  lasting.result = type_oid::kInt4;
  FunctionDesc takes = lasting;
  takes.oid = 17015;
  takes.name = "takes";
  takes.arguments = {{.name = "x", .type = row.oid}};
  FunctionDesc calls = lasting;
  calls.oid = 17016;
  calls.name = "calls";
  calls.names.uses = {{17016, -1}, {17015, -1}};
  for (const FunctionDesc& one : {lasting, takes, calls}) {
    ASSERT_TRUE(change.catalog->SetFunction(one).ok());
  }
  change.Commit();
  EXPECT_EQ(catalog_->snapshot()->functions()->size(), 3u);
  Reopen();
  EXPECT_EQ(catalog_->snapshot()->functions()->size(), 1u);
  EXPECT_NE(catalog_->snapshot()->FindFunction(17014), nullptr);
}

TEST_F(CatalogTest, CommentsGoWithWhatTheyAreOn) {
  Change change = Begin();
  TableDesc table = Table(17000, "t");
  table.columns.push_back(table.columns[0]);
  table.columns[1].name = "b";
  table.checks.push_back({.oid = 17001, .name = "c", .expression = "(a > 0)", .columns = {0}});
  ASSERT_TRUE(change.catalog->SetTable(table).ok());
  ObjectComments on_table{.object_oid = 17000, .class_oid = kPgClassOid};
  on_table.texts = {{0, "t"}, {2, "b"}};
  ObjectComments on_check{.object_oid = 17001, .class_oid = kPgConstraintOid};
  on_check.texts = {{0, "c"}};
  ASSERT_TRUE(change.catalog->SetComments(on_table).ok());
  ASSERT_TRUE(change.catalog->SetComments(on_check).ok());
  change.Commit();
  Reopen();
  ASSERT_NE(catalog_->snapshot()->FindComments(17001), nullptr);
  EXPECT_EQ(catalog_->snapshot()->FindComments(17000)->texts, on_table.texts);

  Change alter = Begin();
  TableDesc altered = *alter.catalog->view()->FindTable(17000);
  altered.checks.clear();
  altered.columns[1].dropped = true;
  ASSERT_TRUE(alter.catalog->SetTable(altered).ok());
  EXPECT_EQ(alter.catalog->view()->FindComments(17000)->texts.size(), 1u);
  EXPECT_EQ(alter.catalog->view()->FindComments(17001), nullptr);
  alter.Commit();

  Change drop = Begin();
  ASSERT_TRUE(drop.catalog->DropTable(17000).ok());
  drop.Commit();
  EXPECT_TRUE(catalog_->snapshot()->comments().empty());
  Reopen();
  EXPECT_TRUE(catalog_->snapshot()->comments().empty());
}

TEST_F(CatalogTest, SequencesCount) {
  SequenceDesc description;
  description.start = 10;
  description.increment = 5;
  SequenceRef sequence = MakeSequence(description);
  for (int64_t i = 0; i < 1000; ++i) EXPECT_EQ(Next(sequence), 10 + 5 * i);
  auto progress = BlockingWait(catalog_->ReadSequence(sequence, nullptr));
  ASSERT_TRUE(progress.ok());
  EXPECT_EQ(progress->last_value, 10 + 5 * 999);
  EXPECT_TRUE(progress->is_called);
}

TEST_F(CatalogTest, SequencesGoOnAfterARestart) {
  SequenceRef sequence = MakeSequence({});
  std::set<int64_t> values;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 10; ++i) {
      int64_t value = Next(sequence);
      EXPECT_TRUE(values.empty() || value > *values.rbegin());
      values.insert(value);
    }
    Reopen();
    sequence = catalog_->snapshot()->FindSequence(20000);
  }
}

// While there are values nobody waits for the one who refills the lease, and that one comes before
// they are used up.
TEST_F(CatalogTest, SequencesAreRefilledAhead) {
  SequenceRef sequence = MakeSequence({});
  int64_t last = 0;
  auto take = [&](int count) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(BlockingWait(catalog_->LeaseSequence(sequence, 1, nullptr)).ok());
      ASSERT_EQ(catalog_->TryNextValue(*sequence), ++last);
    }
  };
  auto hold = [&] {
    auto holder = store_->Begin({});
    EXPECT_TRUE(BlockingWait(holder->Lock(SequenceKey(kDefaultDatabaseOid, *sequence), {})).ok());
    return holder;
  };
  take(1);
  auto holder = hold();
  take(31);  // the rest of the first block
  holder.reset();
  take(50);  // of 64 more
  holder = hold();
  take(100);
  holder.reset();
  take(10'000);
}

TEST_F(CatalogTest, SequencesEndOrCycle) {
  SequenceDesc description;
  description.minimum = -2;
  description.maximum = 1;
  description.start = 0;
  SequenceRef ending = MakeSequence(description);
  EXPECT_EQ(Next(ending), 0);
  EXPECT_EQ(Next(ending), 1);
  EXPECT_EQ(Next(ending), -1);  // 2200H
  description.cycle = true;
  SequenceRef cycling = MakeSequence(description);
  ASSERT_TRUE(BlockingWait(catalog_->SetSequenceValue(cycling, {0, false}, nullptr)).ok());
  std::vector<int64_t> values;
  for (int i = 0; i < 7; ++i) values.push_back(Next(cycling));
  EXPECT_EQ(values, (std::vector<int64_t>{0, 1, -2, -1, 0, 1, -2}));
}

TEST_F(CatalogTest, SequencesDescendToTheEdge) {
  SequenceDesc description;
  description.increment = -1;
  description.minimum = INT64_MIN;
  description.maximum = -1;
  description.start = INT64_MIN + 1;
  SequenceRef sequence = MakeSequence(description);
  EXPECT_EQ(Next(sequence), INT64_MIN + 1);
  EXPECT_EQ(Next(sequence), INT64_MIN);
  EXPECT_EQ(BlockingWait(catalog_->LeaseSequence(sequence, 1, nullptr)).sqlstate(),
            sqlstate::kSequenceGeneratorLimitExceeded);
}

TEST_F(CatalogTest, SetvalCountsAtOnce) {
  SequenceRef sequence = MakeSequence({});
  Next(sequence);
  ASSERT_TRUE(BlockingWait(catalog_->SetSequenceValue(sequence, {100, true}, nullptr)).ok());
  EXPECT_EQ(Next(sequence), 101);
  ASSERT_TRUE(BlockingWait(catalog_->SetSequenceValue(sequence, {50, false}, nullptr)).ok());
  EXPECT_EQ(Next(sequence), 50);
}

TEST_F(CatalogTest, SequenceValuesAreNeverGivenTwice) {
  SequenceRef sequence = MakeSequence({});
  std::set<int64_t> values;
  std::mutex mutex;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 500; ++n) {
        int64_t value = Next(sequence);
        std::lock_guard lock(mutex);
        EXPECT_TRUE(values.insert(value).second);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*values.rbegin(), 2000);
}

TEST_F(CatalogTest, StatisticsBelongToTheirTable) {
  TableStatistics statistics;
  statistics.table_oid = 20000;
  statistics.rows = 7;
  Change change = Begin();
  ASSERT_TRUE(change.catalog->SetTable(Table(20000, "t")).ok());
  change.Commit();
  const TableRef before = catalog_->snapshot()->FindTable(20000);
  EXPECT_EQ(before->statistics, nullptr);

  change = Begin();
  ASSERT_TRUE(change.catalog->SetStatistics(statistics).ok());
  EXPECT_EQ(change.catalog->view()->FindTable(20000)->statistics->rows, 7);
  EXPECT_EQ(catalog_->snapshot()->FindTable(20000), before);
  change.Commit();
  EXPECT_NE(catalog_->snapshot()->FindTable(20000), before);
  Reopen();
  ASSERT_NE(catalog_->snapshot()->FindTable(20000)->statistics, nullptr);
  EXPECT_EQ(catalog_->snapshot()->FindTable(20000)->statistics->rows, 7);

  // They stay with a table that changes, and go with one that is dropped.
  change = Begin();
  ASSERT_TRUE(change.catalog->SetTable(Table(20000, "other")).ok());
  change.Commit();
  EXPECT_EQ(catalog_->snapshot()->FindTable(20000)->statistics->rows, 7);
  change = Begin();
  ASSERT_TRUE(change.catalog->DropTable(20000).ok());
  change.Commit();
  change = Begin();
  ASSERT_TRUE(change.catalog->SetTable(Table(20000, "t")).ok());
  change.Commit();
  EXPECT_EQ(catalog_->snapshot()->FindTable(20000)->statistics, nullptr);
  Reopen();
  EXPECT_EQ(catalog_->snapshot()->FindTable(20000)->statistics, nullptr);
}

TEST(Keys, FamiliesDoNotMeet) {
  EXPECT_EQ(RecordKey(kDefaultDatabaseOid, ObjectKind::kTable, 1),
            std::string("\x01\x02\0\0\0\1", 6));
  EXPECT_EQ(RecordKey(kDefaultDatabaseOid, ObjectKind::kConstraints, 1),
            std::string("\x01\x05\0\0\0\1", 6));
  EXPECT_EQ(PrefixEnd("a"), "b");
  EXPECT_EQ(PrefixEnd("a\xff\xff"), "b");
  EXPECT_EQ(PrefixEnd("\xff"), "");
  engine::KeyRange rows = RowRange(7);
  EXPECT_EQ(rows.begin, std::string("\x10\0\0\0\7", 5));
  EXPECT_EQ(rows.end, std::string("\x10\0\0\0\x08", 5));
}

TEST(Keys, OfLocksTellWhatTheyAreOf) {
  const AdvisoryKey key{.class_id = 0xffffffff, .object_id = 7, .kind = 2};
  EXPECT_EQ(AdvisoryOfLockKey(AdvisoryLockKey(kDefaultDatabaseOid, key)),
            (LockedAdvisory{kDefaultDatabaseOid, key}));
  EXPECT_EQ(TableOfLockKey(TableLockKey(kDefaultDatabaseOid, 70000)),
            (LockedTable{kDefaultDatabaseOid, 70000}));
  EXPECT_EQ(StorageOfRowKey(RowRange(7).begin + "key"), 7u);
  for (const std::string& other : {std::string(), std::string("\x10"),
                                   NameLockKey(kDefaultDatabaseOid, kPublicSchemaOid, "names"),
                                   RecordKey(kDefaultDatabaseOid, ObjectKind::kTable, 1)}) {
    EXPECT_EQ(AdvisoryOfLockKey(other), std::nullopt);
    EXPECT_EQ(TableOfLockKey(other), std::nullopt);
    EXPECT_EQ(StorageOfRowKey(other), std::nullopt);
  }
  EXPECT_EQ(TableOfLockKey(AdvisoryLockKey(kDefaultDatabaseOid, key)), std::nullopt);
  EXPECT_EQ(AdvisoryOfLockKey(TableLockKey(kDefaultDatabaseOid, 70000)), std::nullopt);
}

}  // namespace
}  // namespace shale::catalog
