// The decoder: every split of the bytes gives the same frames, malformed bodies give 08P01 with
// PostgreSQL's wording, and no bytes at all make it read beyond its input (run under ASan).
#include "wire/messages.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "tests/wire/test_client.h"

namespace shale::wire {
namespace {

using namespace std::string_literals;

struct OwnedFrame {
  char type;
  std::string body;
  bool operator==(const OwnedFrame&) const = default;
};

// Frames of a stream that arrives in the given pieces; the message of the first error ends them.
std::vector<OwnedFrame> ReadAll(const std::vector<std::string>& pieces, std::string* error) {
  std::vector<OwnedFrame> frames;
  std::string buffer;
  for (const std::string& piece : pieces) {
    buffer += piece;
    std::string_view rest = buffer;
    while (true) {
      Frame frame;
      auto read = ReadFrame(&rest, &frame);
      if (!read.ok()) {
        *error = read.status().message();
        return frames;
      }
      if (!*read) break;
      frames.push_back({frame.type, std::string(frame.body)});
    }
    buffer = std::string(rest);
  }
  return frames;
}

TEST(ReadFrame, SplitsAnywhere) {
  const std::string stream = ParseText("s", "select 1") + BindText("", "s", {"a", {}, "bc"}) +
                             ExecuteText("", 7) + SyncMessage() + QueryMessage("") +
                             Message('d', std::string(300, 'x')) + Message('X', "");
  std::string error;
  const std::vector<OwnedFrame> whole = ReadAll({stream}, &error);
  ASSERT_EQ(whole.size(), 7u);
  for (size_t i = 0; i <= stream.size(); ++i) {
    EXPECT_EQ(ReadAll({stream.substr(0, i), stream.substr(i)}, &error), whole) << i;
  }
  std::vector<std::string> bytes;
  for (char c : stream) bytes.emplace_back(1, c);
  EXPECT_EQ(ReadAll(bytes, &error), whole);
  EXPECT_EQ(error, "");
}

TEST(ReadFrame, GarbageSplitsAnywhere) {
  ASSERT_TRUE(rc::check("frames and error do not depend on the pieces", [] {
    auto pieces = *rc::gen::arbitrary<std::vector<std::string>>();
    // Types that exist and short lengths get beyond the first byte.
    for (std::string& piece : pieces) {
      if (*rc::gen::inRange(0, 3) != 0) {
        piece = Message(*rc::gen::elementOf(std::string("BCDEFHPQSXcdfp")), piece);
      }
    }
    std::string whole;
    for (const std::string& piece : pieces) whole += piece;
    std::string error_of_pieces, error_of_whole;
    RC_ASSERT(ReadAll(pieces, &error_of_pieces) == ReadAll({whole}, &error_of_whole));
    RC_ASSERT(error_of_pieces == error_of_whole);
  }));
}

TEST(ReadFrame, RefusesAtTheFirstByteThatIsWrong) {
  std::string error;
  ReadAll({"z"}, &error);
  EXPECT_EQ(error, "invalid frontend message type 122");
  ReadAll({"\xff"}, &error);
  EXPECT_EQ(error, "invalid frontend message type 255");
  error.clear();
  ReadAll({std::string("Q\0\0\0", 4)}, &error);
  EXPECT_EQ(error, "");
  ReadAll({std::string("Q\0\0\0\3", 5)}, &error);
  EXPECT_EQ(error, "invalid message length");
}

TEST(ReadFrame, LimitsLengthsByType) {
  auto header_accepted = [](char type, uint32_t body_bytes) {
    std::string header = Message(type, "");
    for (int i = 0; i < 4; ++i) {
      header[1 + i] = static_cast<char>((body_bytes + 4) >> (24 - 8 * i));
    }
    std::string_view bytes = header;
    Frame frame;
    return ReadFrame(&bytes, &frame).ok();
  };
  for (char type : std::string("BFPQd")) {
    EXPECT_TRUE(header_accepted(type, kMessageBytesMax));
    EXPECT_FALSE(header_accepted(type, kMessageBytesMax + 1));
  }
  for (char type : std::string("CDEHSXcf")) {
    EXPECT_TRUE(header_accepted(type, kSmallMessageBytesMax));
    EXPECT_FALSE(header_accepted(type, kSmallMessageBytesMax + 1));
  }
  EXPECT_TRUE(header_accepted('p', kAuthenticationBytesMax));
  EXPECT_FALSE(header_accepted('p', kAuthenticationBytesMax + 1));
}

TEST(ReadStartupFrame, SplitsAnywhereAndLimits) {
  const std::string startup = Startup({"user", "shale"});
  for (size_t i = 0; i < startup.size(); ++i) {
    std::string_view part = std::string_view(startup).substr(0, i);
    Frame frame;
    auto read = ReadStartupFrame(&part, &frame);
    ASSERT_TRUE(read.ok());
    EXPECT_FALSE(*read) << i;
  }
  for (std::string bytes : {std::string("\0\0\0\7", 4), std::string("\0\0\x27\x11", 4),
                            std::string("GET "), std::string("\xff\xff\xff\xff")}) {
    std::string_view view = bytes;
    Frame frame;
    EXPECT_EQ(ReadStartupFrame(&view, &frame).status().message(),
              "invalid length of startup packet");
  }
}

TEST(ParseStartup, TakesParametersApart) {
  auto body = Startup({"user", "me", "database", "d", "_pq_.x", "1"}, 196608 + 2).substr(4);
  auto message = ParseStartup(body);
  ASSERT_TRUE(message.ok());
  EXPECT_EQ(message->minor, 2u);
  EXPECT_EQ(message->parameters,
            (std::map<std::string, std::string>{{"user", "me"}, {"database", "d"}}));
  EXPECT_EQ(message->unknown_extensions, std::vector<std::string>{"_pq_.x"});
  // Every shorter body is refused.
  for (size_t i = 4; i < body.size(); ++i) {
    EXPECT_FALSE(ParseStartup(std::string_view(body).substr(0, i)).ok()) << i;
  }
}

TEST(ParseOptions, Spellings) {
  std::map<std::string, std::string> settings;
  Status parsed = ParseOptions(R"(-c a=1 --b-c=2   -cd=x\ y\\z -c e=)", &settings);
  ASSERT_TRUE(parsed.ok()) << parsed.ToString();
  EXPECT_EQ(settings, (std::map<std::string, std::string>{
                          {"a", "1"}, {"b_c", "2"}, {"d", "x y\\z"}, {"e", ""}}));
  for (const char* text : {"-c", "-c a", "x=1", "--", "-B 12"}) {
    EXPECT_EQ(ParseOptions(text, &settings).sqlstate(), sqlstate::kSyntaxError) << text;
  }
}

TEST(ParseBind, ReadsAllParts) {
  const std::string body = "portal\0s\0\0\2\0\0\0\1\0\2\xff\xff\xff\xff\0\0\0\1x\0\1\0\1"s;
  BindFrame bind;
  Status parsed = ParseBind(body, &bind);
  ASSERT_TRUE(parsed.ok()) << parsed.ToString();
  EXPECT_EQ(bind.portal, "portal");
  EXPECT_EQ(bind.statement, "s");
  EXPECT_EQ(bind.parameter_formats, (std::vector<int16_t>{0, 1}));
  ASSERT_EQ(bind.parameters.size(), 2u);
  EXPECT_FALSE(bind.parameters[0].has_value());
  EXPECT_EQ(bind.parameters[1], "x");
  EXPECT_EQ(bind.result_formats, std::vector<int16_t>{1});
  for (size_t i = 0; i < body.size(); ++i) {
    EXPECT_EQ(ParseBind(std::string_view(body).substr(0, i), &bind).sqlstate(),
              sqlstate::kProtocolViolation)
        << i;
  }
  EXPECT_EQ(ParseBind(body + "x", &bind).message(), "invalid message format");
}

TEST(ParseBind, CountsCannotClaimWhatIsNotThere) {
  // 65,535 formats and parameters of which none follows.
  std::string body("\0\0\xff\xff", 4);
  BindFrame bind;
  EXPECT_EQ(ParseBind(body, &bind).message(), "insufficient data left in message");
  EXPECT_EQ(bind.parameter_formats.capacity(), 0u);
}

TEST(Parsers, AnyBytesGiveAnAnswer) {
  ASSERT_TRUE(rc::check("no crash, and only 08P01", [](const std::string& body) {
    auto fits = [](const Status& status) {
      return status.ok() || status.sqlstate() == sqlstate::kProtocolViolation ||
             status.sqlstate() == sqlstate::kInvalidAuthorizationSpecification;
    };
    BindFrame bind;
    RC_ASSERT(fits(ParseBind(body, &bind)));
    RC_ASSERT(fits(ParseParse(body).status()));
    RC_ASSERT(fits(ParseExecute(body).status()));
    RC_ASSERT(fits(ParseTarget(body, "CLOSE").status()));
    RC_ASSERT(fits(ParseString(body).status()));
    RC_ASSERT(fits(ParseStartup(body).status()));
  }));
}

TEST(Parsers, WordErrorsAsPostgresDoes) {
  EXPECT_EQ(ParseString("abc").status().message(), "invalid string in message");
  EXPECT_EQ(ParseString(std::string("a\0b\0", 4)).status().message(), "invalid message format");
  EXPECT_EQ(ParseTarget(std::string("Zx\0", 3), "DESCRIBE").status().message(),
            "invalid DESCRIBE message subtype 90");
  EXPECT_EQ(ParseExecute(std::string("p\0\0\0", 4)).status().message(),
            "insufficient data left in message");
  EXPECT_EQ(ParseExecute("p").status().message(), "invalid string in message");
  EXPECT_EQ(ParseParse(std::string("s\0", 2)).status().message(), "invalid string in message");
}

}  // namespace
}  // namespace shale::wire
