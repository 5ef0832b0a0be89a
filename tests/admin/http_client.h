// HttpClient: a blocking connection that sends any bytes and reads replies (Boost.Beast parses
// them).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace shale::admin {

struct HttpReply {
  unsigned status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  nlohmann::json json() const { return nlohmann::json::parse(body); }
  // "error.code" of the body; empty where there is none.
  std::string error_code() const;
};

class HttpClient {
 public:
  explicit HttpClient(uint16_t port);
  ~HttpClient();

  // False once the server has closed the connection.
  bool Send(std::string_view bytes);
  // The next reply; nothing where the server closes first, or says nothing for ten seconds. `head`:
  // it answers a HEAD request, so no body follows.
  std::optional<HttpReply> Read(bool head = false);
  // True where the server closes without another byte.
  bool IsClosed();

  // One request with a Host header, and its reply (status 0 where none came).
  HttpReply Ask(std::string_view method, std::string_view path, std::string_view headers = {},
                std::optional<std::string_view> body = std::nullopt);
  HttpReply Get(std::string_view path) { return Ask("GET", path); }
  // As JSON.
  HttpReply Post(std::string_view path, std::string_view body) {
    return Ask("POST", path, "Content-Type: application/json\r\n", body);
  }

 private:
  struct Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace shale::admin
