// What `shale check` and `shale dump` do: report on standard output, errors on standard error; give
// the process's exit code, 0 where all is well and 1 where it is not.
#pragma once

#include <string>

#include "engine/inspect/dump.h"
#include "engine/options.h"

namespace shale::engine {

// options: what the store would be opened with; the storage is set here.
int RunCheckCommand(EngineOptions options, const std::string& directory);
int RunDumpCommand(const std::string& path, const DumpOptions& options);

}  // namespace shale::engine
