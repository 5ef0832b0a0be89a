#include "engine/mvcc/sealed_file.h"

#include "engine/base/checksum.h"
#include "engine/base/coding.h"
#include "engine/base/random.h"
#include "engine/crypto/file_cipher.h"
#include "engine/crypto/secret_key.h"

namespace shale::engine {
namespace {

constexpr size_t kChecksumBytes = 8;
constexpr FileIdentity kIdentity{FileKind::kSpill, 0};

Status Damaged(const ScratchFile& file, const FilePiece& piece) {
  return Error(sqlstate::kDataCorrupted, "{} bytes at offset {} of \"{}\" are damaged",
               piece.length, piece.offset, file.name());
}

class PlainFile : public TemporaryFile {
 public:
  explicit PlainFile(std::unique_ptr<ScratchFile> file) : file_(std::move(file)) {}

  Result<FilePiece> Append(std::string_view bytes) override {
    const FilePiece piece{file_->size(), static_cast<uint32_t>(bytes.size() + kChecksumBytes)};
    std::string sum;
    PutFixed64(&sum, SumOf(bytes, piece.offset));
    RETURN_IF_ERROR(file_->Append(bytes));
    RETURN_IF_ERROR(file_->Append(sum));
    return piece;
  }

  Status Read(const FilePiece& piece, std::string* bytes) override {
    bytes->resize(piece.length);
    RETURN_IF_ERROR(file_->Read(piece.offset, piece.length, bytes->data()));
    const std::string_view contents(bytes->data(), piece.length - kChecksumBytes);
    ByteReader reader(std::string_view(*bytes).substr(contents.size()));
    if (reader.ReadFixed64() != SumOf(contents, piece.offset)) return Damaged(*file_, piece);
    bytes->resize(contents.size());
    return Status::Ok();
  }

  uint64_t size() const override { return file_->size(); }

 private:
  static uint64_t SumOf(std::string_view bytes, uint64_t offset) {
    return Checksum(bytes, ChecksumSeed(static_cast<uint64_t>(FileKind::kSpill), offset));
  }

  const std::unique_ptr<ScratchFile> file_;
};

class EncryptedFile : public TemporaryFile {
 public:
  EncryptedFile(std::unique_ptr<ScratchFile> file, const SecretKey& key)
      : file_(std::move(file)), sealer_(key, kIdentity, 0), opener_(key, kIdentity, 0) {}

  Result<FilePiece> Append(std::string_view bytes) override {
    const FilePiece piece{file_->size(), static_cast<uint32_t>(bytes.size() + kSealTagBytes)};
    std::string sealed(piece.length, '\0');
    sealer_.Seal(piece.offset, {}, bytes, sealed.data());
    RETURN_IF_ERROR(file_->Append(sealed));
    return piece;
  }

  Status Read(const FilePiece& piece, std::string* bytes) override {
    bytes->resize(piece.length);
    RETURN_IF_ERROR(file_->Read(piece.offset, piece.length, bytes->data()));
    if (!opener_.Open(piece.offset, {}, *bytes, bytes->data())) return Damaged(*file_, piece);
    bytes->resize(piece.length - kSealTagBytes);
    return Status::Ok();
  }

  uint64_t size() const override { return file_->size(); }

 private:
  const std::unique_ptr<ScratchFile> file_;
  FileSealer sealer_;
  FileOpener opener_;
};

}  // namespace

Result<std::unique_ptr<TemporaryFile>> CreateSealedFile(Storage& storage, bool encrypted) {
  ASSIGN_OR_RETURN(std::unique_ptr<ScratchFile> file, storage.CreateScratch());
  if (!encrypted) {
    return std::unique_ptr<TemporaryFile>(std::make_unique<PlainFile>(std::move(file)));
  }
  return std::unique_ptr<TemporaryFile>(
      std::make_unique<EncryptedFile>(std::move(file), SecretKey::Generate(FillSecureRandom)));
}

}  // namespace shale::engine
