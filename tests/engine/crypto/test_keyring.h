// A keyring on a storage in memory, whose keys are the same in every run.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "engine/crypto/keyring.h"
#include "engine/env/simulated_storage.h"
#include "tests/engine/crypto/test_keys.h"

namespace shale::engine {

class TestKeyring {
 public:
  explicit TestKeyring(uint64_t seed = 1) : storage_(cluster_.Attach(1)) {
    auto keyring = Keyring::Open({.storage = storage_.get(),
                                  .master_key = TestKey(seed),
                                  .old_master_key = nullptr,
                                  .random = TestRandom(seed)});
    EXPECT_TRUE(keyring.ok()) << keyring.status().ToString();
    keyring_ = *std::move(keyring);
  }

  Keyring* get() { return keyring_.get(); }
  Storage* storage() { return storage_.get(); }

 private:
  SimulatedCluster cluster_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<Keyring> keyring_;
};

}  // namespace shale::engine
