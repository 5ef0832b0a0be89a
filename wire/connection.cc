#include "wire/connection.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/base/coding.h"
#include "engine/base/log.h"
#include "wire/authentication.h"
#include "wire/server.h"

namespace shale::wire {
namespace {

constexpr size_t kArrivedBytesMax = 1 << 20;   // beyond it the socket is not read from
constexpr size_t kOutputBytesMax = 256 << 10;  // beyond it a producer of rows waits
constexpr size_t kFlushBytes = 64 << 10;
constexpr uint64_t kStartupTimeoutMs = 10'000;

bool IsExtended(char type) {
  return type == 'P' || type == 'B' || type == 'D' || type == 'E' || type == 'C';
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
    : server_(server), loop_(loop), socket_(std::move(socket)) {
  socket_->data = this;
  uv_tcp_nodelay(socket_.get(), 1);
  constexpr unsigned int kKeepaliveSeconds = 60;
  uv_tcp_keepalive(socket_.get(), 1, kKeepaliveSeconds);
  sockaddr_storage address;
  int length = sizeof(address);
  char name[64] = "";
  if (uv_tcp_getpeername(socket_.get(), reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    uv_ip_name(reinterpret_cast<sockaddr*>(&address), name, sizeof(name));
    if (address.ss_family == AF_INET) {
      const auto& in = reinterpret_cast<const sockaddr_in&>(address);
      peer_is_loopback_ = (ByteSwap(in.sin_addr.s_addr) >> 24) == 127;
    } else if (address.ss_family == AF_INET6) {
      peer_is_loopback_ =
          std::string_view(name) == "::1" || std::string_view(name).starts_with("::ffff:127.");
    }
  }
  peer_ = name;
}

Connection::~Connection() { server_->Remove(loop_, this); }

// --- socket side ---

void Connection::UpdateReading() {
  const bool want = !gone_ && arrived_.size() < kArrivedBytesMax;
  if (want == reading_) return;
  reading_ = want;
  auto* stream = reinterpret_cast<uv_stream_t*>(socket_.get());
  if (!want) {
    uv_read_stop(stream);
    return;
  }
  uv_read_start(
      stream,
      [](uv_handle_t* handle, size_t, uv_buf_t* buffer) {
        Loop* loop = static_cast<Connection*>(handle->data)->loop_;
        *buffer = uv_buf_init(loop->read_buffer(), loop->read_buffer_bytes());
      },
      [](uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer) {
        static_cast<Connection*>(handle->data)->OnRead(count, buffer->base);
      });
}

void Connection::OnRead(ssize_t count, const char* bytes) {
  if (count == 0) return;
  if (count < 0) {
    gone_ = true;
    UpdateReading();
    if (waiting_) return Wake();
    if (session_) {
      session_->Cancel(Status(sqlstate::kConnectionFailure, "connection to client lost"));
    }
    return;
  }
  arrived_.append(bytes, static_cast<size_t>(count));
  UpdateReading();
  Wake();
}

void Connection::Wake() {
  if (!waiting_) return;
  std::exchange(waiting_, nullptr).resume();
}

// Writes what the encoder holds: at once as far as the socket takes it, the rest when it can.
void Connection::Flush() {
  std::string& out = encoder_.buffer();
  if (out.empty() || !writing_.empty()) return;
  if (gone_) {
    out.clear();
    return;
  }
  auto* stream = reinterpret_cast<uv_stream_t*>(socket_.get());
  uv_buf_t buffer = uv_buf_init(out.data(), static_cast<unsigned int>(out.size()));
  int written = uv_try_write(stream, &buffer, 1);
  if (written == static_cast<int>(out.size())) {
    if (out.capacity() > kOutputBytesMax)
      std::string().swap(out);
    else
      out.clear();
    return;
  }
  if (written > 0) out.erase(0, static_cast<size_t>(written));
  if (written < 0 && written != UV_EAGAIN) {
    gone_ = true;
    out.clear();
    return;
  }
  writing_.swap(out);
  out.clear();
  write_request_.data = this;
  buffer = uv_buf_init(writing_.data(), static_cast<unsigned int>(writing_.size()));
  int error = uv_write(&write_request_, stream, &buffer, 1, [](uv_write_t* request, int status) {
    static_cast<Connection*>(request->data)->OnWritten(status);
  });
  if (error != 0) OnWritten(error);
}

void Connection::OnWritten(int status) {
  writing_.clear();
  if (status != 0) gone_ = true;
  // Only while the coroutine waits for the socket is the output buffer ours to send from.
  if (!waiting_) return;
  Flush();
  if (writing_.empty() || gone_) Wake();
}

void Connection::CloseSocket() {
  if (startup_timer_ != nullptr) {
    uv_timer_stop(startup_timer_);
    uv_close(reinterpret_cast<uv_handle_t*>(startup_timer_),
             [](uv_handle_t* handle) { delete reinterpret_cast<uv_timer_t*>(handle); });
    startup_timer_ = nullptr;
  }
  if (reading_) uv_read_stop(reinterpret_cast<uv_stream_t*>(socket_.get()));
  reading_ = false;
  uv_close(reinterpret_cast<uv_handle_t*>(socket_.release()),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); });
}

void Connection::Shutdown(bool cancel_running) {
  shutting_down_ = true;
  if (waiting_) return Wake();
  if (cancel_running && session_) {
    session_->Cancel(
        Status(sqlstate::kAdminShutdown, "terminating connection due to administrator command"));
  }
}

// --- frames ---

Result<bool> Connection::TakeFrame(Frame* frame) {
  std::string_view rest = std::string_view(input_).substr(position_);
  auto taken = in_startup_ ? ReadStartupFrame(&rest, frame) : ReadFrame(&rest, frame);
  if (taken.ok() && *taken) position_ = input_.size() - rest.size();
  return taken;
}

// The frame stays valid until the next call.
Task<Result<bool>> Connection::ReadNext(Frame* frame) {
  while (true) {
    auto taken = TakeFrame(frame);
    if (!taken.ok() || *taken) co_return std::move(taken);
    if (!arrived_.empty()) {
      input_.erase(0, position_);
      position_ = 0;
      if (input_.empty())
        input_.swap(arrived_);
      else
        input_ += arrived_;
      arrived_.clear();
      UpdateReading();
      continue;
    }
    if (gone_ || shutting_down_) co_return false;
    Flush();
    co_await Suspend{this};
  }
}

bool Connection::needs_drain() const { return encoder_.buffer().size() > kFlushBytes; }

// Sends what there is, and waits while the client takes too long over it. Comes from any executor
// and goes back there.
Task<Status> Connection::Drain() {
  Executor& caller = Executor::Current();
  if (&caller != loop_) co_await ResumeOn(*loop_);
  Flush();
  while (!gone_ && encoder_.buffer().size() + writing_.size() > kOutputBytesMax) {
    co_await Suspend{this};
  }
  const bool lost = gone_;
  if (&caller != loop_) co_await ResumeOn(caller);
  if (lost) co_return Status(sqlstate::kConnectionFailure, "connection to client lost");
  co_return Status::Ok();
}

// --- the connection's life ---

Task<void> Connection::Run() {
  startup_timer_ = new uv_timer_t;
  uv_timer_init(loop_->handle(), startup_timer_);
  startup_timer_->data = this;
  uv_timer_start(
      startup_timer_,
      [](uv_timer_t* timer) {
        auto* self = static_cast<Connection*>(timer->data);
        if (self->session_ != nullptr) return;
        self->gone_ = true;
        self->Wake();
      },
      kStartupTimeoutMs, 0);
  UpdateReading();
  const bool started = co_await StartUp();
  if (started) co_await ServeMessages();
  if (shutting_down_ && started) {
    Fatal(Status(sqlstate::kAdminShutdown, "terminating connection due to administrator command"));
  }
  session_.reset();
  Flush();
  while (!writing_.empty() && !gone_ && !shutting_down_) co_await Suspend{this};
  CloseSocket();
}

void Connection::Fatal(const Status& error) { encoder_.ErrorResponse("FATAL", error.error()); }

Task<bool> Connection::StartUp() {
  while (true) {
    Frame frame;
    auto read = co_await ReadNext(&frame);
    if (!read.ok()) {
      Fatal(read.status());
      co_return false;
    }
    if (!*read) co_return false;
    if (frame.body.size() < 4) co_return false;
    const uint32_t code = LoadBigEndian32(frame.body.data());
    if (code == kSslRequestCode || code == kGssEncRequestCode) {
      // Bytes sent along before the answer would be taken as part of an encrypted session.
      if (position_ < input_.size() || !arrived_.empty()) {
        Fatal(Status(sqlstate::kProtocolViolation, "received unencrypted data after SSL request"));
        co_return false;
      }
      encoder_.buffer().push_back('N');
      continue;
    }
    if (code == kCancelRequestCode) {
      if (frame.body.size() == 12) {
        server_->database().CancelRequest(
            static_cast<int32_t>(LoadBigEndian32(frame.body.data() + 4)),
            LoadBigEndian32(frame.body.data() + 8));
      }
      co_return false;
    }
    if (code >> 16 != 3) {
      Fatal(Status(sqlstate::kFeatureNotSupported,
                   fmt::format("unsupported frontend protocol {}.{}: server supports 3.0 to 3.0",
                               code >> 16, code & 0xffff)));
      co_return false;
    }
    auto message = ParseStartup(frame.body);
    if (!message.ok()) {
      Fatal(message.status());
      co_return false;
    }
    const bool opened = co_await OpenSession(*message);
    co_return opened;
  }
}

Task<bool> Connection::OpenSession(const StartupMessage& message) {
  if (message.minor > 0 || !message.unknown_extensions.empty()) {
    encoder_.NegotiateProtocolVersion(0, message.unknown_extensions);
  }
  sql::StartupRequest request;
  request.client_address = peer_;
  for (const auto& [name, value] : message.parameters) {
    if (name == "user") {
      request.user = value;
    } else if (name == "database") {
      request.database = value;
    } else if (name == "options") {
      Status parsed = ParseOptions(value, &request.settings);
      if (!parsed.ok()) {
        Fatal(parsed);
        co_return false;
      }
    } else if (name == "replication") {
      if (value != "false" && value != "off" && value != "0" && value != "no") {
        Fatal(NotSupported("a replication connection"));
        co_return false;
      }
    } else {
      request.settings[name] = value;
    }
  }
  if (request.database.empty()) request.database = request.user;
  in_startup_ = false;
  const bool authenticated = co_await Authenticate(request.user);
  if (!authenticated) co_return false;
  auto session = server_->database().Connect(request);
  if (!session.ok()) {
    Fatal(session.status());
    co_return false;
  }
  session_ = std::move(session).value();
  encoder_.AuthenticationOk();
  session_->ReportParameters(*this);
  encoder_.BackendKeyData(session_->pid(), session_->secret());
  encoder_.ReadyForQuery(session_->transaction_status());
  co_return true;
}

// Trust for loopback while no password is set; SCRAM-SHA-256 otherwise.
Task<bool> Connection::Authenticate(const std::string& user) {
  const ScramVerifier* verifier = server_->verifier();
  if (verifier == nullptr) {
    if (peer_is_loopback_) co_return true;
    Fatal(Status(sqlstate::kInvalidAuthorizationSpecification,
                 "no password is set: connections from other machines are refused"));
    co_return false;
  }
  ScramServer scram(*verifier, user);
  constexpr std::string_view kMechanisms[] = {"SCRAM-SHA-256"};
  encoder_.AuthenticationSasl(kMechanisms);
  while (true) {
    Frame frame;
    auto read = co_await ReadNext(&frame);
    if (!read.ok() || !*read) co_return false;
    if (frame.type != 'p') {
      Fatal(shale::Error(sqlstate::kProtocolViolation,
                         "expected SASL response, got message type {}",
                         static_cast<int>(frame.type)));
      co_return false;
    }
    auto step = scram.Step(frame.body);
    if (!step.ok()) {
      Fatal(step.status());
      co_return false;
    }
    if (!scram.done()) {
      encoder_.AuthenticationSaslContinue(*step);
      continue;
    }
    encoder_.AuthenticationSaslFinal(*step);
    co_return true;
  }
}

Task<void> Connection::ServeMessages() {
  while (true) {
    Frame frame;
    auto read = co_await ReadNext(&frame);
    if (!read.ok()) {
      Fatal(read.status());
      co_return;
    }
    if (!*read) co_return;
    const bool goes_on = co_await ServeMessage(frame);
    if (!goes_on) co_return;
    if (encoder_.buffer().size() > kFlushBytes) Flush();
  }
}

Task<bool> Connection::ServeMessage(const Frame& frame) {
  if (skipping_to_sync_ && frame.type != 'S' && frame.type != 'X') co_return true;
  switch (frame.type) {
    case 'Q': {
      auto text = ParseString(frame.body);
      if (!text.ok()) {
        Fatal(text.status());
        co_return false;
      }
      auto query = session_->SimpleQuery(*text, *this);
      Status ran = co_await query;
      if (!ran.ok()) Error(ran);
      encoder_.ReadyForQuery(session_->transaction_status());
      Flush();
      co_return true;
    }
    case 'S': {
      skipping_to_sync_ = false;
      auto sync = session_->Sync(*this);
      Status synced = co_await sync;
      if (!synced.ok()) Error(synced);
      encoder_.ReadyForQuery(session_->transaction_status());
      Flush();
      co_return true;
    }
    case 'H':
      Flush();
      co_return true;
    case 'X':
      co_return false;
    // What a client still sends after its COPY has failed.
    case 'd':
    case 'c':
    case 'f':
      co_return true;
    default:
      break;
  }
  Status status;
  if (IsExtended(frame.type)) {
    status = co_await ServeExtended(frame);
  } else if (frame.type == 'F') {
    status = NotSupported("the function call message");
  } else {
    Fatal(shale::Error(sqlstate::kProtocolViolation, "invalid frontend message type {}",
                       static_cast<int>(frame.type)));
    co_return false;
  }
  if (!status.ok()) {
    session_->NoteError();
    Error(status);
    if (frame.type == 'F') {
      encoder_.ReadyForQuery(session_->transaction_status());
      Flush();
    } else {
      skipping_to_sync_ = true;
    }
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

// --- COPY ---

Async<Result<std::optional<std::string_view>>> Connection::ReadCopyData() { return NextCopyData(); }

Task<Result<std::optional<std::string_view>>> Connection::NextCopyData() {
  Executor& caller = Executor::Current();
  if (&caller != loop_) co_await ResumeOn(*loop_);
  Frame frame;
  std::optional<Result<std::optional<std::string_view>>> answer;
  while (!answer) {
    auto read = co_await ReadNext(&frame);
    if (!read.ok()) {
      answer = std::move(read).status();
    } else if (!*read) {
      answer = Status(sqlstate::kConnectionFailure,
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

// --- ReplySink ---

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
void Connection::Error(const Status& error) { encoder_.ErrorResponse("ERROR", error.error()); }
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
