// Goal: the ciphers are the standards' ones, and what was changed anywhere does not open. Method:
// the standards' test vectors; random bytes sealed, each bit flipped.
#include "engine/crypto/aes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/engine/crypto/test_keys.h"

namespace shale::engine {
namespace {

std::string Seal(AesGcm* cipher, const Nonce& nonce, AssociatedData associated,
                 std::string_view plain) {
  std::string sealed(plain.size() + kSealTagBytes, '\0');
  cipher->Seal(nonce, associated, plain, sealed.data());
  return sealed;
}

// Test case 16 of McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)".
TEST(AesGcm, SealsAsTheStandardSays) {
  std::string half = FromHex("feffe9928665731c6d6a8f9467308308");
  SecretKey key(half + half);
  std::string plain = FromHex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
      "b525b16aedf5aa0de657ba637b39");
  std::string associated = FromHex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  std::string nonce_bytes = FromHex("cafebabefacedbaddecaf888");
  Nonce nonce;
  std::copy_n(nonce_bytes.begin(), nonce.size(), nonce.begin());
  AesGcm sealing(key, AesGcm::Use::kSeal);
  std::string_view first = std::string_view(associated).substr(0, 7);
  std::string sealed =
      Seal(&sealing, nonce, {first, std::string_view(associated).substr(7)}, plain);
  EXPECT_EQ(ToHex(sealed),
            "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b"
            "1056828838c5f61e6393ba7a0abcc9f662"
            "76fc6ece0f4e1768cddf8853bb2d551b");
  AesGcm opening(key, AesGcm::Use::kOpen);
  std::string opened(plain.size(), '\0');
  ASSERT_TRUE(opening.Open(nonce, {associated, {}}, sealed, opened.data()));
  EXPECT_EQ(opened, plain);
}

TEST(AesGcm, OpensOnlyWhatWasSealed) {
  ASSERT_TRUE(rc::check([] {
    auto plain = *rc::gen::arbitrary<std::string>();
    auto associated = *rc::gen::arbitrary<std::string>();
    SecretKey key = TestKey(*rc::gen::inRange(0, 100));
    Nonce nonce{};
    nonce[0] = static_cast<uint8_t>(*rc::gen::inRange(0, 256));
    AesGcm sealing(key, AesGcm::Use::kSeal);
    AesGcm opening(key, AesGcm::Use::kOpen);
    const std::string sealed = Seal(&sealing, nonce, {associated, {}}, plain);
    std::string opened(sealed.size(), '\0');
    RC_ASSERT(opening.Open(nonce, {associated, {}}, sealed, opened.data()));
    RC_ASSERT(opened.substr(0, plain.size()) == plain);
    // In place.
    std::string in_place = plain + std::string(kSealTagBytes, '\0');
    sealing.Seal(nonce, {associated, {}}, std::string_view(in_place).substr(0, plain.size()),
                 in_place.data());
    RC_ASSERT(in_place == sealed);
    RC_ASSERT(opening.Open(nonce, {associated, {}}, in_place, in_place.data()));
    RC_ASSERT(in_place.substr(0, plain.size()) == plain);

    std::string damaged = sealed;
    size_t at = *rc::gen::inRange<size_t>(0, damaged.size());
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << *rc::gen::inRange(0, 8)));
    RC_ASSERT(!opening.Open(nonce, {associated, {}}, damaged, opened.data()));
    RC_ASSERT(!opening.Open(nonce, {associated, {}},
                            std::string_view(sealed).substr(0, sealed.size() - 1), opened.data()));
    RC_ASSERT(!opening.Open(nonce, {associated + "x", {}}, sealed, opened.data()));
    Nonce other = nonce;
    other[11] ^= 1;
    RC_ASSERT(!opening.Open(other, {associated, {}}, sealed, opened.data()));
    AesGcm stranger(TestKey(1000), AesGcm::Use::kOpen);
    RC_ASSERT(!stranger.Open(nonce, {associated, {}}, sealed, opened.data()));
  }));
}

TEST(AesGcm, RefusesWhatIsShorterThanATag) {
  AesGcm opening(TestKey(1), AesGcm::Use::kOpen);
  char out[kSealTagBytes];
  for (size_t length = 0; length < kSealTagBytes; ++length) {
    EXPECT_FALSE(opening.Open({}, {}, std::string(length, 'x'), out));
  }
}

// RFC 3394, section 4.6.
TEST(KeyWrap, WrapsAsTheStandardSays) {
  SecretKey key(FromHex("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F"));
  std::string plain = FromHex("00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F");
  std::string wrapped = WrapKey(key, plain);
  EXPECT_EQ(ToHex(wrapped),
            "28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21");
  std::string unwrapped;
  ASSERT_TRUE(UnwrapKey(key, wrapped, &unwrapped));
  EXPECT_EQ(unwrapped, plain);
  EXPECT_FALSE(UnwrapKey(TestKey(1), wrapped, &unwrapped));
  for (size_t i = 0; i < wrapped.size() * 8; ++i) {
    std::string damaged = wrapped;
    damaged[i / 8] = static_cast<char>(damaged[i / 8] ^ (1 << i % 8));
    EXPECT_FALSE(UnwrapKey(key, damaged, &unwrapped)) << i;
  }
  for (size_t length = 0; length < wrapped.size(); ++length) {
    EXPECT_FALSE(UnwrapKey(key, wrapped.substr(0, length), &unwrapped)) << length;
  }
}

TEST(SecretKey, IsReadFromHexOrRawBytes) {
  std::string hex = "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F";
  std::string raw = FromHex(hex);
  for (const std::string& contents : {hex, hex + "\n", hex + "\r\n", raw}) {
    auto key = SecretKey::Parse(contents, "k");
    ASSERT_TRUE(key.ok()) << key.status().ToString();
    EXPECT_EQ(key->bytes(), raw);
  }
  for (const std::string& contents :
       {std::string(), hex.substr(1), hex + "0", hex + "\n\n", "g" + hex.substr(1), raw + "x"}) {
    auto key = SecretKey::Parse(contents, "the file");
    ASSERT_FALSE(key.ok()) << contents;
    EXPECT_TRUE(key.status().Is(sqlstate::kConfigFileError));
    EXPECT_NE(key.status().message().find("\"the file\""), std::string::npos);
    if (contents.size() > 8) {
      EXPECT_EQ(key.status().ToString().find(contents.substr(2, 8)), std::string::npos)
          << "the message tells the key";
    }
  }
}

TEST(SecretKey, IdsTellKeysApartAndAreStable) {
  SecretKey key(std::string(32, '\7'));
  EXPECT_EQ(key.id().size(), kKeyIdBytes);
  EXPECT_EQ(key.id(), SecretKey(std::string(32, '\7')).id());
  EXPECT_NE(key.id(), TestKey(1).id());
  EXPECT_NE(TestKey(1).id(), TestKey(2).id());
}

}  // namespace
}  // namespace shale::engine
