// ValueFileBuilder: writes one value file (value_format.h), value by value. One thread at a time.
//
//   ValueFileBuilder builder(options, writer.get());
//   ASSIGN_OR_RETURN(ValueReference reference, builder.Add(value));
//   RETURN_IF_ERROR(builder.Finish());
//
// After an error nothing but destruction is allowed; the unfinished blob is its owner's to drop.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/base/checksum.h"
#include "engine/base/status.h"
#include "engine/env/storage.h"
#include "engine/options.h"
#include "engine/table/block_codec.h"
#include "engine/table/value_format.h"

namespace shale::engine {

class Keyring;

struct ValueFileBuilderOptions {
  uint64_t file_number = 0;
  Compression compression = Compression::kLz4;
  Keyring* keyring = nullptr;  // of an encrypted store; outlives the builder
};

class ValueFileBuilder {
 public:
  // The writer is empty and outlives the builder.
  ValueFileBuilder(const ValueFileBuilderOptions& options, BlobWriter* writer);
  ValueFileBuilder(const ValueFileBuilder&) = delete;
  ValueFileBuilder& operator=(const ValueFileBuilder&) = delete;

  // 54000 beyond kTableEntryBytesMax.
  Result<ValueReference> Add(std::string_view value);
  // Makes the blob durable. At least one value must have been added.
  Status Finish();

  uint64_t file_bytes() const { return offset_; }
  uint64_t record_bytes() const { return offset_ - records_begin_; }
  // Of all bytes written, as table_digest.h has it.
  uint64_t digest() const { return digest_.Value(); }

 private:
  Status Append(std::string_view bytes);
  Status WriteHeader();

  const ValueFileBuilderOptions options_;
  BlobWriter* const writer_;
  uint64_t offset_ = 0;         // bytes written
  uint64_t records_begin_ = 0;  // of the first one
  BlockEncoder encoder_;
  StreamingChecksum digest_;
};

}  // namespace shale::engine
