#include "engine/table/readahead.h"

#include <algorithm>

namespace shale::engine {

void Readahead::Use(uint64_t offset, size_t bytes) {
  bool again = offset == used_begin_;
  bool in_turn = offset == used_end_ || offset + bytes == used_begin_;
  if (!in_turn && !again) next_bytes_ = 0;
  used_begin_ = offset;
  used_end_ = offset + bytes;
}

Result<bool> Readahead::Read(uint64_t offset, size_t bytes) {
  bool forward = offset == used_end_;
  bool backward = offset + bytes == used_begin_;
  bool inside = offset >= begin_ && offset <= end_ && bytes <= end_ - offset;
  if (bytes > bytes_max_ || !inside || (!forward && !backward)) return false;
  if (next_bytes_ == 0) {
    next_bytes_ = kFirstBytes;
    return false;
  }
  size_t wanted = std::max(std::min(next_bytes_, bytes_max_), bytes);
  uint64_t from = offset;
  if (forward) {
    wanted = std::min<uint64_t>(wanted, end_ - offset);
  } else {
    wanted = std::min<uint64_t>(wanted, offset + bytes - begin_);
    from = offset + bytes - wanted;
  }
  held_bytes_ = 0;
  if (buffer_bytes_ < wanted) {
    buffer_ = std::make_unique_for_overwrite<char[]>(wanted);
    buffer_bytes_ = wanted;
  }
  RETURN_IF_ERROR(blob_->Read(from, wanted, buffer_.get()));
  held_offset_ = from;
  held_bytes_ = wanted;
  next_bytes_ = std::min(next_bytes_ * 2, std::max(bytes_max_, kFirstBytes));
  if (wanted >= kPrefetchBytes) PrefetchNext(forward);
  return true;
}

void Readahead::PrefetchNext(bool forward) {
  const uint64_t held_end = held_offset_ + held_bytes_;
  const uint64_t rest = forward ? end_ - held_end : held_offset_ - begin_;
  const uint64_t bytes = std::min<uint64_t>(next_bytes_, rest);
  if (bytes > 0) blob_->Prefetch(forward ? held_end : held_offset_ - bytes, bytes);
}

}  // namespace shale::engine
