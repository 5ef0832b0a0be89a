// Where backups may be written: directories below the one that the operator configured.
#pragma once

#include <memory>
#include <string>

#include "engine/base/status.h"
#include "engine/env/file_system.h"
#include "engine/env/storage.h"

namespace shale::engine {

// Opens or creates root/name. The name is one or more components of [A-Za-z0-9._-] with slashes
// between, none of which begins with a dot: 42602 otherwise, so that no name leads out of the root.
// 55006 where another backup writes there. Blocks.
Result<std::unique_ptr<Storage>> OpenBackupTarget(FileSystem& file_system, const std::string& root,
                                                  const std::string& name);

}  // namespace shale::engine
