// Request and Reply: what handlers see of HTTP. Connections translate; nothing here knows a socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale::admin {

struct Request {
  std::string method;  // upper case as sent; HEAD is handled as GET whose body is not sent
  std::string path;    // of the target, without the query
  // Header values, absent where the header is.
  std::optional<std::string> host;
  std::optional<std::string> origin;
  std::optional<std::string> authorization;
  std::optional<std::string> content_type;
  bool has_length = false;  // Content-Length or chunked: a body is announced, an empty one perhaps
  bool has_body = false;    // one with bytes in it is announced
  bool is_trusted = false;  // the token was given, or none is asked for here
  std::string body;

  bool is_read() const { return method == "GET" || method == "HEAD"; }
};

struct Reply {
  unsigned status = 200;
  std::string body;   // JSON, UTF-8
  std::string allow;  // the Allow header of a 405
  bool asks_for_token = false;
};

// {"error":{"code":code,"message":message,"sqlstate":null}}; codes are words for programs.
Reply ErrorReply(unsigned status, std::string_view code, std::string_view message);

// The error of a store or database, with its SQLSTATE, detail and hint where it has them. The HTTP
// status says whose fault it is: 404 no such object, 400 the request, 409 the state, 501 not
// supported, 503 the store, to be tried again later, 500 all else.
Reply ErrorReply(const Status& status);

// The HTTP status alone.
unsigned HttpStatusOf(SqlState sqlstate);

}  // namespace shale::admin
