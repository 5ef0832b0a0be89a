// GET /v1/compactions: what is being rewritten; POST /v1/compactions/cancel: ends a requested one.
#include "admin/handlers.h"
#include "admin/json.h"

namespace shale::admin {
namespace {

std::string HexOf(std::string_view bytes) {
  std::string hex;
  for (unsigned char byte : bytes) hex += fmt::format("{:02x}", byte);
  return hex;
}

}  // namespace

Task<Reply> HandleCompactions(sql::Database* database, const Request& request) {
  Json list = Json::array();
  std::vector<engine::CompactionProgress> running = database->store().Compactions();
  for (const engine::CompactionProgress& compaction : running) {
    Json entry = Json::object();
    entry["id"] = compaction.id;
    entry["level"] = compaction.level;
    entry["output_level"] = compaction.output_level;
    entry["tables"] = compaction.tables;
    entry["input_bytes"] = compaction.input_bytes;
    entry["done_bytes"] = compaction.done_bytes;
    entry["smallest_key"] = HexOf(compaction.smallest_key);
    entry["largest_key"] = HexOf(compaction.largest_key);
    entry["started"] = TimeText(compaction.started_us);
    entry["requested"] = compaction.requested;
    list.push_back(std::move(entry));
  }
  Json document = Json::object();
  document["compactions"] = std::move(list);
  co_return JsonReply(200, document);
}

Task<Reply> HandleCancelCompaction(sql::Database* database, const Request& request) {
  ParsedBody body = ParseObject(request, {"id"});
  if (body.refusal) co_return std::move(*body.refusal);
  if (!body.object.contains("id") || !body.object["id"].is_number_unsigned()) {
    co_return ErrorReply(400, "invalid_request", "\"id\" must be the number of a compaction");
  }
  Status status = database->store().CancelCompaction(body.object["id"].get<uint64_t>());
  if (!status.ok()) co_return ErrorReply(status);
  Json document = Json::object();
  document["status"] = "ok";
  co_return JsonReply(200, document);
}

}  // namespace shale::admin
