// TableReader::Verify: reads all of a table, as `check` does.
#include <string>

#include "engine/table/bloom_filter.h"
#include "engine/table/table_reader.h"
#include "engine/table/value_format.h"

namespace shale::engine {

struct TableReader::VerifyState {
  std::string last_key;
  uint64_t entries = 0;
  uint64_t data_blocks = 0;
};

Status TableReader::Verify() {
  VerifyState state;
  for (size_t i = 0; i < partition_count(); ++i) RETURN_IF_ERROR(VerifyPartition(i, &state));
  if (state.entries != properties_.entries || state.data_blocks != properties_.data_blocks) {
    return Damaged(blocks_end_, "wrong number of entries");
  }
  return Status::Ok();
}

Status TableReader::VerifyPartition(size_t partition, VerifyState* state) const {
  const PartitionHandles& handles = partitions()[partition];
  BlockPin filter_block;
  BloomFilter filter;
  if (handles.has_filter()) {
    RETURN_IF_ERROR(ReadBlock(BlockKind::kFilter, handles.filter, &filter_block));
    if (!filter.Open(filter_block->payload())) {
      return Damaged(handles.filter.offset, "malformed filter block");
    }
  }
  BlockPin index_block;
  RETURN_IF_ERROR(ReadBlock(BlockKind::kIndex, handles.index, &index_block));
  BlockCursor index;
  BlockCursor data;
  bool sound_index = index.Open(index_block->payload());
  bool first_block = true;
  for (index.SeekToFirst(); index.Valid(); index.Next()) {
    BlockHandle handle;
    if (!DecodeBlockHandle(index.value(), &handle) ||
        (first_block && handle.offset != handles.data_offset)) {
      return Damaged(handles.index.offset, "malformed index entry");
    }
    first_block = false;
    BlockPin block;
    RETURN_IF_ERROR(ReadBlock(BlockKind::kData, handle, &block));
    bool sound = data.Open(block->payload());
    for (data.SeekToFirst(); data.Valid(); data.Next()) {
      ValueType type = KeyType(data.key());
      ValueReference reference;
      bool known_type =
          type == ValueType::kValue || type == ValueType::kDeletion ||
          (type == ValueType::kValueReference && DecodeValueReference(data.value(), &reference));
      bool ordered = state->entries == 0 || CompareInternalKeys(state->last_key, data.key()) < 0;
      if (!filter.MayContain(UserKey(data.key()))) {
        return Damaged(handles.filter.offset, "filter that lacks a key");
      }
      sound = sound && known_type && ordered;
      state->last_key = data.key();
      ++state->entries;
    }
    if (!sound || data.damaged() || CompareInternalKeys(state->last_key, index.key()) > 0) {
      return Damaged(handle.offset, "malformed or disordered data block");
    }
    ++state->data_blocks;
    if (FindPartition(index.key()) != partition) {
      return Damaged(handles.index.offset, "index block that the top index does not lead to");
    }
  }
  if (!sound_index || index.damaged() || first_block) {
    return Damaged(handles.index.offset, "malformed index block");
  }
  return Status::Ok();
}

}  // namespace shale::engine
