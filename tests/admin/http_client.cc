#include "tests/admin/http_client.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <utility>

namespace shale::admin {

namespace asio = boost::asio;
namespace http = boost::beast::http;

struct HttpClient::Connection {
  asio::io_context context;
  asio::ip::tcp::socket socket{context};
  boost::beast::flat_buffer buffer;
};

std::string HttpReply::error_code() const {
  auto document = nlohmann::json::parse(body, nullptr, false);
  if (!document.is_object() || !document.contains("error")) return "";
  return document["error"].value("code", "");
}

HttpClient::HttpClient(uint16_t port) : connection_(std::make_unique<Connection>()) {
  connection_->socket.connect({asio::ip::make_address("127.0.0.1"), port});
  connection_->socket.set_option(asio::ip::tcp::no_delay(true));
  timeval timeout{10, 0};
  setsockopt(connection_->socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &timeout,
             sizeof(timeout));
}

HttpClient::~HttpClient() = default;

bool HttpClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent =
        send(connection_->socket.native_handle(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

std::optional<HttpReply> HttpClient::Read(bool head) {
  http::response_parser<http::string_body> parser;
  parser.skip(head);
  boost::system::error_code error;
  http::read(connection_->socket, connection_->buffer, parser, error);
  if (error) return std::nullopt;
  HttpReply reply;
  reply.status = parser.get().result_int();
  for (const auto& field : parser.get()) {
    std::string name(field.name_string());
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    reply.headers[name] = std::string(field.value());
  }
  reply.body = std::move(parser.get().body());
  return reply;
}

bool HttpClient::IsClosed() {
  char byte;
  ssize_t count = recv(connection_->socket.native_handle(), &byte, 1, 0);
  return count == 0 || (count < 0 && errno == ECONNRESET);
}

HttpReply HttpClient::Ask(std::string_view method, std::string_view path, std::string_view headers,
                          std::optional<std::string_view> body) {
  std::string request =
      fmt::format("{} {} HTTP/1.1\r\nHost: localhost\r\n{}", method, path, headers);
  if (body) request += fmt::format("Content-Length: {}\r\n", body->size());
  request += "\r\n";
  if (body) request += *body;
  Send(request);
  return Read(method == "HEAD").value_or(HttpReply());
}

}  // namespace shale::admin
