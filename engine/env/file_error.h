// FileError: the Status of a failed file call, worded alike by every FileSystem:
// "could not write file \"data/log/1\": No space left on device".
#pragma once

#include <string>

#include "engine/base/status.h"
#include "engine/env/file_operation.h"

namespace shale::engine {

// The SQLSTATE follows from the errno: 53100 no space or quota, 58P01 missing, 58P02 exists
// already, 42501 not permitted, 53000 out of descriptors, 55006 locked, else 58030.
Status FileError(FileOperation operation, const std::string& path, int error_number);

}  // namespace shale::engine
