// The life of a connection, its reading of messages, and what it does as the session's ReplySink.
#include "wire/connection.h"

#include <algorithm>
#include <utility>

#include "wire/server.h"

namespace shale::wire {
namespace {

constexpr size_t kFlushBytes = 64 << 10;       // output beyond it goes to the socket
constexpr size_t kOutputBytesMax = 256 << 10;  // beyond it a producer of rows waits
constexpr uint64_t kLingerTimeoutMs = 5'000;   // for the last bytes of a connection

Status ShutdownError() {
  return Status(sqlstate::kAdminShutdown, "terminating connection due to administrator command");
}

Status ConnectionLost() {
  return Status(sqlstate::kConnectionFailure, "connection to client lost");
}

}  // namespace

void Connection::Start(Server* server, Loop* loop, std::unique_ptr<uv_tcp_t> socket) {
  auto* connection = new Connection(server, loop, std::move(socket));
  server->Add(loop, connection);
  auto run = [](Connection* self) -> Task<void> {
    co_await self->Run();
    delete self;
  };
  Spawn(run(connection));
}

Connection::Connection(Server* server, Loop* loop, std::unique_ptr<uv_tcp_t> socket)
    : server_(server), loop_(loop), channel_(loop, std::move(socket)) {}

Connection::~Connection() { server_->Remove(loop_, this); }

Task<void> Connection::Run() {
  channel_.Start([this] {
    if (session_ != nullptr) session_->Cancel(ConnectionLost());
  });
  channel_.StartTimer(static_cast<uint64_t>(server_->startup_timeout().count()));
  const bool started = co_await StartUp();
  channel_.StopTimer();
  if (started) {
    // The greeting is several times longer than most answers: its buffer does not stay.
    channel_.Send(&encoder_.buffer());
    channel_.Flush();
    channel_.FreeBuffers();
    co_await ServeMessages();
    SayGoodbye();
  }
  // Before the socket closes: a client that sees its end finds its locks and temporary tables gone.
  if (session_ != nullptr) {
    auto end = session_->End();
    co_await end;
  }
  session_.reset();
  channel_.Send(&encoder_.buffer());
  channel_.Flush();
  channel_.StartTimer(kLingerTimeoutMs);
  while (channel_.unsent_bytes() > 0 && !channel_.lost() && !channel_.timed_out() &&
         ending_ != Ending::kNow) {
    co_await channel_.Wait();
  }
  co_await channel_.Close();
}

void Connection::SayGoodbye() {
  if (ending_ != Ending::kNo && !told_end_) Fatal(ShutdownError());
}

void Connection::Shutdown(bool cancel_running) {
  ending_ = cancel_running ? Ending::kNow : std::max(ending_, Ending::kWhenIdle);
  if (cancel_running && session_ != nullptr) session_->Cancel(ShutdownError());
  channel_.Wake();
}

void Connection::Fatal(const Status& error) {
  encoder_.ErrorResponse("FATAL", error.error());
  told_end_ = true;
}

// --- messages in ---

Result<bool> Connection::TakeFrame(Frame* frame) {
  std::string_view rest = std::string_view(input_).substr(position_);
  // Before there is a session, nothing but an answer to authentication may take memory.
  if (!in_startup_ && session_ == nullptr && !rest.empty() && rest.front() != 'p') {
    return shale::Error(sqlstate::kProtocolViolation, "expected SASL response, got message type {}",
                        static_cast<int>(static_cast<unsigned char>(rest.front())));
  }
  auto taken = in_startup_ ? ReadStartupFrame(&rest, frame) : ReadFrame(&rest, frame);
  if (taken.ok() && *taken) position_ = input_.size() - rest.size();
  return taken;
}

Task<Result<bool>> Connection::ReadNext(Frame* frame, bool statement_runs) {
  while (true) {
    if (channel_.lost() || ending_ == Ending::kNow) co_return false;
    auto taken = TakeFrame(frame);
    if (!taken.ok() || *taken) co_return std::move(taken);
    if (channel_.has_arrived()) {
      input_.erase(0, position_);
      position_ = 0;
      channel_.Take(&input_);
      continue;
    }
    if (channel_.at_end() || channel_.timed_out()) co_return false;
    if (ending_ == Ending::kWhenIdle && !statement_runs) co_return false;
    channel_.Send(&encoder_.buffer());
    // Sending may have found the connection broken: then nothing would wake the wait.
    if (channel_.lost()) co_return false;
    co_await channel_.Wait();
  }
}

Async<Result<std::optional<std::string_view>>> Connection::ReadCopyData() { return NextCopyData(); }

Task<Result<std::optional<std::string_view>>> Connection::NextCopyData() {
  Executor& caller = Executor::Current();
  if (&caller != loop_) co_await ResumeOn(*loop_);
  Frame frame;
  std::optional<Result<std::optional<std::string_view>>> answer;
  while (!answer) {
    auto read = co_await ReadNext(&frame, true);
    if (!read.ok()) {
      // The bytes after a broken frame mean nothing: the connection is lost with the statement.
      answer = std::move(read).status();
    } else if (!*read) {
      answer = ending_ == Ending::kNow
                   ? ShutdownError()
                   : Status(sqlstate::kConnectionFailure,
                            "unexpected EOF on client connection with an open transaction");
    } else if (frame.type == 'd') {
      answer = std::optional<std::string_view>(frame.body);
    } else if (frame.type == 'c') {
      answer = std::optional<std::string_view>();
    } else if (frame.type == 'f') {
      auto reason = ParseString(frame.body);
      answer = reason.ok()
                   ? shale::Error(sqlstate::kQueryCanceled, "COPY from stdin failed: {}", *reason)
                   : std::move(reason).status();
    } else if (frame.type != 'H' && frame.type != 'S') {
      answer = shale::Error(sqlstate::kProtocolViolation,
                            "unexpected message type 0x{:02X} during COPY from stdin",
                            static_cast<unsigned char>(frame.type));
    }
  }
  if (&caller != loop_) co_await ResumeOn(caller);
  co_return std::move(*answer);
}

// --- messages out ---

bool Connection::needs_drain() const { return encoder_.buffer().size() > kFlushBytes; }

// Sends what there is, and waits while the client takes too long over it. Comes from any executor
// and goes back there.
Task<Status> Connection::Drain() {
  Executor& caller = Executor::Current();
  if (&caller != loop_) co_await ResumeOn(*loop_);
  channel_.Send(&encoder_.buffer());
  channel_.Flush();
  while (channel_.unsent_bytes() > kOutputBytesMax && !channel_.lost() && ending_ != Ending::kNow) {
    co_await channel_.Wait();
  }
  Status status;
  if (channel_.lost()) {
    status = ConnectionLost();
  } else if (ending_ == Ending::kNow) {
    status = ShutdownError();
  }
  if (&caller != loop_) co_await ResumeOn(caller);
  co_return status;
}

void Connection::ParameterDescription(std::span<const catalog::Oid> types) {
  encoder_.ParameterDescription(types);
}
void Connection::RowDescription(const sql::RowShape& shape) { encoder_.RowDescription(shape); }
void Connection::NoData() { encoder_.NoData(); }
void Connection::DataRows(const sql::RowShape& shape, const sql::Batch& batch,
                          const catalog::FormatSettings& settings) {
  encoder_.DataRows(shape, batch, settings);
}
void Connection::DataRow(const sql::RowShape& shape, const catalog::Datum* values,
                         const bool* nulls, const catalog::FormatSettings& settings) {
  encoder_.DataRow(shape, values, nulls, settings);
}
void Connection::CommandComplete(std::string_view tag) { encoder_.CommandComplete(tag); }
void Connection::EmptyQueryResponse() { encoder_.EmptyQueryResponse(); }
void Connection::PortalSuspended() { encoder_.PortalSuspended(); }
void Connection::Error(const Status& error) {
  // A statement that is stopped by the server's end or its transaction's is its connection's end,
  // and said once.
  if (error.sqlstate() == sqlstate::kAdminShutdown ||
      error.sqlstate() == sqlstate::kTransactionTimeout) {
    if (!told_end_) Fatal(error);
    return;
  }
  encoder_.ErrorResponse("ERROR", error.error());
}
void Connection::Notice(std::string_view severity, const ErrorFields& fields) {
  encoder_.NoticeResponse(severity, fields);
}
void Connection::ParameterStatus(std::string_view name, std::string_view value) {
  encoder_.ParameterStatus(name, value);
}
void Connection::CopyInResponse(sql::WireFormat format, size_t column_count) {
  encoder_.CopyResponse('G', format, column_count);
}
void Connection::CopyOutResponse(sql::WireFormat format, size_t column_count) {
  encoder_.CopyResponse('H', format, column_count);
}
void Connection::CopyData(std::string_view bytes) { encoder_.CopyData(bytes); }
void Connection::CopyDone() { encoder_.CopyDone(); }

}  // namespace shale::wire
