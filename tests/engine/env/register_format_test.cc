// Goal: the register's format stays what it is, and no bytes but its own pass. Method: a golden
// copy, truncations, and random bytes.
#include "engine/env/register_format.h"

#include <gtest/gtest.h>

#include "engine/base/random.h"

namespace shale::engine {
namespace {

std::string Hex(std::string_view bytes) {
  std::string text;
  for (char c : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return text;
}

TEST(RegisterFormat, GoldenCopy) {
  EXPECT_EQ(Hex(EncodeRegister("root", 0, {3, "value"})),
            "53485245470000010300000000000000050000000000000076616c7565f967d635d7d25e6f");
}

TEST(RegisterFormat, RoundTripsAndRefusesTheRest) {
  std::string bytes = EncodeRegister("root", 1, {7, std::string("a\0b", 3)});
  RegisterCopy copy = DecodeRegister("root", 1, bytes + "what an older value left");
  ASSERT_EQ(copy.state, RegisterCopyState::kValid);
  EXPECT_EQ(copy.value.version, 7u);
  EXPECT_EQ(copy.value.bytes, std::string("a\0b", 3));
  EXPECT_EQ(DecodeRegister("root", 0, bytes).state, RegisterCopyState::kDamaged);
  EXPECT_EQ(DecodeRegister("boot", 1, bytes).state, RegisterCopyState::kDamaged);
  EXPECT_EQ(DecodeRegister("root", 1, "").state, RegisterCopyState::kBlank);
  EXPECT_EQ(DecodeRegister("root", 1, std::string(4096, '\0')).state, RegisterCopyState::kBlank);
  for (size_t length = 1; length < bytes.size(); ++length) {
    EXPECT_EQ(DecodeRegister("root", 1, bytes.substr(0, length)).state,
              RegisterCopyState::kDamaged);
  }
}

TEST(RegisterFormat, RandomBytesNeverPass) {
  Random random(5);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random.OneIn(2) ? kRegisterMagic : "");
    size_t length = random.Uniform(80);
    while (bytes.size() < length) bytes += static_cast<char>(random.Next());
    EXPECT_NE(DecodeRegister("root", 0, bytes).state, RegisterCopyState::kValid);
  }
}

}  // namespace
}  // namespace shale::engine
