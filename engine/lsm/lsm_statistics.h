// The store's counters, added to by all its parts. Thread-safe.
#pragma once

#include "engine/base/metrics.h"

namespace shale::engine {

struct LsmStatistics {
  BusyCounter gets;
  Counter gets_waited;  // for the disk
  Counter cursor_pages;
  Counter cursor_pages_waited;
  Counter cursor_rows;
  Counter cursor_runs_skipped;  // of dead entries
  Counter batches;
  Counter batch_operations;
  Counter batch_bytes;
  Counter wal_bytes;
  Counter wal_syncs;
  Counter wal_groups;
  Histogram wal_group_batches;
  Histogram wal_sync_nanos;
  Counter write_slowdowns;
  Counter write_stops;
  Counter write_stall_nanos;
  Counter ingests;
  Counter ingested_tables;
  Counter ingested_bytes;
  Counter flushes;
  Counter flush_bytes_written;
  Counter compactions;
  Counter compaction_moves;
  Counter compaction_bytes_read;
  Counter compaction_bytes_written;
  Counter compaction_shares;  // of compactions cut into several
  Counter compaction_entries_read;
  Counter compaction_entries_dropped;
  Counter tables_dropped;       // unread
  Counter value_bytes_written;  // to value files
  Counter value_bytes_moved;    // by compactions
  Counter files_deleted;
};

}  // namespace shale::engine
