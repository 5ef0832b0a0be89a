// Readahead: bytes of a file read in advance of need, as long as blocks are asked for one after
// another in either direction. The second block in turn is read alone yet, since short scans end
// there; the stretch read then doubles with each read up to a maximum. A block out of turn is read
// alone, and all begins anew. With a stretch that is long already, the disk is told of the one that
// follows it, which it can fetch while this one is used. One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/base/status.h"
#include "engine/env/storage.h"

namespace shale::engine {

class Readahead {
 public:
  // Reads within [begin, end) of the blob, which outlives it; bytes_max 0: never ahead.
  Readahead(BlobReader* blob, uint64_t begin, uint64_t end, size_t bytes_max)
      : blob_(blob), begin_(begin), end_(end), bytes_max_(bytes_max) {}

  bool enabled() const { return bytes_max_ > 0; }
  // Whether the bytes are at hand.
  bool Has(uint64_t offset, size_t bytes) const {
    return offset >= held_offset_ && offset + bytes <= held_offset_ + held_bytes_;
  }
  // Of what it has; valid until the next Read.
  std::string_view Bytes(uint64_t offset, size_t bytes) const {
    return {buffer_.get() + (offset - held_offset_), bytes};
  }

  // Reads these bytes and more, where they follow or precede those used last. False: read them
  // alone, being out of turn or the second in turn, too many or not within [begin, end). Blocks.
  Result<bool> Read(uint64_t offset, size_t bytes);
  // Says that these bytes were used, wherever they came from: the next ones in turn are those
  // beside.
  void Use(uint64_t offset, size_t bytes);

 private:
  static constexpr size_t kFirstBytes = 32 << 10;
  static constexpr size_t kPrefetchBytes = 128 << 10;

  void PrefetchNext(bool forward);

  BlobReader* const blob_;
  const uint64_t begin_;
  const uint64_t end_;
  const size_t bytes_max_;
  std::unique_ptr<char[]> buffer_;
  size_t buffer_bytes_ = 0;
  uint64_t held_offset_ = 0;
  size_t held_bytes_ = 0;
  size_t next_bytes_ = 0;             // to be read at once; 0: the block asked for alone
  uint64_t used_begin_ = UINT64_MAX;  // of the bytes used last; nothing at first
  uint64_t used_end_ = UINT64_MAX;
};

}  // namespace shale::engine
