// Who cannot be without a user's type.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"

namespace shale::sql::ddl {

// Something that cannot be without a type.
struct TypeUser {
  // kType: a domain over it. kDomainCheck, kAttribute: of another type.
  enum class Kind : uint8_t {
    kColumn,
    kDefault,
    kCheck,
    kIndex,
    kView,
    kFunction,
    kType,
    kDomainCheck,
    kAttribute,
  };
  Kind kind = Kind::kColumn;
  catalog::Oid relation = catalog::kInvalidOid;  // of an index: its table; of the last: the type
  int column = -1;                               // of kColumn, kDefault and kAttribute
  catalog::Oid object = catalog::kInvalidOid;    // itself: the table's for its columns
  std::string what;                              // "column a of table t"
  std::string on;                                // "type mood", "type mood[]"
};

// In the order in which PostgreSQL tells of them, each with those that cannot be without it behind
// it. above: types that use this one, whose users are being looked for.
std::vector<TypeUser> UsersOf(const catalog::TypeDesc& type, const DdlContext& context,
                              std::set<catalog::Oid> above = {});

}  // namespace shale::sql::ddl
