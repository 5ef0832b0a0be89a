// The server with real sockets: connections on their loops, limits, slow and broken clients,
// cancelling, authentication, and shutdown in all states of a connection.
#include "wire/server.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <chrono>
#include <thread>

#include "engine/base/coding.h"
#include "tests/wire/fake_database.h"
#include "tests/wire/test_client.h"

namespace shale::wire {
namespace {

using std::chrono::milliseconds;

class ServerTest : public testing::Test {
 protected:
  void Start(ServerOptions options = {}) {
    options.listen = {{"127.0.0.1", 0}};
    auto started = Server::Start(&database_, options);
    ASSERT_TRUE(started.ok()) << started.status().ToString();
    server_ = std::move(started).value();
  }
  uint16_t port() const { return server_->ports()[0]; }
  std::unique_ptr<TestClient> Connected() {
    auto client = std::make_unique<TestClient>(port());
    client->Connect();
    return client;
  }
  // Waits for what other threads will bring about.
  template <typename Condition>
  static bool Eventually(Condition condition) {
    for (int i = 0; i < 5000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(milliseconds(2));
    }
    return false;
  }

  FakeDatabase database_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, ConnectionsTakeLoopsInTurn) {
  ServerOptions options;
  options.loops = 3;
  Start(options);
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(Connected());
  EXPECT_EQ(database_.loop_threads(), (std::set<std::string>{"loop-0", "loop-1", "loop-2"}));
  for (auto& client : clients) {
    EXPECT_EQ(client->Query("work"), "CommandComplete WORK\nReadyForQuery I\n");
  }
}

TEST_F(ServerTest, SessionsEndWithTheirConnections) {
  Start();
  auto polite = Connected();
  auto rude = Connected();
  EXPECT_EQ(database_.open_sessions(), 2u);
  polite->Send(Message('X', ""));
  EXPECT_FALSE(polite->Read().has_value());
  rude->Abort();
  EXPECT_TRUE(Eventually([&] { return database_.open_sessions() == 0; }));
}

TEST_F(ServerTest, StartupRequestIsTakenApart) {
  Start();
  TestClient client(port());
  client.Send(Startup({"user", "me", "options", "-c a=1 --b=2", "application_name", "x"}));
  client.ReadUntil('Z');
  sql::StartupRequest request = database_.last_request();
  EXPECT_EQ(request.user, "me");
  EXPECT_EQ(request.database, "me");
  EXPECT_EQ(request.client_address, "127.0.0.1");
  EXPECT_EQ(request.settings, (std::map<std::string, std::string>{
                                  {"a", "1"}, {"b", "2"}, {"application_name", "x"}}));
}

TEST_F(ServerTest, AFullServerSaysSo) {
  database_.set_max_connections(1);
  Start();
  auto first = Connected();
  TestClient second(port());
  auto answers = second.Connect();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(FieldOf(answers[0], 'C'), "53300");
  EXPECT_EQ(FieldOf(answers[0], 'S'), "FATAL");
  // A cancel request still gets through.
  first->Send(QueryMessage("wait"));
  while (!first->WaitReadable(1)) TestClient(port()).Send(CancelMessage(1, 0xabcd0001));
  EXPECT_EQ(FieldOf(*first->Read(), 'C'), "57014");
}

TEST_F(ServerTest, SocketsAreLimitedToo) {
  ServerOptions options;
  options.sockets_max = 2;
  Start(options);
  auto first = Connected();
  auto second = std::make_unique<TestClient>(port());  // has said nothing yet
  TestClient third(port());
  EXPECT_FALSE(third.Read().has_value());
  second->Connect();
  second.reset();
  EXPECT_TRUE(Eventually([&] {
    TestClient fourth(port());
    return !fourth.Connect().empty();
  }));
}

TEST_F(ServerTest, ASlowLoginIsCutOff) {
  ServerOptions options;
  options.startup_timeout = milliseconds(50);
  Start(options);
  auto quick = Connected();
  TestClient silent(port());
  TestClient half(port());
  half.Send(Startup({"user", "shale"}).substr(0, 9));
  EXPECT_FALSE(silent.Read().has_value());
  EXPECT_FALSE(half.Read().has_value());
  // The limit is for the login only.
  EXPECT_EQ(quick->Query("rows 1").substr(0, 14), "RowDescription");
}

TEST_F(ServerTest, CancelNeedsTheSecret) {
  Start();
  auto client = Connected();
  client->Send(QueryMessage("wait"));
  TestClient wrong(port());
  wrong.Send(CancelMessage(1, 0));
  EXPECT_FALSE(wrong.Read().has_value());
  EXPECT_FALSE(client->WaitReadable(50));
  TestClient right(port());
  right.Send(CancelMessage(1, 0xabcd0001));
  EXPECT_FALSE(right.Read().has_value());
  EXPECT_EQ(FieldOf(*client->Read(), 'M'), "canceling statement due to user request");
}

TEST_F(ServerTest, ABrokenConnectionCancelsItsStatement) {
  Start();
  auto client = Connected();
  client->Send(QueryMessage("wait"));
  std::this_thread::sleep_for(milliseconds(20));
  client->Abort();
  EXPECT_TRUE(Eventually([&] { return database_.open_sessions() == 0; }));
}

TEST_F(ServerTest, AClientThatWentAwayEndsItsStatement) {
  Start();
  auto client = Connected();
  client->Send(QueryMessage("wait"));
  std::this_thread::sleep_for(milliseconds(20));
  client.reset();  // a plain end of file
  EXPECT_TRUE(Eventually([&] { return database_.open_sessions() == 0; }));
}

TEST_F(ServerTest, AClientThatOnlyReadsGetsItsAnswers) {
  Start();
  auto client = Connected();
  client->Send(QueryMessage("text 20000") + QueryMessage("rows 1"));
  client->SendEndOfFile();
  std::this_thread::sleep_for(milliseconds(2500));
  EXPECT_EQ(client->ReadUntil('Z').size(), 20'003u);
  EXPECT_EQ(client->ReadUntil('Z').size(), 4u);
  EXPECT_FALSE(client->Read().has_value());
}

TEST_F(ServerTest, IdleLimitsEndTheConnection) {
  Start();
  auto client = Connected();
  client->Query("rows 1");
  EXPECT_FALSE(client->WaitReadable(500));  // no limit outside of a transaction
  client->Query("begin");
  std::this_thread::sleep_for(milliseconds(100));
  client->Query("rows 1");  // the time begins anew
  std::optional<ServerMessage> message = client->Read();
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(FieldOf(*message, 'S'), "FATAL");
  EXPECT_EQ(FieldOf(*message, 'C'), "25P03");
  EXPECT_FALSE(client->Read().has_value());
  EXPECT_TRUE(Eventually([&] { return database_.open_sessions() == 0; }));
}

TEST_F(ServerTest, ASlowReaderHoldsItsStatementBack) {
  Start();
  auto client = Connected();
  constexpr int kRows = 20'000;  // 20 MB, beyond any socket buffer
  client->Send(QueryMessage("text 20000") + QueryMessage("rows 1"));
  std::this_thread::sleep_for(milliseconds(100));
  int rows = 0;
  std::vector<ServerMessage> messages = client->ReadUntil('Z');
  for (const ServerMessage& message : messages) rows += message.type == 'D';
  EXPECT_EQ(rows, kRows);
  EXPECT_EQ(client->ReadUntil('Z').size(), 4u);
}

TEST_F(ServerTest, ASlowReaderThatGoesAwayEndsItsStatement) {
  Start();
  auto client = Connected();
  client->Send(QueryMessage("text 1000000"));
  EXPECT_TRUE(client->WaitReadable(5000));
  client->Abort();
  EXPECT_TRUE(Eventually([&] { return database_.open_sessions() == 0; }));
}

TEST_F(ServerTest, AWriterThatDoesNotReadIsHeldBack) {
  Start();
  auto client = Connected();
  // Far more than the server keeps of input and output: it must answer all of it when it is read.
  constexpr int kQueries = 3000;
  std::thread writer([&] {
    for (int i = 0; i < kQueries; ++i) {
      client->Send(QueryMessage("rows 100") + Message('d', std::string(2000, 'x')));
    }
  });
  int ready = 0;
  while (ready < kQueries) {
    auto message = client->Read();
    if (!message) break;
    ready += message->type == 'Z';
  }
  writer.join();
  EXPECT_EQ(ready, kQueries);
}

TEST_F(ServerTest, LargeMessagesArriveInPieces) {
  Start();
  auto client = Connected();
  client->Send(QueryMessage("copy in"));
  client->ReadUntil('G');
  std::thread writer([&] {
    client->Send(Message('d', std::string(20 << 20, 'x')));
    for (int i = 0; i < 1000; ++i) client->Send(Message('d', std::string(i, 'y')));
    client->Send(Message('c', ""));
  });
  auto messages = client->ReadUntil('Z');
  writer.join();
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(ShowMessage(messages[0]),
            fmt::format("CommandComplete COPY 1001 {}", (20 << 20) + 499500));
}

TEST_F(ServerTest, GarbageNeverEndsTheServer) {
  Start();
  ASSERT_TRUE(rc::check("any bytes, then a client that is served", [&] {
    const bool started = *rc::gen::arbitrary<bool>();
    auto pieces = *rc::gen::arbitrary<std::vector<std::string>>();
    TestClient client(port());
    if (started) client.Connect();
    for (std::string& piece : pieces) {
      if (started && *rc::gen::inRange(0, 4) != 0) {
        piece = Message(*rc::gen::elementOf(std::string("BCDEFHPQSXcdf")), piece);
      }
      client.Send(piece);
    }
    client.SendEndOfFile();
    while (client.Read()) continue;
    TestClient next(port());
    RC_ASSERT(!next.Connect().empty());
  }));
}

// --- authentication ---

std::string SaslInitial(std::string_view message) {
  std::string body("SCRAM-SHA-256\0", 14);
  PutBigEndian32(&body, static_cast<uint32_t>(message.size()));
  return Message('p', body += message);
}

TEST_F(ServerTest, APasswordIsAskedForAndChecked) {
  ServerOptions options;
  options.password = "secret";
  Start(options);
  TestClient client(port());
  client.Send(Startup({"user", "me"}));
  EXPECT_EQ(ShowMessage(*client.Read()), "Authentication 10 SCRAM-SHA-256\\x00\\x00");
  client.Send(SaslInitial("n,,n=,r=abc"));
  std::string first = ShowMessage(*client.Read());
  EXPECT_EQ(first.substr(0, 23), "Authentication 11 r=abc");
  std::string nonce = first.substr(20, first.find(",s=") - 20);
  client.Send(Message('p', "c=biws,r=" + nonce + ",p=" + std::string(43, 'A') + "="));
  EXPECT_EQ(FieldOf(*client.Read(), 'M'), "password authentication failed for user \"me\"");
  EXPECT_FALSE(client.Read().has_value());
  EXPECT_EQ(database_.open_sessions(), 0u);
}

TEST_F(ServerTest, NothingButAuthenticationBeforeTheSession) {
  ServerOptions options;
  options.password = "secret";
  Start(options);
  for (const std::string& bytes :
       {QueryMessage("rows 1"), std::string("Q\3\0\0\0", 5), SyncMessage()}) {
    TestClient client(port());
    client.Send(Startup({"user", "me"}) + bytes);
    client.Read();
    EXPECT_EQ(FieldOf(*client.Read(), 'C'), "08P01");
    EXPECT_FALSE(client.Read().has_value());
  }
}

// --- shutdown ---

TEST_F(ServerTest, StopTellsIdleConnections) {
  Start();
  auto idle = Connected();
  TestClient in_startup(port());
  EXPECT_TRUE(Eventually([&] { return database_.open_sessions() == 1; }));
  server_->Stop(milliseconds(10'000));
  EXPECT_EQ(ShowMessage(*idle->Read()),
            "ErrorResponse S=FATAL V=FATAL C=57P01 M=terminating connection due to administrator "
            "command");
  EXPECT_FALSE(idle->Read().has_value());
  EXPECT_FALSE(in_startup.Read().has_value());
}

TEST_F(ServerTest, StopWaitsForStatements) {
  Start();
  auto client = Connected();
  client->Send(QueryMessage("copy in"));
  client->ReadUntil('G');
  std::thread stopper([&] { server_->Stop(milliseconds(10'000)); });
  std::this_thread::sleep_for(milliseconds(50));
  client->Send(Message('d', "x") + Message('c', ""));
  EXPECT_EQ(ShowMessage(*client->Read()), "CommandComplete COPY 1 1");
  EXPECT_EQ(ShowMessage(*client->Read()), "ReadyForQuery I");
  EXPECT_EQ(FieldOf(*client->Read(), 'C'), "57P01");
  stopper.join();
}

TEST_F(ServerTest, StopCancelsStatementsAtTheDeadline) {
  Start();
  auto running = Connected();
  running->Send(QueryMessage("wait"));
  auto copying = Connected();
  copying->Send(QueryMessage("copy in"));
  copying->ReadUntil('G');
  auto not_reading = Connected();
  not_reading->Send(QueryMessage("text 1000000"));
  EXPECT_TRUE(not_reading->WaitReadable(5000));
  server_->Stop(milliseconds(20));
  EXPECT_EQ(database_.open_sessions(), 0u);
  for (TestClient* client : {running.get(), copying.get()}) {
    auto last = client->Read();
    ASSERT_TRUE(last.has_value());
    EXPECT_EQ(FieldOf(*last, 'S') + FieldOf(*last, 'C'), "FATAL57P01");
    EXPECT_FALSE(client->Read().has_value());
  }
}

TEST_F(ServerTest, StopWhileClientsComeAndGo) {
  ServerOptions options;
  options.loops = 2;
  Start(options);
  const uint16_t port_number = port();
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      while (!stop) {
        TestClient client(port_number);
        if (client.Connect().empty()) continue;
        if (i % 2 == 0) client.Query("rows 5");
        if (i == 1) client.Send(QueryMessage("work"));
      }
    });
  }
  std::this_thread::sleep_for(milliseconds(200));
  // Clients of this test expect to be let in: they end first.
  stop = true;
  server_->Stop(milliseconds(1000));
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(database_.open_sessions(), 0u);
}

TEST_F(ServerTest, AnAddressInUseIsAnError) {
  Start();
  FakeDatabase database;
  ServerOptions options;
  options.listen = {{"127.0.0.1", port()}};
  auto second = Server::Start(&database, options);
  EXPECT_EQ(second.status().message(),
            fmt::format("could not listen on 127.0.0.1:{}: address already in use", port()));
  options.listen = {{"nowhere", 1}};
  EXPECT_EQ(Server::Start(&database, options).status().sqlstate(),
            sqlstate::kInvalidParameterValue);
}

}  // namespace
}  // namespace shale::wire
