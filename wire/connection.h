// Connection: one client: its channel, its protocol state, its session.
//
// A coroutine, Run(), reads messages one by one and drives the session; it lives on the
// connection's loop, and a session call may take it to a worker and back. While a call is in
// flight, possibly on a worker, the encoder and the input are the call's; the loop touches only the
// channel (invariants W1-W4 in the README).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sql/session/database.h"
#include "wire/channel.h"
#include "wire/encoder.h"
#include "wire/loop.h"
#include "wire/messages.h"

namespace shale::wire {

class Server;

class Connection : public sql::ReplySink {
 public:
  // On the loop's thread; the handle is connected already. Frees itself when it is done.
  static void Start(Server* server, Loop* loop, std::unique_ptr<uv_tcp_t> socket);

  // The server ends, on the loop's thread: an idle connection is told 57P01 and closed; a running
  // statement gets to its end, or is cancelled where asked.
  void Shutdown(bool cancel_running);
  // Of its session; 0: it has none. On the loop's thread.
  int32_t pid() const { return session_ != nullptr ? session_->pid() : 0; }

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

  // --- connection_startup.cc ---
  // Authenticates and opens the session; false: the connection is to be closed.
  Task<bool> StartUp();
  Task<bool> Authenticate(const std::string& user);
  Task<bool> OpenSession(const StartupMessage& message);
  void RefuseVersion(uint32_t code);

  // --- connection_messages.cc ---
  Task<void> ServeMessages();
  // False: the connection ends.
  Task<bool> ServeMessage(const Frame& frame);
  Task<Status> ServeExtended(const Frame& frame);
  // Ends the implicit transaction and says ReadyForQuery.
  Task<void> EndBatch();
  void SayReady();
  // What a client still has to hear of its end, if anything.
  void SayGoodbye();

  // The next whole message, valid until the next call; false when none will come. An error is a
  // broken frame. While a statement runs, a shutdown that waits for statements lets it read on.
  Task<Result<bool>> ReadNext(Frame* frame, bool statement_runs = false);
  Result<bool> TakeFrame(Frame* frame);
  Task<Result<std::optional<std::string_view>>> NextCopyData();
  void Fatal(const Status& error);

  Server* const server_;
  Loop* const loop_;
  Channel channel_;  // touched on the loop's thread only (W1)

  // The coroutine's (W2): messages being worked on are input_ from position_.
  std::string input_;
  size_t position_ = 0;
  bool in_startup_ = true;
  bool skipping_to_sync_ = false;
  bool ready_ = true;      // nothing has come since ReadyForQuery
  bool told_end_ = false;  // the client has had its FATAL
  Encoder encoder_;
  BindFrame bind_;

  // Set and reset on the loop's thread only.
  std::unique_ptr<sql::Session> session_;
  enum class Ending : uint8_t { kNo, kWhenIdle, kNow };
  Ending ending_ = Ending::kNo;
};

}  // namespace shale::wire
