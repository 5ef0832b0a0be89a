// KeyEventQueue: what a transaction has done to keys and has still to answer for: rows that refer
// to others, rows that were referred to and are gone, and rows whose key others may have as well.
// Each constraint is looked at at the end of the statement, or, deferred, at the end of the
// transaction.
//
// Belongs to one transaction; same threading. What is in it is what PostgreSQL has in its queue of
// AFTER triggers for constraints.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "catalog/constraint.h"
#include "catalog/index_desc.h"
#include "engine/base/memory_account.h"

namespace shale::sql {

struct KeyEvent {
  enum class Kind : uint8_t {
    kReferencing,  // a row has come, or its foreign key has changed
    kDeleted,      // a row that may be referred to has gone
    kRekeyed,      // or has another key now
    kUnique,       // a row has come whose key, of a deferrable constraint, may not be its alone
  };
  Kind kind = Kind::kReferencing;
  // Nothing that the statement has yet to do can make good what a look finds wrong now.
  bool may_run_early = false;
  catalog::Oid origin = catalog::kInvalidOid;      // the table whose row it is about
  catalog::Oid table = catalog::kInvalidOid;       // the one with the constraint
  catalog::Oid constraint = catalog::kInvalidOid;  // its OID
  std::string row_key;  // of kReferencing and kUnique: of the row in the store
  // The key referred to (ForeignKeyCodec); empty: none that can be. Of kUnique: the entry's key
  // without the index's prefix and the row's part.
  std::string codes;
  // Of kDeleted and kRekeyed: the key's values, before and, of the latter, now
  // (ForeignKeyCodec::PackKey).
  std::string old_values;
  std::string new_values;
};

class KeyEventQueue {
 public:
  // A point to go back to: savepoints.
  struct Mark {
    size_t deferred = 0;
    uint32_t run = 0;
    std::optional<bool> all_deferred;
    std::map<catalog::Oid, bool> modes;
  };

  // What waits is charged to the account, which outlives the queue; null: no limit.
  explicit KeyEventQueue(MemoryAccount* memory = nullptr) : memory_(memory) {}
  ~KeyEventQueue() { Clear(); }
  KeyEventQueue(const KeyEventQueue&) = delete;
  KeyEventQueue& operator=(const KeyEventQueue&) = delete;

  // Actions of foreign keys are never deferred, checks are where the constraint or SET CONSTRAINTS
  // says so. 53200.
  Status Add(const catalog::ForeignKeyDesc& key, KeyEvent event);
  // Of kUnique.
  Status Add(const catalog::IndexDesc& key, KeyEvent event);

  // An event of the row waits, or is taken and not done yet: what it asks must be asked
  // of the row's new key when the row moves.
  bool IsPending(catalog::Oid constraint, std::string_view row_key) const;

  // SET CONSTRAINTS: of all, or of one. What is immediate now stays deferred until it is taken.
  void SetAllModes(bool deferred);
  void SetMode(catalog::Oid constraint, bool deferred) { modes_[constraint] = deferred; }

  // --- at the end of a statement ---
  size_t immediate_count() const { return immediate_.size() - immediate_begin_; }
  // The first of them, in order.
  std::vector<KeyEvent> TakeImmediate(size_t count_max);
  // What a statement has noted, out of the way while another runs in its midst; it waits all the
  // same.
  struct Immediate {
    std::vector<KeyEvent> events;
    size_t early_count = 0;
    size_t unique_count = 0;
  };
  Immediate SetAside();
  // When that one is done, and has left none.
  void PutBackAside(Immediate aside);
  // In the midst of a statement that has very many: those that may run early, in order.
  size_t early_count() const { return early_count_; }
  std::vector<KeyEvent> TakeEarly();

  // Likewise of very many keys: those of kUnique leave the queue, and those that are not settled
  // have to be put back.
  size_t unique_count() const { return unique_count_; }
  std::vector<KeyEvent> TakeUnique();
  Status PutBackUnique(std::vector<KeyEvent> events);                // 53200
  size_t unique_put_back_count() const { return unique_put_back_; }  // of the last time

  // --- at the end of the transaction (all), or of SET CONSTRAINTS ... IMMEDIATE ---
  enum class Which : uint8_t { kAll, kImmediateNow };
  std::vector<KeyEvent> TakeDeferred(size_t count_max, Which which);
  bool has_deferred() const;
  // What was taken, but by TakeLevel, has been looked at.
  void Done(const std::vector<KeyEvent>& events);
  // Relief from very many: the rows noted since the last savepoint leave the queue, to be looked at
  // now, without waiting for anybody where it is of keys. Those that are found wrong have to be put
  // back: they may yet be made good.
  size_t level_count() const { return level_count_; }
  std::vector<KeyEvent> TakeLevel();
  Status PutBack(std::vector<KeyEvent> events);        // 53200
  size_t put_back_count() const { return put_back_; }  // of the last time
  bool HasDeferredOn(catalog::Oid origin) const;

  // --- savepoints ---
  Mark GetMark();
  void RollbackTo(const Mark& mark);
  void Clear();

 private:
  struct Deferred {
    KeyEvent event;
    uint32_t run = 0;  // the taking that took it; 0: none
  };
  Status AddTo(bool deferred, KeyEvent event);
  template <typename Predicate>
  std::vector<KeyEvent> TakeImmediateIf(Predicate predicate);
  bool IsDeferred(catalog::Oid constraint, bool initially) const;
  void ClearImmediate();
  Status Charge(const KeyEvent& event);
  void Discharge(const KeyEvent& event);
  void Pend(const KeyEvent& event);
  void Unpend(const KeyEvent& event);

  MemoryAccount* const memory_;
  std::vector<KeyEvent> immediate_;
  size_t immediate_begin_ = 0;  // those before it are taken
  size_t early_count_ = 0;      // of immediate_
  size_t unique_count_ = 0;     // likewise
  size_t unique_put_back_ = 0;
  std::vector<Deferred> deferred_;
  // Of the rows whose events wait or are not done, by hash.
  std::unordered_map<size_t, uint32_t> pending_rows_;
  size_t put_back_ = 0;
  size_t level_begin_ = 0;    // of deferred_: those noted since the last savepoint
  size_t level_count_ = 0;    // rows among those that wait
  size_t first_pending_ = 0;  // of deferred_: all before it are taken
  uint32_t run_ = 0;
  std::optional<bool> all_deferred_;
  std::map<catalog::Oid, bool> modes_;
};

}  // namespace shale::sql
