#include "engine/wal/wal_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace shale::engine {

WalWriter::WalWriter(uint64_t epoch, uint64_t first_lsn, Keyring* keyring)
    : epoch_(epoch),
      keyring_(keyring),
      next_lsn_(first_lsn),
      appended_lsn_(first_lsn - 1),
      durable_lsn_(first_lsn - 1),
      committed_lsn_(first_lsn - 1) {
  CHECK(first_lsn > 0);
}

void WalWriter::StartSegment(uint64_t log_number, std::unique_ptr<LogWriter> segment,
                             uint64_t reserved_bytes) {
  CHECK(next_lsn_ == committed_lsn_ + 1);
  CHECK(group_lengths_.empty());
  buffer_.clear();  // at most the header of a segment that stays unused
  CHECK(log_number > log_number_);
  segment_ = std::move(segment);
  log_number_ = log_number;
  length_ = 0;
  durable_offset_ = 0;
  last_time_us_ = 0;
  last_sequence_ = 0;
  reserved_bytes_ = reserved_bytes;
  AppendWalSegmentHeader({.log_number = log_number,
                          .first_lsn = next_lsn_,
                          .durable_lsn = durable_lsn_,
                          .encrypted = keyring_ != nullptr},
                         &buffer_);
  if (keyring_ != nullptr) sealer_ = keyring_->StartFile({FileKind::kLog, log_number}, &buffer_);
}

void WalWriter::AddRecord(WalRecord record) {
  CHECK((sealer_ != nullptr) == (keyring_ != nullptr));
  record.log_number = log_number_;
  record.durable_offset = durable_offset_;
  record.durable_lsn = durable_lsn_;
  last_sequence_ = record.sequence;
  AppendWalRecord(record, length_ + buffer_.size(), &buffer_, sealer_.get());
  ++next_lsn_;
}

void WalWriter::AddBatchRecord(WalRecord record) {
  compressed_.clear();
  if (compresses_ && CompressWalPayload(record.payload, &compressed_)) {
    record.payload = compressed_;
    record.is_compressed = true;
  }
  AddRecord(record);
}

void WalWriter::AddTime(uint64_t now_us, uint64_t last_sequence) {
  // A clock that was set back writes again at once: the record says what it showed.
  if (now_us >= last_time_us_ && now_us - last_time_us_ < kWalTimeIntervalUs) return;
  last_time_us_ = now_us;
  EndGroup();
  char bytes[sizeof(now_us)];
  std::memcpy(bytes, &now_us, sizeof(now_us));
  AddRecord({.type = WalRecordType::kTime,
             .flags = kWalHasSequence,
             .sequence = last_sequence,
             .payload = std::string_view(bytes, sizeof(bytes))});
}

Status WalWriter::Add(uint64_t sequence, const std::vector<std::string>& chunks) {
  const bool small = chunks.size() == 1 && chunks.front().size() <= kGroupedBytesMax;
  const bool room = group_lengths_.size() < kWalGroupBatchesMax &&
                    group_.size() + kGroupedBytesMax <= kGroupBytesMax;
  if (!small || !room || sequence != group_sequence_ + group_lengths_.size()) EndGroup();
  if (small) {
    if (group_lengths_.empty()) group_sequence_ = sequence;
    group_lengths_.push_back(chunks.front().size());
    group_ += chunks.front();
  } else {
    RETURN_IF_ERROR(AddLong(sequence, chunks));
  }
  return buffer_.size() >= kBufferBytes ? WriteBuffer() : Status::Ok();
}

Status WalWriter::AddLong(uint64_t sequence, const std::vector<std::string>& chunks) {
  WalRecord record{.sequence = sequence};
  for (size_t i = 0; i < chunks.size(); ++i) {
    std::string_view rest = chunks[i];
    bool first_of_chunk = true;
    while (!rest.empty() || first_of_chunk) {
      record.payload = rest.substr(0, kWalPayloadBytesMax);
      rest.remove_prefix(record.payload.size());
      record.flags = i == 0 && first_of_chunk ? FlagsOfFirst(sequence) : 0;
      if (rest.empty()) record.flags |= kWalLastOfChunk;
      if (rest.empty() && i + 1 == chunks.size()) record.flags |= kWalLastOfBatch;
      first_of_chunk = false;
      AddBatchRecord(record);
      if (buffer_.size() >= kBufferBytes) RETURN_IF_ERROR(WriteBuffer());
    }
  }
  return Status::Ok();
}

// A single batch is no group.
void WalWriter::EndGroup() {
  if (group_lengths_.empty()) return;
  WalRecord record{.sequence = group_sequence_, .payload = group_};
  record.flags = FlagsOfFirst(group_sequence_) | kWalLastOfChunk | kWalLastOfBatch;
  std::string payload;
  if (group_lengths_.size() > 1) {
    AppendWalGroup(group_lengths_, group_, &payload);
    record.payload = payload;
    record.flags |= kWalGroup;
  }
  AddBatchRecord(record);
  last_sequence_ = group_sequence_ + group_lengths_.size() - 1;
  group_.clear();
  group_lengths_.clear();
}

uint8_t WalWriter::FlagsOfFirst(uint64_t sequence) const {
  return kWalFirstOfBatch | (sequence == last_sequence_ + 1 ? 0 : kWalHasSequence);
}

Status WalWriter::WriteBuffer() {
  if (buffer_.empty()) return Status::Ok();
  RETURN_IF_ERROR(segment_->Append(epoch_, length_, buffer_));
  length_ += buffer_.size();
  bytes_appended_total_ += buffer_.size();
  appended_lsn_ = next_lsn_ - 1;
  buffer_.clear();
  return Status::Ok();
}

Status WalWriter::Append() {
  EndGroup();
  RETURN_IF_ERROR(WriteBuffer());
  committed_lsn_ = appended_lsn_;
  return Status::Ok();
}

Status WalWriter::Sync() {
  RETURN_IF_ERROR(SyncSegment());
  EndSync(BeginSync());
  return Status::Ok();
}

void WalWriter::Rewind() {
  group_.clear();
  group_lengths_.clear();
  buffer_.clear();
  sealer_.reset();
  last_time_us_ = 0;
  next_lsn_ = committed_lsn_ + 1;
  appended_lsn_ = committed_lsn_;
}

Status WalWriter::Close(uint64_t last_sequence) {
  if (segment_ == nullptr) return Status::Ok();
  RETURN_IF_ERROR(Append());
  RETURN_IF_ERROR(Sync());
  AddRecord({.type = WalRecordType::kMark, .flags = kWalHasSequence, .sequence = last_sequence});
  RETURN_IF_ERROR(Append());
  RETURN_IF_ERROR(Sync());
  RETURN_IF_ERROR(segment_->Seal());
  segment_.reset();
  return Status::Ok();
}

uint64_t WalWriter::reserved_bytes_left() const {
  return reserved_bytes_ - std::min(reserved_bytes_, segment_bytes());
}

uint64_t WalWriter::EncodedBytes(const std::vector<std::string>& chunks) {
  uint64_t bytes = 0;
  for (const std::string& chunk : chunks) {
    uint64_t records =
        std::max<uint64_t>(1, (chunk.size() + kWalPayloadBytesMax - 1) / kWalPayloadBytesMax);
    bytes += chunk.size() + records * (kWalRecordHeaderBytesMax + kSealTagBytes);
  }
  return bytes;
}

}  // namespace shale::engine
