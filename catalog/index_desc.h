// What the catalog describes of a secondary index. The primary key has none: rows are stored under
// it.
//
// Immutable once in a snapshot and shared by pointer, like a table's description, which lists the
// indexes of the table: a table with another index is another description.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/types/type.h"

namespace shale::catalog {

struct IndexKey {
  int column = -1;  // position in the table; -1: an expression
  // Over the table's columns, as SQL text that binds anew; of an expression.
  std::string expression_sql;
  Type type;  // of the column or expression
  bool descending = false;
  bool nulls_first = false;
  // "text_pattern_ops" and the like, kept and shown, without effect: text is in byte order anyway.
  // Empty: the type's own.
  std::string operator_class;
};

enum class IndexState : uint8_t {
  kBuilding = 0,  // written, not read: it may lack rows. What a failed build leaves, too
  kValid = 1,
  kRetired = 2,  // written, for those who read it still; another one refuses what is not unique
  kDead = 3,     // neither
};

struct IndexDesc {
  Oid oid = kInvalidOid;
  Oid table_oid = kInvalidOid;
  Oid schema_oid = kInvalidOid;  // the table's
  std::string name;
  uint32_t storage_id = 0;  // names the entries' key range; a rebuild takes a new one
  std::vector<IndexKey> keys;
  std::vector<int> include;  // column positions that the entries hold besides
  bool unique = false;
  bool nulls_not_distinct = false;           // of a unique one
  std::optional<std::string> predicate_sql;  // a partial index: which rows it has
  Oid constraint_oid = kInvalidOid;          // of the UNIQUE constraint that it stands for
  bool deferrable = false;                   // of the constraint
  bool initially_deferred = false;
  // The constraint is the primary key: a deferrable one, others are what rows are stored under.
  bool primary = false;
  IndexState state = IndexState::kValid;
  std::vector<std::string> options;  // "fillfactor=100", kept and shown, without effect

  // The commit that made the entries complete: an older snapshot cannot be read through them. Not
  // stored: after a restart there are no older snapshots.
  uint64_t readable_from = 0;

  // Its keys are unique at any time, so that an entry stands for its key. Those of a deferrable
  // constraint may repeat until it is looked at.
  bool guards_keys() const { return unique && !deferrable; }
};
using IndexRef = std::shared_ptr<const IndexDesc>;

}  // namespace shale::catalog
