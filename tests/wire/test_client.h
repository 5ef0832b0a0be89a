// TestClient: a blocking socket that speaks the protocol byte by byte, and the messages it sends.
// ShowMessage prints what the server sends as one readable line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shale::wire {

// Client messages.
std::string Message(char type, std::string_view body);
std::string Startup(const std::vector<std::string>& names_and_values, uint32_t version = 196608);
std::string StartupCode(uint32_t code, std::string_view rest = {});
std::string QueryMessage(std::string_view text);
std::string ParseText(std::string_view statement, std::string_view text);
std::string BindText(std::string_view portal, std::string_view statement,
                     const std::vector<std::optional<std::string>>& parameters = {});
std::string ExecuteText(std::string_view portal, uint32_t row_limit = 0);
inline std::string SyncMessage() { return Message('S', ""); }
std::string CancelMessage(uint32_t pid, uint32_t secret);

struct ServerMessage {
  char type = 0;
  std::string body;
};

// "DataRow 1 'row 1'": the type's name, then the fields. Bytes beyond ASCII come as \xHH.
std::string ShowMessage(const ServerMessage& message);
std::string EscapeBytes(std::string_view bytes);
// The field of an ErrorResponse or NoticeResponse; empty where it is not there.
std::string FieldOf(const ServerMessage& message, char code);

class TestClient {
 public:
  explicit TestClient(uint16_t port);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  void Send(std::string_view bytes);
  void SendEndOfFile();
  // Breaks the connection without a goodbye (RST).
  void Abort();
  // The next message; nothing at the end of the stream. Fails the test after ten seconds.
  std::optional<ServerMessage> Read();
  // One byte that is no message: the answer to an SSLRequest.
  std::optional<char> ReadByte();
  // Messages up to one of the type, or the end.
  std::vector<ServerMessage> ReadUntil(char type);
  // Sends a startup packet and reads to ReadyForQuery.
  std::vector<ServerMessage> Connect();
  // A simple query, shown up to ReadyForQuery.
  std::string Query(std::string_view text);
  // Bytes that can be read within the time.
  bool WaitReadable(int timeout_ms);

 private:
  bool Fill(size_t bytes);
  int socket_ = -1;
  std::string input_;
};

}  // namespace shale::wire
