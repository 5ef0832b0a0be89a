#include "engine/plugin_loader.h"

#include <dlfcn.h>

#include <utility>

#include "engine/env/file_system.h"
#include "engine/plugin.h"

namespace shale::engine {
namespace {

std::string LoaderReason() {
  const char* reason = dlerror();
  return reason == nullptr ? "unknown reason" : reason;
}

}  // namespace

Result<std::string> LoadEnginePlugin(const std::string& path) {
  // The loader searches its own places for a name without a slash: a file is meant.
  std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  ASSIGN_OR_RETURN(bool exists, PosixFileSystem().Exists(file));
  if (!exists) {
    return Error(sqlstate::kUndefinedFile, "engine plugin \"{}\" does not exist", path);
  }
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    return Error(sqlstate::kSystemError, "could not load engine plugin \"{}\"", path)
        .Detail(LoaderReason() + ".");
  }
  // Never unloaded once its symbol is there: coroutines, statics and threads may refer to it.
  using Factory = const EnginePlugin* (*)();
  auto factory = reinterpret_cast<Factory>(dlsym(handle, kPluginSymbol));
  if (factory == nullptr) {
    std::string reason = LoaderReason();
    dlclose(handle);
    return Error(sqlstate::kUndefinedFunction,
                 "\"{}\" is no engine plugin: it has no symbol \"{}\"", path, kPluginSymbol)
        .Detail(reason + ".");
  }
  const EnginePlugin* plugin = factory();
  if (plugin->version != kPluginVersion) {
    return Error(sqlstate::kFeatureNotSupported,
                 "engine plugin \"{}\" has interface version {}, this server has version {}", path,
                 plugin->version, kPluginVersion);
  }
  if (plugin->layout != PluginLayout()) {
    return Error(sqlstate::kFeatureNotSupported,
                 "engine plugin \"{}\" was built with other headers or another compiler", path)
        .Hint("Build it with those of this server.");
  }
  if (plugin->name == nullptr || plugin->open == nullptr) {
    return Error(sqlstate::kInvalidParameterValue, "engine plugin \"{}\" names no engine", path);
  }
  std::string name = plugin->name;
  if (IsEngineRegistered(name)) {
    return Error(sqlstate::kDuplicateObject, "engine plugin \"{}\": engine \"{}\" already exists",
                 path, name);
  }
  RegisterEngine(name, plugin->open);
  return name;
}

}  // namespace shale::engine
