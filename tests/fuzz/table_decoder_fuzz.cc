// What is read from table files, behind checksums that hold: the first byte chooses what the rest
// is taken for. Nothing is read beyond the bytes, keys come out whole, and searches end.
#include <cstdint>
#include <string>

#include "engine/base/check.h"
#include "engine/table/block.h"
#include "engine/table/block_codec.h"
#include "engine/table/bloom_filter.h"
#include "engine/table/metadata.h"
#include "engine/table/table_format.h"

namespace shale::engine {
namespace {

void CheckEntry(const BlockCursor& cursor) {
  CHECK(cursor.key().size() >= kTrailerBytes);
  uint64_t sum = Trailer(cursor.key());
  for (char byte : cursor.value()) sum += static_cast<uint8_t>(byte);
  [[maybe_unused]] static volatile uint64_t sink;
  sink = sum;
}

void RunSortedBlock(std::string_view bytes) {
  BlockCursor cursor;
  if (!cursor.Open(bytes)) return;
  std::string target = MakeInternalKey(bytes.substr(0, 9), 5);
  for (cursor.SeekToFirst(); cursor.Valid(); cursor.Next()) CheckEntry(cursor);
  if (cursor.Open(bytes)) cursor.Seek(target);
  for (int steps = 0; cursor.Valid() && steps < 40; ++steps) {
    CheckEntry(cursor);
    cursor.Prev();
  }
  if (cursor.Open(bytes)) cursor.SeekForPrev(target);
  if (cursor.Valid()) CheckEntry(cursor);
  if (cursor.Open(bytes)) {
    uint32_t count = cursor.CountRestartsBefore(target);
    CHECK(count <= cursor.restart_count());
    cursor.SeekToRestart(count);
    if (cursor.Valid()) CheckEntry(cursor);
  }
  EntryBatch batch(64);
  if (cursor.Open(bytes)) cursor.SeekToLast();
  if (cursor.Valid()) cursor.AppendRunBackward({}, &batch);
  batch.Clear();
  if (cursor.Open(bytes)) cursor.SeekToFirst();
  if (cursor.Valid()) cursor.AppendRun(target, &batch);
}

void RunStoredBlock(std::string_view bytes) {
  std::string stored(bytes);
  BlockPlace place{"f", 1, 2, BlockKind::kData};
  BlockPin block;
  if (stored.size() >= sizeof(BlockTrailer)) {
    BlockTrailer trailer;
    char* at = stored.data() + stored.size() - sizeof(trailer);
    std::memcpy(&trailer, at, sizeof(trailer));
    trailer.raw_bytes %= 1 << 20;
    trailer.checksum =
        BlockChecksum(std::string_view(stored).substr(0, stored.size() - sizeof(trailer)), trailer,
                      place.file_number, place.offset);
    std::memcpy(at, &trailer, sizeof(trailer));
  }
  Status status = DecodeBlock(place, stored, &block);
  CHECK(status.ok() || status.Is(sqlstate::kDataCorrupted));
  if (status.ok()) RunSortedBlock(block->payload());
}

void RunMetadata(std::string_view bytes) {
  MetadataBlock metadata;
  Status status = DecodeMetadata(bytes, "f", 0, &metadata);
  CHECK(status.ok() || status.Is(sqlstate::kDataCorrupted) ||
        status.Is(sqlstate::kFeatureNotSupported));
  if (status.ok()) (void)EncodeMetadata(metadata);
}

void RunFilter(std::string_view bytes) {
  BloomFilter filter;
  if (!filter.Open(bytes)) return;
  for (uint64_t hash = 0; hash < 64; ++hash) (void)filter.MayContainHash(hash << 58 | hash);
}

void RunHandles(std::string_view bytes) {
  PartitionHandles handles;
  if (!DecodePartitionHandles(bytes, &handles)) return;
  std::string encoded;
  AppendPartitionHandles(&encoded, handles);
  PartitionHandles again;
  CHECK(DecodePartitionHandles(encoded, &again) && again == handles);
}

}  // namespace
}  // namespace shale::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      shale::engine::RunSortedBlock(bytes);
      break;
    case 1:
      shale::engine::RunStoredBlock(bytes);
      break;
    case 2:
      shale::engine::RunMetadata(bytes);
      break;
    case 3:
      shale::engine::RunFilter(bytes);
      break;
    default:
      shale::engine::RunHandles(bytes);
  }
  return 0;
}
