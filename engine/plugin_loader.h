// Loads an engine from a shared object (plugin.h) and makes it known to OpenEngine.
#pragma once

#include <string>

#include "engine/base/status.h"

namespace shale::engine {

// The engine's name. 58P01 where there is no such file, 42883 where it does not export the symbol,
// 0A000 for a plugin of another version or layout, 42710 where an engine of that name is
// registered, 58000 where the file cannot be loaded, with the loader's reason. Blocks.
Result<std::string> LoadEnginePlugin(const std::string& path);

}  // namespace shale::engine
