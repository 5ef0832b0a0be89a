// RecoverWal: replays the batches of a sequence of segments in order, and decides at the first gap
// between a torn tail and damage.
//
// The rule. Records have LSNs without gap. Where the record with LSN n should be and is not valid:
//   - if any valid record or segment header behind that place, in this segment or a later one, says
//   that n was
//     known durable when it was written, then acknowledged data is damaged: XX001, naming file and
//     offset;
//   - otherwise n was never known durable, so it and all behind it may be dropped: a torn tail.
// A segment whose header gives a first LSN at or below records of earlier segments voids those: the
// writer went on in a new segment because the old one had no space for them. A batch whose last
// record is missing is dropped whole by the same rule.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/crypto/keyring.h"
#include "engine/env/storage.h"
#include "engine/kv_store.h"

namespace shale::engine {

struct WalRecoveryResult {
  uint64_t next_lsn = 1;             // for the writer that goes on
  SequenceNumber last_sequence = 0;  // the highest of batches and marks
  uint64_t batch_count = 0;
  uint64_t record_count = 0;  // a group is one
  std::string end_segment;    // where the valid records ended; empty: there are no segments in use
  uint64_t end_offset = 0;
  bool ended_clean = false;  // the last record is the mark of a writer that closed
};

// Takes each whole batch in commit order, as chunks of a WriteBatch.
using WalBatchVisitor =
    std::function<Status(SequenceNumber sequence, std::vector<std::string> chunks)>;

// log_numbers ascending; first_lsn is the one the first segment starts with, as the manifest says.
// The keyring is as WalReader::Open says.
Result<WalRecoveryResult> RecoverWal(Storage* storage, const std::vector<uint64_t>& log_numbers,
                                     uint64_t first_lsn, const WalBatchVisitor& visitor,
                                     const Keyring* keyring = nullptr);

}  // namespace shale::engine
