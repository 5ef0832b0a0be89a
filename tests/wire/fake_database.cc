#include "tests/wire/fake_database.h"

#include <pthread.h>

#include <charconv>
#include <chrono>
#include <thread>

namespace shale::wire {
namespace {

constexpr catalog::Type kNumberType{catalog::type_oid::kInt4, -1};
constexpr catalog::Type kLabelType{catalog::type_oid::kText, -1};
constexpr uint32_t kSecretBase = 0xabcd0000;

struct Script {
  std::string verb;
  int count = 0;
};

Script ParseScript(std::string_view text) {
  Script script;
  size_t end = text.find_last_not_of("0123456789");
  std::string_view number = end == text.npos ? text : text.substr(end + 1);
  std::from_chars(number.data(), number.data() + number.size(), script.count);
  script.verb = text.substr(0, text.size() - number.size());
  while (script.verb.ends_with(' ')) script.verb.pop_back();
  return script;
}

Status FullError() {
  ErrorFields fields;
  fields.sqlstate = sqlstate::kSyntaxError;
  fields.message = "it failed";
  fields.detail = "All of it.";
  fields.hint = "Do something else.";
  fields.position = 3;
  fields.context = "a test";
  fields.schema = "s";
  fields.table = "t";
  fields.column = "c";
  fields.data_type = "d";
  fields.constraint = "n";
  fields.routine = "Fail";
  return Status(fields);
}

}  // namespace

class FakeSession : public sql::Session {
 public:
  FakeSession(FakeDatabase* database, int32_t pid) : database_(database), pid_(pid) {}
  ~FakeSession() override { database_->Forget(pid_); }

  int32_t pid() const override { return pid_; }
  sql::IdleLimit pipeline_limit() const override { return {}; }
  sql::IdleLimit idle_limit() const override {
    if (status_ != 'T') return {};
    return {std::chrono::milliseconds(300),
            Status(sqlstate::kIdleInTransactionSessionTimeout, "idle in transaction for too long")};
  }
  uint32_t secret() const override { return kSecretBase + static_cast<uint32_t>(pid_); }
  void ReportParameters(sql::ReplySink& sink) override {
    sink.ParameterStatus("server_version", "15.0");
  }

  Async<Status> SimpleQuery(std::string_view text, sql::ReplySink& sink) override {
    return RunSimple(std::string(text), sink);
  }

  Async<Status> Parse(std::string_view name, std::string_view text, std::span<const catalog::Oid>,
                      sql::ReplySink&) override {
    if (text == "fail") return FullError();
    statements_[std::string(name)] = text;
    return Status::Ok();
  }
  Async<Status> Bind(const sql::BindMessage& message, sql::ReplySink&) override {
    auto found = statements_.find(std::string(message.statement));
    if (found == statements_.end()) {
      return shale::Error(sqlstate::kInvalidSqlStatementName,
                          "prepared statement \"{}\" does not exist", message.statement);
    }
    Portal portal{found->second, {}, sql::WireFormat::kText, 0};
    for (auto parameter : message.parameters) portal.parameters.emplace_back(parameter);
    if (!message.result_formats.empty() && message.result_formats[0] == 1) {
      portal.format = sql::WireFormat::kBinary;
    }
    portals_[std::string(message.portal)] = std::move(portal);
    return Status::Ok();
  }
  Async<Status> DescribeStatement(std::string_view name, sql::ReplySink& sink) override {
    const bool echo = statements_[std::string(name)] == "echo";
    const catalog::Oid types[] = {catalog::type_oid::kText, catalog::type_oid::kText};
    sink.ParameterDescription(std::span(types, echo ? 2 : 0));
    return DescribeText(statements_[std::string(name)], sql::WireFormat::kText, sink);
  }
  Async<Status> DescribePortal(std::string_view name, sql::ReplySink& sink) override {
    Portal& portal = portals_[std::string(name)];
    return DescribeText(portal.text, portal.format, sink);
  }
  Async<Status> Execute(std::string_view name, int32_t row_limit, sql::ReplySink& sink) override {
    auto found = portals_.find(std::string(name));
    if (found == portals_.end()) {
      return shale::Error(sqlstate::kInvalidCursorName, "portal \"{}\" does not exist", name);
    }
    return RunPortal(&found->second, row_limit, sink);
  }
  Status CloseStatement(std::string_view name) override {
    statements_.erase(std::string(name));
    return Status::Ok();
  }
  Status ClosePortal(std::string_view name) override {
    portals_.erase(std::string(name));
    return Status::Ok();
  }
  Async<Status> Sync(sql::ReplySink&) override { return Status::Ok(); }
  void NoteError() override { status_ = status_ == 'I' ? 'I' : 'E'; }
  char transaction_status() const override { return status_; }

  void OnTerminate(std::function<void()>) override {}
  void Cancel(Status reason) override {
    std::lock_guard lock(mutex_);
    if (running_ && !cancelled_) cancelled_ = std::move(reason);
  }

 private:
  struct Portal {
    std::string text;
    std::vector<std::optional<std::string>> parameters;
    sql::WireFormat format = sql::WireFormat::kText;
    int sent = 0;
  };

  static sql::RowShape ShapeOf(const std::string& verb, sql::WireFormat format) {
    if (verb == "rows") return {{{"number", kNumberType}, {"label", kLabelType}}, {format, format}};
    if (verb == "text") return {{{"text", kLabelType}}, {format}};
    if (verb == "echo") return {{{"first", kLabelType}, {"second", kLabelType}}, {format, format}};
    return {};
  }

  Status DescribeText(const std::string& text, sql::WireFormat format, sql::ReplySink& sink) {
    sql::RowShape shape = ShapeOf(ParseScript(text).verb, format);
    if (shape.columns.empty())
      sink.NoData();
    else
      sink.RowDescription(shape);
    return Status::Ok();
  }

  Task<Status> RunSimple(std::string text, sql::ReplySink& sink) {
    Script script = ParseScript(text);
    if (text.empty()) {
      sink.EmptyQueryResponse();
      co_return Status::Ok();
    }
    sql::RowShape shape = ShapeOf(script.verb, sql::WireFormat::kText);
    if (!shape.columns.empty()) sink.RowDescription(shape);
    Portal portal{text, {}, sql::WireFormat::kText, 0};
    Status status = co_await RunPortal(&portal, 0, sink);
    if (!status.ok()) {
      NoteError();
      sink.Error(status);
    }
    co_return Status::Ok();
  }

  Task<Status> RunPortal(Portal* portal, int32_t row_limit, sql::ReplySink& sink) {
    {
      std::lock_guard lock(mutex_);
      running_ = true;
      cancelled_.reset();
    }
    Executor& home = Executor::Current();
    Status status = co_await RunScript(portal, row_limit, sink);
    if (&Executor::Current() != &home) co_await ResumeOn(home);
    std::lock_guard lock(mutex_);
    running_ = false;
    co_return status;
  }

  Task<Status> RunScript(Portal* portal, int32_t row_limit, sql::ReplySink& sink) {
    const Script script = ParseScript(portal->text);
    const std::string& verb = script.verb;
    if (verb == "rows") {
      sql::RowShape shape = ShapeOf(verb, portal->format);
      for (int sent = 0; portal->sent < script.count; ++sent) {
        if (row_limit > 0 && sent == row_limit) {
          sink.PortalSuspended();
          co_return Status::Ok();
        }
        ++portal->sent;
        std::string label = fmt::format("row {}", portal->sent);
        catalog::Datum values[] = {catalog::Datum::Int32(portal->sent),
                                   catalog::Datum::Bytes(label)};
        bool nulls[] = {false, portal->sent % 3 == 0};
        sink.DataRow(shape, values, nulls, {});
      }
      sink.CommandComplete(fmt::format("SELECT {}", script.count));
    } else if (verb == "text") {
      co_await ResumeOn(database_->workers());
      sql::RowShape shape = ShapeOf(verb, portal->format);
      const std::string text(1000, 'x');
      const catalog::Datum value = catalog::Datum::Bytes(text);
      const bool null = false;
      for (int i = 0; i < script.count; ++i) {
        sink.DataRow(shape, &value, &null, {});
        if (sink.needs_drain()) {
          Status drained = co_await sink.Drain();
          if (!drained.ok()) co_return drained;
        }
        if (auto reason = cancelled()) co_return *reason;
      }
      sink.CommandComplete(fmt::format("SELECT {}", script.count));
    } else if (verb == "begin" || verb == "commit") {
      status_ = verb == "begin" ? 'T' : 'I';
      sink.CommandComplete(verb == "begin" ? "BEGIN" : "COMMIT");
    } else if (verb == "fail") {
      co_return FullError();
    } else if (verb == "notice") {
      ErrorFields fields;
      fields.sqlstate = sqlstate::kWarning;
      fields.message = "take note";
      sink.Notice("NOTICE", fields);
      sink.CommandComplete("NOTICE");
    } else if (verb == "set") {
      sink.CommandComplete("SET");
      sink.ParameterStatus("application_name", "test");
    } else if (verb == "work") {
      co_await ResumeOn(database_->workers());
      sink.CommandComplete("WORK");
    } else if (verb == "wait") {
      co_await ResumeOn(database_->workers());
      while (true) {
        if (auto reason = cancelled()) co_return *reason;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    } else if (verb == "copy in") {
      sink.CopyInResponse(sql::WireFormat::kText, 2);
      size_t bytes = 0;
      int chunks = 0;
      while (true) {
        auto read = sink.ReadCopyData();
        auto chunk = co_await read;
        if (!chunk.ok()) co_return std::move(chunk).status();
        if (!*chunk) break;
        // The chunk must be readable from a worker, while the loop reads on.
        if (chunks == 1) co_await ResumeOn(database_->workers());
        bytes += (*chunk)->size();
        ++chunks;
      }
      sink.CommandComplete(fmt::format("COPY {} {}", chunks, bytes));
    } else if (verb == "copy out") {
      sink.CopyOutResponse(sql::WireFormat::kText, 1);
      sink.CopyData("a\n");
      sink.CopyData("b\n");
      sink.CopyDone();
      sink.CommandComplete("COPY 2");
    } else if (verb == "echo") {
      sql::RowShape shape = ShapeOf(verb, portal->format);
      catalog::Datum values[2];
      bool nulls[2] = {true, true};
      for (size_t i = 0; i < 2 && i < portal->parameters.size(); ++i) {
        nulls[i] = !portal->parameters[i];
        if (!nulls[i]) values[i] = catalog::Datum::Bytes(*portal->parameters[i]);
      }
      sink.DataRow(shape, values, nulls, {});
      sink.CommandComplete("SELECT 1");
    } else {
      co_return shale::Error(sqlstate::kSyntaxError, "unknown script \"{}\"", verb);
    }
    co_return Status::Ok();
  }

  std::optional<Status> cancelled() {
    std::lock_guard lock(mutex_);
    return cancelled_;
  }

  FakeDatabase* const database_;
  const int32_t pid_;
  char status_ = 'I';
  std::map<std::string, std::string> statements_;
  std::map<std::string, Portal> portals_;
  std::mutex mutex_;
  bool running_ = false;             // guarded by mutex_
  std::optional<Status> cancelled_;  // guarded by mutex_
};

Task<Result<std::unique_ptr<sql::Session>>> FakeDatabase::Connect(sql::StartupRequest request) {
  std::lock_guard lock(mutex_);
  last_request_ = request;
  if (request.database == "missing") {
    co_return Error(sqlstate::kInvalidCatalogName, "database \"{}\" does not exist",
                    request.database);
  }
  if (sessions_.size() >= max_connections_) {
    co_return Status(sqlstate::kTooManyConnections, "sorry, too many clients already");
  }
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof(name));
  loop_threads_.insert(name);
  auto session = std::make_unique<FakeSession>(this, next_pid_++);
  sessions_[session->pid()] = session.get();
  co_return std::unique_ptr<sql::Session>(std::move(session));
}

void FakeDatabase::CancelRequest(int32_t pid, uint32_t secret) {
  std::lock_guard lock(mutex_);
  auto found = sessions_.find(pid);
  if (found == sessions_.end() || found->second->secret() != secret) return;
  found->second->Cancel(
      Status(sqlstate::kQueryCanceled, "canceling statement due to user request"));
}

void FakeDatabase::Forget(int32_t pid) {
  std::lock_guard lock(mutex_);
  sessions_.erase(pid);
}

size_t FakeDatabase::open_sessions() {
  std::lock_guard lock(mutex_);
  return sessions_.size();
}

std::set<std::string> FakeDatabase::loop_threads() {
  std::lock_guard lock(mutex_);
  return loop_threads_;
}

sql::StartupRequest FakeDatabase::last_request() {
  std::lock_guard lock(mutex_);
  return last_request_;
}

engine::KvStore& FakeDatabase::store() { std::abort(); }

Result<engine::KeyRange> FakeDatabase::TableRange(std::string_view, std::string_view) {
  return NotSupported("a table range");
}

}  // namespace shale::wire
