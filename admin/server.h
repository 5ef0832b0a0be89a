// AdminServer: the JSON HTTP API, on a thread of its own (Boost.Beast). See README.md for the
// routes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "sql/session/database.h"

namespace shale::admin {

struct AdminOptions {
  std::string host = "127.0.0.1";  // numeric, or "localhost"
  uint16_t port = 8080;            // 0: any free one
  // Required of every request ("Authorization: Bearer ...") where set, but of GET /v1/health. Where
  // the address is not loopback and none is set, nothing but that is answered.
  std::string token;
  std::vector<std::string> allowed_hosts;  // Host header values accepted besides loopback names
};

class AdminServer {
 public:
  virtual ~AdminServer() = default;  // stops
  // Listens when it returns; 58030 naming the address where that is not possible. The database
  // outlives the server.
  static Result<std::unique_ptr<AdminServer>> Start(sql::Database* database,
                                                    const AdminOptions& options);
  // Ends requests in progress and joins the thread. Idempotent.
  virtual void Stop() = 0;
  virtual uint16_t port() const = 0;
};

}  // namespace shale::admin
