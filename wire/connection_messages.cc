// The message loop of an open session: the simple and the extended protocol, and skipping to Sync
// after an error.
#include <utility>

#include "wire/connection.h"

namespace shale::wire {
namespace {

// A Bind of many parameters does not keep its memory.
constexpr size_t kKeptParameters = 1024;

bool IsExtended(char type) {
  return type == 'P' || type == 'B' || type == 'D' || type == 'E' || type == 'C';
}

}  // namespace

Task<void> Connection::ServeMessages() {
  while (true) {
    Frame frame;
    const sql::IdleLimit limit = ready_ ? session_->idle_limit() : session_->pipeline_limit();
    const bool limited = limit.time.count() > 0;
    if (limited) channel_.StartTimer(static_cast<uint64_t>(limit.time.count()));
    auto read = co_await ReadNext(&frame);
    const bool idle_too_long = channel_.timed_out();
    if (limited) channel_.StopTimer();
    if (!read.ok()) {
      if (!told_end_) Fatal(read.status());
      co_return;
    }
    if (!*read) {
      if (idle_too_long) Fatal(limit.error);
      co_return;
    }
    ready_ = false;
    const bool goes_on = co_await ServeMessage(frame);
    DCHECK(&Executor::Current() == loop_);
    if (!goes_on || told_end_) co_return;
    if (needs_drain()) {
      Status drained = co_await Drain();
      if (!drained.ok()) co_return;
    }
  }
}

Task<void> Connection::EndBatch() {
  auto sync = session_->Sync(*this);
  Status synced = co_await sync;
  if (!synced.ok()) Error(synced);
  if (told_end_) co_return;
  SayReady();
}

void Connection::SayReady() {
  encoder_.ReadyForQuery(session_->transaction_status());
  channel_.Send(&encoder_.buffer());
  ready_ = true;
}

Task<bool> Connection::ServeMessage(const Frame& frame) {
  const char type = frame.type;  // the frame is gone when a statement has read COPY data
  if (skipping_to_sync_ && type != 'S' && type != 'X') co_return true;
  Status status;
  switch (type) {
    case 'Q': {
      auto text = ParseString(frame.body);
      if (!text.ok()) {
        status = std::move(text).status();
        break;
      }
      auto query = session_->SimpleQuery(*text, *this);
      Status ran = co_await query;
      if (!ran.ok()) Error(ran);
      if (told_end_) co_return false;
      SayReady();
      co_return true;
    }
    case 'S': {
      skipping_to_sync_ = false;
      if (!frame.body.empty()) {
        status = Status(sqlstate::kProtocolViolation, "invalid message format");
        break;
      }
      co_await EndBatch();
      co_return true;
    }
    case 'H':
      channel_.Send(&encoder_.buffer());
      co_return true;
    case 'X':
      co_return false;
    // What a client still sends after its COPY has failed.
    case 'd':
    case 'c':
    case 'f':
      co_return true;
    case 'F':
      status = NotSupported("the function call message");
      break;
    default: {
      if (!IsExtended(type)) {
        Fatal(shale::Error(sqlstate::kProtocolViolation, "invalid frontend message type {}",
                           static_cast<int>(type)));
        co_return false;
      }
      status = co_await ServeExtended(frame);
      break;
    }
  }
  if (status.ok()) co_return true;
  session_->NoteError();
  Error(status);
  if (IsExtended(type)) {
    skipping_to_sync_ = true;
  } else {
    co_await EndBatch();
  }
  co_return true;
}

Task<Status> Connection::ServeExtended(const Frame& frame) {
  switch (frame.type) {
    case 'P': {
      CO_ASSIGN_OR_RETURN(ParseMessage message, ParseParse(frame.body));
      auto parse = session_->Parse(message.statement, message.text, message.types, *this);
      Status parsed = co_await parse;
      if (parsed.ok()) encoder_.ParseComplete();
      co_return parsed;
    }
    case 'B': {
      CO_RETURN_IF_ERROR(ParseBind(frame.body, &bind_));
      sql::BindMessage message;
      message.portal = bind_.portal;
      message.statement = bind_.statement;
      message.parameter_formats = bind_.parameter_formats;
      message.parameters = bind_.parameters;
      message.result_formats = bind_.result_formats;
      auto bind = session_->Bind(message, *this);
      Status bound = co_await bind;
      if (bind_.parameters.capacity() > kKeptParameters) bind_ = BindFrame();
      if (bound.ok()) encoder_.BindComplete();
      co_return bound;
    }
    case 'D': {
      CO_ASSIGN_OR_RETURN(TargetMessage message, ParseTarget(frame.body, "DESCRIBE"));
      auto describe = message.kind == 'S' ? session_->DescribeStatement(message.name, *this)
                                          : session_->DescribePortal(message.name, *this);
      Status described = co_await describe;
      co_return described;
    }
    case 'E': {
      CO_ASSIGN_OR_RETURN(ExecuteMessage message, ParseExecute(frame.body));
      auto execute = session_->Execute(message.portal, message.row_limit, *this);
      Status executed = co_await execute;
      co_return executed;
    }
    default: {
      CO_ASSIGN_OR_RETURN(TargetMessage message, ParseTarget(frame.body, "CLOSE"));
      Status closed = message.kind == 'S' ? session_->CloseStatement(message.name)
                                          : session_->ClosePortal(message.name);
      if (closed.ok()) encoder_.CloseComplete();
      co_return closed;
    }
  }
}

}  // namespace shale::wire
