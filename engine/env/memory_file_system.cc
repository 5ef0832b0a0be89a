#include "engine/env/memory_file_system.h"

#include <errno.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "engine/env/file_error.h"
#include "engine/env/memory_tree.h"

namespace shale::engine {

namespace {

using Node = MemoryNode;
using NodePointer = MemoryNodePointer;

uint64_t BlockBytesOf(uint64_t size) {
  constexpr uint64_t kBlock = MemoryFileSystem::kBlockBytes;
  return (size + kBlock - 1) / kBlock * kBlock;
}

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
  Node* Parent(const MemoryPath& parts) const {
    Node* directory = root.get();
    for (const std::string& name : parts.directories) {
      auto found = directory->entries.find(name);
      if (found == directory->entries.end() || !found->second->is_directory) return nullptr;
      directory = found->second.get();
    }
    return directory;
  }

  NodePointer Find(const std::string& path) const {
    MemoryPath parts(path);
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
    MemoryPath parts(path);
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
    MemoryPath parts(path);
    state_->Parent(parts)->Apply({{{parts.name, nullptr}}});
  }
  state_->Mutated(FileOperation::kRemove, path);
  return Status::Ok();
}

Status MemoryFileSystem::Rename(const std::string& from, const std::string& to) {
  {
    std::lock_guard lock(state_->mutex);
    NodePointer node = state_->Find(from);
    MemoryPath from_parts(from);
    MemoryPath to_parts(to);
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
    MemoryPath parts(to);
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
    MemoryPath parts(path);
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
    node->SyncEntries();
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
  std::string key = MemoryPath(path).ToString();
  bool created = false;
  {
    std::lock_guard lock(state_->mutex);
    MemoryPath parts(path);
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
  clone->state_->root = CrashTree(state_->root, options);
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
  MemoryPath parts(path);
  Node* parent = state_->Parent(parts);
  if (parent == nullptr) return FileError(FileOperation::kOpen, path, ENOENT);
  NodePointer node = state_->Find(path);
  if (node == nullptr) node = std::make_shared<Node>();
  if (node->is_directory) return FileError(FileOperation::kOpen, path, EISDIR);
  node->file.Resize(0);
  node->file.Write(0, bytes);
  node->file.Sync();
  parent->Apply({{{parts.name, node}}});
  parent->SyncEntries();
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
