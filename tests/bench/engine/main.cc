// engine_bench: one workload on one store, its figures as one line of JSON. scripts/benches/engine
// runs it once for each pair, in turn, and prints the table.
#include <sys/resource.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/bench/engine/store.h"
#include "tests/bench/engine/workload.h"

namespace shale::bench {
namespace {

using Opener = std::function<std::unique_ptr<Store>(const StoreOptions&)>;

const std::map<std::string, Opener>& Openers() {
  static const auto& openers = *new std::map<std::string, Opener>{
      {"shale", OpenShale},      {"shale-transactions", OpenShaleTransactions},
      {"rocksdb", OpenRocksDb},  {"rocksdb-transactions", OpenRocksDbTransactions},
      {"bare-log", OpenBareLog},
  };
  return openers;
}

// What the directory takes on disk, preallocated room included.
uint64_t DiskBytes(const std::string& directory) {
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    struct stat info {};
    if (entry.is_regular_file() && stat(entry.path().c_str(), &info) == 0) {
      bytes += static_cast<uint64_t>(info.st_blocks) * 512;
    }
  }
  return bytes;
}

nlohmann::json ToJson(const Latencies& latencies) {
  return {{"p50", latencies.p50_us}, {"p99", latencies.p99_us}, {"p99.9", latencies.p999_us}};
}

int Main(int argc, char** argv) {
  std::string store_name;
  bool crash = false;
  StoreOptions store_options;
  WorkloadOptions options;
  CLI::App app("Runs one workload on one storage engine and prints a line of JSON.");
  std::vector<std::string> stores;
  for (const auto& [name, open] : Openers()) stores.push_back(name);
  app.add_option("--store", store_name)->required()->check(CLI::IsMember(stores));
  app.add_option("--workload", options.name)->required()->check(CLI::IsMember(WorkloadNames()));
  app.add_option("--directory", store_options.directory, "of the store, which must exist")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--keys", options.keys)->check(CLI::PositiveNumber);
  app.add_option("--operations", options.operations);
  app.add_option("--seconds", options.seconds_max, "ends the workload after so long");
  app.add_option("--value-bytes", options.value_bytes)->check(CLI::Range(1, 1 << 19));
  app.add_option("--threads", options.threads)->check(CLI::Range(1, 256));
  app.add_option("--cache-bytes", store_options.cache_bytes);
  app.add_option("--memtable-bytes", store_options.memtable_bytes);
  app.add_flag("--crash", crash, "ends without closing the store");
  CLI11_PARSE(app, argc, argv);

  auto opening = std::chrono::steady_clock::now();
  auto store = Openers().at(store_name)(store_options);
  std::chrono::duration<double> opened = std::chrono::steady_clock::now() - opening;
  WorkloadResult result = Run(options, *store);
  if (!crash) store.reset();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  nlohmann::json line = {{"store", store_name},
                         {"workload", options.name},
                         {"open_seconds", opened.count()},
                         {"operations", result.operations},
                         {"seconds", result.seconds},
                         {"settled_seconds", result.settled_seconds},
                         {"cpu_seconds", result.cpu_seconds},
                         {"user_bytes", result.user_bytes},
                         {"written_bytes", result.written_bytes},
                         {"table_entries", result.table_entries},
                         {"disk_bytes", DiskBytes(store_options.directory)},
                         {"memory_bytes_max", usage.ru_maxrss * uint64_t{1024}},
                         {"latency_us", ToJson(result.latencies)},
                         {"writer_operations", result.other_operations},
                         {"writer_latency_us", ToJson(result.other_latencies)}};
  std::puts(line.dump().c_str());
  std::fflush(stdout);
  if (crash) std::_Exit(0);
  return 0;
}

}  // namespace

void Fail(const std::string& message) {
  std::fprintf(stderr, "engine_bench: %s\n", message.c_str());
  std::_Exit(1);
}

}  // namespace shale::bench

int main(int argc, char** argv) { return shale::bench::Main(argc, argv); }
