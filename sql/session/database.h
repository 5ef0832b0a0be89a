// Database: the open store with its catalog and the sessions on it: what main.cc builds, wire and
// admin use.
//
// Thread-safe. Outlives all its sessions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/status.h"
#include "engine/base/task.h"
#include "engine/kv_store.h"
#include "sql/expr/function.h"
#include "sql/session/session.h"

namespace shale::sql {

struct DatabaseOptions {
  Executor* workers = nullptr;  // long statements move there; required
  int worker_threads = 1;       // of those
  int64_t work_mem_bytes = 64 << 20;
  int32_t max_connections = 100;                // beyond it, 53300
  std::map<std::string, std::string> settings;  // defaults of session settings, by name
};

struct StartupRequest {
  std::string user;
  std::string database;
  std::map<std::string, std::string> settings;  // from the startup packet, "options" taken apart
  std::string client_address;
};

// "active", "idle", "idle in transaction", "idle in transaction (aborted)" is its state; of the
// query at most 1 KiB is shown.
using SessionInfo = SessionActivity;

class Database {
 public:
  virtual ~Database() = default;

  // The store outlives the database. Blocks (reads the catalog).
  static Result<std::unique_ptr<Database>> Open(engine::KvStore* store,
                                                const DatabaseOptions& options);

  // 3D000 unknown database, 55000 one that takes none, 28000 unknown user, 42704 / 22023 bad
  // settings, 53300 too many. Waits while the database is being copied, renamed or dropped.
  virtual Task<Result<std::unique_ptr<Session>>> Connect(StartupRequest request) = 0;
  // A CancelRequest; a wrong pid or secret is silently nothing.
  virtual void CancelRequest(int32_t pid, uint32_t secret) = 0;
  virtual std::vector<SessionInfo> Sessions() = 0;
  // Transactions, statements, latency: dotted names.
  virtual std::vector<engine::Statistic> Statistics() = 0;
  virtual engine::KvStore& store() = 0;
  // The key range of a table ("schema.name" or "name" in public) of the database: 3D000, 42P01.
  virtual Result<engine::KeyRange> TableRange(std::string_view database, std::string_view name) = 0;
};

}  // namespace shale::sql
