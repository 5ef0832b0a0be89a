#include "admin/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/version.hpp>
#include <string_view>
#include <utility>

#include "engine/base/log.h"

namespace shale::admin {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

// Above what one request may have, so that the parser's own limits are the ones met.
constexpr size_t kBufferSlack = 8 << 10;

std::string_view View(beast::string_view text) { return {text.data(), text.size()}; }

template <typename Fields>
std::optional<std::string> HeaderOf(const Fields& fields, http::field name) {
  auto found = fields.find(name);
  if (found == fields.end()) return std::nullopt;
  return std::string(View(found->value()));
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, ConnectionContext* context)
    : context_(context),
      stream_(std::move(socket)),
      buffer_(context->limits.header_bytes_max + context->limits.body_bytes_max + kBufferSlack) {
  context_->connections.insert(this);
}

Connection::~Connection() { context_->connections.erase(this); }

void Connection::Drain() {
  if (is_reading_) Close();
}

void Connection::ReadHeader() {
  is_reading_ = true;
  request_ = Request();
  parser_.emplace();
  parser_->header_limit(context_->limits.header_bytes_max);
  parser_->body_limit(context_->limits.body_bytes_max);
  stream_.expires_after(context_->limits.header_timeout);
  http::async_read_header(
      stream_, buffer_, *parser_,
      [self = shared_from_this()](ErrorCode error, size_t) { self->OnHeader(error); });
}

void Connection::OnHeader(ErrorCode error) {
  if (error) return Refuse(error);
  TakeHeader();
  RouteMatch match = FindRoute(*context_->guard, &request_);
  if (match.refusal) return Write(std::move(*match.refusal));
  handler_ = match.handler;
  if (parser_->is_done()) return OnBody(ErrorCode());
  auto expect = parser_->get().find(http::field::expect);
  if (expect != parser_->get().end() && beast::iequals(expect->value(), "100-continue")) {
    return SendContinue();
  }
  ReadBody();
}

void Connection::TakeHeader() {
  const auto& message = parser_->get();
  request_.method = View(message.method_string());
  std::string_view target = View(message.target());
  request_.path = target.substr(0, target.find('?'));
  request_.host = HeaderOf(message, http::field::host);
  // Two of them is what request smuggling looks like: whose is it then?
  if (message.count(http::field::host) > 1) request_.host.reset();
  request_.origin = HeaderOf(message, http::field::origin);
  request_.authorization = HeaderOf(message, http::field::authorization);
  request_.content_type = HeaderOf(message, http::field::content_type);
  auto length = parser_->content_length();
  request_.has_length = length.has_value() || parser_->chunked();
  request_.has_body = parser_->chunked() || (length.has_value() && *length > 0);
}

void Connection::SendContinue() {
  stream_.expires_after(context_->limits.write_timeout);
  asio::async_write(stream_, asio::buffer(kContinue),
                    [self = shared_from_this()](ErrorCode error, size_t) {
                      if (error) return self->Close();
                      self->ReadBody();
                    });
}

void Connection::ReadBody() {
  stream_.expires_after(context_->limits.body_timeout);
  http::async_read(stream_, buffer_, *parser_,
                   [self = shared_from_this()](ErrorCode error, size_t) { self->OnBody(error); });
}

void Connection::OnBody(ErrorCode error) {
  if (error) return Refuse(error);
  is_reading_ = false;
  request_.body = std::move(parser_->get().body());
  stream_.expires_never();
  Handle(shared_from_this());
}

void Connection::Refuse(ErrorCode error) {
  // The rest of these are a client that went away, was too slow, or a drain.
  static const auto& kHttpErrors = http::make_error_code(http::error::end_of_stream).category();
  if (error.category() != kHttpErrors || error == http::error::end_of_stream ||
      error == http::error::partial_message) {
    return Close();
  }
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Write(ErrorReply(
        431, "header_too_large",
        fmt::format("the header is longer than {} bytes", context_->limits.header_bytes_max)));
  }
  if (error == http::error::body_limit) {
    return Write(ErrorReply(
        413, "body_too_large",
        fmt::format("the body is longer than {} bytes", context_->limits.body_bytes_max)));
  }
  if (error == http::error::bad_version) {
    return Write(ErrorReply(505, "version_not_supported", "only HTTP/1.1 and 1.0 are spoken here"));
  }
  Write(ErrorReply(400, "malformed_request",
                   fmt::format("this is not an HTTP request: {}", error.message())));
}

DetachedTask Connection::Handle(std::shared_ptr<Connection> self) {
  // The thread's run() goes on while this waits for the store, a drain included.
  auto work = asio::make_work_guard(self->stream_.get_executor());
  Task<Reply> task = self->handler_(self->context_->database, self->request_);
  Reply reply = co_await task;
  ResumeOn home(*self->context_->executor);
  co_await home;
  self->Write(std::move(reply));
}

void Connection::Write(Reply reply) {
  is_reading_ = false;
  bool is_complete = parser_->is_done();
  const auto& message = parser_->get();
  response_ = Response();
  response_.version(parser_->is_header_done() && message.version() == 10 ? 10 : 11);
  response_.result(reply.status);
  response_.set(http::field::content_type, "application/json");
  response_.set(http::field::cache_control, "no-store");
  response_.set("X-Content-Type-Options", "nosniff");
  if (!reply.allow.empty()) response_.set(http::field::allow, reply.allow);
  if (reply.asks_for_token) response_.set(http::field::www_authenticate, "Bearer");
  response_.keep_alive(is_complete && message.keep_alive() && !context_->stopping);
  response_.content_length(reply.body.size());
  if (request_.method != "HEAD") response_.body() = std::move(reply.body);
  stream_.expires_after(context_->limits.write_timeout);
  http::async_write(stream_, response_, [self = shared_from_this()](ErrorCode error, size_t) {
    self->OnWritten(error);
  });
}

void Connection::OnWritten(ErrorCode error) {
  if (error || context_->stopping) return Close();
  if (response_.keep_alive()) return ReadHeader();
  ErrorCode ignored;
  stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  is_reading_ = true;
  stream_.expires_after(context_->limits.linger_timeout);
  Linger();
}

void Connection::Linger() {
  buffer_.clear();
  constexpr size_t kPieceBytes = 4096;
  stream_.async_read_some(buffer_.prepare(kPieceBytes), [self = shared_from_this()](ErrorCode error,
                                                                                    size_t bytes) {
    self->lingered_bytes_ += bytes;
    if (error || bytes == 0 || self->lingered_bytes_ > self->context_->limits.linger_bytes_max) {
      return self->Close();
    }
    self->Linger();
  });
}

void Connection::Close() { stream_.close(); }

}  // namespace shale::admin
