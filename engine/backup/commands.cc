#include "engine/backup/commands.h"

#include <chrono>
#include <cstdio>

#include "engine/backup/restore.h"
#include "engine/env/local_storage.h"
#include "engine/env/read_only_storage.h"

namespace shale::engine {
namespace {

Result<RestoreSummary> RestoreDirectories(const RestoreCommand& command) {
  FileSystem& files = PosixFileSystem();
  RestoreJob job{.master_key = command.master_key,
                 .until_sequence = command.until_sequence,
                 .until_us = command.until_us};
  ASSIGN_OR_RETURN(auto backup,
                   OpenReadOnlyStorage(files, command.backup_directory, DirectoryLock::kTake));
  job.backup = backup.get();
  std::unique_ptr<LocalStorage> archive;
  if (!command.archive_directory.empty()) {
    // A server may go on archiving meanwhile: what is there is whole.
    ASSIGN_OR_RETURN(archive,
                     OpenReadOnlyStorage(files, command.archive_directory, DirectoryLock::kLeave));
    job.archive = archive.get();
  }
  ASSIGN_OR_RETURN(auto target, OpenLocalStorage(files, command.data_directory));
  job.target = target.get();
  return Restore(job);
}

std::string UtcText(uint64_t time_us) {
  std::chrono::sys_time<std::chrono::microseconds> time{std::chrono::microseconds(time_us)};
  auto day = std::chrono::floor<std::chrono::days>(time);
  std::chrono::year_month_day date(day);
  std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06} UTC", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count());
}

}  // namespace

int RunRestoreCommand(const RestoreCommand& command) {
  Result<RestoreSummary> summary = RestoreDirectories(command);
  if (!summary.ok()) {
    const ErrorFields& error = summary.status().error();
    std::fprintf(stderr, "shale: %s\n", error.message.c_str());
    if (!error.detail.empty()) std::fprintf(stderr, "shale: detail: %s\n", error.detail.c_str());
    if (!error.hint.empty()) std::fprintf(stderr, "shale: hint: %s\n", error.hint.c_str());
    return 1;
  }
  std::string text = fmt::format(
      "restored \"{}\": {} tables with {} bytes, {} archived log segments\n"
      "last sequence number: {}\n",
      command.data_directory, summary->files, summary->bytes, summary->log_segments,
      summary->sequence);
  if (summary->last_time_us != 0) {
    text += fmt::format("last time in the log: {}\n", UtcText(summary->last_time_us));
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

}  // namespace shale::engine
