// GET /v1/sessions: who is connected and what each is doing.
#include "admin/handlers.h"
#include "admin/json.h"

namespace shale::admin {
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
