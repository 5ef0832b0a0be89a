#include "engine/env/memory_file_system.h"

#include <errno.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "engine/base/random.h"
#include "engine/env/file_error.h"
#include "engine/env/memory_contents.h"

namespace shale::engine {

namespace {

struct Node;
using NodePointer = std::shared_ptr<Node>;
using Entries = std::map<std::string, NodePointer>;

// One call's effect on a directory: names that point to a node from now on, or to nothing.
struct EntryChange {
  std::vector<std::pair<std::string, NodePointer>> parts;
  bool is_rename = false;
};

// A file or a directory.
struct Node {
  bool is_directory = false;
  MemoryFileState file;
  Entries entries;
  Entries durable_entries;
  std::vector<EntryChange> unsynced_changes;

  void Apply(EntryChange change) {
    for (auto& [name, node] : change.parts) {
      if (node != nullptr) {
        entries[name] = node;
      } else {
        entries.erase(name);
      }
    }
    unsynced_changes.push_back(std::move(change));
  }
};

struct PathParts {
  std::vector<std::string> directories;
  std::string name;  // empty for the root
};

PathParts Split(const std::string& path) {
  std::vector<std::string> parts;
  for (size_t start = 0; start < path.size();) {
    size_t end = std::min(path.find('/', start), path.size());
    std::string part = path.substr(start, end - start);
    if (!part.empty() && part != ".") parts.push_back(std::move(part));
    start = end + 1;
  }
  PathParts result;
  if (!parts.empty()) {
    result.name = std::move(parts.back());
    parts.pop_back();
  }
  result.directories = std::move(parts);
  return result;
}

std::string Normalize(const std::string& path) {
  PathParts parts = Split(path);
  std::string text;
  for (const std::string& directory : parts.directories) text += directory + '/';
  return text + parts.name;
}

uint64_t BlockBytesOf(uint64_t size) {
  constexpr uint64_t kBlock = MemoryFileSystem::kBlockBytes;
  return (size + kBlock - 1) / kBlock * kBlock;
}

// Builds the tree after a crash, each node once, however many links it has.
class CrashBuilder {
 public:
  explicit CrashBuilder(const CrashOptions& options)
      : options_(options), random_(options.seed * 0x9e3779b97f4a7c15 + 1) {}

  NodePointer Build(const NodePointer& root) {
    ChooseEntries(*root);
    return Copy(root);
  }

 private:
  // First every directory's entries, since a surviving rename decides about a file's data.
  void ChooseEntries(const Node& directory) {
    if (entries_.contains(&directory)) return;
    const Entries& chosen = entries_[&directory] = SurvivingEntries(directory);
    for (const auto& [name, node] : chosen) {
      if (node->is_directory) ChooseEntries(*node);
    }
  }

  Entries SurvivingEntries(const Node& directory) {
    if (options_.survival == CrashSurvival::kAll) return directory.entries;
    if (options_.survival == CrashSurvival::kNone) {
      return options_.rename_before_data ? directory.entries : directory.durable_entries;
    }
    Entries entries = directory.durable_entries;
    size_t count = directory.unsynced_changes.size();
    size_t in_order = options_.lost_directory_entries ? count : random_.Uniform(count + 1);
    for (size_t i = 0; i < in_order; ++i) {
      if (options_.lost_directory_entries && random_.OneIn(2)) continue;
      const EntryChange& change = directory.unsynced_changes[i];
      for (const auto& [name, node] : change.parts) {
        if (node == nullptr) {
          entries.erase(name);
          continue;
        }
        entries[name] = node;
        if (change.is_rename && !options_.rename_before_data) with_data_.insert(node.get());
      }
    }
    return entries;
  }

  NodePointer Copy(const NodePointer& node) {
    NodePointer& copy = copies_[node.get()];
    if (copy != nullptr) return copy;
    copy = std::make_shared<Node>();
    NodePointer result = copy;  // the map may move while the entries are copied
    result->is_directory = node->is_directory;
    if (node->is_directory) {
      for (const auto& [name, child] : entries_[node.get()]) {
        result->entries[name] = Copy(child);
      }
      result->durable_entries = result->entries;
    } else {
      result->file.current = node->file.Crash(options_, random_, with_data_.contains(node.get()));
      result->file.disk = result->file.current;
    }
    return result;
  }

  const CrashOptions options_;
  Random random_;
  std::unordered_map<const Node*, Entries> entries_;
  std::unordered_set<const Node*> with_data_;
  std::unordered_map<const Node*, NodePointer> copies_;
};

}  // namespace

struct MemoryFileSystem::State {
  mutable std::mutex mutex;
  NodePointer root = std::make_shared<Node>();  // the tree is guarded by mutex
  std::set<std::string> locked;                 // guarded by mutex
  uint64_t capacity_bytes = UINT64_MAX;         // guarded by mutex
  MutationHook hook;                            // set before threads start

  State() { root->is_directory = true; }

  void Mutated(FileOperation operation, const std::string& path) const {
    if (hook) hook(operation, path);
  }

  // The functions below are called with the mutex held.

  // The directory that holds the path's last component; null where there is none.
  Node* Parent(const PathParts& parts) const {
    Node* directory = root.get();
    for (const std::string& name : parts.directories) {
      auto found = directory->entries.find(name);
      if (found == directory->entries.end() || !found->second->is_directory) return nullptr;
      directory = found->second.get();
    }
    return directory;
  }

  NodePointer Find(const std::string& path) const {
    PathParts parts = Split(path);
    if (parts.name.empty()) return root;
    Node* parent = Parent(parts);
    if (parent == nullptr) return nullptr;
    auto found = parent->entries.find(parts.name);
    return found == parent->entries.end() ? nullptr : found->second;
  }

  NodePointer FindFile(const std::string& path) const {
    NodePointer node = Find(path);
    return node != nullptr && !node->is_directory ? node : nullptr;
  }

  uint64_t UsedBytes() const {
    std::unordered_set<const Node*> seen;
    return UsedBytes(*root, &seen);
  }

  static uint64_t UsedBytes(const Node& node, std::unordered_set<const Node*>* seen) {
    if (!seen->insert(&node).second) return 0;
    if (!node.is_directory) return BlockBytesOf(node.file.current.size());
    uint64_t sum = 0;
    for (const auto& [name, child] : node.entries) sum += UsedBytes(*child, seen);
    return sum;
  }

  bool HasRoomToGrow(const Node& node, uint64_t size) const {
    if (capacity_bytes == UINT64_MAX || size <= node.file.current.size()) return true;
    uint64_t growth = BlockBytesOf(size) - BlockBytesOf(node.file.current.size());
    return growth == 0 || UsedBytes() + growth <= capacity_bytes;
  }
};

class MemoryFile : public File {
 public:
  MemoryFile(std::shared_ptr<MemoryFileSystem::State> state, NodePointer node, std::string path,
             bool writable)
      : state_(std::move(state)),
        node_(std::move(node)),
        path_(std::move(path)),
        writable_(writable) {}

  Result<size_t> Read(uint64_t offset, size_t length, char* buffer) override {
    std::lock_guard lock(state_->mutex);
    return node_->file.current.Read(offset, length, buffer);
  }

  Status Write(uint64_t offset, std::string_view bytes) override {
    return Change(FileOperation::kWrite, offset + bytes.size(),
                  [&] { node_->file.Write(offset, bytes); });
  }

  Status Sync() override {
    return Change(FileOperation::kSync, 0, [&] { node_->file.Sync(); });
  }

  Status Preallocate(uint64_t size) override {
    return Change(FileOperation::kPreallocate, size, [&] {
      if (size > node_->file.current.size()) node_->file.Resize(size);
    });
  }

  Status Truncate(uint64_t size) override {
    return Change(FileOperation::kTruncate, size, [&] { node_->file.Resize(size); });
  }

  Result<uint64_t> Size() override {
    std::lock_guard lock(state_->mutex);
    return node_->file.current.size();
  }

 private:
  // Runs the change under the lock where the file may grow to the size, then the hook without it.
  template <typename Function>
  Status Change(FileOperation operation, uint64_t size, Function change) {
    {
      std::lock_guard lock(state_->mutex);
      if (!writable_ && operation != FileOperation::kSync)
        return FileError(operation, path_, EBADF);
      if (!state_->HasRoomToGrow(*node_, size)) return FileError(operation, path_, ENOSPC);
      change();
    }
    state_->Mutated(operation, path_);
    return Status::Ok();
  }

  const std::shared_ptr<MemoryFileSystem::State> state_;
  const NodePointer node_;
  const std::string path_;
  const bool writable_;
};

class MemoryFileLock : public FileLock {
 public:
  MemoryFileLock(std::shared_ptr<MemoryFileSystem::State> state, std::string path)
      : state_(std::move(state)), path_(std::move(path)) {}
  ~MemoryFileLock() override {
    std::lock_guard lock(state_->mutex);
    state_->locked.erase(path_);
  }

 private:
  const std::shared_ptr<MemoryFileSystem::State> state_;
  const std::string path_;
};

MemoryFileSystem::MemoryFileSystem() : state_(std::make_shared<State>()) {}

MemoryFileSystem::~MemoryFileSystem() = default;

Result<std::unique_ptr<File>> MemoryFileSystem::Open(const std::string& path, OpenMode mode) {
  NodePointer node;
  bool created = false;
  {
    std::lock_guard lock(state_->mutex);
    PathParts parts = Split(path);
    Node* parent = state_->Parent(parts);
    if (parent == nullptr) return FileError(FileOperation::kOpen, path, ENOENT);
    node = state_->Find(path);
    if (node != nullptr && mode == OpenMode::kCreateExclusive) {
      return FileError(FileOperation::kOpen, path, EEXIST);
    }
    if (node != nullptr && node->is_directory) return FileError(FileOperation::kOpen, path, EISDIR);
    if (node == nullptr) {
      if (mode == OpenMode::kRead || mode == OpenMode::kReadWrite) {
        return FileError(FileOperation::kOpen, path, ENOENT);
      }
      node = std::make_shared<Node>();
      parent->Apply({{{parts.name, node}}});
      created = true;
    }
  }
  if (created) state_->Mutated(FileOperation::kOpen, path);
  return std::unique_ptr<File>(
      std::make_unique<MemoryFile>(state_, std::move(node), path, mode != OpenMode::kRead));
}

Status MemoryFileSystem::Remove(const std::string& path) {
  {
    std::lock_guard lock(state_->mutex);
    NodePointer node = state_->Find(path);
    if (node == nullptr) return FileError(FileOperation::kRemove, path, ENOENT);
    if (node->is_directory) return FileError(FileOperation::kRemove, path, EISDIR);
    PathParts parts = Split(path);
    state_->Parent(parts)->Apply({{{parts.name, nullptr}}});
  }
  state_->Mutated(FileOperation::kRemove, path);
  return Status::Ok();
}

Status MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
  {
    std::lock_guard lock(state_->mutex);
    NodePointer node = state_->Find(from);
    PathParts from_parts = Split(from);
    PathParts to_parts = Split(to);
    Node* to_parent = state_->Parent(to_parts);
    if (node == nullptr || to_parent == nullptr) {
      return FileError(FileOperation::kRename, from, ENOENT);
    }
    NodePointer replaced = state_->Find(to);
    if (replaced != nullptr && replaced->is_directory) {
      return FileError(FileOperation::kRename, from, EISDIR);
    }
    if (replaced == node) return Status::Ok();  // as POSIX says of two links to one file
    Node* from_parent = state_->Parent(from_parts);
    if (from_parent == to_parent) {
      from_parent->Apply({{{from_parts.name, nullptr}, {to_parts.name, node}}, true});
    } else {
      from_parent->Apply({{{from_parts.name, nullptr}}});
      to_parent->Apply({{{to_parts.name, node}}, true});
    }
  }
  state_->Mutated(FileOperation::kRename, to);
  return Status::Ok();
}

Status MemoryFileSystem::Link(const std::string& from, const std::string& to) {
  {
    std::lock_guard lock(state_->mutex);
    NodePointer node = state_->FindFile(from);
    PathParts parts = Split(to);
    Node* parent = state_->Parent(parts);
    if (node == nullptr || parent == nullptr) return FileError(FileOperation::kLink, from, ENOENT);
    if (state_->Find(to) != nullptr) return FileError(FileOperation::kLink, from, EEXIST);
    parent->Apply({{{parts.name, node}}});
  }
  state_->Mutated(FileOperation::kLink, to);
  return Status::Ok();
}

Status MemoryFileSystem::CreateDirectory(const std::string& path) {
  {
    std::lock_guard lock(state_->mutex);
    NodePointer existing = state_->Find(path);
    if (existing != nullptr) {
      if (existing->is_directory) return Status::Ok();
      return FileError(FileOperation::kCreateDirectory, path, EEXIST);
    }
    PathParts parts = Split(path);
    Node* parent = state_->Parent(parts);
    if (parent == nullptr) return FileError(FileOperation::kCreateDirectory, path, ENOENT);
    auto node = std::make_shared<Node>();
    node->is_directory = true;
    parent->Apply({{{parts.name, std::move(node)}}});
  }
  state_->Mutated(FileOperation::kCreateDirectory, path);
  return Status::Ok();
}

Status MemoryFileSystem::SyncDirectory(const std::string& path) {
  {
    std::lock_guard lock(state_->mutex);
    NodePointer node = state_->Find(path);
    if (node == nullptr) return FileError(FileOperation::kSyncDirectory, path, ENOENT);
    if (!node->is_directory) return FileError(FileOperation::kSyncDirectory, path, ENOTDIR);
    node->durable_entries = node->entries;
    node->unsynced_changes.clear();
  }
  state_->Mutated(FileOperation::kSyncDirectory, path);
  return Status::Ok();
}

Result<std::vector<std::string>> MemoryFileSystem::List(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  NodePointer node = state_->Find(path);
  if (node == nullptr) return FileError(FileOperation::kList, path, ENOENT);
  if (!node->is_directory) return FileError(FileOperation::kList, path, ENOTDIR);
  std::vector<std::string> names;
  for (const auto& [name, child] : node->entries) names.push_back(name);
  return names;
}

Result<bool> MemoryFileSystem::Exists(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  return state_->Find(path) != nullptr;
}

Result<std::unique_ptr<FileLock>> MemoryFileSystem::Lock(const std::string& path) {
  std::string key = Normalize(path);
  bool created = false;
  {
    std::lock_guard lock(state_->mutex);
    PathParts parts = Split(path);
    Node* parent = state_->Parent(parts);
    if (parent == nullptr) return FileError(FileOperation::kLock, path, ENOENT);
    if (!state_->locked.insert(key).second) return FileError(FileOperation::kLock, path, EAGAIN);
    if (!parent->entries.contains(parts.name)) {
      parent->Apply({{{parts.name, std::make_shared<Node>()}}});
      created = true;
    }
  }
  std::unique_ptr<FileLock> result = std::make_unique<MemoryFileLock>(state_, std::move(key));
  if (created) state_->Mutated(FileOperation::kLock, path);
  return result;
}

Result<uint64_t> MemoryFileSystem::FreeBytes(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  uint64_t used = state_->UsedBytes();
  return state_->capacity_bytes > used ? state_->capacity_bytes - used : 0;
}

std::unique_ptr<MemoryFileSystem> MemoryFileSystem::CrashClone(const CrashOptions& options) const {
  auto clone = std::make_unique<MemoryFileSystem>();
  std::lock_guard lock(state_->mutex);
  clone->state_->root = CrashBuilder(options).Build(state_->root);
  clone->state_->capacity_bytes = state_->capacity_bytes;
  return clone;
}

void MemoryFileSystem::set_mutation_hook(MutationHook hook) { state_->hook = std::move(hook); }

void MemoryFileSystem::set_capacity_bytes(uint64_t bytes) {
  std::lock_guard lock(state_->mutex);
  state_->capacity_bytes = bytes;
}

Status MemoryFileSystem::LoseUnsyncedData(const std::string& path) {
  std::lock_guard lock(state_->mutex);
  NodePointer node = state_->FindFile(path);
  if (node == nullptr) return FileError(FileOperation::kOpen, path, ENOENT);
  node->file.dirty.clear();
  return Status::Ok();
}

Status MemoryFileSystem::Corrupt(const std::string& path, uint64_t offset, uint8_t xor_mask) {
  std::lock_guard lock(state_->mutex);
  NodePointer node = state_->FindFile(path);
  if (node == nullptr) return FileError(FileOperation::kOpen, path, ENOENT);
  for (MemoryContents* contents : {&node->file.current, &node->file.disk}) {
    char byte = 0;
    if (contents->Read(offset, 1, &byte) != 1) continue;
    byte = static_cast<char>(byte ^ xor_mask);
    contents->Write(offset, std::string_view(&byte, 1));
  }
  return Status::Ok();
}

Result<std::string> MemoryFileSystem::ReadWhole(const std::string& path) const {
  std::lock_guard lock(state_->mutex);
  NodePointer node = state_->FindFile(path);
  if (node == nullptr) return FileError(FileOperation::kOpen, path, ENOENT);
  std::string bytes(node->file.current.size(), '\0');
  node->file.current.Read(0, bytes.size(), bytes.data());
  return bytes;
}

Status MemoryFileSystem::ReplaceWhole(const std::string& path, std::string_view bytes) {
  std::lock_guard lock(state_->mutex);
  PathParts parts = Split(path);
  Node* parent = state_->Parent(parts);
  if (parent == nullptr) return FileError(FileOperation::kOpen, path, ENOENT);
  NodePointer node = state_->Find(path);
  if (node == nullptr) node = std::make_shared<Node>();
  if (node->is_directory) return FileError(FileOperation::kOpen, path, EISDIR);
  node->file.Resize(0);
  node->file.Write(0, bytes);
  node->file.Sync();
  parent->Apply({{{parts.name, node}}});
  parent->durable_entries = parent->entries;
  parent->unsynced_changes.clear();
  return Status::Ok();
}

std::vector<std::string> MemoryFileSystem::ListFiles() const {
  std::lock_guard lock(state_->mutex);
  std::vector<std::string> paths;
  auto walk = [&](const auto& self, const Node& directory, const std::string& prefix) -> void {
    for (const auto& [name, node] : directory.entries) {
      if (node->is_directory) {
        self(self, *node, prefix + name + '/');
      } else {
        paths.push_back(prefix + name);
      }
    }
  };
  walk(walk, *state_->root, "");
  std::sort(paths.begin(), paths.end());
  return paths;
}

uint64_t MemoryFileSystem::used_bytes() const {
  std::lock_guard lock(state_->mutex);
  return state_->UsedBytes();
}

}  // namespace shale::engine
