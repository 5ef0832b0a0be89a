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

namespace shale::sql {
namespace {

using catalog::ReferenceAction;
using Kind = KeyEvent::Kind;
using CodecRef = std::shared_ptr<const ForeignKeyCodec>;

constexpr size_t kEventsMax = 4096;         // that are run together
constexpr size_t kQueuedEventsMax = 16384;  // before a statement looks at them early

// Where most have to be put back, the next look is when there are twice as many.
bool NeedsRelief(const KeyEventQueue& queue) {
  return queue.level_count() >= std::max(kQueuedEventsMax, 2 * queue.put_back_count());
}

// 23503 of a row whose key is not there, if the row is still so.
Task<Status> MissingUnlessChanged(const ForeignKeyCodec& codec, std::string_view row_key,
                                  std::string_view codes, ExecutionState* state) {
  engine::PinnedBytes row;
  engine::SequenceNumber sequence = 0;
  auto get = state->transaction().GetLatest(row_key, &row, &sequence);
  auto found = co_await get;
  if (!found.ok()) co_return std::move(found).status();
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
        if (events[i].foreign_key != events[first].foreign_key ||
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
  // Of one foreign key and kind.
  Task<Status> RunGroup(std::span<const KeyEvent* const> events) {
    const KeyEvent& first = *events[0];
    CO_ASSIGN_OR_RETURN(CodecRef codec, ForeignKeyCodec::Find(*state_.catalog_view(), first.table,
                                                              first.foreign_key));
    if (codec == nullptr) co_return Status::Ok();
    const ReferenceAction action =
        first.kind == Kind::kDeleted ? codec->key().on_delete : codec->key().on_update;
    const bool is_check = first.kind == Kind::kReferencing;
    const bool only_looks =
        is_check || action == ReferenceAction::kNoAction || action == ReferenceAction::kRestrict;
    auto lock = LockTable(
        is_check ? codec->referenced()->oid : first.table,
        only_looks ? engine::LockMode::kTableRowShare : engine::LockMode::kTableRowExclusive);
    Status locked = co_await lock;
    if (!locked.ok()) co_return locked;
    // A change of the table may have gone first.
    CO_ASSIGN_OR_RETURN(
        codec, ForeignKeyCodec::Find(*state_.catalog_view(), first.table, first.foreign_key));
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
    auto lock = state_.transaction().Lock(catalog::TableLockKey(table),
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
      auto miss = MissingUnlessChanged(*codec, events[i]->row_key, events[i]->codes, &state_);
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
      if (matches->empty()) co_return Status::Ok();
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
  std::vector<size_t> positions_;  // of the group's events among all
  size_t violation_at_ = 0;
  Status violation_;
};

// Rows of deferred constraints that refer to what is there, locked now, need not be looked at
// again: who deletes those looks for them, and that includes the transaction itself. Locks taken
// since a savepoint go with it, and so do rows noted since.
Task<Status> RelieveDeferred(ExecutionContext* context) {
  ExecutionState state(nullptr, context);
  std::map<catalog::Oid, std::unique_ptr<ReferencedRows>> referenced;
  std::vector<KeyEvent> events = context->key_events->TakeLevel();
  std::vector<KeyEvent> left;
  for (KeyEvent& event : events) {
    auto& rows = referenced[event.foreign_key];
    if (rows == nullptr) {
      CO_ASSIGN_OR_RETURN(CodecRef codec, ForeignKeyCodec::Find(*state.catalog_view(), event.table,
                                                                event.foreign_key));
      if (codec == nullptr) continue;
      auto lock =
          state.transaction().Lock(catalog::TableLockKey(codec->referenced()->oid),
                                   context->LockOptionsOf(engine::LockMode::kTableRowShare));
      auto locked = co_await lock;
      if (!locked.ok()) co_return std::move(locked).status();
      // A change of the table may have gone first.
      context->catalog_transaction->Refresh();
      CO_ASSIGN_OR_RETURN(
          codec, ForeignKeyCodec::Find(*state.catalog_view(), event.table, event.foreign_key));
      if (codec == nullptr) continue;
      rows = std::make_unique<ReferencedRows>(codec, ReferencedRows::View::kTransaction, &state);
    }
    if (!event.codes.empty()) {
      auto lock = rows->LockRow(event.codes);
      auto there = co_await lock;
      if (!there.ok()) co_return std::move(there).status();
      if (*there) continue;
    }
    left.push_back(std::move(event));
  }
  co_return context->key_events->PutBack(std::move(left));
}

// The events stay pending until they are done: what an action does to their rows must be noted.
Task<Status> RunTaken(std::vector<KeyEvent> events, ExecutionContext* context) {
  KeyEventRunner runner(context);
  auto run = runner.Run(events);
  Status status = co_await run;
  if (status.ok()) context->key_events->Done(events);
  co_return status;
}

Task<Status> RunEarly(ExecutionContext* context) {
  if (context->key_events->early_count() >= kQueuedEventsMax) {
    auto run = RunTaken(context->key_events->TakeEarly(), context);
    Status status = co_await run;
    if (!status.ok()) co_return status;
  }
  if (NeedsRelief(*context->key_events)) {
    auto relieve = RelieveDeferred(context);
    Status relieved = co_await relieve;
    if (!relieved.ok()) co_return relieved;
  }
  co_return Status::Ok();
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

Async<Status> RelieveKeyEvents(ExecutionContext* context) {
  KeyEventQueue* queue = context->key_events;
  if (queue == nullptr || (queue->early_count() < kQueuedEventsMax && !NeedsRelief(*queue))) {
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
  ReferencedRows referenced(codec, ReferencedRows::View::kNewest, &state);
  engine::ScanOptions options;
  options.range = catalog::RowRange(codec->referencing()->storage_id);
  options.page_rows_max = kBatchRows;
  options.latest = true;
  std::unique_ptr<engine::KvCursor> cursor = state.transaction().Scan(std::move(options));
  Arena arena;
  std::string codes;
  while (true) {
    CO_RETURN_IF_ERROR(state.CheckCancelled());
    if (state.ShouldMove()) co_await ResumeOn(*context->workers);
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
      auto miss = MissingUnlessChanged(*codec, row.key, codes, &state);
      Status missing = co_await miss;
      if (!missing.ok()) co_return missing;
    }
  }
}

}  // namespace shale::sql
