#include "engine/inspect/commands.h"

#include <cstdio>

#include "engine/env/read_only_storage.h"
#include "engine/inspect/check_store.h"

namespace shale::engine {
namespace {

void Print(std::FILE* out, std::string_view text) { std::fwrite(text.data(), 1, text.size(), out); }

int Fail(const Status& status) {
  Print(stderr, fmt::format("shale: {}\n", status.message()));
  if (!status.error().detail.empty()) {
    Print(stderr, fmt::format("shale: detail: {}\n", status.error().detail));
  }
  if (!status.error().hint.empty()) {
    Print(stderr, fmt::format("shale: hint: {}\n", status.error().hint));
  }
  return 1;
}

}  // namespace

int RunCheckCommand(EngineOptions options, const std::string& directory) {
  auto storage = OpenReadOnlyStorage(PosixFileSystem(), directory, DirectoryLock::kTake);
  if (!storage.ok()) return Fail(storage.status());
  options.storage = storage->get();
  CheckReport report = CheckStore(options);
  Print(stdout, fmt::format("data directory \"{}\"\n", directory) + DescribeCheck(report));
  return report.ok() ? 0 : 1;
}

int RunDumpCommand(const std::string& path, const DumpOptions& options) {
  Status status =
      Dump(PosixFileSystem(), path, options, [](std::string_view text) { Print(stdout, text); });
  std::fflush(stdout);
  return status.ok() ? 0 : Fail(status);
}

}  // namespace shale::engine
