#include "engine/wal/wal_recovery.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/wal/wal_reader.h"

namespace shale::engine {
namespace {

Status Damage(const WalReader& at, uint64_t offset, uint64_t lsn, const std::string& proof) {
  return Error(sqlstate::kDataCorrupted,
               "write-ahead log \"{}\" is damaged at offset {}: record {} is missing or invalid",
               at.name(), offset, lsn)
      .Detail(fmt::format("{} shows that the record was durable.", proof))
      .Hint("Restore the store from a backup.");
}

class Recovery {
 public:
  Recovery(Storage* storage, const Keyring* keyring, uint64_t first_lsn,
           const WalBatchVisitor& visitor)
      : storage_(storage), keyring_(keyring), visitor_(visitor) {
    result_.next_lsn = first_lsn;
  }

  Result<WalRecoveryResult> Run(const std::vector<uint64_t>& log_numbers) {
    for (uint64_t number : log_numbers) {
      ASSIGN_OR_RETURN(auto reader, WalReader::Open(storage_, number, keyring_));
      readers_.push_back(std::move(reader));
    }
    for (size_t i = 0; i < readers_.size(); ++i) {
      WalReader& reader = *readers_[i];
      if (reader.header().has_value()) {
        if (reader.header()->first_lsn != result_.next_lsn) {
          const WalReader& short_one = i == 0 ? reader : *readers_[i - 1];
          return Damage(short_one, short_one.offset(), result_.next_lsn, reader.name());
        }
        RETURN_IF_ERROR(Replay(i));
        result_.end_segment = reader.name();
        result_.end_offset = reader.offset();
      }
      RETURN_IF_ERROR(CheckGap(i));
    }
    return std::move(result_);
  }

 private:
  // The LSN from which on a later segment voids the records of segment i.
  uint64_t VoidFrom(size_t i) const {
    uint64_t void_from = UINT64_MAX;
    for (size_t j = i + 1; j < readers_.size(); ++j) {
      if (readers_[j]->header().has_value()) {
        void_from = std::min(void_from, readers_[j]->header()->first_lsn);
      }
    }
    return void_from;
  }

  Status Replay(size_t i) {
    WalReader& reader = *readers_[i];
    uint64_t void_from = VoidFrom(i);
    std::vector<std::string> chunks;
    bool in_batch = false;
    bool in_chunk = false;
    while (reader.next_lsn() < void_from) {
      uint64_t record_offset = reader.offset();
      WalRecord record;
      ASSIGN_OR_RETURN(bool valid, reader.Next(&record));
      if (!valid) break;
      bool first = (record.flags & kWalFirstOfBatch) != 0;
      // Only a batch's first record may stand where no batch is under way, and nothing else within.
      bool in_order = record.type == WalRecordType::kBatch ? first != in_batch : !in_batch;
      if (!in_order) {
        return Damage(reader, record_offset, record.lsn, "The record found in its place");
      }
      if (reader.offset() > record_offset) ++result_.record_count;
      result_.ended_clean = record.type == WalRecordType::kMark;
      if (record.type != WalRecordType::kBatch) {
        result_.last_sequence = std::max(result_.last_sequence, record.sequence);
        result_.next_lsn = reader.next_lsn();
        continue;
      }
      in_batch = true;
      if (!in_chunk) chunks.emplace_back();
      chunks.back().append(record.payload);
      in_chunk = (record.flags & kWalLastOfChunk) == 0;
      if ((record.flags & kWalLastOfBatch) == 0) continue;
      RETURN_IF_ERROR(visitor_(record.sequence, std::exchange(chunks, {})));
      result_.last_sequence = std::max(result_.last_sequence, record.sequence);
      result_.next_lsn = reader.next_lsn();
      ++result_.batch_count;
      in_batch = false;
    }
    next_missing_lsn_ = reader.next_lsn();
    return Status::Ok();
  }

  // The chain of valid records ends in segment i; looks behind for proof that it should not.
  Status CheckGap(size_t i) {
    WalReader& reader = *readers_[i];
    uint64_t missing = std::max(next_missing_lsn_, result_.next_lsn);
    if (VoidFrom(i) <= missing) return Status::Ok();
    for (size_t j = i; j < readers_.size(); ++j) {
      uint64_t proof_offset = 0;
      ASSIGN_OR_RETURN(bool proof, readers_[j]->FindProof(missing, &proof_offset));
      if (proof) {
        return Damage(reader, reader.offset(), missing,
                      fmt::format("\"{}\" at offset {}", readers_[j]->name(), proof_offset));
      }
    }
    return Status::Ok();
  }

  Storage* storage_;
  const Keyring* keyring_;
  const WalBatchVisitor& visitor_;
  std::vector<std::unique_ptr<WalReader>> readers_;
  WalRecoveryResult result_;
  uint64_t next_missing_lsn_ = 1;
};

}  // namespace

Result<WalRecoveryResult> RecoverWal(Storage* storage, const std::vector<uint64_t>& log_numbers,
                                     uint64_t first_lsn, const WalBatchVisitor& visitor,
                                     const Keyring* keyring) {
  return Recovery(storage, keyring, first_lsn, visitor).Run(log_numbers);
}

}  // namespace shale::engine
