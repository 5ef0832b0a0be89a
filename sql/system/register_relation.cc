// A system relation from its shape and from what its scan knows of it.
#include <algorithm>
#include <memory>
#include <set>

#include "catalog/types/array.h"
#include "sql/system/relation_shapes.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;
using catalog::Value;

// What a column holds that no scan gives.
Value Filler(const VirtualColumn& column) {
  if (!column.not_null) return Value::Null(column.type);
  switch (catalog::KindOf(column.type)) {
    case catalog::PhysicalKind::kBool:
      return Value(column.type, catalog::Datum::Bool(false));
    case catalog::PhysicalKind::kInt16:
      return Value(column.type, catalog::Datum::Int16(0));
    case catalog::PhysicalKind::kInt32:
      return Value(column.type, catalog::Datum::Int32(0));
    case catalog::PhysicalKind::kInt64:
      return Value(column.type, catalog::Datum::Int64(0));
    case catalog::PhysicalKind::kFloat32:
      return Value(column.type, catalog::Datum::Float32(0));
    case catalog::PhysicalKind::kFloat64:
      return Value(column.type, catalog::Datum::Float64(0));
    default:
      return catalog::ElementOf(column.type.oid) != catalog::kInvalidOid
                 ? Value::Null(column.type)
                 : Value(column.type, catalog::Datum::Bytes({}));
  }
}

// Gives rows with all columns of a relation, from rows with some of them.
class Widen {
 public:
  Widen(const RelationShape& shape, const std::vector<VirtualColumn>& columns,
        const std::vector<std::string_view>& given)
      : name_(shape.name) {
    for (const VirtualColumn& column : columns) fillers_.push_back(Filler(column));
    for (std::string_view name : given) {
      auto found = std::ranges::find(columns, name, &VirtualColumn::name);
      CHECK(found != columns.end());
      places_.push_back(static_cast<size_t>(found - columns.begin()));
      types_.push_back(found->type);
    }
  }

  Status Scan(const VirtualTableScan& scan, const CatalogSnapshot& snapshot, FunctionHost& host,
              const RowSink& row) const {
    std::vector<Value> wide = fillers_;
    return scan(snapshot, host, [&](const std::vector<Value>& cells) -> Status {
      if (cells.size() != places_.size()) {
        return Error(sqlstate::kInternalError, "{} values for {} columns of \"{}\"", cells.size(),
                     places_.size(), name_);
      }
      for (size_t i = 0; i < cells.size(); ++i) {
        RETURN_IF_ERROR(Put(cells[i], types_[i], &wide[places_[i]]));
      }
      return row(wide);
    });
  }

 private:
  // As a value of the column's type, which lies in memory as the cell's does.
  Status Put(const Value& cell, catalog::Type type, Value* to) const {
    *to = cell;
    if (cell.type().oid == type.oid) return Status::Ok();
    const catalog::TypeInfo& from = catalog::GetType(cell.type().oid);
    const catalog::TypeInfo& to_type = catalog::GetType(type.oid);
    // Bytes are read by their type: a text is a name, but no network address.
    const bool fits = from.kind == to_type.kind && (from.kind != catalog::PhysicalKind::kBytes ||
                                                    from.category == to_type.category);
    if (!fits) {
      return Error(sqlstate::kInternalError, "a column of \"{}\" is {}, not {}", name_, from.name,
                   to_type.name);
    }
    if (catalog::IsVectorType(type.oid) && !cell.is_null()) {
      const std::string vector = catalog::AsVector(cell.datum().bytes);
      *to = Value(type, catalog::Datum::Bytes(vector));
    }
    to->set_type(type);
    return Status::Ok();
  }

  std::string_view name_;
  std::vector<Value> fillers_;
  std::vector<size_t> places_;  // of the cells given
  std::vector<catalog::Type> types_;
};

std::set<catalog::Oid>& Registered() {
  static auto* registered = new std::set<catalog::Oid>;
  return *registered;
}

void RegisterShape(const RelationShape& shape, std::string_view schema,
                   const std::vector<std::string_view>& given, VirtualTableScan scan) {
  std::vector<VirtualColumn> columns = ColumnsOf(shape);
  auto widen = std::make_shared<const Widen>(shape, columns, given);
  CHECK(Registered().insert(shape.oid).second);
  RegisterVirtualTable({shape.oid, schema, shape.name, std::move(columns),
                        [widen, scan = std::move(scan)](const CatalogSnapshot& snapshot,
                                                        FunctionHost& host, const RowSink& row) {
                          return widen->Scan(scan, snapshot, host, row);
                        },
                        shape.kind});
}

constexpr std::string_view kCatalogSchema = "pg_catalog";
constexpr std::string_view kInformationSchema = "information_schema";

const RelationShape& Find(std::span<const RelationShape> shapes, std::string_view name) {
  auto found = std::ranges::find(shapes, name, &RelationShape::name);
  CHECK(found != shapes.end());
  return *found;
}

std::vector<std::string_view> AllNames(const RelationShape& shape) {
  std::vector<std::string_view> names;
  for (const VirtualColumn& column : ColumnsOf(shape)) names.push_back(column.name);
  return names;
}

void RegisterEmpty(std::span<const RelationShape> shapes, std::string_view schema) {
  for (const RelationShape& shape : shapes) {
    if (Registered().contains(shape.oid)) continue;
    RegisterShape(shape, schema, {}, [](const CatalogSnapshot&, FunctionHost&, const RowSink&) {
      return Status::Ok();
    });
  }
}

}  // namespace

void AddToCatalog(std::string_view name, const std::vector<std::string_view>& given,
                  VirtualTableScan scan) {
  RegisterShape(Find(CatalogShapes(), name), kCatalogSchema, given, std::move(scan));
}

void AddToCatalog(std::string_view name, VirtualTableScan scan) {
  AddToCatalog(name, AllNames(Find(CatalogShapes(), name)), std::move(scan));
}

void AddToInformation(std::string_view name, const std::vector<std::string_view>& given,
                      VirtualTableScan scan) {
  RegisterShape(Find(InformationShapes(), name), kInformationSchema, given, std::move(scan));
}

void AddToInformation(std::string_view name, VirtualTableScan scan) {
  AddToInformation(name, AllNames(Find(InformationShapes(), name)), std::move(scan));
}

void AddTheRest() {
  RegisterEmpty(CatalogShapes(), kCatalogSchema);
  RegisterEmpty(InformationShapes(), kInformationSchema);
}

}  // namespace shale::sql::system
