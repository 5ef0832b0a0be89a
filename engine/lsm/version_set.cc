#include "engine/lsm/version_set.h"

#include <algorithm>
#include <string>
#include <unordered_set>

#include "engine/base/log.h"
#include "engine/lsm/manifest_format.h"

namespace shale::engine {

VersionSet::VersionSet(const EngineOptions& options, const TableContext* context)
    : options_(options),
      context_(context),
      time_marks_(options.version_retention_seconds),
      version_(std::make_shared<Version>()) {}

Result<bool> VersionSet::Recover() {
  std::lock_guard lock(edit_mutex_);
  ASSIGN_OR_RETURN(RegisterValue root, options_.storage->ReadRegister(std::string(kRootRegister)));
  root_version_ = root.version;
  if (root.version == 0) return false;
  ASSIGN_OR_RETURN(root_manifest_, DecodeRoot(root.bytes));
  ASSIGN_OR_RETURN(std::vector<VersionEdit> edits,
                   ReadManifest(options_.storage, root_manifest_, options_.keyring));
  for (const VersionEdit& edit : edits) {
    ASSIGN_OR_RETURN(version_, version_->Apply(edit, context_));
    Absorb(edit);
    time_marks_.Restore(edit.time_marks);
    if (edit.next_file_number) NoteFileNumber(*edit.next_file_number - 1);
  }
  NoteFileNumber(root_manifest_);
  return true;
}

void VersionSet::NoteFileNumber(uint64_t number) {
  uint64_t next = next_file_number_.load();
  while (next <= number && !next_file_number_.compare_exchange_weak(next, number + 1)) {
  }
}

void VersionSet::Absorb(const VersionEdit& edit) {
  if (edit.log_start) log_start_ = *edit.log_start;
  if (edit.durable_lsn) durable_lsn_ = std::max(durable_lsn_, *edit.durable_lsn);
  if (edit.last_sequence) last_sequence_ = std::max(last_sequence_, *edit.last_sequence);
  if (edit.history_floor) history_floor_ = std::max(history_floor_, *edit.history_floor);
}

VersionEdit VersionSet::WholeEdit(const Version& version, const VersionEdit& edit) const {
  VersionEdit whole = version.ToEdit();
  whole.next_file_number = next_file_number_.load();
  whole.last_sequence = std::max(last_sequence_, edit.last_sequence.value_or(0));
  whole.log_start = edit.log_start.value_or(log_start_);
  whole.durable_lsn = std::max(durable_lsn_, edit.durable_lsn.value_or(0));
  whole.history_floor = std::max(history_floor_, edit.history_floor.value_or(0));
  whole.time_marks = time_marks_.All();
  return whole;
}

Status VersionSet::PointRootTo(uint64_t manifest_number) {
  std::string name(kRootRegister);
  root_candidates_.push_back(manifest_number);
  Status status = options_.storage->CompareAndSet(name, root_version_, EncodeRoot(manifest_number));
  if (!status.ok()) {
    // An attempt that failed, this one or one before, may have changed the register all the same;
    // but what can be read need not be durable. Only an attempt that succeeds is.
    Result<RegisterValue> root = options_.storage->ReadRegister(name);
    if (!root.ok() || root->version == root_version_) return status;
    Result<uint64_t> named = DecodeRoot(root->bytes);
    if (!named.ok() || std::ranges::find(root_candidates_, *named) == root_candidates_.end()) {
      return status;
    }
    root_version_ = root->version;
    RETURN_IF_ERROR(
        options_.storage->CompareAndSet(name, root_version_, EncodeRoot(manifest_number)));
  }
  ++root_version_;
  root_manifest_ = manifest_number;
  for (uint64_t candidate : std::exchange(root_candidates_, {})) {
    if (candidate != manifest_number) {
      context_->obsolete->Add({ObsoleteFiles::File::Kind::kLog, ManifestName(candidate)});
    }
  }
  return Status::Ok();
}

Status VersionSet::Roll(const Version& next, const VersionEdit& edit) {
  uint64_t number = NewFileNumber();
  manifest_.reset();
  VersionEdit whole = WholeEdit(next, edit);
  ASSIGN_OR_RETURN(auto manifest, ManifestWriter::Create(options_.storage, options_.owner_epoch,
                                                         number, whole, options_.keyring));
  uint64_t old = root_manifest_;
  RETURN_IF_ERROR(PointRootTo(number));
  manifest_ = std::move(manifest);
  time_marks_.MarkSaved(whole.time_marks);
  if (old != 0) {
    context_->obsolete->Add({ObsoleteFiles::File::Kind::kLog, ManifestName(old)});
  }
  for (std::string& name : std::exchange(undecided_blobs_, {})) {
    context_->obsolete->Add({ObsoleteFiles::File::Kind::kBlob, std::move(name)});
  }
  return Status::Ok();
}

Status VersionSet::Start(const VersionEdit& edit) {
  std::lock_guard lock(edit_mutex_);
  ASSIGN_OR_RETURN(auto next, version_->Apply(edit, context_));
  RETURN_IF_ERROR(Roll(*next, edit));
  Absorb(edit);
  version_ = std::move(next);
  return Status::Ok();
}

Status VersionSet::RenewManifest() {
  std::lock_guard lock(edit_mutex_);
  return Roll(*version_, VersionEdit());
}

// What it would have added new. A table that it only moves to another level is there already, and
// stays whatever the edit's fate; so does one of a run, which the log names.
void VersionSet::NoteUndecided(const VersionEdit& edit, const TableFiles& known) {
  std::unordered_set<uint64_t> moved;
  for (const auto& [level, number] : edit.removed) moved.insert(number);
  for (const auto& file : known) moved.insert(file->number());
  for (const auto& [level, table] : edit.added) {
    if (!moved.contains(table.number)) undecided_blobs_.push_back(TableName(table.number));
  }
  for (const ValueFileMetadata& file : edit.added_value_files) {
    undecided_blobs_.push_back(ValueFileName(file.number));
  }
}

Status VersionSet::LogAndApply(VersionEdit edit, const Install& install, const TableFiles& known) {
  std::lock_guard lock(edit_mutex_);
  ASSIGN_OR_RETURN(auto next, version_->Apply(edit, context_, known));
  edit.next_file_number = next_file_number_.load();
  edit.time_marks = time_marks_.Unsaved();
  bool logged = false;
  if (manifest_ != nullptr && manifest_->bytes() < kManifestBytesMax) {
    Status status = manifest_->Append(edit);
    logged = status.ok();
    if (logged) time_marks_.MarkSaved(edit.time_marks);
    if (!logged) LogWarning("manifest edit failed, writing a new manifest: {}", status.ToString());
  }
  if (!logged) {
    Status status = Roll(*next, edit);
    if (!status.ok()) {
      NoteUndecided(edit, known);
      return status;
    }
  }
  std::unordered_set<uint64_t> kept;
  for (const auto& [level, table] : edit.added) kept.insert(table.number);
  std::shared_ptr<const Version> previous = std::move(version_);
  version_ = next;
  Absorb(edit);
  install(next);
  for (const auto& [level, number] : edit.removed) {
    if (kept.contains(number)) continue;
    for (const auto& file : previous->levels[level]) {
      if (file->number() == number) file->MarkObsolete();
    }
  }
  for (const LiveValueFile& live : previous->value_files) {
    if (next->FindValueFile(live.file->number()) == nullptr) live.file->MarkObsolete();
  }
  return Status::Ok();
}

VersionSet::Captured VersionSet::Capture() const {
  std::lock_guard lock(edit_mutex_);
  return {version_, WholeEdit(*version_, {})};
}

Result<std::shared_ptr<const Version>> VersionSet::Preview(const VersionEdit& edit) const {
  std::lock_guard lock(edit_mutex_);
  return version_->Apply(edit, context_);
}

uint64_t VersionSet::manifest_number() const {
  std::lock_guard lock(edit_mutex_);
  return root_manifest_;
}

uint64_t VersionSet::manifest_bytes() const {
  std::lock_guard lock(edit_mutex_);
  return manifest_ == nullptr ? 0 : manifest_->bytes();
}

}  // namespace shale::engine
