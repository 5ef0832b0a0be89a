// Goal: a prepared transaction belongs to the database it was prepared in, whatever that is called
// and whichever server has written the record. Method: the records' bytes, old ones spelled out.
#include "sql/session/prepared_owner.h"

#include <gtest/gtest.h>

namespace shale::sql {
namespace {

using catalog::kDefaultDatabaseOid;

catalog::DatabaseMap Databases() {
  catalog::DatabaseMap databases;
  auto add = [&](catalog::Oid oid, std::string name) {
    databases[oid] = std::make_shared<const catalog::DatabaseDesc>(
        catalog::DatabaseDesc{.oid = oid, .name = std::move(name)});
  };
  add(kDefaultDatabaseOid, "shale");
  add(catalog::kPostgresDatabaseOid, "postgres");
  add(20000, "other");
  return databases;
}

TEST(PreparedOwnerTest, ItComesBackWithItsDatabase) {
  const std::string changes("\x01with\0zeros", 11);
  for (const std::string& text : {std::string(), changes}) {
    const PreparedOwner owner{.role = "shale", .database = 0x01000000, .changes = text};
    auto read = PreparedOwner::Decode(owner.Encode(), Databases());
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->role, "shale");
    EXPECT_EQ(read->database, 0x01000000u);
    EXPECT_EQ(read->changes, text);
  }
  EXPECT_EQ((PreparedOwner{.role = "r", .database = 5, .changes = "c"}.Encode()),
            std::string("\0\1\5\0\0\0r\0c", 9));
}

TEST(PreparedOwnerTest, OldRecordsNameTheDatabase) {
  const struct {
    std::string bytes;
    catalog::Oid database;
    std::string changes;
  } cases[] = {
      {std::string("shale\0shale", 11), kDefaultDatabaseOid, ""},
      {std::string("shale\0postgres", 14), kDefaultDatabaseOid, ""},
      {std::string("shale\0postgres\0\1a\0b", 19), kDefaultDatabaseOid, std::string("\1a\0b", 4)},
      {std::string("shale\0other\0c", 13), 20000, "c"},
      {"shale", kDefaultDatabaseOid, ""},
  };
  for (const auto& one : cases) {
    auto read = PreparedOwner::Decode(one.bytes, Databases());
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->role, "shale");
    EXPECT_EQ(read->database, one.database);
    EXPECT_EQ(read->changes, one.changes);
  }
}

TEST(PreparedOwnerTest, OthersAreRefused) {
  const std::string whole = PreparedOwner{.role = "", .database = 5, .changes = ""}.Encode();
  for (size_t size = 1; size < whole.size(); ++size) {
    EXPECT_TRUE(PreparedOwner::Decode(whole.substr(0, size), Databases())
                    .status()
                    .Is(sqlstate::kDataCorrupted));
  }
  std::string newer = whole;
  newer[1] = 2;
  EXPECT_TRUE(
      PreparedOwner::Decode(newer, Databases()).status().Is(sqlstate::kFeatureNotSupported));
}

}  // namespace
}  // namespace shale::sql
