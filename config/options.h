// What the server is started with: command line > environment SHALE_* > configuration file >
// default.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/status.h"

namespace shale::config {

struct Address {
  std::string host;
  uint16_t port = 0;
  bool is_loopback() const;
};

struct Options {
  std::string data_dir = "./data";
  std::vector<Address> listen = {{"127.0.0.1", 5432}};
  Address admin_listen = {"127.0.0.1", 8080};
  std::string engine = "lsm";
  // Contents of the key files; empty: none given.
  std::string encryption_key;
  std::string encryption_old_key;
  std::string encryption_key_file;  // for messages
  std::string encryption_old_key_file;
  std::string password;     // from SHALE_PASSWORD or the password file, never from the command line
  std::string admin_token;  // from SHALE_ADMIN_TOKEN
  std::vector<std::string>
      admin_hosts;  // names that the Host header may have besides the address itself
  int loops = 0;    // 0: one per core
  int workers = 0;  // 0: one per core
  int io_threads = 4;
  int max_connections = 100;
  uint64_t block_cache_bytes = 256ull << 20;
  uint64_t memtable_bytes = 64ull << 20;
  uint64_t value_separation_bytes = 0;  // values from this size on go to value files; 0: none
  uint64_t transaction_buffer_bytes = 64ull << 20;
  int version_retention_seconds = 0;  // how far back the past can be read; 0: not at all
  int64_t shutdown_timeout_ms = 10'000;
  std::string log_level = "info";
  std::string engine_plugin;    // a shared object with an engine to be registered; empty: none
  std::string backup_dir;       // backups may be made below it; empty: none
  std::string log_archive_dir;  // finished log segments are kept there; empty: they are not
  std::map<std::string, std::string>
      settings;  // defaults of session settings: work_mem and the like
};

// What the program is asked to do: `shale`, `shale check`, `shale dump PATH`, `shale restore`.
enum class Command : uint8_t { kServe, kCheck, kDump, kRestore };

// "--help" and "--version" end the program: then *exit_code is set and there are no options.
struct ParsedOptions {
  Options options;
  Command command = Command::kServe;
  std::string dump_path;                     // a file or a data directory
  std::optional<uint64_t> dump_entries_max;  // of each file
  std::string restore_from;                  // a backup's directory
  std::optional<uint64_t> restore_until_sequence;
  std::optional<uint64_t> restore_until_us;  // microseconds since 1970
  bool exit = false;
  int exit_code = 0;
};
// Messages name the option or the file and line. F0000 for files, 22023 for values.
Result<ParsedOptions> ParseCommandLine(int argc, const char* const* argv);

}  // namespace shale::config
