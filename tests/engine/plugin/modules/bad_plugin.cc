// Plugins that must be refused, one per value of SHALE_BAD_PLUGIN.
#include "engine/plugin.h"

namespace shale::engine {

[[maybe_unused]] static Result<std::unique_ptr<KvStore>> Refuse(const EngineOptions&) {
  return Error(sqlstate::kInternalError, "a plugin that was refused was opened");
}

}  // namespace shale::engine

#if SHALE_BAD_PLUGIN == 1  // without the symbol
extern "C" int something_else() { return 1; }
#else
extern "C" const shale::engine::EnginePlugin* shale_engine_plugin() {
  static const shale::engine::EnginePlugin plugin = {
#if SHALE_BAD_PLUGIN == 2    // of a later version
    .version = shale::engine::kPluginVersion + 1,
#elif SHALE_BAD_PLUGIN == 3  // built with other headers
    .layout = shale::engine::PluginLayout() + 1,
#endif
#if SHALE_BAD_PLUGIN == 4  // whose engine there is already
    .name = "model-plugin",
#else
    .name = "bad",
#endif
    .open = shale::engine::Refuse,
  };
  return &plugin;
}
#endif
