// CheckTableFile: verifies one table against itself and against what the manifest says of it: all
// blocks and checksums, key order (TableReader::Verify), range, counts and sequence numbers, every
// value that it refers to and how much of each value file that is, and the digest of the whole
// file. CheckValueFile: the digest of a value file; what of it is not garbage, its tables vouch
// for. XX001 naming the file. Block.
#pragma once

#include "engine/base/status.h"
#include "engine/lsm/table_file.h"
#include "engine/lsm/version.h"

namespace shale::engine {

// The table is one of the version's.
Status CheckTableFile(const Version& version, TableFile* file);
Status CheckValueFile(ValueFile* file);

// That it opens and is the table that its metadata describe, without reading its blocks.
Status CheckTableMetadata(TableFile* file);

}  // namespace shale::engine
