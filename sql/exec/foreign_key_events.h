// ForeignKeyEvents: notes, for the rows that a TableWriter writes, which foreign keys have to be
// looked at when the statement, or the transaction, is at its end (KeyEventQueue).
#pragma once

#include <memory>
#include <vector>

#include "sql/exec/execution_state.h"
#include "sql/exec/foreign_key_codec.h"
#include "sql/exec/key_event_queue.h"

namespace shale::sql {

class ForeignKeyEvents {
 public:
  // Null: the table has no foreign key, and none refers to it.
  static std::unique_ptr<ForeignKeyEvents> Of(const catalog::TableRef& table,
                                              ExecutionState* state);

  // Whether a change of these columns, by position, can matter: else Replaced need not be called.
  bool Minds(const std::vector<uint8_t>& assigned) const;
  // Whether a row that goes can be referred to: else Deleted need not be called.
  bool is_referenced() const { return !referenced_by_.empty() || !found_.ok(); }
  // The statement that deletes rows writes others as well, which may have their keys.
  void ExpectNewRows() { only_checked_ = false; }

  // values and nulls: of the row written, by position.
  Status Inserted(std::string_view key, const catalog::Datum* values, const bool* nulls);
  Status Replaced(std::string_view old_key, std::string_view old_value, std::string_view key,
                  const catalog::Datum* values, const bool* nulls);
  Status Deleted(std::string_view key, std::string_view value);

  ForeignKeyEvents(const catalog::TableRef& table, ExecutionState* state);

 private:
  using CodecRef = std::shared_ptr<const ForeignKeyCodec>;
  Status FindKeys();
  Status NoteReferencing(const ForeignKeyCodec& codec, std::string_view key,
                         ForeignKeyCodec::Reference reference, std::string codes);
  // The columns of a stored row that keys refer to, by position: old_values_, old_nulls_.
  Status DecodeReferenced(std::string_view key, std::string_view value);

  const catalog::TableRef table_;
  ExecutionState* state_;
  std::shared_ptr<const catalog::RowCodec> row_codec_;
  Status found_;                         // XX001: told when a row is written
  Arena arena_;                          // of one row
  std::vector<CodecRef> foreign_keys_;   // of the table
  std::vector<CodecRef> referenced_by_;  // those that refer to it, in the order of their OIDs
  // Deleting rows has no consequences but checks, in other tables, which can be made at any time.
  bool only_checked_ = false;
  std::vector<catalog::Datum> old_values_;
  std::unique_ptr<bool[]> old_nulls_;
};

}  // namespace shale::sql
