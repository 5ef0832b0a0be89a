#include "engine/base/sync_point.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace shale {
namespace {

struct Registry {
  std::atomic<size_t> count{0};
  std::mutex mutex;
  std::unordered_map<std::string, std::shared_ptr<const std::function<void()>>>
      functions;  // guarded
};

Registry& Points() {
  static Registry& registry = *new Registry;
  return registry;
}

}  // namespace

void SetSyncPoint(const std::string& name, std::function<void()> function) {
  Registry& registry = Points();
  std::lock_guard lock(registry.mutex);
  if (function) {
    registry.functions[name] = std::make_shared<const std::function<void()>>(std::move(function));
  } else {
    registry.functions.erase(name);
  }
  registry.count.store(registry.functions.size(), std::memory_order_release);
}

void ReachSyncPoint(const char* name) {
  Registry& registry = Points();
  if (registry.count.load(std::memory_order_acquire) == 0) return;
  std::shared_ptr<const std::function<void()>> function;
  {
    std::lock_guard lock(registry.mutex);
    auto found = registry.functions.find(name);
    if (found == registry.functions.end()) return;
    function = found->second;
  }
  (*function)();
}

}  // namespace shale
