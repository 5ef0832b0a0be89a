// Goal: a piece opens only at its place of its file, and a place is sealed once. Method: every pair
// of places, files and kinds; a planted second sealing, which must end the process.
#include "engine/crypto/file_cipher.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/engine/crypto/test_keys.h"

namespace shale::engine {
namespace {

std::string SealAt(FileSealer* sealer, uint64_t place, std::string_view plain) {
  std::string sealed(plain.size() + kSealTagBytes, '\0');
  sealer->Seal(place, "header", plain, sealed.data());
  return sealed;
}

TEST(FileCipher, PiecesOpenOnlyWhereTheyWereSealed) {
  SecretKey key = TestKey(1);
  std::vector<FileIdentity> files{
      {FileKind::kTable, 7}, {FileKind::kTable, 8}, {FileKind::kLog, 7}};
  std::vector<uint64_t> places{1, 112, 4096, uint64_t{1} << 40};
  int opened = 0;
  for (const FileIdentity& sealed_for : files) {
    FileSealer sealer(key, sealed_for, 1);
    for (uint64_t sealed_at : places) {
      std::string sealed = SealAt(&sealer, sealed_at, "payload");
      EXPECT_EQ(sealed.find("payload"), std::string::npos);
      for (const FileIdentity& opened_for : files) {
        FileOpener opener(key, opened_for, 1);
        for (uint64_t opened_at : places) {
          char plain[7];
          bool same = sealed_for == opened_for && sealed_at == opened_at;
          EXPECT_EQ(opener.Open(opened_at, "header", sealed, plain), same);
          EXPECT_FALSE(opener.Open(opened_at, "headez", sealed, plain));
          opened += same;
        }
      }
    }
  }
  EXPECT_EQ(opened, 12);
}

TEST(FileCipherDeathTest, APlaceIsNeverSealedTwice) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        FileSealer sealer(TestKey(1), {FileKind::kLog, 1}, 1);
        (void)SealAt(&sealer, 144, "one");
        (void)SealAt(&sealer, 144, "two");
      },
      "place");
  EXPECT_DEATH(
      {
        FileSealer sealer(TestKey(1), {FileKind::kLog, 1}, 1);
        (void)SealAt(&sealer, 200, "one");
        (void)SealAt(&sealer, 144, "two");
      },
      "place");
}

TEST(FileCipher, ThreadsShareAnOpener) {
  SecretKey key = TestKey(3);
  FileSealer sealer(key, {FileKind::kTable, 1}, 1);
  std::vector<std::string> sealed;
  for (int i = 0; i < 64; ++i) {
    sealed.push_back(SealAt(&sealer, 100 + i, std::string(200, static_cast<char>('a' + i % 26))));
  }
  FileOpener opener(key, {FileKind::kTable, 1}, 1);
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      std::string plain(200, '\0');
      for (int i = 0; i < 2000; ++i) {
        int at = (i * 31 + thread) % 64;
        bool good = opener.Open(100 + at, "header", sealed[at], plain.data());
        if (!good || plain != std::string(200, static_cast<char>('a' + at % 26))) ++wrong;
        if (opener.Open(100 + at + 1, "header", sealed[at], plain.data())) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0);
}

}  // namespace
}  // namespace shale::engine
