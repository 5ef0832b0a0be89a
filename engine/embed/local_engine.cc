#include "engine/embed/local_engine.h"

#include <utility>

#include "engine/base/executor.h"
#include "engine/env/local_storage.h"
#include "engine/model/model_store.h"
#include "engine/mvcc/lsm_kv_store.h"

namespace shale::engine {
namespace {

class LocalEngineImpl : public LocalEngine {
 public:
  LocalEngineImpl(std::unique_ptr<LocalStorage> storage, int io_threads)
      : storage_(std::move(storage)), io_("io", io_threads) {}

  Status OpenStore(LocalEngineOptions options) {
    options.engine.storage = storage_.get();
    options.engine.io_executor = &io_;
    options.engine.owner_epoch = storage_->epoch() + 1;
    ASSIGN_OR_RETURN(store_, OpenEngine(options.name, options.engine));
    return Status::Ok();
  }
  KvStore& store() override { return *store_; }

 private:
  std::unique_ptr<LocalStorage> storage_;
  ThreadPool io_;
  std::unique_ptr<KvStore> store_;
};

}  // namespace

Result<std::unique_ptr<LocalEngine>> LocalEngine::Open(const std::string& directory,
                                                       LocalEngineOptions options) {
  RegisterLsmEngine();
  RegisterMemoryEngine();
  ASSIGN_OR_RETURN(auto storage, OpenLocalStorage(PosixFileSystem(), directory));
  auto engine = std::make_unique<LocalEngineImpl>(std::move(storage), options.io_threads);
  RETURN_IF_ERROR(engine->OpenStore(std::move(options)));
  return std::unique_ptr<LocalEngine>(std::move(engine));
}

}  // namespace shale::engine
