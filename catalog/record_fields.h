// The fields of a record as catalog_format.h lays them out: for its codecs alone.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "catalog/catalog_format.h"
#include "catalog/types/type.h"
#include "engine/base/coding.h"
#include "engine/base/status.h"

namespace shale::catalog {

// Signed integers as unsigned ones, small ones of both signs as small ones.
inline uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
inline int64_t UnZigZag(uint64_t value) {
  return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
}

// Appends fields behind the version; Take() ends the record.
class CatalogRecordWriter {
 public:
  CatalogRecordWriter() { bytes_.push_back(static_cast<char>(kCatalogFormatVersion)); }
  void Unsigned(uint64_t value) { PutVarint64(&bytes_, value); }
  void Signed(int64_t value) { PutVarint64(&bytes_, ZigZag(value)); }
  void Bool(bool value) { bytes_.push_back(value ? 1 : 0); }
  void String(std::string_view text) { PutLengthPrefixed(&bytes_, text); }
  std::string Take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

inline Status DamagedRecord() { return Status(sqlstate::kDataCorrupted, "damaged catalog record"); }

// Reads fields. One that is not there reads as nothing; Finish() tells of it, and of a version that
// is newer.
class CatalogRecordReader {
 public:
  explicit CatalogRecordReader(std::string_view record) : reader_(record) {
    version_ = reader_.ReadByte();
  }
  uint64_t Unsigned() { return reader_.ReadVarint64(); }
  Oid ReadOid() { return reader_.ReadVarint32(); }
  int64_t Signed() { return UnZigZag(reader_.ReadVarint64()); }
  bool Bool() { return reader_.ReadByte() != 0; }
  std::string String() { return std::string(reader_.ReadLengthPrefixed()); }
  bool at_end() const { return reader_.AtEnd(); }
  void Fail() { failed_ = true; }
  // A count of things that take at least a byte each, so a damaged one cannot ask for much memory.
  size_t Count() {
    uint64_t count = reader_.ReadVarint64();
    if (count > reader_.rest().size()) {
      failed_ = true;
      return 0;
    }
    return count;
  }
  Status Finish() const {
    if (version_ > kCatalogFormatVersion) {
      return Error(sqlstate::kFeatureNotSupported, "catalog record of format {} is not supported",
                   version_)
          .Hint("The data directory was written by a newer server.");
    }
    if (version_ == 0 || failed_ || !reader_.AtEnd()) return DamagedRecord();
    return Status::Ok();
  }

 private:
  ByteReader reader_;
  uint8_t version_ = 0;
  bool failed_ = false;
};

inline void WriteType(Type type, CatalogRecordWriter* writer) {
  writer->Unsigned(type.oid);
  writer->Signed(type.typmod);
}

inline Type ReadType(CatalogRecordReader* reader) {
  Type type;
  type.oid = reader->ReadOid();
  type.typmod = static_cast<int32_t>(reader->Signed());
  return type;
}

}  // namespace shale::catalog
