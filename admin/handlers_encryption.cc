// POST /v1/encryption/rotate: a new store key for encryption at rest. Answers when new files use
// it.
#include "admin/handlers.h"
#include "admin/json.h"

namespace shale::admin {

Task<Reply> HandleRotateEncryptionKey(sql::Database* database, const Request& request) {
  ParsedBody body = ParseObject(request, {});
  if (body.refusal) co_return std::move(*body.refusal);
  Async<Status> rotate = database->store().RotateEncryptionKey();
  Status status = co_await rotate;
  if (!status.ok()) co_return ErrorReply(status);
  Json document = Json::object();
  document["status"] = "ok";
  co_return JsonReply(200, document);
}

}  // namespace shale::admin
