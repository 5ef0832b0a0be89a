#include "sql/parse/keywords.h"

#include <string>

#include "sql/parse/postgres_nodes.h"

extern "C" {
#include <common/keywords.h>
}

namespace shale::sql {

bool NeedsQuotes(std::string_view name) {
  int number = ScanKeywordLookup(std::string(name).c_str(), &ScanKeywords);
  return number >= 0 && ScanKeywordCategories[number] != UNRESERVED_KEYWORD;
}

}  // namespace shale::sql
