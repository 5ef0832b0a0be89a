// CheckTableFile: verifies one table against itself and against what the manifest says of it: all
// blocks and checksums, key order (TableReader::Verify), range, counts and sequence numbers, and
// the digest of the whole file. XX001 naming the file. Blocks.
#pragma once

#include "engine/base/status.h"
#include "engine/lsm/table_file.h"

namespace shale::engine {

Status CheckTableFile(TableFile* file);

}  // namespace shale::engine
