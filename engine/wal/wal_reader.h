// WalReader: reads one segment's records from its start for as long as they are valid, and searches
// what lies behind. Blocks; one thread at a time. What an end means is for wal_recovery to decide.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/status.h"
#include "engine/crypto/keyring.h"
#include "engine/env/storage.h"
#include "engine/wal/wal_format.h"

namespace shale::engine {

class WalReader {
 public:
  // The keyring is an encrypted store's: without one, an encrypted segment is refused, and with
  // one, a plain segment. XX001 also where a segment's envelope is intact but not authentic.
  static Result<std::unique_ptr<WalReader>> Open(Storage* storage, uint64_t log_number,
                                                 const Keyring* keyring = nullptr);

  // The segment's header; nothing where it has none that is valid: never used, or torn, or damaged.
  const std::optional<WalSegmentHeader>& header() const { return header_; }
  const std::string& name() const { return reader_->name(); }
  uint64_t log_number() const { return log_number_; }

  // The record at offset(); a group's comes as one for each of its batches, with one LSN. False
  // where there is no valid one, which then stays so. XX001 where one is intact but does not
  // authenticate or decompress, or is no group although it says so: no crash leaves that. The
  // payload is valid until the next call.
  Result<bool> Next(WalRecord* record);
  // Where the next record is expected, and its LSN; of a group with batches left, that one's.
  uint64_t offset() const { return offset_; }
  uint64_t next_lsn() const { return next_lsn_; }

  // `lsn` is missing: at offset(), or, without a valid header, anywhere. Searches from there on,
  // record by record and over garbage, for a valid record (or a valid header) that proves it to
  // have been durable. True with the proof's offset where there is one.
  Result<bool> FindProof(uint64_t lsn, uint64_t* proof_offset);

 private:
  WalReader(std::unique_ptr<LogReader> reader, uint64_t log_number)
      : reader_(std::move(reader)), log_number_(log_number) {}

  Status ReadHeader(const Keyring* keyring);
  // The bytes at offset, at least length of them unless the segment ends before.
  Result<std::string_view> Window(uint64_t offset, size_t length);
  // False, too, for a record whose payload is longer than that.
  Result<bool> ParseAt(uint64_t offset, size_t payload_bytes_max, WalRecord* record);
  // The sequence number of the next record in order, where that does not say it.
  void Count(WalRecord* record) const;

  static constexpr size_t kWindowBytes = 1 << 20;

  std::unique_ptr<LogReader> reader_;
  uint64_t log_number_;
  std::optional<WalSegmentHeader> header_;
  std::unique_ptr<FileOpener> opener_;  // of an encrypted segment with a valid header
  uint64_t offset_ = 0;
  uint64_t next_lsn_ = 0;
  uint64_t last_sequence_ = 0;  // of the last record; 0: none
  WalRecord current_;           // the last record, as it is stored
  WalGroup group_;              // of a group: the batches that are left
  std::string decompressed_;    // the last record's payload, where it was compressed
  std::string opened_;          // the last record's payload, where it was sealed
  std::string window_;
  uint64_t window_offset_ = 0;
};

}  // namespace shale::engine
