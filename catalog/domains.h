// Domains as the catalog describes them: what one is over, and whether it constrains anything.
#pragma once

#include <vector>

#include "catalog/snapshot.h"

namespace shale::catalog {

// The domain, then the domains that it is over, down to the last; empty where it is none, or not
// there.
std::vector<TypeRef> DomainsOf(const CatalogSnapshot& snapshot, Oid domain);
// One of them is NOT NULL or has a check.
bool IsConstrained(const CatalogSnapshot& snapshot, Oid domain);

}  // namespace shale::catalog
