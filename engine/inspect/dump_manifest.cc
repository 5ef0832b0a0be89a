// A manifest: its edits, field by field.
#include <memory>

#include "engine/inspect/dump_parts.h"
#include "engine/lsm/manifest.h"

namespace shale::engine {

std::string DescribeRange(const UserKeyRange& range) {
  switch (range.end) {
    case UserKeyRange::End::kInclusive:
      return fmt::format("{} to {}", Quoted(range.smallest), Quoted(range.largest));
    case UserKeyRange::End::kExclusive:
      return fmt::format("{} up to, not including {}", Quoted(range.smallest),
                         Quoted(range.largest));
    case UserKeyRange::End::kUnbounded:
      return fmt::format("{} to the end", Quoted(range.smallest));
  }
  return "";
}

namespace {

void DumpEdit(const VersionEdit& edit, const DumpSink& sink) {
  if (edit.next_file_number) {
    sink(fmt::format("    next file number {}\n", *edit.next_file_number));
  }
  if (edit.last_sequence) sink(fmt::format("    last sequence number {}\n", *edit.last_sequence));
  if (edit.log_start) {
    sink(fmt::format("    log starts in segment {} with LSN {}\n", edit.log_start->log_number,
                     edit.log_start->first_lsn));
  }
  if (edit.durable_lsn) sink(fmt::format("    LSN known durable {}\n", *edit.durable_lsn));
  if (edit.history_floor) {
    sink(fmt::format("    history from sequence number {}\n", *edit.history_floor));
  }
  for (const TimeMark& mark : edit.time_marks) {
    sink(fmt::format("    at {} us: sequence number {}\n", mark.wall_micros, mark.sequence));
  }
  for (const ValueFileMetadata& file : edit.added_value_files) {
    sink(fmt::format("    value file {}, {} bytes, {} of them records\n", file.number, file.bytes,
                     file.record_bytes));
  }
  for (const auto& [level, number] : edit.removed) {
    sink(fmt::format("    level {}: without table {}\n", level, number));
  }
  for (const auto& [level, table] : edit.added) {
    sink(fmt::format(
        "    level {}: {} {}, {} bytes, {} entries ({} deletions), {} range tombstones, "
        "sequence numbers {} to {}, {}\n",
        level, table.is_run ? "table of a run" : "table", table.number, table.bytes, table.entries,
        table.deletions, table.range_tombstones, table.sequence_min, table.sequence_max,
        DescribeRange(table.range)));
    for (const ValueUse& use : table.values) {
      sink(fmt::format("      with {} bytes of value file {}\n", use.bytes, use.file_number));
    }
  }
}

}  // namespace

Status DumpManifest(const DumpSource& source, const DumpSink& sink) {
  uint64_t edits = 0;
  ASSIGN_OR_RETURN(std::unique_ptr<LogReader> log, source.storage->OpenLog("manifest"));
  sink(fmt::format("manifest \"{}\": number {}\n", log->name(), source.number));
  uint64_t end = 0;
  RETURN_IF_ERROR(VisitManifest(
      log.get(), source.number, source.keyring,
      [&](uint64_t offset, const VersionEdit& edit) {
        ++edits;
        sink(fmt::format("  at {}: edit {}\n", offset, edits));
        DumpEdit(edit, sink);
      },
      &end));
  sink(fmt::format("  {} edits, valid up to offset {}\n", edits, end));
  return Status::Ok();
}

}  // namespace shale::engine
