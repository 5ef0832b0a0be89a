// CheckConsistency: the store's verifier, which ends every crash test. On a store at rest it checks
//   - the version: levels in order and disjoint (README L1, L2)
//   - every table: all blocks and checksums, key order (TableReader::Verify), and that metadata in
//     the manifest agrees with the table and its keys, the digest of the whole file among it
//   - the directory: every file is one that the store knows, and every file it knows is there
#include <set>
#include <utility>

#include "engine/base/cleanup.h"
#include "engine/lsm/level_iterator.h"
#include "engine/lsm/lsm_store_impl.h"
#include "engine/lsm/manifest_format.h"
#include "engine/wal/wal_format.h"

namespace shale::engine {
namespace {

Status Inconsistent(const std::string& table, const std::string& what) {
  return Error(sqlstate::kDataCorrupted, "table \"{}\" is inconsistent: {}", table, what);
}

Status CheckKeys(TableReader* reader, const TableMetadata& metadata, const std::string& name) {
  auto iterator = reader->NewIterator({.fill_cache = false, .readahead_bytes = 256 << 10});
  uint64_t entries = 0;
  uint64_t deletions = 0;
  for (iterator->SeekToFirst(); iterator->Valid(); iterator->Next()) {
    std::string_view key = iterator->key();
    ++entries;
    deletions += KeyType(key) == ValueType::kDeletion;
    if (!metadata.range.Contains(UserKey(key))) {
      return Inconsistent(name, "a key lies outside the range in the manifest");
    }
    if (KeySequence(key) < metadata.sequence_min || KeySequence(key) > metadata.sequence_max) {
      return Inconsistent(name, "a sequence number lies outside the range in the manifest");
    }
  }
  RETURN_IF_ERROR(iterator->status());
  if (entries != metadata.entries || deletions != metadata.deletions) {
    return Inconsistent(
        name, fmt::format("it has {} entries, the manifest says {}", entries, metadata.entries));
  }
  return Status::Ok();
}

Status CheckTable(TableFile* file) {
  std::string name = TableName(file->number());
  ASSIGN_OR_RETURN(auto reader, file->Open());
  RETURN_IF_ERROR(reader->Verify());
  RETURN_IF_ERROR(reader->VerifyDigest(file->metadata().digest));
  RETURN_IF_ERROR(CheckKeys(reader.get(), file->metadata(), name));
  if (const auto& tombstones = reader->range_tombstones()) {
    for (const RangeTombstone& tombstone : tombstones->ToTombstones()) {
      UserKeyRange range = UserKeyRange::Of({tombstone.begin, tombstone.end});
      const UserKeyRange& whole = file->metadata().range;
      if (!whole.Contains(range.smallest) || whole.EndsBefore(range)) {
        return Inconsistent(name, "a range tombstone lies outside the range in the manifest");
      }
    }
  }
  return Status::Ok();
}

}  // namespace

Status LsmStoreImpl::CheckConsistency() {
  background_->Pause();
  Cleanup resume([this] { background_->Resume(); });
  // Where it fails there is no segment in the making either.
  (void)segments_.Prepare().ok();
  ReadViewReference view = state_->views().Acquire();
  RETURN_IF_ERROR(view->version->CheckInvariants());
  std::set<std::string> known_blobs;
  for (const TableFiles& files : view->version->levels) {
    for (const auto& file : files) {
      RETURN_IF_ERROR(CheckTable(file.get()));
      known_blobs.insert(TableName(file->number()));
    }
  }

  state_->views().ReclaimAll();
  background_->DeleteObsoleteFiles();
  std::set<std::string> known_logs{ManifestName(versions_.manifest_number())};
  for (uint64_t number : segments_.numbers()) known_logs.insert(WalSegmentName(number));
  ASSIGN_OR_RETURN(std::vector<StorageItem> blobs, options_.storage->ListBlobs());
  ASSIGN_OR_RETURN(std::vector<StorageItem> logs, options_.storage->ListLogs());
  auto compare = [](std::vector<StorageItem> found, std::set<std::string> known) {
    for (const StorageItem& item : found) {
      if (known.erase(item.name) == 0) {
        return Error(sqlstate::kDataCorrupted, "file \"{}\" is an orphan", item.name);
      }
    }
    if (known.empty()) return Status::Ok();
    return Error(sqlstate::kDataCorrupted, "file \"{}\" is missing", *known.begin());
  };
  RETURN_IF_ERROR(compare(std::move(blobs), std::move(known_blobs)));
  return compare(std::move(logs), std::move(known_logs));
}

}  // namespace shale::engine
