// SCRAM-SHA-256: the example of RFC 7677, a round trip with a client written from RFC 5802, and
// what an attacker may send.
#include "wire/authentication.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <rapidcheck.h>

#include "engine/base/coding.h"
#include "fmt/format.h"

namespace shale::wire {
namespace {

std::string Mac(const std::string& key, const std::string& text) {
  std::string out(32, '\0');
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(out.data()), &length);
  return out;
}

std::string Base64(const std::string& bytes) {
  std::string out(bytes.size() * 2 + 4, '\0');
  int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                               reinterpret_cast<const unsigned char*>(bytes.data()),
                               static_cast<int>(bytes.size()));
  out.resize(static_cast<size_t>(length));
  return out;
}

std::string Initial(std::string_view message, std::string_view mechanism = "SCRAM-SHA-256") {
  std::string body(mechanism);
  body.push_back('\0');
  PutBigEndian32(&body, static_cast<uint32_t>(message.size()));
  return body += message;
}

// The client's final message, from the password in SASLprep's form (RFC 5802 section 3).
std::string ClientFinal(const std::string& password, const ScramVerifier& verifier,
                        const std::string& client_first_bare, const std::string& server_first,
                        const std::string& channel = "biws") {
  std::string salted(32, '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                    reinterpret_cast<const unsigned char*>(verifier.salt.data()),
                    static_cast<int>(verifier.salt.size()), verifier.iterations, EVP_sha256(), 32,
                    reinterpret_cast<unsigned char*>(salted.data()));
  std::string client_key = Mac(salted, "Client Key");
  std::string stored_key(32, '\0');
  unsigned int length = 0;
  EVP_Digest(client_key.data(), client_key.size(),
             reinterpret_cast<unsigned char*>(stored_key.data()), &length, EVP_sha256(), nullptr);
  std::string nonce = server_first.substr(2, server_first.find(',') - 2);
  std::string without_proof = fmt::format("c={},r={}", channel, nonce);
  std::string signature =
      Mac(stored_key, client_first_bare + "," + server_first + "," + without_proof);
  for (size_t i = 0; i < client_key.size(); ++i) client_key[i] ^= signature[i];
  return without_proof + ",p=" + Base64(client_key);
}

TEST(Scram, ExampleOfRfc7677) {
  std::string salt(16, '\0');
  const unsigned char kSalt[] = {0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e,
                                 0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81};
  salt.assign(reinterpret_cast<const char*>(kSalt), sizeof(kSalt));
  ScramServer server(DeriveScramVerifier("pencil", salt, 4096), "user",
                     "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0");
  auto first = server.Step(Initial("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
  ASSERT_TRUE(first.ok()) << first.status().ToString();
  EXPECT_EQ(*first,
            "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,"
            "i=4096");
  EXPECT_FALSE(server.done());
  auto final = server.Step(
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
      "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  ASSERT_TRUE(final.ok()) << final.status().ToString();
  EXPECT_EQ(*final, "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  EXPECT_TRUE(server.done());
}

TEST(Scram, OnlyTheRightPasswordGetsIn) {
  ASSERT_TRUE(rc::check([](const std::string& tail) {
    const std::string password = "x" + tail;
    auto verifier = MakeScramVerifier(password);
    RC_ASSERT(verifier.ok());
    const std::string tried = *rc::gen::element(password, password + "y", std::string());
    ScramServer server(*verifier, "me");
    const std::string bare = "n=,r=abc";
    auto first = server.Step(Initial("n,," + bare));
    RC_ASSERT(first.ok());
    auto final = server.Step(ClientFinal(tried, *verifier, bare, *first));
    // Bytes that SASLprep changes are another password to a client that does not apply it.
    const bool plain =
        std::all_of(password.begin(), password.end(), [](char c) { return c > 0x1f && c < 0x7f; });
    if (tried != password) {
      RC_ASSERT(final.status().sqlstate() == sqlstate::kInvalidPassword);
      RC_ASSERT(!server.done());
    } else if (plain) {
      RC_ASSERT(final.ok() && server.done());
    }
  }));
}

TEST(Scram, PasswordsAreNormalized) {
  const std::string salt(16, 's');
  // RFC 4013: soft hyphen goes, no-break space becomes space, ª becomes a, ligatures come apart.
  EXPECT_EQ(DeriveScramVerifier("I\xc2\xadX", salt, 1).stored_key,
            DeriveScramVerifier("IX", salt, 1).stored_key);
  EXPECT_EQ(DeriveScramVerifier("a\xc2\xa0z", salt, 1).stored_key,
            DeriveScramVerifier("a z", salt, 1).stored_key);
  EXPECT_EQ(DeriveScramVerifier("\xc2\xaa", salt, 1).stored_key,
            DeriveScramVerifier("a", salt, 1).stored_key);
  // Not UTF-8, or forbidden: as it is.
  EXPECT_NE(DeriveScramVerifier("\xff", salt, 1).stored_key,
            DeriveScramVerifier("\xfe", salt, 1).stored_key);
  EXPECT_NE(DeriveScramVerifier("a\x07", salt, 1).stored_key,
            DeriveScramVerifier("a", salt, 1).stored_key);
}

TEST(Scram, VerifiersAreTexts) {
  auto made = MakeScramVerifier("secret");
  ASSERT_TRUE(made.ok());
  auto read = MakeScramVerifier(made->ToString());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->ToString(), made->ToString());
  EXPECT_EQ(read->stored_key, made->stored_key);
  for (const char* text :
       {"SCRAM-SHA-256$", "SCRAM-SHA-256$4096:c2FsdA==$x:y", "SCRAM-SHA-256$0:c2FsdA==$a$b:c",
        "SCRAM-SHA-256$:::$$$", "SCRAM-SHA-256$4096:c2FsdA==$c2FsdA==:c2FsdA=="}) {
    EXPECT_FALSE(MakeScramVerifier(text).ok()) << text;
  }
}

TEST(Scram, MalformedFirstMessages) {
  auto verifier = MakeScramVerifier("x");
  ASSERT_TRUE(verifier.ok());
  auto state_of = [&](std::string body) {
    ScramServer server(*verifier, "me");
    return server.Step(body).status().sqlstate();
  };
  EXPECT_EQ(state_of(""), sqlstate::kProtocolViolation);
  EXPECT_EQ(state_of("SCRAM-SHA-256"), sqlstate::kProtocolViolation);
  EXPECT_EQ(state_of(Initial("n,,n=,r=abc", "SCRAM-SHA-1")), sqlstate::kProtocolViolation);
  EXPECT_EQ(state_of(Initial("n,,n=,r=abc") + "x"), sqlstate::kProtocolViolation);
  for (const char* message : {"", "n", "n,", "n,,", "n,,n=", "n,,r=abc", "n,,n=,r=", "x,,n=,r=abc",
                              "p=tls-unique,,n=,r=abc", "n,,m=x,n=,r=abc"}) {
    EXPECT_EQ(state_of(Initial(message)), sqlstate::kProtocolViolation) << message;
  }
  EXPECT_EQ(state_of(Initial("n,a=you,n=,r=abc")), sqlstate::kFeatureNotSupported);
}

TEST(Scram, MalformedFinalMessages) {
  auto verifier = MakeScramVerifier("x");
  ASSERT_TRUE(verifier.ok());
  const std::string bare = "n=,r=abc";
  auto outcome = [&](auto change) {
    ScramServer server(*verifier, "me");
    auto first = server.Step(Initial("n,," + bare));
    std::string final = ClientFinal("x", *verifier, bare, *first);
    return server.Step(change(final)).status();
  };
  EXPECT_TRUE(outcome([](std::string final) { return final; }).ok());
  // A channel binding flag other than the one at the start, a nonce cut or not ours, no proof.
  EXPECT_EQ(outcome([](std::string final) { return "c=eSws" + final.substr(6); }).sqlstate(),
            sqlstate::kProtocolViolation);
  EXPECT_EQ(outcome([](std::string final) {
              return "c=biws,r=abc" + final.substr(final.find(",p="));
            }).sqlstate(),
            sqlstate::kProtocolViolation);
  EXPECT_EQ(
      outcome([](std::string final) { return final.substr(0, final.find(",p=")); }).sqlstate(),
      sqlstate::kProtocolViolation);
  EXPECT_EQ(outcome([](std::string final) { return final + "="; }).sqlstate(),
            sqlstate::kProtocolViolation);
  EXPECT_EQ(outcome([](std::string final) { return final.substr(0, final.size() - 4); }).sqlstate(),
            sqlstate::kProtocolViolation);
  // Right in form, wrong by one bit.
  EXPECT_EQ(outcome([](std::string final) {
              char& c = final[final.find(",p=") + 3];
              c = c == 'A' ? 'B' : 'A';
              return final;
            }).sqlstate(),
            sqlstate::kInvalidPassword);
}

TEST(Scram, AnyBytesAreRefused) {
  auto verifier = MakeScramVerifier("x");
  ASSERT_TRUE(verifier.ok());
  ASSERT_TRUE(rc::check("no bytes get in by chance", [&](const std::string& first,
                                                         const std::string& second) {
    ScramServer server(*verifier, "me");
    if (server.Step(*rc::gen::element(first, Initial(first), Initial("n,,n=,r=" + first))).ok()) {
      RC_ASSERT(!server.Step(*rc::gen::element(second, "c=biws,r=" + second)).ok());
    }
    RC_ASSERT(!server.done());
  }));
}

}  // namespace
}  // namespace shale::wire
