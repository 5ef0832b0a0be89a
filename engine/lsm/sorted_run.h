// SortedRun: tables that were built beside the tree, in key order, and are not part of it yet. A
// WriteBatch takes one along (WriteBatch::Ingest), and the commit of the batch makes it part of the
// store as a whole, at the batch's sequence number, without its data passing through log and
// memtable. RunWriter builds them:
//
//   std::unique_ptr<RunWriter> writer = store.NewRunWriter();
//   RETURN_IF_ERROR(writer->Put(key, value));   // ascending keys
//   ASSIGN_OR_RETURN(SortedRun run, writer->Finish());
//   batch.Ingest(std::move(run));
//
// The files are durable before Finish returns. Whoever lets go of a run that was not committed
// deletes them; those a crash leaves, the next open. Runs and writers must not outlive their store.
// Not thread-safe, movable.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/lsm/table_metadata.h"

namespace shale::engine {

class ObsoleteFiles;
class TableOutput;
struct EngineOptions;

class SortedRun {
 public:
  SortedRun() = default;
  // Of unpublished tables, whose names the obsolete files know as doomed.
  SortedRun(std::vector<TableMetadata> tables, ObsoleteFiles* obsolete)
      : tables_(std::move(tables)), obsolete_(obsolete) {}
  SortedRun(SortedRun&& other) noexcept
      : tables_(std::move(other.tables_)), obsolete_(other.obsolete_) {}
  SortedRun& operator=(SortedRun&& other) noexcept;
  // Every batch has a run, few one with tables.
  ~SortedRun() {
    if (!empty()) Discard();
  }

  bool empty() const { return tables_.empty(); }
  // In key order, disjoint.
  const std::vector<TableMetadata>& tables() const { return tables_; }
  uint64_t bytes() const;
  uint64_t entries() const;
  // Takes over another run, all of whose keys lie above this one's.
  void Append(SortedRun later);

  // Deletes the files.
  void Discard();
  // They are the store's now.
  void Adopt();
  // A log record may name them: they stay, and the next open finds out.
  void Abandon() { tables_.clear(); }

 private:
  std::vector<TableMetadata> tables_;
  ObsoleteFiles* obsolete_ = nullptr;
};

// All calls block.
class RunWriter {
 public:
  // Options and obsolete files outlive it; the tables get numbers from new_file_number.
  RunWriter(const EngineOptions& options, std::function<uint64_t()> new_file_number,
            ObsoleteFiles* obsolete);
  // Deletes what was written unless it was finished.
  ~RunWriter();

  // Each key lies above the one before. 54000 beyond the limits for keys and values, 53100 and
  // 58030 from the disk; after an error nothing may follow.
  Status Put(std::string_view key, std::string_view value);
  Status Delete(std::string_view key);
  // Once; an empty run where nothing was written.
  Result<SortedRun> Finish();

 private:
  Status Add(std::string_view key, ValueType type, std::string_view value);

  const EngineOptions& options_;
  ObsoleteFiles* const obsolete_;
  std::vector<uint64_t> numbers_;  // of the files begun
  std::unique_ptr<TableOutput> output_;
  std::string internal_key_;
};

}  // namespace shale::engine
