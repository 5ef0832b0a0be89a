// CheckConsistency: the store's verifier, which ends every crash test. It checks
//   - the version: levels in order and disjoint (README L1, L2)
//   - every table and value file (CheckTableFile, CheckValueFile), while flushes and compactions go
//   on
//   - then, with those held for a moment, the directory: every file is one that the store knows,
//     and every file it knows is there
#include <set>
#include <utility>

#include "engine/base/cleanup.h"
#include "engine/lsm/lsm_store_impl.h"
#include "engine/lsm/manifest_format.h"
#include "engine/lsm/table_check.h"
#include "engine/wal/wal_format.h"

namespace shale::engine {
namespace {

// Compaction makes new tables while the old ones are read. What it made of checked ones needs no
// check to trust the rest, so a busy store is not followed for ever.
constexpr int kRoundsMax = 3;

// Every file found is needed or tolerated, and every one needed is found.
Status CompareFiles(const std::vector<StorageItem>& found, std::set<std::string> needed,
                    const std::set<std::string>& tolerated) {
  for (const StorageItem& item : found) {
    if (needed.erase(item.name) == 0 && !tolerated.contains(item.name)) {
      return Error(sqlstate::kDataCorrupted, "file \"{}\" is an orphan", item.name);
    }
  }
  if (needed.empty()) return Status::Ok();
  return Error(sqlstate::kDataCorrupted, "file \"{}\" is missing", *needed.begin());
}

TableFiles TablesOf(const ReadView& view) {
  TableFiles tables;
  for (const ReadLayer& layer : view.layers) {
    tables.insert(tables.end(), layer.run.begin(), layer.run.end());
  }
  for (const TableFiles& files : view.version->levels) {
    tables.insert(tables.end(), files.begin(), files.end());
  }
  return tables;
}

void InsertNames(const TableFiles& tables, std::set<std::string>* names) {
  for (const auto& file : tables) names->insert(TableName(file->number()));
}

}  // namespace

Status LsmStoreImpl::CheckConsistency() {
  RETURN_IF_ERROR(CheckTables());
  background_->Pause();
  Cleanup resume([this] { background_->Resume(); });
  return CheckFiles();
}

Status LsmStoreImpl::CheckTables() {
  std::set<uint64_t> checked;  // tables and value files: numbers are of either
  for (int round = 0; round < kRoundsMax; ++round) {
    ReadViewReference view = state_->views().Acquire();
    RETURN_IF_ERROR(view->version->CheckInvariants());
    RETURN_IF_ERROR(view->version->CheckValueFiles());
    bool found_new = false;
    for (const auto& file : TablesOf(*view)) {
      if (!checked.insert(file->number()).second) continue;
      RETURN_IF_ERROR(CheckTableFile(*view->version, file.get()));
      found_new = true;
    }
    for (const LiveValueFile& live : view->version->value_files) {
      if (!checked.insert(live.file->number()).second) continue;
      RETURN_IF_ERROR(CheckValueFile(live.file.get()));
      found_new = true;
    }
    if (!found_new) break;
  }
  return Status::Ok();
}

// With background work held.
Status LsmStoreImpl::CheckFiles() {
  // Where it fails there is no segment in the making either.
  (void)segments_.Prepare().ok();
  state_->views().ReclaimAll();
  background_->DeleteObsoleteFiles();
  // Tables that a cursor still reads, what could not be deleted, and runs that are not committed.
  std::set<std::string> going = obsolete_.Names();
  std::set<std::string> blobs;
  {
    ReadViewReference view = state_->views().Acquire();
    RETURN_IF_ERROR(view->version->CheckInvariants());
    InsertNames(TablesOf(*view), &blobs);
    for (const LiveValueFile& live : view->version->value_files) {
      blobs.insert(ValueFileName(live.file->number()));
    }
  }
  std::set<std::string> logs{ManifestName(versions_.manifest_number())};
  for (uint64_t number : segments_.numbers()) logs.insert(WalSegmentName(number));
  ASSIGN_OR_RETURN(std::vector<StorageItem> blobs_found, options_.storage->ListBlobs());
  ASSIGN_OR_RETURN(std::vector<StorageItem> logs_found, options_.storage->ListLogs());
  // Runs that were begun or committed meanwhile.
  going.merge(obsolete_.Names());
  InsertNames(TablesOf(*state_->views().Acquire()), &going);
  RETURN_IF_ERROR(CompareFiles(blobs_found, std::move(blobs), going));
  return CompareFiles(logs_found, std::move(logs), going);
}

}  // namespace shale::engine
