#include "engine/base/random.h"

#include <errno.h>
#include <sys/random.h>

#include "engine/base/check.h"

namespace shale {

void FillSecureRandom(char* buffer, size_t length) {
  while (length > 0) {
    ssize_t filled = getrandom(buffer, length, 0);
    if (filled < 0 && errno == EINTR) continue;
    CHECK(filled > 0);
    buffer += filled;
    length -= static_cast<size_t>(filled);
  }
}

std::string SecureRandomBytes(size_t length) {
  std::string bytes(length, '\0');
  FillSecureRandom(bytes.data(), length);
  return bytes;
}

uint64_t SecureRandom64() {
  uint64_t value = 0;
  FillSecureRandom(reinterpret_cast<char*>(&value), sizeof(value));
  return value;
}

}  // namespace shale
