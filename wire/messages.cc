#include "wire/messages.h"

#include <cctype>

#include "engine/base/coding.h"

namespace shale::wire {
namespace {

Status Violation(std::string message) {
  return Status(sqlstate::kProtocolViolation, std::move(message));
}

// Reads a message's fields; a read past the end makes it not ok for good.
class BodyReader {
 public:
  explicit BodyReader(std::string_view body) : reader_(body) {}

  bool ok() const { return string_ok_ && ok_ && reader_.ok(); }
  Status Finish() const {
    if (!string_ok_) return Violation("invalid string in message");
    if (!ok()) return Violation("insufficient data left in message");
    if (!reader_.empty()) return Violation("invalid message format");
    return Status::Ok();
  }
  char Byte() { return static_cast<char>(reader_.ReadByte()); }
  int16_t Int16() { return static_cast<int16_t>(reader_.ReadBigEndian16()); }
  int32_t Int32() { return static_cast<int32_t>(reader_.ReadBigEndian32()); }
  uint32_t Unsigned32() { return reader_.ReadBigEndian32(); }
  std::string_view Bytes(size_t length) { return reader_.ReadBytes(length); }
  std::string_view String() {
    std::string_view rest = reader_.rest();
    size_t end = rest.find('\0');
    if (end == rest.npos) {
      // Only the first thing that fails counts.
      if (ok()) string_ok_ = false;
      ok_ = false;
      return {};
    }
    reader_.ReadBytes(end + 1);
    return rest.substr(0, end);
  }
  bool empty() const { return reader_.empty(); }
  // A 16-bit count of things of at least that many bytes each: refused when they cannot all be
  // there.
  size_t Count(size_t bytes_each) {
    size_t count = static_cast<uint16_t>(Int16());
    if (count * bytes_each > reader_.rest().size()) {
      ok_ = false;
      return 0;
    }
    return count;
  }

 private:
  ByteReader reader_;
  bool ok_ = true;
  bool string_ok_ = true;
};

size_t BodyBytesMax(char type) {
  switch (type) {
    case 'B':
    case 'F':
    case 'P':
    case 'Q':
    case 'd':
      return kMessageBytesMax;
    case 'p':
      return kAuthenticationBytesMax;
    default:
      return kSmallMessageBytesMax;
  }
}

constexpr std::string_view kFrontendTypes = "BCDEFHPQSXcdfp";

}  // namespace

Result<bool> ReadFrame(std::string_view* bytes, Frame* frame) {
  if (bytes->empty()) return false;
  const char type = bytes->front();
  if (kFrontendTypes.find(type) == std::string_view::npos) {
    return Error(sqlstate::kProtocolViolation, "invalid frontend message type {}",
                 static_cast<int>(static_cast<unsigned char>(type)));
  }
  if (bytes->size() < 5) return false;
  const uint32_t length = LoadBigEndian32(bytes->data() + 1);
  if (length < 4 || length - 4 > BodyBytesMax(type)) return Violation("invalid message length");
  if (bytes->size() < 1 + size_t{length}) return false;
  frame->type = type;
  frame->body = bytes->substr(5, length - 4);
  bytes->remove_prefix(1 + size_t{length});
  return true;
}

Result<bool> ReadStartupFrame(std::string_view* bytes, Frame* frame) {
  if (bytes->size() < 4) return false;
  const uint32_t length = LoadBigEndian32(bytes->data());
  if (length < 8 || length > kStartupBytesMax) return Violation("invalid length of startup packet");
  if (bytes->size() < length) return false;
  frame->type = 0;
  frame->body = bytes->substr(4, length - 4);
  bytes->remove_prefix(length);
  return true;
}

Result<StartupMessage> ParseStartup(std::string_view body) {
  BodyReader reader(body);
  StartupMessage message;
  message.minor = reader.Unsigned32() & 0xffff;
  while (true) {
    std::string_view name = reader.String();
    if (!reader.ok() || name.empty()) break;
    std::string_view value = reader.String();
    if (!reader.ok()) break;
    if (name.starts_with("_pq_.")) {
      message.unknown_extensions.emplace_back(name);
    } else {
      message.parameters[std::string(name)] = std::string(value);
    }
  }
  if (!reader.ok() || !reader.empty()) {
    return Violation("invalid startup packet layout: expected terminator as last byte");
  }
  if (message.parameters["user"].empty()) {
    return Status(sqlstate::kInvalidAuthorizationSpecification,
                  "no PostgreSQL user name specified in startup packet");
  }
  return message;
}

Status ParseOptions(std::string_view text, std::map<std::string, std::string>* settings) {
  // Words between spaces; a backslash takes the next character as it is.
  std::vector<std::string> words;
  bool in_word = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (std::isspace(static_cast<unsigned char>(c))) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '\\' && i + 1 < text.size()) c = text[++i];
    words.back().push_back(c);
  }
  for (size_t i = 0; i < words.size(); ++i) {
    std::string assignment;
    if (words[i] == "-c" && i + 1 < words.size())
      assignment = words[++i];
    else if (words[i].starts_with("-c"))
      assignment = words[i].substr(2);
    else if (words[i].starts_with("--"))
      assignment = words[i].substr(2);
    size_t equals = assignment.find('=');
    if (assignment.empty() || equals == std::string::npos) {
      return Error(sqlstate::kSyntaxError, "invalid command-line argument for server process: {}",
                   words[i]);
    }
    std::string name = assignment.substr(0, equals);
    for (char& c : name) c = c == '-' ? '_' : c;
    (*settings)[name] = assignment.substr(equals + 1);
  }
  return Status::Ok();
}

Result<ParseMessage> ParseParse(std::string_view body) {
  BodyReader reader(body);
  ParseMessage message;
  message.statement = reader.String();
  message.text = reader.String();
  size_t count = reader.Count(4);
  for (size_t i = 0; i < count; ++i) message.types.push_back(reader.Unsigned32());
  RETURN_IF_ERROR(reader.Finish());
  return message;
}

Status ParseBind(std::string_view body, BindFrame* message) {
  BodyReader reader(body);
  message->portal = reader.String();
  message->statement = reader.String();
  size_t formats = reader.Count(2);
  message->parameter_formats.clear();
  for (size_t i = 0; i < formats; ++i) message->parameter_formats.push_back(reader.Int16());
  size_t count = reader.Count(4);
  message->parameters.clear();
  for (size_t i = 0; i < count; ++i) {
    int32_t length = reader.Int32();
    if (length == -1) {
      message->parameters.emplace_back(std::nullopt);
    } else if (length < 0) {
      return Violation("insufficient data left in message");
    } else {
      message->parameters.emplace_back(reader.Bytes(static_cast<size_t>(length)));
    }
  }
  size_t results = reader.Count(2);
  message->result_formats.clear();
  for (size_t i = 0; i < results; ++i) message->result_formats.push_back(reader.Int16());
  return reader.Finish();
}

Result<ExecuteMessage> ParseExecute(std::string_view body) {
  BodyReader reader(body);
  ExecuteMessage message;
  message.portal = reader.String();
  message.row_limit = reader.Int32();
  RETURN_IF_ERROR(reader.Finish());
  if (message.row_limit < 0) message.row_limit = 0;
  return message;
}

Result<TargetMessage> ParseTarget(std::string_view body, std::string_view message_name) {
  BodyReader reader(body);
  TargetMessage message;
  message.kind = reader.Byte();
  message.name = reader.String();
  RETURN_IF_ERROR(reader.Finish());
  if (message.kind != 'S' && message.kind != 'P') {
    return Error(sqlstate::kProtocolViolation, "invalid {} message subtype {}", message_name,
                 static_cast<int>(static_cast<unsigned char>(message.kind)));
  }
  return message;
}

Result<std::string_view> ParseString(std::string_view body) {
  BodyReader reader(body);
  std::string_view text = reader.String();
  RETURN_IF_ERROR(reader.Finish());
  return text;
}

}  // namespace shale::wire
