// What ANALYZE has found: pg_statistic, and pg_stats, which reads it to people. Lists of values,
// whose type PostgreSQL calls anyarray, are text here.
#include "catalog/types/array.h"
#include "sql/expr/resolve.h"
#include "sql/system/system_tables.h"

namespace shale::sql::system {
namespace {

using catalog::CatalogSnapshot;
using catalog::ColumnStatistics;
namespace type_oid = catalog::type_oid;

constexpr catalog::Type kFloatArrayType{1021, -1};
constexpr int kSlots = 5;

// pg_statistic.h's STATISTIC_KIND_.
enum SlotKind : int16_t { kCommonValues = 1, kHistogram = 2, kCorrelation = 3 };

catalog::Value FloatArrayCell(const std::vector<double>& values) {
  if (values.empty()) return NullCell(kFloatArrayType.oid);
  catalog::ArrayBuilder builder(type_oid::kFloat4);
  for (double value : values) builder.Add(catalog::Datum::Float32(static_cast<float>(value)));
  Arena arena;
  auto array = builder.Finish(&arena);
  CHECK(array.ok());
  return catalog::Value(kFloatArrayType, catalog::Datum::Bytes(*array));
}

// As PostgreSQL prints an array of them.
catalog::Value ValuesCell(catalog::Type type, const std::vector<catalog::Value>& values) {
  const catalog::Oid array_oid = catalog::ArrayOf(type.oid);
  if (values.empty() || array_oid == catalog::kInvalidOid) return NullCell(type_oid::kText);
  catalog::ArrayBuilder builder(type.oid);
  for (const catalog::Value& value : values) builder.Add(value.datum());
  Arena arena;
  auto array = builder.Finish(&arena);
  CHECK(array.ok());
  std::string text;
  catalog::AppendArrayText({array_oid, type.typmod}, *array, catalog::FormatSettings{}, &text);
  return TextCell(text);
}

catalog::Oid OperatorOid(const Function* function) {
  const Operator* op = function != nullptr ? OperatorOf(*function) : nullptr;
  return op != nullptr ? op->oid : catalog::kInvalidOid;
}

catalog::Value Float(double value) { return FloatCell(static_cast<float>(value)); }
catalog::Value WidthCell(const ColumnStatistics& column) {
  return IntCell(static_cast<int32_t>(column.width + 0.5));
}

// Calls give for each column of which there are statistics.
Status ForEachColumn(
    const CatalogSnapshot& snapshot,
    const std::function<Status(const catalog::TableDesc&, int, const ColumnStatistics&)>& give) {
  for (const auto& [oid, table] : snapshot.tables()) {
    if (table->statistics == nullptr) continue;
    for (const auto& [position, column] : table->statistics->columns) {
      const auto index = static_cast<size_t>(position);
      if (index >= table->columns.size() || table->columns[index].dropped) continue;
      if (table->columns[index].type.oid != column.type.oid) continue;
      RETURN_IF_ERROR(give(*table, position, column));
    }
  }
  return Status::Ok();
}

Status ScanStats(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  return ForEachColumn(
      snapshot, [&](const catalog::TableDesc& table, int position, const ColumnStatistics& column) {
        return row({NameCell(table.schema_name), NameCell(table.name),
                    NameCell(table.columns[static_cast<size_t>(position)].name), BoolCell(false),
                    Float(column.null_fraction), WidthCell(column), Float(column.distinct),
                    ValuesCell(column.type, column.common), FloatArrayCell(column.frequencies),
                    ValuesCell(column.type, column.histogram),
                    column.correlation ? Float(*column.correlation) : NullCell(type_oid::kFloat4),
                    NullCell(type_oid::kText), NullCell(kFloatArrayType.oid),
                    NullCell(kFloatArrayType.oid)});
      });
}

Status ScanStatistic(const CatalogSnapshot& snapshot, FunctionHost&, const RowSink& row) {
  return ForEachColumn(snapshot, [&](const catalog::TableDesc& table, int position,
                                     const ColumnStatistics& column) {
    struct Slot {
      int16_t kind = 0;
      catalog::Oid op = 0;
      catalog::Value numbers = NullCell(kFloatArrayType.oid);
      catalog::Value values = NullCell(type_oid::kText);
    };
    const catalog::Oid less = OperatorOid(LessOf(column.type.oid));
    std::vector<Slot> slots;
    if (!column.common.empty()) {
      slots.push_back({kCommonValues, OperatorOid(EqualityOf(column.type.oid)),
                       FloatArrayCell(column.frequencies), ValuesCell(column.type, column.common)});
    }
    if (!column.histogram.empty()) {
      slots.push_back(
          {.kind = kHistogram, .op = less, .values = ValuesCell(column.type, column.histogram)});
    }
    if (column.correlation) {
      slots.push_back(
          {.kind = kCorrelation, .op = less, .numbers = FloatArrayCell({*column.correlation})});
    }
    const catalog::Oid collation = CollationOf(catalog::GetType(column.type.oid));
    const auto filled = slots.size();
    slots.resize(kSlots);
    std::vector<catalog::Value> cells = {
        OidCell(table.oid), SmallCell(static_cast<int16_t>(position + 1)),
        BoolCell(false),    Float(column.null_fraction),
        WidthCell(column),  Float(column.distinct)};
    for (const Slot& slot : slots) cells.push_back(SmallCell(slot.kind));
    for (const Slot& slot : slots) cells.push_back(OidCell(slot.op));
    for (size_t i = 0; i < kSlots; ++i) cells.push_back(OidCell(i < filled ? collation : 0));
    for (const Slot& slot : slots) cells.push_back(slot.numbers);
    for (const Slot& slot : slots) cells.push_back(slot.values);
    return row(cells);
  });
}

}  // namespace

void RegisterStatistics() {
  AddToCatalog("pg_statistic", ScanStatistic);
  AddToCatalog("pg_stats", ScanStats);
}

}  // namespace shale::sql::system
