// The tree of files and directories behind MemoryFileSystem, and what a crash makes of it. Not
// thread-safe: MemoryFileSystem guards it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/env/memory_contents.h"
#include "engine/env/memory_file_system.h"

namespace shale::engine {

struct MemoryNode;
using MemoryNodePointer = std::shared_ptr<MemoryNode>;

// A file or a directory.
struct MemoryNode {
  using Entries = std::map<std::string, MemoryNodePointer>;

  // One call's effect on a directory: names that point to a node from now on, or to nothing.
  struct Change {
    std::vector<std::pair<std::string, MemoryNodePointer>> parts;
    bool is_rename = false;
  };

  bool is_directory = false;
  MemoryFileState file;
  Entries entries;
  Entries durable_entries;
  std::vector<Change> unsynced_changes;

  void Apply(Change change);
  void SyncEntries();
};

// A path's components, the last one apart; that is empty for the root.
struct MemoryPath {
  std::vector<std::string> directories;
  std::string name;

  explicit MemoryPath(const std::string& path);
  // The same for all spellings of one path.
  std::string ToString() const;
};

// Copies the tree as a crash leaves it; everything in the copy is durable.
MemoryNodePointer CrashTree(const MemoryNodePointer& root, const CrashOptions& options);

}  // namespace shale::engine
