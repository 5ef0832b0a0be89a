// MemoryFileSystem: a file system in memory that knows what a power cut would leave of it.
//
// Each file has its current contents and those that would be on disk, each directory its current
// entries and those made durable by SyncDirectory. CrashClone builds, in a new file system, one of
// the states that a crash at this moment may leave. Contents are shared between clones and copied
// when written, so a clone after every call of a test is affordable.
//
// The rules (the model that tests/engine/env checks it against):
//   - Sync makes the file's contents and size durable, not its name. SyncDirectory makes a
//     directory's entries durable, not the contents of the files behind them.
//   - Of unsynced contents each 4 KiB block survives or not on its own; torn, each 512-byte sector.
//   - Unsynced entry changes (create, remove, rename, link) survive in order up to some point, or,
//     with lost_directory_entries, each on its own. A rename inside one directory survives as a
//     whole, one between two directories may survive in either alone.
//
// Thread-safe. Paths are taken as they are given: components between slashes, empty ones and "."
// left out; no "..".
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/env/file_operation.h"
#include "engine/env/file_system.h"

namespace shale {
class Random;
}

namespace shale::engine {

enum class CrashSurvival {
  kNone,    // nothing that was not synced
  kAll,     // everything, as after a crash of the process alone
  kRandom,  // a part, by seed
};

struct CrashOptions {
  CrashSurvival survival = CrashSurvival::kNone;
  uint64_t seed = 0;
  // kRandom: a block of unsynced data may survive in part.
  bool torn_writes = false;
  // A file may have its new size where the data did not survive (it reads as zeros). With kNone:
  // always.
  bool size_ahead_of_data = false;
  // Entry changes may survive where the renamed file's data did not. With kNone: all entry changes
  // survive. Without it a surviving rename brings the file's unsynced data along.
  bool rename_before_data = false;
  // kRandom: entry changes survive each on its own, instead of in order.
  bool lost_directory_entries = false;

  // A random part, with everything allowed that a disk may do.
  static CrashOptions Worst(uint64_t seed) {
    return {CrashSurvival::kRandom, seed, true, true, true, true};
  }
};

class MemoryFileSystem : public FileSystem {
 public:
  static constexpr size_t kSectorBytes = 512;
  static constexpr size_t kBlockBytes = 4096;

  MemoryFileSystem();
  // Files still open stay usable; they belong to a tree that nobody sees any more.
  ~MemoryFileSystem() override;

  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  Status Remove(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Link(const std::string& from, const std::string& to) override;
  Status CreateDirectory(const std::string& path) override;
  Status SyncDirectory(const std::string& path) override;
  Result<std::vector<std::string>> List(const std::string& path) override;
  Result<bool> Exists(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override;
  Result<uint64_t> FreeBytes(const std::string& path) override;

  // A file system as the next start of the machine may find it, all of it durable, nothing locked.
  std::unique_ptr<MemoryFileSystem> CrashClone(const CrashOptions& options) const;

  // Called after every successful call that changed anything (syncs included), on the caller's
  // thread, with no lock held, so that it may clone. Set it while no other thread is using the file
  // system.
  using MutationHook = std::function<void(FileOperation operation, const std::string& path)>;
  void set_mutation_hook(MutationHook hook);

  // Writes and preallocations beyond it fail with 53100. Files count in whole blocks.
  void set_capacity_bytes(uint64_t bytes);

  // What the kernel does after a failed fsync: unsynced blocks are taken for clean, though they are
  // not on disk. They stay readable, and no later Sync makes them durable unless they are written
  // again.
  Status LoseUnsyncedData(const std::string& path);

  // For tests: changes a byte, also on disk; offset must be inside the file.
  Status Corrupt(const std::string& path, uint64_t offset, uint8_t xor_mask);
  Result<std::string> ReadWhole(const std::string& path) const;
  // Creates or replaces a file, durably, name included.
  Status ReplaceWhole(const std::string& path, std::string_view bytes);
  // Paths of all files, sorted.
  std::vector<std::string> ListFiles() const;
  uint64_t used_bytes() const;

 private:
  friend class MemoryFile;
  friend class MemoryFileLock;
  struct State;

  std::shared_ptr<State> state_;
};

}  // namespace shale::engine
