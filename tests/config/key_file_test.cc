// Key files: who may read them decides whether they are taken.
#include "config/key_file.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/options.h"

namespace shale::config {
namespace {

class KeyFileTest : public testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/shale_key_XXXXXX";
    folder_ = mkdtemp(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string File(const std::string& contents, mode_t mode) {
    std::string path = folder_ + "/key";
    std::filesystem::remove(path);
    std::ofstream(path) << contents;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  std::string folder_;
};

TEST_F(KeyFileTest, OnlyPrivateFilesAreRead) {
  for (mode_t mode : {0600, 0400}) {
    auto key = ReadKeyFile(File("0123\n", mode));
    ASSERT_TRUE(key.ok()) << key.status().ToString();
    EXPECT_EQ(*key, "0123\n");
  }
  for (mode_t mode : {0644, 0604, 0660, 0601, 0777}) {
    auto key = ReadKeyFile(File("0123", mode));
    ASSERT_FALSE(key.ok()) << mode;
    EXPECT_TRUE(key.status().Is(sqlstate::kConfigFileError));
    EXPECT_NE(key.status().message().find("group or world access"), std::string::npos);
    EXPECT_NE(key.status().message().find(folder_), std::string::npos);
    EXPECT_EQ(key.status().ToString().find("0123"), std::string::npos);
  }
  // A group may read root's.
  EXPECT_EQ(ReadKeyFile(File("0123", 0640)).ok(), geteuid() == 0);
}

TEST_F(KeyFileTest, WhatIsNoFileOfAKeyIsRefused) {
  EXPECT_TRUE(ReadKeyFile(folder_ + "/none").status().Is(sqlstate::kConfigFileError));
  EXPECT_TRUE(ReadKeyFile(folder_).status().Is(sqlstate::kConfigFileError));
  EXPECT_TRUE(ReadKeyFile(File("", 0600)).status().Is(sqlstate::kConfigFileError));
  EXPECT_TRUE(
      ReadKeyFile(File(std::string(5000, 'x'), 0600)).status().Is(sqlstate::kConfigFileError));
}

TEST_F(KeyFileTest, TheOptionReadsTheFile) {
  std::string path = File("the contents", 0600);
  const char* argv[] = {"shale", "--encryption-key-file", path.c_str()};
  auto parsed = ParseCommandLine(3, argv);
  ASSERT_TRUE(parsed.ok()) << parsed.status().ToString();
  EXPECT_EQ(parsed->options.encryption_key, "the contents");
  EXPECT_EQ(parsed->options.encryption_key_file, path);
  EXPECT_EQ(parsed->options.encryption_old_key_file, "");
}

}  // namespace
}  // namespace shale::config
