// Files with secret keys: read whole, and refused where others than their owner may read them.
#pragma once

#include <string>

#include "engine/base/status.h"

namespace shale::config {

// The contents of a regular file of 1 to 4096 bytes that only its owner may read or write (or, as
// PostgreSQL has it, root's, which a group may read). F0000 otherwise, naming the file.
Result<std::string> ReadKeyFile(const std::string& path);

}  // namespace shale::config
