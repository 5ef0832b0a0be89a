#include "engine/kv_store.h"

#include <map>
#include <utility>

#include "engine/base/check.h"

namespace shale::engine {

void CancelToken::Cancel(Status reason) {
  std::unique_lock lock(mutex_);
  if (cancelled_.load(std::memory_order_relaxed)) return;
  if (reason.ok()) {
    reason = Error(sqlstate::kQueryCanceled, "canceling statement due to user request");
  }
  reason_ = std::move(reason);
  cancelled_.store(true, std::memory_order_release);
  RunFunction(std::move(lock));
}

void CancelToken::Reset() {
  std::lock_guard lock(mutex_);
  cancelled_.store(false, std::memory_order_release);
  reason_ = Status();
}

Status CancelToken::reason() const {
  std::lock_guard lock(mutex_);
  return reason_;
}

void CancelToken::Register(std::function<void()> function) {
  std::unique_lock lock(mutex_);
  CHECK(function_ == nullptr);
  function_ = std::move(function);
  if (cancelled_.load(std::memory_order_relaxed)) RunFunction(std::move(lock));
}

void CancelToken::Unregister() {
  std::unique_lock lock(mutex_);
  function_ = nullptr;
  // The function may resume the very coroutine that unregisters it, on this thread.
  function_done_.wait(lock, [this] {
    return running_ == std::thread::id() || running_ == std::this_thread::get_id();
  });
}

void CancelToken::RunFunction(std::unique_lock<std::mutex> lock) {
  if (function_ == nullptr) return;
  auto function = std::exchange(function_, nullptr);
  running_ = std::this_thread::get_id();
  lock.unlock();
  function();
  lock.lock();
  running_ = std::thread::id();
  function_done_.notify_all();
}

Async<Status> KvStore::Check() {
  return Error(sqlstate::kFeatureNotSupported,
               "storage engine \"{}\" does not support checking its files", name());
}

Async<Result<BackupSummary>> KvStore::Backup(BackupOptions) {
  return Result<BackupSummary>(Error(sqlstate::kFeatureNotSupported,
                                     "storage engine \"{}\" does not support backups", name()));
}

namespace {

struct EngineRegistry {
  std::mutex mutex;
  std::map<std::string, EngineFactory> factories;  // guarded by mutex
};

EngineRegistry& Registry() {
  static EngineRegistry registry;
  return registry;
}

}  // namespace

void RegisterEngine(std::string name, EngineFactory factory) {
  EngineRegistry& registry = Registry();
  std::lock_guard lock(registry.mutex);
  registry.factories[std::move(name)] = std::move(factory);
}

bool IsEngineRegistered(const std::string& name) {
  EngineRegistry& registry = Registry();
  std::lock_guard lock(registry.mutex);
  return registry.factories.contains(name);
}

Result<std::unique_ptr<KvStore>> OpenEngine(const std::string& name, const EngineOptions& options) {
  EngineRegistry& registry = Registry();
  EngineFactory factory;
  {
    std::lock_guard lock(registry.mutex);
    auto found = registry.factories.find(name);
    if (found == registry.factories.end()) {
      std::string known;
      for (const auto& [other, unused] : registry.factories) {
        known += (known.empty() ? "" : ", ") + other;
      }
      return Error(sqlstate::kUndefinedObject, "storage engine \"{}\" does not exist", name)
          .Detail("Registered engines: " + (known.empty() ? "none" : known) + ".");
    }
    factory = found->second;
  }
  return factory(options);
}

}  // namespace shale::engine
