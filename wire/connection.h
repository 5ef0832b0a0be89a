// Connection: one client: its socket, its protocol state, its session.
//
// A coroutine, Run(), reads messages one by one and drives the session; it lives on the
// connection's loop, and a session call may take it to a worker and back. While a call is in
// flight, possibly on a worker, the output buffer is the call's: socket callbacks on the loop touch
// only what has arrived and what is being written (invariants W1-W3 in the README).
#pragma once

#include <uv.h>

#include <coroutine>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sql/session/database.h"
#include "wire/encoder.h"
#include "wire/loop.h"
#include "wire/messages.h"

namespace shale::wire {

class Server;

class Connection : public sql::ReplySink {
 public:
  // On the loop's thread; the handle is connected already. Frees itself when it is done.
  static void Start(Server* server, Loop* loop, std::unique_ptr<uv_tcp_t> socket);

  // Server shutdown, on the loop's thread: an idle connection is told 57P01 and closed; a running
  // statement gets to its end, or is cancelled where asked.
  void Shutdown(bool cancel_running);

  // ReplySink
  void ParameterDescription(std::span<const catalog::Oid> types) override;
  void RowDescription(const sql::RowShape& shape) override;
  void NoData() override;
  void DataRows(const sql::RowShape& shape, const sql::Batch& batch,
                const catalog::FormatSettings& settings) override;
  void DataRow(const sql::RowShape& shape, const catalog::Datum* values, const bool* nulls,
               const catalog::FormatSettings& settings) override;
  void CommandComplete(std::string_view tag) override;
  void EmptyQueryResponse() override;
  void PortalSuspended() override;
  void Error(const Status& error) override;
  void Notice(std::string_view severity, const ErrorFields& fields) override;
  void ParameterStatus(std::string_view name, std::string_view value) override;
  void CopyInResponse(sql::WireFormat format, size_t column_count) override;
  void CopyOutResponse(sql::WireFormat format, size_t column_count) override;
  void CopyData(std::string_view bytes) override;
  void CopyDone() override;
  Async<Result<std::optional<std::string_view>>> ReadCopyData() override;
  bool needs_drain() const override;
  Task<Status> Drain() override;

 private:
  Connection(Server* server, Loop* loop, std::unique_ptr<uv_tcp_t> socket);
  ~Connection() override;

  Task<void> Run();
  // Authentication done and session open; false: the connection is to be closed.
  Task<bool> StartUp();
  Task<bool> Authenticate(const std::string& user);
  Task<bool> OpenSession(const StartupMessage& message);
  Task<void> ServeMessages();
  // False: the connection ends.
  Task<bool> ServeMessage(const Frame& frame);
  Task<Status> ServeExtended(const Frame& frame);
  Task<Result<std::optional<std::string_view>>> NextCopyData();

  // The next whole message; nothing when the client is gone. An error is a broken frame.
  struct NextFrame;
  Result<bool> TakeFrame(Frame* frame);
  Task<Result<bool>> ReadNext(Frame* frame);
  void Fatal(const Status& error);

  // --- socket side, on the loop's thread ---
  void OnRead(ssize_t count, const char* bytes);
  void UpdateReading();
  void Flush();
  void OnWritten(int status);
  void Wake();
  void CloseSocket();

  // Suspends until a callback calls Wake.
  struct Suspend {
    Connection* connection;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) noexcept { connection->waiting_ = handle; }
    void await_resume() noexcept {}
  };

  Server* const server_;
  Loop* const loop_;
  std::unique_ptr<uv_tcp_t> socket_;
  std::unique_ptr<sql::Session> session_;
  std::string peer_;
  bool peer_is_loopback_ = false;

  // Messages being worked on: input_ from position_. Touched by the coroutine only.
  std::string input_;
  size_t position_ = 0;
  bool in_startup_ = true;
  bool skipping_to_sync_ = false;
  Encoder encoder_;
  BindFrame bind_;

  // Touched on the loop's thread only.
  std::string arrived_;  // read while the coroutine was busy, or not yet taken
  std::string writing_;  // handed to libuv; empty: no write in flight
  uv_write_t write_request_;
  std::coroutine_handle<> waiting_;  // the coroutine, while it waits for the socket
  bool reading_ = false;
  bool gone_ = false;  // end of file or error: nothing more comes or goes
  bool shutting_down_ = false;
  uv_timer_t* startup_timer_ = nullptr;
};

}  // namespace shale::wire
