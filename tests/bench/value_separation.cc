// What keeping large values apart from the tables changes: the same keys overwritten again and
// again, with and without, on a disk.
//
//   value_separation DIRECTORY [keys] [value bytes] [rounds]
//
// Each round writes all keys in another order, in batches that are synced at the round's end, as
// fast as the store takes them; a round ends when flushes and compactions have caught up. Values do
// not compress. Prints seconds, bytes written to files for each byte of the user's (the log
// included), bytes on disk at the end for each byte that lives, and what reads cost then: a scan of
// everything, and keys in random order, through a cache of a sixteenth of the data.
#include <fmt/core.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/random.h"
#include "engine/env/local_storage.h"
#include "engine/lsm/lsm_store.h"

namespace shale::engine {
namespace {

struct Workload {
  std::string directory;
  uint64_t keys = 20'000;
  size_t value_bytes = 16 << 10;
  int rounds = 5;

  double live_bytes() const { return static_cast<double>(keys * (value_bytes + 16)); }
};

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string KeyOf(uint64_t number) { return fmt::format("{:016}", number); }

double StatisticOf(LsmStore& store, const std::string& name) {
  for (const Statistic& statistic : store.Statistics()) {
    if (statistic.name == name) return statistic.value;
  }
  CHECK(false);
}

std::vector<uint64_t> Shuffled(uint64_t count, uint64_t seed) {
  std::vector<uint64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  Random random(seed);
  for (uint64_t i = count; i > 1; --i) std::swap(order[i - 1], order[random.Uniform(i)]);
  return order;
}

void WriteRound(LsmStore& store, const Workload& workload, int round) {
  Random random(round + 1);
  std::string value(workload.value_bytes, '\0');
  WriteBatch batch;
  auto write = [&](bool sync) {
    CHECK(BlockingWait(store.Write(std::move(batch), {.sync = sync})).status.ok());
    batch = WriteBatch();
  };
  for (uint64_t key : Shuffled(workload.keys, round + 1)) {
    for (size_t at = 0; at + 8 <= value.size(); at += 8) {
      uint64_t bits = random.Next();
      std::memcpy(value.data() + at, &bits, sizeof(bits));
    }
    batch.Put(KeyOf(key), value);
    if (batch.bytes() > 1 << 20) write(false);
  }
  batch.Put("end of round", std::to_string(round));
  write(true);
  CHECK(BlockingWait(store.Flush()).ok());
  // Quiet for a while longer than the store takes to look for garbage by itself.
  double quiet_since = Seconds();
  while (Seconds() - quiet_since < 1.5) {
    if (StatisticOf(store, "lsm.compaction.running") > 0) quiet_since = Seconds();
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void Run(const Workload& workload, size_t value_separation_bytes) {
  std::filesystem::remove_all(workload.directory);
  auto storage = OpenLocalStorage(PosixFileSystem(), workload.directory);
  CHECK(storage.ok());
  EngineOptions options;
  options.storage = storage->get();
  options.value_separation_bytes = value_separation_bytes;
  options.block_cache_bytes = static_cast<size_t>(workload.live_bytes() / 16);
  auto store = LsmStore::Open(options);
  CHECK(store.ok());
  LsmStore& lsm = **store;
  double begin = Seconds();
  for (int round = 0; round < workload.rounds; ++round) WriteRound(lsm, workload, round);
  // Of each round the quiet end is not the store's.
  double write_seconds = Seconds() - begin - 1.5 * workload.rounds;
  double written = StatisticOf(lsm, "wal.bytes") + StatisticOf(lsm, "lsm.flush.bytes_written") +
                   StatisticOf(lsm, "lsm.compaction.bytes_written");
  double kept = StatisticOf(lsm, "lsm.bytes") + StatisticOf(lsm, "lsm.values.bytes");

  begin = Seconds();
  uint64_t rows = 0;
  Snapshot snapshot = lsm.AcquireSnapshot();
  auto cursor = lsm.NewCursor(snapshot.sequence(), {});
  while (true) {
    auto page = BlockingWait(cursor->NextPage());
    CHECK(page.ok());
    if (page->empty()) break;
    rows += page->size();
  }
  cursor.reset();
  snapshot.Release();
  CHECK(rows == workload.keys + 1);
  double scan_seconds = Seconds() - begin;

  begin = Seconds();
  uint64_t gets = std::min<uint64_t>(workload.keys, 20'000);
  std::vector<uint64_t> order = Shuffled(workload.keys, 99);
  for (uint64_t i = 0; i < gets; ++i) {
    PinnedBytes value;
    auto found = BlockingWait(lsm.GetLatest(KeyOf(order[i]), &value, nullptr));
    CHECK(found.ok() && *found && value.view().size() == workload.value_bytes);
  }
  double get_seconds = Seconds() - begin;

  double user = workload.live_bytes() * workload.rounds;
  fmt::print("{:<9} {:8.1f} {:12.2f} {:12.2f} {:12.2f} {:12.1f} {:12.1f}\n",
             value_separation_bytes > 0 ? "apart" : "in tables", write_seconds, written / user,
             StatisticOf(lsm, "lsm.compaction.bytes_written") / user, kept / workload.live_bytes(),
             scan_seconds * 1e6 / static_cast<double>(rows),
             get_seconds * 1e6 / static_cast<double>(gets));
  std::fflush(stdout);
  store->reset();
  std::filesystem::remove_all(workload.directory);
}

}  // namespace
}  // namespace shale::engine

int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "value_separation DIRECTORY [keys] [value bytes] [rounds]\n");
    return 1;
  }
  shale::engine::Workload workload{.directory = argv[1]};
  if (argc > 2) workload.keys = std::strtoull(argv[2], nullptr, 10);
  if (argc > 3) workload.value_bytes = std::strtoull(argv[3], nullptr, 10);
  if (argc > 4) workload.rounds = std::atoi(argv[4]);
  // The directory is emptied: a new one below that which was named.
  workload.directory += "/value_separation";
  fmt::print("{} keys, values of {} bytes, written {} times\n", workload.keys, workload.value_bytes,
             workload.rounds);
  fmt::print("{:<9} {:>8} {:>12} {:>12} {:>12} {:>12} {:>12}\n", "values", "seconds",
             "written/user", "compacted/u.", "disk/live", "us per row", "us per get");
  shale::engine::Run(workload, 0);
  shale::engine::Run(workload, workload.value_bytes / 2);
}
