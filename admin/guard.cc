#include "admin/guard.h"

#include <algorithm>
#include <utility>

namespace shale::admin {
namespace {

constexpr std::string_view kBearer = "bearer ";

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
  }
  return lower;
}

bool IsDigits(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsDottedQuad(std::string_view host) {
  int dots = 0;
  for (char c : host) {
    if (c == '.') {
      ++dots;
    } else if (c < '0' || c > '9') {
      return false;
    }
  }
  return dots == 3;
}

// Takes the same time wherever the first difference is.
bool SecretsEqual(std::string_view given, std::string_view secret) {
  unsigned char difference = given.size() == secret.size() ? 0 : 1;
  for (size_t i = 0; i < given.size(); ++i) {
    difference |= static_cast<unsigned char>(given[i] ^ secret[i % secret.size()]);
  }
  return difference == 0;
}

}  // namespace

std::string HostName(std::string_view host_and_port) {
  std::string_view name = host_and_port;
  std::string_view rest;
  if (name.starts_with('[')) {
    size_t end = name.find(']');
    if (end == name.npos) return "";
    rest = name.substr(end + 1);
    name = name.substr(1, end - 1);
  } else if (size_t colon = name.find(':'); colon != name.npos) {
    rest = name.substr(colon);
    name = name.substr(0, colon);
  }
  if (!rest.empty() && (rest[0] != ':' || !IsDigits(rest.substr(1)))) return "";
  return Lower(name);
}

bool IsLoopbackHost(std::string_view host) {
  return host == "localhost" || host == "::1" || (host.starts_with("127.") && IsDottedQuad(host));
}

Guard::Guard(const AdminOptions& options)
    : token_(options.token), is_loopback_(IsLoopbackHost(Lower(options.host))) {
  hosts_.push_back(Lower(options.host));
  for (const std::string& host : options.allowed_hosts) hosts_.push_back(Lower(host));
}

std::optional<Reply> Guard::CheckHost(const Request& request) const {
  if (!request.host) return ErrorReply(400, "host_missing", "the request has no Host header");
  std::string name = HostName(*request.host);
  if (IsLoopbackHost(name) || std::find(hosts_.begin(), hosts_.end(), name) != hosts_.end()) {
    if (!name.empty()) return std::nullopt;
  }
  return ErrorReply(403, "host_not_allowed",
                    "this server does not answer to the name in the Host header; "
                    "the option --admin-hosts adds names");
}

bool Guard::IsTrusted(const Request& request) const {
  if (token_.empty()) return is_loopback_;
  if (!request.authorization) return false;
  std::string_view value = *request.authorization;
  if (Lower(value.substr(0, kBearer.size())) != kBearer) return false;
  return SecretsEqual(value.substr(kBearer.size()), token_);
}

std::optional<Reply> Guard::CheckToken(const Request& request) const {
  if (IsTrusted(request)) return std::nullopt;
  if (token_.empty()) {
    return ErrorReply(403, "token_not_set",
                      "an address that is not loopback answers only where a token is set: "
                      "SHALE_ADMIN_TOKEN");
  }
  Reply reply = ErrorReply(401, "unauthorized",
                           "this request needs the header \"Authorization: Bearer\" and the token");
  reply.asks_for_token = true;
  return reply;
}

std::optional<Reply> Guard::CheckOrigin(const Request& request) const {
  if (request.is_read() || !request.origin) return std::nullopt;
  std::string_view origin = *request.origin;
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!origin.starts_with(scheme)) continue;
    // The browser writes both from one address, so the port counts too.
    if (Lower(origin.substr(scheme.size())) == Lower(request.host.value_or(""))) {
      return std::nullopt;
    }
  }
  return ErrorReply(403, "origin_not_allowed", "changes are not taken from pages of other origins");
}

}  // namespace shale::admin
