// What information_schema tells of composite types, of the elements of arrays, and of where types
// are used: attributes, user_defined_types, element_types, column_domain_usage, column_udt_usage,
// domain_udt_usage. Of system relations nothing is told.
#include <functional>

#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

namespace type_oid = catalog::type_oid;
using catalog::CatalogSnapshot;
using catalog::Value;

std::string_view SchemaOfType(const CatalogSnapshot& snapshot, catalog::Oid type) {
  const catalog::Oid element = catalog::ArrayElementOf(type);
  const catalog::TypeRef own = snapshot.FindType(element != catalog::kInvalidOid ? element : type);
  return own != nullptr ? std::string_view(own->schema_name) : "pg_catalog";
}

void AddNulls(std::vector<Value>* cells, std::initializer_list<catalog::Oid> types) {
  for (catalog::Oid type : types) cells->push_back(NullCell(type));
}

// A column of a table or view, or an attribute.
struct UsedColumn {
  std::string_view schema;
  std::string_view relation;
  std::string_view name;
  int number = 0;
  catalog::Type type;
};
using ColumnVisit = std::function<Status(const UsedColumn&)>;

Status EachColumn(const CatalogSnapshot& snapshot, FunctionHost& host, const ColumnVisit& visit) {
  for (const auto& [relation, type] : snapshot.row_types()) {
    const catalog::ViewRef view = snapshot.FindView(relation);
    const bool is_shown = (view == nullptr || !view->materialized) &&
                          IsShownIn(type->schema_name, type->schema_oid, host);
    if (!is_shown) continue;
    int number = 0;
    for (const catalog::TypeAttribute& attribute : type->attributes) {
      ++number;
      if (attribute.dropped) continue;
      RETURN_IF_ERROR(
          visit({type->schema_name, type->name, attribute.name, number, attribute.type}));
    }
  }
  return Status::Ok();
}

Status EachAttribute(const CatalogSnapshot& snapshot, const ColumnVisit& visit) {
  for (const auto& [oid, type] : snapshot.types()) {
    int number = 0;
    for (const catalog::TypeAttribute& attribute : type->attributes) {
      ++number;
      if (attribute.dropped) continue;
      RETURN_IF_ERROR(
          visit({type->schema_name, type->name, attribute.name, number, attribute.type}));
    }
  }
  return Status::Ok();
}

Status ScanAttributes(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  const std::string database = host.CurrentDatabase();
  return EachAttribute(snapshot, [&](const UsedColumn& attribute) {
    const catalog::Type type = TypeBelow(snapshot, attribute.type);
    std::vector<Value> cells = {NameCell(database),
                                NameCell(attribute.schema),
                                NameCell(attribute.relation),
                                NameCell(attribute.name),
                                IntCell(attribute.number),
                                NullCell(type_oid::kText),
                                TextCell("YES"),
                                TextCell(DataTypeName(attribute.type.oid))};
    AddTypeFacts(type, &cells);
    cells.push_back(NullCell(type_oid::kText));
    cells.push_back(NullCell(type_oid::kInt4));
    cells.push_back(NameCell(database));
    cells.push_back(NameCell(SchemaOfType(snapshot, attribute.type.oid)));
    cells.push_back(NameCell(UdtName(snapshot, attribute.type.oid)));
    AddNulls(&cells, {type_oid::kName, type_oid::kName, type_oid::kName, type_oid::kInt4});
    cells.push_back(NameCell(std::to_string(attribute.number)));
    cells.push_back(TextCell("NO"));
    return row(cells);
  });
}

Status ScanUserDefinedTypes(const CatalogSnapshot& snapshot, FunctionHost& host,
                            const RowSink& row) {
  const std::string database = host.CurrentDatabase();
  for (const auto& [oid, type] : snapshot.types()) {
    if (type->kind != catalog::TypeClass::kComposite) continue;
    std::vector<Value> cells = {NameCell(database), NameCell(type->schema_name),
                                NameCell(type->name), TextCell("STRUCTURED"), TextCell("YES")};
    constexpr catalog::Oid kText = type_oid::kText;
    constexpr catalog::Oid kName = type_oid::kName;
    constexpr catalog::Oid kInt = type_oid::kInt4;
    AddNulls(&cells,
             {kText, kText, kText, kName, kName, kName, kText, kText, kInt,  kInt, kName, kName,
              kName, kName, kName, kName, kInt,  kInt,  kInt,  kInt,  kText, kInt, kName, kName});
    RETURN_IF_ERROR(row(cells));
  }
  return Status::Ok();
}

Status ScanElementTypes(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  const std::string database = host.CurrentDatabase();
  auto give = [&](std::string_view schema, std::string_view name, std::string_view kind, int number,
                  catalog::Oid type) {
    const catalog::Oid element = catalog::ArrayElementOf(type);
    if (element == catalog::kInvalidOid) return Status::Ok();
    const std::string identifier = std::to_string(number);
    std::vector<Value> cells = {NameCell(database),   NameCell(schema),
                                NameCell(name),       TextCell(kind),
                                NameCell(identifier), TextCell(DataTypeName(element))};
    constexpr catalog::Oid kName = type_oid::kName;
    constexpr catalog::Oid kInt = type_oid::kInt4;
    AddNulls(&cells, {kInt, kInt, kName, kName, kName, kName, kName, kName, kInt, kInt, kInt, kInt,
                      type_oid::kText, kInt, type_oid::kText});
    cells.push_back(NameCell(database));
    cells.push_back(NameCell(SchemaOfType(snapshot, element)));
    cells.push_back(NameCell(UdtName(snapshot, element)));
    AddNulls(&cells, {kName, kName, kName, kInt});
    cells.push_back(NameCell("a" + identifier));
    return row(cells);
  };
  RETURN_IF_ERROR(EachColumn(snapshot, host, [&](const UsedColumn& column) {
    return give(column.schema, column.relation, "TABLE", column.number, column.type.oid);
  }));
  RETURN_IF_ERROR(EachAttribute(snapshot, [&](const UsedColumn& attribute) {
    return give(attribute.schema, attribute.relation, "USER-DEFINED TYPE", attribute.number,
                attribute.type.oid);
  }));
  for (const auto& [oid, type] : snapshot.types()) {
    if (type->kind != catalog::TypeClass::kDomain) continue;
    RETURN_IF_ERROR(give(type->schema_name, type->name, "DOMAIN", 1, type->base.oid));
  }
  for (const auto& [oid, function] : *snapshot.functions()) {
    const std::string name = fmt::format("{}_{}", function->name, oid);
    int number = 0;
    for (const catalog::FunctionArgument& argument : function->arguments) {
      RETURN_IF_ERROR(give(function->schema_name, name, "ROUTINE", ++number, argument.type));
    }
    RETURN_IF_ERROR(give(function->schema_name, name, "ROUTINE", 0, function->result));
  }
  return Status::Ok();
}

Status ScanColumnDomainUsage(const CatalogSnapshot& snapshot, FunctionHost& host,
                             const RowSink& row) {
  const std::string database = host.CurrentDatabase();
  return EachColumn(snapshot, host, [&](const UsedColumn& column) {
    if (!catalog::IsDomain(column.type.oid)) return Status::Ok();
    const catalog::TypeRef domain = snapshot.FindType(column.type.oid);
    if (domain == nullptr) return Status::Ok();
    return row({NameCell(database), NameCell(domain->schema_name), NameCell(domain->name),
                NameCell(database), NameCell(column.schema), NameCell(column.relation),
                NameCell(column.name)});
  });
}

Status ScanColumnUdtUsage(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  const std::string database = host.CurrentDatabase();
  return EachColumn(snapshot, host, [&](const UsedColumn& column) {
    const catalog::Oid type = TypeBelow(snapshot, column.type).oid;
    return row({NameCell(database), NameCell(SchemaOfType(snapshot, type)),
                NameCell(UdtName(snapshot, type)), NameCell(database), NameCell(column.schema),
                NameCell(column.relation), NameCell(column.name)});
  });
}

Status ScanDomainUdtUsage(const CatalogSnapshot& snapshot, FunctionHost& host, const RowSink& row) {
  const std::string database = host.CurrentDatabase();
  for (const auto& [oid, type] : snapshot.types()) {
    if (type->kind != catalog::TypeClass::kDomain) continue;
    RETURN_IF_ERROR(row({NameCell(database), NameCell(SchemaOfType(snapshot, type->base.oid)),
                         NameCell(UdtName(snapshot, type->base.oid)), NameCell(database),
                         NameCell(type->schema_name), NameCell(type->name)}));
  }
  return Status::Ok();
}

}  // namespace

void RegisterTypeUsage() {
  AddToInformation("attributes", ScanAttributes);
  AddToInformation("user_defined_types", ScanUserDefinedTypes);
  AddToInformation("element_types", ScanElementTypes);
  AddToInformation("column_domain_usage", ScanColumnDomainUsage);
  AddToInformation("column_udt_usage", ScanColumnUdtUsage);
  AddToInformation("domain_udt_usage", ScanDomainUdtUsage);
}

}  // namespace shale::sql::system
