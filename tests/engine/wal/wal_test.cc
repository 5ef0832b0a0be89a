// Goal: what was written is replayed, torn tails are dropped, and damage to what was durable is
// refused with file and offset. Method: segments on LocalStorage over the memory file system, cut
// off and changed byte by byte.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "engine/base/random.h"
#include "engine/env/local_storage.h"
#include "engine/env/memory_file_system.h"
#include "engine/wal/wal_format.h"
#include "engine/wal/wal_reader.h"
#include "engine/wal/wal_recovery.h"
#include "engine/wal/wal_writer.h"

namespace shale::engine {
namespace {

using Batches = std::map<SequenceNumber, std::string>;

class WalTest : public testing::Test {
 protected:
  void SetUp() override { Mount(std::make_unique<MemoryFileSystem>()); }

  void Mount(std::unique_ptr<MemoryFileSystem> file_system) {
    storage_.reset();
    file_system_ = std::move(file_system);
    auto storage = OpenLocalStorage(*file_system_, "/data");
    ASSERT_TRUE(storage.ok()) << storage.status().ToString();
    storage_ = *std::move(storage);
    if (!encrypted_) return;
    auto keyring = Keyring::Open(
        {.storage = storage_.get(), .master_key = SecretKey(std::string(kSecretKeyBytes, 'k'))});
    ASSERT_TRUE(keyring.ok()) << keyring.status().ToString();
    keyring_ = *std::move(keyring);
  }

  void StartSegment(WalWriter* writer, uint64_t number) {
    auto segment = storage_->CreateLog(WalSegmentName(number), 1, 4096);
    ASSERT_TRUE(segment.ok()) << segment.status().ToString();
    writer->StartSegment(number, *std::move(segment), 4096);
    writer->set_compresses(compressed_);
  }

  static void Write(WalWriter* writer, SequenceNumber sequence, const std::string& bytes,
                    bool sync = true) {
    ASSERT_TRUE(writer->Add(sequence, {bytes}).ok());
    ASSERT_TRUE(writer->Append().ok());
    if (sync) {
      ASSERT_TRUE(writer->Sync().ok());
    }
  }

  Result<WalRecoveryResult> Replay(const std::vector<uint64_t>& numbers, Batches* batches,
                                   uint64_t first_lsn = 1) {
    batches->clear();
    return RecoverWal(
        storage_.get(), numbers, first_lsn,
        [&](SequenceNumber sequence, std::vector<std::string> chunks) {
          std::string whole;
          for (const std::string& chunk : chunks) whole += chunk;
          batches->emplace(sequence, whole);
          return Status::Ok();
        },
        keyring_.get());
  }

  std::string Path(uint64_t number) const { return "/data/log/" + WalSegmentName(number); }

  bool encrypted_ = false;
  bool compressed_ = false;
  std::unique_ptr<MemoryFileSystem> file_system_;
  std::unique_ptr<LocalStorage> storage_;
  std::unique_ptr<Keyring> keyring_;  // null: plain segments
};

// The same with plain and with encrypted segments, without and with compression.
class AnyWalTest : public WalTest, public testing::WithParamInterface<std::tuple<bool, bool>> {
 protected:
  AnyWalTest() { std::tie(encrypted_, compressed_) = GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(EncryptedAndCompressed, AnyWalTest,
                         testing::Combine(testing::Bool(), testing::Bool()));

TEST(WalFormat, SegmentHeaderIsGolden) {
  std::string bytes;
  AppendWalSegmentHeader({.log_number = 7, .first_lsn = 100, .durable_lsn = 99}, &bytes);
  ASSERT_EQ(bytes.size(), 48u);
  EXPECT_EQ(bytes.substr(0, 8), "SHALEWAL");
  EXPECT_EQ(bytes.substr(8, 8), std::string("\4\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(bytes.substr(16, 8), std::string("\7\0\0\0\0\0\0\0", 8));
  WalSegmentHeader header;
  auto parse = ParseWalSegmentHeader(bytes, 7, "x", &header);
  ASSERT_TRUE(parse.ok());
  EXPECT_EQ(*parse, WalParse::kValid);
  EXPECT_EQ(header.first_lsn, 100u);
  EXPECT_EQ(header.durable_lsn, 99u);
  parse = ParseWalSegmentHeader(bytes, 8, "x", &header);
  ASSERT_TRUE(parse.ok());
  EXPECT_EQ(*parse, WalParse::kInvalid);
}

TEST(WalFormat, RecordsAreGolden) {
  auto encoded = [](const WalRecord& record, uint64_t offset) {
    std::string bytes;
    AppendWalRecord(record, offset, &bytes);
    return bytes;
  };
  constexpr uint8_t kWhole = kWalFirstOfBatch | kWalLastOfChunk | kWalLastOfBatch;
  // Nothing of the segment is durable: the LSN, 300, is.
  std::string first = encoded({.flags = kWhole | kWalHasSequence,
                               .log_number = 7,
                               .durable_lsn = 300,
                               .sequence = 9,
                               .payload = "ab"},
                              48);
  EXPECT_EQ(first,
            "\x4f\xa4\x8e\xd3\x7d\x02\xac\x02\x09"
            "ab");
  // 200 bytes in front of the record are not durable.
  std::string second =
      encoded({.flags = kWhole, .log_number = 7, .durable_offset = 800, .payload = "ab"}, 1000);
  EXPECT_EQ(second,
            "\x1c\xcd\xc3\x62\x1d\x02\xc8\x01"
            "ab");
  std::string group = encoded({.flags = kWhole | kWalGroup,
                               .log_number = 7,
                               .durable_offset = 800,
                               .payload = std::string_view("\3\0\2\x12"
                                                           "abc",
                                                           7)},
                              1000);
  EXPECT_EQ(group, std::string("\xab\xe5\xce\x80\x9d\x07\xc8\x01\3\0\2\x12"
                               "abc",
                               15));
  std::string payload;
  AppendWalGroup(std::vector<uint64_t>{2, 0, 1}, "abc", &payload);
  EXPECT_EQ(group.substr(8), payload);
  WalGroup reader;
  ASSERT_TRUE(reader.Open(payload));
  std::vector<std::string> chunks;
  while (!reader.empty()) chunks.emplace_back(reader.Next());
  EXPECT_EQ(chunks, (std::vector<std::string>{"ab", "", "c"}));
  std::string mark = encoded({.type = WalRecordType::kMark,
                              .flags = kWalHasSequence,
                              .log_number = 7,
                              .durable_offset = 1000,
                              .sequence = 10},
                             1000);
  EXPECT_EQ(mark, std::string("\xb4\x12\xd4\x4c\x23\0\0\x0a", 8));
}

TEST(WalFormat, ARecordIsValidOnlyInItsPlace) {
  constexpr uint8_t kFlags = kWalFirstOfBatch | kWalLastOfChunk | kWalLastOfBatch | kWalHasSequence;
  std::string bytes;
  AppendWalRecord(
      {.flags = kFlags, .log_number = 3, .durable_offset = 48, .sequence = 9, .payload = "hello"},
      100, &bytes);
  EXPECT_EQ(bytes.size(), 4u + 4u + 5u);
  WalRecord record;
  size_t needed = 0;
  EXPECT_EQ(ParseWalRecord(bytes, 3, 100, &record, &needed), WalParse::kValid);
  EXPECT_EQ(record.payload, "hello");
  EXPECT_EQ(record.durable_offset, 48u);
  EXPECT_EQ(record.sequence, 9u);
  EXPECT_EQ(record.stored_bytes, bytes.size());
  EXPECT_EQ(ParseWalRecord(bytes, 4, 100, &record, &needed), WalParse::kInvalid);
  EXPECT_EQ(ParseWalRecord(bytes, 3, 101, &record, &needed), WalParse::kInvalid);
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_EQ(ParseWalRecord(bytes.substr(0, length), 3, 100, &record, &needed),
              WalParse::kNeedMore);
    EXPECT_EQ(needed, length < 8 ? kWalRecordHeaderBytesMax : bytes.size()) << length;
  }
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_NE(ParseWalRecord(changed, 3, 100, &record, &needed), WalParse::kValid) << i;
    }
  }
}

TEST(WalFormat, PayloadsAreCompressedWhereThatSavesAnEighth) {
  const std::string repeated(10'000, 'x');
  std::string stored = "before";
  ASSERT_TRUE(CompressWalPayload(repeated, &stored));
  EXPECT_LT(stored.size(), 200u);
  WalRecord record{.is_compressed = true, .payload = std::string_view(stored).substr(6)};
  std::string buffer;
  ASSERT_TRUE(DecompressWalRecord(&record, &buffer));
  EXPECT_EQ(record.payload, repeated);
  EXPECT_FALSE(record.is_compressed);

  Random random(3);
  std::string noise(10'000, '\0');
  for (char& byte : noise) byte = static_cast<char>(random.Next());
  for (std::string_view payload :
       {std::string_view(noise), std::string_view(), std::string_view("a")}) {
    stored = "before";
    EXPECT_FALSE(CompressWalPayload(payload, &stored));
    EXPECT_EQ(stored, "before");
  }
  // What is no compressed payload: too long, of another length, cut off, empty.
  stored.clear();
  ASSERT_TRUE(CompressWalPayload(repeated, &stored));
  for (const std::string& wrong :
       {"\xff\xff\xff\x7f" + stored.substr(2), "\x80" + stored.substr(1), stored.substr(0, 20),
        std::string(), std::string("\x05"), std::string("\xff\xff\xff\xff\xff")}) {
    record = {.is_compressed = true, .payload = wrong};
    EXPECT_FALSE(DecompressWalRecord(&record, &buffer)) << wrong.size();
  }
}

TEST(WalFormat, NamesGoThereAndBack) {
  EXPECT_EQ(WalSegmentName(7), "wal-00000000000000000007");
  EXPECT_EQ(ParseWalSegmentName("wal-00000000000000000007"), 7u);
  EXPECT_EQ(ParseWalSegmentName("wal-7"), std::nullopt);
  EXPECT_EQ(ParseWalSegmentName("table-00000000000000000007"), std::nullopt);
}

TEST_P(AnyWalTest, ReplaysBatchesOfAllSizesOverSegments) {
  WalWriter writer(1, 1, keyring_.get());
  Batches written;
  Random random(1);
  for (uint64_t number = 1; number <= 3; ++number) {
    StartSegment(&writer, number);
    for (int i = 0; i < 10; ++i) {
      SequenceNumber sequence = number * 100 + i;
      std::string bytes(random.Uniform(i == 5 ? 3'000'000 : 300), static_cast<char>('a' + i));
      Write(&writer, sequence, bytes);
      written.emplace(sequence, bytes);
    }
  }
  ASSERT_TRUE(writer.Close(309).ok());
  Batches replayed;
  auto result = Replay({1, 2, 3}, &replayed);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(replayed, written);
  EXPECT_EQ(result->last_sequence, 309u);
  EXPECT_EQ(result->next_lsn, writer.next_lsn());
}

TEST_P(AnyWalTest, KeepsChunksApart) {
  WalWriter writer(1, 1, keyring_.get());
  StartSegment(&writer, 1);
  std::vector<std::string> chunks{"one", std::string(400'000, 'x'), "", "three"};
  ASSERT_TRUE(writer.Add(5, chunks).ok());
  ASSERT_TRUE(writer.Append().ok());
  std::vector<std::string> replayed;
  auto result = RecoverWal(
      storage_.get(), {1}, 1,
      [&](SequenceNumber, auto found) {
        replayed = std::move(found);
        return Status::Ok();
      },
      keyring_.get());
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(replayed, chunks);
}

TEST_P(AnyWalTest, DropsATailTornAtAnyByte) {
  WalWriter writer(1, 1, keyring_.get());
  StartSegment(&writer, 1);
  std::vector<uint64_t> ends{writer.segment_bytes()};
  for (int i = 1; i <= 5; ++i) {
    Write(&writer, i, std::string(20 * i, 'x'), false);
    ends.push_back(writer.segment_bytes());
  }
  auto whole = file_system_->ReadWhole(Path(1));
  ASSERT_TRUE(whole.ok());
  for (uint64_t cut = 0; cut <= ends.back(); ++cut) {
    std::string torn = *whole;
    std::fill(torn.begin() + cut, torn.end(), '\0');
    ASSERT_TRUE(file_system_->ReplaceWhole(Path(1), torn).ok());
    Batches replayed;
    auto result = Replay({1}, &replayed);
    ASSERT_TRUE(result.ok()) << cut << " " << result.status().ToString();
    size_t expected = 0;
    // What was cut off may be zero anyway.
    while (expected < 5) {
      std::string_view lost(*whole);
      lost = lost.substr(cut, ends[expected + 1] - std::min(cut, ends[expected + 1]));
      if (lost.find_first_not_of('\0') != std::string_view::npos) break;
      ++expected;
    }
    EXPECT_EQ(replayed.size(), expected) << cut;
  }
}

TEST_P(AnyWalTest, RefusesDamageToWhatWasKnownDurable) {
  WalWriter writer(1, 1, keyring_.get());
  StartSegment(&writer, 1);
  for (int i = 1; i <= 3; ++i) Write(&writer, i, "batch " + std::to_string(i));
  StartSegment(&writer, 2);
  for (int i = 4; i <= 6; ++i) Write(&writer, i, "batch " + std::to_string(i));
  ASSERT_TRUE(writer.Close(6).ok());
  Batches written;
  ASSERT_TRUE(Replay({1, 2}, &written).ok());
  ASSERT_EQ(written.size(), 6u);
  for (uint64_t number : {1, 2}) {
    auto whole = file_system_->ReadWhole(Path(number));
    ASSERT_TRUE(whole.ok());
    for (size_t i = 0; i < whole->size(); i += encrypted_ ? 5 : 1) {
      std::string changed = *whole;
      changed[i] ^= 0x40;
      ASSERT_TRUE(file_system_->ReplaceWhole(Path(number), changed).ok());
      Batches replayed;
      auto result = Replay({1, 2}, &replayed);
      if (result.ok()) {
        EXPECT_EQ(replayed, written) << number << " " << i;
      } else {
        EXPECT_TRUE(result.status().Is(sqlstate::kDataCorrupted) ||
                    result.status().Is(sqlstate::kFeatureNotSupported));
        EXPECT_NE(result.status().message().find("wal-"), std::string::npos);
      }
    }
    ASSERT_TRUE(file_system_->ReplaceWhole(Path(number), *whole).ok());
  }
  // A missing segment is damage too.
  Batches replayed;
  auto result = Replay({2}, &replayed);
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(result.status().Is(sqlstate::kDataCorrupted));
}

// Records say how far the segment is durable to the byte: damage to what was acknowledged last is
// refused although only what was never synced follows, and what was never synced may be missing.
TEST_P(AnyWalTest, TellsDamageFromATornTailToTheRecord) {
  WalWriter writer(1, 1, keyring_.get());
  StartSegment(&writer, 1);
  std::vector<uint64_t> starts;
  for (int i = 1; i <= 6; ++i) {
    starts.push_back(writer.segment_bytes());
    Write(&writer, i, "batch " + std::to_string(i), i <= 3);
  }
  auto whole = file_system_->ReadWhole(Path(1));
  ASSERT_TRUE(whole.ok());
  for (size_t i = 0; i < starts.size(); ++i) {
    std::string changed = *whole;
    changed[starts[i]] ^= 1;
    ASSERT_TRUE(file_system_->ReplaceWhole(Path(1), changed).ok());
    Batches replayed;
    auto result = Replay({1}, &replayed);
    EXPECT_EQ(result.ok(), i >= 3) << i;
    if (result.ok()) {
      EXPECT_EQ(replayed.size(), i);
    }
  }
}

// A segment whose header is lost: nobody was told of its records if none says that it was durable,
// but the segment before must be whole.
TEST_P(AnyWalTest, RecordsWithoutTheirHeaderProveWhatTheySay) {
  for (bool sync_new_segment : {false, true}) {
    Mount(std::make_unique<MemoryFileSystem>());
    WalWriter writer(1, 1, keyring_.get());
    StartSegment(&writer, 1);
    Write(&writer, 1, "first");
    const uint64_t second = writer.segment_bytes();
    Write(&writer, 2, "second");
    StartSegment(&writer, 2);
    Write(&writer, 3, "third", sync_new_segment);
    Write(&writer, 4, "fourth", false);
    auto segment = file_system_->ReadWhole(Path(2));
    ASSERT_TRUE(segment.ok());
    (*segment)[0] ^= 1;
    ASSERT_TRUE(file_system_->ReplaceWhole(Path(2), *segment).ok());
    Batches replayed;
    auto result = Replay({1, 2}, &replayed);
    EXPECT_EQ(result.ok(), !sync_new_segment);
    if (result.ok()) {
      EXPECT_EQ(replayed.size(), 2u);
    }

    auto before = file_system_->ReadWhole(Path(1));
    ASSERT_TRUE(before.ok());
    (*before)[second] ^= 1;
    ASSERT_TRUE(file_system_->ReplaceWhole(Path(1), *before).ok());
    EXPECT_FALSE(Replay({1, 2}, &replayed).ok());
  }
}

TEST_P(AnyWalTest, CountsWhatRecordsDoNotSay) {
  WalWriter writer(1, 10, keyring_.get());
  StartSegment(&writer, 1);
  writer.AddTime(kWalTimeIntervalUs, 41);
  for (SequenceNumber sequence : {42, 43, 50}) {
    ASSERT_TRUE(writer.Add(sequence, {"chunk", std::string(300'000, 'x')}).ok());
  }
  ASSERT_TRUE(writer.Append().ok());
  auto reader = WalReader::Open(storage_.get(), 1, keyring_.get());
  ASSERT_TRUE(reader.ok()) << reader.status().ToString();
  WalRecord record;
  for (uint64_t lsn = 10; lsn < writer.next_lsn(); ++lsn) {
    auto valid = (*reader)->Next(&record);
    ASSERT_TRUE(valid.ok() && *valid);
    EXPECT_EQ(record.lsn, lsn);
    uint64_t batch = (lsn - 11) / 4;  // of four records each, behind the time record
    EXPECT_EQ(record.sequence, lsn == 10 ? 41 : batch == 2 ? 50 : 42 + batch) << lsn;
    bool has = lsn == 10 || lsn == 19;
    EXPECT_EQ((record.flags & kWalHasSequence) != 0, has) << lsn;
  }
  EXPECT_EQ((*reader)->offset(), writer.segment_bytes());
}

// Batches of all sizes, some appended alone and some together: what shares a record comes back as
// what does not, and a group is lost whole.
TEST_P(AnyWalTest, SmallBatchesThatAreAppendedTogetherShareARecord) {
  WalWriter writer(1, 10, keyring_.get());
  StartSegment(&writer, 1);
  Batches written;
  auto add = [&](SequenceNumber sequence, size_t bytes) {
    std::string batch(bytes, static_cast<char>('a' + sequence % 26));
    ASSERT_TRUE(writer.Add(sequence, {batch}).ok());
    written.emplace(sequence, batch);
  };
  auto appended = [&] {
    const uint64_t before = writer.next_lsn();
    EXPECT_TRUE(writer.Append().ok());
    return writer.next_lsn() - before;
  };
  for (SequenceNumber sequence : {1, 2, 3}) add(sequence, 100 * (sequence - 1));
  EXPECT_EQ(appended(), 1u);
  add(4, 100);
  EXPECT_EQ(appended(), 1u);
  add(5, 20);
  add(6, 20);
  add(8, 20);  // not the next one
  add(9, 20);
  EXPECT_EQ(writer.next_lsn(), 13u);
  EXPECT_EQ(appended(), 1u);
  add(10, 20);
  add(11, 20'000);  // not small
  add(12, 20);
  EXPECT_EQ(appended(), 1u);
  EXPECT_EQ(writer.next_lsn(), 17u);
  ASSERT_TRUE(writer.Sync().ok());
  Batches replayed;
  auto result = Replay({1}, &replayed, 10);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(replayed, written);
  EXPECT_EQ(result->next_lsn, 17u);
  EXPECT_EQ(result->record_count, 7u);
  EXPECT_EQ(result->batch_count, written.size());
  EXPECT_EQ(result->last_sequence, 12u);

  const uint64_t end = writer.segment_bytes();
  const Batches before = written;
  for (SequenceNumber sequence = 13; sequence < 300; ++sequence) add(sequence, 1000);
  ASSERT_TRUE(writer.Append().ok());
  EXPECT_EQ(writer.next_lsn(), 17u + 3) << "records are no longer than they may be";
  ASSERT_TRUE(Replay({1}, &replayed, 10).ok());
  EXPECT_EQ(replayed, written);
  auto whole = file_system_->ReadWhole(Path(1));
  ASSERT_TRUE(whole.ok());
  (*whole)[end + 20] ^= 1;
  ASSERT_TRUE(file_system_->ReplaceWhole(Path(1), *whole).ok());
  ASSERT_TRUE(Replay({1}, &replayed, 10).ok());
  EXPECT_EQ(replayed, before);
}

// A group's record is one LSN: it is void whole or not at all.
TEST_F(WalTest, AGroupThatDoesNotDecodeIsDamage) {
  for (const char* payload :
       {"", "\1\2", "\2\1\1", "\2\1\1\1abcd", "\2\1\x39\1ab", "\xff\xff\1\1\1"}) {
    WalWriter writer(1, 1);
    Mount(std::make_unique<MemoryFileSystem>());
    StartSegment(&writer, 1);
    Write(&writer, 1, "first");
    const uint64_t end = writer.segment_bytes();
    auto bytes = file_system_->ReadWhole(Path(1));
    ASSERT_TRUE(bytes.ok());
    std::string record;
    AppendWalRecord({.flags = kWalFirstOfBatch | kWalLastOfChunk | kWalLastOfBatch | kWalGroup,
                     .log_number = 1,
                     .durable_offset = end,
                     .payload = payload},
                    end, &record);
    bytes->resize(std::max<size_t>(bytes->size(), end + record.size()));
    bytes->replace(end, record.size(), record);
    ASSERT_TRUE(file_system_->ReplaceWhole(Path(1), *bytes).ok());
    Batches replayed;
    auto result = Replay({1}, &replayed);
    ASSERT_FALSE(result.ok()) << payload;
    EXPECT_TRUE(result.status().Is(sqlstate::kDataCorrupted));
    EXPECT_NE(result.status().message().find("offset " + std::to_string(end)), std::string::npos)
        << result.status().ToString();
  }
}

TEST_F(WalTest, ANewSegmentVoidsTheTailOfAFailedAppend) {
  WalWriter writer(1, 1, keyring_.get());
  StartSegment(&writer, 1);
  Write(&writer, 1, "kept");
  const uint64_t end = writer.segment_bytes();
  // The failed append's bytes are there, but the writer does not know.
  ASSERT_TRUE(writer.Add(2, {"void"}).ok());
  auto before = file_system_->ReadWhole(Path(1));
  ASSERT_TRUE(before.ok());
  std::string record;
  AppendWalRecord({.flags = kWalFirstOfBatch | kWalLastOfChunk | kWalLastOfBatch,
                   .log_number = 1,
                   .durable_offset = end,
                   .payload = "void"},
                  end, &record);
  std::string after = *before;
  after.replace(end, record.size(), record);
  ASSERT_TRUE(file_system_->ReplaceWhole(Path(1), after).ok());
  writer.Rewind();
  StartSegment(&writer, 2);
  Write(&writer, 2, "instead");
  Batches replayed;
  auto result = Replay({1, 2}, &replayed);
  ASSERT_TRUE(result.ok()) << result.status().ToString();
  EXPECT_EQ(replayed, (Batches{{1, "kept"}, {2, "instead"}}));
}

TEST_P(AnyWalTest, CrashedWritersLeaveAPrefix) {
  Random random(7);
  for (int round = 0; round < 200; ++round) {
    Mount(std::make_unique<MemoryFileSystem>());
    WalWriter writer(1, 1, keyring_.get());
    StartSegment(&writer, 1);
    int synced = 0;
    int count = 1 + static_cast<int>(random.Uniform(20));
    for (int i = 1; i <= count; ++i) {
      bool sync = random.OneIn(3);
      if (random.OneIn(6)) {
        ASSERT_TRUE(writer.Sync().ok());
        StartSegment(&writer, writer.log_number() + 1);
      }
      Write(&writer, i, std::string(random.Uniform(2000), static_cast<char>('a' + i)), sync);
      if (sync) synced = i;
    }
    uint64_t last = writer.log_number();
    Mount(file_system_->CrashClone(CrashOptions::Worst(round)));
    std::vector<uint64_t> numbers;
    for (uint64_t number = 1; number <= last; ++number) numbers.push_back(number);
    Batches replayed;
    auto result = Replay(numbers, &replayed);
    ASSERT_TRUE(result.ok()) << round << " " << result.status().ToString();
    EXPECT_GE(static_cast<int>(replayed.size()), synced) << round;
    int expected = 1;
    for (const auto& [sequence, bytes] : replayed) {
      EXPECT_EQ(sequence, static_cast<SequenceNumber>(expected++)) << round;
    }
  }
}

TEST_P(AnyWalTest, TheOtherKindOfSegmentIsRefused) {
  auto other = Keyring::Open(
      {.storage = storage_.get(), .master_key = SecretKey(std::string(kSecretKeyBytes, 'k'))});
  ASSERT_TRUE(other.ok());
  WalWriter writer(1, 1, keyring_.get());
  StartSegment(&writer, 1);
  Write(&writer, 1, "a");
  auto visitor = [](SequenceNumber, auto) { return Status::Ok(); };
  auto result = RecoverWal(storage_.get(), {1}, 1, visitor, encrypted_ ? nullptr : other->get());
  ASSERT_FALSE(result.ok());
  EXPECT_TRUE(result.status().Is(sqlstate::kDataCorrupted));
  EXPECT_NE(result.status().message().find("wal-"), std::string::npos);
}

TEST(WalWriterDeathTest, AnEncryptedSegmentIsNotGoneOnWithAfterARewind) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  MemoryFileSystem disk;
  auto storage = OpenLocalStorage(disk, "/data");
  ASSERT_TRUE(storage.ok());
  auto keyring = Keyring::Open(
      {.storage = storage->get(), .master_key = SecretKey(std::string(kSecretKeyBytes, 'k'))});
  ASSERT_TRUE(keyring.ok());
  auto segment = (*storage)->CreateLog(WalSegmentName(1), 1, 4096);
  ASSERT_TRUE(segment.ok());
  WalWriter writer(1, 1, keyring->get());
  writer.StartSegment(1, *std::move(segment), 4096);
  ASSERT_TRUE(writer.Add(1, {"kept"}).ok());
  ASSERT_TRUE(writer.Append().ok());
  ASSERT_TRUE(writer.Add(2, {"void"}).ok());
  writer.Rewind();
  EXPECT_DEATH((void)(writer.Add(2, {"instead"}).ok() && writer.Append().ok()), "check failed");
}

}  // namespace
}  // namespace shale::engine
