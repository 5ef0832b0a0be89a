// RegisterStore: LocalStorage's registers, each kept twice, in NAME~0 and NAME~1.
//
// A compare-and-set writes and syncs copy 0, then copy 1, and only then succeeds. So at any time
// one copy is intact, and whatever a crash or the damage of one copy leaves, the last acknowledged
// value is found:
//
//   copy 0     copy 1     value
//   valid v    valid v    v
//   valid v+1  valid v    v+1: the crash came between the two writes
//   valid v    not valid  v
//   not valid  valid v    v: copy 0 was being written, v+1 was never acknowledged
//   not valid  blank      none: the very first write was never acknowledged
//   anything else         damage, XX001
//
// The copy that lags behind or is not valid is written anew before the value is used.
//
// Thread-safe.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "engine/env/file_system.h"
#include "engine/env/register_format.h"
#include "engine/env/storage.h"

namespace shale::engine {

class RegisterStore {
 public:
  // kLeave: nothing is written, what lags behind or is damaged stays as it is and is only logged;
  // CompareAndSet must not be called.
  enum class Repair { kRepair, kLeave };

  // The directory exists; the file system outlives the store.
  RegisterStore(FileSystem& file_system, std::string directory, Repair repair = Repair::kRepair);

  // As Storage::ReadRegister and Storage::CompareAndSet say. After an error that left the outcome
  // open (40003) the register answers 58030 until the store is opened anew.
  Result<RegisterValue> Read(const std::string& name);
  Status CompareAndSet(const std::string& name, uint64_t expected_version, std::string_view bytes);

 private:
  struct Register {
    bool loaded = false;
    bool unusable = false;
    RegisterValue value;
  };

  // These are called with mutex_ held.
  Result<Register*> Load(const std::string& name);
  Result<RegisterValue> Recover(const std::string& name);
  Result<RegisterCopy> ReadCopy(const std::string& name, int copy);
  Status Reserve(const std::string& name, uint64_t size);
  Status WriteCopy(const std::string& name, int copy, const RegisterValue& value);
  std::string CopyPath(const std::string& name, int copy) const;

  FileSystem& file_system_;
  const std::string directory_;
  const Repair repair_;
  std::mutex mutex_;
  std::map<std::string, Register> registers_;  // guarded by mutex_
  // Registers whose file names this store has made durable. Guarded by mutex_.
  std::set<std::string> durable_names_;
};

}  // namespace shale::engine
