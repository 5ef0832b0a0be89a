// KeyEventQueue: what is deferred and when it is given out, and what savepoints take back.
#include "sql/exec/key_event_queue.h"

#include <gtest/gtest.h>

namespace shale::sql {
namespace {

using catalog::ForeignKeyDesc;
using catalog::ReferenceAction;
using Which = KeyEventQueue::Which;

constexpr catalog::Oid kTable = 100;
constexpr catalog::Oid kParent = 200;

ForeignKeyDesc Key(catalog::Oid oid, bool deferrable, bool initially_deferred) {
  ForeignKeyDesc key;
  key.oid = oid;
  key.deferrable = deferrable;
  key.initially_deferred = initially_deferred;
  return key;
}

KeyEvent Referencing(const ForeignKeyDesc& key, std::string row) {
  KeyEvent event;
  event.origin = event.table = kTable;
  event.constraint = key.oid;
  event.row_key = std::move(row);
  return event;
}

KeyEvent Deleted(const ForeignKeyDesc& key, std::string codes) {
  KeyEvent event;
  event.kind = KeyEvent::Kind::kDeleted;
  event.origin = kParent;
  event.table = kTable;
  event.constraint = key.oid;
  event.codes = std::move(codes);
  return event;
}

std::vector<std::string> RowsOf(const std::vector<KeyEvent>& events) {
  std::vector<std::string> rows;
  for (const KeyEvent& event : events) rows.push_back(event.row_key + event.codes);
  return rows;
}

using Rows = std::vector<std::string>;

TEST(KeyEventQueueTest, WhatIsNotDeferredIsImmediate) {
  KeyEventQueue queue;
  const ForeignKeyDesc plain = Key(1, false, false);
  const ForeignKeyDesc deferrable = Key(2, true, false);
  const ForeignKeyDesc deferred = Key(3, true, true);
  EXPECT_TRUE(queue.Add(plain, Referencing(plain, "a")).ok());
  EXPECT_TRUE(queue.Add(deferrable, Referencing(deferrable, "b")).ok());
  EXPECT_TRUE(queue.Add(deferred, Referencing(deferred, "c")).ok());
  EXPECT_EQ(queue.immediate_count(), 2u);
  EXPECT_EQ(RowsOf(queue.TakeImmediate(1)), Rows({"a"}));
  EXPECT_EQ(RowsOf(queue.TakeImmediate(10)), Rows({"b"}));
  EXPECT_TRUE(queue.has_deferred());
  EXPECT_EQ(RowsOf(queue.TakeDeferred(10, Which::kAll)), Rows({"c"}));
  EXPECT_FALSE(queue.has_deferred());
}

TEST(KeyEventQueueTest, ActionsAreNeverDeferred) {
  KeyEventQueue queue;
  ForeignKeyDesc key = Key(1, true, true);
  EXPECT_TRUE(queue.Add(key, Deleted(key, "no action")).ok());
  for (ReferenceAction action : {ReferenceAction::kRestrict, ReferenceAction::kCascade,
                                 ReferenceAction::kSetNull, ReferenceAction::kSetDefault}) {
    key.on_delete = action;
    EXPECT_TRUE(queue.Add(key, Deleted(key, "x")).ok());
  }
  EXPECT_EQ(queue.immediate_count(), 4u);
  EXPECT_EQ(RowsOf(queue.TakeDeferred(10, Which::kAll)), Rows({"no action"}));
}

TEST(KeyEventQueueTest, ModesOfOneAndOfAll) {
  KeyEventQueue queue;
  const ForeignKeyDesc one = Key(1, true, false);
  const ForeignKeyDesc other = Key(2, true, true);
  queue.SetMode(one.oid, true);
  EXPECT_TRUE(queue.Add(one, Referencing(one, "a")).ok());
  EXPECT_TRUE(queue.Add(other, Referencing(other, "b")).ok());
  EXPECT_EQ(queue.immediate_count(), 0u);
  queue.SetMode(one.oid, false);
  EXPECT_EQ(RowsOf(queue.TakeDeferred(10, Which::kImmediateNow)), Rows({"a"}));
  queue.SetAllModes(false);
  EXPECT_TRUE(queue.Add(other, Referencing(other, "c")).ok());
  EXPECT_EQ(RowsOf(queue.TakeImmediate(10)), Rows({"c"}));
  EXPECT_EQ(RowsOf(queue.TakeDeferred(10, Which::kImmediateNow)), Rows({"b"}));
  queue.SetAllModes(true);
  EXPECT_TRUE(queue.Add(one, Referencing(one, "d")).ok());
  EXPECT_EQ(queue.immediate_count(), 0u);
}

TEST(KeyEventQueueTest, RollbackTakesBackEventsModesAndLooks) {
  KeyEventQueue queue;
  const ForeignKeyDesc key = Key(1, true, true);
  EXPECT_TRUE(queue.Add(key, Referencing(key, "a")).ok());
  const KeyEventQueue::Mark mark = queue.GetMark();
  EXPECT_TRUE(queue.Add(key, Referencing(key, "b")).ok());
  queue.SetAllModes(false);
  EXPECT_EQ(RowsOf(queue.TakeDeferred(10, Which::kImmediateNow)), Rows({"a", "b"}));
  EXPECT_TRUE(queue.Add(key, Referencing(key, "c")).ok());
  EXPECT_EQ(queue.immediate_count(), 1u);
  queue.RollbackTo(mark);
  EXPECT_EQ(queue.immediate_count(), 0u);
  EXPECT_TRUE(queue.Add(key, Referencing(key, "d")).ok());
  EXPECT_EQ(RowsOf(queue.TakeDeferred(10, Which::kAll)), Rows({"a", "d"}));
}

TEST(KeyEventQueueTest, WhatWasLookedAtBeforeASavepointStaysSo) {
  KeyEventQueue queue;
  const ForeignKeyDesc key = Key(1, true, true);
  EXPECT_TRUE(queue.Add(key, Referencing(key, "a")).ok());
  EXPECT_TRUE(queue.Add(key, Referencing(key, "b")).ok());
  EXPECT_EQ(RowsOf(queue.TakeDeferred(1, Which::kAll)), Rows({"a"}));
  const KeyEventQueue::Mark mark = queue.GetMark();
  EXPECT_EQ(RowsOf(queue.TakeDeferred(1, Which::kAll)), Rows({"b"}));
  queue.RollbackTo(mark);
  EXPECT_EQ(RowsOf(queue.TakeDeferred(10, Which::kAll)), Rows({"b"}));
}

TEST(KeyEventQueueTest, KnowsWhatIsPending) {
  KeyEventQueue queue;
  const ForeignKeyDesc key = Key(1, true, true);
  const KeyEventQueue::Mark mark = queue.GetMark();
  EXPECT_TRUE(queue.Add(key, Referencing(key, "a")).ok());
  EXPECT_TRUE(queue.Add(key, Deleted(key, "k")).ok());
  EXPECT_TRUE(queue.IsPending(key.oid, "a"));
  EXPECT_FALSE(queue.IsPending(key.oid, "b"));
  EXPECT_FALSE(queue.IsPending(2, "a"));
  EXPECT_TRUE(queue.HasDeferredOn(kTable));
  EXPECT_TRUE(queue.HasDeferredOn(kParent));
  EXPECT_FALSE(queue.HasDeferredOn(300));
  const KeyEventQueue::Mark later = queue.GetMark();
  const std::vector<KeyEvent> taken = queue.TakeDeferred(10, Which::kAll);
  EXPECT_EQ(taken.size(), 2u);
  EXPECT_TRUE(queue.IsPending(key.oid, "a"));  // until it has been looked at
  queue.Done(taken);
  EXPECT_FALSE(queue.IsPending(key.oid, "a"));
  EXPECT_FALSE(queue.HasDeferredOn(kTable));
  queue.RollbackTo(later);
  EXPECT_TRUE(queue.IsPending(key.oid, "a"));
  queue.RollbackTo(mark);
  EXPECT_FALSE(queue.IsPending(key.oid, "a"));
  EXPECT_FALSE(queue.has_deferred());
}

TEST(KeyEventQueueTest, EarlyOnesAreTakenInOrder) {
  KeyEventQueue queue;
  const ForeignKeyDesc key = Key(1, false, false);
  for (const char* row : {"a", "b", "c", "d"}) {
    KeyEvent event = Referencing(key, row);
    event.may_run_early = *row == 'b' || *row == 'd';
    EXPECT_TRUE(queue.Add(key, std::move(event)).ok());
  }
  EXPECT_EQ(queue.early_count(), 2u);
  EXPECT_EQ(RowsOf(queue.TakeEarly()), Rows({"b", "d"}));
  EXPECT_EQ(queue.early_count(), 0u);
  EXPECT_EQ(RowsOf(queue.TakeImmediate(10)), Rows({"a", "c"}));
}

TEST(KeyEventQueueTest, ReliefTakesWhatCameSinceTheSavepoint) {
  KeyEventQueue queue;
  const ForeignKeyDesc key = Key(1, true, true);
  EXPECT_TRUE(queue.Add(key, Referencing(key, "a")).ok());
  const KeyEventQueue::Mark mark = queue.GetMark();
  EXPECT_TRUE(queue.Add(key, Referencing(key, "b")).ok());
  EXPECT_TRUE(queue.Add(key, Deleted(key, "k")).ok());
  EXPECT_TRUE(queue.Add(key, Referencing(key, "c")).ok());
  EXPECT_EQ(queue.level_count(), 2u);  // deletions stay
  std::vector<KeyEvent> taken = queue.TakeLevel();
  EXPECT_EQ(RowsOf(taken), Rows({"b", "c"}));
  EXPECT_FALSE(queue.IsPending(key.oid, "b"));
  taken.pop_back();
  EXPECT_TRUE(queue.PutBack(std::move(taken)).ok());
  EXPECT_EQ(queue.level_count(), 1u);
  EXPECT_TRUE(queue.IsPending(key.oid, "b"));
  queue.RollbackTo(mark);
  EXPECT_EQ(RowsOf(queue.TakeDeferred(10, Which::kAll)), Rows({"a"}));
}

TEST(KeyEventQueueTest, WhatIsTakenIsPendingUntilItIsDone) {
  KeyEventQueue queue;
  const ForeignKeyDesc key = Key(1, false, false);
  KeyEvent early = Referencing(key, "b");
  early.may_run_early = true;
  EXPECT_TRUE(queue.Add(key, Referencing(key, "a")).ok());
  EXPECT_TRUE(queue.Add(key, std::move(early)).ok());
  const std::vector<KeyEvent> first = queue.TakeEarly();
  const std::vector<KeyEvent> second = queue.TakeImmediate(10);
  EXPECT_TRUE(queue.IsPending(key.oid, "a"));
  EXPECT_TRUE(queue.IsPending(key.oid, "b"));
  queue.Done(first);
  EXPECT_FALSE(queue.IsPending(key.oid, "b"));
  queue.Done(second);
  EXPECT_FALSE(queue.IsPending(key.oid, "a"));
}

TEST(KeyEventQueueTest, CountsTheRowsOfALevelThatWait) {
  KeyEventQueue queue;
  const ForeignKeyDesc key = Key(1, true, true);
  for (const char* row : {"a", "b"}) EXPECT_TRUE(queue.Add(key, Referencing(key, row)).ok());
  EXPECT_EQ(queue.level_count(), 2u);
  queue.TakeDeferred(1, Which::kAll);
  EXPECT_EQ(queue.level_count(), 1u);
  const KeyEventQueue::Mark mark = queue.GetMark();
  EXPECT_EQ(queue.level_count(), 0u);
  EXPECT_TRUE(queue.Add(key, Deleted(key, "k")).ok());
  EXPECT_EQ(queue.level_count(), 0u);
  EXPECT_TRUE(queue.Add(key, Referencing(key, "c")).ok());
  queue.TakeDeferred(10, Which::kAll);
  EXPECT_EQ(queue.level_count(), 0u);
  queue.RollbackTo(mark);
  EXPECT_EQ(queue.level_count(), 0u);
}

TEST(KeyEventQueueTest, ChargesWhatWaits) {
  MemoryAccount account("session", nullptr, 100 << 10);
  {
    KeyEventQueue queue(&account);
    const ForeignKeyDesc now = Key(1, false, false);
    const ForeignKeyDesc later = Key(2, true, true);
    EXPECT_TRUE(queue.Add(now, Referencing(now, "a")).ok());
    EXPECT_GT(account.used(), 0u);
    queue.Done(queue.TakeImmediate(10));
    EXPECT_EQ(account.used(), 0u);
    const KeyEventQueue::Mark mark = queue.GetMark();
    size_t added = 0;
    Status status;
    while (status.ok() && ++added < 10000) status = queue.Add(later, Referencing(later, "row"));
    EXPECT_TRUE(status.Is(sqlstate::kOutOfMemory)) << added;
    EXPECT_TRUE(queue.PutBack(queue.TakeLevel()).ok());
    queue.RollbackTo(mark);
    EXPECT_EQ(account.used(), 0u);
    EXPECT_TRUE(queue.Add(later, Referencing(later, "a")).ok());
    EXPECT_TRUE(queue.Add(now, Referencing(now, "a")).ok());
  }
  EXPECT_EQ(account.used(), 0u);
}

TEST(KeyEventQueueTest, UniqueKeysWaitAsTheirConstraintsSay) {
  KeyEventQueue queue;
  catalog::IndexDesc key;
  key.constraint_oid = 7;
  key.deferrable = true;
  KeyEvent event;
  event.kind = KeyEvent::Kind::kUnique;
  event.origin = event.table = kTable;
  event.constraint = key.constraint_oid;
  event.row_key = "a";
  EXPECT_TRUE(queue.Add(key, event).ok());
  EXPECT_TRUE(queue.IsPending(7, "a"));
  EXPECT_EQ(queue.immediate_count(), 1u);
  queue.Done(queue.TakeImmediate(1));
  EXPECT_FALSE(queue.IsPending(7, "a"));
  queue.SetMode(key.constraint_oid, true);
  EXPECT_TRUE(queue.Add(key, event).ok());
  key.initially_deferred = true;
  queue.SetAllModes(false);
  EXPECT_EQ(RowsOf(queue.TakeDeferred(1, Which::kImmediateNow)), Rows({"a"}));
  EXPECT_TRUE(queue.Add(key, event).ok());
  EXPECT_EQ(queue.immediate_count(), 1u);
}

TEST(KeyEventQueueTest, UniqueKeysThatAreNotSettledGoBackToTheFront) {
  MemoryAccount account("session", nullptr);
  KeyEventQueue queue(&account);
  const ForeignKeyDesc other = Key(1, false, false);
  catalog::IndexDesc key;
  key.constraint_oid = 7;
  key.deferrable = true;
  KeyEvent event;
  event.kind = KeyEvent::Kind::kUnique;
  event.constraint = key.constraint_oid;
  for (const char* row : {"a", "b", "c"}) {
    event.row_key = row;
    EXPECT_TRUE(queue.Add(key, event).ok());
    EXPECT_TRUE(queue.Add(other, Referencing(other, row + std::string("x"))).ok());
  }
  EXPECT_EQ(queue.unique_count(), 3u);
  std::vector<KeyEvent> events = queue.TakeUnique();
  EXPECT_EQ(RowsOf(events), Rows({"a", "b", "c"}));
  EXPECT_EQ(queue.unique_count(), 0u);
  EXPECT_FALSE(queue.IsPending(7, "b"));
  events.erase(events.begin());
  EXPECT_TRUE(queue.PutBackUnique(std::move(events)).ok());
  EXPECT_EQ(queue.unique_count(), 2u);
  EXPECT_EQ(queue.unique_put_back_count(), 2u);
  EXPECT_TRUE(queue.IsPending(7, "b"));
  EXPECT_EQ(RowsOf(queue.TakeImmediate(10)), Rows({"b", "c", "ax", "bx", "cx"}));
  EXPECT_EQ(queue.unique_count(), 0u);
  EXPECT_EQ(account.used(), 0u);
}

}  // namespace
}  // namespace shale::sql
