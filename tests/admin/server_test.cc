// Goal: each resource answers as the README says. Method: a client on a socket, a fake database.
#include <gtest/gtest.h>

#include "tests/admin/server_fixture.h"

namespace shale::admin {
namespace {

TEST_F(AdminServerTest, HealthIsOk) {
  HttpReply reply = HttpClient(port()).Get("/v1/health");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{\"status\":\"ok\",\"engine\":\"fake\"}\n");
  EXPECT_EQ(reply.headers["content-type"], "application/json");
  EXPECT_EQ(reply.headers["cache-control"], "no-store");
  EXPECT_EQ(reply.headers["x-content-type-options"], "nosniff");
  EXPECT_FALSE(reply.headers.contains("access-control-allow-origin"));
}

TEST_F(AdminServerTest, HealthSaysWhyWritesAreRefused) {
  store().SetHealth(Error(sqlstate::kDiskFull, "no space left on the data directory"));
  HttpReply reply = HttpClient(port()).Get("/v1/health");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.json()["status"], "unavailable");
  EXPECT_EQ(reply.json()["reason"], "no space left on the data directory");
  EXPECT_EQ(reply.json()["sqlstate"], "53100");
  store().SetHealth(Status::Ok());
  EXPECT_EQ(HttpClient(port()).Get("/v1/health").status, 200);
}

TEST_F(AdminServerTest, StatsNestStoreAndDatabase) {
  sql::SessionInfo session;
  session.state = "idle";
  database_.AddSession(session);
  database_.AddSession(session);
  HttpReply reply = HttpClient(port()).Get("/v1/stats?pretty=1");
  EXPECT_EQ(reply.status, 200);
  auto stats = reply.json();
  EXPECT_EQ(stats["engine"], "fake");
  EXPECT_EQ(stats["lsm"]["level0"]["bytes"], 12345);
  EXPECT_EQ(stats["wal"]["sync_us_p50"], 12.5);
  EXPECT_EQ(stats["transactions"]["committed"], 41);
  EXPECT_EQ(stats["sessions"]["open"], 2);
  EXPECT_EQ(stats["sessions"]["by_state"]["idle"], 2);
}

TEST_F(AdminServerTest, SessionsAreListed) {
  sql::SessionInfo session;
  session.pid = 17;
  session.user = "shale";
  session.database = "postgres";
  session.application_name = "psql";
  session.state = "active";
  session.query = "SELECT '\xff\"'";
  session.started_us = 1'700'000'000'000'123;
  database_.AddSession(session);
  auto list = HttpClient(port()).Get("/v1/sessions").json()["sessions"];
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0]["pid"], 17);
  EXPECT_EQ(list[0]["application_name"], "psql");
  EXPECT_EQ(list[0]["started"], "2023-11-14T22:13:20.000123Z");
  EXPECT_EQ(list[0]["query"], "SELECT '\xef\xbf\xbd\"'");
}

TEST_F(AdminServerTest, FlushAnswersWhenItIsDone) {
  HttpReply reply = HttpClient(port()).Ask("POST", "/v1/flush");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{\"status\":\"ok\"}\n");
  EXPECT_EQ(HttpClient(port()).Post("/v1/flush", "{}").status, 200);
  EXPECT_EQ(HttpClient(port()).Ask("POST", "/v1/flush", "", "").status, 200);
  EXPECT_EQ(store().flushes_started(), 3);
}

TEST_F(AdminServerTest, AFailedFlushSaysWhy) {
  store().SetOutcome(Error(sqlstate::kIoError, "could not sync the log"));
  HttpReply reply = HttpClient(port()).Ask("POST", "/v1/flush");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.json()["error"]["sqlstate"], "58030");
  EXPECT_EQ(reply.json()["error"]["message"], "could not sync the log");
}

TEST_F(AdminServerTest, CheckSaysWhatIsDamaged) {
  HttpClient client(port());
  HttpReply sound = client.Ask("POST", "/v1/check");
  EXPECT_EQ(sound.status, 200);
  EXPECT_EQ(sound.body, "{\"status\":\"ok\"}\n");
  store().SetOutcome(Error(sqlstate::kDataCorrupted, "damaged table file \"t\": x at offset 7"));
  HttpReply damaged = client.Post("/v1/check", "{}");
  EXPECT_EQ(damaged.status, 500);
  EXPECT_EQ(damaged.json()["error"]["sqlstate"], "XX001");
  EXPECT_EQ(damaged.json()["error"]["message"], "damaged table file \"t\": x at offset 7");
  EXPECT_EQ(client.Post("/v1/check", R"({"what":1})").status, 400);
}

TEST_F(AdminServerTest, BackupSaysWhatItDid) {
  HttpClient client(port());
  HttpReply reply = client.Post("/v1/backup", R"({"path":"nightly"})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.json()["sequence"], 9);
  EXPECT_EQ(reply.json()["files"], 3);
  EXPECT_EQ(reply.json()["bytes_copied"], 100);
  EXPECT_EQ(reply.json()["files_kept"], 2);
  EXPECT_EQ(client.Post("/v1/backup", R"({"path":"clone","link":true})").status, 200);
  auto backups = store().backups();
  ASSERT_EQ(backups.size(), 2u);
  EXPECT_EQ(backups[0].name, "nightly");
  EXPECT_FALSE(backups[0].link);
  EXPECT_TRUE(backups[1].link);
  for (const char* body : {"{}", R"({"path":1})", R"({"path":"x","link":1})", R"({"paht":"x"})"}) {
    EXPECT_EQ(client.Post("/v1/backup", body).status, 400) << body;
  }
  EXPECT_EQ(store().backups().size(), 2u);
  store().SetOutcome(Error(sqlstate::kFeatureNotSupported, "backups are not configured"));
  EXPECT_EQ(client.Post("/v1/backup", R"({"path":"x"})").status, 501);
}

TEST_F(AdminServerTest, CompactTakesTheStoreOrATable) {
  HttpClient client(port());
  EXPECT_EQ(client.Post("/v1/compact", "{}").status, 200);
  EXPECT_EQ(client.Post("/v1/compact", R"({"table":"public.orders"})").status, 200);
  auto ranges = store().compacted();
  ASSERT_EQ(ranges.size(), 2u);
  EXPECT_EQ(ranges[0].begin + ranges[0].end, "");
  EXPECT_EQ(ranges[1].begin, "o");
  EXPECT_EQ(ranges[1].end, "p");
}

TEST_F(AdminServerTest, CompactionsAreListedAndCancelled) {
  HttpClient client(port());
  auto list = client.Get("/v1/compactions").json()["compactions"];
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0]["id"], 7);
  EXPECT_EQ(list[0]["output_level"], 6);
  EXPECT_EQ(list[0]["done_bytes"], 250);
  EXPECT_EQ(list[0]["smallest_key"], "6100ff");
  EXPECT_EQ(list[0]["started"], "2023-11-14T22:13:20.000000Z");
  EXPECT_EQ(list[0]["requested"], true);
  EXPECT_EQ(client.Post("/v1/compactions/cancel", R"({"id":7})").status, 200);
  HttpReply own = client.Post("/v1/compactions/cancel", R"({"id":8})");
  EXPECT_EQ(own.status, 409);
  EXPECT_EQ(own.json()["error"]["sqlstate"], "55000");
  EXPECT_EQ(client.Post("/v1/compactions/cancel", R"({"id":9})").status, 404);
  EXPECT_EQ(client.Post("/v1/compactions/cancel", R"({"id":"7"})").status, 400);
  EXPECT_EQ(client.Post("/v1/compactions/cancel", "{}").status, 400);
}

TEST_F(AdminServerTest, CompactRefusesWhatItCannotRead) {
  HttpClient client(port());
  HttpReply unknown = client.Post("/v1/compact", R"({"table":"nowhere"})");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.json()["error"]["sqlstate"], "42P01");
  EXPECT_EQ(unknown.json()["error"]["message"], "relation \"nowhere\" does not exist");
  EXPECT_EQ(client.Post("/v1/compact", R"({"table":1})").status, 400);
  EXPECT_EQ(client.Post("/v1/compact", R"({"tabel":"x"})").status, 400);
  HttpReply broken = client.Post("/v1/compact", "{\"table\":");
  EXPECT_EQ(broken.status, 400);
  EXPECT_EQ(broken.json()["error"]["offset"], 9);
  EXPECT_TRUE(store().compacted().empty());
}

TEST_F(AdminServerTest, HeadIsGetWithoutItsBody) {
  HttpClient client(port());
  HttpReply head = client.Ask("HEAD", "/v1/health");
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.body.empty());
  HttpReply get = client.Get("/v1/health");
  EXPECT_EQ(head.headers["content-length"], std::to_string(get.body.size()));
  EXPECT_EQ(client.Ask("HEAD", "/nowhere").status, 404);
}

TEST_F(AdminServerTest, UnknownPathsAndMethodsAreNamed) {
  HttpClient client(port());
  EXPECT_EQ(client.Get("/").status, 404);
  EXPECT_EQ(client.Get("/v1/health/").error_code(), "not_found");
  EXPECT_EQ(client.Get("/v1/../v1/health").status, 404);
  HttpReply reply = client.Get("/v1/flush");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.headers["allow"], "POST");
  reply = client.Post("/v1/stats", "{}");
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(reply.headers["allow"], "GET, HEAD");
  // A refused request's body was not read, so that was this connection's last reply.
  EXPECT_EQ(reply.headers["connection"], "close");
  EXPECT_EQ(HttpClient(port()).Ask("OPTIONS", "/v1/flush").status, 405);
}

TEST_F(AdminServerTest, BodiesAreJsonAndHaveALength) {
  EXPECT_EQ(HttpClient(port()).Ask("POST", "/v1/compact").status, 411);
  EXPECT_EQ(HttpClient(port()).Ask("POST", "/v1/compact", "", "{}").status, 415);
  EXPECT_EQ(
      HttpClient(port()).Ask("POST", "/v1/compact", "Content-Type: text/plain\r\n", "{}").status,
      415);
  EXPECT_EQ(
      HttpClient(port())
          .Ask("POST", "/v1/compact", "Content-Type: Application/JSON ; charset=utf-8\r\n", "{}")
          .status,
      200);
}

TEST_F(AdminServerTest, ConnectionsAreKeptAndPipelined) {
  HttpClient client(port());
  for (int i = 0; i < 100; ++i) ASSERT_EQ(client.Get("/v1/health").status, 200);
  std::string both = "GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n";
  both += "GET /v1/nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  client.Send(both);
  EXPECT_EQ(client.Read()->status, 200);
  EXPECT_EQ(client.Read()->status, 404);
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(AdminServerTest, OldClientsGetOneReply) {
  HttpClient client(port());
  client.Send("GET /v1/health HTTP/1.0\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 200);
  EXPECT_TRUE(client.IsClosed());
}

TEST_F(AdminServerTest, ChunkedBodiesAndExpectContinueWork) {
  HttpClient client(port());
  client.Send(
      "POST /v1/compact HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 100);
  client.Send("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 200);
}

TEST_F(AdminServerTest, TheTokenIsAskedForButOfHealth) {
  options_.token = "open sesame";
  StartServer();
  HttpClient client(port());
  HttpReply refused = client.Get("/v1/stats");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.headers["www-authenticate"], "Bearer");
  EXPECT_EQ(client.Ask("GET", "/v1/stats", "Authorization: Bearer open sesame\r\n").status, 200);
  EXPECT_EQ(client.Ask("POST", "/v1/flush").status, 401);

  store().SetHealth(Error(sqlstate::kDiskFull, "no space left"));
  HttpReply health = client.Get("/v1/health");
  EXPECT_EQ(health.status, 503);
  EXPECT_EQ(health.body, "{\"status\":\"unavailable\"}\n") << "strangers are not told why";
  health = client.Ask("GET", "/v1/health", "Authorization: Bearer open sesame\r\n");
  EXPECT_EQ(health.json()["reason"], "no space left");
}

TEST_F(AdminServerTest, AnOpenAddressAnswersHealthAlone) {
  options_.host = "0.0.0.0";
  StartServer();
  HttpClient client(port());
  EXPECT_EQ(client.Get("/v1/health").status, 200);
  EXPECT_EQ(client.Get("/v1/stats").error_code(), "token_not_set");
  EXPECT_EQ(client.Ask("POST", "/v1/flush").status, 403);
  EXPECT_EQ(store().flushes_started(), 0);
}

TEST_F(AdminServerTest, PagesOfOtherOriginsChangeNothing) {
  HttpClient client(port());
  EXPECT_EQ(client.Ask("POST", "/v1/flush", "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(store().flushes_started(), 0);
  EXPECT_EQ(client.Ask("POST", "/v1/flush", "Origin: http://localhost\r\n").status, 200);
}

TEST_F(AdminServerTest, TakenAndStrangeAddressesAreNamed) {
  AdminOptions second = options_;
  second.port = port();
  auto taken = AdminServer::Start(&database_, second);
  ASSERT_FALSE(taken.ok());
  EXPECT_TRUE(taken.status().Is(sqlstate::kIoError));
  EXPECT_NE(taken.status().message().find(std::to_string(port())), std::string::npos);
  second.host = "no such host";
  EXPECT_FALSE(AdminServer::Start(&database_, second).ok());
}

}  // namespace
}  // namespace shale::admin
