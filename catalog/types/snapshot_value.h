// pg_snapshot and txid_snapshot: which transactions a snapshot shows, by their ids. A value in
// memory is its text, "xmin:xmax:running,...", in normal form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"

namespace shale::catalog {

struct SnapshotValue {
  uint64_t xmin = 0;              // all below have ended
  uint64_t xmax = 0;              // none from here on is seen
  std::vector<uint64_t> running;  // in between, ascending, distinct: not seen

  bool Shows(uint64_t id) const;
};

// 22P02 with PostgreSQL's text.
Result<SnapshotValue> ParseSnapshot(std::string_view text);
void AppendSnapshot(const SnapshotValue& snapshot, std::string* out);
// The wire form: count, xmin, xmax, running. 22P03.
Result<SnapshotValue> ParseBinarySnapshot(std::string_view bytes);
void AppendBinarySnapshot(const SnapshotValue& snapshot, std::string* out);

}  // namespace shale::catalog
