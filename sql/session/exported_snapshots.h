// ExportedSnapshots: what pg_export_snapshot() has given identifiers to, for SET TRANSACTION
// SNAPSHOT in other sessions. One per database. Thread-safe.
//
// An entry is there as long as its exporter's transaction runs; who has imported one holds it by
// itself.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/kv_store.h"

namespace shale::sql {

struct ExportedSnapshot {
  std::shared_ptr<const engine::SharedSnapshot> snapshot;
  std::optional<engine::SnapshotDescription> description;  // nothing: there is none any more
  uint64_t exporter = 0;                                   // its transaction
  engine::IsolationLevel isolation = engine::IsolationLevel::kReadCommitted;
  bool read_only = false;
  std::string database;
};

class ExportedSnapshots {
 public:
  void Add(std::string identifier, ExportedSnapshot snapshot);
  // Before the exporter's transaction ends.
  void RemoveOf(uint64_t exporter);
  // Calls use with the entry, whose exporter cannot end meanwhile. 22023: there is no such.
  Status Use(std::string_view identifier,
             const std::function<Status(const ExportedSnapshot&)>& use) const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, ExportedSnapshot, std::less<>> snapshots_;  // guarded by mutex_
};

}  // namespace shale::sql
