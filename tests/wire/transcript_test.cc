// Conversations as data: each file of transcripts/ says what a client sends and what the server
// answers, message by message. Method: play the client's lines against a real server with a
// scripted database over a loopback socket, write down the answers, and compare the whole with the
// file. SHALE_REWRITE=1 rewrites the files instead.
//
//   # comment
//   send WORD ...         one client message each: see ClientMessage below; "..." strings know \0
//   together / end        the messages between go in one write
//   bytewise / end        the messages between go byte by byte
//   end of file           the client closes its writing side
//   byte                  reads one byte that is no message
//   until TYPE            reads messages up to one of the type; `until end` to the end of the
//   stream < ...                 the answers
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/base/coding.h"
#include "fmt/format.h"
#include "tests/wire/fake_database.h"
#include "tests/wire/test_client.h"
#include "wire/server.h"

namespace shale::wire {
namespace {

std::filesystem::path TranscriptFolder() {
  return std::filesystem::path(SHALE_SOURCE_DIR) / "tests/wire/transcripts";
}

std::vector<std::string> TranscriptNames() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(TranscriptFolder())) {
    names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Words; those in quotes may hold spaces, \0, \n, \\ and \xHH.
std::vector<std::string> Words(const std::string& line) {
  std::vector<std::string> words;
  for (size_t i = 0; i < line.size();) {
    if (line[i] == ' ') {
      ++i;
      continue;
    }
    std::string word;
    const bool quoted = line[i] == '"';
    if (quoted) ++i;
    for (; i < line.size() && line[i] != (quoted ? '"' : ' '); ++i) {
      if (!quoted || line[i] != '\\') {
        word += line[i];
        continue;
      }
      const char code = line[++i];
      if (code == 'x') {
        word += static_cast<char>(std::stoi(line.substr(i + 1, 2), nullptr, 16));
        i += 2;
      } else {
        word += code == '0' ? '\0' : code == 'n' ? '\n' : code;
      }
    }
    if (quoted) ++i;
    words.push_back(word);
  }
  return words;
}

//   startup NAME VALUE ...   startup of version 3.0;   version N NAME VALUE ...   of another
//   ssl, gss                 the requests for encryption
//   query TEXT, parse NAME TEXT, bind PORTAL NAME [VALUE ...], execute PORTAL [LIMIT], sync
//   message TYPE BODY        any other;   raw BYTES
std::string ClientMessage(const std::vector<std::string>& words) {
  auto at = [&](size_t i) { return i < words.size() ? words[i] : std::string(); };
  const std::string kind = at(1);
  if (kind == "startup") return Startup({words.begin() + 2, words.end()});
  if (kind == "version") {
    return Startup({words.begin() + 3, words.end()}, static_cast<uint32_t>(std::stoul(at(2))));
  }
  if (kind == "ssl") return StartupCode(80877103);
  if (kind == "gss") return StartupCode(80877104);
  if (kind == "query") return QueryMessage(at(2));
  if (kind == "parse") return ParseText(at(2), at(3));
  if (kind == "bind") {
    std::vector<std::optional<std::string>> parameters;
    for (size_t i = 4; i < words.size(); ++i) {
      if (words[i] == "NULL")
        parameters.emplace_back();
      else
        parameters.emplace_back(words[i]);
    }
    return BindText(at(2), at(3), parameters);
  }
  if (kind == "execute") {
    return ExecuteText(at(2), at(3).empty() ? 0 : static_cast<uint32_t>(std::stoul(at(3))));
  }
  if (kind == "sync") return SyncMessage();
  if (kind == "message") return Message(at(2)[0], at(3));
  if (kind == "raw") return at(2);
  ADD_FAILURE() << "unknown client message: " << kind;
  return "";
}

class Player {
 public:
  explicit Player(uint16_t port) : client_(port) {}

  // The script with the answers that came.
  std::string Play(const std::string& script) {
    std::istringstream lines(script);
    std::string line;
    while (std::getline(lines, line)) {
      if (line.starts_with("<")) continue;
      out_ += line + "\n";
      if (!line.empty() && !line.starts_with("#")) Step(Words(line));
    }
    return out_;
  }

 private:
  enum class Sending { kAtOnce, kTogether, kBytewise };

  void Step(const std::vector<std::string>& words) {
    const std::string& verb = words[0];
    if (verb == "send") {
      std::string bytes = ClientMessage(words);
      if (sending_ == Sending::kAtOnce)
        client_.Send(bytes);
      else
        held_ += bytes;
    } else if (verb == "together") {
      sending_ = Sending::kTogether;
    } else if (verb == "bytewise") {
      sending_ = Sending::kBytewise;
    } else if (verb == "end" && words.size() == 1) {
      const size_t step = sending_ == Sending::kBytewise ? 1 : held_.size();
      for (size_t i = 0; i < held_.size(); i += step) client_.Send(held_.substr(i, step));
      held_.clear();
      sending_ = Sending::kAtOnce;
    } else if (verb == "end") {
      client_.SendEndOfFile();
    } else if (verb == "byte") {
      auto byte = client_.ReadByte();
      out_ += fmt::format("< {}\n", byte ? std::string(1, *byte) : "end");
    } else if (verb == "until" && words.size() == 2) {
      const char type = words[1] == "end" ? '\0' : words[1][0];
      std::vector<ServerMessage> messages = client_.ReadUntil(type);
      for (const ServerMessage& message : messages) out_ += "< " + ShowMessage(message) + "\n";
      if (messages.empty() || messages.back().type != type) out_ += "< end\n";
    } else {
      ADD_FAILURE() << "unknown step: " << verb;
    }
  }

  TestClient client_;
  std::string out_;
  std::string held_;
  Sending sending_ = Sending::kAtOnce;
};

class TranscriptTest : public testing::TestWithParam<std::string> {};

TEST_P(TranscriptTest, AnswersAsWritten) {
  const std::filesystem::path path = TranscriptFolder() / (GetParam() + ".txt");
  std::stringstream expected;
  expected << std::ifstream(path).rdbuf();

  FakeDatabase database;
  ServerOptions options;
  options.listen = {{"127.0.0.1", 0}};
  auto server = Server::Start(&database, options);
  ASSERT_TRUE(server.ok()) << server.status().ToString();
  std::string played = Player((*server)->ports()[0]).Play(expected.str());
  if (std::getenv("SHALE_REWRITE") != nullptr) {
    std::ofstream(path) << played;
  } else {
    EXPECT_EQ(played, expected.str());
  }
}

INSTANTIATE_TEST_SUITE_P(All, TranscriptTest, testing::ValuesIn(TranscriptNames()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace shale::wire
