#include "engine/base/checksum.h"

#include <xxhash.h>

namespace shale {

uint64_t Checksum(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace shale
