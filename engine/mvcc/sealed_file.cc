#include "engine/mvcc/sealed_file.h"

#include <algorithm>

#include "engine/base/checksum.h"
#include "engine/base/coding.h"
#include "engine/base/random.h"
#include "engine/crypto/file_cipher.h"
#include "engine/crypto/secret_key.h"

namespace shale::engine {
namespace {

constexpr size_t kChecksumBytes = 8;
constexpr size_t kSegmentBytes = 1 << 20;
constexpr size_t kPieceBytesMax = size_t{1} << 30;
constexpr FileIdentity kIdentity{FileKind::kSpill, 0};

// A piece lies in segments of kSegmentBytes, the last one shorter, each followed by what vouches
// for it.
class SegmentedFile : public TemporaryFile {
 public:
  SegmentedFile(std::unique_ptr<ScratchFile> file, size_t overhead)
      : overhead_(overhead), file_(std::move(file)) {}

  Result<FilePiece> Append(std::string_view bytes) override {
    FilePiece piece;
    if (bytes.size() > kPieceBytesMax) {
      return Error(sqlstate::kProgramLimitExceeded,
                   "cannot write {} bytes to a temporary file at once", bytes.size());
    }
    piece.offset = file_->size();
    do {
      sealed_.clear();
      Seal(file_->size(), bytes.substr(0, kSegmentBytes), &sealed_);
      RETURN_IF_ERROR(file_->Append(sealed_));
      bytes.remove_prefix(std::min(bytes.size(), kSegmentBytes));
    } while (!bytes.empty());
    piece.length = static_cast<uint32_t>(file_->size() - piece.offset);
    return piece;
  }

  Status Read(const FilePiece& piece, std::string* bytes) override {
    bytes->clear();
    const uint64_t end = piece.offset + piece.length;
    for (uint64_t offset = piece.offset; offset < end;) {
      const size_t length = std::min<uint64_t>(end - offset, kSegmentBytes + overhead_);
      const size_t before = bytes->size();
      bytes->resize(before + length);
      char* segment = bytes->data() + before;
      RETURN_IF_ERROR(file_->Read(offset, length, segment));
      if (!Open(offset, {segment, length}, segment)) {
        return Error(sqlstate::kDataCorrupted, "{} bytes at offset {} of \"{}\" are damaged",
                     length, offset, file_->name());
      }
      bytes->resize(bytes->size() - overhead_);
      offset += length;
    }
    return Status::Ok();
  }

  uint64_t size() const override { return file_->size(); }

 protected:
  // Appends the segment as it is to lie at the offset.
  virtual void Seal(uint64_t offset, std::string_view plain, std::string* out) = 0;
  // False where it was not sealed so; else writes all but the overhead to plain, which may be where
  // sealed is.
  virtual bool Open(uint64_t offset, std::string_view sealed, char* plain) = 0;

 private:
  const size_t overhead_;
  const std::unique_ptr<ScratchFile> file_;
  std::string sealed_;
};

class PlainFile : public SegmentedFile {
 public:
  explicit PlainFile(std::unique_ptr<ScratchFile> file)
      : SegmentedFile(std::move(file), kChecksumBytes) {}

 protected:
  void Seal(uint64_t offset, std::string_view plain, std::string* out) override {
    out->append(plain);
    PutFixed64(out, SumOf(plain, offset));
  }

  bool Open(uint64_t offset, std::string_view sealed, char* /*plain*/) override {
    const std::string_view contents = sealed.substr(0, sealed.size() - kChecksumBytes);
    ByteReader reader(sealed.substr(contents.size()));
    return reader.ReadFixed64() == SumOf(contents, offset);
  }

 private:
  static uint64_t SumOf(std::string_view bytes, uint64_t offset) {
    return Checksum(bytes, ChecksumSeed(static_cast<uint64_t>(FileKind::kSpill), offset));
  }
};

// The key is the file's own and in memory alone.
class EncryptedFile : public SegmentedFile {
 public:
  EncryptedFile(std::unique_ptr<ScratchFile> file, const SecretKey& key)
      : SegmentedFile(std::move(file), kSealTagBytes),
        sealer_(key, kIdentity, 0),
        opener_(key, kIdentity, 0) {}

 protected:
  void Seal(uint64_t offset, std::string_view plain, std::string* out) override {
    out->resize(plain.size() + kSealTagBytes);
    sealer_.Seal(offset, {}, plain, out->data());
  }

  bool Open(uint64_t offset, std::string_view sealed, char* plain) override {
    return opener_.Open(offset, {}, sealed, plain);
  }

 private:
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
