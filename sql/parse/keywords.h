// PostgreSQL's keywords, as far as a writer of SQL must know them.
#pragma once

#include <string_view>

namespace shale::sql {

// True of every keyword but the unreserved ones: such a name has to be quoted in some place.
bool NeedsQuotes(std::string_view name);

}  // namespace shale::sql
