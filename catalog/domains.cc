#include "catalog/domains.h"

#include <algorithm>

namespace shale::catalog {

// A domain is older than what is over it, so that damaged records make no circle.
std::vector<TypeRef> DomainsOf(const CatalogSnapshot& snapshot, Oid domain) {
  std::vector<TypeRef> domains;
  TypeRef next = snapshot.FindType(domain);
  while (next != nullptr && next->kind == TypeClass::kDomain) {
    const Oid below = next->base.oid < next->oid ? next->base.oid : kInvalidOid;
    domains.push_back(std::move(next));
    next = snapshot.FindType(below);
  }
  return domains;
}

bool IsConstrained(const CatalogSnapshot& snapshot, Oid domain) {
  return std::ranges::any_of(DomainsOf(snapshot, domain), [](const TypeRef& one) {
    return one->not_null || !one->checks.empty();
  });
}

}  // namespace shale::catalog
