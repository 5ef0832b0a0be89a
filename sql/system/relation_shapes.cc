#include "sql/system/relation_shapes.h"

#include <charconv>

#include "engine/base/check.h"

namespace shale::sql::system {
namespace {

constexpr RelationShape kCatalogShapes[] = {
#include "sql/system/pg_catalog_shapes.inc"
};
constexpr RelationShape kInformationShapes[] = {
#include "sql/system/information_schema_shapes.inc"
};

struct Nearest {
  std::string_view name;
  std::string_view near;
};
constexpr Nearest kNearest[] = {
    {"_aclitem", "_text"},      {"pg_node_tree", "text"},     {"anyarray", "text"},
    {"pg_ndistinct", "bytea"},  {"pg_dependencies", "bytea"}, {"pg_mcv_list", "bytea"},
    {"_pg_statistic", "_text"},
};

// "name", or "varchar(7)".
catalog::Type TypeOf(std::string_view text) {
  catalog::Type type;
  if (size_t open = text.find('('); open != text.npos) {
    std::from_chars(text.data() + open + 1, text.data() + text.size(), type.typmod);
    text = text.substr(0, open);
  }
  for (const Nearest& each : kNearest) {
    if (each.name == text) text = each.near;
  }
  // Internal names: "char" is not SQL's char.
  for (const catalog::TypeInfo& info : catalog::AllTypes()) {
    if (info.name == text) return {info.oid, type.typmod};
  }
  CHECK(false);
  return {};
}

// Up to the separator, which is taken off the text with it.
std::string_view Take(std::string_view* text, std::string_view separator) {
  const size_t end = text->find(separator);
  const std::string_view taken = text->substr(0, end);
  text->remove_prefix(end == text->npos ? text->size() : end + separator.size());
  return taken;
}

}  // namespace

std::span<const RelationShape> CatalogShapes() { return kCatalogShapes; }
std::span<const RelationShape> InformationShapes() { return kInformationShapes; }

std::vector<VirtualColumn> ColumnsOf(const RelationShape& shape) {
  std::vector<VirtualColumn> columns;
  for (std::string_view rest = shape.columns; !rest.empty();) {
    std::string_view type = Take(&rest, ", ");
    const std::string_view name = Take(&type, " ");
    const bool not_null = type.ends_with('!');
    if (not_null) type.remove_suffix(1);
    columns.push_back({name, TypeOf(type), not_null});
  }
  return columns;
}

}  // namespace shale::sql::system
