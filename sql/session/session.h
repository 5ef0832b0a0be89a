// Session: one client's state: transaction, settings, prepared statements, portals. What the wire
// drives.
//
// One message at a time: the wire awaits each call before the next. Calls run on the connection's
// loop thread and may move to a worker and come back before they return. Errors come back as the
// Status (the wire sends the ErrorResponse and skips to Sync); replies that belong to a success
// have gone to the sink before. Cancel alone may be called from any thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/base/task.h"
#include "sql/session/reply_sink.h"

namespace shale::sql {

class Database;

struct BindMessage {
  std::string_view portal;
  std::string_view statement;
  std::span<const int16_t> parameter_formats;                   // none, one, or one each
  std::span<const std::optional<std::string_view>> parameters;  // empty: NULL
  std::span<const int16_t> result_formats;                      // none, one, or one each
};

// How long a session may stand as it does without a message, and what ends it then.
struct IdleLimit {
  std::chrono::milliseconds time{0};  // 0: for ever
  Status error;
};

class Session {
 public:
  virtual ~Session() = default;  // rolls back and releases everything

  // Before the destruction of one that may have temporary objects: drops them. Nothing else may be
  // asked of it any more.
  virtual Task<void> End() { co_return; }

  virtual int32_t pid() const = 0;
  virtual uint32_t secret() const = 0;

  // Sends the ParameterStatus messages of a fresh session.
  virtual void ReportParameters(ReplySink& sink) = 0;

  // A Query message: all statements of the text, errors sent to the sink as well, up to but without
  // ReadyForQuery.
  virtual Async<Status> SimpleQuery(std::string_view text, ReplySink& sink) = 0;

  virtual Async<Status> Parse(std::string_view name, std::string_view text,
                              std::span<const catalog::Oid> parameter_types, ReplySink& sink) = 0;
  virtual Async<Status> Bind(const BindMessage& message, ReplySink& sink) = 0;
  virtual Async<Status> DescribeStatement(std::string_view name, ReplySink& sink) = 0;
  virtual Async<Status> DescribePortal(std::string_view name, ReplySink& sink) = 0;
  // row_limit 0: all. Ends with CommandComplete, EmptyQueryResponse or PortalSuspended in the sink.
  virtual Async<Status> Execute(std::string_view portal, int32_t row_limit, ReplySink& sink) = 0;
  virtual Status CloseStatement(std::string_view name) = 0;
  virtual Status ClosePortal(std::string_view name) = 0;
  // Ends the implicit transaction: commits, or rolls back where an error came before. A failed
  // commit is sent to the sink as an error.
  virtual Async<Status> Sync(ReplySink& sink) = 0;
  // The extended protocol met an error: the transaction, if any, has failed.
  virtual void NoteError() = 0;

  // 'I', 'T' or 'E', for ReadyForQuery.
  virtual char transaction_status() const = 0;

  // As the session stands between two statements.
  virtual IdleLimit idle_limit() const = 0;
  // The same within a pipeline, which is no idle session: of the transaction alone.
  virtual IdleLimit pipeline_limit() const = 0;

  // From any thread: interrupts the running statement with the reason (57014 for a CancelRequest);
  // without effect when none runs.
  virtual void Cancel(Status reason) = 0;
  // What ends the session's connection, called from any thread where another session wants that
  // (pg_terminate_backend). Given before the first statement; it does not touch the session.
  virtual void OnTerminate(std::function<void()> end) = 0;
};

}  // namespace shale::sql
