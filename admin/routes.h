// Routes: the table of resources, and what is checked of every request before its handler runs.
//
// To add a route: a handler in handlers_RESOURCE.cc, its declaration in handlers.h, a line in
// routes.cc.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "admin/guard.h"
#include "admin/message.h"
#include "engine/base/task.h"
#include "sql/session/database.h"

namespace shale::admin {

// Runs on the HTTP thread and must not block it: what waits for the store awaits it. The request
// and the database outlive the task.
using Handler = Task<Reply> (*)(sql::Database* database, const Request& request);

enum class BodyRule : uint8_t {
  kNone,      // one that is sent all the same is ignored
  kOptional,  // JSON where there is one
  kRequired,  // 411 without
};

struct Route {
  std::string_view method;  // "GET" answers HEAD too
  std::string_view path;
  Handler handler;
  BodyRule body;
  bool is_public;  // answers without the token
};

std::span<const Route> Routes();

struct RouteMatch {
  Handler handler = nullptr;
  std::optional<Reply> refusal;
};

// Judges the header alone, before the body is read. In this order: Host (400, 403), path (404),
// method (405), token (401, 403), Origin (403), body (411, 415). A stranger learns of paths no more
// than the README tells. Sets request->is_trusted.
RouteMatch FindRoute(const Guard& guard, Request* request);

}  // namespace shale::admin
