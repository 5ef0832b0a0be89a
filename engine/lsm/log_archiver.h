// LogArchiver: copies finished log segments to a second storage, as blobs of the same names, before
// they may be deleted. With a backup they bring the store back to any moment since
// (engine/backup/restore.h).
//
// A segment is finished once a later one has a header, which says where its records end, or when
// its last record is the mark of a store that was closed. What is copied are its records up to
// there, each verified, and nothing behind. A segment that was never used is not copied. Tables
// that a segment's batches ingest are copied before it, and deleted from the store only after.
//
// When the archive fails, segments stay where they are until it works again: the log grows
// meanwhile. Thread-safe; copies on its own thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "engine/base/executor.h"
#include "engine/base/status.h"
#include "engine/crypto/keyring.h"
#include "engine/env/storage.h"
#include "engine/lsm/table_metadata.h"

namespace shale::engine {

class LogArchiver {
 public:
  // archive may be null: then nothing is copied and everything may be deleted. The keyring is an
  // encrypted store's, which goes along with the segments. All outlive this.
  LogArchiver(Storage* storage, Storage* archive, const Keyring* keyring = nullptr)
      : storage_(storage), archive_(archive), keyring_(keyring) {}
  ~LogArchiver();

  // Reads what the archive has, and makes an empty one this store's. next_file_number: of the store
  // as recovered. 55000 where the archive is another store's, that from which this one was restored
  // among them, or holds a segment that this store has not written yet. Blocks.
  Status Start(uint64_t next_file_number);
  // Copies what is finished, soon; on_archived runs after something was.
  void Schedule(std::function<void()> on_archived);
  // Waits for what was scheduled and copies what is finished now. Blocks.
  void Stop();

  bool MayDelete(uint64_t log_number) const;
  // Tables that a batch has made part of the store: the archive gets them with the segment that
  // names them. Before anything may delete them.
  void NoteIngested(uint64_t log_number, const std::vector<TableMetadata>& tables);
  bool MayDeleteTable(uint64_t number) const;

  uint64_t segments_archived() const { return segments_archived_.load(); }
  uint64_t failures() const { return failures_.load(); }

 private:
  Status CheckOwner(bool empty);
  // Copies what is finished; true where something new may be deleted.
  Result<bool> Run();
  // From the oldest on: segments behind which a later one is in use, with its first LSN; at the end
  // the last one in use, with UINT64_MAX; 0 for those that were never used.
  struct Segment {
    uint64_t number;
    uint64_t end_lsn;
  };
  Result<std::vector<Segment>> Segments() const;
  Status NoteUnarchivedTables();
  Status Archive(uint64_t number, uint64_t end_lsn, bool* copied);
  void RunAndReport(const std::function<void()>& on_archived);

  Storage* const storage_;
  Storage* const archive_;
  const Keyring* const keyring_;
  std::atomic<bool> scheduled_{false};
  std::atomic<uint64_t> segments_archived_{0};  // by this run of the store
  std::atomic<uint64_t> failures_{0};
  mutable std::mutex mutex_;
  std::set<uint64_t> done_;  // guarded by mutex_: archived, or with nothing in them
  std::map<uint64_t, uint64_t>
      ingested_;  // guarded by mutex_: tables, and the segments naming them
  std::unique_ptr<ThreadPool> thread_;
};

}  // namespace shale::engine
