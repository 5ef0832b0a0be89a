// POST /v1/backup: a backup of the running store, below the directory that the operator configured.
#include "admin/handlers.h"
#include "admin/json.h"

namespace shale::admin {

// {"path": "nightly", "link": false}: the engine judges the path.
Task<Reply> HandleBackup(sql::Database* database, const Request& request) {
  ParsedBody body = ParseObject(request, {"path", "link"});
  if (body.refusal) co_return std::move(*body.refusal);
  if (!body.object.contains("path") || !body.object["path"].is_string()) {
    co_return ErrorReply(400, "invalid_request", "\"path\" must be a string");
  }
  if (body.object.contains("link") && !body.object["link"].is_boolean()) {
    co_return ErrorReply(400, "invalid_request", "\"link\" must be true or false");
  }
  engine::BackupOptions options;
  options.name = body.object["path"].get<std::string>();
  options.link = body.object.value("link", false);
  Async<Result<engine::BackupSummary>> backup = database->store().Backup(std::move(options));
  Result<engine::BackupSummary> summary = co_await backup;
  if (!summary.ok()) co_return ErrorReply(summary.status());
  Json document = Json::object();
  document["status"] = "ok";
  document["sequence"] = summary->sequence;
  document["files"] = summary->files;
  document["bytes"] = summary->bytes;
  document["files_copied"] = summary->files_copied;
  document["bytes_copied"] = summary->bytes_copied;
  document["files_linked"] = summary->files_linked;
  document["files_kept"] = summary->files_kept;
  co_return JsonReply(200, document);
}

}  // namespace shale::admin
