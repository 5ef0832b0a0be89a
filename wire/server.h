// Server: listens on the first loop, and hands connections to all loops in turn. Start and Stop
// belong to one thread, which is none of the loops.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sql/session/database.h"
#include "wire/authentication.h"
#include "wire/loop.h"

namespace shale::wire {

struct ListenAddress {
  std::string host;  // numeric, or "localhost"
  uint16_t port = 5432;
};

struct ServerOptions {
  std::vector<ListenAddress> listen;
  int loops = 1;
  std::string password;  // empty: none, loopback only
  // Beyond it a connection is closed as soon as it is accepted. More than the database's sessions,
  // as it counts clients that log in or cancel, too.
  size_t sockets_max = 1000;
  // From the first byte to the end of authentication; then the connection is closed.
  std::chrono::milliseconds startup_timeout{10'000};
};

class Connection;

class Server {
 public:
  // Listens when it returns. 58030 with the address where that is not possible. The database
  // outlives the server.
  static Result<std::unique_ptr<Server>> Start(sql::Database* database,
                                               const ServerOptions& options);
  ~Server();

  // Takes no new connections, closes idle ones with 57P01, lets running statements end for up to
  // the deadline, then cancels them. Returns when all connections are gone.
  void Stop(std::chrono::milliseconds deadline);

  // Ports listened on, in the order of the addresses.
  const std::vector<uint16_t>& ports() const { return ports_; }

  // For connections.
  sql::Database& database() { return *database_; }
  const ScramVerifier* verifier() const { return verifier_ ? &*verifier_ : nullptr; }
  std::chrono::milliseconds startup_timeout() const { return startup_timeout_; }
  void Add(Loop* loop, Connection* connection);
  void Remove(Loop* loop, Connection* connection);
  // Ends the connection, if it is still there and serves this session. On the loop's thread.
  void Terminate(Loop* loop, Connection* connection, int32_t pid);

 private:
  struct LoopState {
    std::unique_ptr<Loop> loop;
    std::set<Connection*> connections;  // touched on the loop's thread only
  };
  Server(sql::Database* database, const ServerOptions& options)
      : database_(database),
        sockets_max_(options.sockets_max),
        startup_timeout_(options.startup_timeout) {}
  Status Listen(const ListenAddress& address);
  void Accept(uv_stream_t* listener);
  LoopState& StateOf(Loop* loop);
  void ShutdownConnections(bool cancel_running);

  sql::Database* const database_;
  const size_t sockets_max_;
  const std::chrono::milliseconds startup_timeout_;
  std::optional<ScramVerifier> verifier_;
  std::vector<std::unique_ptr<LoopState>> loops_;
  std::vector<uv_tcp_t*> listeners_;  // on the first loop
  std::vector<uint16_t> ports_;
  size_t next_loop_ = 0;  // touched on the first loop's thread only
  bool stopped_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t connection_count_ = 0;  // guarded by mutex_
};

}  // namespace shale::wire
