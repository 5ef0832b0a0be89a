// VersionSet: the store's current version and how it changes: every change is an edit that is
// durable in the manifest before anybody sees its result. Also gives out file numbers.
//
// When an edit's append or sync fails, its fate in that manifest is unknown and nothing more may be
// written there. The set then writes a new manifest that decides it, and points the root register
// to it; where that fails too, the error is the caller's, tables the edit would have added are kept
// until a later change succeeds, and every later change begins with a new manifest.
//
// Thread-safe: edits are serialized by a mutex that is held over the disk writes; nothing else
// waits for it.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/lsm/manifest.h"
#include "engine/lsm/version.h"
#include "engine/options.h"

namespace shale::engine {

class VersionSet {
 public:
  // Options and context outlive it.
  VersionSet(const EngineOptions& options, const TableContext* context);

  // Reads the root register and the manifest it names. False: there is no store yet. Blocks.
  Result<bool> Recover();
  // Writes a new manifest of the recovered version changed by the edit, and puts it in force.
  // Blocks.
  Status Start(const VersionEdit& edit);

  // Makes the edit durable, then calls install with the new version (under the edits' mutex) and
  // marks what was removed obsolete. Known tables are Version::Apply's; they stay whatever the
  // edit's fate. Blocks.
  using Install = std::function<void(std::shared_ptr<const Version> version)>;
  Status LogAndApply(VersionEdit edit, const Install& install, const TableFiles& known = {});

  // Goes on in a new manifest. Blocks.
  Status RenewManifest();

  // The version in force and the edit that describes it: once all that was written up to
  // edit.last_sequence was flushed, its tables hold exactly that, and the log from edit.log_start
  // on the rest. The tables stay while the version is held.
  struct Captured {
    std::shared_ptr<const Version> version;
    VersionEdit edit;
  };
  Captured Capture() const;

  // What the version in force would be with the edit.
  Result<std::shared_ptr<const Version>> Preview(const VersionEdit& edit) const;
  const TableContext* table_context() const { return context_; }

  uint64_t NewFileNumber() { return next_file_number_.fetch_add(1); }
  // Numbers below were given out.
  uint64_t next_file_number() const { return next_file_number_.load(); }
  // Numbers up to this one are taken.
  void NoteFileNumber(uint64_t number);

  // Before the store is shared between threads, or under no change.
  const std::shared_ptr<const Version>& recovered_version() const { return version_; }
  LogStart log_start() const { return log_start_; }
  uint64_t durable_lsn() const { return durable_lsn_; }
  SequenceNumber last_sequence() const { return last_sequence_; }
  SequenceNumber history_floor() const { return history_floor_; }
  // Those noted go into the manifest with the next edit.
  TimeMarks& time_marks() { return time_marks_; }
  uint64_t manifest_number() const;
  uint64_t manifest_bytes() const;

 private:
  static constexpr uint64_t kManifestBytesMax = 4 << 20;

  // Of version_ and the numbers, changed by the edit.
  VersionEdit WholeEdit(const Version& version, const VersionEdit& edit) const;
  Status Roll(const Version& next, const VersionEdit& edit);
  Status PointRootTo(uint64_t manifest_number);
  void Absorb(const VersionEdit& edit);
  void NoteUndecided(const VersionEdit& edit, const TableFiles& known);

  const EngineOptions& options_;
  const TableContext* const context_;
  std::atomic<uint64_t> next_file_number_{1};
  TimeMarks time_marks_;

  mutable std::mutex edit_mutex_;  // guards all below
  std::shared_ptr<const Version> version_;
  LogStart log_start_;
  uint64_t durable_lsn_ = 0;
  SequenceNumber last_sequence_ = 0;
  SequenceNumber history_floor_ = 0;
  uint64_t root_version_ = 0;   // of the root register
  uint64_t root_manifest_ = 0;  // the manifest it names
  std::vector<uint64_t>
      root_candidates_;  // manifests that the register may name since attempts failed
  std::unique_ptr<ManifestWriter> manifest_;  // null: unusable, the next change writes a new one
  std::vector<std::string> undecided_blobs_;  // added by edits whose fate is unknown
};

}  // namespace shale::engine
