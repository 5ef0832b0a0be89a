// RowMoves: where rows are whose primary key has changed, for statements that found them under the
// key before.
//
// A row's key is its place here, so an update of the key is a delete and an insert. Who has waited
// for such an update (READ COMMITTED) is to go on with the row where it is now, as PostgreSQL does
// by the chain of a row's versions. What a transaction moves is noted in its RowMoveLog and
// becomes known to all with its commit, for as long as statements run that began before.
//
// In memory only and bounded: of more than is kept it is only known that something moved, and of
// one transaction's more, in which tables; then who meets a row that has changed is told to try
// again (40001).
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/kv_store.h"

namespace shale::sql {

struct RowMove {
  std::string from;
  std::string to;
};

// In the order of commits, and of the moves within one. Behind all of a commit: of a snapshot.
struct MovePosition {
  engine::SequenceNumber sequence = 0;
  size_t index = SIZE_MAX;
};

// What a transaction moves. Same threading as the transaction.
class RowMoveLog {
 public:
  void Add(std::string_view from, std::string_view to);
  // With the transaction's savepoints.
  size_t size() const { return moves_.size(); }
  void Truncate(size_t size);
  bool empty() const { return moves_.empty() && missing_.empty(); }
  void Clear();

 private:
  friend class RowMoves;
  static constexpr size_t kBytesMax = size_t{16} << 20;
  std::vector<RowMove> moves_;
  size_t bytes_ = 0;
  std::set<uint32_t> missing_;  // tables, by storage id, of which there were too many
};

// Of a database. Thread-safe.
class RowMoves {
 public:
  struct Commit {
    engine::SequenceNumber sequence = 0;
    std::vector<RowMove> moves;
    std::vector<uint32_t> by_key;  // indexes of moves, by `from` and then in their order
    size_t bytes = 0;
    std::map<uint32_t, engine::SequenceNumber> missing;  // by storage id: the commit
  };
  using Commits = std::list<Commit>;  // of one, to be moved without taking memory

  // What Publish takes; the log is empty then. Drops what no snapshot from `oldest` on asks for.
  std::shared_ptr<Commits> Prepare(RowMoveLog* log, engine::SequenceNumber oldest);
  // At the commit, before any snapshot shows it.
  void Publish(Commits* commit, engine::SequenceNumber sequence);

  struct Step {
    std::string to;
    MovePosition position;
  };
  // Where the row that was under the key at that point went next; nothing: it was not moved. 40001
  // where that is not known any more.
  Result<std::optional<Step>> Next(std::string_view key, MovePosition position) const;

 private:
  static constexpr size_t kBytesMax = size_t{64} << 20;
  void DropOldest();

  mutable std::mutex mutex_;
  // All below guarded by mutex_.
  Commits commits_;  // ascending
  size_t bytes_ = 0;
  // Of commits up to it moves may be missing: of any table, and of one by its storage id.
  engine::SequenceNumber complete_after_ = 0;
  std::map<uint32_t, engine::SequenceNumber> tables_complete_after_;
};

}  // namespace shale::sql
