#include "tests/wire/test_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/base/coding.h"
#include "fmt/format.h"

namespace shale::wire {
namespace {

constexpr int kTimeoutMs = 10'000;

std::string Terminated(std::string_view text) { return std::string(text) + '\0'; }

std::string ShowFields(ByteReader reader) {
  std::string out;
  while (!reader.empty()) {
    char code = static_cast<char>(reader.ReadByte());
    if (code == 0) break;
    size_t end = std::min(reader.rest().find('\0'), reader.rest().size());
    out += fmt::format(" {}={}", code, EscapeBytes(reader.ReadBytes(end)));
    reader.ReadByte();
  }
  return out;
}

std::string TakeString(ByteReader* reader) {
  size_t end = std::min(reader->rest().find('\0'), reader->rest().size());
  std::string text = EscapeBytes(reader->ReadBytes(end));
  reader->ReadByte();
  return text;
}

}  // namespace

std::string Message(char type, std::string_view body) {
  std::string out(1, type);
  PutBigEndian32(&out, static_cast<uint32_t>(body.size() + 4));
  return out += body;
}

std::string StartupCode(uint32_t code, std::string_view rest) {
  std::string out;
  PutBigEndian32(&out, static_cast<uint32_t>(rest.size() + 8));
  PutBigEndian32(&out, code);
  return out += rest;
}

std::string Startup(const std::vector<std::string>& names_and_values, uint32_t version) {
  std::string rest;
  for (const std::string& text : names_and_values) rest += Terminated(text);
  rest.push_back('\0');
  return StartupCode(version, rest);
}

std::string QueryMessage(std::string_view text) { return Message('Q', Terminated(text)); }

std::string ParseText(std::string_view statement, std::string_view text) {
  return Message('P', Terminated(statement) + Terminated(text) + std::string(2, '\0'));
}

std::string BindText(std::string_view portal, std::string_view statement,
                     const std::vector<std::optional<std::string>>& parameters) {
  std::string body = Terminated(portal) + Terminated(statement);
  PutBigEndian16(&body, 0);
  PutBigEndian16(&body, static_cast<uint16_t>(parameters.size()));
  for (const auto& parameter : parameters) {
    PutBigEndian32(&body, parameter ? static_cast<uint32_t>(parameter->size()) : UINT32_MAX);
    if (parameter) body += *parameter;
  }
  PutBigEndian16(&body, 0);
  return Message('B', body);
}

std::string ExecuteText(std::string_view portal, uint32_t row_limit) {
  std::string body = Terminated(portal);
  PutBigEndian32(&body, row_limit);
  return Message('E', body);
}

std::string CancelMessage(uint32_t pid, uint32_t secret) {
  std::string rest;
  PutBigEndian32(&rest, pid);
  PutBigEndian32(&rest, secret);
  return StartupCode(80877102, rest);
}

std::string EscapeBytes(std::string_view bytes) {
  std::string out;
  for (char c : bytes) {
    if (c == '\\')
      out += "\\\\";
    else if (c >= 0x20 && c < 0x7f)
      out += c;
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return out;
}

std::string FieldOf(const ServerMessage& message, char code) {
  ByteReader reader(message.body);
  while (!reader.empty()) {
    char found = static_cast<char>(reader.ReadByte());
    if (found == 0) break;
    std::string text = TakeString(&reader);
    if (found == code) return text;
  }
  return "";
}

std::string ShowMessage(const ServerMessage& message) {
  ByteReader reader(message.body);
  std::string out;
  switch (message.type) {
    case 'R':
      out = fmt::format("Authentication {}", reader.ReadBigEndian32());
      if (!reader.empty()) out += " " + EscapeBytes(reader.rest());
      return out;
    case 'S':
      out = "ParameterStatus " + TakeString(&reader);
      return out += "=" + TakeString(&reader);
    case 'K':
      out = fmt::format("BackendKeyData {}", reader.ReadBigEndian32());
      return out += fmt::format(" {:08x}", reader.ReadBigEndian32());
    case 'Z':
      return "ReadyForQuery " + EscapeBytes(reader.rest());
    case 'E':
      return "ErrorResponse" + ShowFields(reader);
    case 'N':
      return "NoticeResponse" + ShowFields(reader);
    case 'C':
      return "CommandComplete " + TakeString(&reader);
    case 't': {
      out = "ParameterDescription";
      for (int n = reader.ReadBigEndian16(); n > 0; --n) {
        out += fmt::format(" {}", reader.ReadBigEndian32());
      }
      return out;
    }
    case 'T': {
      out = "RowDescription";
      for (int n = reader.ReadBigEndian16(); n > 0; --n) {
        out += " " + TakeString(&reader);
        out += fmt::format(" (table {}", reader.ReadBigEndian32());
        out += fmt::format(".{},", reader.ReadBigEndian16());
        out += fmt::format(" type {}", reader.ReadBigEndian32());
        out += fmt::format(" size {}", static_cast<int16_t>(reader.ReadBigEndian16()));
        out += fmt::format(" typmod {},", static_cast<int32_t>(reader.ReadBigEndian32()));
        out += fmt::format(" format {})", reader.ReadBigEndian16());
      }
      return out;
    }
    case 'D': {
      out = "DataRow";
      for (int n = reader.ReadBigEndian16(); n > 0; --n) {
        uint32_t length = reader.ReadBigEndian32();
        if (length == UINT32_MAX)
          out += " NULL";
        else
          out += " '" + EscapeBytes(reader.ReadBytes(length)) + "'";
      }
      return out;
    }
    case 'G':
    case 'H':
      return (message.type == 'G' ? "CopyInResponse " : "CopyOutResponse ") +
             EscapeBytes(reader.rest());
    case 'd':
      return "CopyData '" + EscapeBytes(reader.rest()) + "'";
    case 'v': {
      out = fmt::format("NegotiateProtocolVersion {}", reader.ReadBigEndian32());
      for (uint32_t n = reader.ReadBigEndian32(); n > 0 && !reader.empty(); --n) {
        out += " " + TakeString(&reader);
      }
      return out;
    }
    default: {
      const char* name = message.type == '1'   ? "ParseComplete"
                         : message.type == '2' ? "BindComplete"
                         : message.type == '3' ? "CloseComplete"
                         : message.type == 'n' ? "NoData"
                         : message.type == 'I' ? "EmptyQueryResponse"
                         : message.type == 's' ? "PortalSuspended"
                         : message.type == 'c' ? "CopyDone"
                                               : "unknown";
      return reader.empty() ? name : fmt::format("{} {}", name, EscapeBytes(reader.rest()));
    }
  }
}

TestClient::TestClient(uint16_t port) {
  socket_ = socket(AF_INET, SOCK_STREAM, 0);
  int one = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // A refusal shows as the end of the stream.
  [[maybe_unused]] int refused =
      connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address));
}

TestClient::~TestClient() {
  if (socket_ >= 0) close(socket_);
}

void TestClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

void TestClient::SendEndOfFile() { shutdown(socket_, SHUT_WR); }

void TestClient::Abort() {
  linger option{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &option, sizeof(option));
  close(socket_);
  socket_ = -1;
}

bool TestClient::WaitReadable(int timeout_ms) {
  pollfd poll_for{socket_, POLLIN, 0};
  return poll(&poll_for, 1, timeout_ms) == 1;
}

bool TestClient::Fill(size_t bytes) {
  while (input_.size() < bytes) {
    if (!WaitReadable(kTimeoutMs)) {
      ADD_FAILURE() << "the server is silent";
      return false;
    }
    char buffer[65536];
    ssize_t received = recv(socket_, buffer, sizeof(buffer), 0);
    if (received <= 0) return false;
    input_.append(buffer, static_cast<size_t>(received));
  }
  return true;
}

std::optional<ServerMessage> TestClient::Read() {
  if (!Fill(5)) return std::nullopt;
  uint32_t length = LoadBigEndian32(input_.data() + 1);
  if (!Fill(1 + size_t{length})) return std::nullopt;
  ServerMessage message{input_[0], input_.substr(5, length - 4)};
  input_.erase(0, 1 + size_t{length});
  return message;
}

std::optional<char> TestClient::ReadByte() {
  if (!Fill(1)) return std::nullopt;
  char byte = input_[0];
  input_.erase(0, 1);
  return byte;
}

std::vector<ServerMessage> TestClient::ReadUntil(char type) {
  std::vector<ServerMessage> messages;
  while (auto message = Read()) {
    messages.push_back(*message);
    if (message->type == type) break;
  }
  return messages;
}

std::vector<ServerMessage> TestClient::Connect() {
  Send(Startup({"user", "shale", "database", "postgres"}));
  return ReadUntil('Z');
}

std::string TestClient::Query(std::string_view text) {
  Send(QueryMessage(text));
  std::string out;
  for (const ServerMessage& message : ReadUntil('Z')) out += ShowMessage(message) + "\n";
  return out;
}

}  // namespace shale::wire
