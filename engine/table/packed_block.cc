#include "engine/table/packed_block.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/cleanup.h"
#include "engine/base/coding.h"
#include "engine/base/packed_column.h"
#include "engine/format/internal_key.h"
#include "engine/table/block_builder.h"
#include "engine/table/table_format.h"

namespace shale::engine {
namespace {

// Of a value in columns, and values whose words are turned at once; fewer stay as they are.
constexpr size_t kWordBytes = 8;
constexpr size_t kValuesTurned = 8;

using Words = std::array<uint64_t, kValuesTurned>;

// Byte c of word r becomes byte r of word c.
inline void Turn(Words* words) {
  Words& w = *words;
  auto exchange = [&w](size_t step, uint64_t low_bytes) {
#pragma GCC unroll 8
    for (size_t i = 0; i < kValuesTurned; ++i) {
      if ((i & step) != 0) continue;
      const uint64_t changed = (w[i] >> 8 * step ^ w[i + step]) & low_bytes;
      w[i + step] ^= changed;
      w[i] ^= changed << 8 * step;
    }
  };
  exchange(4, 0x00000000ffffffff);
  exchange(2, 0x0000ffff0000ffff);
  exchange(1, 0x00ff00ff00ff00ff);
}

// Eight values at a time, the last ones with some that have been before.
template <typename Visit>
inline void ForEachEight(size_t count, Visit visit) {
  for (size_t first = 0; first + kValuesTurned < count; first += kValuesTurned) visit(first);
  visit(count - kValuesTurned);
}

}  // namespace

// What it reads was built in this process, yet a block that does not fit is left as it is.
bool BlockPacker::Split(std::string_view block) {
  for (std::vector<uint64_t>& column : columns_) column.clear();
  rests_.clear();
  last_key_.clear();
  if (block.size() < kSortedBlockTailBytes) return false;
  const size_t before_tail = block.size() - kSortedBlockTailBytes;
  const size_t keys_bytes = LoadFixed<uint32_t>(block.data() + before_tail);
  const size_t restarts = LoadFixed<uint32_t>(block.data() + before_tail + 2 * sizeof(uint32_t));
  if (restarts == 0 || restarts > before_tail / kRestartBytes) return false;
  const size_t values_end = before_tail - restarts * kRestartBytes;
  if (keys_bytes > values_end) return false;
  values_ = block.substr(keys_bytes, values_end - keys_bytes);

  const char* restart_offsets = block.data() + values_end + restarts * sizeof(uint32_t);
  auto restart_offset = [&](size_t index) {
    return LoadFixed<uint32_t>(restart_offsets + index * sizeof(uint32_t));
  };
  size_t restart = 0;  // the next one
  entries_per_restart_ = 0;
  ByteReader reader(block.substr(0, keys_bytes));
  while (!reader.empty()) {
    const size_t count = columns_[kShared].size();
    const size_t offset = keys_bytes - reader.rest().size();
    if (restart < restarts && restart_offset(restart) == offset) {
      if (restart == 1) entries_per_restart_ = count;
      if (restart > 0 && count != restart * entries_per_restart_) return false;
      ++restart;
    }
    const uint64_t shared = reader.ReadVarint32();
    const uint64_t rest = reader.ReadVarint32();
    const uint64_t value_bytes = reader.ReadVarint32();
    const std::string_view rest_of_key = reader.ReadBytes(rest);
    if (!reader.ok() || shared > last_key_.size() || shared + rest < kTrailerBytes) return false;
    last_key_.resize(shared);
    last_key_ += rest_of_key;
    const uint64_t user_bytes = last_key_.size() - kTrailerBytes;
    const uint64_t user_shared = std::min(shared, user_bytes);
    const uint64_t trailer = Trailer(last_key_);
    columns_[kShared].push_back(user_shared);
    columns_[kRest].push_back(user_bytes - user_shared);
    columns_[kValueBytes].push_back(value_bytes);
    columns_[kType].push_back(static_cast<uint64_t>(TrailerType(trailer)));
    columns_[kSequence].push_back(TrailerSequence(trailer));
    rests_ += std::string_view(last_key_).substr(user_shared, user_bytes - user_shared);
  }
  if (restart != restarts) return false;
  if (restarts == 1) entries_per_restart_ = columns_[kShared].size();
  return true;
}

bool BlockPacker::Open(std::string_view block) {
  block_bytes_ = block.size();
  words_max_ = 0;
  if (!Split(block)) return false;
  const std::vector<uint64_t>& bytes = columns_[kValueBytes];
  if (bytes.size() >= kValuesTurned) words_max_ = std::ranges::min(bytes) / kWordBytes;
  return true;
}

// A word is turned with those of seven other values, and lies in eight columns then.
void BlockPacker::AppendValues(size_t words) {
  const std::vector<uint64_t>& bytes = columns_[kValueBytes];
  const size_t count = bytes.size();
  value_offsets_.clear();
  uint32_t offset = 0;
  for (uint64_t value_bytes : bytes) {
    value_offsets_.push_back(offset);
    offset += static_cast<uint32_t>(value_bytes);
  }
  size_t at = packed_.size();
  packed_.resize(at + words * kWordBytes * count);
  for (size_t word = 0; word < words; ++word, at += kWordBytes * count) {
    ForEachEight(count, [&](size_t first) {
      Words turned;
#pragma GCC unroll 8
      for (size_t i = 0; i < kValuesTurned; ++i) {
        const size_t value = value_offsets_[first + i];
        turned[i] = LoadFixed<uint64_t>(values_.data() + value + word * kWordBytes);
      }
      Turn(&turned);
#pragma GCC unroll 8
      for (size_t i = 0; i < kWordBytes; ++i) {
        std::memcpy(packed_.data() + at + i * count + first, &turned[i], kValuesTurned);
      }
    });
  }
  const size_t head = words * kWordBytes;
  for (size_t i = 0; i < count; ++i) {
    packed_ += values_.substr(value_offsets_[i] + head, bytes[i] - head);
  }
}

std::string_view BlockPacker::Pack(size_t words) {
  packed_.clear();
  PutVarint64(&packed_, columns_[kShared].size());
  PutVarint64(&packed_, entries_per_restart_);
  if (words > 0) PutVarint64(&packed_, words);
  for (const std::vector<uint64_t>& column : columns_) AppendPackedColumn(column, &packed_);
  packed_ += rests_;
  if (words > 0) {
    AppendValues(words);
  } else {
    packed_ += values_;
  }
  if (packed_.size() >= block_bytes_) return {};
  return packed_;
}

namespace {

// By a thread, from one block to the next; one that had to hold a huge block's is given back.
constexpr size_t kRestartsKept = 64 << 10;
constexpr size_t kOffsetsKept = 64 << 10;  // likewise

// Puts a block's entries down one after another.
class EntryWriter {
 public:
  // The entries take these bytes, to the last one; the rests follow each other.
  EntryWriter(std::span<char> out, std::string_view rests)
      : begin_(out.data()), at_(begin_), end_(begin_ + out.size()), rests_(rests) {}

  // False where that fits neither the room nor what came before.
  bool Add(uint64_t user_shared, uint64_t user_rest, uint64_t value_bytes, uint64_t trailer);
  // A key that is stored whole.
  bool AddRestart(uint64_t user_rest, uint64_t value_bytes, uint64_t trailer);
  uint32_t offset() const { return static_cast<uint32_t>(at_ - begin_); }
  // Of the last one's key, where its rest begins.
  uint32_t key_offset() const { return key_offset_; }
  bool AtEnd() const { return at_ == end_ && rests_.empty(); }

 private:
  bool Store(uint64_t shared, uint64_t user_rest, uint64_t value_bytes, uint64_t trailer,
             size_t trailer_shared);
  size_t SharedOfTrailer(uint64_t user_bytes, uint64_t trailer);
  const std::string& LastKey();

  char* const begin_;
  char* at_;
  char* const end_;
  std::string_view rests_;
  uint32_t key_offset_ = 0;
  uint64_t last_user_bytes_ = 0;
  uint64_t last_trailer_ = 0;
  // Of the entry in front of read_, as far as it was asked for.
  std::string key_;
  const char* read_ = nullptr;
};

inline bool EntryWriter::Store(uint64_t shared, uint64_t user_rest, uint64_t value_bytes,
                               uint64_t trailer, size_t trailer_shared) {
  constexpr size_t kShort = 16;
  const size_t trailer_rest = kTrailerBytes - trailer_shared;
  const size_t rest = user_rest + trailer_rest;
  const auto room = static_cast<size_t>(end_ - at_);
  if ((shared | rest | value_bytes) < 0x80 && user_rest <= kShort && rests_.size() >= kShort &&
      room >= 3 + kShort + kTrailerBytes) [[likely]] {
    at_[0] = static_cast<char>(shared);
    at_[1] = static_cast<char>(rest);
    at_[2] = static_cast<char>(value_bytes);
    at_ += 3;
    key_offset_ = offset();
    std::memcpy(at_, rests_.data(), kShort);
  } else {
    char head[3 * kVarint64BytesMax];
    char* head_end = StoreVarint(head, shared);
    head_end = StoreVarint(head_end, rest);
    head_end = StoreVarint(head_end, value_bytes);
    const size_t head_bytes = head_end - head;
    if (user_rest > rests_.size() || rest > room || head_bytes > room - rest) return false;
    std::memcpy(at_, head, head_bytes);
    at_ += head_bytes;
    key_offset_ = offset();
    std::memcpy(at_, rests_.data(), user_rest);
  }
  rests_.remove_prefix(user_rest);
  at_ += user_rest;
  const uint64_t trailer_left = trailer_rest == 0 ? 0 : trailer >> 8 * trailer_shared;
  if (static_cast<size_t>(end_ - at_) >= kTrailerBytes) [[likely]] {
    std::memcpy(at_, &trailer_left, kTrailerBytes);
  } else {
    std::memcpy(at_, &trailer_left, trailer_rest);
  }
  at_ += trailer_rest;
  last_trailer_ = trailer;
  return true;
}

inline bool EntryWriter::AddRestart(uint64_t user_rest, uint64_t value_bytes, uint64_t trailer) {
  key_.clear();
  read_ = at_;
  last_user_bytes_ = user_rest;
  return Store(0, user_rest, value_bytes, trailer, 0);
}

inline bool EntryWriter::Add(uint64_t user_shared, uint64_t user_rest, uint64_t value_bytes,
                             uint64_t trailer) {
  if (user_shared > last_user_bytes_ + kTrailerBytes) return false;
  const uint64_t user_bytes = user_shared + user_rest;
  size_t trailer_shared = 0;
  if (user_rest == 0) {
    if (user_bytes < last_user_bytes_) return false;  // it would come before the last one
    trailer_shared = SharedOfTrailer(user_bytes, trailer);
  }
  last_user_bytes_ = user_bytes;
  return Store(user_shared + trailer_shared, user_rest, value_bytes, trailer, trailer_shared);
}

// Where all of the user key is the last key's beginning, the trailer may go on as that does: as its
// trailer, mostly.
size_t EntryWriter::SharedOfTrailer(uint64_t user_bytes, uint64_t trailer) {
  if (user_bytes == last_user_bytes_) {
    const uint64_t difference = trailer ^ last_trailer_;
    return difference == 0 ? kTrailerBytes : std::countr_zero(difference) / 8;
  }
  const std::string& last_key = LastKey();
  return CommonPrefixBytes(reinterpret_cast<const char*>(&trailer), last_key.data() + user_bytes,
                           std::min(kTrailerBytes, last_key.size() - user_bytes));
}

const std::string& EntryWriter::LastKey() {
  ByteReader reader(std::string_view(read_, at_ - read_));
  while (!reader.empty()) {
    const uint64_t shared = reader.ReadVarint64();
    const uint64_t rest = reader.ReadVarint64();
    (void)reader.ReadVarint64();
    key_.resize(shared);
    key_ += reader.ReadBytes(rest);
  }
  read_ = at_;
  return key_;
}

// Values of which so many words are in columns, in packed.size() bytes, and so many at `out`. False
// where one of them is shorter.
bool UnpackValues(std::string_view packed, const PackedColumn& bytes, size_t count, size_t words,
                  char* out) {
  const size_t head = words * kWordBytes;
  thread_local std::vector<uint32_t> offsets;
  Cleanup give_back([] {
    if (offsets.capacity() > kOffsetsKept) std::vector<uint32_t>().swap(offsets);
  });
  offsets.resize(count);
  uint32_t offset = 0;
  for (size_t i = 0; i < count; ++i) {
    if (bytes[i] < head) return false;
    offsets[i] = offset;
    offset += static_cast<uint32_t>(bytes[i]);
  }
  const char* column = packed.data();
  const char* rest = column + head * count;
  for (size_t i = 0; i < count; ++i) {
    const size_t rest_bytes = bytes[i] - head;
    std::memcpy(out + offsets[i] + head, rest, rest_bytes);
    rest += rest_bytes;
  }
  for (size_t word = 0; word < words; ++word, column += kWordBytes * count) {
    char* const words_out = out + word * kWordBytes;
    ForEachEight(count, [&](size_t first) {
      Words turned;
#pragma GCC unroll 8
      for (size_t i = 0; i < kWordBytes; ++i) {
        turned[i] = LoadFixed<uint64_t>(column + i * count + first);
      }
      Turn(&turned);
#pragma GCC unroll 8
      for (size_t i = 0; i < kValuesTurned; ++i) {
        std::memcpy(words_out + offsets[first + i], &turned[i], kWordBytes);
      }
    });
  }
  return true;
}

}  // namespace

bool UnpackBlock(PackedForm form, std::string_view packed, std::span<char> block) {
  ByteReader reader(packed);
  const uint64_t entries = reader.ReadVarint64();
  const uint64_t entries_per_restart = reader.ReadVarint64();
  const uint64_t words = form == PackedForm::kColumns ? reader.ReadVarint64() : 0;
  // Each entry has a head, of three bytes at least.
  if (!reader.ok() || entries == 0 || entries > block.size() / 3 || entries_per_restart == 0 ||
      words > block.size() / kWordBytes || (words > 0 && entries < kValuesTurned)) {
    return false;
  }
  PackedColumn shared_bytes;
  PackedColumn rest_bytes;
  PackedColumn value_bytes;
  PackedColumn types;
  PackedColumn sequences;
  for (PackedColumn* column : {&shared_bytes, &rest_bytes, &value_bytes, &types, &sequences}) {
    if (!column->Open(entries, &reader)) return false;
  }
  const uint64_t restarts = (entries - 1) / entries_per_restart + 1;
  uint64_t values_bytes = 0;
  for (uint64_t i = 0; i < entries && values_bytes <= block.size(); ++i) {
    values_bytes += value_bytes[i];
  }
  const uint64_t behind_entries = values_bytes + restarts * kRestartBytes + kSortedBlockTailBytes;
  if (behind_entries > block.size() || values_bytes > reader.rest().size()) return false;
  const size_t entries_bytes = block.size() - behind_entries;
  std::string_view rests = reader.rest();
  const std::string_view values = rests.substr(rests.size() - values_bytes);
  rests.remove_suffix(values_bytes);

  thread_local std::vector<BlockRestart> restart_list;
  Cleanup give_back([] {
    restart_list.clear();
    if (restart_list.capacity() > kRestartsKept) restart_list.shrink_to_fit();
  });
  EntryWriter writer(block.first(entries_bytes), rests);
  uint64_t value_offset = 0;
  uint64_t until_restart = 0;
  for (uint64_t i = 0; i < entries; ++i) {
    const uint64_t user_rest = rest_bytes[i];
    const uint64_t bytes_of_value = value_bytes[i];
    const uint64_t trailer = sequences[i] << 8 | types[i];
    if (until_restart-- > 0) {
      if (!writer.Add(shared_bytes[i], user_rest, bytes_of_value, trailer)) return false;
    } else {
      until_restart = entries_per_restart - 1;
      const uint32_t offset = writer.offset();
      if (shared_bytes[i] != 0) return false;
      if (!writer.AddRestart(user_rest, bytes_of_value, trailer)) return false;
      restart_list.push_back({offset, static_cast<uint32_t>(value_offset), writer.key_offset(),
                              static_cast<uint32_t>(user_rest)});
    }
    value_offset += bytes_of_value;
  }
  if (!writer.AtEnd()) return false;
  char* const behind = block.data() + entries_bytes;
  if (words == 0) {
    std::memcpy(behind, values.data(), values.size());
  } else if (!UnpackValues(values, value_bytes, entries, words, behind)) {
    return false;
  }
  StoreBlockTail(block.data(), static_cast<uint32_t>(entries_bytes), restart_list,
                 behind + values.size());
  return true;
}

}  // namespace shale::engine
