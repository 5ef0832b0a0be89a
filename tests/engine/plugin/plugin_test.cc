// Goal: a plugin's engine opens by its name and works; what is no plugin, or one of another
// version, is refused with an error that says so. Method: shared objects made for each case.
#include "engine/plugin.h"

#include <gtest/gtest.h>

#include "engine/plugin_loader.h"

namespace shale::engine {
namespace {

std::string PathOf(const std::string& name) {
  return std::string(SHALE_PLUGIN_DIR) + "/" + name + ".so";
}

void ExpectRefused(const std::string& path, SqlState sqlstate, const std::string& text) {
  Result<std::string> loaded = LoadEnginePlugin(path);
  ASSERT_FALSE(loaded.ok()) << path;
  EXPECT_TRUE(loaded.status().Is(sqlstate)) << loaded.status().ToString();
  EXPECT_NE(loaded.status().message().find(text), std::string::npos) << loaded.status().ToString();
  EXPECT_NE(loaded.status().message().find(path), std::string::npos) << loaded.status().ToString();
}

TEST(EnginePlugin, LoadsOpensAndWorks) {
  Result<std::string> name = LoadEnginePlugin(PathOf("model_plugin"));
  ASSERT_TRUE(name.ok()) << name.status().ToString();
  EXPECT_EQ(*name, "model-plugin");
  Result<std::unique_ptr<KvStore>> store = OpenEngine("model-plugin", EngineOptions{});
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  auto transaction = (*store)->Begin({});
  ASSERT_TRUE(transaction->Put("k", "v").ok());
  EXPECT_EQ(BlockingWait(transaction->Commit()).outcome, CommitOutcome::kCommitted);
  PinnedBytes value;
  auto reader = (*store)->Begin({});
  EXPECT_TRUE(*BlockingWait(reader->Get("k", &value)));
  EXPECT_EQ(value.view(), "v");
  // Errors cross the boundary, defaults of the seam too.
  EXPECT_TRUE(BlockingWait((*store)->Check()).Is(sqlstate::kFeatureNotSupported));
  // Its name is taken now, by itself and by another plugin.
  ExpectRefused(PathOf("model_plugin"), sqlstate::kDuplicateObject, "already exists");
  ExpectRefused(PathOf("bad_plugin_4"), sqlstate::kDuplicateObject, "model-plugin");
}

TEST(EnginePlugin, WhatIsNoneIsRefused) {
  ExpectRefused("/nowhere/plugin.so", sqlstate::kUndefinedFile, "does not exist");
  ExpectRefused("no_such_plugin.so", sqlstate::kUndefinedFile, "does not exist");
  ExpectRefused(std::string(SHALE_SOURCE_DIR) + "/CMakeLists.txt", sqlstate::kSystemError,
                "could not load");
  ExpectRefused(PathOf("bad_plugin_1"), sqlstate::kUndefinedFunction, "shale_engine_plugin");
  ExpectRefused(PathOf("bad_plugin_2"), sqlstate::kFeatureNotSupported,
                fmt::format("interface version {}", kPluginVersion + 1));
  ExpectRefused(PathOf("bad_plugin_3"), sqlstate::kFeatureNotSupported, "other headers");
  EXPECT_FALSE(IsEngineRegistered("bad"));
}

}  // namespace
}  // namespace shale::engine
