// A model of a table's contents, random ones for RapidCheck, and tables built of them.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/table/table_builder.h"
#include "engine/table/table_reader.h"
#include "tests/engine/table/test_blob.h"

namespace shale::engine {

struct InternalKeyLess {
  bool operator()(const std::string& a, const std::string& b) const {
    return CompareInternalKeys(a, b) < 0;
  }
};

struct TableModel {
  std::map<std::string, std::string, InternalKeyLess> entries;  // internal key -> value
  std::vector<RangeTombstone> tombstones;

  void Put(std::string_view user_key, SequenceNumber sequence, std::string_view value) {
    entries[MakeInternalKey(user_key, sequence, ValueType::kValue)] = value;
  }
  void Delete(std::string_view user_key, SequenceNumber sequence) {
    entries[MakeInternalKey(user_key, sequence, ValueType::kDeletion)] = "";
  }

  // By looking at everything.
  PointLookup Get(const std::string& user_key, SequenceNumber snapshot) const {
    PointLookup lookup;
    SequenceNumber newest = 0;
    for (const auto& [key, value] : entries) {
      if (UserKey(key) != user_key || KeySequence(key) > snapshot || KeySequence(key) < newest) {
        continue;
      }
      newest = KeySequence(key);
      lookup.outcome =
          KeyType(key) == ValueType::kValue ? LookupOutcome::kFound : LookupOutcome::kDeleted;
      lookup.sequence = newest;
      lookup.value = value;
    }
    for (const RangeTombstone& tombstone : tombstones) {
      if (tombstone.begin <= user_key && BelowRangeEnd(user_key, tombstone.end) &&
          tombstone.sequence <= snapshot && tombstone.sequence > newest) {
        newest = tombstone.sequence;
        lookup.outcome = LookupOutcome::kDeleted;
        lookup.sequence = newest;
      }
    }
    return lookup;
  }
};

inline constexpr uint64_t kTestFileNumber = 7;

inline TableBuilderOptions SmallBlocks() {
  return {.file_number = kTestFileNumber, .compression = Compression::kNone, .block_bytes = 64};
}

// The file's bytes.
inline std::string BuildTable(const TableModel& model, const TableBuilderOptions& options,
                              TableProperties* properties = nullptr) {
  StringBlobWriter writer;
  TableBuilder builder(options, &writer);
  for (const auto& [key, value] : model.entries) {
    EXPECT_TRUE(builder.Add(key, value).ok());
  }
  for (const RangeTombstone& tombstone : model.tombstones) builder.AddRangeTombstone(tombstone);
  uint64_t estimate = builder.EstimatedFileBytes();
  Result<TableProperties> finished = builder.Finish();
  EXPECT_TRUE(finished.ok());
  EXPECT_TRUE(writer.finished());
  EXPECT_EQ(finished->file_bytes, writer.bytes().size());
  EXPECT_LT(writer.bytes().size(), 2 * estimate + 1000);
  if (properties != nullptr) *properties = *finished;
  return writer.bytes();
}

inline std::shared_ptr<TableReader> OpenTable(std::string bytes, BlockCache* cache,
                                              std::atomic<int>* reads = nullptr) {
  auto reader = TableReader::Open(std::make_unique<StringBlobReader>(std::move(bytes), reads),
                                  kTestFileNumber, cache);
  EXPECT_TRUE(reader.ok()) << reader.status().ToString();
  return reader.ok() ? *reader : nullptr;
}

// For use inside rc::check. Keys share prefixes, come in several versions, and collide often.
inline std::string RandomUserKey() {
  int kind = *rc::gen::inRange(0, 4);
  std::string key = kind == 0   ? ""
                    : kind == 1 ? "shared/prefix/"
                    : kind == 2 ? "shared/"
                                : "\xff\xff";
  int tail = *rc::gen::inRange(0, 40);
  if (tail > 0) key += std::to_string(tail);
  if (*rc::gen::inRange(0, 30) == 0) key += std::string(200, 'x');
  return key;
}

inline TableModel RandomModel(bool with_tombstones) {
  TableModel model;
  int count = *rc::gen::inRange(with_tombstones ? 0 : 1, 300);
  for (int i = 0; i < count; ++i) {
    std::string key = RandomUserKey();
    auto sequence = *rc::gen::inRange<SequenceNumber>(1, 30);
    auto same = model.entries.lower_bound(MakeInternalKey(key, SeekTrailer(sequence)));
    if (same != model.entries.end() && UserKey(same->first) == key &&
        KeySequence(same->first) == sequence) {
      continue;
    }
    if (*rc::gen::inRange(0, 4) == 0) {
      model.Delete(key, sequence);
    } else {
      size_t bytes = *rc::gen::element<size_t>(0, 1, 20, 300);
      model.Put(key, sequence,
                std::string(bytes, static_cast<char>('a' + i % 26)) + std::to_string(i));
    }
  }
  if (with_tombstones) {
    int tombstones = *rc::gen::inRange(model.entries.empty() ? 1 : 0, 5);
    for (int i = 0; i < tombstones; ++i) {
      std::string begin = RandomUserKey();
      std::string end = *rc::gen::inRange(0, 8) == 0 ? "" : RandomUserKey();
      if (!end.empty() && end <= begin) std::swap(begin, end);
      if (begin == end) end += "0";
      model.tombstones.push_back({begin, end, *rc::gen::inRange<SequenceNumber>(1, 30)});
    }
  }
  return model;
}

inline TableBuilderOptions RandomOptions() {
  return {
      .file_number = kTestFileNumber,
      .compression = *rc::gen::element(Compression::kNone, Compression::kLz4, Compression::kZstd),
      .block_bytes = *rc::gen::element<size_t>(64, 200, 1000, 4096, 32768),
      .restart_interval = *rc::gen::inRange(1, 65),
      .index_partition_bytes = *rc::gen::element<size_t>(1, 100, 1000, 4096),
      .bloom_bits_per_key = *rc::gen::element(0.0, 1.0, 10.0, 30.0)};
}

}  // namespace shale::engine
