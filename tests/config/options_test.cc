// Options: what each source sets, which source wins, and that nothing misunderstood is passed over.
#include "config/options.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace shale::config {
namespace {

class OptionsTest : public testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/shale_config_XXXXXX";
    folder_ = mkdtemp(folder);
    for (const char* name : kVariables) unsetenv(name);
  }
  void TearDown() override {
    for (const char* name : kVariables) unsetenv(name);
    std::filesystem::remove_all(folder_);
  }
  std::string File(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name) << text;
    return folder_ + "/" + name;
  }
  static Result<ParsedOptions> Parse(std::vector<std::string> arguments) {
    std::vector<const char*> argv = {"shale"};
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    return ParseCommandLine(static_cast<int>(argv.size()), argv.data());
  }
  static Options Good(std::vector<std::string> arguments) {
    auto parsed = Parse(std::move(arguments));
    EXPECT_TRUE(parsed.ok()) << parsed.status().ToString();
    return parsed.ok() ? parsed->options : Options();
  }
  static std::string Bad(std::vector<std::string> arguments) {
    auto parsed = Parse(std::move(arguments));
    return parsed.ok() ? "accepted" : parsed.status().message();
  }

  static constexpr const char* kVariables[] = {"SHALE_DATA_DIR", "SHALE_LOOPS", "SHALE_PASSWORD",
                                               "SHALE_PASSWORD_FILE", "SHALE_CONFIG"};
  std::string folder_;
};

TEST_F(OptionsTest, Defaults) {
  Options options = Good({});
  EXPECT_EQ(options.data_dir, "./data");
  ASSERT_EQ(options.listen.size(), 1u);
  EXPECT_EQ(options.listen[0].host, "127.0.0.1");
  EXPECT_EQ(options.listen[0].port, 5432);
  EXPECT_EQ(options.password, "");
}

TEST_F(OptionsTest, CommandLineOverEnvironmentOverFile) {
  const std::string file = File("a.toml", "data_dir = \"of_file\"\nloops = 1\nworkers = 9\n");
  setenv("SHALE_DATA_DIR", "of_environment", 1);
  setenv("SHALE_LOOPS", "2", 1);
  Options options = Good({"--config", file, "--data-dir", "of_line"});
  EXPECT_EQ(options.data_dir, "of_line");
  EXPECT_EQ(options.loops, 2);
  EXPECT_EQ(options.workers, 9);
  setenv("SHALE_CONFIG", file.c_str(), 1);
  EXPECT_EQ(Good({}).workers, 9);
}

TEST_F(OptionsTest, Addresses) {
  Options options = Good({"--listen", "127.0.0.1:1,[::1]:2,localhost:65535"});
  ASSERT_EQ(options.listen.size(), 3u);
  EXPECT_EQ(options.listen[1].host, "::1");
  EXPECT_EQ(options.listen[1].port, 2);
  for (const Address& address : options.listen) EXPECT_TRUE(address.is_loopback());
  EXPECT_FALSE(Good({"--listen", "0.0.0.0:1"}).listen[0].is_loopback());
  EXPECT_FALSE(Good({"--listen", "[::]:1"}).listen[0].is_loopback());
  for (const char* text : {"5432", ":5432", "host", "host:", "host:65536", "host:-1", "host:1x"}) {
    EXPECT_NE(Bad({"--listen", text}), "accepted") << text;
  }
}

TEST_F(OptionsTest, Sizes) {
  EXPECT_EQ(Good({"--block-cache", "65536"}).block_cache_bytes, 65536u);
  EXPECT_EQ(Good({"--block-cache", "3kB"}).block_cache_bytes, 3u << 10);
  EXPECT_EQ(Good({"--block-cache", "256MB"}).block_cache_bytes, 256u << 20);
  EXPECT_EQ(Good({"--block-cache", "2GB"}).block_cache_bytes, 2ull << 30);
  for (const char* text :
       {"", "MB", "-1", "1TB", "1 MB", "99999999999999999999", "18000000000GB"}) {
    EXPECT_NE(Bad({"--block-cache", text}), "accepted") << text;
  }
}

TEST_F(OptionsTest, ValueSeparation) {
  EXPECT_EQ(Good({}).value_separation_bytes, 0u);
  EXPECT_EQ(Good({"--value-separation", "0"}).value_separation_bytes, 0u);
  EXPECT_EQ(Good({"--value-separation", "4kB"}).value_separation_bytes, 4096u);
  EXPECT_EQ(Bad({"--value-separation", "255"}),
            "--value-separation: value separation from 255 bytes on is not 0 and below the minimum "
            "of 256");
}

TEST_F(OptionsTest, ErrorsNameTheirPlace) {
  EXPECT_EQ(Bad({"--loops", "many"}), "--loops: \"many\" is not a number from 0 to 256");
  setenv("SHALE_LOOPS", "-1", 1);
  EXPECT_EQ(Bad({}), "SHALE_LOOPS: \"-1\" is not a number from 0 to 256");
  unsetenv("SHALE_LOOPS");
  std::string file = File("b.toml", "loops = 1\nno_such = 2\n");
  EXPECT_EQ(Bad({"--config", file}), file + ":2: unknown option \"no_such\"");
  file = File("c.toml", "\nloops = true\n");
  EXPECT_EQ(Bad({"--config", file}), file + ":2: loops must be a string or a number");
  file = File("d.toml", "loops = \n");
  EXPECT_EQ(Bad({"--config", file}).substr(0, file.size() + 3), file + ":1:");
  EXPECT_NE(Bad({"--config", folder_ + "/missing.toml"}), "accepted");
  EXPECT_NE(Bad({"--no-such", "1"}), "accepted");
}

TEST_F(OptionsTest, Commands) {
  EXPECT_EQ(Parse({})->command, Command::kServe);
  auto check = Parse({"check", "--data-dir", "there"});
  ASSERT_TRUE(check.ok()) << check.status().ToString();
  EXPECT_EQ(check->command, Command::kCheck);
  EXPECT_EQ(check->options.data_dir, "there");
  EXPECT_EQ(Parse({"--data-dir", "there", "check"})->options.data_dir, "there");
  auto dump = Parse({"dump", "some/file", "--entries", "7"});
  ASSERT_TRUE(dump.ok()) << dump.status().ToString();
  EXPECT_EQ(dump->command, Command::kDump);
  EXPECT_EQ(dump->dump_path, "some/file");
  EXPECT_EQ(dump->dump_entries_max, 7u);
  EXPECT_EQ(Parse({"dump", "f"})->dump_entries_max, std::nullopt);
  EXPECT_NE(Bad({"dump"}), "accepted");
  EXPECT_NE(Bad({"dump", "f", "--entries", "many"}), "accepted");
  EXPECT_NE(Bad({"check", "dump", "f"}), "accepted");
  EXPECT_NE(Bad({"chekc"}), "accepted");
}

TEST_F(OptionsTest, Passwords) {
  EXPECT_EQ(Good({"--password-file", File("p", "secret\r\nmore\n")}).password, "secret");
  setenv("SHALE_PASSWORD", "other", 1);
  EXPECT_EQ(Good({}).password, "other");
  EXPECT_EQ(Good({"--password-file", folder_ + "/p"}).password, "secret");
  // Never mistaken for none.
  EXPECT_NE(Bad({"--password-file", File("empty", "\n")}), "accepted");
  EXPECT_NE(Bad({"--password-file", folder_ + "/missing"}), "accepted");
}

}  // namespace
}  // namespace shale::config
