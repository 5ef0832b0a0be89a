// POST /v1/flush, /v1/compact and /v1/check: the store's housekeeping, on demand. They answer when
// it is done.
#include <fmt/format.h>

#include "admin/handlers.h"
#include "admin/json.h"
#include "catalog/database_desc.h"

namespace shale::admin {

Task<Reply> HandleFlush(sql::Database* database, const Request& request) {
  ParsedBody body = ParseObject(request, {});
  if (body.refusal) co_return std::move(*body.refusal);
  Async<Status> flush = database->store().Flush();
  Status status = co_await flush;
  if (!status.ok()) co_return ErrorReply(status);
  Json document = Json::object();
  document["status"] = "ok";
  co_return JsonReply(200, document);
}

// {} is the whole store, {"table": "schema.name"} one table, of the database "shale" unless
// {"database": "name"} says otherwise.
Task<Reply> HandleCompact(sql::Database* database, const Request& request) {
  ParsedBody body = ParseObject(request, {"database", "table"});
  if (body.refusal) co_return std::move(*body.refusal);
  for (const auto& [name, value] : body.object.items()) {
    if (value.is_string()) continue;
    co_return ErrorReply(400, "invalid_request", fmt::format("\"{}\" must be a string", name));
  }
  engine::KeyRange range;
  if (body.object.contains("table")) {
    const std::string of =
        body.object.value("database", std::string(catalog::kDefaultDatabaseName));
    auto found = database->TableRange(of, body.object["table"].get_ref<const std::string&>());
    if (!found.ok()) co_return ErrorReply(found.status());
    range = *found;
  }
  uint64_t bytes_before = database->store().ApproximateBytes(range);
  Async<Status> compact = database->store().Compact(range);
  Status status = co_await compact;
  if (!status.ok()) co_return ErrorReply(status);
  Json document = Json::object();
  document["status"] = "ok";
  document["bytes_before"] = bytes_before;
  document["bytes_after"] = database->store().ApproximateBytes(range);
  co_return JsonReply(200, document);
}

Task<Reply> HandleCheck(sql::Database* database, const Request& request) {
  ParsedBody body = ParseObject(request, {});
  if (body.refusal) co_return std::move(*body.refusal);
  Async<Status> check = database->store().Check();
  Status status = co_await check;
  if (!status.ok()) co_return ErrorReply(status);
  Json document = Json::object();
  document["status"] = "ok";
  co_return JsonReply(200, document);
}

}  // namespace shale::admin
