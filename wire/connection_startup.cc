// From the first byte to the first ReadyForQuery: encryption requests, cancel requests, the
// version, authentication, the session.
#include <utility>

#include "engine/base/coding.h"
#include "wire/authentication.h"
#include "wire/connection.h"
#include "wire/server.h"

namespace shale::wire {

Task<bool> Connection::StartUp() {
  bool ssl_refused = false;
  bool gss_refused = false;
  while (true) {
    Frame frame;
    auto read = co_await ReadNext(&frame);
    if (!read.ok()) {
      Fatal(read.status());
      co_return false;
    }
    if (!*read) co_return false;
    const uint32_t code = LoadBigEndian32(frame.body.data());
    bool* refused = code == kSslRequestCode      ? &ssl_refused
                    : code == kGssEncRequestCode ? &gss_refused
                                                 : nullptr;
    if (refused != nullptr && !*refused) {
      *refused = true;
      encoder_.buffer().push_back('N');
      // Bytes sent along before the answer would be taken as part of an encrypted session.
      if (position_ < input_.size() || channel_.has_arrived()) {
        Fatal(Status(sqlstate::kProtocolViolation, "received unencrypted data after SSL request")
                  .Detail("This could be either a client-software bug or evidence of an attempted "
                          "man-in-the-middle attack."));
        co_return false;
      }
      continue;
    }
    if (code == kCancelRequestCode) {
      // No answer, right or wrong: the close is the answer.
      if (frame.body.size() == 12) {
        server_->database().CancelRequest(
            static_cast<int32_t>(LoadBigEndian32(frame.body.data() + 4)),
            LoadBigEndian32(frame.body.data() + 8));
      }
      co_return false;
    }
    if (code >> 16 != 3) {
      RefuseVersion(code);
      co_return false;
    }
    auto message = ParseStartup(frame.body);
    if (!message.ok()) {
      Fatal(message.status());
      co_return false;
    }
    const bool opened = co_await OpenSession(*message);
    co_return opened;
  }
}

void Connection::RefuseVersion(uint32_t code) {
  Status error(sqlstate::kFeatureNotSupported,
               fmt::format("unsupported frontend protocol {}.{}: server supports 3.0 to 3.0",
                           code >> 16, code & 0xffff));
  if (code >> 16 < 3) {
    // Clients of version 2 read an error as one string.
    encoder_.buffer() += fmt::format("EFATAL:  {}\n", error.message());
    encoder_.buffer().push_back('\0');
    return;
  }
  Fatal(error);
}

Task<bool> Connection::OpenSession(const StartupMessage& message) {
  sql::StartupRequest request;
  request.client_address = channel_.peer();
  for (const auto& [name, value] : message.parameters) {
    if (name == "user") {
      request.user = value;
    } else if (name == "database") {
      request.database = value;
    } else if (name == "options") {
      Status parsed = ParseOptions(value, &request.settings);
      if (!parsed.ok()) {
        Fatal(parsed);
        co_return false;
      }
    } else if (name == "replication") {
      if (value != "false" && value != "off" && value != "0" && value != "no") {
        Fatal(NotSupported("a replication connection"));
        co_return false;
      }
    } else {
      request.settings[name] = value;
    }
  }
  if (request.database.empty()) request.database = request.user;
  if (message.minor > 0 || !message.unknown_extensions.empty()) {
    encoder_.NegotiateProtocolVersion(kProtocolVersion3, message.unknown_extensions);
  }
  in_startup_ = false;
  const bool authenticated = co_await Authenticate(request.user);
  if (!authenticated) co_return false;
  auto connect = server_->database().Connect(std::move(request));
  auto session = co_await connect;
  if (!session.ok()) {
    Fatal(session.status());
    co_return false;
  }
  session_ = std::move(session).value();
  session_->OnTerminate([server = server_, loop = loop_, connection = this, pid = session_->pid()] {
    loop->Post([=] { server->Terminate(loop, connection, pid); });
  });
  encoder_.AuthenticationOk();
  session_->ReportParameters(*this);
  encoder_.BackendKeyData(session_->pid(), session_->secret());
  encoder_.ReadyForQuery(session_->transaction_status());
  co_return true;
}

// Trust for loopback while no password is set; SCRAM-SHA-256 otherwise.
Task<bool> Connection::Authenticate(const std::string& user) {
  const ScramVerifier* verifier = server_->verifier();
  if (verifier == nullptr) {
    if (channel_.peer_is_loopback()) co_return true;
    Fatal(Status(sqlstate::kInvalidAuthorizationSpecification,
                 "no password is set: connections from other machines are refused"));
    co_return false;
  }
  ScramServer scram(*verifier, user);
  constexpr std::string_view kMechanisms[] = {"SCRAM-SHA-256"};
  encoder_.AuthenticationSasl(kMechanisms);
  while (true) {
    Frame frame;
    auto read = co_await ReadNext(&frame);
    if (!read.ok()) Fatal(read.status());
    if (!read.ok() || !*read) co_return false;
    auto step = scram.Step(frame.body);
    if (!step.ok()) {
      Fatal(step.status());
      co_return false;
    }
    if (!scram.done()) {
      encoder_.AuthenticationSaslContinue(*step);
      continue;
    }
    encoder_.AuthenticationSaslFinal(*step);
    co_return true;
  }
}

}  // namespace shale::wire
