#include "tests/bench/engine/workload.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <thread>

namespace shale::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kKeyBytes = 16;
constexpr int kHotShare = 20;  // the hot set is one key in so many
constexpr int kSeekRows = 10;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Xorshift64* (Vigna 2016); a generator for each thread.
// On a cache line of its own: each thread has one, beside the others'.
class alignas(64) Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  uint64_t Next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545f4914f6cdd1d;
  }
  uint64_t Below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(Next()) * bound) >> 64);
  }

 private:
  uint64_t state_;
};

// The number in eight bytes, most significant first, then eight fixed ones.
class Key {
 public:
  explicit Key(uint64_t number) {
    uint64_t ordered = std::byteswap(number);
    std::memcpy(bytes_, &ordered, 8);
    std::memset(bytes_ + 8, '0', kKeyBytes - 8);
  }
  std::string_view view() const { return {bytes_, kKeyBytes}; }

 private:
  char bytes_[kKeyBytes];
};

// Values whose bytes compress to about a half.
class Values {
 public:
  explicit Values(size_t bytes, uint64_t seed) : bytes_(bytes), random_(seed) {
    Random random(1);
    while (pool_.size() < kPoolBytes) {
      std::string piece(50, '\0');
      for (char& c : piece) c = static_cast<char>(' ' + random.Below(95));
      pool_ += piece + piece;
    }
  }
  std::string_view Next() {
    return std::string_view(pool_).substr(random_.Below(pool_.size() - bytes_), bytes_);
  }

 private:
  static constexpr size_t kPoolBytes = 1 << 20;
  const size_t bytes_;
  Random random_;
  std::string pool_;
};

// Counts of durations in buckets that grow by 2 %.
class Histogram {
 public:
  void Record(Clock::duration duration) {
    double nanos = std::max<double>(1, std::chrono::nanoseconds(duration).count());
    ++counts_[std::min<size_t>(kBuckets - 1, static_cast<size_t>(std::log(nanos) / kLogStep))];
  }
  void Add(const Histogram& other) {
    for (size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
  }
  double Micros(double share) const {
    uint64_t total = std::accumulate(counts_.begin(), counts_.end(), uint64_t{0});
    uint64_t below = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      below += counts_[i];
      if (below > 0 && static_cast<double>(below) >= share * static_cast<double>(total)) {
        return std::exp(static_cast<double>(i + 1) * kLogStep) / 1000;
      }
    }
    return 0;
  }
  Latencies Summary() const { return {Micros(0.5), Micros(0.99), Micros(0.999)}; }

 private:
  static constexpr double kLogStep = 0.02;
  static constexpr size_t kBuckets = 1300;  // up to about three minutes
  std::vector<uint64_t> counts_ = std::vector<uint64_t>(kBuckets);
};

// Of each figure by itself.
Latencies Medians(const std::vector<Latencies>& turns) {
  auto median = [&](double Latencies::*figure) {
    std::vector<double> values;
    for (const Latencies& turn : turns) values.push_back(turn.*figure);
    std::ranges::nth_element(values, values.begin() + values.size() / 2);
    return values[values.size() / 2];
  };
  return {median(&Latencies::p50_us), median(&Latencies::p99_us), median(&Latencies::p999_us)};
}

// One step of one thread; false ends that thread.
using Step = std::function<bool(int thread, uint64_t index)>;

struct Measure {
  const WorkloadOptions& options;
  Store& store;
  WorkloadResult result;
  bool latencies = false;

  // Runs the step `operations` times, spread over the threads. When `background` is given it runs
  // beside them until they end.
  void Drive(uint64_t operations, const Step& step, const std::function<bool()>& background = {}) {
    std::vector<Histogram> histograms(options.threads);
    std::vector<uint64_t> counts(options.threads);
    std::vector<std::thread> threads;
    Clock::time_point start = Clock::now();
    double cpu = CpuSeconds();
    for (int thread = 0; thread < options.threads; ++thread) {
      threads.emplace_back([&, thread] {
        bool takes_rest = static_cast<uint64_t>(thread) < operations % options.threads;
        uint64_t share = operations / options.threads + (takes_rest ? 1 : 0);
        uint64_t i = 0;
        for (; i < share; ++i) {
          if (options.seconds_max > 0 && i % 64 == 0 && SecondsSince(start) > options.seconds_max) {
            break;
          }
          Clock::time_point before = latencies ? Clock::now() : Clock::time_point();
          if (!step(thread, i)) break;
          if (latencies) histograms[thread].Record(Clock::now() - before);
        }
        counts[thread] = i;
      });
    }
    std::atomic<bool> ended = false;
    Histogram beside;
    std::thread writer;
    if (background) {
      writer = std::thread([&] {
        while (!ended.load(std::memory_order_relaxed)) {
          Clock::time_point before = Clock::now();
          if (!background()) break;
          beside.Record(Clock::now() - before);
          ++result.other_operations;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    result.seconds = SecondsSince(start);
    ended = true;
    if (writer.joinable()) writer.join();
    result.cpu_seconds = CpuSeconds() - cpu;
    for (int i = 1; i < options.threads; ++i) histograms[0].Add(histograms[i]);
    result.operations = std::accumulate(counts.begin(), counts.end(), uint64_t{0});
    if (latencies) result.latencies = histograms[0].Summary();
    if (background) result.other_latencies = beside.Summary();
  }

  uint64_t Operations(uint64_t fallback) const {
    return options.operations > 0 ? options.operations : fallback;
  }

  // `pick` gives the key of a step.
  void Write(uint64_t operations, bool synced,
             const std::function<uint64_t(int thread, uint64_t index, Random&)>& pick) {
    std::vector<std::unique_ptr<Values>> values;
    std::vector<Random> random;
    for (int i = 0; i < options.threads; ++i) {
      values.push_back(std::make_unique<Values>(options.value_bytes, i + 100));
      random.emplace_back(i + 1);
    }
    Clock::time_point start = Clock::now();
    double cpu = CpuSeconds();
    Drive(operations, [&](int thread, uint64_t index) {
      store.Put(Key(pick(thread, index, random[thread])).view(), values[thread]->Next(), synced);
      return true;
    });
    FinishWrites(start, cpu, result.operations);
  }

  // Processor time, what is written and what is on disk count until background work is done too.
  void FinishWrites(Clock::time_point start, double cpu, uint64_t writes) {
    result.user_bytes += writes * (kKeyBytes + options.value_bytes);
    store.Settle();
    result.settled_seconds = SecondsSince(start);
    result.cpu_seconds = CpuSeconds() - cpu;
    result.written_bytes = store.BytesWritten();
  }

  void Read(uint64_t operations, uint64_t keys, bool present) {
    std::vector<Random> random;
    for (int i = 0; i < options.threads; ++i) random.emplace_back(i + 1);
    Drive(operations, [&](int thread, uint64_t) {
      // The numbers of keys are even: odd ones lie between them.
      uint64_t number = random[thread].Below(keys) * 2 + (present ? 0 : 1);
      int64_t bytes = store.Get(Key(number).view());
      if (present != (bytes >= 0)) Fail(present ? "a key is missing" : "found a key never written");
      return true;
    });
  }
};

void FillSequential(Measure& m) {
  std::atomic<uint64_t> next = 0;
  m.Write(m.options.keys, false, [&](int, uint64_t, Random&) { return next.fetch_add(1) * 2; });
}

// Each key once, in an order without locality: what reads find afterwards is whole.
void FillRandom(Measure& m) {
  uint64_t keys = m.options.keys;
  uint64_t stride = 0x9e3779b97f4a7c15 % keys;
  while (std::gcd(stride, keys) != 1) ++stride;
  m.Write(keys, false, [&](int thread, uint64_t index, Random&) {
    uint64_t place = index * m.options.threads + thread;
    return static_cast<uint64_t>(static_cast<unsigned __int128>(place) * stride % keys) * 2;
  });
}

void Overwrite(Measure& m) {
  m.latencies = true;
  m.Write(m.Operations(m.options.keys), false,
          [&](int, uint64_t, Random& random) { return random.Below(m.options.keys) * 2; });
  m.result.table_entries = m.store.TableEntries();
}

void OverwriteUnderSnapshot(Measure& m) {
  m.store.HoldSnapshot();
  Overwrite(m);
}

void FillSync(Measure& m) {
  m.latencies = true;
  m.Write(m.Operations(20'000), true,
          [&](int, uint64_t, Random& random) { return random.Below(m.options.keys) * 2; });
}

void ReadRandom(Measure& m) { m.Read(m.Operations(m.options.keys), m.options.keys, true); }

void ReadMissing(Measure& m) { m.Read(m.Operations(m.options.keys), m.options.keys, false); }

void ReadHot(Measure& m) {
  // Once through the hot set, unmeasured, so that it is cached.
  uint64_t hot = m.options.keys / kHotShare;
  for (uint64_t number = 0; number < hot; ++number) m.store.Get(Key(number * 2).view());
  m.Read(m.Operations(m.options.keys), hot, true);
}

void SeekRandom(Measure& m) {
  std::vector<Random> random;
  for (int i = 0; i < m.options.threads; ++i) random.emplace_back(i + 1);
  m.Drive(m.Operations(m.options.keys / 10), [&](int thread, uint64_t) {
    m.store.Seek(Key(random[thread].Below(m.options.keys) * 2).view(), kSeekRows);
    return true;
  });
}

void Scan(Measure& m, bool reverse) {
  uint64_t bytes = 0;
  Clock::time_point start = Clock::now();
  double cpu = CpuSeconds();
  m.result.operations = m.store.Scan(reverse, [&](std::string_view key, std::string_view value) {
    bytes += key.size() + value.size();
  });
  m.result.seconds = SecondsSince(start);
  m.result.cpu_seconds = CpuSeconds() - cpu;
  if (bytes != m.result.operations * (kKeyBytes + m.options.value_bytes)) {
    Fail("a scan gave rows of the wrong size");
  }
}

void ReadWhileWriting(Measure& m) {
  m.latencies = true;
  Values values(m.options.value_bytes, 7);
  Random writes(99);
  std::vector<Random> random;
  for (int i = 0; i < m.options.threads; ++i) random.emplace_back(i + 1);
  // Reads go on until all is written: two stores are compared after equally many writes.
  const uint64_t writes_wanted = m.Operations(m.options.keys / 10);
  std::atomic<bool> written = false;
  Clock::time_point start = Clock::now();
  double cpu = CpuSeconds();
  m.Drive(
      std::numeric_limits<uint64_t>::max(),
      [&](int thread, uint64_t) {
        m.store.Get(Key(random[thread].Below(m.options.keys) * 2).view());
        return !written.load(std::memory_order_relaxed);
      },
      [&] {
        m.store.Put(Key(writes.Below(m.options.keys) * 2).view(), values.Next(), false);
        written.store(m.result.other_operations + 1 >= writes_wanted, std::memory_order_relaxed);
        return true;
      });
  m.FinishWrites(start, cpu, m.result.other_operations);
}

// In a log and nowhere else, if the memtable has the room: what the next opening replays.
void FillLog(Measure& m) {
  std::vector<std::unique_ptr<Values>> values;
  for (int i = 0; i < m.options.threads; ++i) {
    values.push_back(std::make_unique<Values>(m.options.value_bytes, i + 100));
  }
  std::vector<Random> random;
  for (int i = 0; i < m.options.threads; ++i) random.emplace_back(i + 1);
  m.Drive(m.options.keys, [&](int thread, uint64_t) {
    m.store.Put(Key(random[thread].Below(m.options.keys) * 2).view(), values[thread]->Next(),
                false);
    return true;
  });
  m.store.Put(Key(0).view(), values[0]->Next(), true);
  m.result.written_bytes = m.store.BytesWritten();
}

// Commits alone and beside one scan of everything, by turns, since what a disk's syncs take changes
// by the minute. The scan takes a turn's whole time, as one does whose rows somebody looks at.
void CommitBesideScan(Measure& m) {
  constexpr int kTurns = 5;
  constexpr int kRowsBetweenWaits = 500;
  m.latencies = true;
  std::vector<std::unique_ptr<Values>> values;
  std::vector<Random> random;
  for (int i = 0; i < m.options.threads; ++i) {
    values.push_back(std::make_unique<Values>(m.options.value_bytes, i + 100));
    random.emplace_back(i + 1);
  }
  auto commit = [&](int thread, uint64_t) {
    uint64_t number = random[thread].Below(m.options.keys) * 2;
    m.store.Put(Key(number).view(), values[thread]->Next(), true);
    return true;
  };
  auto scan = [&] {
    Clock::time_point start = Clock::now();
    uint64_t rows = 0;
    m.store.Scan(false, [&](std::string_view, std::string_view) {
      if (++rows % kRowsBetweenWaits != 0) return;
      double due = m.options.seconds_max * static_cast<double>(rows) / m.options.keys;
      double early = std::min(due, m.options.seconds_max) - SecondsSince(start);
      if (early > 0) std::this_thread::sleep_for(std::chrono::duration<double>(early));
    });
    return false;
  };
  std::vector<Latencies> alone;
  std::vector<Latencies> beside;
  uint64_t operations = 0;
  double seconds = 0;
  for (int turn = 0; turn < kTurns; ++turn) {
    for (bool with_scan : {turn % 2 == 0, turn % 2 != 0}) {
      m.Drive(m.Operations(UINT64_MAX), commit, with_scan ? scan : std::function<bool()>());
      (with_scan ? beside : alone).push_back(m.result.latencies);
      operations += m.result.operations;
      seconds += m.result.seconds;
    }
  }
  m.result.operations = operations;
  m.result.seconds = seconds;
  m.result.latencies = Medians(alone);
  m.result.other_latencies = Medians(beside);
}

// Every other key goes; then what is left is read in order.
void DeleteHalf(Measure& m) {
  Clock::time_point start = Clock::now();
  double cpu = CpuSeconds();
  m.Drive(m.options.keys / 2, [&](int thread, uint64_t index) {
    m.store.Delete(Key((index * m.options.threads + thread) * 4).view());
    return true;
  });
  m.FinishWrites(start, cpu, m.result.operations);
  m.result.user_bytes = m.result.operations * kKeyBytes;
}

void BulkLoad(Measure& m) {
  Values values(m.options.value_bytes, 7);
  uint64_t number = 0;
  Key key(0);
  Clock::time_point start = Clock::now();
  double cpu = CpuSeconds();
  m.store.BulkLoad([&](std::string_view* key_out, std::string_view* value) {
    if (number == m.options.keys) return false;
    key = Key(2 * number++);
    *key_out = key.view();
    *value = values.Next();
    return true;
  });
  m.result.seconds = SecondsSince(start);
  m.result.operations = number;
  m.FinishWrites(start, cpu, m.result.operations);
}

const std::map<std::string, std::function<void(Measure&)>>& Workloads() {
  static const auto& workloads = *new std::map<std::string, std::function<void(Measure&)>>{
      {"fillseq", FillSequential},
      {"fillrandom", FillRandom},
      {"overwrite", Overwrite},
      {"overwritesnapshot", OverwriteUnderSnapshot},
      {"fillsync", FillSync},
      {"filllog", FillLog},
      {"compact", [](Measure& m) { m.store.Compact(); }},
      {"open", [](Measure&) {}},
      {"commitscan", CommitBesideScan},
      {"readrandom", ReadRandom},
      {"readhot", ReadHot},
      {"readmissing", ReadMissing},
      {"seekrandom", SeekRandom},
      {"scan", [](Measure& m) { Scan(m, false); }},
      {"scanreverse", [](Measure& m) { Scan(m, true); }},
      {"readwhilewriting", ReadWhileWriting},
      {"deletehalf", DeleteHalf},
      {"bulkload", BulkLoad},
  };
  return workloads;
}

}  // namespace

std::vector<std::string> WorkloadNames() {
  std::vector<std::string> names;
  for (const auto& [name, run] : Workloads()) names.push_back(name);
  return names;
}

WorkloadResult Run(const WorkloadOptions& options, Store& store) {
  auto found = Workloads().find(options.name);
  if (found == Workloads().end()) Fail("no workload of the name " + options.name);
  Measure measure{.options = options, .store = store};
  found->second(measure);
  return measure.result;
}

}  // namespace shale::bench
