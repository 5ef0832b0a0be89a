// Ids of transactions, and snapshots.
#include <cstdlib>
#include <string>

#include "catalog/types/snapshot_value.h"
#include "catalog/types/type_io_internal.h"

namespace shale::catalog::type_io {

// As C reads numbers, and PostgreSQL these: what follows them is not looked at, no number is 0, and
// hexadecimal and octal ones are understood.
uint64_t ParseXid(std::string_view text) {
  return std::strtoull(std::string(text).c_str(), nullptr, 0);
}

Result<std::string_view> NormalizeSnapshot(Result<SnapshotValue> snapshot, Arena* arena) {
  if (!snapshot.ok()) return std::move(snapshot).status();
  std::string text;
  AppendSnapshot(*snapshot, &text);
  return arena->Copy(text);
}

}  // namespace shale::catalog::type_io
