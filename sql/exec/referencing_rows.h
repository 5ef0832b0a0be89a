// ReferencingRows: the rows of a table whose foreign key refers to any of a set of keys, among what
// is committed now and the transaction's own writes.
//
// Where the rows' own key, or an index, begins with the foreign key, each key's rows are a range,
// and the ranges come in the order of the keys' numbers, each with what was written before it is
// begun; otherwise all rows are looked through, once for the whole set, as they are at the
// beginning.
//
// What is found is to be locked and looked at again. Where it has gone by then, its deleter may
// have put it elsewhere (rows lie under their primary keys), so that all must be looked for anew.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "sql/exec/execution_state.h"
#include "sql/exec/foreign_key_codec.h"
#include "sql/exec/table_reader.h"

namespace shale::sql {

class ReferencingRows {
 public:
  // What is looked for: codes, and whose they are in the caller's count.
  using Keys = std::map<std::string, size_t, std::less<>>;
  // keys outlives it.
  ReferencingRows(std::shared_ptr<const ForeignKeyCodec> codec, const Keys* keys,
                  ExecutionState* state);

  struct Match {
    std::string row_key;
    size_t index = 0;  // of the key it refers to
  };
  // The next ones, some at a time; empty: no more. Valid until the next call.
  Task<Result<std::span<const Match>>> Next();
  // Begins anew.
  void Restart();

 private:
  bool OpenNext();
  Status FindMatches(std::span<const engine::KeyValue> page);
  Status ReadEntries(std::span<const engine::KeyValue> page);

  std::shared_ptr<const ForeignKeyCodec> codec_;
  const Keys* keys_;
  ExecutionState* state_;
  TableColumns source_;
  TableReader reader_;
  // With a prefix: which keys' ranges, in order, and the next of them.
  std::vector<Keys::const_iterator> ranges_;
  size_t next_range_ = 0;
  bool opened_all_ = false;
  std::unique_ptr<engine::KvCursor> cursor_;
  Arena arena_;
  std::vector<catalog::Datum> values_;
  std::unique_ptr<bool[]> nulls_;
  std::string codes_;
  std::vector<Match> matches_;
};

}  // namespace shale::sql
