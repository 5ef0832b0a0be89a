#include "wire/server.h"

#include <unistd.h>

#include "wire/connection.h"

namespace shale::wire {
namespace {

constexpr int kBacklog = 511;

Status ListenError(const ListenAddress& address, int error) {
  return Error(sqlstate::kIoError, "could not listen on {}:{}: {}", address.host, address.port,
               uv_strerror(error));
}

}  // namespace

Result<std::unique_ptr<Server>> Server::Start(sql::Database* database,
                                              const ServerOptions& options) {
  std::unique_ptr<Server> server(new Server(database, options));
  if (!options.password.empty()) {
    ASSIGN_OR_RETURN(server->verifier_, MakeScramVerifier(options.password));
  }
  CHECK(options.loops > 0);
  for (int i = 0; i < options.loops; ++i) {
    auto state = std::make_unique<LoopState>();
    state->loop = std::make_unique<Loop>(fmt::format("loop-{}", i));
    server->loops_.push_back(std::move(state));
  }
  for (const ListenAddress& address : options.listen) {
    RETURN_IF_ERROR(server->Listen(address));
  }
  return server;
}

Server::~Server() { Stop(std::chrono::milliseconds(0)); }

Status Server::Listen(const ListenAddress& address) {
  sockaddr_storage storage;
  const std::string host = address.host == "localhost" ? "127.0.0.1" : address.host;
  if (uv_ip4_addr(host.c_str(), address.port, reinterpret_cast<sockaddr_in*>(&storage)) != 0 &&
      uv_ip6_addr(host.c_str(), address.port, reinterpret_cast<sockaddr_in6*>(&storage)) != 0) {
    return Error(sqlstate::kInvalidParameterValue, "\"{}\" is not a numeric address", address.host);
  }
  int error = 0;
  uint16_t port = address.port;
  loops_[0]->loop->RunAndWait([&] {
    auto* listener = new uv_tcp_t;
    uv_tcp_init(loops_[0]->loop->handle(), listener);
    listener->data = this;
    error = uv_tcp_bind(listener, reinterpret_cast<sockaddr*>(&storage), 0);
    if (error == 0) {
      error = uv_listen(reinterpret_cast<uv_stream_t*>(listener), kBacklog,
                        [](uv_stream_t* stream, int status) {
                          if (status == 0) static_cast<Server*>(stream->data)->Accept(stream);
                        });
    }
    if (error != 0) {
      uv_close(reinterpret_cast<uv_handle_t*>(listener),
               [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); });
      return;
    }
    sockaddr_storage bound;
    int length = sizeof(bound);
    uv_tcp_getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &length);
    port = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(bound).sin_port);
    listeners_.push_back(listener);
  });
  if (error != 0) return ListenError(address, error);
  ports_.push_back(port);
  return Status::Ok();
}

// Accepts on the first loop; the socket moves to the next loop in turn as a file descriptor.
void Server::Accept(uv_stream_t* listener) {
  auto* client = new uv_tcp_t;
  uv_tcp_init(loops_[0]->loop->handle(), client);
  auto close = [](uv_tcp_t* handle) {
    uv_close(reinterpret_cast<uv_handle_t*>(handle),
             [](uv_handle_t* closed) { delete reinterpret_cast<uv_tcp_t*>(closed); });
  };
  if (uv_accept(listener, reinterpret_cast<uv_stream_t*>(client)) != 0) return close(client);
  {
    std::lock_guard lock(mutex_);
    if (connection_count_ >= sockets_max_) return close(client);
  }
  Loop* loop = loops_[next_loop_++ % loops_.size()]->loop.get();
  if (loop == loops_[0]->loop.get()) {
    Connection::Start(this, loop, std::unique_ptr<uv_tcp_t>(client));
    return;
  }
  uv_os_fd_t descriptor;
  if (uv_fileno(reinterpret_cast<uv_handle_t*>(client), &descriptor) != 0) return close(client);
  const int copy = dup(descriptor);
  close(client);
  if (copy < 0) return;
  loop->Post([this, loop, copy] {
    auto socket = std::make_unique<uv_tcp_t>();
    uv_tcp_init(loop->handle(), socket.get());
    if (uv_tcp_open(socket.get(), copy) != 0) {
      ::close(copy);
      uv_close(reinterpret_cast<uv_handle_t*>(socket.release()),
               [](uv_handle_t* closed) { delete reinterpret_cast<uv_tcp_t*>(closed); });
      return;
    }
    Connection::Start(this, loop, std::move(socket));
  });
}

Server::LoopState& Server::StateOf(Loop* loop) {
  for (auto& state : loops_) {
    if (state->loop.get() == loop) return *state;
  }
  CHECK(false);
  return *loops_[0];
}

void Server::Add(Loop* loop, Connection* connection) {
  StateOf(loop).connections.insert(connection);
  std::lock_guard lock(mutex_);
  ++connection_count_;
}

void Server::Terminate(Loop* loop, Connection* connection, int32_t pid) {
  if (!StateOf(loop).connections.contains(connection) || connection->pid() != pid) return;
  connection->Shutdown(/*cancel_running=*/true);
}

void Server::Remove(Loop* loop, Connection* connection) {
  StateOf(loop).connections.erase(connection);
  std::lock_guard lock(mutex_);
  --connection_count_;
  changed_.notify_all();
}

void Server::ShutdownConnections(bool cancel_running) {
  for (auto& state : loops_) {
    state->loop->RunAndWait([&] {
      // A connection that ends takes itself out of the set.
      std::vector<Connection*> connections(state->connections.begin(), state->connections.end());
      for (Connection* connection : connections) {
        if (state->connections.contains(connection)) connection->Shutdown(cancel_running);
      }
    });
  }
}

void Server::Stop(std::chrono::milliseconds deadline) {
  if (stopped_) return;
  stopped_ = true;
  // What was accepted before this is posted to its loop before the shutdown below.
  loops_[0]->loop->RunAndWait([&] {
    for (uv_tcp_t* listener : listeners_) {
      uv_close(reinterpret_cast<uv_handle_t*>(listener),
               [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); });
    }
    listeners_.clear();
  });
  ShutdownConnections(false);
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, deadline, [&] { return connection_count_ == 0; })) {
    // Statements that still run are cancelled, again and again: one may just be between two.
    constexpr std::chrono::milliseconds kAgain(100);
    do {
      lock.unlock();
      ShutdownConnections(true);
      lock.lock();
    } while (!changed_.wait_for(lock, kAgain, [&] { return connection_count_ == 0; }));
  }
  lock.unlock();
  loops_.clear();
}

}  // namespace shale::wire
