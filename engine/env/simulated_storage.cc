#include "engine/env/simulated_storage.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/random.h"
#include "engine/env/storage_name.h"

namespace shale::engine {

struct SimulatedCluster::State {
  struct Log {
    std::string bytes;
    size_t synced_length = 0;
    uint64_t epoch = 0;
    bool sealed = false;
  };

  explicit State(const SimulationOptions& options_in)
      : options(options_in), random(options_in.seed) {}

  std::mutex mutex;  // guards everything below
  SimulationOptions options;
  Random random;
  uint64_t newest_epoch = 0;
  std::map<std::string, std::shared_ptr<const std::string>> blobs;
  std::map<std::string, Log> logs;
  std::map<std::string, RegisterValue> registers;
  // Changes whose reply was lost and which have not arrived yet.
  std::vector<std::function<void()>> late;

  void Delay() {
    uint64_t delay_us = 0;
    {
      std::lock_guard lock(mutex);
      if (options.delay_us_max == 0) return;
      delay_us = random.Uniform(options.delay_us_max + 1);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(delay_us));
  }

  // With the mutex held: some of the late changes arrive, in any order.
  void Arrive() {
    while (!late.empty() && random.OneIn(2)) {
      std::swap(late[random.Uniform(late.size())], late.back());
      std::function<void()> change = std::move(late.back());
      late.pop_back();
      change();
    }
  }

  // One changing call of the owner with the epoch. Apply runs with the mutex held, now, later or
  // never; it holds copies of what it needs and checks its own conditions when it runs.
  Status Change(uint64_t epoch, const std::string& name, std::function<Status(State&)> apply) {
    RETURN_IF_ERROR(CheckStorageName(name));
    Delay();
    std::lock_guard lock(mutex);
    Arrive();
    auto fenced = [this, epoch, name, apply = std::move(apply)]() -> Status {
      if (epoch < newest_epoch) {
        return Error(sqlstate::kSerializationFailure,
                     "could not change \"{}\": epoch {} is stale, epoch {} has taken over", name,
                     epoch, newest_epoch);
      }
      return apply(*this);
    };
    double probability = options.unknown_outcome_probability;
    if (probability <= 0 || random.UniformDouble() >= probability) return fenced();
    switch (random.Uniform(4)) {
      case 0:
        late.push_back([fenced = std::move(fenced)] { (void)fenced().ok(); });
        break;
      case 1:
        break;  // never arrives
      default:
        (void)fenced().ok();
        break;
    }
    return Error(sqlstate::kStatementCompletionUnknown,
                 "could not change \"{}\": the outcome is unknown", name);
  }
};

namespace {

using State = SimulatedCluster::State;

Status Missing(const std::string& name) {
  return Error(sqlstate::kUndefinedFile, "\"{}\" does not exist", name);
}

Status ExistsAlready(const std::string& name) {
  return Error(sqlstate::kDuplicateFile, "\"{}\" exists already", name);
}

// Two segments of one name are told apart by their epoch, so that a late append never reaches a
// successor's.
Result<State::Log*> FindLog(State& state, const std::string& name, uint64_t epoch) {
  auto found = state.logs.find(name);
  if (found == state.logs.end()) return Missing(name);
  if (found->second.epoch != epoch) {
    return Error(sqlstate::kSerializationFailure,
                 "could not append to log segment \"{}\": epoch {} is stale", name, epoch);
  }
  if (found->second.sealed) {
    return Error(sqlstate::kObjectNotInPrerequisiteState, "log segment \"{}\" is sealed", name);
  }
  return &found->second;
}

size_t ReadFrom(const std::string& bytes, uint64_t offset, size_t length, char* buffer) {
  if (offset >= bytes.size()) return 0;
  return bytes.copy(buffer, length, offset);
}

class SimulatedBlobReader : public BlobReader {
 public:
  SimulatedBlobReader(std::shared_ptr<State> state, std::string name,
                      std::shared_ptr<const std::string> bytes)
      : state_(std::move(state)), name_(std::move(name)), bytes_(std::move(bytes)) {}

  Status Read(uint64_t offset, size_t length, char* buffer) override {
    state_->Delay();
    if (ReadFrom(*bytes_, offset, length, buffer) != length) {
      return Error(sqlstate::kDataCorrupted,
                   "could not read {} bytes at offset {} of \"{}\": the blob ends before", length,
                   offset, name_);
    }
    return Status::Ok();
  }
  uint64_t size() const override { return bytes_->size(); }
  const std::string& name() const override { return name_; }

 private:
  const std::shared_ptr<State> state_;
  const std::string name_;
  const std::shared_ptr<const std::string> bytes_;
};

class SimulatedBlobWriter : public BlobWriter {
 public:
  SimulatedBlobWriter(std::shared_ptr<State> state, uint64_t epoch, std::string name)
      : state_(std::move(state)), epoch_(epoch), name_(std::move(name)) {}

  Status Append(std::string_view bytes) override {
    CHECK(!finished_);
    bytes_ += bytes;
    return Status::Ok();
  }

  Status Finish() override {
    CHECK(!finished_);
    finished_ = true;
    auto bytes = std::make_shared<const std::string>(std::move(bytes_));
    return state_->Change(epoch_, name_, [name = name_, bytes](State& state) {
      return state.blobs.emplace(name, bytes).second ? Status::Ok() : ExistsAlready(name);
    });
  }

 private:
  const std::shared_ptr<State> state_;
  const uint64_t epoch_;
  const std::string name_;
  std::string bytes_;
  bool finished_ = false;
};

class SimulatedLogWriter : public LogWriter {
 public:
  SimulatedLogWriter(std::shared_ptr<State> state, uint64_t epoch, std::string name)
      : state_(std::move(state)), epoch_(epoch), name_(std::move(name)) {}

  Status Append(uint64_t epoch, uint64_t expected_length, std::string_view bytes) override {
    return state_->Change(
        epoch, name_,
        [name = name_, epoch, expected_length, copy = std::string(bytes)](State& state) -> Status {
          ASSIGN_OR_RETURN(State::Log * log, FindLog(state, name, epoch));
          if (log->bytes.size() != expected_length) {
            return Error(sqlstate::kSerializationFailure,
                         "could not append to log segment \"{}\": its length is "
                         "{}, not {}",
                         name, log->bytes.size(), expected_length);
          }
          log->bytes += copy;
          return Status::Ok();
        });
  }

  Status Sync() override {
    return state_->Change(epoch_, name_, [name = name_, epoch = epoch_](State& state) -> Status {
      ASSIGN_OR_RETURN(State::Log * log, FindLog(state, name, epoch));
      log->synced_length = log->bytes.size();
      return Status::Ok();
    });
  }

  Status Seal() override {
    return state_->Change(epoch_, name_, [name = name_, epoch = epoch_](State& state) -> Status {
      ASSIGN_OR_RETURN(State::Log * log, FindLog(state, name, epoch));
      log->synced_length = log->bytes.size();
      log->sealed = true;
      return Status::Ok();
    });
  }

 private:
  const std::shared_ptr<State> state_;
  const uint64_t epoch_;
  const std::string name_;
};

class SimulatedLogReader : public LogReader {
 public:
  SimulatedLogReader(std::shared_ptr<State> state, std::string name, std::string bytes)
      : state_(std::move(state)), name_(std::move(name)), bytes_(std::move(bytes)) {}

  Result<size_t> Read(uint64_t offset, size_t length, char* buffer) override {
    state_->Delay();
    return ReadFrom(bytes_, offset, length, buffer);
  }
  uint64_t size() const override { return bytes_.size(); }
  const std::string& name() const override { return name_; }

 private:
  const std::shared_ptr<State> state_;
  const std::string name_;
  const std::string bytes_;  // as they were when the reader was opened
};

class SimulatedStorage : public Storage {
 public:
  SimulatedStorage(std::shared_ptr<State> state, uint64_t epoch)
      : state_(std::move(state)), epoch_(epoch) {}

  Result<std::unique_ptr<BlobWriter>> CreateBlob(const std::string& name) override {
    RETURN_IF_ERROR(CheckStorageName(name));
    state_->Delay();
    std::lock_guard lock(state_->mutex);
    if (state_->blobs.contains(name)) return ExistsAlready(name);
    return std::unique_ptr<BlobWriter>(std::make_unique<SimulatedBlobWriter>(state_, epoch_, name));
  }

  Result<std::unique_ptr<BlobReader>> OpenBlob(const std::string& name) override {
    state_->Delay();
    std::lock_guard lock(state_->mutex);
    auto found = state_->blobs.find(name);
    if (found == state_->blobs.end()) return Missing(name);
    return std::unique_ptr<BlobReader>(
        std::make_unique<SimulatedBlobReader>(state_, name, found->second));
  }

  Status DeleteBlob(const std::string& name) override {
    return state_->Change(epoch_, name, [name](State& state) {
      return state.blobs.erase(name) == 1 ? Status::Ok() : Missing(name);
    });
  }

  Result<std::vector<StorageItem>> ListBlobs() override {
    state_->Delay();
    std::lock_guard lock(state_->mutex);
    std::vector<StorageItem> items;
    for (const auto& [name, bytes] : state_->blobs) items.push_back({name, bytes->size()});
    return items;
  }

  Result<std::unique_ptr<LogWriter>> CreateLog(const std::string& name, uint64_t epoch,
                                               uint64_t size_hint) override {
    RETURN_IF_ERROR(state_->Change(epoch, name, [name, epoch](State& state) {
      State::Log log;
      log.epoch = epoch;
      return state.logs.emplace(name, std::move(log)).second ? Status::Ok() : ExistsAlready(name);
    }));
    return std::unique_ptr<LogWriter>(std::make_unique<SimulatedLogWriter>(state_, epoch, name));
  }

  Result<std::unique_ptr<LogReader>> OpenLog(const std::string& name) override {
    state_->Delay();
    std::lock_guard lock(state_->mutex);
    auto found = state_->logs.find(name);
    if (found == state_->logs.end()) return Missing(name);
    found->second.synced_length = found->second.bytes.size();
    return std::unique_ptr<LogReader>(
        std::make_unique<SimulatedLogReader>(state_, name, found->second.bytes));
  }

  Status DeleteLog(const std::string& name) override {
    return state_->Change(epoch_, name, [name](State& state) {
      return state.logs.erase(name) == 1 ? Status::Ok() : Missing(name);
    });
  }

  Result<std::vector<StorageItem>> ListLogs() override {
    state_->Delay();
    std::lock_guard lock(state_->mutex);
    std::vector<StorageItem> items;
    for (const auto& [name, log] : state_->logs) items.push_back({name, log.bytes.size()});
    return items;
  }

  Result<RegisterValue> ReadRegister(const std::string& name) override {
    RETURN_IF_ERROR(CheckStorageName(name));
    state_->Delay();
    std::lock_guard lock(state_->mutex);
    auto found = state_->registers.find(name);
    return found == state_->registers.end() ? RegisterValue{} : found->second;
  }

  Status CompareAndSet(const std::string& name, uint64_t expected_version,
                       std::string_view bytes) override {
    return state_->Change(
        epoch_, name, [name, expected_version, copy = std::string(bytes)](State& state) -> Status {
          RegisterValue& value = state.registers[name];
          if (value.version != expected_version) {
            return Error(sqlstate::kSerializationFailure,
                         "could not set register \"{}\": its version is {}, not {}", name,
                         value.version, expected_version);
          }
          value = {expected_version + 1, copy};
          return Status::Ok();
        });
  }

  Result<uint64_t> FreeBytes() override { return uint64_t{1} << 40; }

 private:
  const std::shared_ptr<State> state_;
  const uint64_t epoch_;
};

}  // namespace

SimulatedCluster::SimulatedCluster(SimulationOptions options)
    : state_(std::make_shared<State>(options)) {}

SimulatedCluster::~SimulatedCluster() {
  // Late changes refer to the state that holds them.
  std::lock_guard lock(state_->mutex);
  state_->late.clear();
}

std::unique_ptr<Storage> SimulatedCluster::Attach(uint64_t epoch) {
  std::lock_guard lock(state_->mutex);
  state_->newest_epoch = std::max(state_->newest_epoch, epoch);
  return std::make_unique<SimulatedStorage>(state_, epoch);
}

uint64_t SimulatedCluster::newest_epoch() const {
  std::lock_guard lock(state_->mutex);
  return state_->newest_epoch;
}

void SimulatedCluster::LoseUnsynced() {
  std::lock_guard lock(state_->mutex);
  state_->late.clear();
  for (auto& [name, log] : state_->logs) log.bytes.resize(log.synced_length);
}

void SimulatedCluster::set_unknown_outcome_probability(double probability) {
  std::lock_guard lock(state_->mutex);
  state_->options.unknown_outcome_probability = probability;
}

}  // namespace shale::engine
