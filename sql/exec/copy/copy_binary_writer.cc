#include "sql/exec/copy/copy_binary_writer.h"

#include <cstring>

#include "engine/base/coding.h"
#include "sql/exec/copy/copy_binary_format.h"

namespace shale::sql {

void CopyBinaryWriter::AppendHeader(std::string* out) const {
  *out += kCopySignature;
  PutBigEndian32(out, 0);  // flags
  PutBigEndian32(out, 0);  // no extension
}

void CopyBinaryWriter::AppendTrailer(std::string* out) const { PutBigEndian16(out, UINT16_MAX); }

void CopyBinaryWriter::AppendRow(const Batch& batch, uint32_t row,
                                 const catalog::FormatSettings& settings, std::string* out) {
  PutBigEndian16(out, static_cast<uint16_t>(column_count_));
  for (size_t i = 0; i < column_count_; ++i) {
    const Vector& column = batch.columns[i];
    if (column.IsNull(row)) {
      PutBigEndian32(out, UINT32_MAX);
      continue;
    }
    const size_t length_at = out->size();
    PutBigEndian32(out, 0);
    catalog::AppendBinary(column.type(), column.GetDatum(row), settings, out);
    const uint32_t length = ByteSwap(static_cast<uint32_t>(out->size() - length_at - 4));
    std::memcpy(out->data() + length_at, &length, sizeof(length));
  }
}

}  // namespace shale::sql
