// SCRAM-SHA-256 (RFC 5802, RFC 7677), the server's side, as SASL messages of the protocol. No I/O.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale::wire {

// What is kept of a password: enough to check it, not to use it.
struct ScramVerifier {
  int iterations = 4096;
  std::string salt;
  std::string stored_key;
  std::string server_key;

  // "SCRAM-SHA-256$4096:salt$StoredKey:ServerKey", as PostgreSQL stores them.
  std::string ToString() const;
};

// With a new salt; a text that is a verifier already is taken as that.
Result<ScramVerifier> MakeScramVerifier(std::string_view password);
// The derivation alone (RFC 5802 section 3), of a password in SASLprep's form or any other.
ScramVerifier DeriveScramVerifier(std::string_view password, std::string_view salt, int iterations);
// In the form of ToString.
Result<ScramVerifier> ParseScramVerifier(std::string_view text);

// One exchange. The user's name in the SASL message is not looked at, as in PostgreSQL: the startup
// packet's counts.
class ScramServer {
 public:
  // server_nonce: the server's part of the nonce; a random one where it is empty.
  ScramServer(const ScramVerifier& verifier, std::string_view user, std::string server_nonce = "");

  // Takes the body of a SASLInitialResponse, then of a SASLResponse; gives the data of the answer.
  // 28P01 where the password is wrong, 08P01 for malformed messages.
  Result<std::string> Step(std::string_view body);
  bool done() const { return state_ == State::kDone; }

 private:
  enum class State : uint8_t { kFirst, kFinal, kDone };
  Result<std::string> First(std::string_view body);
  Result<std::string> Final(std::string_view body);
  Status WrongPassword() const;

  ScramVerifier verifier_;
  std::string user_;
  State state_ = State::kFirst;
  std::string client_first_bare_;
  std::string server_first_;
  std::string gs2_header_;
  std::string nonce_;  // the server's part, from the first message on both parts
};

}  // namespace shale::wire
