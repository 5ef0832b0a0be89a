// AdminServer: the JSON HTTP API, on a thread of its own (Boost.Beast). See README.md for the
// routes.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "sql/session/database.h"

namespace shale::admin {

struct AdminLimits {
  size_t connections_max = 64;  // beyond it 503 and closed
  uint32_t header_bytes_max = 16 << 10;
  uint64_t body_bytes_max = 64 << 10;
  // From the end of the reply before (or the accept) to the end of the header; then for the body,
  // then for the reply. A handler may take as long as it does.
  std::chrono::milliseconds header_timeout{30'000};
  std::chrono::milliseconds body_timeout{10'000};
  std::chrono::milliseconds write_timeout{10'000};
  // The unread rest of a refused request is read and dropped for so long, that the client sees the
  // reply.
  std::chrono::milliseconds linger_timeout{2'000};
  uint64_t linger_bytes_max = 1 << 20;
};

struct AdminOptions {
  std::string host = "127.0.0.1";  // numeric, or "localhost"
  uint16_t port = 8080;            // 0: any free one
  // Required of every request ("Authorization: Bearer ...") where set, but of GET /v1/health. Where
  // the address is not loopback and none is set, nothing but that is answered.
  std::string token;
  std::vector<std::string> allowed_hosts;  // Host header values accepted besides loopback names
  AdminLimits limits;
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
