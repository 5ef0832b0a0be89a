// Whether values are ones of a domain: its NOT NULL and its checks, with those of the domains that
// it is over.
//
// Checks are bound from the catalog's text and kept while the catalog says the same. Used by one
// thread at a time.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "catalog/domains.h"
#include "sql/expr/expr.h"

namespace shale::sql {

// A check over VALUE, which is the one column of the batch that it is evaluated over.
Result<ExprPtr> BindDomainCondition(const catalog::CatalogSnapshot& view,
                                    const catalog::TypeDesc& domain,
                                    const catalog::DomainCheck& check);

class DomainChecks {
 public:
  // Looks at the rows of the set among so many, values of the domain's base type. 23502, 23514 for
  // the first that is none; 54001 where checks ask each other without end; what evaluating gives.
  // The view is the catalog of now.
  Status Check(EvalContext& context, const catalog::CatalogSnapshot& view, catalog::Oid domain,
               const Vector& values, uint32_t row_count, RowSet rows);
  // One value; null: NULL.
  Status CheckOne(EvalContext& context, const catalog::CatalogSnapshot& view, catalog::Oid domain,
                  const catalog::Datum* value);

 private:
  struct Condition {
    std::string name;
    ExprPtr expr;
  };
  struct Domain {
    std::vector<catalog::TypeRef> domains;                  // it, then those that it is over
    std::shared_ptr<const catalog::FunctionMap> functions;  // whose bodies are in its conditions
    bool not_null = false;
    std::vector<Condition> conditions;  // in the order in which they are looked at
  };

  using DomainPtr = std::shared_ptr<const Domain>;  // in use while a check of its own checks others
  Result<DomainPtr> Bound(const catalog::CatalogSnapshot& view, catalog::Oid domain);
  // Stops at a row that does not satisfy all.
  static Status CheckRows(EvalContext& context, const Domain& domain, const Batch& batch,
                          RowSet rows);

  std::map<catalog::Oid, DomainPtr> bound_;
  int depth_ = 0;  // of checks that are being looked at, each for the one before
};

}  // namespace shale::sql
