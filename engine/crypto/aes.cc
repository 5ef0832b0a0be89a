#include "engine/crypto/aes.h"

#include <openssl/evp.h>

#include <algorithm>
#include <atomic>

#include "engine/base/checksum.h"

namespace shale::engine {
namespace {

// EVP counts in int; a multiple of the cipher's block.
constexpr size_t kPieceBytes = size_t{1} << 30;

std::atomic<SealObserver*> seal_observer{nullptr};

const unsigned char* Bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// Fetched once: looking an algorithm up costs a lock and a search each time.
const EVP_CIPHER* GcmCipher() {
  static const EVP_CIPHER* const cipher = [] {
    const EVP_CIPHER* fetched = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    CHECK(fetched != nullptr);
    return fetched;
  }();
  return cipher;
}

EVP_CIPHER_CTX* NewContext(const SecretKey& key, AesGcm::Use use) {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  CHECK(context != nullptr);
  // The nonce's default length is kNonceBytes.
  CHECK(EVP_CipherInit_ex(context, GcmCipher(), nullptr, key.data(), nullptr,
                          use == AesGcm::Use::kSeal ? 1 : 0) == 1);
  return context;
}

void Update(EVP_CIPHER_CTX* context, std::string_view in, char* out) {
  auto* to = reinterpret_cast<unsigned char*>(out);
  while (!in.empty()) {
    int length = static_cast<int>(std::min(in.size(), kPieceBytes));
    int written = 0;
    CHECK(EVP_CipherUpdate(context, to, &written, Bytes(in), length) == 1);
    if (to != nullptr) {
      CHECK(written == length);
      to += length;
    }
    in.remove_prefix(length);
  }
}

void Begin(EVP_CIPHER_CTX* context, const Nonce& nonce, AssociatedData associated) {
  CHECK(EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), -1) == 1);
  Update(context, associated.first, nullptr);
  Update(context, associated.second, nullptr);
}

}  // namespace

AesGcm::AesGcm(const SecretKey& key, Use use)
    : context_(NewContext(key, use)), key_mark_(Checksum(key.bytes())) {}

AesGcm::~AesGcm() { EVP_CIPHER_CTX_free(context_); }

void AesGcm::Seal(const Nonce& nonce, AssociatedData associated, std::string_view plain,
                  char* out) {
  if (SealObserver* observer = seal_observer.load(std::memory_order_acquire)) {
    observer->OnSeal(key_mark_, nonce);
  }
  Begin(context_, nonce, associated);
  Update(context_, plain, out);
  unsigned char nothing[kSealTagBytes];
  int written = 0;
  CHECK(EVP_CipherFinal_ex(context_, nothing, &written) == 1 && written == 0);
  CHECK(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, kSealTagBytes, out + plain.size()) ==
        1);
}

bool AesGcm::Open(const Nonce& nonce, AssociatedData associated, std::string_view sealed,
                  char* out) {
  if (sealed.size() < kSealTagBytes) return false;
  size_t plain_bytes = sealed.size() - kSealTagBytes;
  char tag[kSealTagBytes];
  std::copy_n(sealed.data() + plain_bytes, kSealTagBytes, tag);
  Begin(context_, nonce, associated);
  Update(context_, sealed.substr(0, plain_bytes), out);
  CHECK(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, kSealTagBytes, tag) == 1);
  unsigned char nothing[kSealTagBytes];
  int written = 0;
  return EVP_CipherFinal_ex(context_, nothing, &written) == 1;
}

namespace {

bool Wrap(const SecretKey& wrapping_key, bool wrap, std::string_view in, std::string* out) {
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  CHECK(context != nullptr);
  EVP_CIPHER_CTX_set_flags(context, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
  CHECK(EVP_CipherInit_ex(context, EVP_aes_256_wrap(), nullptr, wrapping_key.data(), nullptr,
                          wrap ? 1 : 0) == 1);
  out->resize(in.size() + 2 * kWrapBytes);
  int written = 0;
  bool done = EVP_CipherUpdate(context, reinterpret_cast<unsigned char*>(out->data()), &written,
                               Bytes(in), static_cast<int>(in.size())) == 1 &&
              written > 0;
  EVP_CIPHER_CTX_free(context);
  out->resize(done ? written : 0);
  return done;
}

}  // namespace

std::string WrapKey(const SecretKey& wrapping_key, std::string_view plain) {
  CHECK(plain.size() >= 16 && plain.size() % 8 == 0);
  std::string wrapped;
  CHECK(Wrap(wrapping_key, true, plain, &wrapped) && wrapped.size() == plain.size() + kWrapBytes);
  return wrapped;
}

bool UnwrapKey(const SecretKey& wrapping_key, std::string_view wrapped, std::string* plain) {
  if (wrapped.size() < 16 + kWrapBytes || wrapped.size() % 8 != 0) return false;
  return Wrap(wrapping_key, false, wrapped, plain) && plain->size() == wrapped.size() - kWrapBytes;
}

void SetSealObserver(SealObserver* observer) { seal_observer.store(observer); }

}  // namespace shale::engine
