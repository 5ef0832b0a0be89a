// Goal: only those whom the operator chose may ask, and no web page on their behalf. Method: the
// guard by itself, on requests made by hand.
#include "admin/guard.h"

#include <gtest/gtest.h>

namespace shale::admin {
namespace {

AdminOptions Listening(std::string host, std::string token = "") {
  AdminOptions options;
  options.host = std::move(host);
  options.token = std::move(token);
  return options;
}

Request With(std::string method, std::string host) {
  Request request;
  request.method = std::move(method);
  request.host = std::move(host);
  return request;
}

unsigned StatusOf(const std::optional<Reply>& refusal) { return refusal ? refusal->status : 200; }

TEST(HostName, TakesThePortOff) {
  EXPECT_EQ(HostName("localhost"), "localhost");
  EXPECT_EQ(HostName("LocalHost:8080"), "localhost");
  EXPECT_EQ(HostName("127.0.0.1:1"), "127.0.0.1");
  EXPECT_EQ(HostName("[::1]:8080"), "::1");
  EXPECT_EQ(HostName("[::1]"), "::1");
  EXPECT_EQ(HostName("name:"), "name");
}

TEST(HostName, IsEmptyForWhatIsNone) {
  for (const char* text : {"", ":80", "a:b", "[::1", "[::1]x", "a:80:90", "[]:1"}) {
    EXPECT_EQ(HostName(text), "") << text;
  }
}

TEST(LoopbackHost, IsNotFooledByNamesThatBeginLikeOne) {
  EXPECT_TRUE(IsLoopbackHost("localhost"));
  EXPECT_TRUE(IsLoopbackHost("127.0.0.1"));
  EXPECT_TRUE(IsLoopbackHost("127.9.8.7"));
  EXPECT_TRUE(IsLoopbackHost("::1"));
  for (const char* host : {"127.0.0.1.evil.example", "127.evil.example", "localhost.evil.example",
                           "128.0.0.1", "127.0.1", "0.0.0.0", ""}) {
    EXPECT_FALSE(IsLoopbackHost(host)) << host;
  }
}

TEST(Guard, AnswersToLoopbackNamesAndThoseAllowed) {
  AdminOptions options = Listening("192.0.2.7", "secret");
  options.allowed_hosts = {"Shale.Example"};
  Guard guard(options);
  for (const char* host : {"localhost:8080", "127.0.0.1", "[::1]:80", "192.0.2.7:8080",
                           "shale.example", "SHALE.example:443"}) {
    EXPECT_EQ(StatusOf(guard.CheckHost(With("GET", host))), 200) << host;
  }
  for (const char* host :
       {"evil.example", "localhost.evil.example", "", "192.0.2.8", "shale.example.com"}) {
    EXPECT_EQ(StatusOf(guard.CheckHost(With("GET", host))), 403) << host;
  }
  EXPECT_EQ(StatusOf(guard.CheckHost(Request())), 400);
}

TEST(Guard, AnEmptyAllowedHostLetsNobodyIn) {
  AdminOptions options = Listening("127.0.0.1");
  options.allowed_hosts = {""};
  EXPECT_EQ(StatusOf(Guard(options).CheckHost(With("GET", "a:b"))), 403);
}

TEST(Guard, LoopbackAsksForNoTokenUnlessOneIsSet) {
  EXPECT_EQ(StatusOf(Guard(Listening("127.0.0.1")).CheckToken(Request())), 200);
  EXPECT_EQ(StatusOf(Guard(Listening("LOCALHOST")).CheckToken(Request())), 200);
  EXPECT_EQ(StatusOf(Guard(Listening("::1")).CheckToken(Request())), 200);
  EXPECT_EQ(StatusOf(Guard(Listening("127.0.0.1", "secret")).CheckToken(Request())), 401);
}

TEST(Guard, AnOpenAddressWithoutTokenAnswersNothing) {
  Request request;
  request.authorization = "Bearer ";
  EXPECT_EQ(StatusOf(Guard(Listening("0.0.0.0")).CheckToken(request)), 403);
}

TEST(Guard, TheTokenMustBeTheSame) {
  Guard guard(Listening("0.0.0.0", "secret"));
  for (const char* value : {"Bearer secret", "bearer secret", "BEARER secret"}) {
    Request request;
    request.authorization = value;
    EXPECT_EQ(StatusOf(guard.CheckToken(request)), 200) << value;
  }
  for (const char* value :
       {"", "Bearer", "Bearer ", "Bearer secre", "Bearer secrets", "Bearer Secret",
        "Bearer secretsecret", "Basic secret", "secret", "Bearer  secret"}) {
    Request request;
    request.authorization = value;
    auto refusal = guard.CheckToken(request);
    ASSERT_EQ(StatusOf(refusal), 401) << value;
    EXPECT_TRUE(refusal->asks_for_token);
    EXPECT_EQ(refusal->body.find("secret"), std::string::npos);
  }
}

TEST(Guard, WritesComeFromNoOtherOrigin) {
  Guard guard(Listening("127.0.0.1"));
  Request post = With("POST", "localhost:8080");
  EXPECT_EQ(StatusOf(guard.CheckOrigin(post)), 200) << "no browser";
  for (const char* origin : {"http://localhost:8080", "https://LOCALHOST:8080"}) {
    post.origin = origin;
    EXPECT_EQ(StatusOf(guard.CheckOrigin(post)), 200) << origin;
  }
  for (const char* origin :
       {"null", "", "http://evil.example", "http://localhost", "http://localhost:80",
        "file://localhost:8080", "http://localhost:8080.evil.example"}) {
    post.origin = origin;
    EXPECT_EQ(StatusOf(guard.CheckOrigin(post)), 403) << origin;
  }
  Request get = With("GET", "localhost:8080");
  get.origin = "http://evil.example";
  EXPECT_EQ(StatusOf(guard.CheckOrigin(get)), 200)
      << "reads are kept from pages by the absent CORS header";
}

}  // namespace
}  // namespace shale::admin
