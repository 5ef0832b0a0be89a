#include "engine/base/checksum.h"

#include <xxhash.h>

#include "engine/base/check.h"

namespace shale {

uint64_t Checksum(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

struct StreamingChecksum::State {
  State() : xxh3(XXH3_createState()) { CHECK(xxh3 != nullptr); }
  ~State() { XXH3_freeState(xxh3); }
  XXH3_state_t* const xxh3;
};

StreamingChecksum::StreamingChecksum() : state_(std::make_unique<State>()) {
  XXH3_64bits_reset(state_->xxh3);
}
StreamingChecksum::~StreamingChecksum() = default;

void StreamingChecksum::Update(std::string_view bytes) {
  XXH3_64bits_update(state_->xxh3, bytes.data(), bytes.size());
}

uint64_t StreamingChecksum::Value() const { return XXH3_64bits_digest(state_->xxh3); }

}  // namespace shale
