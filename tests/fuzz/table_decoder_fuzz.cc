// What is read from table files, behind checksums that hold: the first byte chooses what the rest
// is taken for. Nothing is read beyond the bytes, keys come out whole, and searches end.
#include <cstdint>
#include <string>

#include "engine/base/check.h"
#include "engine/table/block.h"
#include "engine/table/block_codec.h"
#include "engine/table/bloom_filter.h"
#include "engine/table/metadata.h"
#include "engine/table/packed_block.h"
#include "engine/table/table_format.h"
#include "engine/table/value_file_reader.h"

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
  batch.Clear();
  if (cursor.Open(bytes)) cursor.SeekToFirst();
  if (cursor.Valid() && cursor.AppendPlainRun(UINT32_MAX, &batch)) CheckEntry(cursor);
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

// The first two bytes say how large the block is taken to be, and the form.
void RunPackedBlock(std::string_view bytes) {
  if (bytes.size() < 2) return;
  std::string block(LoadFixed<uint16_t>(bytes.data()), '\0');
  const PackedForm form = (bytes[0] & 1) == 0 ? PackedForm::kRows : PackedForm::kColumns;
  if (UnpackBlock(form, bytes.substr(2), block)) RunSortedBlock(block);
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

void RunReference(std::string_view bytes) {
  ValueReference reference;
  if (!DecodeValueReference(bytes, &reference)) return;
  std::string encoded;
  AppendValueReference(&encoded, reference);
  ValueReference again;
  CHECK(DecodeValueReference(encoded, &again) && again == reference);
}

class FuzzedBlob final : public BlobReader {
 public:
  explicit FuzzedBlob(std::string bytes) : bytes_(std::move(bytes)) {}
  Status Read(uint64_t offset, size_t length, char* buffer) override {
    CHECK(offset <= bytes_.size() && length <= bytes_.size() - offset);
    std::memcpy(buffer, bytes_.data() + offset, length);
    return Status::Ok();
  }
  uint64_t size() const override { return bytes_.size(); }
  const std::string& name() const override { return name_; }

 private:
  const std::string bytes_;
  const std::string name_ = "f";
};

// A file of which the header is right, and the checksums of its first record; behind that,
// anything.
void RunValueFile(std::string_view bytes) {
  constexpr uint64_t kNumber = 1;
  ValueFileHeader header{kValueFileMagic, kValueFileVersion, 0, kNumber, 0};
  header.checksum = ValueFileHeaderChecksum(header, kNumber);
  std::string file(reinterpret_cast<const char*>(&header), sizeof(header));
  std::string record(bytes);
  ValueReference reference{.file_number = kNumber, .offset = file.size()};
  if (record.size() >= kValueRecordOverhead) {
    ValueRecordHead head;
    std::memcpy(&head, record.data(), sizeof(head));
    reference.payload_bytes = head.payload_bytes %= record.size() - kValueRecordOverhead + 1;
    head.checksum = ValueRecordHeadChecksum(head, kNumber, file.size());
    std::memcpy(record.data(), &head, sizeof(head));
    BlockTrailer trailer;
    char* at = record.data() + sizeof(head) + head.payload_bytes;
    std::memcpy(&trailer, at, sizeof(trailer));
    reference.value_bytes = trailer.raw_bytes %= 1 << 20;
    trailer.checksum =
        BlockChecksum(std::string_view(record).substr(sizeof(head), head.payload_bytes), trailer,
                      kNumber, file.size() + sizeof(head));
    std::memcpy(at, &trailer, sizeof(trailer));
  }
  auto reader =
      ValueFileReader::Open(std::make_unique<FuzzedBlob>(file + record), kNumber, nullptr);
  CHECK(reader.ok());
  BlockPin value;
  Status one = (*reader)->Read(reference, nullptr, &value);
  CHECK(one.ok() || one.Is(sqlstate::kDataCorrupted));
  Status all =
      (*reader)->VisitAll([](const ValueReference&, const Block&) { return Status::Ok(); });
  CHECK(all.ok() || all.Is(sqlstate::kDataCorrupted));
}

}  // namespace
}  // namespace shale::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 8) {
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
    case 4:
      shale::engine::RunHandles(bytes);
      break;
    case 5:
      shale::engine::RunReference(bytes);
      break;
    case 6:
      shale::engine::RunValueFile(bytes);
      break;
    default:
      shale::engine::RunPackedBlock(bytes);
  }
  return 0;
}
