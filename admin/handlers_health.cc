// GET /v1/health: may this server be sent work? Liveness checks have no token, so strangers get the
// yes or no of it and not the reason.
#include "admin/handlers.h"
#include "admin/json.h"

namespace shale::admin {

Task<Reply> HandleHealth(sql::Database* database, const Request& request) {
  Status health = database->store().Health();
  Json document = Json::object();
  document["status"] = health.ok() ? "ok" : "unavailable";
  if (request.is_trusted) {
    document["engine"] = database->store().name();
    if (!health.ok()) {
      document["reason"] = health.message();
      document["sqlstate"] = health.sqlstate().code;
      if (!health.error().detail.empty()) document["detail"] = health.error().detail;
    }
  }
  co_return JsonReply(health.ok() ? 200 : 503, document);
}

}  // namespace shale::admin
