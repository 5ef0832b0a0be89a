// Records of the catalog: what is encoded comes back, a newer version is refused, and damaged bytes
// are an error.
#include "catalog/catalog_format.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "catalog/types/type_io.h"
#include "engine/base/arena.h"
#include "tests/catalog/random_values.h"

namespace shale::catalog {
namespace {

// One that the type has: random ones may be times beyond 24 hours, dates of no year and the like.
Value RandomSoundValue(Oid type) {
  constexpr int kTries = 50;
  for (int i = 0; i < kTries; ++i) {
    const Value value = RandomValue(type);
    std::string binary;
    AppendBinary(value.type(), value.datum(), &binary);
    Arena arena;
    if (ParseBinary(value.type(), binary, FormatSettings{}, &arena).ok()) return value;
  }
  return Value::Null({type, -1});
}

TableDesc RandomTable() {
  TableDesc table;
  table.oid = *rc::gen::arbitrary<Oid>();
  table.schema_oid = *rc::gen::arbitrary<Oid>();
  table.name = *rc::gen::arbitrary<std::string>();
  table.storage_id = *rc::gen::arbitrary<uint32_t>();
  for (int i = *rc::gen::inRange(0, 5); i > 0; --i) {
    ColumnDesc column;
    column.name = *rc::gen::arbitrary<std::string>();
    // A missing value has been fitted to the column's modifier: only without one does any value
    // fit.
    const bool has_missing = *rc::gen::arbitrary<bool>();
    column.type = {*rc::gen::elementOf(ColumnTypes()),
                   has_missing ? -1 : *rc::gen::inRange(-1, 1000)};
    column.not_null = *rc::gen::arbitrary<bool>();
    column.dropped = *rc::gen::arbitrary<bool>();
    column.identity = *rc::gen::element(Identity::kNone, Identity::kAlways, Identity::kByDefault);
    if (*rc::gen::arbitrary<bool>()) column.default_sql = *rc::gen::arbitrary<std::string>();
    column.owned_sequence = *rc::gen::arbitrary<Oid>();
    column.missing = has_missing ? RandomSoundValue(column.type.oid) : Value::Null(column.type);
    column.missing.set_type(column.type);
    table.columns.push_back(column);
  }
  for (size_t i = 0; i < table.columns.size(); i += 2) {
    table.primary_key.push_back(static_cast<int>(i));
  }
  table.primary_key_name = *rc::gen::arbitrary<std::string>();
  table.primary_key_oid = *rc::gen::arbitrary<Oid>();
  table.primary_key_index_oid = *rc::gen::arbitrary<Oid>();
  table.options = *rc::gen::arbitrary<std::vector<std::string>>();
  return table;
}

SequenceDesc RandomSequence() {
  SequenceDesc sequence;
  sequence.oid = *rc::gen::arbitrary<Oid>();
  sequence.schema_oid = *rc::gen::arbitrary<Oid>();
  sequence.name = *rc::gen::arbitrary<std::string>();
  sequence.start = *rc::gen::arbitrary<int64_t>();
  sequence.increment = *rc::gen::element<int64_t>(1, -1, INT64_MAX, INT64_MIN, 7);
  sequence.minimum = *rc::gen::element<int64_t>(1, INT64_MIN, -5);
  sequence.maximum = *rc::gen::element<int64_t>(INT64_MAX, 9);
  sequence.cache = *rc::gen::inRange<int64_t>(1, 100);
  sequence.cycle = *rc::gen::arbitrary<bool>();
  sequence.owner_table = *rc::gen::arbitrary<Oid>();
  sequence.owner_column = *rc::gen::inRange(-1, 10);
  sequence.owner_is_identity = *rc::gen::arbitrary<bool>();
  return sequence;
}

IndexDesc RandomIndexDesc() {
  IndexDesc index;
  index.oid = *rc::gen::arbitrary<Oid>();
  index.table_oid = *rc::gen::arbitrary<Oid>();
  index.schema_oid = *rc::gen::arbitrary<Oid>();
  index.name = *rc::gen::arbitrary<std::string>();
  index.storage_id = *rc::gen::arbitrary<uint32_t>();
  for (int i = *rc::gen::inRange(1, 4); i > 0; --i) {
    IndexKey key;
    key.column = *rc::gen::inRange(-1, 1600);
    key.expression_sql = *rc::gen::arbitrary<std::string>();
    key.type = {*rc::gen::elementOf(KeyTypes()), *rc::gen::inRange(-1, 100)};
    key.descending = *rc::gen::arbitrary<bool>();
    key.nulls_first = *rc::gen::arbitrary<bool>();
    key.operator_class = *rc::gen::arbitrary<std::string>();
    index.keys.push_back(key);
  }
  index.include = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 1600));
  index.unique = *rc::gen::arbitrary<bool>();
  index.nulls_not_distinct = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) index.predicate_sql = *rc::gen::arbitrary<std::string>();
  index.constraint_oid = *rc::gen::arbitrary<Oid>();
  index.deferrable = *rc::gen::arbitrary<bool>();
  index.initially_deferred = *rc::gen::arbitrary<bool>();
  index.primary = *rc::gen::arbitrary<bool>();
  index.state = *rc::gen::element(IndexState::kBuilding, IndexState::kValid);
  index.options = *rc::gen::arbitrary<std::vector<std::string>>();
  return index;
}

TEST(CatalogFormat, IndexesComeBack) {
  ASSERT_TRUE(rc::check([] {
    const IndexDesc index = RandomIndexDesc();
    const std::string record = EncodeIndex(index);
    auto read = DecodeIndex(record);
    RC_ASSERT(read.ok());
    RC_ASSERT(read->name == index.name && read->storage_id == index.storage_id);
    RC_ASSERT(read->include == index.include && read->state == index.state);
    RC_ASSERT(read->predicate_sql == index.predicate_sql);
    RC_ASSERT(read->deferrable == index.deferrable && read->primary == index.primary);
    RC_ASSERT(EncodeIndex(*read) == record);
    const size_t cut = *rc::gen::inRange<size_t>(0, record.size());
    RC_ASSERT(DecodeIndex(record.substr(0, cut)).status().Is(sqlstate::kDataCorrupted));
    RC_ASSERT(DecodeIndex(record + "x").status().Is(sqlstate::kDataCorrupted));
  }));
}

ViewDesc RandomView() {
  ViewDesc view;
  view.oid = *rc::gen::arbitrary<Oid>();
  view.schema_oid = *rc::gen::arbitrary<Oid>();
  view.name = *rc::gen::arbitrary<std::string>();
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
    view.columns.push_back({*rc::gen::arbitrary<std::string>(),
                            {*rc::gen::elementOf(ColumnTypes()), *rc::gen::inRange(-1, 100)}});
    view.relations.push_back({*rc::gen::arbitrary<std::string>(),
                              *rc::gen::arbitrary<std::string>(), *rc::gen::arbitrary<Oid>(),
                              *rc::gen::arbitrary<std::vector<std::string>>()});
    view.uses.push_back({*rc::gen::arbitrary<Oid>(), *rc::gen::inRange(-1, 1600)});
    view.functions.push_back({*rc::gen::arbitrary<std::string>(),
                              *rc::gen::arbitrary<std::string>(), *rc::gen::arbitrary<Oid>()});
  }
  view.query = *rc::gen::arbitrary<std::string>();
  view.check_option =
      *rc::gen::element(CheckOption::kNone, CheckOption::kLocal, CheckOption::kCascaded);
  view.security_barrier = *rc::gen::arbitrary<bool>();
  view.security_invoker = *rc::gen::arbitrary<bool>();
  view.materialized = *rc::gen::arbitrary<bool>();
  view.populated = *rc::gen::arbitrary<bool>();
  return view;
}

TEST(CatalogFormat, ViewsComeBack) {
  ASSERT_TRUE(rc::check([] {
    const ViewDesc view = RandomView();
    const std::string record = EncodeView(view);
    auto read = DecodeView(record);
    RC_ASSERT(read.ok());
    RC_ASSERT(read->name == view.name && read->query == view.query && read->uses == view.uses);
    RC_ASSERT(read->functions.size() == view.functions.size());
    RC_ASSERT(read->check_option == view.check_option && read->populated == view.populated);
    RC_ASSERT(EncodeView(*read) == record);
    const size_t cut = *rc::gen::inRange<size_t>(0, record.size());
    RC_ASSERT(DecodeView(record.substr(0, cut)).status().Is(sqlstate::kDataCorrupted));
    RC_ASSERT(DecodeView(record + "x").status().Is(sqlstate::kDataCorrupted));
  }));
}

void AddDomain(TypeDesc* type) {
  type->kind = TypeClass::kDomain;
  type->base = {*rc::gen::arbitrary<Oid>(), *rc::gen::arbitrary<int32_t>()};
  type->dimensions = *rc::gen::inRange(0, 7);
  type->collation = *rc::gen::arbitrary<Oid>();
  type->not_null = *rc::gen::arbitrary<bool>();
  if (*rc::gen::arbitrary<bool>()) type->default_sql = *rc::gen::arbitrary<std::string>();
  const int count = *rc::gen::inRange(0, 5);
  for (int i = 0; i < count; ++i) {
    type->checks.push_back({*rc::gen::arbitrary<Oid>(), *rc::gen::arbitrary<std::string>(),
                            *rc::gen::arbitrary<std::string>(), *rc::gen::arbitrary<std::string>(),
                            *rc::gen::arbitrary<bool>()});
  }
}

void AddAttributes(TypeDesc* type) {
  type->kind = TypeClass::kComposite;
  const int count = *rc::gen::inRange(0, 5);
  for (int i = 0; i < count; ++i) {
    type->attributes.push_back({*rc::gen::arbitrary<std::string>(),
                                {*rc::gen::arbitrary<Oid>(), *rc::gen::arbitrary<int32_t>()},
                                *rc::gen::arbitrary<bool>()});
  }
}

TypeDesc RandomType() {
  TypeDesc type;
  type.oid = *rc::gen::arbitrary<Oid>();
  type.schema_oid = *rc::gen::arbitrary<Oid>();
  type.name = *rc::gen::arbitrary<std::string>();
  type.array_oid = *rc::gen::arbitrary<Oid>();
  type.array_name = *rc::gen::arbitrary<std::string>();
  switch (*rc::gen::inRange(0, 3)) {
    case 0:
      AddDomain(&type);
      return type;
    case 1:
      AddAttributes(&type);
      return type;
    default:
      break;
  }
  const int count = *rc::gen::inRange(0, 20);
  for (int i = 0; i < count; ++i) {
    const size_t size = type.labels.all().size();
    type.labels.Insert(*rc::gen::inRange<size_t>(0, size + 1), "label " + std::to_string(i),
                       *rc::gen::arbitrary<Oid>());
  }
  return type;
}

TEST(CatalogFormat, TypesComeBack) {
  ASSERT_TRUE(rc::check([] {
    const TypeDesc type = RandomType();
    const std::string record = EncodeType(type);
    auto read = DecodeType(record);
    RC_ASSERT(read.ok());
    RC_ASSERT(read->name == type.name && read->array_oid == type.array_oid);
    RC_ASSERT(read->labels.all().size() == type.labels.all().size());
    for (size_t i = 0; i < type.labels.all().size(); ++i) {
      const EnumLabel& label = type.labels.all()[i];
      const EnumLabel& again = read->labels.all()[i];
      RC_ASSERT(again.oid == label.oid && again.sort_order == label.sort_order);
      RC_ASSERT(again.key == label.key && again.name == label.name);
    }
    RC_ASSERT(read->kind == type.kind && read->base == type.base);
    RC_ASSERT(read->not_null == type.not_null && read->default_sql == type.default_sql);
    RC_ASSERT(read->checks.size() == type.checks.size());
    RC_ASSERT(read->attributes.size() == type.attributes.size());
    RC_ASSERT(EncodeType(*read) == record);
    const size_t cut = *rc::gen::inRange<size_t>(0, record.size());
    RC_ASSERT(DecodeType(record.substr(0, cut)).status().Is(sqlstate::kDataCorrupted));
    RC_ASSERT(DecodeType(record + "x").status().Is(sqlstate::kDataCorrupted));
  }));
}

// Written by the first version that had types: later ones read it.
TEST(CatalogFormat, ATypeOfTheFirstVersion) {
  TypeDesc type;
  type.oid = 16400;
  type.schema_oid = kPublicSchemaOid;
  type.name = "t";
  type.array_oid = 16401;
  type.array_name = "_t";
  type.labels = EnumLabels::Make({"a", "b"});
  type.labels.SetOid(0, 16402);
  type.labels.SetOid(1, 16403);
  const std::string golden(
      "\x01"
      "e\x90\x80\x01\x98\x11\x01t\x91\x80\x01\x02_t\x02\x92\x80\x01\x80\x80\x80"
      "\xfc\x03\x01V\x01"
      "a\x93\x80\x01\x80\x80\x80\x80\x04\x01\xaa\x01"
      "b",
      40);
  EXPECT_EQ(EncodeType(type), golden);
  auto read = DecodeType(golden);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(EncodeType(*read), golden);
  std::string other_kind = golden;
  other_kind[1] = 'x';
  EXPECT_TRUE(DecodeType(other_kind).status().Is(sqlstate::kDataCorrupted));
}

// Written by the first version that had domains.
TEST(CatalogFormat, ADomainOfTheFirstVersion) {
  TypeDesc domain;
  domain.oid = 16400;
  domain.schema_oid = kPublicSchemaOid;
  domain.name = "d";
  domain.array_oid = 16401;
  domain.array_name = "_d";
  domain.kind = TypeClass::kDomain;
  domain.base = {type_oid::kVarchar, 14};
  domain.collation = kDefaultCollationOid;
  domain.not_null = true;
  domain.default_sql = "x";
  domain.checks = {{16402, "c", "(VALUE)", "VALUE", false}};
  const std::string golden(
      "\x01"
      "d\x90\x80\x01\x98\x11\x01"
      "d\x91\x80\x01\x02_d\x93\x08\x1c\x00"
      "d\x01\x01\x01x\x01\x92\x80\x01\x01"
      "c\x07(VALUE)\x05VALUE\x00",
      45);
  EXPECT_EQ(EncodeType(domain), golden);
  auto read = DecodeType(golden);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(EncodeType(*read), golden);
  domain.dimensions = 7;
  EXPECT_TRUE(DecodeType(EncodeType(domain)).status().Is(sqlstate::kDataCorrupted));
}

// Written by the first version that had views: later ones read it.
TEST(CatalogFormat, AViewOfTheFirstVersion) {
  ViewDesc view;
  view.oid = 16400;
  view.schema_oid = kPublicSchemaOid;
  view.name = "v";
  view.columns = {{"x", {type_oid::kInt4, -1}}};
  view.query = "SELECT a FROM t";
  view.relations = {{"", "t", 16390, {"a", ""}}};
  view.uses = {{16390, -1}, {16390, 0}};
  view.check_option = CheckOption::kLocal;
  view.security_barrier = true;
  const std::string golden(
      "\x01\x90\x80\x01\x98\x11\x01v\x01\x01x\x17\x01\x0f"
      "SELECT a FROM t"
      "\x01\x00\x01t\x86\x80\x01\x02\x01"
      "a\x00\x02\x86\x80\x01\x01\x86\x80\x01\x00\x01\x01\x00\x00\x01",
      54);
  EXPECT_EQ(EncodeView(view), golden);
  auto read = DecodeView(golden);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(EncodeView(*read), golden);
}

// Written by the first version that had indexes: later ones read it.
TEST(CatalogFormat, AnIndexOfTheFirstVersion) {
  IndexDesc index;
  index.oid = 16400;
  index.table_oid = 16390;
  index.schema_oid = kPublicSchemaOid;
  index.name = "i";
  index.storage_id = 7;
  index.keys.push_back({1, "", {type_oid::kInt4, -1}, true, true, ""});
  index.keys.push_back({-1, "lower(b)", {type_oid::kText, -1}, false, false, "x"});
  index.include = {3};
  index.unique = true;
  index.predicate_sql = "(a > 0)";
  index.state = IndexState::kBuilding;
  index.options = {"fillfactor=70"};
  const std::string golden(
      "\x01\x90\x80\x01\x86\x80\x01\x98\x11\x01i\x07"
      "\x02\x02\x00\x17\x01\x01\x01\x00\x01\x08lower(b)\x19\x01\x00\x00\x01x"
      "\x01\x03\x01\x00\x01\x07(a > 0)\x00\x00\x00\x00\x01\x0d"
      "fillfactor=70",
      68);
  EXPECT_EQ(EncodeIndex(index), golden);
  auto read = DecodeIndex(golden);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(EncodeIndex(*read), golden);
}

TEST(CatalogFormat, TablesComeBack) {
  ASSERT_TRUE(rc::check([] {
    const TableDesc table = RandomTable();
    const std::string record = EncodeTable(table);
    RC_ASSERT(record[0] == kCatalogFormatVersion);
    auto read = DecodeTable(record);
    RC_ASSERT(read.ok());
    RC_ASSERT(read->name == table.name);
    RC_ASSERT(read->storage_id == table.storage_id);
    RC_ASSERT(read->primary_key == table.primary_key);
    RC_ASSERT(read->options == table.options);
    RC_ASSERT(read->columns.size() == table.columns.size());
    for (size_t i = 0; i < table.columns.size(); ++i) {
      RC_ASSERT(read->columns[i].name == table.columns[i].name);
      RC_ASSERT(read->columns[i].type == table.columns[i].type);
      RC_ASSERT(read->columns[i].identity == table.columns[i].identity);
      RC_ASSERT(read->columns[i].default_sql == table.columns[i].default_sql);
      RC_ASSERT(read->columns[i].missing.is_null() == table.columns[i].missing.is_null());
    }
    // The rest, missing values among it, by their bytes.
    RC_ASSERT(EncodeTable(*read) == record);
  }));
}

TEST(CatalogFormat, SchemasSequencesAndProgressComeBack) {
  ASSERT_TRUE(rc::check([] {
    SchemaDesc schema{*rc::gen::arbitrary<Oid>(), *rc::gen::arbitrary<std::string>()};
    auto read_schema = DecodeSchema(EncodeSchema(schema));
    RC_ASSERT(read_schema.ok() && read_schema->oid == schema.oid &&
              read_schema->name == schema.name);
    const SequenceDesc sequence = RandomSequence();
    auto read = DecodeSequence(EncodeSequence(sequence));
    RC_ASSERT(read.ok());
    RC_ASSERT(read->start == sequence.start && read->increment == sequence.increment &&
              read->minimum == sequence.minimum && read->maximum == sequence.maximum);
    RC_ASSERT(EncodeSequence(*read) == EncodeSequence(sequence));
    SequenceProgress progress{*rc::gen::arbitrary<int64_t>(), *rc::gen::arbitrary<bool>()};
    auto read_progress = DecodeProgress(EncodeProgress(progress));
    RC_ASSERT(read_progress.ok() && read_progress->last_value == progress.last_value &&
              read_progress->is_called == progress.is_called);
  }));
}

TEST(CatalogFormat, NewerVersionsAreRefused) {
  std::string record = EncodeSchema({1, "s"});
  record[0] = kCatalogFormatVersion + 1;
  EXPECT_EQ(DecodeSchema(record).status().sqlstate(), sqlstate::kFeatureNotSupported);
  EXPECT_EQ(DecodeTable(record).status().sqlstate(), sqlstate::kFeatureNotSupported);
  EXPECT_EQ(DecodeSequence(record).status().sqlstate(), sqlstate::kFeatureNotSupported);
}

TEST(CatalogFormat, CutRecordsAreDamaged) {
  ASSERT_TRUE(rc::check([] {
    const std::string record = EncodeTable(RandomTable());
    const size_t cut = *rc::gen::inRange<size_t>(0, record.size());
    RC_ASSERT(DecodeTable(record.substr(0, cut)).status().sqlstate() == sqlstate::kDataCorrupted);
    RC_ASSERT(DecodeTable(record + "x").status().sqlstate() == sqlstate::kDataCorrupted);
  }));
}

TEST(CatalogFormat, AnyBytesGiveAnAnswer) {
  ASSERT_TRUE(rc::check([](const std::string& tail) {
    const std::string record = *rc::gen::element(tail, "\1" + tail);
    auto fits = [](const Status& status) {
      return status.ok() || status.sqlstate() == sqlstate::kDataCorrupted ||
             status.sqlstate() == sqlstate::kFeatureNotSupported;
    };
    RC_ASSERT(fits(DecodeTable(record).status()));
    RC_ASSERT(fits(DecodeSchema(record).status()));
    RC_ASSERT(fits(DecodeSequence(record).status()));
    RC_ASSERT(fits(DecodeIndex(record).status()));
    RC_ASSERT(fits(DecodeProgress(record).status()));
  }));
}

}  // namespace
}  // namespace shale::catalog
