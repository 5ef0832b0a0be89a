// Goal: no bytes, however broken, late or many, harm the server or its other clients. Method: raw
// bytes on sockets; after each, a healthy client is answered.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <thread>

#include "tests/admin/server_fixture.h"

namespace shale::admin {
namespace {

using std::chrono::milliseconds;

class MalformedTest : public AdminServerTest {
 protected:
  void TearDown() override { EXPECT_EQ(HttpClient(port()).Get("/v1/health").status, 200); }

  // The status of the reply to these bytes, after which the connection is closed; 0 without one.
  unsigned StatusOf(const std::string& bytes) {
    HttpClient client(port());
    client.Send(bytes);
    auto reply = client.Read();
    if (!reply) return 0;
    EXPECT_FALSE(reply->error_code().empty()) << reply->body;
    EXPECT_TRUE(client.IsClosed());
    return reply->status;
  }
};

TEST_F(MalformedTest, NotHttp) {
  EXPECT_EQ(StatusOf("hello\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET /v1/health\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET /v1/health HTTP/1.1\r\nno colon\r\n\r\n"), 400);
  EXPECT_GE(StatusOf("GET /v1/health HTTP/1.1\nHost: localhost\n\n"), 400u);
  EXPECT_EQ(StatusOf(std::string("\x16\x03\x01\x00\xf4\x01\x00\x00\xf0\r\n\r\n", 13)), 400)
      << "TLS";
  EXPECT_EQ(StatusOf("GET /v1/health HTTP/2.0\r\nHost: localhost\r\n\r\n"), 505);
}

TEST_F(MalformedTest, LengthsThatCannotBeRight) {
  std::string begin =
      "POST /v1/flush HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  EXPECT_EQ(StatusOf(begin + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(begin + "Content-Length: 2x\r\n\r\n{}"), 400);
  EXPECT_EQ(StatusOf(begin + "Content-Length: 99999999999999999999999\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(begin + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), 400);
  EXPECT_EQ(StatusOf(begin + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}"), 400);
  EXPECT_EQ(StatusOf(begin + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400);
  EXPECT_EQ(store().flushes_started(), 0);
}

TEST_F(MalformedTest, HostMissingTwiceOrForeign) {
  HttpClient client(port());
  client.Send("GET /v1/health HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 400);
  client.Send("GET /v1/health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 400);
  client.Send("GET /v1/health HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 403);
}

TEST_F(MalformedTest, HeadersBeyondTheLimit) {
  std::string long_value(options_.limits.header_bytes_max, 'x');
  EXPECT_EQ(StatusOf("GET /v1/health HTTP/1.1\r\nHost: localhost\r\nX: " + long_value + "\r\n\r\n"),
            431);
  EXPECT_EQ(StatusOf("GET /" + long_value + " HTTP/1.1\r\nHost: localhost\r\n\r\n"), 431);
  std::string many = "GET /v1/health HTTP/1.1\r\nHost: localhost\r\n";
  for (int i = 0; i < 5000; ++i) many += "A: b\r\n";
  EXPECT_EQ(StatusOf(many + "\r\n"), 431);
}

TEST_F(MalformedTest, BodiesBeyondTheLimit) {
  std::string begin =
      "POST /v1/compact HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
  std::string body(options_.limits.body_bytes_max + 1, ' ');
  // The client is still sending when it is refused, and sees the reply all the same.
  EXPECT_EQ(StatusOf(begin + fmt::format("Content-Length: {}\r\n\r\n", body.size()) + body), 413);
  EXPECT_EQ(StatusOf(begin + "Content-Length: 4000000000\r\n\r\n"), 413);
  std::string chunked = begin + "Transfer-Encoding: chunked\r\n\r\n";
  for (int i = 0; i < 20; ++i) chunked += "1000\r\n" + std::string(0x1000, ' ') + "\r\n";
  EXPECT_EQ(StatusOf(chunked), 413);
  body.back() = '}';
  body[1] = '{';
  body.erase(0, 1);  // exactly the limit
  HttpClient client(port());
  EXPECT_EQ(client.Post("/v1/compact", body).status, 200);
}

TEST_F(MalformedTest, CutOffAnywhere) {
  std::string request =
      "POST /v1/compact HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 2\r\n\r\n{}";
  for (size_t length = 0; length < request.size(); ++length) {
    HttpClient(port()).Send(request.substr(0, length));
  }
  EXPECT_EQ(HttpClient(port()).Get("/v1/health").status, 200);
  EXPECT_TRUE(store().compacted().empty());
}

TEST_F(MalformedTest, SplitAnywhereIsTheSame) {
  std::string request =
      "POST /v1/flush HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 2\r\n\r\n{}";
  for (size_t length = 1; length < request.size(); length += 7) {
    HttpClient client(port());
    client.Send(request.substr(0, length));
    std::this_thread::sleep_for(milliseconds(1));
    client.Send(request.substr(length));
    auto reply = client.Read();
    ASSERT_TRUE(reply) << length;
    EXPECT_EQ(reply->status, 200) << length;
  }
}

TEST_F(MalformedTest, RandomBytes) {
  ASSERT_TRUE(
      rc::check("are refused, and the next client is served", [this](const std::string& bytes) {
        HttpClient client(port());
        client.Send(bytes);
        client.Send("\r\n\r\n");
        auto reply = client.Read();
        RC_ASSERT(!reply || reply->status >= 400);
      }));
}

TEST_F(MalformedTest, RandomDamageToARequest) {
  const std::string request =
      "POST /v1/compact HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 18\r\n\r\n{\"table\":\"orders\"}\r\n\r\n\r\n";
  ASSERT_TRUE(rc::check("is answered or closed", [&] {
    std::string damaged = request;
    int changes = *rc::gen::inRange(1, 4);
    for (int i = 0; i < changes; ++i) {
      damaged[*rc::gen::inRange<size_t>(0, damaged.size() - 4)] = *rc::gen::arbitrary<char>();
    }
    HttpClient client(port());
    client.Send(damaged);
    client.Send(std::string(1024, '\n'));
    auto reply = client.Read();
    RC_ASSERT(!reply || reply->status >= 200);
  }));
}

TEST_F(MalformedTest, SlowHeadersAndBodiesAreClosed) {
  options_.limits.header_timeout = milliseconds(300);
  options_.limits.body_timeout = milliseconds(300);
  StartServer();
  HttpClient idle(port());
  HttpClient slow(port());
  HttpClient half(port());
  half.Send(
      "POST /v1/flush HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 2\r\n\r\n{");
  // A byte now and then does not extend the time.
  for (int i = 0; i < 6; ++i) {
    slow.Send("G");
    std::this_thread::sleep_for(milliseconds(100));
  }
  EXPECT_TRUE(slow.IsClosed());
  EXPECT_TRUE(idle.IsClosed());
  EXPECT_TRUE(half.IsClosed());
  EXPECT_EQ(store().flushes_started(), 0);
}

}  // namespace
}  // namespace shale::admin
