// Goal: whatever call a power cut follows, and whatever it leaves of unsynced work, a LocalStorage
// opens with every acknowledged change whole, each change in flight whole or absent, and equal at a
// second open. Method: scripted work on the in-memory file system; a hook clones after every
// mutating call and checks the clones against what the client knows. Controls: a file system that
// skips syncs must be found out.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>

#include "engine/base/log.h"
#include "engine/base/random.h"
#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"

namespace shale::engine {
namespace {

// Forwards all calls but the syncs that a control leaves out.
class ForgetfulFile : public File {
 public:
  ForgetfulFile(std::unique_ptr<File> base, bool skip_sync)
      : base_(std::move(base)), skip_sync_(skip_sync) {}
  Result<size_t> Read(uint64_t offset, size_t length, char* buffer) override {
    return base_->Read(offset, length, buffer);
  }
  Status Write(uint64_t offset, std::string_view bytes) override {
    return base_->Write(offset, bytes);
  }
  Status Sync() override { return skip_sync_ ? Status::Ok() : base_->Sync(); }
  Status Preallocate(uint64_t size) override { return base_->Preallocate(size); }
  Status Truncate(uint64_t size) override { return base_->Truncate(size); }
  Result<uint64_t> Size() override { return base_->Size(); }

 private:
  std::unique_ptr<File> base_;
  bool skip_sync_;
};

struct Forgets {
  std::string file_syncs_of;  // path part; empty: none
  std::string directory_syncs_of;
};

class ForgetfulFileSystem : public FileSystem {
 public:
  ForgetfulFileSystem(FileSystem& base, Forgets forgets) : base_(base), forgets_(forgets) {}
  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    ASSIGN_OR_RETURN(std::unique_ptr<File> file, base_.Open(path, mode));
    bool skip = Matches(path, forgets_.file_syncs_of);
    return std::unique_ptr<File>(std::make_unique<ForgetfulFile>(std::move(file), skip));
  }
  Status Remove(const std::string& path) override { return base_.Remove(path); }
  Status Rename(const std::string& from, const std::string& to) override {
    return base_.Rename(from, to);
  }
  Status Link(const std::string& from, const std::string& to) override {
    return base_.Link(from, to);
  }
  Status CreateDirectory(const std::string& path) override { return base_.CreateDirectory(path); }
  Status SyncDirectory(const std::string& path) override {
    if (Matches(path, forgets_.directory_syncs_of)) return Status::Ok();
    return base_.SyncDirectory(path);
  }
  Result<std::vector<std::string>> List(const std::string& path) override {
    return base_.List(path);
  }
  Result<bool> Exists(const std::string& path) override { return base_.Exists(path); }
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    return base_.Lock(path);
  }
  Result<uint64_t> FreeBytes(const std::string& path) override { return base_.FreeBytes(path); }

 private:
  static bool Matches(const std::string& path, const std::string& part) {
    return !part.empty() && path.find(part) != std::string::npos;
  }
  FileSystem& base_;
  const Forgets forgets_;
};

struct BlobPromise {
  std::string bytes;
  bool acknowledged = false;
  bool deleting = false;
};

struct LogPromise {
  std::string appended;  // attempted appends included
  size_t synced = 0;
  bool created = false;
  bool sealed = false;
  bool deleting = false;
  bool deleted = false;
};

struct RegisterPromise {
  std::string acknowledged;
  uint64_t version = 0;
  std::optional<std::string> in_flight;
};

// What the client knows at any moment.
struct Client {
  std::map<std::string, BlobPromise> blobs;
  std::map<std::string, LogPromise> logs;
  std::map<std::string, RegisterPromise> registers;
};

// Everything that a storage holds, for comparing two opens. A log's trailing zeros are no contents.
struct Contents {
  std::map<std::string, std::string> blobs;
  std::map<std::string, std::string> logs;
  std::map<std::string, std::pair<uint64_t, std::string>> registers;
  uint64_t epoch = 0;
  bool operator==(const Contents&) const = default;
};

Result<Contents> ReadAll(FileSystem& fs, const Client& client) {
  ASSIGN_OR_RETURN(std::unique_ptr<LocalStorage> storage, OpenLocalStorage(fs, "data"));
  Contents contents;
  contents.epoch = storage->epoch();
  ASSIGN_OR_RETURN(std::vector<StorageItem> blobs, storage->ListBlobs());
  for (const StorageItem& item : blobs) {
    ASSIGN_OR_RETURN(std::unique_ptr<BlobReader> reader, storage->OpenBlob(item.name));
    std::string bytes(item.size, '\0');
    RETURN_IF_ERROR(reader->Read(0, bytes.size(), bytes.data()));
    contents.blobs[item.name] = std::move(bytes);
  }
  ASSIGN_OR_RETURN(std::vector<StorageItem> logs, storage->ListLogs());
  for (const StorageItem& item : logs) {
    ASSIGN_OR_RETURN(std::unique_ptr<LogReader> reader, storage->OpenLog(item.name));
    std::string bytes(item.size, '\0');
    ASSIGN_OR_RETURN(size_t count, reader->Read(0, bytes.size(), bytes.data()));
    bytes.resize(count);
    contents.logs[item.name] = std::move(bytes);
  }
  for (const auto& [name, promise] : client.registers) {
    ASSIGN_OR_RETURN(RegisterValue value, storage->ReadRegister(name));
    contents.registers[name] = {value.version, value.bytes};
  }
  return contents;
}

// The first broken promise, or nothing.
std::string FirstViolation(const Client& client, const Contents& found) {
  for (const auto& [name, promise] : client.blobs) {
    auto blob = found.blobs.find(name);
    if (blob == found.blobs.end()) {
      if (promise.acknowledged && !promise.deleting) return "blob " + name + " is lost";
    } else if (blob->second != promise.bytes) {
      return "blob " + name + " has the wrong bytes";
    }
  }
  for (const auto& [name, bytes] : found.blobs) {
    if (!client.blobs.contains(name)) return "blob " + name + " was never made";
  }
  for (const auto& [name, promise] : client.logs) {
    auto log = found.logs.find(name);
    if (log == found.logs.end()) {
      if (promise.created && !promise.deleting) return "log " + name + " is lost";
      continue;
    }
    if (promise.deleted) return "log " + name + " came back";
    if (log->second.substr(0, promise.synced) != promise.appended.substr(0, promise.synced)) {
      return "log " + name + " lost synced bytes";
    }
    if (promise.sealed && log->second.size() != promise.synced) {
      return "sealed log " + name + " has the wrong length";
    }
  }
  for (const auto& [name, promise] : client.registers) {
    const auto& [version, bytes] = found.registers.at(name);
    bool old_value = version == promise.version && bytes == promise.acknowledged;
    bool new_value =
        promise.in_flight && version == promise.version + 1 && bytes == *promise.in_flight;
    if (!old_value && !new_value) return "register " + name + " is wrong";
  }
  return "";
}

struct Report {
  int points = 0;
  int violations = 0;
  std::string first;
};

class Harness {
 public:
  Harness(uint64_t seed, Forgets forgets) : random_(seed), fs_(memory_, forgets) {
    memory_.set_mutation_hook([this](FileOperation operation, const std::string& path) {
      std::string place = fmt::format("{} {}", FileOperationName(operation), path);
      CheckCrash({CrashSurvival::kNone}, place);
      CrashOptions ahead;
      ahead.size_ahead_of_data = true;
      ahead.rename_before_data = true;
      CheckCrash(ahead, place);
      CheckCrash({CrashSurvival::kAll}, place);
      for (int i = 0; i < 4; ++i) CheckCrash(CrashOptions::Worst(random_.Next()), place);
    });
  }

  Report Run() {
    {
      std::unique_ptr<LocalStorage> storage = *OpenLocalStorage(fs_, "data");
      for (uint64_t round = 1; round <= 3; ++round) {
        WorkOnRegisters(*storage, round);
        WorkOnBlobs(*storage, round);
        WorkOnLogs(*storage, round);
      }
    }
    memory_.set_mutation_hook(nullptr);
    return report_;
  }

 private:
  void WorkOnRegisters(Storage& storage, uint64_t round) {
    for (const char* name : {"root", "owner"}) {
      RegisterPromise& promise = client_.registers[name];
      // From a few bytes to several blocks, longer and shorter in turn.
      std::string value(round % 2 == 0 ? 10'000 : 20, static_cast<char>('a' + round));
      promise.in_flight = value;
      ASSERT_TRUE(storage.CompareAndSet(name, promise.version, value).ok());
      promise = {value, promise.version + 1, std::nullopt};
    }
  }

  void WorkOnBlobs(Storage& storage, uint64_t round) {
    std::string name = "blob" + std::to_string(round);
    BlobPromise& promise = client_.blobs[name];
    promise.bytes = std::string(round * 5000, static_cast<char>('A' + round));
    auto writer = *storage.CreateBlob(name);
    ASSERT_TRUE(writer->Append(promise.bytes.substr(0, 100)).ok());
    ASSERT_TRUE(writer->Append(promise.bytes.substr(100)).ok());
    ASSERT_TRUE(writer->Finish().ok());
    promise.acknowledged = true;
    if (round == 3) {
      client_.blobs["blob1"].deleting = true;
      ASSERT_TRUE(storage.DeleteBlob("blob1").ok());
    }
  }

  void WorkOnLogs(Storage& storage, uint64_t round) {
    std::string name = "log" + std::to_string(round);
    LogPromise& promise = client_.logs[name];
    auto writer = *storage.CreateLog(name, round, 6000);
    promise.created = true;
    for (int i = 0; i < 4; ++i) {
      std::string record(i * 1500 + 10, static_cast<char>('a' + i));
      uint64_t length = promise.appended.size();
      promise.appended += record;
      ASSERT_TRUE(writer->Append(round, length, record).ok());
      ASSERT_TRUE(writer->Sync().ok());
      promise.synced = promise.appended.size();
    }
    if (round > 1) return;
    ASSERT_TRUE(writer->Seal().ok());
    promise.sealed = true;
    writer.reset();
    promise.deleting = true;
    ASSERT_TRUE(storage.DeleteLog(name).ok());
    promise.deleted = true;
  }

  void CheckCrash(const CrashOptions& options, const std::string& place) {
    ++report_.points;
    auto note = [&](const std::string& violation) {
      ++report_.violations;
      if (!report_.first.empty()) return;
      report_.first = fmt::format("after {} (survival {}, seed {}): {}", place,
                                  static_cast<int>(options.survival), options.seed, violation);
    };
    auto crashed = memory_.CrashClone(options);
    Result<Contents> found = ReadAll(*crashed, client_);
    if (!found.ok()) return note(found.status().ToString());
    std::string violation = FirstViolation(client_, *found);
    if (!violation.empty()) return note(violation);
    // A crash right after recovery, where nothing is left unsynced that the first open relied on.
    auto again = crashed->CrashClone({});
    Result<Contents> second = ReadAll(*again, client_);
    if (!second.ok()) return note("second open: " + second.status().ToString());
    if (second->registers != found->registers || second->blobs != found->blobs) {
      note("the second open differs");
    }
  }

  Random random_;
  MemoryFileSystem memory_;
  ForgetfulFileSystem fs_;
  Client client_;
  Report report_;
};

class LocalStorageCrashTest : public testing::Test {
 protected:
  LocalStorageCrashTest() { SetLogLevel(LogLevel::kOff); }
  ~LocalStorageCrashTest() override { SetLogLevel(LogLevel::kInfo); }
};

TEST_F(LocalStorageCrashTest, KeepsItsPromisesAtEveryPoint) {
  int points = 0;
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    Report report = Harness(seed, {}).Run();
    EXPECT_EQ(report.violations, 0) << "seed " << seed << ": " << report.first;
    points += report.points;
  }
  EXPECT_GT(points, 4000);
  RecordProperty("crash_points", points);
}

TEST_F(LocalStorageCrashTest, FindsSkippedSyncs) {
  for (const Forgets& forgets :
       {Forgets{"registers/", ""}, Forgets{"~0", ""}, Forgets{"blobs/", ""}, Forgets{"log/", ""},
        Forgets{"", "registers"}, Forgets{"", "blobs"}, Forgets{"", "log"}, Forgets{"", "data"}}) {
    Report report = Harness(7, forgets).Run();
    EXPECT_GT(report.violations, 0) << forgets.file_syncs_of << " / " << forgets.directory_syncs_of;
  }
}

}  // namespace
}  // namespace shale::engine
