// Goal: nobody waits for another's work, too many are told so, and a stop drains. Method: flushes
// that the test holds back, clients on threads.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <vector>

#include "tests/admin/server_fixture.h"

namespace shale::admin {
namespace {

using std::chrono::milliseconds;

class ConcurrencyTest : public AdminServerTest {
 protected:
  // A client whose flush has started and does not end.
  std::future<HttpReply> HeldFlush() {
    store().Hold();
    int before = store().flushes_started();
    auto reply = std::async(std::launch::async,
                            [this] { return HttpClient(port()).Ask("POST", "/v1/flush"); });
    while (store().flushes_started() == before) std::this_thread::sleep_for(milliseconds(1));
    return reply;
  }
};

TEST_F(ConcurrencyTest, ARequestThatWaitsHoldsUpNoOther) {
  auto flush = HeldFlush();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(HttpClient(port()).Get("/v1/health").status, 200);
  EXPECT_EQ(flush.wait_for(milliseconds(0)), std::future_status::timeout);
  store().Release();
  EXPECT_EQ(flush.get().status, 200);
}

TEST_F(ConcurrencyTest, StopLetsRequestsEnd) {
  HttpClient idle(port());
  EXPECT_EQ(idle.Get("/v1/health").status, 200);
  HttpClient half(port());
  half.Send("GET /v1/hea");
  auto flush = HeldFlush();
  auto stop = std::async(std::launch::async, [this] { server_->Stop(); });
  EXPECT_TRUE(idle.IsClosed());
  EXPECT_TRUE(half.IsClosed());
  EXPECT_EQ(stop.wait_for(milliseconds(100)), std::future_status::timeout);
  store().Release();
  HttpReply reply = flush.get();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers["connection"], "close");
  stop.get();
  server_->Stop();  // once more does nothing
  EXPECT_THROW(HttpClient{port()}, std::exception);
}

TEST_F(ConcurrencyTest, AClientThatLeavesDuringItsRequestIsNoHarm) {
  store().Hold();
  {
    HttpClient client(port());
    client.Send("POST /v1/flush HTTP/1.1\r\nHost: localhost\r\n\r\n");
    while (store().flushes_started() == 0) std::this_thread::sleep_for(milliseconds(1));
  }
  store().Release();
  EXPECT_EQ(HttpClient(port()).Get("/v1/health").status, 200);
}

TEST_F(ConcurrencyTest, TooManyConnectionsAreToldSo) {
  options_.limits.connections_max = 4;
  StartServer();
  std::vector<std::unique_ptr<HttpClient>> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(std::make_unique<HttpClient>(port()));
    ASSERT_EQ(clients.back()->Get("/v1/health").status, 200);
  }
  HttpClient fifth(port());
  auto refused = fifth.Read();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->error_code(), "too_many_connections");
  EXPECT_TRUE(fifth.IsClosed());
  EXPECT_EQ(clients[0]->Get("/v1/health").status, 200);

  clients.clear();
  for (int tries = 0; tries < 1000; ++tries) {
    if (HttpClient(port()).Get("/v1/health").status == 200) return;
    std::this_thread::sleep_for(milliseconds(5));
  }
  FAIL() << "places that were left are not given again";
}

TEST_F(ConcurrencyTest, ManyClientsAtOnce) {
  std::atomic<int> answered{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&] {
      HttpClient client(port());
      for (int i = 0; i < 50; ++i) {
        bool write = i % 5 == 0;
        HttpReply reply = write ? client.Ask("POST", "/v1/flush") : client.Get("/v1/stats");
        if (reply.status == 200) ++answered;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(answered.load(), 400);
}

TEST_F(ConcurrencyTest, StopUnderLoadEnds) {
  for (int round = 0; round < 5; ++round) {
    std::atomic<bool> stopping{false};
    std::vector<std::thread> threads;
    uint16_t at = port();
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&stopping, at] {
        while (!stopping) {
          try {
            HttpClient client(at);
            while (client.Ask("POST", "/v1/flush").status == 200 && !stopping) {
            }
          } catch (const std::exception&) {
            return;  // it listens no more
          }
        }
      });
    }
    std::this_thread::sleep_for(milliseconds(50));
    server_->Stop();
    stopping = true;
    for (std::thread& thread : threads) thread.join();
    StartServer();
  }
}

}  // namespace
}  // namespace shale::admin
