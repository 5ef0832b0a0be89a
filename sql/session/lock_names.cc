#include "sql/session/lock_names.h"

#include <fmt/format.h>

#include "catalog/keys.h"
#include "sql/system/system_tables.h"

namespace shale::sql {

std::string DescribeLockWait(engine::LockMode mode, std::string_view key, uint64_t holder) {
  const std::string_view name = system::LockModeName(mode);
  if (auto table = catalog::TableOfLockKey(key)) {
    return fmt::format("{} on relation {} of database {}", name, table->table, table->database);
  }
  if (auto advisory = catalog::AdvisoryOfLockKey(key)) {
    return fmt::format("{} on advisory lock [{},{},{},{}]", name, advisory->database,
                       advisory->key.class_id, advisory->key.object_id, advisory->key.kind);
  }
  if (auto database = catalog::DatabaseOfLockKey(key)) {
    // As PostgreSQL's locks of shared objects are called: by class, object and part.
    return fmt::format("{} on object {} of class {} of database 0", name, *database,
                       catalog::kPgDatabaseOid);
  }
  return fmt::format("ShareLock on transaction {}", holder);
}

}  // namespace shale::sql
