// Changes of a prepared transaction: constraints come back with the table that they are of, and
// nowhere else.
#include "catalog/catalog_changes.h"

#include <gtest/gtest.h>

namespace shale::catalog {
namespace {

TableDesc SomeTable(Oid oid) {
  TableDesc table;
  table.oid = oid;
  table.schema_oid = kPublicSchemaOid;
  table.name = "t";
  table.storage_id = 7;
  ColumnDesc column;
  column.name = "a";
  column.type = {type_oid::kInt4, -1};
  column.missing = Value::Null(column.type);
  table.columns.push_back(column);
  return table;
}

void Set(TableDesc table, CatalogChanges* changes) {
  const Oid oid = table.oid;
  changes->push_back(
      {ObjectKind::kTable, oid, std::make_shared<const TableDesc>(std::move(table))});
}

TEST(CatalogChanges, ConstraintsComeBackWithTheirTable) {
  TableDesc constrained = SomeTable(20000);
  constrained.checks.push_back({.oid = 5,
                                .name = "c",
                                .expression = "(a > 0)",
                                .pretty_expression = "a > 0",
                                .columns = {0}});
  constrained.foreign_keys.push_back({.oid = 6,
                                      .name = "f",
                                      .columns = {0},
                                      .referenced_table = 20001,
                                      .referenced_columns = {0},
                                      .referenced_index = 8});
  CatalogChanges changes;
  Set(constrained, &changes);
  changes.push_back({ObjectKind::kTable, 20002, TableRef()});
  Set(SomeTable(20001), &changes);

  auto decoded = DecodeChanges(EncodeChanges(changes), CatalogSnapshot());
  ASSERT_TRUE(decoded.ok());
  ASSERT_EQ(decoded->size(), 3u);
  const auto& first = std::get<TableRef>((*decoded)[0].object);
  ASSERT_EQ(first->checks.size(), 1u);
  EXPECT_EQ(first->checks[0].expression, "(a > 0)");
  EXPECT_EQ(first->foreign_keys, constrained.foreign_keys);
  EXPECT_EQ(std::get<TableRef>((*decoded)[1].object), nullptr);
  EXPECT_TRUE(std::get<TableRef>((*decoded)[2].object)->checks.empty());
  EXPECT_TRUE(std::get<TableRef>((*decoded)[2].object)->foreign_keys.empty());
}

// After a restart the type is known from the changes alone.
TEST(CatalogChanges, TypesComeBeforeTheirColumns) {
  TypeDesc type;
  type.oid = 31000;
  type.array_oid = 31001;
  type.schema_oid = kPublicSchemaOid;
  type.name = "mood";
  type.array_name = "_mood";
  type.labels = EnumLabels::Make({"sad", "happy"});
  TableDesc table = SomeTable(31002);
  table.columns[0].type = {31001, -1};
  table.columns[0].missing = Value::Null(table.columns[0].type);
  CatalogChanges changes;
  changes.push_back({ObjectKind::kType, type.oid, std::make_shared<const TypeDesc>(type)});
  changes.push_back({ObjectKind::kType, 31010, TypeRef()});
  std::string bytes = EncodeChanges(changes);
  auto decoded = DecodeChanges(bytes, CatalogSnapshot());
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<TypeRef>((*decoded)[0].object)->labels.all()[1].name, "happy");
  EXPECT_EQ(std::get<TypeRef>((*decoded)[1].object), nullptr);
  Set(table, &changes);
  decoded = DecodeChanges(EncodeChanges(changes), CatalogSnapshot());
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(std::get<TableRef>((*decoded)[2].object)->columns[0].type.oid, 31001u);
  const auto snapshot = CatalogSnapshot().With(*decoded, 1, 0);
  EXPECT_EQ(snapshot->FindTypeName(kPublicSchemaOid, "_mood"), 31001u);
}

TEST(CatalogChanges, ConstraintsWithoutTheirTableAreDamage) {
  TableDesc constrained = SomeTable(20000);
  constrained.checks.push_back({.oid = 5, .name = "c", .expression = "(a > 0)", .columns = {0}});
  CatalogChanges with;
  Set(constrained, &with);
  CatalogChanges without;
  Set(SomeTable(20000), &without);
  const std::string whole = EncodeChanges(with);
  const std::string table = EncodeChanges(without);
  // The version, and the constraints alone.
  const std::string bytes = whole.substr(0, 1) + whole.substr(table.size());
  EXPECT_EQ(DecodeChanges(bytes, CatalogSnapshot()).status().sqlstate(), sqlstate::kDataCorrupted);
}

}  // namespace
}  // namespace shale::catalog
