// Names of blobs, log segments and registers, as storage.h allows them.
#pragma once

#include <string>

#include "engine/base/status.h"

namespace shale::engine {

// XX000 unless the name is [a-z0-9._-]+, at most 200 bytes, and does not start with a dot.
Status CheckStorageName(const std::string& name);

}  // namespace shale::engine
