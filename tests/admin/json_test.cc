// Goal: statistics nest without losing one, bodies are read or refused with their place, errors
// carry what programs and people need. Method: the functions by themselves.
#include "admin/json.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "admin/routes.h"

namespace shale::admin {
namespace {

std::string Nested(const std::vector<engine::Statistic>& statistics) {
  Json object = Json::object();
  for (const engine::Statistic& statistic : statistics) AddStatistic(statistic, &object);
  return object.dump();
}

TEST(Statistics, NestByTheirDots) {
  EXPECT_EQ(Nested({{"a.b.c", 1}, {"a.b.d", 2}, {"a.e", 3}, {"f", 4}}),
            R"({"a":{"b":{"c":1,"d":2},"e":3},"f":4})");
}

TEST(Statistics, DoNotHideEachOther) {
  EXPECT_EQ(Nested({{"a", 1}, {"a.b", 2}}), R"({"a":1,"a.b":2})");
  EXPECT_EQ(Nested({{"a.b", 2}, {"a", 1}}), R"({"a":{"b":2,"":1}})");
  EXPECT_EQ(Nested({{"x.a", 1}, {"x.a.b.c", 2}}), R"({"x":{"a":1,"a.b.c":2}})");
}

TEST(Statistics, WholeNumbersHaveNoFraction) {
  EXPECT_EQ(Nested({{"a", 3e9}, {"b", 0.5}, {"c", -1}}), R"({"a":3000000000,"b":0.5,"c":-1})");
  EXPECT_EQ(Nested({{"a", std::numeric_limits<double>::infinity()},
                    {"b", std::numeric_limits<double>::quiet_NaN()}}),
            R"({"a":null,"b":null})");
}

Request WithBody(std::string body) {
  Request request;
  request.body = std::move(body);
  return request;
}

TEST(Body, IsAnObjectOfKnownMembers) {
  EXPECT_FALSE(ParseObject(WithBody(""), {}).refusal);
  EXPECT_FALSE(ParseObject(WithBody(" {} "), {}).refusal);
  EXPECT_EQ(ParseObject(WithBody(R"({"table":"t"})"), {"table"}).object["table"], "t");
  for (const char* body : {"[]", "1", "\"x\"", "null", R"({"other":1})"}) {
    ParsedBody parsed = ParseObject(WithBody(body), {"table"});
    ASSERT_TRUE(parsed.refusal) << body;
    EXPECT_EQ(parsed.refusal->status, 400) << body;
  }
}

TEST(Body, BadJsonIsRefusedWithItsOffset) {
  struct Case {
    const char* body;
    int offset;
  };
  for (const Case& c : {Case{"{\"a\":}", 5}, Case{"x", 0}, Case{"{} {}", 3}, Case{"{\"a\":1", 6}}) {
    ParsedBody parsed = ParseObject(WithBody(c.body), {"a"});
    ASSERT_TRUE(parsed.refusal) << c.body;
    EXPECT_EQ(parsed.refusal->status, 400);
    Json error = Json::parse(parsed.refusal->body)["error"];
    EXPECT_EQ(error["code"], "invalid_json");
    EXPECT_EQ(error["offset"], c.offset) << c.body;
  }
}

TEST(Body, HostileOnesAreRefusedOnly) {
  for (const std::string& body :
       {std::string(60'000, '['), std::string("{\"a\":1e999}"), std::string("\xff\xfe{}"),
        std::string("{\"\xff\":1}"), std::string("{\"a\":\"\0\"}", 9),
        std::string("{\"a\":\"\\ud800\"}")}) {
    ParsedBody parsed = ParseObject(WithBody(body), {"b"});
    ASSERT_TRUE(parsed.refusal);
    EXPECT_EQ(parsed.refusal->status, 400);
    EXPECT_TRUE(Json::accept(parsed.refusal->body));
  }
}

TEST(Replies, BytesThatAreNotUtf8ComeOutReplaced) {
  Reply reply = ErrorReply(400, "x", "bad \xff byte");
  EXPECT_TRUE(Json::accept(reply.body)) << reply.body;
}

TEST(Errors, CarrySqlStateAndHint) {
  Reply reply = ErrorReply(Error(sqlstate::kDiskFull, "no space left").Hint("Make some."));
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(
      reply.body,
      "{\"error\":{\"code\":\"unavailable\",\"message\":\"no space left\",\"sqlstate\":\"53100\","
      "\"hint\":\"Make some.\"}}\n");
}

TEST(Errors, HttpStatusSaysWhoseFaultItIs) {
  EXPECT_EQ(HttpStatusOf(sqlstate::kUndefinedTable), 404);
  EXPECT_EQ(HttpStatusOf(sqlstate::kInvalidParameterValue), 400);
  EXPECT_EQ(HttpStatusOf(sqlstate::kFeatureNotSupported), 501);
  EXPECT_EQ(HttpStatusOf(sqlstate::kObjectInUse), 409);
  EXPECT_EQ(HttpStatusOf(sqlstate::kIoError), 503);
  EXPECT_EQ(HttpStatusOf(sqlstate::kAdminShutdown), 503);
  EXPECT_EQ(HttpStatusOf(sqlstate::kDataCorrupted), 500);
  EXPECT_EQ(HttpStatusOf(sqlstate::kInternalError), 500);
}

TEST(RouteTable, HasEachRouteOnceAndOnlyHealthInPublic) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const Route& route : Routes()) {
    EXPECT_TRUE(seen.insert({route.method, route.path}).second) << route.path;
    EXPECT_TRUE(route.path.starts_with("/v1/")) << route.path;
    EXPECT_TRUE(route.method == "GET" || route.method == "POST") << route.path;
    EXPECT_EQ(route.is_public, route.path == "/v1/health") << route.path;
    EXPECT_EQ(route.body == BodyRule::kNone, route.method == "GET") << route.path;
  }
}

}  // namespace
}  // namespace shale::admin
