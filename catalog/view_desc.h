// What the catalog describes of a view.
//
// A view is stored as the text of its query together with what the names in it meant when it was
// made: relations by OID, columns by position. Whoever binds the text looks names up there, not in
// schemas, so that the text keeps its meaning whatever is renamed, added or hidden by a search_path
// later (sql/bind/bind_view.cc); what is dropped takes the view with it or is refused.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "catalog/types/datum.h"
#include "catalog/types/type.h"

namespace shale::catalog {

struct ViewColumn {
  std::string name;
  Type type;
};

// A relation as the text names it.
struct ViewRelation {
  std::string schema;  // empty: none was written
  std::string name;    // empty: a composite type that is computed, named or not
  Oid oid = kInvalidOid;
  // The columns' names then, by position; empty: not there then, or dropped. Of what is no relation
  // with columns: none.
  std::vector<std::string> columns;
};

// A function as the text calls it; several under one name are listed one by one.
struct ViewFunction {
  std::string schema;  // empty: none was written
  std::string name;
  Oid oid = kInvalidOid;
};

// What the query uses: a column of a relation, or (-1) the relation, or a function.
struct ViewUse {
  Oid relation = kInvalidOid;
  int column = -1;
  bool operator==(const ViewUse&) const = default;
};

enum class CheckOption : uint8_t { kNone = 0, kLocal = 1, kCascaded = 2 };

// A view (relkind 'v'); or what a table with the same OID, a materialized view, is computed from.
struct ViewDesc {
  Oid oid = kInvalidOid;
  Oid schema_oid = kInvalidOid;
  std::string name;
  std::string schema_name;  // of schema_oid, filled when loaded
  std::vector<ViewColumn> columns;
  std::string query;
  std::vector<ViewRelation> relations;
  std::vector<ViewFunction> functions;  // those written in SQL only
  std::vector<ViewUse> uses;
  CheckOption check_option = CheckOption::kNone;
  bool security_barrier = false;
  bool security_invoker = false;
  bool materialized = false;
  bool populated = true;  // of a materialized one: REFRESH, or WITH DATA

  bool Uses(Oid relation) const;
  bool UsesColumn(Oid relation, int column) const;
};
using ViewRef = std::shared_ptr<const ViewDesc>;

}  // namespace shale::catalog
