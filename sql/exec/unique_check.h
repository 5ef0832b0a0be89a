// Deferrable UNIQUE and PRIMARY KEY constraints: their keys may repeat until they are looked at.
//
// 1. Whoever writes a row asks for the lock of its key, without waiting, and looks for other
// entries
//    of the key. Where both say that it is alone it stays so, for the lock is kept; else an event
//    is noted (KeyEventQueue).
// 2. At the end of the statement, or of the transaction, the key's lock is waited for and its
//    entries are looked at again.
// 3. Who takes an entry away that is nobody's but his own to take away has the key's lock, too.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "catalog/index_codec.h"
#include "sql/exec/execution_state.h"
#include "sql/exec/key_event_queue.h"

namespace shale::sql {

// Whether any entry but these two has the unique part (IndexEntry::unique_bytes), among what is
// committed now and the transaction's own.
Task<Result<bool>> HasOtherEntry(engine::KvTransaction& transaction, std::string_view unique_part,
                                 std::string_view own, std::string_view old);

// Locks the key, unless that takes a wait or another entry has it: then false, and it is not
// locked, for who takes that entry away needs the lock.
Task<Result<bool>> ClaimKey(ExecutionState* state, std::string_view unique_part,
                            std::string_view own, std::string_view old);

class UniqueChecker {
 public:
  // Null: the table or the constraint is not there any more.
  static std::unique_ptr<UniqueChecker> Find(const KeyEvent& event, ExecutionState* state);
  UniqueChecker(catalog::TableRef table, catalog::IndexRef index, ExecutionState* state);

  // 23505 where the event's row is there still and its key is not its alone.
  Task<Status> Check(const KeyEvent& event);
  // Whether Check could find nothing wrong any more. Nobody is waited for.
  Task<Result<bool>> IsSettled(const KeyEvent& event);

 private:
  // The keys of the event's entry, and whether it is there.
  Task<Result<bool>> FindEntry(const KeyEvent& event);
  Status Duplicate(std::string_view row_key, std::string_view row);

  const catalog::TableRef table_;
  const catalog::IndexRef index_;
  ExecutionState* state_;
  std::shared_ptr<const catalog::RowCodec> codec_;
  std::string unique_part_;
  std::string own_;
  engine::PinnedBytes row_;
  engine::SequenceNumber sequence_ = 0;
};

}  // namespace shale::sql
