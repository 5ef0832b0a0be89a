// Point lookups in a version: of one key, and of many side by side.
#include <algorithm>
#include <array>
#include <optional>

#include "engine/lsm/version.h"
#include "engine/table/table_search.h"

namespace shale::engine {
namespace {

// Tables that may know the key, in the order in which they are asked; some at a time. What each
// will read first is being fetched before any is asked: most of them only say no, and the misses of
// the processor's caches are most of what that costs.
class TablesToAsk {
 public:
  TablesToAsk(const PointTarget& target, ReadTier tier, PointLookup* lookup)
      : target_(target), tier_(tier), lookup_(lookup) {}

  // False: the lookup is decided, for better or worse.
  bool Add(TableFile* file) {
    if (count_ == asked_.size() && !AskAll()) return false;
    Asked& asked = asked_[count_++];
    asked.file = file;
    TableReader* reader = tier_ == ReadTier::kCacheOnly ? file->reader() : nullptr;
    asked.partition.reset();
    if (reader != nullptr) asked.partition = reader->FindPartition(target_);
    return true;
  }
  bool AskAll() {
    size_t count = std::exchange(count_, 0);
    for (size_t i = 0; i < count; ++i) {
      if (!Ask(asked_[i])) return false;
    }
    return true;
  }

 private:
  struct Asked {
    TableFile* file;
    std::optional<size_t> partition;
  };

  bool Ask(const Asked& asked) {
    if (tier_ == ReadTier::kCacheOnly) {
      TableReader* reader = asked.file->reader();
      if (reader == nullptr) {
        lookup_->outcome = LookupOutcome::kWouldBlock;
        return false;
      }
      reader->Get(target_, tier_, lookup_, asked.partition);
    } else {
      Result<std::shared_ptr<TableReader>> opened = asked.file->Open();
      if (!opened.ok()) {
        lookup_->outcome = LookupOutcome::kFailed;
        lookup_->status = opened.status();
        return false;
      }
      (*opened)->Get(target_, tier_, lookup_);
    }
    return lookup_->outcome == LookupOutcome::kAbsent;
  }

  const PointTarget& target_;
  const ReadTier tier_;
  PointLookup* const lookup_;
  size_t count_ = 0;
  std::array<Asked, 8> asked_;
};

// Of tables in key order, which do not overlap, the one that may hold the key; null: none.
TableFile* FindTable(const TableFiles& files, std::string_view user_key) {
  if (files.empty()) return nullptr;
  size_t index = FindFile(files, user_key);
  if (index == files.size()) return nullptr;
  // It ends at or after the key.
  if (CompareUserKeys(files[index]->metadata().range.smallest, user_key) > 0) return nullptr;
  return files[index].get();
}

// The tables of a version that may know a key, in the order in which they are to be asked.
class CandidateTables {
 public:
  CandidateTables(const Version& version, std::string_view user_key)
      : version_(&version), user_key_(user_key) {}

  // Null: there are no more.
  TableFile* Next() {
    const TableFiles& young = version_->levels[0];
    while (next_young_ < young.size()) {
      TableFile* file = young[next_young_++].get();
      if (file->metadata().range.Contains(user_key_)) return file;
    }
    while (next_level_ < kLevels) {
      TableFile* file = FindTable(version_->levels[next_level_++], user_key_);
      if (file != nullptr) return file;
    }
    return nullptr;
  }

 private:
  const Version* version_;
  std::string_view user_key_;
  size_t next_young_ = 0;  // in level 0
  int next_level_ = 1;
};

// One of the lookups that go on side by side, over all tables that it asks. kCacheOnly.
class SteppedGet {
 public:
  // False: it is done already.
  bool Begin(const Version& version, SequenceNumber snapshot, KeyLookup* key) {
    lookup_ = &key->lookup;
    target_.emplace(key->user_key, snapshot);
    candidates_.emplace(version, key->user_key);
    return BeginNextTable();
  }
  // False: it is done.
  bool Step() {
    if (search_.Step()) return true;
    return lookup_->outcome == LookupOutcome::kAbsent && BeginNextTable();
  }

 private:
  bool BeginNextTable() {
    while (TableFile* file = candidates_->Next()) {
      TableReader* reader = file->reader();
      if (reader == nullptr) {
        lookup_->outcome = LookupOutcome::kWouldBlock;
        return false;
      }
      if (search_.Begin(reader, &*target_, ReadTier::kCacheOnly, lookup_)) return true;
      if (lookup_->outcome != LookupOutcome::kAbsent) return false;
    }
    return false;
  }

  PointLookup* lookup_ = nullptr;
  std::optional<PointTarget> target_;
  std::optional<CandidateTables> candidates_;
  BlockCursor cursor_;
  TableSearch search_{&cursor_};
};

// So many go on side by side: enough that each finds what it began to fetch a round ago, and not so
// many that what they work with leaves the nearest cache.
constexpr size_t kGetsSideBySide = 16;

}  // namespace

bool GetFromLevel(const TableFiles& files, std::string_view user_key, SequenceNumber snapshot,
                  ReadTier tier, PointLookup* lookup) {
  TableFile* file = FindTable(files, user_key);
  if (file == nullptr) return true;
  PointTarget target(user_key, snapshot);
  TablesToAsk tables(target, tier, lookup);
  return tables.Add(file) && tables.AskAll();
}

void Version::Get(std::string_view user_key, SequenceNumber snapshot, ReadTier tier,
                  PointLookup* lookup) const {
  Find(user_key, snapshot, tier, lookup);
  if (lookup->outcome != LookupOutcome::kFound || !lookup->is_reference) return;
  BlockPin value;
  Status status = ValueScan(this, {}).Read(lookup->value, tier, &value);
  if (!status.ok()) {
    lookup->outcome = LookupOutcome::kFailed;
    lookup->status = std::move(status);
  } else if (value == nullptr) {
    lookup->outcome = LookupOutcome::kWouldBlock;
  } else {
    lookup->value = value->payload();
    lookup->pin = std::move(value);
  }
}

void Version::Find(std::string_view user_key, SequenceNumber snapshot, ReadTier tier,
                   PointLookup* lookup) const {
  lookup->outcome = LookupOutcome::kAbsent;
  PointTarget target(user_key, snapshot);
  TablesToAsk tables(target, tier, lookup);
  CandidateTables candidates(*this, user_key);
  while (TableFile* file = candidates.Next()) {
    if (!tables.Add(file)) return;
  }
  tables.AskAll();
}

void Version::Get(std::span<KeyLookup> keys, SequenceNumber snapshot) const {
  thread_local std::array<SteppedGet, kGetsSideBySide> places;  // keep their key buffers
  auto next = keys.begin();
  // The next of the keys begins in the place; false: none is left.
  auto begin_next = [&](SteppedGet* place) {
    while (next != keys.end()) {
      KeyLookup& key = *next++;
      if (key.is_open() && place->Begin(*this, snapshot, &key)) return true;
    }
    return false;
  };
  std::array<SteppedGet*, kGetsSideBySide> running;
  size_t count = 0;
  for (SteppedGet& place : places) {
    if (begin_next(&place)) running[count++] = &place;
  }
  while (count > 0) {
    for (size_t i = 0; i < count;) {
      if (running[i]->Step() || begin_next(running[i])) {
        ++i;
      } else {
        running[i] = running[--count];
      }
    }
  }
  for (KeyLookup& key : keys) {
    PointLookup& lookup = key.lookup;
    if (lookup.outcome == LookupOutcome::kFound && lookup.is_reference) {
      lookup.outcome = LookupOutcome::kWouldBlock;
    }
  }
}

}  // namespace shale::engine
