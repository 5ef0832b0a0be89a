// Guard: who may ask. Against strangers on the network: the token. Against web pages in the browser
// of somebody who may: the Host allow-list (a rebound DNS name does not pass), the Origin of
// writes, and no CORS header ever.
//
// Immutable, so thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/message.h"
#include "admin/server.h"

namespace shale::admin {

class Guard {
 public:
  explicit Guard(const AdminOptions& options);

  // Sets is_trusted, or gives the refusal: 400 no Host, 403 a Host not allowed.
  std::optional<Reply> CheckHost(const Request& request) const;
  // 401 without the right token; 403 where the address is open to the network and no token is set.
  std::optional<Reply> CheckToken(const Request& request) const;
  // The token was given, or this server asks for none.
  bool IsTrusted(const Request& request) const;
  // 403 for a write that a page of another origin makes.
  std::optional<Reply> CheckOrigin(const Request& request) const;

 private:
  const std::string token_;
  const bool is_loopback_;
  std::vector<std::string> hosts_;  // lower case, without port
};

// The name in "name", "name:port", "[address]:port", in lower case; empty where it is none of
// these.
std::string HostName(std::string_view host_and_port);

// "localhost", 127.0.0.0/8 and ::1.
bool IsLoopbackHost(std::string_view host);

}  // namespace shale::admin
