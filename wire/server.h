// Server: listens, and hands connections to loops in turn. Start and Stop belong to one thread.
#pragma once

#include <atomic>
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
  void Add(Loop* loop, Connection* connection);
  void Remove(Loop* loop, Connection* connection);

 private:
  struct LoopState {
    std::unique_ptr<Loop> loop;
    std::set<Connection*> connections;  // touched on the loop's thread only
  };
  explicit Server(sql::Database* database) : database_(database) {}
  Status Listen(const ListenAddress& address);
  void Accept(uv_stream_t* listener);
  LoopState& StateOf(Loop* loop);
  void ShutdownConnections(bool cancel_running);

  sql::Database* const database_;
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
