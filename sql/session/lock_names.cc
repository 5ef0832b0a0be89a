#include "sql/session/lock_names.h"

#include <fmt/format.h>

#include "catalog/keys.h"
#include "sql/system/system_tables.h"

namespace shale::sql {

std::string DescribeLockWait(engine::LockMode mode, std::string_view key, uint64_t holder) {
  const std::string_view name = system::LockModeName(mode);
  if (auto table = catalog::TableOfLockKey(key)) {
    return fmt::format("{} on relation {} of database {}", name, *table, system::kShaleDatabase);
  }
  if (auto advisory = catalog::AdvisoryOfLockKey(key)) {
    return fmt::format("{} on advisory lock [{},{},{},{}]", name, system::kShaleDatabase,
                       advisory->class_id, advisory->object_id, advisory->kind);
  }
  return fmt::format("ShareLock on transaction {}", holder);
}

}  // namespace shale::sql
