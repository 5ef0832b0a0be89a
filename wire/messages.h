// Messages of PostgreSQL's frontend/backend protocol 3.0 that clients send, taken apart
// (PostgreSQL's manual, chapter 55). Views refer to the frame's bytes. No I/O.
//
// A parser gives 08P01 with PostgreSQL's wording for a body that is not what the type says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/types/type.h"
#include "engine/base/status.h"

namespace shale::wire {

inline constexpr uint32_t kProtocolVersion3 = 196608;  // 3.0
inline constexpr uint32_t kCancelRequestCode = 80877102;
inline constexpr uint32_t kSslRequestCode = 80877103;
inline constexpr uint32_t kGssEncRequestCode = 80877104;
inline constexpr size_t kStartupBytesMax = 10'000;
// Of what follows a message's length: of the types that carry text or data, of authentication, and
// of all others.
inline constexpr size_t kMessageBytesMax = 64 << 20;
inline constexpr size_t kAuthenticationBytesMax = 65'535;
inline constexpr size_t kSmallMessageBytesMax = 10'000;

// One message: its type byte (0 in the startup phase) and what follows the length.
struct Frame {
  char type = 0;
  std::string_view body;
};

// Takes the first frame off *bytes. False: it is not whole yet. Nothing is allocated on the word of
// a length. 08P01: a length that cannot be, or a type that no client sends; the connection is then
// lost.
Result<bool> ReadFrame(std::string_view* bytes, Frame* frame);
Result<bool> ReadStartupFrame(std::string_view* bytes, Frame* frame);

struct StartupMessage {
  uint32_t minor = 0;                             // of version 3
  std::map<std::string, std::string> parameters;  // user, database, and settings by name
  std::vector<std::string> unknown_extensions;    // _pq_. options
};
// Of a body whose code is a version 3. 28000 where no user is named.
Result<StartupMessage> ParseStartup(std::string_view body);
// "-c a=b --c=d" as `options` holds them.
Status ParseOptions(std::string_view text, std::map<std::string, std::string>* settings);

struct ParseMessage {
  std::string_view statement;
  std::string_view text;
  std::vector<catalog::Oid> types;
};
Result<ParseMessage> ParseParse(std::string_view body);

struct BindFrame {
  std::string_view portal;
  std::string_view statement;
  std::vector<int16_t> parameter_formats;
  std::vector<std::optional<std::string_view>> parameters;
  std::vector<int16_t> result_formats;
};
// Reuses the vectors of *message.
Status ParseBind(std::string_view body, BindFrame* message);

struct ExecuteMessage {
  std::string_view portal;
  int32_t row_limit = 0;
};
Result<ExecuteMessage> ParseExecute(std::string_view body);

// Describe and Close: 'S' or 'P' and a name.
struct TargetMessage {
  char kind = 0;
  std::string_view name;
};
Result<TargetMessage> ParseTarget(std::string_view body, std::string_view message_name);

// A body that is one string: Query, CopyFail, password.
Result<std::string_view> ParseString(std::string_view body);

}  // namespace shale::wire
