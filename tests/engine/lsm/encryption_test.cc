// Goal: an encrypted store tells nobody what it holds, opens with its key alone, refuses files that
// were forged or exchanged, never uses a nonce twice, and changes its keys while it runs. Method:
// stores on the memory file system; every file searched for what was written; files changed with
// their checksums put right; all sealings of random workloads with restarts, crashes and full disks
// noted.
#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <utility>

#include "engine/base/checksum.h"
#include "engine/base/coding.h"
#include "engine/base/log.h"
#include "engine/crypto/aes.h"
#include "engine/env/fault_file_system.h"
#include "engine/env/memory_file_system.h"
#include "engine/lsm/manifest_format.h"
#include "engine/table/table_format.h"
#include "engine/wal/wal_format.h"
#include "tests/engine/lsm/harness.h"

namespace shale::engine {
namespace {

class EncryptionTest : public testing::Test {
 protected:
  void SetUp() override { SetLogLevel(LogLevel::kOff); }
  void TearDown() override { SetLogLevel(LogLevel::kInfo); }

  static EngineOptions Encrypted() {
    EngineOptions options = TinyOptions();
    options.master_key = TestMasterKey();
    return options;
  }
  static std::shared_ptr<const SecretKey> OtherKey() {
    return std::make_shared<const SecretKey>(std::string(kSecretKeyBytes, 'o'));
  }

  // Tables on two levels, and something in the log alone.
  static void Fill(MemoryFileSystem* disk, const EngineOptions& options,
                   const std::string& marker) {
    auto store = TestStore::Open(*disk, options);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    for (int i = 0; i < 60; ++i) {
      ASSERT_TRUE(Put(***store, fmt::format("{}/{:03}", marker, i), marker + " value").ok());
      if (i == 30) {
        ASSERT_TRUE(CompactRange(***store).ok());
      }
      if (i == 50) {
        ASSERT_TRUE(Flush(***store).ok());
      }
    }
  }

  static Status OpenStatus(MemoryFileSystem* disk, const EngineOptions& options) {
    auto store = TestStore::Open(*disk, options);
    if (!store.ok()) return std::move(store).status();
    RETURN_IF_ERROR(ReadAll(***store).status());
    return (**store)->CheckConsistency();
  }

  // Paths of files of a kind, by the beginning of their names.
  static std::vector<std::string> Files(const MemoryFileSystem& disk, const std::string& kind) {
    std::vector<std::string> paths;
    for (const std::string& path : disk.ListFiles()) {
      if (path.find("/" + kind) != std::string::npos) paths.push_back(path);
    }
    return paths;
  }

  // The last log segment that holds a record; its header has so many bytes.
  static std::string LastUsedSegment(const MemoryFileSystem& disk, size_t header_bytes) {
    std::string last;
    for (const std::string& path : Files(disk, "wal-")) {
      std::string bytes = *disk.ReadWhole(path);
      if (!bytes.starts_with(kWalMagic) || bytes.size() < header_bytes + 16) continue;
      if (LoadFixed<uint64_t>(bytes.data() + header_bytes) != 0) last = path;
    }
    EXPECT_FALSE(last.empty());
    return last;
  }

  static void Replace(MemoryFileSystem* disk, const std::string& path, const std::string& bytes) {
    ASSERT_TRUE(disk->ReplaceWhole(path, bytes).ok());
  }
};

uint64_t NumberOf(const std::string& path) { return std::stoull(path.substr(path.size() - 20)); }

TEST_F(EncryptionTest, NoFileTellsWhatWasWritten) {
  const std::string marker = "plaintext-marker";
  for (bool encrypted : {false, true}) {
    EngineOptions options = encrypted ? Encrypted() : TinyOptions();
    options.value_separation_bytes = (marker + " value").size();
    options.compression = Compression::kNone;
    options.bottom_compression = Compression::kNone;
    MemoryFileSystem disk;
    Fill(&disk, options, marker);
    std::set<std::string> telling;
    for (const std::string& path : disk.ListFiles()) {
      auto bytes = disk.ReadWhole(path);
      ASSERT_TRUE(bytes.ok());
      if (bytes->find(marker) != std::string::npos) {
        telling.insert(path.substr(path.rfind('/') + 1, 4));
      }
    }
    if (encrypted) {
      EXPECT_TRUE(telling.empty()) << *telling.begin();
    } else {
      EXPECT_EQ(telling, (std::set<std::string>{"mani", "tabl", "valu", "wal-"}));
    }
    EXPECT_TRUE(OpenStatus(&disk, options).ok());
  }
}

TEST_F(EncryptionTest, EachWrongKeyHasItsMessage) {
  MemoryFileSystem encrypted;
  Fill(&encrypted, Encrypted(), "a");
  MemoryFileSystem plain;
  Fill(&plain, TinyOptions(), "a");

  Status missing = OpenStatus(&encrypted, TinyOptions());
  EXPECT_TRUE(missing.Is(sqlstate::kObjectNotInPrerequisiteState)) << missing.ToString();
  EXPECT_EQ(missing.message(), "the store is encrypted, but no encryption key was given");

  EngineOptions options = TinyOptions();
  options.master_key = OtherKey();
  Status wrong = OpenStatus(&encrypted, options);
  EXPECT_TRUE(wrong.Is(sqlstate::kInvalidAuthorizationSpecification)) << wrong.ToString();
  EXPECT_EQ(wrong.message(),
            "wrong encryption key: the store is encrypted under another master key");

  Status needless = OpenStatus(&plain, Encrypted());
  EXPECT_TRUE(needless.Is(sqlstate::kObjectNotInPrerequisiteState)) << needless.ToString();
  EXPECT_EQ(needless.message(), "the store is not encrypted, but an encryption key was given");
  EXPECT_TRUE(OpenStatus(&plain, TinyOptions()).ok());
  EXPECT_TRUE(OpenStatus(&encrypted, Encrypted()).ok());

  // The keyring is lost.
  for (const std::string& path : Files(encrypted, "keyring")) {
    ASSERT_TRUE(encrypted.Remove(path.front() == '/' ? path : "/" + path).ok()) << path;
  }
  for (const EngineOptions& lost : {TinyOptions(), Encrypted()}) {
    Status status = OpenStatus(&encrypted, lost);
    EXPECT_TRUE(status.Is(sqlstate::kDataCorrupted)) << status.ToString();
    EXPECT_NE(status.message().find("is encrypted, but the store has no keyring"),
              std::string::npos)
        << status.ToString();
  }
}

TEST_F(EncryptionTest, ForgedBytesWithRightChecksumsDoNotAuthenticate) {
  MemoryFileSystem whole;
  Fill(&whole, Encrypted(), "a");
  auto expect = [&](const std::string& path, const std::string& bytes, const std::string& message) {
    auto disk = whole.CrashClone({CrashSurvival::kAll, 0});
    Replace(disk.get(), path, bytes);
    Status status = OpenStatus(disk.get(), Encrypted());
    EXPECT_TRUE(status.Is(sqlstate::kDataCorrupted)) << path << " " << status.ToString();
    EXPECT_NE(status.message().find(message), std::string::npos) << status.ToString();
    EXPECT_NE(status.message().find(path.substr(path.rfind('/') + 1)), std::string::npos)
        << status.ToString();
  };

  std::string table = Files(whole, "table-").front();
  std::string bytes = *whole.ReadWhole(table);
  uint64_t footer = bytes.size() - sizeof(TableFooter);
  auto offset = LoadFixed<uint64_t>(bytes.data() + footer);
  auto length = LoadFixed<uint64_t>(bytes.data() + footer + 8);
  bytes[offset] ^= 1;
  BlockTrailer trailer;
  std::memcpy(&trailer, bytes.data() + offset + length, sizeof(trailer));
  trailer.checksum = BlockChecksum(std::string_view(bytes).substr(offset, length), trailer,
                                   NumberOf(table), offset);
  std::memcpy(bytes.data() + offset + length, &trailer, sizeof(trailer));
  expect(table, bytes, fmt::format("block that does not authenticate at offset {}", offset));

  {
    std::string path = LastUsedSegment(whole, kWalEncryptedHeaderBytes);
    bytes = *whole.ReadWhole(path);
    constexpr size_t kFirst = kWalEncryptedHeaderBytes;
    WalRecord record;
    size_t needed = 0;
    ASSERT_EQ(ParseWalRecord(std::string_view(bytes).substr(kFirst), NumberOf(path), kFirst,
                             &record, &needed),
              WalParse::kValid);
    bytes[kFirst + record.stored_bytes - 1] ^= 1;
    std::string_view covered = std::string_view(bytes).substr(kFirst, record.stored_bytes);
    uint32_t checksum = Checksum32(covered.substr(4), ChecksumSeed(NumberOf(path), kFirst));
    std::memcpy(bytes.data() + kFirst, &checksum, sizeof(checksum));
    expect(path, bytes, fmt::format("does not authenticate at offset {}", kFirst));
  }

  std::string manifest = Files(whole, "manifest-").back();
  bytes = *whole.ReadWhole(manifest);
  constexpr size_t kFirst = kManifestEncryptedHeaderBytes;
  size_t stored = LoadFixed<uint32_t>(bytes.data() + kFirst + 8);
  bytes[kFirst + kManifestRecordHeaderBytes + 3] ^= 1;
  uint64_t checksum =
      Checksum(std::string_view(bytes).substr(kFirst + 8, kManifestRecordHeaderBytes - 8 + stored),
               ChecksumSeed(NumberOf(manifest), kFirst));
  std::memcpy(bytes.data() + kFirst, &checksum, sizeof(checksum));
  expect(manifest, bytes,
         fmt::format("damaged at offset {}: an edit does not authenticate", kFirst));
}

// What an attacker without the key can do to pass a file off for one of another number: put that
// number and the checksums into its plain header (and a table's footer).
std::string Renumber(std::string bytes, uint64_t number) {
  auto put = [&bytes](uint64_t offset, uint64_t value) {
    std::memcpy(bytes.data() + offset, &value, sizeof(value));
  };
  if (!bytes.starts_with("SHALETBL")) {
    bool is_log = bytes.starts_with(kWalMagic);
    put(16, number);
    size_t covered = is_log ? 40 : 24;
    put(covered, Checksum(std::string_view(bytes).substr(0, covered), ChecksumSeed(number, 0)));
    return bytes;
  }
  TableHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  header.checksum = HeaderChecksum(header, number);
  std::memcpy(bytes.data(), &header, sizeof(header));
  TableFooter footer;
  uint64_t offset = bytes.size() - sizeof(footer);
  std::memcpy(&footer, bytes.data() + offset, sizeof(footer));
  footer.file_number = number;
  footer.checksum = FooterChecksum(footer, number, offset);
  std::memcpy(bytes.data() + offset, &footer, sizeof(footer));
  return bytes;
}

TEST_F(EncryptionTest, ExchangedFilesAreRefused) {
  EngineOptions options = Encrypted();
  options.compression = Compression::kNone;
  options.bottom_compression = Compression::kNone;
  MemoryFileSystem whole;
  Fill(&whole, options, "a");
  MemoryFileSystem stranger;  // another store under the same master key
  Fill(&stranger, options, "b");
  MemoryFileSystem plain;
  Fill(&plain, TinyOptions(), "b");
  auto expect = [&](const std::string& path, const std::string& bytes, const std::string& message) {
    auto disk = whole.CrashClone({CrashSurvival::kAll, 0});
    Replace(disk.get(), path, bytes);
    Status status = OpenStatus(disk.get(), options);
    EXPECT_TRUE(status.Is(sqlstate::kDataCorrupted)) << path << " " << status.ToString();
    EXPECT_NE(status.message().find(message), std::string::npos) << status.ToString();
  };

  constexpr int kExchangesMax = kSanitized ? 1 : 5;
  int within = 0;
  int foreign = 0;
  for (const std::string& one : Files(whole, "table-")) {
    size_t size = whole.ReadWhole(one)->size();
    for (const std::string& other : Files(whole, "table-")) {
      std::string bytes = *whole.ReadWhole(other);
      if (one == other || bytes.size() != size || within == kExchangesMax) continue;
      expect(one, bytes, "checksum mismatch at offset 0");
      expect(one, Renumber(bytes, NumberOf(one)),
             fmt::format("it is table {} of this store", NumberOf(other)));
      ++within;
    }
    for (const std::string& other : Files(stranger, "table-")) {
      std::string bytes = *stranger.ReadWhole(other);
      if (bytes.size() != size || foreign == kExchangesMax) continue;
      expect(one, Renumber(bytes, NumberOf(one)), "its key is not of this store");
      ++foreign;
    }
  }
  EXPECT_GT(within, 0);
  EXPECT_GT(foreign, 0);

  auto exchange = [&](const std::string& path, const MemoryFileSystem& from,
                      const std::string& other, const std::string& message) {
    expect(path, Renumber(*from.ReadWhole(other), NumberOf(path)), message);
  };
  std::string log = LastUsedSegment(whole, kWalEncryptedHeaderBytes);
  std::string manifest = Files(whole, "manifest-").back();
  exchange(log, stranger, LastUsedSegment(stranger, kWalEncryptedHeaderBytes),
           "its key is not of this store");
  exchange(log, plain, LastUsedSegment(plain, kWalSegmentHeaderBytes),
           "it is not encrypted, but the store is");
  exchange(manifest, stranger, Files(stranger, "manifest-").back(), "its key is not of this store");
  exchange(manifest, plain, Files(plain, "manifest-").back(),
           "it is not encrypted, but the store is");
  // The store's own files in each other's place.
  std::string segment = *whole.ReadWhole(log);
  uint64_t number = NumberOf(log) + 1;
  auto disk = whole.CrashClone({CrashSurvival::kAll, 0});
  std::string next = log.substr(0, log.size() - 20) + fmt::format("{:020}", number);
  Replace(disk.get(), next, Renumber(segment, number));
  Status status = OpenStatus(disk.get(), options);
  EXPECT_NE(status.message().find(fmt::format("it is log segment {} of this store", number - 1)),
            std::string::npos)
      << status.ToString();
}

// Authentic, but of an earlier time: each file of a closed store in turn, as it was when the store
// was closed or killed before.
TEST_F(EncryptionTest, AnOlderCopyOfAFileIsNeverAnAnswer) {
  EngineOptions options = Encrypted();
  options.memtable_bytes_max = 1 << 20;  // what is written after the flush stays in the log
  MemoryFileSystem disk;
  Fill(&disk, options, "a");
  std::vector<std::unique_ptr<MemoryFileSystem>> earlier;
  {
    auto store = TestStore::Open(disk, options);
    ASSERT_TRUE(store.ok());
    for (int i = 0; i < 60; ++i) {
      if (i % (kSanitized ? 18 : 6) == 0)
        earlier.push_back(disk.CrashClone({CrashSurvival::kAll, 0}));
      ASSERT_TRUE(Put(***store, fmt::format("a/{:03}", i), fmt::format("newer {}", i)).ok());
      if (i == 40) {
        ASSERT_TRUE(Flush(***store).ok());
      }
    }
  }
  Contents expected;
  {
    auto clone = disk.CrashClone({CrashSurvival::kAll, 0});
    auto store = TestStore::Open(*clone, options);
    ASSERT_TRUE(store.ok());
    auto contents = ReadAll(***store);
    ASSERT_TRUE(contents.ok());
    expected = *contents;
  }
  std::map<std::string, int> refused;
  for (const auto& old : earlier) {
    for (const char* kind : {"table-", "wal-", "manifest-"}) {
      for (const std::string& path : Files(disk, kind)) {
        auto bytes = old->ReadWhole(path);
        if (!bytes.ok() || *bytes == *disk.ReadWhole(path)) continue;
        auto exchanged = disk.CrashClone({CrashSurvival::kAll, 0});
        Replace(exchanged.get(), path, *bytes);
        auto store = TestStore::Open(*exchanged, options);
        if (!store.ok()) {
          EXPECT_TRUE(store.status().Is(sqlstate::kDataCorrupted)) << store.status().ToString();
          ++refused[kind];
          continue;
        }
        auto contents = ReadAll(***store);
        ASSERT_TRUE(contents.ok()) << contents.status().ToString();
        EXPECT_EQ(*contents, expected) << path;
      }
    }
  }
  EXPECT_EQ(refused["table-"], 0) << "a table was written twice";
  EXPECT_GT(refused["wal-"], 0);
  EXPECT_GT(refused["manifest-"], 0);
  fmt::print("older copies refused: {} of log segments, {} of manifests\n", refused["wal-"],
             refused["manifest-"]);
}

TEST_F(EncryptionTest, StoreKeysRotateWhileTheStoreRuns) {
  MemoryFileSystem disk;
  EngineOptions options = Encrypted();
  Fill(&disk, options, "a");
  auto store = TestStore::Open(disk, options);
  ASSERT_TRUE(store.ok());
  auto before = ReadAll(***store);
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(StatisticOf(***store, "encryption.key_generation"), 1);
  EXPECT_EQ(StatisticOf(***store, "encryption.tables_with_older_keys"), 0);
  double tables = StatisticOf(***store, "lsm.files");
  ASSERT_GT(tables, 0);
  ASSERT_TRUE(BlockingWait((**store)->RotateEncryptionKey()).ok());
  EXPECT_EQ(StatisticOf(***store, "encryption.key_generation"), 2);
  EXPECT_GT(StatisticOf(***store, "encryption.tables_with_older_keys"), 0);
  ASSERT_TRUE(Put(***store, "after", "rotation").ok());
  (*before)["after"] = "rotation";
  store->reset();

  store = TestStore::Open(disk, options);
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  EXPECT_EQ(StatisticOf(***store, "encryption.key_generation"), 2);
  auto after = ReadAll(***store);
  ASSERT_TRUE(after.ok()) << after.status().ToString();
  EXPECT_EQ(*after, *before);
  ASSERT_TRUE(CompactRange(***store).ok());
  EXPECT_EQ(StatisticOf(***store, "encryption.tables_with_older_keys"), 0);
  EXPECT_TRUE((**store)->CheckConsistency().ok());
  store->reset();
  // Every file's envelope names the new generation.
  for (const char* kind : {"table-", "wal-", "manifest-"}) {
    for (const std::string& path : Files(disk, kind)) {
      std::string bytes = *disk.ReadWhole(path);
      size_t envelope = bytes.find("SHALENVE");
      if (envelope == std::string::npos) continue;
      EXPECT_EQ(LoadFixed<uint32_t>(bytes.data() + envelope + 12), 2u) << path;
    }
  }
}

TEST_F(EncryptionTest, TheMasterKeyChangesOnlineAndAtAStart) {
  MemoryFileSystem disk;
  Fill(&disk, Encrypted(), "a");
  {
    auto store = TestStore::Open(disk, Encrypted());
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE(BlockingWait((**store)->ChangeMasterKey(*OtherKey())).ok());
    ASSERT_TRUE(Put(***store, "after", "change").ok());
  }
  EXPECT_TRUE(OpenStatus(&disk, Encrypted()).Is(sqlstate::kInvalidAuthorizationSpecification));
  EngineOptions other = TinyOptions();
  other.master_key = OtherKey();
  EXPECT_TRUE(OpenStatus(&disk, other).ok());
  EngineOptions back = Encrypted();
  back.old_master_key = OtherKey();
  EXPECT_TRUE(OpenStatus(&disk, back).ok());
  EXPECT_TRUE(OpenStatus(&disk, Encrypted()).ok());
  EXPECT_TRUE(OpenStatus(&disk, other).Is(sqlstate::kInvalidAuthorizationSpecification));
}

TEST_F(EncryptionTest, APlainStoreHasNoKeysToChange) {
  MemoryFileSystem disk;
  auto store = TestStore::Open(disk, TinyOptions());
  ASSERT_TRUE(store.ok());
  EXPECT_TRUE(
      BlockingWait((**store)->RotateEncryptionKey()).Is(sqlstate::kObjectNotInPrerequisiteState));
  EXPECT_TRUE(BlockingWait((**store)->ChangeMasterKey(*OtherKey()))
                  .Is(sqlstate::kObjectNotInPrerequisiteState));
  EXPECT_EQ(StatisticOf(***store, "encryption.enabled"), 0);
}

// Notes every key and nonce that anything was sealed with.
class NonceRecorder : public SealObserver {
 public:
  NonceRecorder() { SetSealObserver(this); }
  ~NonceRecorder() override { SetSealObserver(nullptr); }

  void OnSeal(uint64_t key_mark, const Nonce& nonce) override {
    std::lock_guard lock(mutex_);
    ++sealings_;
    keys_.insert(key_mark);
    if (!seen_.emplace(key_mark, nonce).second) ++duplicates_;
  }
  uint64_t sealings() const { return sealings_; }
  uint64_t duplicates() const { return duplicates_; }
  size_t keys() const { return keys_.size(); }

 private:
  std::mutex mutex_;
  std::set<std::pair<uint64_t, Nonce>> seen_;
  std::set<uint64_t> keys_;
  uint64_t sealings_ = 0;
  uint64_t duplicates_ = 0;
};

TEST_F(EncryptionTest, NoNonceIsUsedTwice) {
  NonceRecorder recorder;
  int restarts = 0;
  int crashes = 0;
  uint64_t faults_injected = 0;
  constexpr int kSeeds = kSanitized ? 1 : 12;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    Random random(seed);
    EngineOptions options = OptionSet(static_cast<int>(seed % 7));
    options.master_key = TestMasterKey();
    auto disk = std::make_unique<MemoryFileSystem>();
    auto faults = std::make_unique<FaultFileSystem>(*disk, seed);
    auto store = TestStore::Open(*faults, options);
    ASSERT_TRUE(store.ok()) << store.status().ToString();
    for (int i = 1; i <= 250; ++i) {
      if (store.ok()) {
        (void)Write(***store, Scripted(seed, i), random.OneIn(2));
        if (random.OneIn(20)) (void)Flush(***store).ok();
        if (random.OneIn(30)) (void)BlockingWait((**store)->RotateEncryptionKey()).ok();
        if (random.OneIn(40)) (void)CompactRange(***store).ok();
      }
      uint64_t event = random.Uniform(60);
      if (event < 3) {  // a call fails, for want of space mostly; it may be an append or a sync
        faults->AddRule({.effect = random.OneIn(4) ? FaultEffect::kIoError : FaultEffect::kNoSpace,
                         .nth = 1 + random.Uniform(20)});
      } else if (event < 6) {  // an append stops halfway
        faults->AddRule(
            {.operation = FileOperation::kWrite,
             .path_contains = "/log/",
             .effect = random.OneIn(2) ? FaultEffect::kPartialWrite : FaultEffect::kNoSpace,
             .nth = 1 + random.Uniform(3)});
      } else if (event < 9 || !store.ok() || !(**store)->Health().ok()) {
        if (store.ok()) store->reset();
        if (random.OneIn(2)) {
          ++crashes;
          faults_injected += faults->faults_injected();
          auto found = disk->CrashClone(CrashOptions::Worst(seed * 1000 + i));
          faults = std::make_unique<FaultFileSystem>(*found, seed);
          disk = std::move(found);
        }
        faults->ClearRules();
        ++restarts;
        store = TestStore::Open(*faults, options);
        ASSERT_TRUE(store.ok()) << store.status().ToString();
      }
    }
    faults_injected += faults->faults_injected();
    if (store.ok()) store->reset();
  }
  fmt::print(
      "sealings: {} under {} keys, restarts: {} ({} crashes), faults: {}, nonces used twice: {}\n",
      recorder.sealings(), recorder.keys(), restarts, crashes, faults_injected,
      recorder.duplicates());
  EXPECT_EQ(recorder.duplicates(), 0u);
  EXPECT_GT(recorder.sealings(), kSanitized ? 1000u : 10'000u);
  EXPECT_GT(faults_injected, 0u);
}

// The negative control: what a writer would do that seals two records at one offset.
TEST_F(EncryptionTest, TheRecorderFindsANonceUsedTwice) {
  NonceRecorder recorder;
  AesGcm cipher(*TestMasterKey(), AesGcm::Use::kSeal);
  char out[3 + kSealTagBytes];
  Nonce nonce{1};
  cipher.Seal(nonce, {}, "one", out);
  EXPECT_EQ(recorder.duplicates(), 0u);
  cipher.Seal(Nonce{2}, {}, "two", out);
  EXPECT_EQ(recorder.duplicates(), 0u);
  AesGcm(*OtherKey(), AesGcm::Use::kSeal).Seal(nonce, {}, "one", out);
  EXPECT_EQ(recorder.duplicates(), 0u);
  AesGcm(*TestMasterKey(), AesGcm::Use::kSeal).Seal(nonce, {}, "two", out);
  EXPECT_EQ(recorder.duplicates(), 1u);
}

}  // namespace
}  // namespace shale::engine
