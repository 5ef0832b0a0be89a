// What clients send: the first byte chooses what the rest is taken for.
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "wire/authentication.h"
#include "wire/messages.h"

namespace shale::wire {
namespace {

struct OwnedFrame {
  char type;
  std::string body;
  bool operator==(const OwnedFrame&) const = default;
};

void ParseBody(const Frame& frame) {
  switch (frame.type) {
    case 'P':
      (void)ParseParse(frame.body);
      break;
    case 'B': {
      BindFrame bind;
      if (ParseBind(frame.body, &bind).ok()) {
        for (const auto& parameter : bind.parameters) {
          CHECK(!parameter ||
                (parameter->data() >= frame.body.data() &&
                 parameter->data() + parameter->size() <= frame.body.data() + frame.body.size()));
        }
      }
      break;
    }
    case 'E':
      (void)ParseExecute(frame.body);
      break;
    case 'D':
    case 'C':
      (void)ParseTarget(frame.body, "CLOSE");
      break;
    default:
      (void)ParseString(frame.body);
  }
}

// All frames of the bytes when they come in pieces of that size.
std::vector<OwnedFrame> Frames(std::string_view bytes, size_t piece_bytes) {
  std::vector<OwnedFrame> frames;
  std::string buffer;
  while (!bytes.empty()) {
    buffer += bytes.substr(0, piece_bytes);
    bytes.remove_prefix(std::min(piece_bytes, bytes.size()));
    std::string_view rest = buffer;
    while (true) {
      Frame frame;
      auto read = ReadFrame(&rest, &frame);
      if (!read.ok()) return frames;
      if (!*read) break;
      ParseBody(frame);
      frames.push_back({frame.type, std::string(frame.body)});
    }
    buffer = std::string(rest);
  }
  return frames;
}

void RunStartup(std::string_view bytes) {
  Frame frame;
  auto read = ReadStartupFrame(&bytes, &frame);
  if (!read.ok() || !*read) return;
  auto message = ParseStartup(frame.body);
  if (!message.ok()) return;
  CHECK(!message->parameters["user"].empty());
}

void RunScram(std::string_view bytes) {
  static const ScramVerifier verifier = DeriveScramVerifier("password", "salt", 1);
  ScramServer server(verifier, "user", "nonce");
  // The first half begins, the second half ends; nobody gets in by chance.
  const size_t half = bytes.size() / 2;
  if (server.Step(bytes.substr(0, half)).ok()) (void)server.Step(bytes.substr(half));
  CHECK(!server.done());
  (void)ParseScramVerifier(bytes);
}

}  // namespace
}  // namespace shale::wire

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace shale;
  using namespace shale::wire;
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      CHECK(Frames(bytes, bytes.size()) == Frames(bytes, 3));
      break;
    case 1:
      RunStartup(bytes);
      break;
    case 2: {
      std::map<std::string, std::string> settings;
      (void)ParseOptions(bytes, &settings);
      break;
    }
    default:
      RunScram(bytes);
  }
  return 0;
}
