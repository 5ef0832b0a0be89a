// Row types of tables and views: that a snapshot finds them by OID and name, and tells when one
// becomes another. On snapshots that changes are applied to; no store.
#include <gtest/gtest.h>

#include "catalog/snapshot.h"
#include "catalog/types/row_types.h"

namespace shale::catalog {
namespace {

using Snapshot = std::shared_ptr<const CatalogSnapshot>;

CatalogChange SetTable(TableDesc table) {
  const Oid oid = table.oid;
  return {ObjectKind::kTable, oid, std::make_shared<const TableDesc>(std::move(table))};
}

TableDesc Table(Oid oid, std::string name) {
  TableDesc table;
  table.oid = oid;
  table.schema_oid = kPublicSchemaOid;
  table.schema_name = "public";
  table.name = std::move(name);
  table.columns = {{.name = "a", .type = {type_oid::kInt4, -1}},
                   {.name = "b", .type = {type_oid::kText, -1}}};
  return table;
}

Snapshot With(const Snapshot& before, CatalogChange change) {
  return before->With({std::move(change)}, before->version() + 1, 0);
}

Snapshot Empty() { return std::make_shared<const CatalogSnapshot>(); }

TEST(RowType, IsFoundByOidAndName) {
  const Snapshot snapshot = With(Empty(), SetTable(Table(20000, "t")));
  const TypeRef type = snapshot->FindType(RowTypeOf(20000));
  ASSERT_NE(type, nullptr);
  EXPECT_EQ(type->kind, TypeClass::kComposite);
  EXPECT_EQ(type->attributes[1].name, "b");
  EXPECT_EQ(snapshot->FindTypeName(kPublicSchemaOid, "t"), RowTypeOf(20000));
  EXPECT_EQ(snapshot->FindTypeName(kPublicSchemaOid, "_t"), RowArrayOf(20000));
  EXPECT_EQ(snapshot->FindTypeName(kPublicSchemaOid, "__t"), kInvalidOid);
  EXPECT_TRUE(IsComposite(RowTypeOf(20000)));
  EXPECT_EQ(ArrayElementOf(RowArrayOf(20000)), RowTypeOf(20000));
  EXPECT_EQ(RelationOfRow(RowTypeOf(20000)), 20000u);
  EXPECT_EQ(RelationOfRow(RowArrayOf(20000)), kInvalidOid);
  EXPECT_EQ(RelationOfRow(20000), kInvalidOid);
  EXPECT_EQ(snapshot->FindType(RowTypeOf(20001)), nullptr);
}

// Who asks for any number, in format_type() say, does not make a type of it.
TEST(RowType, NumbersAloneAreNone) {
  constexpr Oid kRelation = 21000;
  EXPECT_EQ(FindType(RowTypeOf(kRelation)), nullptr);
  EXPECT_EQ(FindType(RowArrayOf(kRelation)), nullptr);
  EXPECT_EQ(ArrayOf(RowTypeOf(kRelation)), kInvalidOid);
  const Snapshot snapshot = With(Empty(), SetTable(Table(kRelation, "t")));
  ASSERT_NE(FindType(RowTypeOf(kRelation)), nullptr);
  EXPECT_EQ(ArrayOf(RowTypeOf(kRelation)), RowArrayOf(kRelation));
  EXPECT_EQ(FindType(RowTypeOf(kRelation + 1)), nullptr);
  EXPECT_EQ(FindType(RowTypeOf(kFirstUserOid - 1)), nullptr);
  EXPECT_EQ(FindDescribedType(RowTypeOf(kFirstUserOid - 1)), nullptr);
  EXPECT_EQ(FindDescribedType(RowArrayOf(kRelationOidMax)), nullptr);
}

TEST(RowType, NamesOfArraysGiveWay) {
  Snapshot snapshot = With(Empty(), SetTable(Table(20000, "t")));
  snapshot = With(snapshot, SetTable(Table(20001, "_t")));
  EXPECT_EQ(snapshot->FindTypeName(kPublicSchemaOid, "_t"), RowTypeOf(20001));
  EXPECT_EQ(snapshot->FindTypeName(kPublicSchemaOid, "__t"), RowArrayOf(20000));
  EXPECT_EQ(snapshot->FindTypeName(kPublicSchemaOid, "___t"), RowArrayOf(20001));
  EXPECT_EQ(snapshot->RowArrayName(*snapshot->FindType(RowTypeOf(20000))), "__t");
  snapshot = With(snapshot, {ObjectKind::kTable, 20001, TableRef()});
  EXPECT_EQ(snapshot->FindTypeName(kPublicSchemaOid, "_t"), RowArrayOf(20000));
  EXPECT_EQ(snapshot->FindType(RowTypeOf(20001)), nullptr);
}

// Plans hold all_types(): new relations are nothing to them, other columns of one are.
TEST(RowType, ChangesAreTold) {
  const Snapshot one = With(Empty(), SetTable(Table(20000, "t")));
  const Snapshot two = With(one, SetTable(Table(20001, "u")));
  EXPECT_EQ(one->all_types(), two->all_types());
  TableDesc grown = Table(20000, "t");
  grown.statistics = std::make_shared<const TableStatistics>();
  EXPECT_EQ(With(two, SetTable(grown))->FindType(RowTypeOf(20000)),
            two->FindType(RowTypeOf(20000)));
  grown.columns.push_back({.name = "c", .type = {type_oid::kInt8, -1}});
  const Snapshot three = With(two, SetTable(grown));
  EXPECT_NE(three->all_types(), two->all_types());
  EXPECT_EQ(three->FindType(RowTypeOf(20000))->attributes.size(), 3u);
  grown.columns[0].dropped = true;
  EXPECT_TRUE(With(three, SetTable(grown))->FindType(RowTypeOf(20000))->attributes[0].dropped);
}

TEST(RowType, ViewsHaveThem) {
  auto view = std::make_shared<ViewDesc>();
  view->oid = 20002;
  view->schema_oid = kPublicSchemaOid;
  view->name = "v";
  view->columns = {{"x", {type_oid::kDate, -1}}};
  const Snapshot snapshot = With(Empty(), {ObjectKind::kView, 20002, ViewRef(view)});
  EXPECT_EQ(snapshot->FindTypeName(kPublicSchemaOid, "v"), RowTypeOf(20002));
  EXPECT_EQ(snapshot->FindType(RowTypeOf(20002))->attributes[0].type.oid, type_oid::kDate);
}

}  // namespace
}  // namespace shale::catalog
