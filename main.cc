// The composition root: options in, objects built bottom-up, then run until a signal, drain, stop.
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <thread>

#include "admin/server.h"
#include "config/heap.h"
#include "config/options.h"
#include "engine/backup/backup_target.h"
#include "engine/backup/commands.h"
#include "engine/base/executor.h"
#include "engine/base/log.h"
#include "engine/crypto/secret_key.h"
#include "engine/env/local_storage.h"
#include "engine/inspect/commands.h"
#include "engine/kv_store.h"
#include "engine/model/model_store.h"
#include "engine/mvcc/lsm_kv_store.h"
#include "engine/options.h"
#include "engine/plugin_loader.h"
#include "sql/session/database.h"
#include "wire/server.h"

namespace shale {
namespace {

LogLevel LevelOf(std::string_view name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warning") return LogLevel::kWarning;
  if (name == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

// Nobody gets in without the credentials that the operator chose.
Status CheckAddresses(const config::Options& options) {
  for (const config::Address& address : options.listen) {
    if (address.is_loopback() || !options.password.empty()) continue;
    return Error(sqlstate::kInvalidAuthorizationSpecification,
                 "refusing to listen on {}:{} without a password: set SHALE_PASSWORD or "
                 "--password-file",
                 address.host, address.port);
  }
  return Status::Ok();
}

// Null where no key file was given.
Result<std::shared_ptr<const engine::SecretKey>> KeyOf(const std::string& contents,
                                                       const std::string& path) {
  if (path.empty()) return std::shared_ptr<const engine::SecretKey>();
  ASSIGN_OR_RETURN(engine::SecretKey key, engine::SecretKey::Parse(contents, path));
  return std::make_shared<const engine::SecretKey>(key);
}

Status Run(const config::Options& options) {
  RETURN_IF_ERROR(CheckAddresses(options));
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  ThreadPool io_threads("io", options.io_threads);
  const int worker_threads = options.workers > 0 ? options.workers : cores;
  ThreadPool workers("worker", worker_threads);

  engine::RegisterLsmEngine();
  engine::RegisterMemoryEngine();
  if (!options.engine_plugin.empty()) {
    ASSIGN_OR_RETURN(std::string plugin, engine::LoadEnginePlugin(options.engine_plugin));
    LogInfo("storage engine \"{}\" loaded from \"{}\"", plugin, options.engine_plugin);
  }
  ASSIGN_OR_RETURN(auto storage,
                   engine::OpenLocalStorage(engine::PosixFileSystem(), options.data_dir));
  engine::EngineOptions engine_options;
  engine_options.storage = storage.get();
  engine_options.io_executor = &io_threads;
  engine_options.owner_epoch = storage->epoch() + 1;
  engine_options.block_cache_bytes = options.block_cache_bytes;
  engine_options.memtable_bytes_max = options.memtable_bytes;
  engine_options.value_separation_bytes = options.value_separation_bytes;
  engine_options.transaction_buffer_bytes = options.transaction_buffer_bytes;
  engine_options.version_retention_seconds =
      static_cast<uint64_t>(options.version_retention_seconds);
  ASSIGN_OR_RETURN(engine_options.master_key,
                   KeyOf(options.encryption_key, options.encryption_key_file));
  ASSIGN_OR_RETURN(engine_options.old_master_key,
                   KeyOf(options.encryption_old_key, options.encryption_old_key_file));
  if (engine_options.old_master_key != nullptr && engine_options.master_key == nullptr) {
    return Error(sqlstate::kInvalidParameterValue,
                 "--encryption-old-key-file needs --encryption-key-file, the key from now on");
  }
  std::unique_ptr<engine::LocalStorage> log_archive;
  if (!options.log_archive_dir.empty()) {
    ASSIGN_OR_RETURN(log_archive,
                     engine::OpenLocalStorage(engine::PosixFileSystem(), options.log_archive_dir));
    engine_options.log_archive = log_archive.get();
  }
  if (!options.backup_dir.empty()) {
    engine_options.open_backup_target = [root = options.backup_dir](const std::string& name) {
      return engine::OpenBackupTarget(engine::PosixFileSystem(), root, name);
    };
  }
  ASSIGN_OR_RETURN(auto store, engine::OpenEngine(options.engine, engine_options));

  sql::DatabaseOptions database_options;
  database_options.workers = &workers;
  database_options.worker_threads = worker_threads;
  database_options.max_connections = options.max_connections;
  database_options.settings = options.settings;
  ASSIGN_OR_RETURN(auto database, sql::Database::Open(store.get(), database_options));

  admin::AdminOptions admin_options;
  admin_options.host = options.admin_listen.host;
  admin_options.port = options.admin_listen.port;
  admin_options.token = options.admin_token;
  admin_options.allowed_hosts = options.admin_hosts;
  ASSIGN_OR_RETURN(auto admin, admin::AdminServer::Start(database.get(), admin_options));

  wire::ServerOptions server_options;
  for (const config::Address& address : options.listen) {
    server_options.listen.push_back({address.host, address.port});
  }
  server_options.loops = options.loops > 0 ? options.loops : cores;
  server_options.password = options.password;
  // Sessions, as many again that log in, and room for cancel requests.
  server_options.sockets_max = 2 * static_cast<size_t>(options.max_connections) + 100;
  ASSIGN_OR_RETURN(auto server, wire::Server::Start(database.get(), server_options));
  for (size_t i = 0; i < options.listen.size(); ++i) {
    LogInfo("ready: accepting PostgreSQL clients on {}:{}", options.listen[i].host,
            server->ports()[i]);
  }

  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int signal = 0;
  sigwait(&signals, &signal);
  LogInfo("shutting down: draining connections");
  server->Stop(std::chrono::milliseconds(options.shutdown_timeout_ms));
  admin->Stop();
  LogInfo("stopped");
  return Status::Ok();
}

// What is no server: the exit code.
int RunCommand(const config::ParsedOptions& parsed) {
  const config::Options& options = parsed.options;
  auto key = KeyOf(options.encryption_key, options.encryption_key_file);
  if (!key.ok()) {
    std::fprintf(stderr, "shale: %s\n", key.status().message().c_str());
    return 1;
  }
  if (parsed.command == config::Command::kDump) {
    return engine::RunDumpCommand(parsed.dump_path,
                                  {.entries_max = parsed.dump_entries_max, .master_key = *key});
  }
  if (parsed.command == config::Command::kRestore) {
    return engine::RunRestoreCommand({.backup_directory = parsed.restore_from,
                                      .archive_directory = options.log_archive_dir,
                                      .data_directory = options.data_dir,
                                      .until_sequence = parsed.restore_until_sequence,
                                      .until_us = parsed.restore_until_us,
                                      .master_key = *key});
  }
  engine::EngineOptions engine_options;
  engine_options.master_key = *key;
  return engine::RunCheckCommand(std::move(engine_options), options.data_dir);
}

}  // namespace
}  // namespace shale

int main(int argc, char** argv) {
  // Blocked before any thread starts, so that the signals come to sigwait alone.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);

  shale::config::PlaceHeapOnHugePages();

  auto parsed = shale::config::ParseCommandLine(argc, argv);
  if (!parsed.ok()) {
    std::fprintf(stderr, "shale: %s\n", parsed.status().message().c_str());
    return 2;
  }
  if (parsed->exit) return parsed->exit_code;
  shale::SetLogLevel(shale::LevelOf(parsed->options.log_level));
  if (parsed->command != shale::config::Command::kServe) return shale::RunCommand(*parsed);
  shale::Status status = shale::Run(parsed->options);
  if (!status.ok()) {
    std::fprintf(stderr, "shale: %s\n", status.message().c_str());
    if (!status.error().hint.empty()) {
      std::fprintf(stderr, "shale: hint: %s\n", status.error().hint.c_str());
    }
    return 1;
  }
  return 0;
}
