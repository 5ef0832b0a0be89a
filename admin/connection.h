// Connection: one HTTP/1.1 connection of the admin API: reads a request within limits of size and
// time, has it checked and handled, writes the reply, and again while the client keeps it alive.
//
// Lives on the HTTP thread only; owned by its pending operation.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "admin/guard.h"
#include "admin/message.h"
#include "admin/routes.h"
#include "admin/server.h"
#include "engine/base/executor.h"
#include "engine/base/task.h"

namespace shale::admin {

class Connection;

// What connections share with their server.
struct ConnectionContext {
  sql::Database* database;
  const Guard* guard;
  Executor* executor;  // of the HTTP thread
  AdminLimits limits;
  std::set<Connection*> connections;
  bool stopping = false;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, ConnectionContext* context);
  ~Connection();

  void Start() { ReadHeader(); }
  // Closes unless a request is being handled or answered; then after its reply.
  void Drain();

 private:
  using ErrorCode = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  using Response = boost::beast::http::response<boost::beast::http::string_body>;

  void ReadHeader();
  void OnHeader(ErrorCode error);
  void TakeHeader();
  void SendContinue();
  void ReadBody();
  void OnBody(ErrorCode error);
  // Answers what the parser refused, or closes where the client went away.
  void Refuse(ErrorCode error);
  static DetachedTask Handle(std::shared_ptr<Connection> self);
  void Write(Reply reply);
  void OnWritten(ErrorCode error);
  void Linger();
  void Close();

  ConnectionContext* const context_;
  boost::beast::tcp_stream stream_;
  boost::beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  Request request_;
  Handler handler_ = nullptr;
  Response response_;
  bool is_reading_ = true;  // waiting for the client
  uint64_t lingered_bytes_ = 0;
};

}  // namespace shale::admin
