// Goal: values come back from a value file as they were written, its bytes are a format, and damage
// is named and never an answer. Method: golden files, plain and encrypted; every byte flipped,
// every length cut, references that lead elsewhere.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "engine/base/random.h"
#include "engine/table/table_digest.h"
#include "engine/table/value_file_builder.h"
#include "engine/table/value_file_reader.h"
#include "tests/engine/crypto/test_keyring.h"
#include "tests/engine/table/test_blob.h"

namespace shale::engine {
namespace {

constexpr uint64_t kFileNumber = 42;

struct BuiltValues {
  std::string bytes;
  std::vector<ValueReference> references;
  uint64_t record_bytes = 0;
  uint64_t digest = 0;
};

BuiltValues Build(const std::vector<std::string>& values, Compression compression,
                  Keyring* keyring = nullptr, uint64_t number = kFileNumber) {
  BuiltValues built;
  StringBlobWriter writer;
  ValueFileBuilder builder({.file_number = number, .compression = compression, .keyring = keyring},
                           &writer);
  for (const std::string& value : values) {
    auto reference = builder.Add(value);
    EXPECT_TRUE(reference.ok());
    built.references.push_back(*reference);
    built.record_bytes += reference->record_bytes();
  }
  EXPECT_TRUE(builder.Finish().ok());
  EXPECT_TRUE(writer.finished());
  EXPECT_EQ(builder.file_bytes(), writer.bytes().size());
  EXPECT_EQ(builder.record_bytes(), built.record_bytes);
  built.bytes = writer.bytes();
  built.digest = builder.digest();
  return built;
}

Result<std::shared_ptr<ValueFileReader>> Open(std::string bytes, const Keyring* keyring = nullptr,
                                              uint64_t number = kFileNumber) {
  return ValueFileReader::Open(std::make_unique<StringBlobReader>(std::move(bytes)), number,
                               keyring);
}

std::vector<std::string> SampleValues() {
  return {std::string(300, 'a'), "short", "", std::string("\0\xff", 2), std::string(90, 'z')};
}

// What a reader says who wants all of it: the first problem, or whether all is right.
Status ReadAllOf(const std::string& bytes, const BuiltValues& built,
                 const std::vector<std::string>& values, const Keyring* keyring = nullptr) {
  ASSIGN_OR_RETURN(auto reader, Open(bytes, keyring));
  for (size_t i = 0; i < values.size(); ++i) {
    BlockPin value;
    RETURN_IF_ERROR(reader->Read(built.references[i], nullptr, &value));
    EXPECT_EQ(value->payload(), values[i]);
  }
  size_t visited = 0;
  RETURN_IF_ERROR(reader->VisitAll([&](const ValueReference& reference, const Block& value) {
    EXPECT_EQ(reference, built.references[visited]);
    EXPECT_EQ(value.payload(), values[visited]);
    ++visited;
    return Status::Ok();
  }));
  EXPECT_EQ(visited, values.size());
  return Status::Ok();
}

void ExpectGolden(const BuiltValues& built, const std::string& name, const Keyring* keyring) {
  const std::string path = SHALE_SOURCE_DIR "/tests/engine/table/golden/" + name;
  if (std::getenv("SHALE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << built.bytes;
  }
  std::ifstream file(path, std::ios::binary);
  std::string golden((std::istreambuf_iterator<char>(file)), {});
  EXPECT_TRUE(built.bytes == golden) << "the writer's output differs from " << path;
  Status status = ReadAllOf(golden, built, SampleValues(), keyring);
  EXPECT_TRUE(status.ok()) << status.ToString();
}

TEST(ValueFile, MatchesTheGoldenFiles) {
  ExpectGolden(Build(SampleValues(), Compression::kLz4), "values_v2.bin", nullptr);
  TestKeyring keyring(7);
  ExpectGolden(Build(SampleValues(), Compression::kLz4, keyring.get()), "values_encrypted.bin",
               TestKeyring(7).get());
}

TEST(ValueFile, HeaderAndRecordsStandWhereTheTableSays) {
  BuiltValues built = Build({"value"}, Compression::kLz4);
  EXPECT_EQ(built.bytes.substr(0, 8), "SHALVALS");
  EXPECT_EQ(LoadFixed<uint32_t>(built.bytes.data() + 8), 2u);
  EXPECT_EQ(LoadFixed<uint64_t>(built.bytes.data() + 16), kFileNumber);
  EXPECT_EQ(built.references[0].offset, 32u);
  EXPECT_EQ(LoadFixed<uint32_t>(built.bytes.data() + 32), 5u);
  EXPECT_EQ(built.bytes.substr(40, 5), "value");
  EXPECT_EQ(built.bytes.size(), 32u + 8 + 5 + 12);
}

TEST(ValueFile, ReadsWhatWasWrittenInAnyOrder) {
  TestKeyring keyring;
  Random random(1);
  for (Keyring* key : {static_cast<Keyring*>(nullptr), keyring.get()}) {
    for (Compression compression : {Compression::kNone, Compression::kLz4, Compression::kZstd}) {
      std::vector<std::string> values;
      for (int i = 0; i < 100; ++i) {
        std::string value(random.Uniform(5000), 'x');
        for (size_t at = 0; at < value.size(); at += 1 + random.Uniform(i + 1)) {
          value[at] = static_cast<char>(random.Uniform(256));
        }
        values.push_back(std::move(value));
      }
      BuiltValues built = Build(values, compression, key);
      auto reader = Open(built.bytes, key);
      ASSERT_TRUE(reader.ok()) << reader.status().ToString();
      EXPECT_EQ((*reader)->key_generation(), key == nullptr ? 0u : 1u);
      EXPECT_TRUE((*reader)->VerifyDigest(built.digest).ok());
      EXPECT_FALSE((*reader)->VerifyDigest(built.digest + 1).ok());
      Readahead ahead((*reader)->blob(), (*reader)->records_begin(), built.bytes.size(), 40'000);
      for (int step = 0; step < 400; ++step) {
        // In order, backward, and anywhere.
        size_t i = step < 100 ? step : step < 200 ? 199 - step : random.Uniform(values.size());
        BlockPin value;
        Status status =
            (*reader)->Read(built.references[i], step % 7 == 0 ? nullptr : &ahead, &value);
        ASSERT_TRUE(status.ok()) << status.ToString();
        ASSERT_EQ(value->payload(), values[i]);
      }
    }
  }
}

TEST(ValueFile, EveryFlippedByteIsFoundAndNamed) {
  TestKeyring keyring;
  for (Keyring* key : {static_cast<Keyring*>(nullptr), keyring.get()}) {
    BuiltValues built = Build(SampleValues(), Compression::kLz4, key);
    ASSERT_TRUE(ReadAllOf(built.bytes, built, SampleValues(), key).ok());
    for (size_t i = 0; i < built.bytes.size(); ++i) {
      std::string damaged = built.bytes;
      damaged[i] = static_cast<char>(damaged[i] ^ (i % 2 == 0 ? 1 : 0x80));
      Status status = ReadAllOf(damaged, built, SampleValues(), key);
      ASSERT_TRUE(status.Is(sqlstate::kDataCorrupted)) << i << " " << status.ToString();
      EXPECT_NE(status.message().find("\"test.table\""), std::string::npos) << status.ToString();
    }
    for (size_t length = 0; length < built.bytes.size(); ++length) {
      Status status = ReadAllOf(built.bytes.substr(0, length), built, SampleValues(), key);
      ASSERT_TRUE(status.Is(sqlstate::kDataCorrupted)) << length << " " << status.ToString();
    }
  }
}

TEST(ValueFile, AReferenceThatLeadsElsewhereIsDamage) {
  BuiltValues built = Build(SampleValues(), Compression::kNone);
  auto reader = Open(built.bytes);
  ASSERT_TRUE(reader.ok());
  auto expect_damage = [&](ValueReference reference) {
    BlockPin value;
    Status status = (*reader)->Read(reference, nullptr, &value);
    EXPECT_TRUE(status.Is(sqlstate::kDataCorrupted)) << status.ToString();
    EXPECT_EQ(value, nullptr);
  };
  const ValueReference good = built.references[1];
  for (int64_t shift : {-8, -1, 1, 8}) {
    ValueReference other = good;
    other.offset += shift;
    expect_damage(other);
    other = good;
    other.payload_bytes += shift;
    expect_damage(other);
    other = good;
    other.value_bytes += shift;
    expect_damage(other);
  }
  expect_damage({.file_number = kFileNumber, .offset = UINT64_MAX, .payload_bytes = 1});
  expect_damage({.file_number = kFileNumber, .offset = 40, .payload_bytes = UINT64_MAX - 30});
  // The same records in a file of another number.
  EXPECT_FALSE(Open(built.bytes, nullptr, kFileNumber + 1).ok());
  BuiltValues other = Build(SampleValues(), Compression::kNone, nullptr, kFileNumber + 1);
  std::string mixed = built.bytes;
  mixed.replace(good.offset, good.record_bytes(), other.bytes, good.offset, good.record_bytes());
  EXPECT_TRUE(ReadAllOf(mixed, built, SampleValues()).Is(sqlstate::kDataCorrupted));
}

TEST(ValueFile, TheOtherKindOfFileAndLaterVersionsAreRefused) {
  TestKeyring keyring;
  TestKeyring other(2);
  std::string sealed = Build(SampleValues(), Compression::kLz4, keyring.get()).bytes;
  std::string plain = Build(SampleValues(), Compression::kLz4).bytes;
  EXPECT_TRUE(Open(sealed).status().Is(sqlstate::kDataCorrupted));
  EXPECT_TRUE(Open(plain, keyring.get()).status().Is(sqlstate::kDataCorrupted));
  EXPECT_TRUE(Open(sealed, other.get()).status().Is(sqlstate::kDataCorrupted));
  EXPECT_EQ(sealed.find(std::string(50, 'z')), std::string::npos);
  ValueFileHeader header{kValueFileMagic, kValueFileVersion + 1, 0, kFileNumber, 0};
  header.checksum = ValueFileHeaderChecksum(header, kFileNumber);
  plain.replace(0, sizeof(header), reinterpret_cast<const char*>(&header), sizeof(header));
  EXPECT_TRUE(Open(plain).status().Is(sqlstate::kFeatureNotSupported));
}

TEST(ValueReference, GoesThereAndBack) {
  ValueReference reference{
      .file_number = 300, .offset = 1 << 30, .payload_bytes = 70'000, .value_bytes = 1'000'000};
  std::string bytes;
  AppendValueReference(&bytes, reference);
  ValueReference read;
  ASSERT_TRUE(DecodeValueReference(bytes, &read));
  EXPECT_EQ(read, reference);
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(DecodeValueReference(std::string_view(bytes).substr(0, length), &read));
  }
  EXPECT_FALSE(DecodeValueReference(bytes + "x", &read));
  bytes.clear();
  AppendValueReference(&bytes, {.file_number = 1, .offset = 1, .payload_bytes = UINT64_MAX});
  EXPECT_FALSE(DecodeValueReference(bytes, &read));
}

}  // namespace
}  // namespace shale::engine
