// jsonpath over jsonb, by the rules of SQL/JSON and of PostgreSQL where they leave room.
//
// A path gives a sequence of items. In lax mode, arrays are unwrapped and single items wrapped
// where a step asks for the other, and what is not there gives nothing; in strict mode both are
// errors.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "catalog/types/datum.h"
#include "catalog/types/jsonpath.h"
#include "catalog/types/type_io.h"
#include "engine/base/arena.h"
#include "engine/base/status.h"

namespace shale::sql {

struct JsonpathOptions {
  std::string_view variables = "{}";  // an object
  bool silent = false;                // errors of the data give nothing instead
  bool uses_zone = false;             // the *_tz functions: times may be compared across zones
};

// The items' JSON, in the arena or in the input; nothing where an error was silenced.
Result<std::optional<std::vector<std::string_view>>> QueryJsonpath(
    const catalog::jsonpath::Path& path, std::string_view jsonb, const JsonpathOptions& options,
    const catalog::FormatSettings& settings, Arena* arena);

// Whether there is an item; in lax mode without looking for more than one. Nothing as above.
Result<std::optional<bool>> ExistsJsonpath(const catalog::jsonpath::Path& path,
                                           std::string_view jsonb, const JsonpathOptions& options,
                                           const catalog::FormatSettings& settings, Arena* arena);

}  // namespace shale::sql
