#include "wire/authentication.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unicode/unistr.h>
#include <unicode/usprep.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "engine/base/coding.h"
#include "engine/base/random.h"

namespace shale::wire {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kSaltBytes = 16;
constexpr int kIterations = 4096;
constexpr size_t kNonceBytes = 18;
constexpr std::string_view kMechanism = "SCRAM-SHA-256";
constexpr size_t kPasswordBytesMax = 1024;

Status Malformed(std::string_view detail) {
  return Status(sqlstate::kProtocolViolation, "malformed SCRAM message")
      .Detail(std::string(detail));
}

std::string Hmac(std::string_view key, std::string_view text) {
  std::string out(kKeyBytes, '\0');
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(out.data()), &length);
  return out;
}

std::string Sha256(std::string_view text) {
  std::string out(kKeyBytes, '\0');
  unsigned int length = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &length,
             EVP_sha256(), nullptr);
  return out;
}

std::string Base64(std::string_view bytes) {
  std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
  int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                               reinterpret_cast<const unsigned char*>(bytes.data()),
                               static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(length));
  return out;
}

Result<std::string> FromBase64(std::string_view text) {
  std::string out(text.size() / 4 * 3 + 3, '\0');
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const size_t digits = std::min(text.find_first_not_of(kAlphabet), text.size());
  // OpenSSL takes white space and stray padding for good.
  if (text.size() % 4 != 0 || text.size() - digits > 2 ||
      text.find_first_not_of('=', digits) != text.npos) {
    return Malformed("Invalid base64 encoding.");
  }
  int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                               reinterpret_cast<const unsigned char*>(text.data()),
                               static_cast<int>(text.size()));
  if (length < 0) return Malformed("Invalid base64 encoding.");
  size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  out.resize(static_cast<size_t>(length) - padding);
  return out;
}

// Takes "x=value" off the front of a comma-separated list.
Result<std::string_view> TakeAttribute(std::string_view* message, char name) {
  if (message->size() < 2 || (*message)[0] != name || (*message)[1] != '=') {
    return Malformed(fmt::format("Expected attribute \"{}\".", name));
  }
  size_t comma = message->find(',');
  std::string_view value = message->substr(2, comma == message->npos ? comma : comma - 2);
  message->remove_prefix(comma == message->npos ? message->size() : comma + 1);
  return value;
}

// SASLprep (RFC 4013), which clients apply to passwords before they prove that they know them. As
// there, bytes that are no UTF-8 or may not be in a password are taken as they are.
std::string Prepare(std::string_view password) {
  if (std::all_of(password.begin(), password.end(), [](char c) { return c > 0x1f && c < 0x7f; })) {
    return std::string(password);
  }
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UStringPrepProfile, decltype(&usprep_close)> profile(
      usprep_openByType(USPREP_RFC4013_SASLPREP, &error), &usprep_close);
  const icu::UnicodeString source = icu::UnicodeString::fromUTF8(
      icu::StringPiece(password.data(), static_cast<int32_t>(password.size())));
  // Expands to 18 characters for one at the most (U+FDFA).
  std::u16string prepared(static_cast<size_t>(source.length()) * 18 + 1, u'\0');
  if (U_FAILURE(error) || source.indexOf(char16_t{0xfffd}) >= 0) return std::string(password);
  const int32_t length =
      usprep_prepare(profile.get(), source.getBuffer(), source.length(), prepared.data(),
                     static_cast<int32_t>(prepared.size()), USPREP_DEFAULT, nullptr, &error);
  if (U_FAILURE(error) || length == 0) return std::string(password);
  std::string utf8;
  icu::UnicodeString(prepared.data(), length).toUTF8String(utf8);
  return utf8;
}

bool SameBytes(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

}  // namespace

std::string ScramVerifier::ToString() const {
  return fmt::format("{}${}:{}${}:{}", kMechanism, iterations, Base64(salt), Base64(stored_key),
                     Base64(server_key));
}

Result<ScramVerifier> MakeScramVerifier(std::string_view password) {
  if (password.starts_with(fmt::format("{}$", kMechanism))) return ParseScramVerifier(password);
  if (password.size() > kPasswordBytesMax) {
    return Status(sqlstate::kInvalidParameterValue, "password is too long");
  }
  return DeriveScramVerifier(password, SecureRandomBytes(kSaltBytes), kIterations);
}

ScramVerifier DeriveScramVerifier(std::string_view password, std::string_view salt,
                                  int iterations) {
  ScramVerifier verifier;
  verifier.iterations = iterations;
  verifier.salt = salt;
  const std::string prepared = Prepare(password);
  std::string salted(kKeyBytes, '\0');
  PKCS5_PBKDF2_HMAC(prepared.data(), static_cast<int>(prepared.size()),
                    reinterpret_cast<const unsigned char*>(salt.data()),
                    static_cast<int>(salt.size()), iterations, EVP_sha256(),
                    static_cast<int>(kKeyBytes), reinterpret_cast<unsigned char*>(salted.data()));
  verifier.stored_key = Sha256(Hmac(salted, "Client Key"));
  verifier.server_key = Hmac(salted, "Server Key");
  return verifier;
}

Result<ScramVerifier> ParseScramVerifier(std::string_view text) {
  Status invalid(sqlstate::kInvalidParameterValue, "invalid SCRAM-SHA-256 verifier");
  if (!text.starts_with(fmt::format("{}$", kMechanism))) return invalid;
  text.remove_prefix(kMechanism.size() + 1);
  size_t colon = text.find(':');
  size_t dollar = text.find('$');
  size_t last = text.rfind(':');
  if (colon == text.npos || dollar == text.npos || last <= dollar || colon > dollar) return invalid;
  ScramVerifier verifier;
  auto [end, error] = std::from_chars(text.data(), text.data() + colon, verifier.iterations);
  if (error != std::errc() || end != text.data() + colon || verifier.iterations < 1) return invalid;
  auto salt = FromBase64(text.substr(colon + 1, dollar - colon - 1));
  auto stored = FromBase64(text.substr(dollar + 1, last - dollar - 1));
  auto server = FromBase64(text.substr(last + 1));
  if (!salt.ok() || !stored.ok() || !server.ok() || stored->size() != kKeyBytes ||
      server->size() != kKeyBytes) {
    return invalid;
  }
  verifier.salt = std::move(salt).value();
  verifier.stored_key = std::move(stored).value();
  verifier.server_key = std::move(server).value();
  return verifier;
}

ScramServer::ScramServer(const ScramVerifier& verifier, std::string_view user,
                         std::string server_nonce)
    : verifier_(verifier), user_(user), nonce_(std::move(server_nonce)) {
  if (nonce_.empty()) nonce_ = Base64(SecureRandomBytes(kNonceBytes));
}

Status ScramServer::WrongPassword() const {
  return Error(sqlstate::kInvalidPassword, "password authentication failed for user \"{}\"", user_);
}

Result<std::string> ScramServer::Step(std::string_view body) {
  return state_ == State::kFirst ? First(body) : Final(body);
}

// SASLInitialResponse: mechanism name, length, and "n,,n=user,r=nonce".
Result<std::string> ScramServer::First(std::string_view body) {
  size_t end = body.find('\0');
  if (end == body.npos || body.size() < end + 5) return Malformed("The message is too short.");
  if (body.substr(0, end) != kMechanism) {
    return Status(sqlstate::kProtocolViolation,
                  "client selected an invalid SASL authentication mechanism");
  }
  const uint32_t length = LoadBigEndian32(body.data() + end + 1);
  std::string_view message = body.substr(end + 5);
  if (message.size() != length) return Malformed("Message length does not match input length.");
  // The channel binding flag: y says the client could, p that it does; without TLS only n and y are
  // right.
  if (message.size() < 3 || (message[0] != 'n' && message[0] != 'y') || message[1] != ',') {
    return Malformed("Unexpected channel-binding flag.");
  }
  size_t header_end = message.find(',', 2);
  if (header_end == message.npos)
    return Malformed("Expected a comma after the authorization identity.");
  if (header_end != 2) return NotSupported("a SASL authorization identity");
  gs2_header_ = message.substr(0, header_end + 1);
  client_first_bare_ = message.substr(header_end + 1);
  std::string_view rest = client_first_bare_;
  RETURN_IF_ERROR(TakeAttribute(&rest, 'n').status());
  ASSIGN_OR_RETURN(std::string_view client_nonce, TakeAttribute(&rest, 'r'));
  if (client_nonce.empty()) return Malformed("The nonce is empty.");
  nonce_.insert(0, client_nonce);
  server_first_ =
      fmt::format("r={},s={},i={}", nonce_, Base64(verifier_.salt), verifier_.iterations);
  state_ = State::kFinal;
  return server_first_;
}

// SASLResponse: "c=header,r=nonce,p=proof".
Result<std::string> ScramServer::Final(std::string_view body) {
  size_t proof_at = body.rfind(",p=");
  if (proof_at == body.npos) return Malformed("Expected attribute \"p\".");
  std::string_view without_proof = body.substr(0, proof_at);
  std::string_view rest = without_proof;
  ASSIGN_OR_RETURN(std::string_view binding, TakeAttribute(&rest, 'c'));
  ASSIGN_OR_RETURN(std::string_view nonce, TakeAttribute(&rest, 'r'));
  ASSIGN_OR_RETURN(std::string header, FromBase64(binding));
  if (header != gs2_header_) {
    return Malformed("Unexpected SCRAM channel-binding attribute in client-final-message.");
  }
  if (nonce != nonce_) return Malformed("Nonce does not match.");
  ASSIGN_OR_RETURN(std::string proof, FromBase64(body.substr(proof_at + 3)));
  if (proof.size() != kKeyBytes) return Malformed("Malformed proof in client-final-message.");

  const std::string auth_message =
      fmt::format("{},{},{}", client_first_bare_, server_first_, without_proof);
  const std::string signature = Hmac(verifier_.stored_key, auth_message);
  std::string client_key(kKeyBytes, '\0');
  for (size_t i = 0; i < kKeyBytes; ++i) {
    client_key[i] = static_cast<char>(proof[i] ^ signature[i]);
  }
  if (!SameBytes(Sha256(client_key), verifier_.stored_key)) return WrongPassword();
  state_ = State::kDone;
  return "v=" + Base64(Hmac(verifier_.server_key, auth_message));
}

}  // namespace shale::wire
