#include "sql/session/database_counts.h"

namespace shale::sql {

void TableChanges::Note(catalog::Oid table, uint64_t rows) {
  if (rows == 0) return;
  std::lock_guard lock(mutex_);
  rows_[table] += rows;
}

void TableChanges::Forget(catalog::Oid table) {
  std::lock_guard lock(mutex_);
  rows_.erase(table);
}

std::map<catalog::Oid, uint64_t> TableChanges::All() const {
  std::lock_guard lock(mutex_);
  return rows_;
}

DatabaseCountsRef CountsOfDatabases::Of(catalog::Oid database) {
  std::lock_guard lock(mutex_);
  DatabaseCountsRef& counts = counts_[database];
  if (counts == nullptr) counts = std::make_shared<DatabaseCounts>();
  return counts;
}

void CountsOfDatabases::Forget(catalog::Oid database) {
  std::lock_guard lock(mutex_);
  counts_.erase(database);
}

}  // namespace shale::sql
