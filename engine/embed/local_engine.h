// LocalEngine: the store of one directory, for programs that embed the engine without the server.
//
//   auto engine = LocalEngine::Open("./data");
//   auto transaction = (*engine)->store().Begin({});
//   transaction->Put("key", "value");
//   CommitResult result = BlockingWait(transaction->Commit());
//
// Calls of kv_store.h that wait are coroutines; a program that has none uses BlockingWait
// (engine/base/task.h). Thread-safe as kv_store.h says.
#pragma once

#include <memory>
#include <string>

#include "engine/base/status.h"
#include "engine/kv_store.h"
#include "engine/options.h"

namespace shale::engine {

struct LocalEngineOptions {
  // What the store is opened with; storage, executor and epoch are set by Open.
  EngineOptions engine;
  std::string name = "lsm";  // of the engine: a built-in or a registered one
  int io_threads = 4;        // that read from disk
};

class LocalEngine {
 public:
  // Opens or creates the store in the directory, whose parent must exist, and recovers it. 55006
  // where another process has it. Blocks.
  static Result<std::unique_ptr<LocalEngine>> Open(const std::string& directory,
                                                   LocalEngineOptions options = {});
  // Closes the store; all transactions must have ended. Blocks.
  virtual ~LocalEngine() = default;

  virtual KvStore& store() = 0;
};

}  // namespace shale::engine
