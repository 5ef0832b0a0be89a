// Goal: the keyring and the envelope are formats: today's reader reads yesterday's bytes, and
// damage is told from a wrong key and from forgery. Method: golden files made with fixed keys and
// random bytes; every byte flipped, with and without a checksum put right.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "engine/base/checksum.h"
#include "engine/base/coding.h"
#include "engine/crypto/envelope_format.h"
#include "engine/crypto/keyring_format.h"
#include "tests/engine/crypto/test_keys.h"

namespace shale::engine {
namespace {

// SHALE_UPDATE_GOLDEN=1 rewrites the file; a change is a new format version.
void ExpectGolden(const std::string& name, const std::string& bytes) {
  const std::string path = SHALE_SOURCE_DIR "/tests/engine/crypto/golden/" + name;
  if (std::getenv("SHALE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << bytes;
  }
  std::ifstream file(path, std::ios::binary);
  std::string golden((std::istreambuf_iterator<char>(file)), {});
  EXPECT_TRUE(bytes == golden) << "the output differs from " << path;
}

std::vector<StoreKey> SampleKeys() {
  std::vector<StoreKey> keys;
  keys.push_back({.generation = 1, .created_us = 1'700'000'000'000'000, .key = TestKey(11)});
  keys.push_back({.generation = 2,
                  .created_us = 1'700'000'100'000'000,
                  .first_file_number = 40,
                  .key = TestKey(12)});
  return keys;
}

// Puts the checksum at the end of the bytes right.
void Resum(std::string* bytes) {
  uint64_t checksum = Checksum(std::string_view(*bytes).substr(0, bytes->size() - 8));
  std::memcpy(bytes->data() + bytes->size() - 8, &checksum, 8);
}

TEST(KeyringFormat, MatchesTheGoldenFile) {
  std::string bytes = EncodeKeyring(SampleKeys(), TestKey(1), TestRandom(5));
  ExpectGolden("keyring_v1.bin", bytes);
  auto keys = DecodeKeyring(bytes, TestKey(1));
  ASSERT_TRUE(keys.ok()) << keys.status().ToString();
  ASSERT_EQ(keys->size(), 2u);
  EXPECT_EQ((*keys)[1].generation, 2u);
  EXPECT_EQ((*keys)[1].first_file_number, 40u);
  EXPECT_EQ((*keys)[0].created_us, 1'700'000'000'000'000u);
  EXPECT_TRUE((*keys)[1].key == TestKey(12));
}

TEST(KeyringFormat, NonceIsFreshAtEachWriting) {
  RandomSource random = TestRandom(5);
  EXPECT_NE(EncodeKeyring(SampleKeys(), TestKey(1), random),
            EncodeKeyring(SampleKeys(), TestKey(1), random));
}

TEST(KeyringFormat, TellsAWrongKeyFromDamageFromForgery) {
  const std::string bytes = EncodeKeyring(SampleKeys(), TestKey(1), TestRandom(5));
  auto wrong = DecodeKeyring(bytes, TestKey(2));
  ASSERT_FALSE(wrong.ok());
  EXPECT_TRUE(wrong.status().Is(sqlstate::kInvalidAuthorizationSpecification));
  EXPECT_NE(wrong.status().message().find("wrong encryption key"), std::string::npos);
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] ^= 0x10;
    auto keys = DecodeKeyring(damaged, TestKey(1));
    ASSERT_FALSE(keys.ok()) << i;
    EXPECT_TRUE(keys.status().Is(sqlstate::kDataCorrupted)) << keys.status().ToString();
    Resum(&damaged);
    keys = DecodeKeyring(damaged, TestKey(1));
    if (i >= bytes.size() - 8) {
      EXPECT_TRUE(keys.ok()) << "only the checksum had been changed";
      continue;
    }
    ASSERT_FALSE(keys.ok()) << i;
    bool is_id = i >= 16 && i < 32;
    bool is_version = i >= 8 && i < 12;
    EXPECT_EQ(keys.status().sqlstate().code, std::string(is_id        ? "28000"
                                                         : is_version ? "0A000"
                                                                      : "XX001"))
        << i << keys.status().ToString();
  }
  for (size_t length = 0; length < bytes.size(); ++length) {
    auto keys = DecodeKeyring(bytes.substr(0, length), TestKey(1));
    ASSERT_FALSE(keys.ok());
    EXPECT_TRUE(keys.status().Is(sqlstate::kDataCorrupted));
  }
}

std::string SampleEnvelope(std::string header) {
  FileIdentity identity{FileKind::kTable, 7};
  SecretKey data_key = TestKey(21);
  FileSealer sealer(data_key, identity, 3);
  AppendEnvelope(WrapDataKey(TestKey(11), data_key, identity), &sealer, &header);
  return header;
}

TEST(EnvelopeFormat, MatchesTheGoldenFile) {
  std::string bytes = SampleEnvelope("the file's own header");
  ExpectGolden("envelope_v1.bin", bytes);
  ASSERT_EQ(bytes.size(), 21 + kEnvelopeBytes);
  Envelope envelope;
  ASSERT_EQ(ParseEnvelope(std::string_view(bytes).substr(21), &envelope), EnvelopeState::kIntact);
  EXPECT_EQ(envelope.generation, 3u);
  std::string data_key;
  FileIdentity identity;
  ASSERT_TRUE(UnwrapDataKey(TestKey(11), envelope.wrapped, &data_key, &identity));
  EXPECT_EQ(data_key, TestKey(21).bytes());
  EXPECT_TRUE((identity == FileIdentity{FileKind::kTable, 7}));
  EXPECT_FALSE(UnwrapDataKey(TestKey(12), envelope.wrapped, &data_key, &identity));
  FileOpener opener(TestKey(21), {FileKind::kTable, 7}, 3);
  EXPECT_TRUE(EnvelopeHolds(opener, bytes, envelope));
}

TEST(EnvelopeFormat, EveryChangedByteIsFound) {
  const std::string bytes = SampleEnvelope("header");
  FileOpener opener(TestKey(21), {FileKind::kTable, 7}, 3);
  for (size_t i = 0; i < bytes.size() - 8; ++i) {
    std::string damaged = bytes;
    damaged[i] ^= 1;
    Envelope envelope;
    bool in_envelope = i >= 6;
    EXPECT_EQ(ParseEnvelope(std::string_view(damaged).substr(6), &envelope),
              in_envelope ? EnvelopeState::kDamaged : EnvelopeState::kIntact);
    // A forger puts the checksum right.
    uint64_t checksum = Checksum(std::string_view(damaged).substr(6, kEnvelopeBytes - 8));
    std::memcpy(damaged.data() + damaged.size() - 8, &checksum, 8);
    EnvelopeState state = ParseEnvelope(std::string_view(damaged).substr(6), &envelope);
    if (state != EnvelopeState::kIntact) continue;
    EXPECT_FALSE(EnvelopeHolds(opener, damaged, envelope)) << i;
  }
}

}  // namespace
}  // namespace shale::engine
