// GET /v1/stats: every statistic of the store and the database, nested by the dots of their names.
#include "admin/handlers.h"
#include "admin/json.h"

namespace shale::admin {

Task<Reply> HandleStats(sql::Database* database, const Request& request) {
  Json document = Json::object();
  document["engine"] = database->store().name();
  std::vector<engine::Statistic> of_store = database->store().Statistics();
  for (const engine::Statistic& statistic : of_store) AddStatistic(statistic, &document);
  std::vector<engine::Statistic> of_database = database->Statistics();
  for (const engine::Statistic& statistic : of_database) AddStatistic(statistic, &document);

  Json by_state = Json::object();
  std::vector<sql::SessionInfo> sessions = database->Sessions();
  for (const sql::SessionInfo& session : sessions) {
    Json& count = by_state[session.state];
    count = count.is_null() ? 1 : count.get<int>() + 1;
  }
  document["sessions"]["by_state"] = std::move(by_state);
  co_return JsonReply(200, document);
}

}  // namespace shale::admin
