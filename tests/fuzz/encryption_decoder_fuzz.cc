// What tells of keys in files that an attacker may have written: the first byte chooses what the
// rest is taken for. Nothing made by chance may ever pass for authentic.
#include <cstdint>
#include <string>

#include "engine/base/check.h"
#include "engine/base/checksum.h"
#include "engine/base/coding.h"
#include "engine/crypto/envelope_format.h"
#include "engine/crypto/keyring_format.h"

namespace shale::engine {
namespace {

const SecretKey& Key() {
  static const SecretKey key(std::string(kSecretKeyBytes, 'f'));
  return key;
}

// As a forger does, who knows checksums.
std::string WithChecksum(std::string_view bytes) {
  std::string summed(bytes);
  PutFixed64(&summed, Checksum(bytes));
  return summed;
}

void RunKeyring(std::string_view bytes) {
  auto keys = DecodeKeyring(bytes, Key());
  CHECK(!keys.ok());
  (void)KeyringMasterKeyId(bytes).ok();
}

void RunEnvelope(std::string_view bytes) {
  Envelope envelope;
  if (ParseEnvelope(bytes, &envelope) != EnvelopeState::kIntact) return;
  std::string data_key;
  FileIdentity identity;
  CHECK(!UnwrapDataKey(Key(), envelope.wrapped, &data_key, &identity));
  FileOpener opener(Key(), {FileKind::kTable, 1}, 1);
  CHECK(!EnvelopeHolds(opener, bytes, envelope));
}

}  // namespace
}  // namespace shale::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace shale::engine;
  if (size < 1) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      RunKeyring(bytes);
      break;
    case 1:
      RunKeyring(WithChecksum(bytes));
      break;
    case 2:
      RunEnvelope(bytes);
      break;
    case 3:
      RunEnvelope(WithChecksum(bytes));
      break;
    default:
      (void)SecretKey::Parse(bytes, "f").ok();
  }
  return 0;
}
