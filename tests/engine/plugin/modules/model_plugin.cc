// The in-memory model store as a plugin: the engine "model-plugin".
#include "engine/model/model_store.h"
#include "engine/plugin.h"

namespace shale::engine {
namespace {

Result<std::unique_ptr<KvStore>> OpenModel(const EngineOptions& options) {
  return std::unique_ptr<KvStore>(std::make_unique<MemoryStore>(options));
}

}  // namespace
}  // namespace shale::engine

SHALE_ENGINE_PLUGIN("model-plugin", shale::engine::OpenModel)
