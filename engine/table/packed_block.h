// The packed form of a sorted block: what data and index blocks are before they are compressed.
//
// In memory a block is laid out for searches (table_format.h): each key's trailer in full, lengths
// between the keys, and offsets of the restarts, all of which a compressor of bytes can do little
// about. Packed, numbers of a kind lie side by side in columns, and what follows from the rest is
// left out:
//
//   entries (varint) | entries per restart (varint) | words (varint), of form kColumns only
//   columns (engine/base/packed_column.h), a value for each entry:
//     shared   bytes of the user key that are those of the internal key before; 0 at a restart
//     rest     further bytes of the user key
//     value    bytes of the value
//     type     of the trailer
//     sequence of the trailer
//   the rests, one after another
//   kColumns: the first byte of all values, the second of all, to that many times 8 bytes
//   the values, or what is left of them, one after another
//
// Values that begin alike, as rows of one table do with their numbers and offsets, compress better
// by columns, and are decompressed in fewer and longer copies.
//
// Unpacking gives the very bytes that were packed.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shale::engine {

enum class PackedForm : uint8_t { kRows, kColumns };

// Keeps its buffers from one block to the next. One thread at a time.
class BlockPacker {
 public:
  // Takes a block apart that BlockBuilder has finished and that outlives Pack. False where it is
  // not as BlockBuilder makes them.
  bool Open(std::string_view block);
  // So many words of all values may be put into columns.
  size_t words_max() const { return words_max_; }
  // Gives the packed form, kColumns with words above 0; valid until the next call. Nothing where it
  // would be no smaller.
  std::string_view Pack(size_t words = 0);

 private:
  enum Column { kShared, kRest, kValueBytes, kType, kSequence, kColumns };

  bool Split(std::string_view block);
  void AppendValues(size_t words);

  size_t block_bytes_ = 0;
  uint64_t entries_per_restart_ = 0;
  size_t words_max_ = 0;
  std::array<std::vector<uint64_t>, kColumns> columns_;
  std::string rests_;
  std::string_view values_;
  std::vector<uint32_t> value_offsets_;
  std::string last_key_;
  std::string packed_;
};

// The block into `block`, which must be of its size. False where the bytes are no packed block of
// the form, or one of another size.
bool UnpackBlock(PackedForm form, std::string_view packed, std::span<char> block);

}  // namespace shale::engine
