// The packed form of a sorted block: what data and index blocks are before they are compressed.
//
// In memory a block is laid out for searches (table_format.h): each key's trailer in full, lengths
// between the keys, and offsets of the restarts, all of which a compressor of bytes can do little
// about. Packed, numbers of a kind lie side by side in columns, and what follows from the rest is
// left out:
//
//   entries (varint) | entries per restart (varint)
//   columns (engine/base/packed_column.h), a value for each entry:
//     shared   bytes of the user key that are those of the internal key before; 0 at a restart
//     rest     further bytes of the user key
//     value    bytes of the value
//     type     of the trailer
//     sequence of the trailer
//   the rests, one after another | the values, one after another
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

// Keeps its buffers from one block to the next. One thread at a time.
class BlockPacker {
 public:
  // Gives the packed form of a block that BlockBuilder has finished; valid until the next call.
  // Nothing where it would be no smaller, or the block is not as BlockBuilder makes them.
  std::string_view Pack(std::string_view block);

 private:
  enum Column { kShared, kRest, kValueBytes, kType, kSequence, kColumns };

  bool Split(std::string_view block);

  uint64_t entries_per_restart_ = 0;
  std::array<std::vector<uint64_t>, kColumns> columns_;
  std::string rests_;
  std::string_view values_;
  std::string last_key_;
  std::string packed_;
};

// The block into `block`, which must be of its size. False where the bytes are no packed block, or
// one of another size.
bool UnpackBlock(std::string_view packed, std::span<char> block);

}  // namespace shale::engine
