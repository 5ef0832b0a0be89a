// WalWriter: encodes batches as log records and writes them to the current segment. Belongs to one
// thread at a time (whose turn it is in engine/lsm); decides nothing about grouping, waiting or
// failure policy.
//
//   writer.Add(sequence, batch)   encodes; long batches go out in pieces, small ones as a group
//   writer.Append()               what is encoded reaches the segment
//   writer.Sync()                 all that reached it is durable
//
// After a failed call the end of the segment is unknown. A writer whose Append failed for want of
// space may go on in a new segment (StartSegment), whose header declares everything after the last
// successful Append void; after any other failure the log must not be written again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/crypto/keyring.h"
#include "engine/env/storage.h"
#include "engine/wal/wal_format.h"

namespace shale::engine {

class WalWriter {
 public:
  // The first record gets first_lsn; all before it is durable or void. The keyring is an encrypted
  // store's, and outlives the writer.
  WalWriter(uint64_t epoch, uint64_t first_lsn, Keyring* keyring = nullptr);

  // Goes on in a new, empty segment. The previous one, if any, must be synced unless its last
  // Append failed for want of space. The header goes out with the first append.
  void StartSegment(uint64_t log_number, std::unique_ptr<LogWriter> segment,
                    uint64_t reserved_bytes);
  // Syncs, marks the end as durable, and seals the segment: after a clean end every record is
  // followed by one that proves it was durable, so damage to any is told from a torn tail.
  Status Close(uint64_t last_sequence);

  // Whether batches that are added from now on are compressed, where that saves an eighth. False at
  // first. Of no batch in part.
  void set_compresses(bool compresses) { compresses_ = compresses; }
  // Encodes a time record where one is due: first in a segment, then each kWalTimeIntervalUs.
  // Before the batches that are committed at this time.
  void AddTime(uint64_t now_us, uint64_t last_sequence);
  // Encodes one batch of the given chunks. May append when much has been encoded. Small batches
  // that follow each other until the next Append share a record.
  Status Add(uint64_t sequence, const std::vector<std::string>& chunks);
  Status Append();
  Status Sync();
  // The same in three steps, so that others may append during the second: what was appended before
  // the first is durable after the third. The segment must stay the same meanwhile.
  //   BeginSync, SyncSegment (without the turn, on one thread), EndSync where that succeeded
  struct End {
    uint64_t lsn;
    uint64_t offset;  // in the segment
  };
  End BeginSync() const { return {appended_lsn_, length_}; }
  Status SyncSegment() { return segment_->Sync(); }
  void EndSync(const End& begun) {
    durable_lsn_ = begun.lsn;
    durable_offset_ = begun.offset;
  }
  // Drops what was encoded since the last Append that succeeded, LSNs included. Of use after a
  // failure for want of space only. Nothing may be added until the next segment.
  void Rewind();

  uint64_t log_number() const { return log_number_; }
  uint64_t segment_bytes() const { return length_ + buffer_.size(); }
  // Room left of what was reserved for the segment; an append that fits needs no new disk space.
  uint64_t reserved_bytes_left() const;
  uint64_t next_lsn() const { return next_lsn_; }
  uint64_t durable_lsn() const { return durable_lsn_; }
  bool has_unsynced() const { return appended_lsn_ > durable_lsn_; }
  uint64_t bytes_appended_total() const { return bytes_appended_total_; }

  // What AddTime and Add will take, at most.
  static constexpr uint64_t kTimeRecordBytes = WalRecordBytesMax(sizeof(uint64_t) + kSealTagBytes);
  static uint64_t EncodedBytes(const std::vector<std::string>& chunks);

 private:
  static constexpr size_t kBufferBytes = 1 << 20;
  // Of a batch in a group: the larger it is, the less it gains.
  static constexpr size_t kGroupedBytesMax = 8 << 10;
  // Of a group's chunks: lengths take the rest of what a payload may.
  static constexpr size_t kGroupBytesMax = kWalPayloadBytesMax - (16 << 10);

  // Fills in what every record says.
  void AddRecord(WalRecord record);
  void AddBatchRecord(WalRecord record);  // compresses
  Status AddLong(uint64_t sequence, const std::vector<std::string>& chunks);
  void EndGroup();
  uint8_t FlagsOfFirst(uint64_t sequence) const;  // of a batch with this sequence number
  Status WriteBuffer();

  uint64_t epoch_;
  Keyring* const keyring_;
  std::unique_ptr<LogWriter> segment_;
  // Of an encrypted segment; null again once its end is unknown, so that nothing else can be sealed
  // where something was sealed before.
  std::unique_ptr<FileSealer> sealer_;
  uint64_t log_number_ = 0;
  uint64_t last_time_us_ = 0;    // of the segment's last time record; 0: none
  uint64_t last_sequence_ = 0;   // of the segment's last record
  uint64_t length_ = 0;          // of the segment, as appended
  uint64_t durable_offset_ = 0;  // of the segment, as synced
  uint64_t reserved_bytes_ = 0;
  bool compresses_ = false;
  std::string compressed_;
  // Batches that are to share a record.
  std::string group_;  // their chunks
  std::vector<uint64_t> group_lengths_;
  uint64_t group_sequence_ = 0;  // of the first
  std::string buffer_;           // encoded, not appended
  uint64_t next_lsn_;            // of the next record encoded
  uint64_t appended_lsn_;        // of the last record appended
  uint64_t durable_lsn_;         // of the last record synced
  uint64_t committed_lsn_;       // of the last record at the last Append that succeeded
  uint64_t bytes_appended_total_ = 0;
};

}  // namespace shale::engine
