// ReferencedRows: whether the rows that others refer to are there, and locked so that they stay.
//
// Remembers what it has found, for as long as it lives: many rows refer to few.
#pragma once

#include <string>
#include <string_view>

#include "sql/exec/execution_state.h"
#include "sql/exec/foreign_key_codec.h"
#include "sql/exec/row_locker.h"

namespace shale::sql {

class ReferencedRows {
 public:
  enum class View : uint8_t {
    kTransaction,  // what the transaction may see: under READ COMMITTED what is committed now
    kNewest,       // what is committed now
  };
  ReferencedRows(std::shared_ptr<const ForeignKeyCodec> codec, View view, ExecutionState* state);

  // Whether the row of the codes is there; then it is locked FOR KEY SHARE. 40001 where the
  // snapshot shows it and it is gone.
  Task<Result<bool>> LockRow(std::string_view codes);
  // The same without a lock, of what is committed now.
  Task<Result<bool>> HasRow(std::string_view codes);

 private:
  // Of what the store has under its key, which is in found_bytes_: the row's key.
  Status FindRowKey(std::string_view store_key, std::string* row_key) const;

  std::shared_ptr<const ForeignKeyCodec> codec_;
  const View view_;
  ExecutionState* state_;
  engine::LockOptions lock_options_;
  engine::PinnedBytes found_bytes_;
  engine::SequenceNumber sequence_ = 0;
  KeySet found_;
};

}  // namespace shale::sql
