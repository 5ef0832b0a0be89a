// GET /v1/sessions: who is connected and what each is doing.
#include <fmt/chrono.h>

#include <chrono>

#include "admin/handlers.h"
#include "admin/json.h"

namespace shale::admin {
namespace {

// RFC 3339 in UTC, to the microsecond.
std::string TimeText(int64_t unix_us) {
  int64_t seconds = unix_us / 1'000'000;
  int64_t micros = unix_us % 1'000'000;
  if (micros < 0) {
    micros += 1'000'000;
    --seconds;
  }
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:06}Z", fmt::gmtime(static_cast<time_t>(seconds)),
                     micros);
}

}  // namespace

Task<Reply> HandleSessions(sql::Database* database, const Request& request) {
  Json list = Json::array();
  std::vector<sql::SessionInfo> sessions = database->Sessions();
  for (const sql::SessionInfo& session : sessions) {
    Json entry = Json::object();
    entry["pid"] = session.pid;
    entry["user"] = session.user;
    entry["database"] = session.database;
    entry["application_name"] = session.application_name;
    entry["client_address"] = session.client_address;
    entry["state"] = session.state;
    entry["started"] = TimeText(session.started_us);
    entry["query"] = session.query;
    list.push_back(std::move(entry));
  }
  Json document = Json::object();
  document["sessions"] = std::move(list);
  co_return JsonReply(200, document);
}

}  // namespace shale::admin
