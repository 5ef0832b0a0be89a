#include "tests/sql/bind/test_catalog.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace shale::sql {

namespace type_oid = catalog::type_oid;
using catalog::CatalogChanges;
using catalog::ColumnDesc;
using catalog::ObjectKind;
using catalog::Oid;

namespace {

ColumnDesc Column(std::string name, Oid type, int32_t typmod = -1) {
  ColumnDesc column;
  column.name = std::move(name);
  column.type = {type, typmod};
  return column;
}

void AddTable(CatalogChanges* changes, Oid oid, Oid schema, std::string schema_name,
              std::string name, std::vector<ColumnDesc> columns, std::vector<int> key) {
  auto table = std::make_shared<catalog::TableDesc>();
  table->oid = oid;
  table->schema_oid = schema;
  table->schema_name = std::move(schema_name);
  table->name = std::move(name);
  table->columns = std::move(columns);
  table->primary_key = std::move(key);
  if (!table->primary_key.empty()) {
    table->primary_key_name = table->name + "_pkey";
    table->primary_key_index_oid = oid + 1;
  }
  changes->push_back({ObjectKind::kTable, oid, catalog::TableRef(std::move(table))});
}

void AddSchema(CatalogChanges* changes, Oid oid, std::string name) {
  auto schema = std::make_shared<catalog::SchemaDesc>();
  schema->oid = oid;
  schema->name = std::move(name);
  changes->push_back({ObjectKind::kSchema, oid, catalog::SchemaRef(std::move(schema))});
}

void AddSequence(CatalogChanges* changes, Oid oid, std::string name) {
  auto sequence = std::make_shared<catalog::SequenceDesc>();
  sequence->oid = oid;
  sequence->schema_oid = catalog::kPublicSchemaOid;
  sequence->schema_name = "public";
  sequence->name = std::move(name);
  changes->push_back({ObjectKind::kSequence, oid, catalog::SequenceRef(std::move(sequence))});
}

using Arguments = std::vector<catalog::FunctionArgument>;

catalog::FunctionArgument Argument(std::string name, Oid type,
                                   std::optional<std::string> default_sql = std::nullopt) {
  return {std::move(name), type, catalog::ArgumentMode::kIn, std::move(default_sql)};
}

void AddFunction(CatalogChanges* changes, Oid oid, std::string name, Arguments arguments,
                 Oid result, bool gives_set = false, bool is_procedure = false) {
  auto function = std::make_shared<catalog::FunctionDesc>();
  function->oid = oid;
  function->schema_oid = catalog::kPublicSchemaOid;
  function->schema_name = "public";
  function->name = std::move(name);
  function->arguments = std::move(arguments);
  function->result = result;
  function->gives_set = gives_set;
  function->is_procedure = is_procedure;
  changes->push_back({ObjectKind::kFunction, oid, catalog::FunctionRef(std::move(function))});
}

void AddFunctions(CatalogChanges* changes) {
  using catalog::ArgumentMode;
  constexpr Oid kInt4 = type_oid::kInt4;
  AddFunction(changes, 21000, "over", {Argument("x", kInt4)}, kInt4);
  AddFunction(changes, 21001, "over", {Argument("x", type_oid::kText)}, type_oid::kText);
  AddFunction(
      changes, 21002, "with_defaults",
      {Argument("a", kInt4), Argument("b", kInt4, "7"), Argument("c", type_oid::kText, "'c'")},
      kInt4);
  AddFunction(changes, 21003, "same", {Argument("", type_oid::kAnyelement)}, type_oid::kAnyelement);
  AddFunction(changes, 21004, "ids", {Argument("n", kInt4)}, kInt4, /*gives_set=*/true);
  AddFunction(changes, 21005, "pairs",
              {Argument("n", kInt4),
               {"id", kInt4, ArgumentMode::kTable, std::nullopt},
               {"name", type_oid::kText, ArgumentMode::kTable, std::nullopt}},
              type_oid::kRecord, /*gives_set=*/true);
  AddFunction(changes, 21006, "several",
              {{"xs", type_oid::kInt4Array, ArgumentMode::kVariadic, std::nullopt}}, kInt4);
  AddFunction(changes, 21007, "proc",
              {Argument("a", kInt4), {"b", kInt4, ArgumentMode::kInOut, std::nullopt}},
              type_oid::kRecord, /*gives_set=*/false, /*is_procedure=*/true);
  AddFunction(changes, 21008, "lower", {Argument("", type_oid::kText)}, type_oid::kText);
}

}  // namespace

std::shared_ptr<const catalog::CatalogSnapshot> MakeTestCatalog() {
  constexpr Oid kPublic = catalog::kPublicSchemaOid;
  CatalogChanges changes;
  AddFunctions(&changes);
  AddSchema(&changes, catalog::kPgCatalogSchemaOid, "pg_catalog");
  AddSchema(&changes, kPublic, "public");
  AddSchema(&changes, 20000, "other");
  AddTable(&changes, 20010, kPublic, "public", "t",
           {Column("a", type_oid::kInt4), Column("b", type_oid::kText),
            Column("c", type_oid::kNumeric, (10 << 16) + 2 + 4),
            Column("d", type_oid::kTimestamptz), Column("e", type_oid::kBool),
            Column("f", type_oid::kInt8), Column("v", type_oid::kVarchar, 14)},
           {0});
  AddTable(
      &changes, 20020, kPublic, "public", "u",
      {Column("a", type_oid::kInt4), Column("x", type_oid::kInt4), Column("b", type_oid::kText)},
      {});
  AddTable(&changes, 20030, kPublic, "public", "j",
           {Column("id", type_oid::kInt4), Column("doc", type_oid::kJson)}, {});
  AddTable(&changes, 20040, 20000, "other", "t",
           {Column("a", type_oid::kInt8), Column("z", type_oid::kText)}, {});
  AddSequence(&changes, 20050, "ident_id_seq");
  AddSequence(&changes, 20051, "ident_s_seq");
  ColumnDesc id = Column("id", type_oid::kInt4);
  id.identity = catalog::Identity::kAlways;
  id.owned_sequence = 20050;
  ColumnDesc serial = Column("s", type_oid::kInt4);
  serial.owned_sequence = 20051;
  serial.default_sql = "nextval('ident_s_seq'::regclass)";
  ColumnDesc gone = Column("gone", type_oid::kInt4);
  gone.dropped = true;
  ColumnDesc word = Column("w", type_oid::kVarchar, 9);
  word.default_sql = "'x' || 'y'";
  AddTable(&changes, 20060, kPublic, "public", "ident",
           {std::move(id), std::move(serial), std::move(gone), std::move(word)}, {});
  return catalog::CatalogSnapshot().With(changes, 1, 1);
}

}  // namespace shale::sql
