// Goal: the log formats, filters by level and reaches its sink from many threads. Method: a sink
// that collects.
#include "engine/base/log.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace shale {
namespace {

class LogTest : public testing::Test {
 protected:
  LogTest() {
    SetLogSink([this](LogLevel level, std::string_view message) {
      lines_.emplace_back(level, std::string(message));
    });
  }
  ~LogTest() override {
    SetLogSink(nullptr);
    SetLogLevel(LogLevel::kInfo);
  }
  std::vector<std::pair<LogLevel, std::string>> lines_;
};

TEST_F(LogTest, FormatsAndFilters) {
  LogDebug("dropped {}", 1);
  LogInfo("info {} {}", 2, "two");
  LogWarning("warning {}", std::string("three"));
  LogError("error");
  ASSERT_EQ(lines_.size(), 3u);
  EXPECT_EQ(lines_[0], std::pair(LogLevel::kInfo, std::string("info 2 two")));
  EXPECT_EQ(lines_[1].second, "warning three");
  EXPECT_EQ(lines_[2].first, LogLevel::kError);
  SetLogLevel(LogLevel::kOff);
  LogError("dropped");
  SetLogLevel(LogLevel::kDebug);
  LogDebug("kept");
  ASSERT_EQ(lines_.size(), 4u);
  EXPECT_EQ(lines_[3].second, "kept");
}

TEST_F(LogTest, CallsAreSerialized) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 500; ++i) LogInfo("{} {}", t, i);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(lines_.size(), 2000u);
}

TEST(Log, GoesToStandardErrorByDefault) {
  testing::internal::CaptureStderr();
  LogWarning("to standard error: {}", 5);
  std::string text = testing::internal::GetCapturedStderr();
  EXPECT_NE(text.find("warning: to standard error: 5\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace shale
