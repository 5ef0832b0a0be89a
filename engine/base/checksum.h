// Checksums of everything that Shale persists: XXH3 (github.com/Cyan4973/xxHash), whose results are
// fixed across versions and machines. They find damage, not forgery.
//
// Seed with ChecksumSeed(file, offset), so that a block that ended up in the wrong file or place
// does not pass although its bytes are intact.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace shale {

uint64_t Checksum(std::string_view bytes, uint64_t seed = 0);

// The low half of Checksum, for formats where eight bytes a record are too many.
inline uint32_t Checksum32(std::string_view bytes, uint64_t seed = 0) {
  return static_cast<uint32_t>(Checksum(bytes, seed));
}

// Mixes a file's number and an offset in it (or any two numbers) into one seed.
constexpr uint64_t ChecksumSeed(uint64_t file_id, uint64_t offset) {
  uint64_t mixed = file_id * 0x9e3779b97f4a7c15 ^ (offset + 0x632be59bd9b4e019);
  mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93;
  mixed = (mixed ^ (mixed >> 32)) * 0xd6e8feb86659fd93;
  return mixed ^ (mixed >> 32);
}

// Checksum(bytes) of bytes that come piece by piece.
class StreamingChecksum {
 public:
  StreamingChecksum();
  ~StreamingChecksum();
  StreamingChecksum(const StreamingChecksum&) = delete;
  StreamingChecksum& operator=(const StreamingChecksum&) = delete;

  void Update(std::string_view bytes);
  // Of all so far; more may follow.
  uint64_t Value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace shale
