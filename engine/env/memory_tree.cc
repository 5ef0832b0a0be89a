#include "engine/env/memory_tree.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "engine/base/random.h"

namespace shale::engine {
namespace {

using Entries = MemoryNode::Entries;

// Builds the tree after a crash, each node once, however many links it has.
class CrashBuilder {
 public:
  explicit CrashBuilder(const CrashOptions& options)
      : options_(options), random_(options.seed * 0x9e3779b97f4a7c15 + 1) {}

  MemoryNodePointer Build(const MemoryNodePointer& root) {
    ChooseEntries(*root);
    return Copy(root);
  }

 private:
  // First every directory's entries, since a surviving rename decides about a file's data.
  void ChooseEntries(const MemoryNode& directory) {
    if (entries_.contains(&directory)) return;
    const Entries& chosen = entries_[&directory] = SurvivingEntries(directory);
    for (const auto& [name, node] : chosen) {
      if (node->is_directory) ChooseEntries(*node);
    }
  }

  Entries SurvivingEntries(const MemoryNode& directory) {
    if (options_.survival == CrashSurvival::kAll) return directory.entries;
    if (options_.survival == CrashSurvival::kNone) {
      return options_.rename_before_data ? directory.entries : directory.durable_entries;
    }
    Entries entries = directory.durable_entries;
    size_t count = directory.unsynced_changes.size();
    size_t in_order = options_.lost_directory_entries ? count : random_.Uniform(count + 1);
    for (size_t i = 0; i < in_order; ++i) {
      if (options_.lost_directory_entries && random_.OneIn(2)) continue;
      const MemoryNode::Change& change = directory.unsynced_changes[i];
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

  MemoryNodePointer Copy(const MemoryNodePointer& node) {
    MemoryNodePointer& copy = copies_[node.get()];
    if (copy != nullptr) return copy;
    copy = std::make_shared<MemoryNode>();
    MemoryNodePointer result = copy;  // the map may move while the entries are copied
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
  std::unordered_map<const MemoryNode*, Entries> entries_;
  std::unordered_set<const MemoryNode*> with_data_;
  std::unordered_map<const MemoryNode*, MemoryNodePointer> copies_;
};

}  // namespace

void MemoryNode::Apply(Change change) {
  for (auto& [name, node] : change.parts) {
    if (node != nullptr) {
      entries[name] = node;
    } else {
      entries.erase(name);
    }
  }
  unsynced_changes.push_back(std::move(change));
}

void MemoryNode::SyncEntries() {
  durable_entries = entries;
  unsynced_changes.clear();
}

MemoryPath::MemoryPath(const std::string& path) {
  for (size_t start = 0; start < path.size();) {
    size_t end = std::min(path.find('/', start), path.size());
    std::string part = path.substr(start, end - start);
    if (!part.empty() && part != ".") directories.push_back(std::move(part));
    start = end + 1;
  }
  if (directories.empty()) return;
  name = std::move(directories.back());
  directories.pop_back();
}

std::string MemoryPath::ToString() const {
  std::string text;
  for (const std::string& directory : directories) text += directory + '/';
  return text + name;
}

MemoryNodePointer CrashTree(const MemoryNodePointer& root, const CrashOptions& options) {
  return CrashBuilder(options).Build(root);
}

}  // namespace shale::engine
