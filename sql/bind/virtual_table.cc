#include "sql/bind/virtual_table.h"

#include <map>
#include <memory>
#include <utility>

namespace shale::sql {

namespace {

struct Registry {
  std::vector<std::unique_ptr<const VirtualTable>> owned;
  std::vector<const VirtualTable*> all;
  std::map<std::pair<std::string_view, std::string_view>, const VirtualTable*> by_name;
  std::map<catalog::Oid, const VirtualTable*> by_oid;
};

// Filled before the first session, only read afterwards.
Registry& TheRegistry() {
  static auto* registry = new Registry;
  return *registry;
}

}  // namespace

const VirtualTable* FindVirtualTable(std::string_view schema, std::string_view name) {
  const Registry& registry = TheRegistry();
  auto found = registry.by_name.find({schema, name});
  return found != registry.by_name.end() ? found->second : nullptr;
}

const VirtualTable* FindVirtualTable(catalog::Oid oid) {
  const Registry& registry = TheRegistry();
  auto found = registry.by_oid.find(oid);
  return found != registry.by_oid.end() ? found->second : nullptr;
}

const std::vector<const VirtualTable*>& AllVirtualTables() { return TheRegistry().all; }

void RegisterVirtualTable(VirtualTable table) {
  Registry& registry = TheRegistry();
  registry.owned.push_back(std::make_unique<const VirtualTable>(std::move(table)));
  const VirtualTable* added = registry.owned.back().get();
  bool fresh = registry.by_name.emplace(std::pair(added->schema, added->name), added).second &&
               registry.by_oid.emplace(added->oid, added).second;
  CHECK(fresh);
  registry.all.push_back(added);
}

}  // namespace shale::sql
