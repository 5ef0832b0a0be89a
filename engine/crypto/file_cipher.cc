#include "engine/crypto/file_cipher.h"

#include <cstring>
#include <utility>

namespace shale::engine {
namespace {

struct Place {
  uint64_t kind;
  uint64_t number;
  uint64_t place;
};

Nonce NonceOf(uint64_t place) {
  Nonce nonce{};
  std::memcpy(nonce.data(), &place, sizeof(place));
  return nonce;
}

std::string_view BytesOf(const Place& place) {
  return {reinterpret_cast<const char*>(&place), sizeof(place)};
}

}  // namespace

std::string_view FileKindName(FileKind kind) {
  switch (kind) {
    case FileKind::kTable:
      return "table";
    case FileKind::kLog:
      return "log segment";
    case FileKind::kManifest:
      return "manifest";
    case FileKind::kValues:
      return "value file";
    case FileKind::kSpill:
      return "spill file";
    case FileKind::kBackup:
      return "backup file";
  }
  return "file of an unknown kind";
}

void FileSealer::Seal(uint64_t place, std::string_view associated, std::string_view plain,
                      char* out) {
  CHECK(place >= place_min_);
  place_min_ = place + 1;
  Place where{static_cast<uint64_t>(identity_.kind), identity_.number, place};
  cipher_.Seal(NonceOf(place), {BytesOf(where), associated}, plain, out);
}

std::unique_ptr<AesGcm> FileOpener::TakeCipher() const {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<AesGcm> cipher = std::move(idle_.back());
      idle_.pop_back();
      return cipher;
    }
  }
  return std::make_unique<AesGcm>(data_key_, AesGcm::Use::kOpen);
}

bool FileOpener::Open(uint64_t place, std::string_view associated, std::string_view sealed,
                      char* out) const {
  std::unique_ptr<AesGcm> cipher = TakeCipher();
  Place where{static_cast<uint64_t>(identity_.kind), identity_.number, place};
  bool opened = cipher->Open(NonceOf(place), {BytesOf(where), associated}, sealed, out);
  std::lock_guard lock(mutex_);
  idle_.push_back(std::move(cipher));
  return opened;
}

}  // namespace shale::engine
