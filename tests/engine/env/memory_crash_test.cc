// Goal: a crash clone is one of the states that the rules in memory_file_system.h allow, and over
// many seeds all kinds of them occur. Method: random operations mirrored in a model made of plain
// strings and maps.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "engine/base/random.h"
#include "engine/env/memory_file_system.h"

namespace shale::engine {
namespace {

constexpr size_t kBlock = MemoryFileSystem::kBlockBytes;
constexpr size_t kSector = MemoryFileSystem::kSectorBytes;

// Contents at [start, start + length), zeros behind the end.
std::string Slice(const std::string& bytes, size_t start, size_t length) {
  std::string slice = start < bytes.size() ? bytes.substr(start, length) : "";
  slice.resize(length, '\0');
  return slice;
}

// Whether the bytes may be what a crash leaves of a file.
bool Allowed(const std::string& after, const std::string& disk, const std::string& current,
             const CrashOptions& options) {
  if (options.survival == CrashSurvival::kNone) return after == disk;
  if (options.survival == CrashSurvival::kAll) return after == current;
  size_t low = std::min(disk.size(), current.size());
  size_t high = std::max(disk.size(), current.size());
  if (after.size() < low || after.size() > high) return false;
  if (current.size() < disk.size() && after.size() != low && after.size() != high) return false;
  size_t unit = options.torn_writes ? kSector : kBlock;
  for (size_t start = 0; start < after.size(); start += unit) {
    size_t length = std::min(unit, after.size() - start);
    std::string found = after.substr(start, length);
    bool is_new = found == Slice(current, start, length);
    bool is_old = found == Slice(disk, start, length);
    if (!is_new && !is_old) return false;
    bool reaches_new_part = (start / kBlock + 1) * kBlock > disk.size();
    bool grown = after.size() > disk.size();
    if (grown && reaches_new_part && !options.size_ahead_of_data && !is_new) return false;
  }
  return true;
}

TEST(MemoryCrash, ContentsFollowTheModel) {
  EXPECT_TRUE(rc::check([](uint64_t seed) {
    Random random(seed);
    MemoryFileSystem fs;
    auto file = *fs.Open("f", OpenMode::kCreateExclusive);
    RC_ASSERT(fs.SyncDirectory("").ok());
    std::string disk;
    std::string current;
    for (int i = 0; i < 40; ++i) {
      switch (random.Uniform(6)) {
        case 0:
          RC_ASSERT(file->Sync().ok());
          disk = current;
          break;
        case 1: {
          size_t size = random.Uniform(4 * kBlock);
          RC_ASSERT(file->Truncate(size).ok());
          current.resize(size, '\0');
          break;
        }
        case 2: {
          size_t size = random.Uniform(4 * kBlock);
          RC_ASSERT(file->Preallocate(size).ok());
          if (size > current.size()) current.resize(size, '\0');
          break;
        }
        default: {
          size_t offset = random.Uniform(3 * kBlock);
          std::string bytes(random.Uniform(kBlock), static_cast<char>('a' + random.Uniform(26)));
          RC_ASSERT(file->Write(offset, bytes).ok());
          if (bytes.empty()) break;
          if (current.size() < offset + bytes.size()) current.resize(offset + bytes.size(), '\0');
          current.replace(offset, bytes.size(), bytes);
        }
      }
      RC_ASSERT(*fs.ReadWhole("f") == current);
      CrashOptions options;
      options.survival = static_cast<CrashSurvival>(random.Uniform(3));
      options.seed = random.Next();
      if (options.survival == CrashSurvival::kRandom) {
        options.torn_writes = random.OneIn(2);
        options.size_ahead_of_data = random.OneIn(2);
      }
      auto clone = fs.CrashClone(options);
      std::string after = *clone->ReadWhole("f");
      RC_ASSERT(Allowed(after, disk, current, options));
      // What the clone has is durable, and independent of the original.
      RC_ASSERT(*clone->CrashClone({})->ReadWhole("f") == after);
      auto cloned_file = *clone->Open("f", OpenMode::kReadWrite);
      RC_ASSERT(cloned_file->Write(0, std::string(kBlock, '#')).ok());
      RC_ASSERT(*fs.ReadWhole("f") == current);
    }
  }));
}

// File names to the marker that each file holds.
using Names = std::map<std::string, std::string>;

Names NamesOf(const MemoryFileSystem& fs) {
  Names names;
  for (const std::string& path : fs.ListFiles()) names[path] = *fs.ReadWhole(path);
  return names;
}

// One call's effect: names set, or erased where the marker is empty.
using Effect = std::vector<std::pair<std::string, std::string>>;

void ApplyEffect(const Effect& effect, Names* names) {
  for (const auto& [name, marker] : effect) {
    if (marker.empty()) {
      names->erase(name);
    } else {
      (*names)[name] = marker;
    }
  }
}

TEST(MemoryCrash, NamesFollowTheModel) {
  EXPECT_TRUE(rc::check([](uint64_t seed) {
    Random random(seed);
    MemoryFileSystem fs;
    Names durable;
    Names current;
    std::vector<Effect> unsynced;
    auto name = [&random] { return std::string(1, static_cast<char>('a' + random.Uniform(4))); };
    for (int i = 0; i < 30; ++i) {
      std::string from = name();
      std::string to = name();
      Effect effect;
      switch (random.Uniform(5)) {
        case 0: {
          auto file = fs.Open(from, OpenMode::kCreateExclusive);
          RC_ASSERT(file.ok() == !current.contains(from));
          if (!file.ok()) break;
          std::string marker = std::to_string(i);
          RC_ASSERT((*file)->Write(0, marker).ok());
          RC_ASSERT((*file)->Sync().ok());
          effect = {{from, marker}};
          break;
        }
        case 1:
          RC_ASSERT(fs.Remove(from).ok() == current.contains(from));
          if (current.contains(from)) effect = {{from, ""}};
          break;
        case 2:
          RC_ASSERT(fs.Rename(from, to).ok() == current.contains(from));
          if (!current.contains(from)) break;
          if (current.contains(to) && current[to] == current[from]) break;  // one file
          effect = {{from, ""}, {to, current[from]}};
          break;
        case 3:
          RC_ASSERT(fs.Link(from, to).ok() == (current.contains(from) && !current.contains(to)));
          if (current.contains(from) && !current.contains(to)) effect = {{to, current[from]}};
          break;
        default:
          if (unsynced.size() < 8) break;
          RC_ASSERT(fs.SyncDirectory("/").ok());
          durable = current;
          unsynced.clear();
      }
      if (!effect.empty()) {
        ApplyEffect(effect, &current);
        unsynced.push_back(effect);
      }
      RC_ASSERT(NamesOf(fs) == current);
      RC_ASSERT(NamesOf(*fs.CrashClone({})) == durable);
      RC_ASSERT(NamesOf(*fs.CrashClone({CrashSurvival::kAll})) == current);
      if (unsynced.size() > 10) continue;

      std::set<Names> prefixes;
      Names state = durable;
      prefixes.insert(state);
      for (const Effect& each : unsynced) {
        ApplyEffect(each, &state);
        prefixes.insert(state);
      }
      std::set<Names> subsets;
      for (size_t mask = 0; mask < (size_t{1} << unsynced.size()); ++mask) {
        Names chosen = durable;
        for (size_t k = 0; k < unsynced.size(); ++k) {
          if ((mask >> k & 1) != 0) ApplyEffect(unsynced[k], &chosen);
        }
        subsets.insert(chosen);
      }
      for (int k = 0; k < 4; ++k) {
        CrashOptions options{CrashSurvival::kRandom, random.Next()};
        RC_ASSERT(prefixes.contains(NamesOf(*fs.CrashClone(options))));
        options.lost_directory_entries = true;
        RC_ASSERT(subsets.contains(NamesOf(*fs.CrashClone(options))));
      }
    }
  }));
}

std::unique_ptr<MemoryFileSystem> RenamedButUnsynced() {
  auto fs = std::make_unique<MemoryFileSystem>();
  auto file = *fs->Open("tmp", OpenMode::kCreateExclusive);
  EXPECT_TRUE(fs->ReplaceWhole("name", "old").ok());
  EXPECT_TRUE(fs->SyncDirectory("").ok());
  EXPECT_TRUE(file->Write(0, std::string(10'000, 'n')).ok());
  EXPECT_TRUE(fs->Rename("tmp", "name").ok());
  return fs;
}

TEST(MemoryCrash, RenameBringsItsDataUnlessTold) {
  auto fs = RenamedButUnsynced();
  std::set<size_t> sizes;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    CrashOptions options{CrashSurvival::kRandom, seed};
    options.size_ahead_of_data = true;
    std::string with_data = *fs->CrashClone(options)->ReadWhole("name");
    EXPECT_TRUE(with_data == "old" || with_data == std::string(10'000, 'n'));
    options.rename_before_data = true;
    sizes.insert(fs->CrashClone(options)->ReadWhole("name")->size());
  }
  EXPECT_TRUE(sizes.contains(3));
  EXPECT_TRUE(sizes.contains(0));
  EXPECT_TRUE(sizes.contains(10'000));
  CrashOptions none;
  EXPECT_EQ(*fs->CrashClone(none)->ReadWhole("name"), "old");
  none.rename_before_data = true;
  EXPECT_EQ(*fs->CrashClone(none)->ReadWhole("name"), "");
  none.size_ahead_of_data = true;
  EXPECT_EQ(*fs->CrashClone(none)->ReadWhole("name"), std::string(10'000, '\0'));
}

TEST(MemoryCrash, WorstCasesAllOccur) {
  MemoryFileSystem fs;
  EXPECT_TRUE(fs.ReplaceWhole("f", std::string(3 * kBlock, 'o')).ok());
  auto file = *fs.Open("f", OpenMode::kReadWrite);
  EXPECT_TRUE(file->Write(0, std::string(4 * kBlock, 'n')).ok());
  int torn = 0, lost_between = 0, zero_tail = 0, unchanged = 0, complete = 0;
  for (uint64_t seed = 0; seed < 500; ++seed) {
    std::string after = *fs.CrashClone(CrashOptions::Worst(seed))->ReadWhole("f");
    unchanged += after == std::string(3 * kBlock, 'o');
    complete += after == std::string(4 * kBlock, 'n');
    std::string first = after.substr(0, kBlock);
    torn += first.find('o') != std::string::npos && first.find('n') != std::string::npos;
    lost_between += after[0] == 'n' && after[kBlock] == 'o' && after[2 * kBlock] == 'n';
    zero_tail += after.size() > 3 * kBlock && after[3 * kBlock] == '\0';
  }
  EXPECT_GT(torn, 10);
  EXPECT_GT(lost_between, 5);
  EXPECT_GT(zero_tail, 5);
  EXPECT_GT(unchanged, 5);
  EXPECT_GT(complete, 5);
}

TEST(MemoryCrash, DirectoriesNeedTheirParentSynced) {
  MemoryFileSystem fs;
  EXPECT_TRUE(fs.CreateDirectory("d").ok());
  EXPECT_TRUE((*fs.Open("d/f", OpenMode::kCreateExclusive))->Sync().ok());
  EXPECT_TRUE(fs.SyncDirectory("d").ok());
  EXPECT_FALSE(*fs.CrashClone({})->Exists("d"));
  EXPECT_TRUE(fs.SyncDirectory("").ok());
  EXPECT_TRUE(*fs.CrashClone({})->Exists("d/f"));
}

TEST(MemoryCrash, DataOfALostSyncIsReadableAndGone) {
  MemoryFileSystem fs;
  EXPECT_TRUE(fs.ReplaceWhole("f", "old").ok());
  auto file = *fs.Open("f", OpenMode::kReadWrite);
  EXPECT_TRUE(file->Write(0, "new").ok());
  EXPECT_TRUE(fs.LoseUnsyncedData("f").ok());
  EXPECT_TRUE(file->Sync().ok());
  EXPECT_EQ(*fs.ReadWhole("f"), "new");
  EXPECT_EQ(*fs.CrashClone({})->ReadWhole("f"), "old");
  EXPECT_TRUE(file->Write(0, "NEW").ok());
  EXPECT_TRUE(file->Sync().ok());
  EXPECT_EQ(*fs.CrashClone({})->ReadWhole("f"), "NEW");
}

TEST(MemoryFileSystem, CapacityIsEnforced) {
  MemoryFileSystem fs;
  fs.set_capacity_bytes(4 * kBlock);
  auto a = *fs.Open("a", OpenMode::kCreateExclusive);
  auto b = *fs.Open("b", OpenMode::kCreateExclusive);
  EXPECT_TRUE(a->Preallocate(3 * kBlock).ok());
  EXPECT_TRUE(b->Write(0, "x").ok());
  EXPECT_EQ(*fs.FreeBytes(""), 0u);
  EXPECT_TRUE(b->Write(1, std::string(kBlock - 1, 'x')).ok());
  EXPECT_TRUE(b->Write(kBlock, "x").Is(sqlstate::kDiskFull));
  EXPECT_TRUE(a->Write(0, std::string(3 * kBlock, 'x')).ok());
  EXPECT_TRUE(a->Preallocate(4 * kBlock).Is(sqlstate::kDiskFull));
  EXPECT_TRUE(fs.Remove("a").ok());
  EXPECT_TRUE(b->Write(kBlock, "x").ok());
  EXPECT_EQ(fs.used_bytes(), 2 * kBlock);
}

TEST(MemoryFileSystem, CorruptChangesTheDiskToo) {
  MemoryFileSystem fs;
  EXPECT_TRUE(fs.ReplaceWhole("f", "abc").ok());
  EXPECT_TRUE(fs.Corrupt("f", 1, 0x20).ok());
  EXPECT_EQ(*fs.ReadWhole("f"), "aBc");
  EXPECT_EQ(*fs.CrashClone({})->ReadWhole("f"), "aBc");
}

TEST(MemoryFileSystem, HookSeesEveryMutation) {
  MemoryFileSystem fs;
  std::vector<FileOperation> seen;
  fs.set_mutation_hook([&](FileOperation operation, const std::string&) {
    seen.push_back(operation);
    EXPECT_NE(fs.CrashClone({}), nullptr);
  });
  auto file = *fs.Open("f", OpenMode::kCreateOrOpen);
  file = *fs.Open("f", OpenMode::kCreateOrOpen);
  EXPECT_TRUE(file->Write(0, "x").ok());
  EXPECT_TRUE(file->Sync().ok());
  EXPECT_TRUE(fs.Rename("f", "g").ok());
  EXPECT_FALSE(fs.Remove("f").ok());
  EXPECT_TRUE(fs.SyncDirectory("").ok());
  EXPECT_EQ(seen, (std::vector{FileOperation::kOpen, FileOperation::kWrite, FileOperation::kSync,
                               FileOperation::kRename, FileOperation::kSyncDirectory}));
}

// Writers, and clones that are read and changed by another thread, for TSan.
TEST(MemoryFileSystem, ClonesMayBeUsedByOtherThreads) {
  MemoryFileSystem fs;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&fs, t] {
      auto file = *fs.Open(std::to_string(t), OpenMode::kCreateExclusive);
      Random random(t);
      for (int i = 0; i < 500; ++i) {
        ASSERT_TRUE(file->Write(random.Uniform(20'000), std::string(500, 'x')).ok());
        if (i % 5 == 0) {
          ASSERT_TRUE(file->Sync().ok());
        }
      }
    });
  }
  threads.emplace_back([&fs] {
    for (uint64_t seed = 0; seed < 300; ++seed) {
      auto clone = fs.CrashClone(CrashOptions::Worst(seed));
      for (const std::string& path : clone->ListFiles()) {
        ASSERT_TRUE((*clone->Open(path, OpenMode::kReadWrite))->Write(0, "clone").ok());
      }
    }
  });
  for (auto& thread : threads) thread.join();
}

}  // namespace
}  // namespace shale::engine
