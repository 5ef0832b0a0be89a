#include "sql/session/exported_snapshots.h"

#include <utility>

namespace shale::sql {

void ExportedSnapshots::Add(std::string identifier, ExportedSnapshot snapshot) {
  std::lock_guard lock(mutex_);
  snapshots_.emplace(std::move(identifier), std::move(snapshot));
}

void ExportedSnapshots::RemoveOf(uint64_t exporter) {
  std::lock_guard lock(mutex_);
  std::erase_if(snapshots_, [&](const auto& entry) { return entry.second.exporter == exporter; });
}

Status ExportedSnapshots::Use(std::string_view identifier,
                              const std::function<Status(const ExportedSnapshot&)>& use) const {
  std::lock_guard lock(mutex_);
  auto found = snapshots_.find(identifier);
  if (found == snapshots_.end()) {
    return Error(sqlstate::kInvalidParameterValue, "invalid snapshot identifier: \"{}\"",
                 identifier);
  }
  return use(found->second);
}

}  // namespace shale::sql
