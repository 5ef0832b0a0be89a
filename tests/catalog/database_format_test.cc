// Goal: descriptions of databases come back as they were, and damaged records are told. Method:
// random ones, cut and changed; the bytes of the first version; a prepared transaction's changes.
#include "catalog/database_format.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "catalog/catalog_changes.h"

namespace shale::catalog {
namespace {

DatabaseDesc RandomDatabase() {
  DatabaseDesc database;
  database.oid = *rc::gen::nonZero<Oid>();
  database.name = *rc::gen::nonEmpty(rc::gen::arbitrary<std::string>());
  database.is_template = *rc::gen::arbitrary<bool>();
  database.allows_connections = *rc::gen::arbitrary<bool>();
  database.connection_limit = *rc::gen::element(-1, 0, 7, INT32_MAX - 1, INT32_MAX);
  database.collate = *rc::gen::arbitrary<std::string>();
  database.ctype = *rc::gen::arbitrary<std::string>();
  database.comment = *rc::gen::arbitrary<std::string>();
  database.settings = *rc::gen::arbitrary<std::map<std::string, std::string>>();
  return database;
}

bool AreSame(const DatabaseDesc& one, const DatabaseDesc& other) {
  return one.oid == other.oid && one.name == other.name && one.is_template == other.is_template &&
         one.allows_connections == other.allows_connections &&
         one.connection_limit == other.connection_limit && one.collate == other.collate &&
         one.ctype == other.ctype && one.comment == other.comment && one.settings == other.settings;
}

TEST(DatabaseFormat, DatabasesComeBack) {
  ASSERT_TRUE(rc::check([] {
    const DatabaseDesc database = RandomDatabase();
    const std::string record = EncodeDatabase(database);
    auto read = DecodeDatabase(record);
    RC_ASSERT(read.ok());
    RC_ASSERT(AreSame(*read, database));
    const size_t cut = *rc::gen::inRange<size_t>(0, record.size());
    RC_ASSERT(DecodeDatabase(record.substr(0, cut)).status().Is(sqlstate::kDataCorrupted));
    RC_ASSERT(DecodeDatabase(record + "x").status().Is(sqlstate::kDataCorrupted));
  }));
}

TEST(DatabaseFormat, AnyBytesGiveAnAnswer) {
  ASSERT_TRUE(rc::check([](const std::string& tail) {
    auto read = DecodeDatabase("\1" + tail);
    RC_ASSERT(read.ok() || read.status().Is(sqlstate::kDataCorrupted));
    if (read.ok()) RC_ASSERT(AreSame(*DecodeDatabase(EncodeDatabase(*read)), *read));
  }));
}

TEST(DatabaseFormat, BytesOfTheFirstVersion) {
  DatabaseDesc database{.oid = 5, .name = "db", .is_template = true, .connection_limit = 9};
  database.comment = "c";
  database.settings = {{"a", "b"}};
  const std::string record(
      "\x01\x05\x02"
      "db\x03\x0a\x01"
      "C\x07"
      "C.UTF-8\x01"
      "c\x01\x01"
      "a\x01"
      "b");
  EXPECT_EQ(EncodeDatabase(database), record);
  ASSERT_TRUE(DecodeDatabase(record).ok());
}

TEST(DatabaseFormat, ANewerVersionIsRefused) {
  EXPECT_TRUE(DecodeDatabase("\2").status().Is(sqlstate::kFeatureNotSupported));
}

TEST(DatabaseFormat, PreparedTransactionsKeepThem) {
  const DatabaseDesc database{.oid = 16500, .name = "db"};
  const CatalogChanges changes = {
      {ObjectKind::kDatabase, 16500, std::make_shared<const DatabaseDesc>(database)},
      {ObjectKind::kDatabase, 16501, DatabaseRef()}};
  auto decoded = DecodeChanges(EncodeChanges(changes), CatalogSnapshot());
  ASSERT_TRUE(decoded.ok());
  ASSERT_EQ(decoded->size(), 2u);
  EXPECT_EQ(std::get<DatabaseRef>((*decoded)[0].object)->name, "db");
  EXPECT_EQ(std::get<DatabaseRef>((*decoded)[1].object), nullptr);
}

}  // namespace
}  // namespace shale::catalog
