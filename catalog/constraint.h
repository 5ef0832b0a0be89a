// Descriptions of a table's CHECK and foreign key constraints (pg_constraint). The primary key and
// NOT NULL lie in TableDesc itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "catalog/types/type.h"

namespace shale::catalog {

struct CheckDesc {
  Oid oid = kInvalidOid;
  std::string name;
  // As SQL text over the table's columns, all types explicit, so that it means the same in every
  // session; bound anew where it is used.
  std::string expression;
  std::string pretty_expression;  // with fewer parentheses, for people
  std::vector<int> columns;       // positions of those in it
  bool no_inherit = false;
  bool validated = true;  // false: rows from before it are not known to satisfy it
};

// What becomes of referencing rows when the row they refer to goes or gets another key: letters of
// pg_constraint.
enum class ReferenceAction : uint8_t {
  kNoAction = 'a',
  kRestrict = 'r',
  kCascade = 'c',
  kSetNull = 'n',
  kSetDefault = 'd',
};

// A foreign key of the table that has it.
struct ForeignKeyDesc {
  Oid oid = kInvalidOid;
  std::string name;
  std::vector<int> columns;
  Oid referenced_table = kInvalidOid;
  std::vector<int> referenced_columns;  // one each, of a unique key
  Oid referenced_index = kInvalidOid;   // the unique key's
  bool match_full = false;
  ReferenceAction on_update = ReferenceAction::kNoAction;
  ReferenceAction on_delete = ReferenceAction::kNoAction;
  std::vector<int> set_columns;  // of ON DELETE SET NULL (...) and SET DEFAULT (...); empty: all
  bool deferrable = false;
  bool initially_deferred = false;
  bool validated = true;

  bool operator==(const ForeignKeyDesc&) const = default;
};

}  // namespace shale::catalog
