// The interface between the server and an engine in a shared object (--engine-plugin FILE).
//
// A plugin exports one C symbol, shale_engine_plugin, by SHALE_ENGINE_PLUGIN:
//
//   #include "engine/plugin.h"
//   static Result<std::unique_ptr<KvStore>> Open(const EngineOptions& options) { ... }
//   SHALE_ENGINE_PLUGIN("mine", Open)
//
// What crosses the boundary are C++ objects: KvStore and what its calls take and give. So a plugin
// is built with the compiler, the standard library and the headers of the server it is for. The
// layout number stands for all of that and is compared when the plugin is loaded; another one is
// refused. The first two fields of EnginePlugin never change place.
//
// A plugin stays loaded until the process ends. The server exports its own symbols: a plugin may
// leave those of engine/base and of the seam undefined, or bring copies, which then give way to the
// server's.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/status.h"
#include "engine/kv_store.h"
#include "engine/options.h"

namespace shale::engine {

// Raised with every change of KvStore, its companions, EngineOptions or EnginePlugin.
inline constexpr uint32_t kPluginVersion = 12;
inline constexpr const char* kPluginSymbol = "shale_engine_plugin";

// Of what would differ between compilers, libraries and headers, as far as it can be seen here.
constexpr uint64_t PluginLayout() {
  uint64_t layout = 0x9e3779b97f4a7c15;
  for (uint64_t part : {uint64_t{__cplusplus},
                        uint64_t{__GXX_ABI_VERSION},
                        uint64_t{_GLIBCXX_USE_CXX11_ABI},
                        uint64_t{sizeof(EngineOptions)},
                        uint64_t{sizeof(TransactionOptions)},
                        uint64_t{sizeof(SerializableOptions)},
                        uint64_t{sizeof(ScanOptions)},
                        uint64_t{sizeof(LockOptions)},
                        uint64_t{sizeof(CommitResult)},
                        uint64_t{sizeof(CommitRanges)},
                        uint64_t{sizeof(KvLimits)},
                        uint64_t{sizeof(PinnedBytes)},
                        uint64_t{sizeof(CancelToken)},
                        uint64_t{sizeof(BackupOptions)},
                        uint64_t{sizeof(BackupSummary)},
                        uint64_t{sizeof(Status)},
                        uint64_t{sizeof(Result<bool>)},
                        uint64_t{sizeof(Async<Status>)},
                        uint64_t{sizeof(KvTransaction)},
                        uint64_t{sizeof(LockInfo)},
                        uint64_t{sizeof(LockSessionOptions)}}) {
    layout = (layout ^ part) * 0xd6e8feb86659fd93;
    layout ^= layout >> 32;
  }
  return layout;
}

struct EnginePlugin {
  uint32_t version = kPluginVersion;
  uint64_t layout = PluginLayout();
  const char* name = nullptr;  // of the engine, as OpenEngine takes it
  Result<std::unique_ptr<KvStore>> (*open)(const EngineOptions& options) = nullptr;
};

}  // namespace shale::engine

extern "C" __attribute__((visibility("default"))) const shale::engine::EnginePlugin*
shale_engine_plugin();

#define SHALE_ENGINE_PLUGIN(engine_name, open_function)                        \
  extern "C" const shale::engine::EnginePlugin* shale_engine_plugin() {        \
    static const shale::engine::EnginePlugin plugin = {.name = engine_name,    \
                                                       .open = open_function}; \
    return &plugin;                                                            \
  }
