// Quoting for SQL text: identifiers and string literals, as quote_ident() and quote_literal() do.
#pragma once

#include <string>
#include <string_view>

namespace shale::sql {

// In double quotes where it is not all lower-case letters, digits and _, or is a keyword that
// cannot stand alone.
std::string QuoteIdentifier(std::string_view name);
// In single quotes; with the E prefix where it has backslashes.
std::string QuoteLiteral(std::string_view text);

}  // namespace shale::sql
