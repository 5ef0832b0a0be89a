#include "admin/routes.h"

#include <string>
#include <utility>

#include "admin/handlers.h"

namespace shale::admin {
namespace {

constexpr Route kRoutes[] = {
    {"GET", "/v1/health", HandleHealth, BodyRule::kNone, true},
    {"GET", "/v1/stats", HandleStats, BodyRule::kNone, false},
    {"GET", "/v1/sessions", HandleSessions, BodyRule::kNone, false},
    {"POST", "/v1/flush", HandleFlush, BodyRule::kOptional, false},
    {"POST", "/v1/compact", HandleCompact, BodyRule::kRequired, false},
    {"GET", "/v1/compactions", HandleCompactions, BodyRule::kNone, false},
    {"POST", "/v1/compactions/cancel", HandleCancelCompaction, BodyRule::kRequired, false},
    {"POST", "/v1/encryption/rotate", HandleRotateEncryptionKey, BodyRule::kOptional, false},
    {"POST", "/v1/check", HandleCheck, BodyRule::kOptional, false},
    {"POST", "/v1/backup", HandleBackup, BodyRule::kRequired, false},
};

// "application/json", with parameters or without.
bool IsJson(std::string_view content_type) {
  std::string type;
  for (char c : content_type.substr(0, content_type.find(';'))) {
    if (c == ' ' || c == '\t') continue;
    type += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  }
  return type == "application/json";
}

std::optional<Reply> CheckBody(const Route& route, const Request& request) {
  if (route.body == BodyRule::kNone) return std::nullopt;
  if (route.body == BodyRule::kRequired && !request.has_length) {
    return ErrorReply(411, "length_required", "this request needs a JSON body, {} at least");
  }
  if (request.has_body && !IsJson(request.content_type.value_or(""))) {
    return ErrorReply(415, "unsupported_media_type", "the body must be application/json");
  }
  return std::nullopt;
}

}  // namespace

std::span<const Route> Routes() { return kRoutes; }

RouteMatch FindRoute(const Guard& guard, Request* request) {
  if (auto refusal = guard.CheckHost(*request)) return {nullptr, std::move(refusal)};
  const Route* found = nullptr;
  std::string allow;
  for (const Route& route : kRoutes) {
    if (route.path != request->path) continue;
    bool is_get = route.method == "GET";
    if (route.method == request->method || (is_get && request->is_read())) found = &route;
    if (!allow.empty()) allow += ", ";
    allow += is_get ? "GET, HEAD" : std::string(route.method);
  }
  if (allow.empty()) {
    return {nullptr,
            ErrorReply(404, "not_found", fmt::format("there is no resource {}", request->path))};
  }
  if (found == nullptr) {
    Reply reply =
        ErrorReply(405, "method_not_allowed",
                   fmt::format("{} answers to {}, not {}", request->path, allow, request->method));
    reply.allow = allow;
    return {nullptr, std::move(reply)};
  }
  request->is_trusted = guard.IsTrusted(*request);
  if (!found->is_public) {
    if (auto refusal = guard.CheckToken(*request)) return {nullptr, std::move(refusal)};
  }
  if (auto refusal = guard.CheckOrigin(*request)) return {nullptr, std::move(refusal)};
  if (auto refusal = CheckBody(*found, *request)) return {nullptr, std::move(refusal)};
  return {found->handler, std::nullopt};
}

}  // namespace shale::admin
