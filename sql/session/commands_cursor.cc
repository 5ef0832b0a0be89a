// Cursors: DECLARE, FETCH, MOVE, CLOSE, what becomes of them when transactions end, and the rows
// that they stand on. A cursor is a portal like those of the protocol, and shares its names.
#include <algorithm>

#include "engine/base/clock.h"
#include "sql/session/session_impl.h"
#include "sql/session/sink_receiver.h"

namespace shale::sql {
namespace {

constexpr SqlState kInvalidCursorState{"24000"};

Status NoCursorName() {
  return Status(sqlstate::kInvalidCursorName, "invalid cursor name: must not be empty");
}

Status UndefinedCursor(std::string_view name) {
  return Error(sqlstate::kInvalidCursorName, "cursor \"{}\" does not exist", name);
}

Status CannotScroll() {
  return Status(sqlstate::kObjectNotInPrerequisiteState, "cursor can only scan forward")
      .Hint("Declare it with SCROLL option to enable backward scan.");
}

Status CursorState(std::string message) { return Status(kInvalidCursorState, std::move(message)); }

// Keeps the rows of a FETCH whose client asks for them in parts.
class KeepingReceiver : public RowReceiver {
 public:
  KeepingReceiver(PortalRows* rows, PortalRows::KeepOptions options)
      : rows_(rows), options_(std::move(options)) {}
  Async<Status> Receive(const Batch& rows) override { return rows_->Append(options_, rows); }

 private:
  PortalRows* const rows_;
  const PortalRows::KeepOptions options_;
};

}  // namespace

Status UnusablePortal(std::string_view name) {
  return Error(sqlstate::kObjectNotInPrerequisiteState, "portal \"{}\" cannot be run", name);
}

PortalRows::KeepOptions SessionImpl::KeepOptionsOf(const Portal& portal) {
  return {portal.plan->root->output, static_cast<uint64_t>(settings_.fields().work_mem_bytes),
          &memory_};
}

Result<PreparedRef> SessionImpl::PrepareCursorQuery(const PreparedStatement& declaration) {
  ParsedStatement parsed = declaration.parsed;
  parsed.statement = ast::As<ast::DeclareCursor>(*declaration.statement()).query;
  ASSIGN_OR_RETURN(PreparedRef query,
                   PrepareStatement(declaration.text, std::move(parsed), declaration.declared_types,
                                    /*for_cursor=*/true));
  // Values are bound for these types, whatever the tables are when it is planned again.
  query->declared_types = query->parameter_types;
  return query;
}

Task<Result<std::string>> SessionImpl::RunDeclareCursor(const ast::DeclareCursor& command,
                                                        Portal* portal) {
  using Scroll = ast::DeclareCursor::Scroll;
  transaction_.EnsureBegun();
  transaction_.RefreshCatalog();
  PreparedRef query = portal->statement->cursor_query;
  if (query == nullptr) {
    CO_ASSIGN_OR_RETURN(query, PrepareCursorQuery(*portal->statement));
  }
  if (command.name.empty()) co_return NoCursorName();
  if (!command.hold && transaction_.block() != TransactionState::Block::kExplicit &&
      !in_query_of_many_) {
    co_return Status(sqlstate::kNoActiveSqlTransaction,
                     "DECLARE CURSOR can only be used in transaction blocks");
  }
  if (portals_.contains(command.name)) {
    co_return Error(sqlstate::kDuplicateCursor, "cursor \"{}\" already exists", command.name);
  }
  auto cursor = std::make_unique<Portal>();
  cursor->name = command.name;
  cursor->statement = query;
  cursor->parameters = portal->parameters;
  cursor->is_cursor = true;
  cursor->binary = command.binary;
  cursor->hold = command.hold;
  cursor->created_us = SystemClock().WallMicros();
  cursor->depth = transaction_.savepoint_depth();
  auto start = StartQuery(cursor.get());
  Status started = co_await start;
  if (!started.ok()) co_return started;
  cursor->shape.columns = query->output;
  cursor->shape.formats.assign(query->output.size(), WireFormat::kText);
  cursor->scrolls = command.scroll == Scroll::kDefault ? cursor->plan->can_scroll
                                                       : command.scroll == Scroll::kScroll;
  if (cursor->scrolls) {
    cursor->rows.Keep(KeepOptionsOf(*cursor));
  } else {
    std::vector<int> columns;
    for (const Plan::RowKey& key : cursor->plan->row_keys) columns.push_back(key.column);
    cursor->rows.RememberKeys(std::move(columns));
  }
  portals_[cursor->name] = std::move(cursor);
  co_return std::string("DECLARE CURSOR");
}

Task<Result<std::string>> SessionImpl::RunFetch(const ast::Fetch& command, Portal* portal,
                                                ReplySink& sink) {
  if (command.cursor.empty()) co_return NoCursorName();
  Portal* cursor = FindPortal(command.cursor);
  if (cursor == nullptr) co_return UndefinedCursor(command.cursor);
  if (cursor == portal || cursor->state == Portal::State::kFailed) {
    co_return UnusablePortal(cursor->name);
  }
  if (!cursor->statement->is_query || cursor->shape.columns.empty()) {
    co_return NotSupported("FETCH from a portal whose statement is not a query");
  }
  if (cursor->state == Portal::State::kBound) {
    auto start = StartQuery(cursor);
    Status started = co_await start;
    if (!started.ok()) co_return started;
  }
  if (cursor->plan->may_block) co_await ResumeOn(*database_->options().workers);
  portal->shape.columns = cursor->shape.columns;
  if (portal->describe && cursor->binary) {
    portal->shape.formats.assign(portal->shape.columns.size(), WireFormat::kBinary);
  }
  portal->shape.formats.resize(portal->shape.columns.size(), WireFormat::kText);

  SinkReceiver sending(&portal->shape, settings_.fields().format, &cancel_, sink);
  KeepingReceiver keeping(&portal->rows, KeepOptionsOf(*cursor));
  RowReceiver* receiver = nullptr;
  if (!command.move) {
    portal->fetched = portal->row_limit > 0;
    receiver = portal->fetched ? static_cast<RowReceiver*>(&keeping) : &sending;
    if (!portal->fetched) DescribeRows(portal, sink);
  }
  auto move = MoveCursor(cursor, command, receiver);
  auto moved = co_await move;
  if (!moved.ok()) {
    cursor->state = Portal::State::kFailed;
    co_return std::move(moved).status();
  }
  co_return fmt::format("{} {}", command.move ? "MOVE" : "FETCH", *moved);
}

Task<Result<uint64_t>> SessionImpl::Advance(Portal* cursor, CursorStep step,
                                            RowReceiver* receiver) {
  if (!step.forward && !cursor->scrolls) co_return CannotScroll();
  auto move = step.forward ? cursor->rows.Forward(step.count, receiver)
                           : cursor->rows.Backward(step.count, receiver);
  auto moved = co_await move;
  co_return moved;
}

Status SessionImpl::RewindCursor(Portal* cursor) {
  if (cursor->rows.at_start() && !cursor->rows.at_end()) return Status::Ok();
  if (!cursor->scrolls) return CannotScroll();
  cursor->rows.Rewind();
  return Status::Ok();
}

// To the row at the place, from 1, or from the end where it is negative.
Task<Result<uint64_t>> SessionImpl::MoveToPlace(Portal* cursor, int64_t place,
                                                RowReceiver* receiver) {
  // Passed over on the way to the row before; then one is given.
  CursorStep passed{true, 0};
  bool forward = true;
  if (place < 0) {
    auto to_end = Advance(cursor, {true, PortalRows::kAll}, nullptr);
    auto moved = co_await to_end;
    if (!moved.ok()) co_return moved;
    forward = false;
    passed = {false, static_cast<uint64_t>(-(place + 1))};
  } else {
    const uint64_t before = static_cast<uint64_t>(place) - 1;
    const uint64_t position = cursor->rows.position();
    if (before <= position / 2) {
      CO_RETURN_IF_ERROR(RewindCursor(cursor));
      passed.count = before;
    } else {
      // The next row's number less one, as it counts from here.
      const uint64_t at = cursor->rows.at_end() ? position + 1 : position;
      if (before < at)
        passed = {false, at - before};
      else
        passed.count = before - at;
    }
  }
  if (passed.count > 0) {
    auto pass = Advance(cursor, passed, nullptr);
    auto moved = co_await pass;
    if (!moved.ok()) co_return moved;
  }
  auto give = Advance(cursor, {forward, 1}, receiver);
  auto given = co_await give;
  co_return given;
}

Task<Result<uint64_t>> SessionImpl::MoveCursor(Portal* cursor, const ast::Fetch& command,
                                               RowReceiver* receiver) {
  using Direction = ast::Fetch::Direction;
  CursorStep step{command.direction != Direction::kBackward, 0};
  int64_t count = command.count;
  if (command.direction == Direction::kAbsolute) {
    if (count != 0) {
      auto place = MoveToPlace(cursor, count, receiver);
      auto moved = co_await place;
      co_return moved;
    }
    CO_RETURN_IF_ERROR(RewindCursor(cursor));
    co_return uint64_t{0};
  }
  if (count < 0) {
    step.forward = !step.forward;
    count = -count;
  }
  step.count = count == ast::Fetch::kAll ? PortalRows::kAll : static_cast<uint64_t>(count);
  if (command.direction == Direction::kRelative && step.count > 1) {
    auto pass = Advance(cursor, {step.forward, step.count - 1}, nullptr);
    auto passed = co_await pass;
    if (!passed.ok()) co_return passed;
    step.count = 1;
  }
  if (step.count == 0) {
    const bool on_row = cursor->rows.on_row();
    if (receiver == nullptr) co_return uint64_t{on_row ? 1u : 0u};
    if (!on_row && !step.forward && !cursor->scrolls) co_return CannotScroll();
    if (!on_row) co_return uint64_t{0};
    // The row that it is on, once more.
    auto back = Advance(cursor, {false, 1}, nullptr);
    auto moved = co_await back;
    if (!moved.ok()) co_return moved;
    step = {true, 1};
  }
  if (!step.forward && step.count == PortalRows::kAll && receiver == nullptr) {
    uint64_t passed = cursor->rows.position();
    if (passed > 0 && !cursor->rows.at_end()) --passed;
    CO_RETURN_IF_ERROR(RewindCursor(cursor));
    co_return passed;
  }
  auto advance = Advance(cursor, step, receiver);
  auto moved = co_await advance;
  co_return moved;
}

Result<std::string> SessionImpl::RunCloseCursor(const ast::CloseCursor& command) {
  if (command.all) {
    CloseCursors();
    return std::string("CLOSE CURSOR ALL");
  }
  if (command.name.empty()) return NoCursorName();
  auto found = portals_.find(command.name);
  if (found == portals_.end()) return UndefinedCursor(command.name);
  if (found->second.get() == executing_) {
    return CursorState(fmt::format("cannot drop active portal \"{}\"", command.name));
  }
  portals_.erase(found);
  return std::string("CLOSE CURSOR");
}

void SessionImpl::CloseCursors() {
  std::erase_if(portals_, [this](const auto& entry) { return entry.second.get() != executing_; });
}

bool SessionImpl::HasCursorToHold() const {
  return std::ranges::any_of(portals_, [](const auto& entry) {
    const Portal& portal = *entry.second;
    return portal.hold && !portal.held && portal.state != Portal::State::kFailed;
  });
}

Task<Status> SessionImpl::HoldCursors() {
  for (auto& [name, portal] : portals_) {
    if (!portal->hold || portal->held || portal->state == Portal::State::kFailed) continue;
    auto persist = portal->rows.Persist(KeepOptionsOf(*portal));
    Status persisted = co_await persist;
    if (!persisted.ok()) co_return persisted;
    portal->held = true;
    portal->depth = 0;
  }
  co_return Status::Ok();
}

Result<std::optional<std::string>> SessionImpl::CurrentKey(std::string_view name,
                                                           const catalog::TableDesc& table) {
  Portal* cursor = FindPortal(name);
  if (cursor == nullptr) return UndefinedCursor(name);
  const Plan* plan = cursor->plan.get();
  if (!cursor->statement->is_query || plan == nullptr || plan->command != PlanCommand::kSelect) {
    return CursorState(fmt::format("cursor \"{}\" is not a SELECT query", name));
  }
  if (cursor->held) {
    return CursorState(fmt::format("cursor \"{}\" is held from a previous transaction", name));
  }
  const Plan::RowKey* found = nullptr;
  for (const Plan::RowKey& key : plan->row_keys) {
    if (key.table->oid != table.oid) continue;
    if (found != nullptr) {
      return CursorState(
          fmt::format("cursor \"{}\" has multiple FOR UPDATE/SHARE references to table \"{}\"",
                      name, table.name));
    }
    found = &key;
  }
  if (found == nullptr && plan->locks_rows) {
    return CursorState(
        fmt::format("cursor \"{}\" does not have a FOR UPDATE/SHARE reference to table \"{}\"",
                    name, table.name));
  }
  if (found == nullptr) {
    return CursorState(fmt::format("cursor \"{}\" is not a simply updatable scan of table \"{}\"",
                                   name, table.name));
  }
  if (!cursor->rows.on_row()) {
    return CursorState(fmt::format("cursor \"{}\" is not positioned on a row", name));
  }
  return cursor->rows.KeyAt(found->column);
}

std::vector<CursorActivity> SessionImpl::Cursors() const {
  std::vector<CursorActivity> cursors;
  for (const auto& [name, portal] : portals_) {
    if (name.empty()) continue;
    cursors.push_back({.name = name,
                       .statement = portal->statement->text,
                       .holdable = portal->hold,
                       .binary = portal->binary,
                       .scrollable = portal->scrolls,
                       .created_us = portal->created_us});
  }
  return cursors;
}

}  // namespace shale::sql
