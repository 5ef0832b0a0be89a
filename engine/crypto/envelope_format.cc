#include "engine/crypto/envelope_format.h"

#include "engine/base/checksum.h"
#include "engine/base/cleanup.h"
#include "engine/base/coding.h"

namespace shale::engine {
namespace {

constexpr size_t kTagOffset = 72;
constexpr size_t kEnvelopeChecksumOffset = 88;
constexpr uint64_t kHeaderPlace = 0;

}  // namespace

std::string WrapDataKey(const SecretKey& store_key, const SecretKey& data_key,
                        FileIdentity identity) {
  std::string plain(data_key.bytes());
  Cleanup wipe([&plain] { Wipe(&plain); });
  plain.reserve(kWrappedKeyBytes);
  PutFixed64(&plain, identity.number);
  PutFixed64(&plain, static_cast<uint64_t>(identity.kind));
  return WrapKey(store_key, plain);
}

bool UnwrapDataKey(const SecretKey& store_key, std::string_view wrapped, std::string* data_key,
                   FileIdentity* identity) {
  if (wrapped.size() != kWrappedKeyBytes) return false;
  if (!UnwrapKey(store_key, wrapped, data_key)) return false;
  identity->number = LoadFixed<uint64_t>(data_key->data() + kSecretKeyBytes);
  auto kind = LoadFixed<uint64_t>(data_key->data() + kSecretKeyBytes + 8);
  identity->kind = static_cast<FileKind>(kind);
  data_key->resize(kSecretKeyBytes);
  return kind <= UINT8_MAX;
}

void AppendEnvelope(std::string_view wrapped, FileSealer* sealer, std::string* header) {
  CHECK(wrapped.size() == kWrappedKeyBytes);
  size_t start = header->size();
  header->append(kEnvelopeMagic);
  PutFixed32(header, kEnvelopeVersion);
  PutFixed32(header, sealer->generation());
  header->append(wrapped);
  CHECK(header->size() == start + kTagOffset);
  char tag[kSealTagBytes];
  sealer->Seal(kHeaderPlace, *header, {}, tag);
  header->append(tag, sizeof(tag));
  PutFixed64(header, Checksum(std::string_view(*header).substr(start)));
  CHECK(header->size() == start + kEnvelopeBytes);
}

EnvelopeState ParseEnvelope(std::string_view bytes, Envelope* envelope) {
  if (bytes.size() != kEnvelopeBytes || !bytes.starts_with(kEnvelopeMagic)) {
    return EnvelopeState::kDamaged;
  }
  uint64_t checksum = LoadFixed<uint64_t>(bytes.data() + kEnvelopeChecksumOffset);
  if (checksum != Checksum(bytes.substr(0, kEnvelopeChecksumOffset))) {
    return EnvelopeState::kDamaged;
  }
  if (LoadFixed<uint32_t>(bytes.data() + 8) != kEnvelopeVersion) {
    return EnvelopeState::kUnknownVersion;
  }
  envelope->generation = LoadFixed<uint32_t>(bytes.data() + 12);
  envelope->wrapped = bytes.substr(16, kWrappedKeyBytes);
  envelope->tag = bytes.substr(kTagOffset, kSealTagBytes);
  return EnvelopeState::kIntact;
}

bool EnvelopeHolds(const FileOpener& opener, std::string_view header, const Envelope& envelope) {
  size_t covered = header.size() - kEnvelopeBytes + kTagOffset;
  char nothing[1];
  return opener.Open(kHeaderPlace, header.substr(0, covered), envelope.tag, nothing);
}

}  // namespace shale::engine
