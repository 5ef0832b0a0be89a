// Events are taken some thousands at a time and those of one foreign key are run together, so that
// a table without a fitting key is looked through once for them and not once for each. Which of
// several violations is told is PostgreSQL's choice all the same: that of the first event.
#include "sql/exec/foreign_keys.h"

#include <algorithm>
#include <map>
#include <span>

#include "catalog/keys.h"
#include "sql/exec/constraint_errors.h"
#include "sql/exec/execution_state.h"
#include "sql/exec/foreign_key_codec.h"
#include "sql/exec/reference_action.h"
#include "sql/exec/referenced_rows.h"
#include "sql/exec/referencing_rows.h"
#include "sql/exec/unique_check.h"

namespace shale::sql {
namespace {

using catalog::ReferenceAction;
using CodecRef = std::shared_ptr<const ForeignKeyCodec>;

constexpr size_t kEventsMax = 4096;         // that are run together
constexpr size_t kQueuedEventsMax = 16384;  // before a statement looks at them early

// Where most have to be put back, the next look is when there are twice as many.
bool NeedsRelief(const KeyEventQueue& queue) {
  return queue.level_count() >= std::max(kQueuedEventsMax, 2 * queue.put_back_count());
}
bool NeedsUniqueRelief(const KeyEventQueue& queue) {
  return queue.unique_count() >= std::max(kQueuedEventsMax, 2 * queue.unique_put_back_count());
}

// 23503 of a row whose key is not there, if the row is still so. *is_lost: the row has gone.
Task<Status> MissingUnlessChanged(const ForeignKeyCodec& codec, std::string_view row_key,
                                  std::string_view codes, ExecutionState* state, bool* is_lost) {
  engine::PinnedBytes row;
  engine::SequenceNumber sequence = 0;
  auto get = state->transaction().GetLatest(row_key, &row, &sequence);
  auto found = co_await get;
  if (!found.ok()) co_return std::move(found).status();
  if (!*found) *is_lost = true;
  if (!*found) co_return Status::Ok();
  Arena arena;
  std::string now;
  CO_ASSIGN_OR_RETURN(auto reference, codec.EncodeRow(row_key, row.view(), &now, &arena));
  if (reference == ForeignKeyCodec::Reference::kNone || now != codes) co_return Status::Ok();
  co_return codec.MissingKey(row_key, row.view(), reference, state->settings());
}

class KeyEventRunner {
 public:
  explicit KeyEventRunner(ExecutionContext* context) : state_(nullptr, context) {}

  // events stay until it is done.
  Task<Status> Run(const std::vector<KeyEvent>& events) {
    violation_ = Status::Ok();
    violation_at_ = events.size();
    std::vector<uint8_t> done(events.size());
    for (size_t first = 0; first < violation_at_; ++first) {
      if (done[first] != 0) continue;
      std::vector<const KeyEvent*> group;
      positions_.clear();
      for (size_t i = first; i < violation_at_; ++i) {
        if (events[i].constraint != events[first].constraint ||
            events[i].kind != events[first].kind) {
          continue;
        }
        done[i] = 1;
        group.push_back(&events[i]);
        positions_.push_back(i);
      }
      auto run = RunGroup(group);
      Status status = co_await run;
      if (!status.ok()) co_return status;
    }
    co_return violation_;
  }

 private:
  // Of one constraint and kind.
  Task<Status> RunGroup(std::span<const KeyEvent* const> events) {
    const KeyEvent& first = *events[0];
    if (first.kind == KeyEvent::Kind::kUnique) {
      auto check = CheckUnique(events);
      Status checked = co_await check;
      co_return checked;
    }
    CO_ASSIGN_OR_RETURN(CodecRef codec, ForeignKeyCodec::Find(*state_.catalog_view(), first.table,
                                                              first.constraint));
    if (codec == nullptr) co_return Status::Ok();
    const ReferenceAction action =
        first.kind == KeyEvent::Kind::kDeleted ? codec->key().on_delete : codec->key().on_update;
    const bool is_check = first.kind == KeyEvent::Kind::kReferencing;
    const bool only_looks =
        is_check || action == ReferenceAction::kNoAction || action == ReferenceAction::kRestrict;
    auto lock = LockTable(
        is_check ? codec->referenced()->oid : first.table,
        only_looks ? engine::LockMode::kTableRowShare : engine::LockMode::kTableRowExclusive);
    Status locked = co_await lock;
    if (!locked.ok()) co_return locked;
    // A change of the table may have gone first.
    CO_ASSIGN_OR_RETURN(
        codec, ForeignKeyCodec::Find(*state_.catalog_view(), first.table, first.constraint));
    if (codec == nullptr) co_return Status::Ok();
    if (is_check) {
      auto check = CheckReferencing(codec, events);
      Status checked = co_await check;
      co_return checked;
    }
    if (!only_looks) {
      ReferenceActionRunner runner(codec, first.kind, &state_);
      auto act = runner.Run(events);
      Status acted = co_await act;
      if (!acted.ok() || action != ReferenceAction::kSetDefault) co_return acted;
      // Rows whose default is what they had refer to the key still.
    }
    auto look = CheckReferenced(codec, events, action != ReferenceAction::kRestrict);
    Status looked = co_await look;
    co_return looked;
  }

  Task<Status> LockTable(catalog::Oid table, engine::LockMode mode) {
    auto lock = state_.transaction().Lock(
        catalog::TableLockKey(state_.context().catalog->database(), table),
        state_.context().LockOptionsOf(mode));
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    state_.context().catalog_transaction->Refresh();
    co_return Status::Ok();
  }

  void NoteViolation(size_t index, Status violation) {
    if (positions_[index] >= violation_at_) return;
    violation_at_ = positions_[index];
    violation_ = std::move(violation);
  }

  // Rows whose key may be others' as well: is it?
  Task<Status> CheckUnique(std::span<const KeyEvent* const> events) {
    const auto checker = UniqueChecker::Find(*events[0], &state_);
    if (checker == nullptr) co_return Status::Ok();
    for (size_t i = 0; i < events.size(); ++i) {
      CO_RETURN_IF_ERROR(state_.CheckCancelled());
      if (state_.ShouldMove()) co_await ResumeOn(*state_.context().workers);
      auto check = checker->Check(*events[i]);
      Status checked = co_await check;
      if (checked.Is(sqlstate::kUniqueViolation)) {
        NoteViolation(i, std::move(checked));
        co_return Status::Ok();
      }
      if (!checked.ok()) co_return checked;
    }
    co_return Status::Ok();
  }

  // Rows that refer to others: are those there?
  Task<Status> CheckReferencing(CodecRef codec, std::span<const KeyEvent* const> events) {
    ReferencedRows referenced(codec, ReferencedRows::View::kTransaction, &state_);
    for (size_t i = 0; i < events.size(); ++i) {
      CO_RETURN_IF_ERROR(state_.CheckCancelled());
      if (state_.ShouldMove()) co_await ResumeOn(*state_.context().workers);
      if (!events[i]->codes.empty()) {
        auto lock = referenced.LockRow(events[i]->codes);
        auto there = co_await lock;
        if (!there.ok()) co_return std::move(there).status();
        if (*there) continue;
      }
      // One that refers to something else now is an event of its own.
      bool is_lost = false;
      auto miss =
          MissingUnlessChanged(*codec, events[i]->row_key, events[i]->codes, &state_, &is_lost);
      Status missing = co_await miss;
      if (missing.Is(sqlstate::kForeignKeyViolation)) {
        NoteViolation(i, std::move(missing));
        co_return Status::Ok();
      }
      if (!missing.ok()) co_return missing;
    }
    co_return Status::Ok();
  }

  // Keys that have gone: does anything refer to them still?
  Task<Status> CheckReferenced(CodecRef codec, std::span<const KeyEvent* const> events,
                               bool may_be_back) {
    ReferencedRows referenced(codec, ReferencedRows::View::kNewest, &state_);
    ReferencingRows::Keys keys;
    for (size_t i = 0; i < events.size(); ++i) {
      if (may_be_back) {
        // Another row may have the key now.
        auto lock = referenced.LockRow(events[i]->codes);
        auto there = co_await lock;
        if (!there.ok()) co_return std::move(there).status();
        if (*there) continue;
      }
      keys.emplace(events[i]->codes, i);
    }
    if (keys.empty()) co_return Status::Ok();
    ReferencingRows rows(codec, &keys, &state_);
    while (true) {
      auto next = rows.Next();
      auto matches = co_await next;
      if (!matches.ok()) co_return std::move(matches).status();
      if (matches->empty()) {
        if (!has_lost_row_) co_return Status::Ok();
        has_lost_row_ = false;
        rows.Restart();
        continue;
      }
      for (const ReferencingRows::Match& match : *matches) {
        if (positions_[match.index] >= violation_at_) continue;
        auto look = StillRefers(*codec, match, events[match.index]->codes);
        auto refers = co_await look;
        if (!refers.ok()) co_return std::move(refers).status();
        if (!*refers) continue;
        NoteViolation(match.index,
                      codec->StillReferenced(events[match.index]->old_values, state_.settings()));
        if (violation_at_ == positions_[0]) co_return Status::Ok();
      }
    }
  }

  // Under the row's lock, for which whoever is changing it is waited for.
  Task<Result<bool>> StillRefers(const ForeignKeyCodec& codec, const ReferencingRows::Match& match,
                                 std::string_view codes) {
    auto lock = state_.transaction().Lock(
        match.row_key, state_.context().LockOptionsOf(engine::LockMode::kKeyShare));
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    auto get = state_.transaction().GetLatest(match.row_key, &row_, &sequence_);
    auto found = co_await get;
    if (!found.ok()) co_return found;
    if (!*found) {
      if (!state_.is_read_committed()) co_return ConcurrentChange(/*deleted=*/false);
      has_lost_row_ = true;
      co_return false;
    }
    arena_.Reset();
    std::string now;
    CO_ASSIGN_OR_RETURN(auto reference, codec.EncodeRow(match.row_key, row_.view(), &now, &arena_));
    co_return reference == ForeignKeyCodec::Reference::kKey&& now == codes;
  }

  ExecutionState state_;
  Arena arena_;
  engine::PinnedBytes row_;
  engine::SequenceNumber sequence_ = 0;
  bool has_lost_row_ = false;      // one that was found had gone when it was locked
  std::vector<size_t> positions_;  // of the group's events among all
  size_t violation_at_ = 0;
  Status violation_;
};

// Looks at events before their time.
class KeyEventReliever {
 public:
  explicit KeyEventReliever(ExecutionContext* context) : state_(nullptr, context) {}

  // Whether the row need not be looked at again, nor now: the one that it refers to is there and
  // locked, so that who deletes it looks for those that refer to it, and that includes the
  // transaction itself; or its key is its alone and locked, so that who gives it to another row has
  // that one looked at. Locks taken since a savepoint go with it, and so do rows noted since.
  Task<Result<bool>> IsSettled(const KeyEvent& event) {
    if (event.kind == KeyEvent::Kind::kUnique) {
      auto& checker = checkers_[event.constraint];
      if (checker == nullptr) checker = UniqueChecker::Find(event, &state_);
      if (checker == nullptr) co_return true;
      auto settled = checker->IsSettled(event);
      auto is_settled = co_await settled;
      co_return is_settled;
    }
    auto& rows = referenced_[event.constraint];
    if (rows == nullptr) {
      auto find = FindReferenced(event);
      auto found = co_await find;
      if (!found.ok()) co_return std::move(found).status();
      if (*found == nullptr) co_return true;
      rows = std::make_unique<ReferencedRows>(*found, ReferencedRows::View::kTransaction, &state_);
    }
    if (event.codes.empty()) co_return false;
    auto lock = rows->LockRow(event.codes);
    auto there = co_await lock;
    co_return there;
  }

 private:
  // Null: the key is no more.
  Task<Result<CodecRef>> FindReferenced(const KeyEvent& event) {
    CO_ASSIGN_OR_RETURN(CodecRef codec, ForeignKeyCodec::Find(*state_.catalog_view(), event.table,
                                                              event.constraint));
    if (codec == nullptr) co_return codec;
    auto lock = state_.transaction().Lock(
        catalog::TableLockKey(state_.context().catalog->database(), codec->referenced()->oid),
        state_.context().LockOptionsOf(engine::LockMode::kTableRowShare));
    auto locked = co_await lock;
    if (!locked.ok()) co_return std::move(locked).status();
    // A change of the table may have gone first.
    state_.context().catalog_transaction->Refresh();
    co_return ForeignKeyCodec::Find(*state_.catalog_view(), event.table, event.constraint);
  }

  ExecutionState state_;
  std::map<catalog::Oid, std::unique_ptr<ReferencedRows>> referenced_;
  std::map<catalog::Oid, std::unique_ptr<UniqueChecker>> checkers_;
};

// Removes those of the events that are settled.
Task<Status> DropSettled(std::vector<KeyEvent>* events, ExecutionContext* context) {
  KeyEventReliever reliever(context);
  std::vector<KeyEvent> left;
  for (KeyEvent& event : *events) {
    auto look = reliever.IsSettled(event);
    auto settled = co_await look;
    if (!settled.ok()) co_return std::move(settled).status();
    if (!*settled) left.push_back(std::move(event));
  }
  *events = std::move(left);
  co_return Status::Ok();
}

// The events stay pending until they are done: what an action does to their rows must be noted.
Task<Status> RunTaken(std::vector<KeyEvent> events, ExecutionContext* context) {
  KeyEventRunner runner(context);
  auto run = runner.Run(events);
  Status status = co_await run;
  if (!status.ok()) co_return status;
  context->key_events->Done(events);
  // For the locks.
  auto room = context->transaction->MakeRoom();
  status = co_await room;
  co_return status;
}

Task<Status> RunEarly(ExecutionContext* context) {
  if (context->key_events->early_count() >= kQueuedEventsMax) {
    auto run = RunTaken(context->key_events->TakeEarly(), context);
    Status status = co_await run;
    if (!status.ok()) co_return status;
  }
  if (NeedsRelief(*context->key_events)) {
    std::vector<KeyEvent> events = context->key_events->TakeLevel();
    auto drop = DropSettled(&events, context);
    Status dropped = co_await drop;
    if (!dropped.ok()) co_return dropped;
    CO_RETURN_IF_ERROR(context->key_events->PutBack(std::move(events)));
  }
  if (NeedsUniqueRelief(*context->key_events)) {
    std::vector<KeyEvent> events = context->key_events->TakeUnique();
    auto drop = DropSettled(&events, context);
    Status dropped = co_await drop;
    if (!dropped.ok()) co_return dropped;
    CO_RETURN_IF_ERROR(context->key_events->PutBackUnique(std::move(events)));
  }
  co_return Status::Ok();
}

// Whether all rows refer to what is there. *has_lost_row: one that did not is gone.
Task<Status> LookThrough(CodecRef codec, ExecutionState* state, bool* has_lost_row) {
  ReferencedRows referenced(codec, ReferencedRows::View::kNewest, state);
  engine::ScanOptions options;
  options.range = catalog::RowRange(codec->referencing()->storage_id);
  options.page_rows_max = kBatchRows;
  options.latest = true;
  std::unique_ptr<engine::KvCursor> cursor = state->transaction().Scan(std::move(options));
  Arena arena;
  std::string codes;
  while (true) {
    CO_RETURN_IF_ERROR(state->CheckCancelled());
    if (state->ShouldMove()) co_await ResumeOn(*state->context().workers);
    auto read = cursor->NextPage();
    auto page = co_await read;
    if (!page.ok()) co_return std::move(page).status();
    if (page->empty()) co_return Status::Ok();
    for (const engine::KeyValue& row : *page) {
      arena.Reset();
      CO_ASSIGN_OR_RETURN(auto reference, codec->EncodeRow(row.key, row.value, &codes, &arena));
      if (reference == ForeignKeyCodec::Reference::kNone) continue;
      if (reference == ForeignKeyCodec::Reference::kKey) {
        auto look = referenced.HasRow(codes);
        auto there = co_await look;
        if (!there.ok()) co_return std::move(there).status();
        if (*there) continue;
      }
      // The page is as of the scan's beginning; rows and keys may have moved on together.
      auto miss = MissingUnlessChanged(*codec, row.key, codes, state, has_lost_row);
      Status missing = co_await miss;
      if (!missing.ok()) co_return missing;
    }
  }
}

}  // namespace

Task<Status> RunKeyEvents(ExecutionContext* context) {
  if (context->key_events == nullptr) co_return Status::Ok();
  while (true) {
    std::vector<KeyEvent> events = context->key_events->TakeImmediate(kEventsMax);
    if (events.empty()) co_return Status::Ok();
    auto run = RunTaken(std::move(events), context);
    Status status = co_await run;
    if (!status.ok()) co_return status;
  }
}

Async<Status> RunImmediateKeyEvents(ExecutionContext* context) {
  const KeyEventQueue* queue = context->key_events;
  if (queue == nullptr || queue->immediate_count() == 0) return Status::Ok();
  return RunKeyEvents(context);
}

Async<Status> RelieveKeyEvents(ExecutionContext* context) {
  KeyEventQueue* queue = context->key_events;
  if (queue == nullptr || (queue->early_count() < kQueuedEventsMax && !NeedsRelief(*queue) &&
                           !NeedsUniqueRelief(*queue))) {
    return Status::Ok();
  }
  return RunEarly(context);
}

Task<Status> RunDeferredKeyEvents(ExecutionContext* context, KeyEventQueue::Which which) {
  while (true) {
    std::vector<KeyEvent> events = context->key_events->TakeDeferred(kEventsMax, which);
    if (events.empty()) break;
    auto run = RunTaken(std::move(events), context);
    Status status = co_await run;
    if (!status.ok()) co_return status;
  }
  auto rest = RunKeyEvents(context);
  Status status = co_await rest;
  co_return status;
}

Task<Status> ValidateForeignKey(catalog::Oid table, catalog::Oid foreign_key,
                                ExecutionContext* context) {
  ExecutionState state(nullptr, context);
  CO_ASSIGN_OR_RETURN(CodecRef codec,
                      ForeignKeyCodec::Find(*state.catalog_view(), table, foreign_key));
  if (codec == nullptr) co_return Status::Ok();
  // A row that has gone meanwhile may lie elsewhere now.
  bool has_lost_row = true;
  while (has_lost_row) {
    has_lost_row = false;
    auto look = LookThrough(codec, &state, &has_lost_row);
    Status valid = co_await look;
    if (!valid.ok()) co_return valid;
  }
  co_return Status::Ok();
}

}  // namespace shale::sql
