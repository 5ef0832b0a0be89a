#include "admin/server.h"

#include <pthread.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <thread>
#include <utility>

#include "admin/connection.h"
#include "admin/guard.h"
#include "engine/base/executor.h"
#include "engine/base/log.h"

namespace shale::admin {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

// After a failed accept (no descriptors left), before the next try.
constexpr std::chrono::milliseconds kAcceptRetryDelay{100};

// The io_context as an executor: where coroutines of handlers resume.
class ContextExecutor : public Executor {
 public:
  explicit ContextExecutor(asio::io_context& context) : context_(context) {}
  void Post(std::move_only_function<void()> function) override {
    asio::post(context_, std::move(function));
  }

 private:
  asio::io_context& context_;
};

class BeastServer : public AdminServer {
 public:
  BeastServer(sql::Database* database, const AdminOptions& options)
      : guard_(options), executor_(io_), acceptor_(io_), retry_(io_), shared_{database,
                                                                              &guard_,
                                                                              &executor_,
                                                                              options.limits,
                                                                              {},
                                                                              false} {}
  ~BeastServer() override { Stop(); }

  Status Listen(const AdminOptions& options);
  void Run();
  void Stop() override;
  uint16_t port() const override { return port_; }

 private:
  void Accept();
  void Take(tcp::socket socket);

  const Guard guard_;
  asio::io_context io_{1};
  ContextExecutor executor_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_;
  ConnectionContext shared_;  // touched on the HTTP thread only
  uint16_t port_ = 0;
  std::thread thread_;
};

Status BeastServer::Listen(const AdminOptions& options) {
  error_code error;
  std::string host = options.host == "localhost" ? "127.0.0.1" : options.host;
  auto address = asio::ip::make_address(host, error);
  if (error) {
    return Error(sqlstate::kInvalidParameterValue,
                 "invalid address of the admin API: \"{}\" is not numeric", options.host);
  }
  tcp::endpoint endpoint(address, options.port);
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return Error(sqlstate::kIoError, "could not listen on {}:{} for the admin API: {}",
                 options.host, options.port, error.message());
  }
  port_ = acceptor_.local_endpoint(error).port();
  return Status::Ok();
}

void BeastServer::Run() {
  Accept();
  thread_ = std::thread([this] {
    Executor::Scope scope(executor_);
    io_.run();
  });
  pthread_setname_np(thread_.native_handle(), "admin");
}

void BeastServer::Stop() {
  if (!thread_.joinable()) return;
  asio::post(io_, [this] {
    shared_.stopping = true;
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
    for (Connection* connection : shared_.connections) connection->Drain();
  });
  thread_.join();
}

void BeastServer::Accept() {
  acceptor_.async_accept([this](error_code error, tcp::socket socket) {
    if (shared_.stopping) return;
    if (error) {
      LogWarning("could not accept a connection of the admin API: {}", error.message());
      retry_.expires_after(kAcceptRetryDelay);
      retry_.async_wait([this](error_code) {
        if (!shared_.stopping) Accept();
      });
      return;
    }
    Take(std::move(socket));
    Accept();
  });
}

void BeastServer::Take(tcp::socket socket) {
  error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (shared_.connections.size() < shared_.limits.connections_max) {
    std::make_shared<Connection>(std::move(socket), &shared_)->Start();
    return;
  }
  // Short enough for every socket's buffer, so that one try does.
  std::string body = ErrorReply(503, "too_many_connections", "too many connections").body;
  std::string reply = fmt::format(
      "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\n"
      "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
      body.size(), body);
  socket.non_blocking(true, ignored);
  socket.write_some(asio::buffer(reply), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace

Result<std::unique_ptr<AdminServer>> AdminServer::Start(sql::Database* database,
                                                        const AdminOptions& options) {
  auto server = std::make_unique<BeastServer>(database, options);
  RETURN_IF_ERROR(server->Listen(options));
  server->Run();
  return std::unique_ptr<AdminServer>(std::move(server));
}

}  // namespace shale::admin
