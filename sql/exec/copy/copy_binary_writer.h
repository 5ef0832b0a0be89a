// CopyBinaryWriter: rows to COPY's binary format (copy_binary_format.h).
#pragma once

#include "sql/exec/copy/copy_output.h"

namespace shale::sql {

class CopyBinaryWriter : public CopyOutput {
 public:
  explicit CopyBinaryWriter(size_t column_count) : column_count_(column_count) {}

  void AppendHeader(std::string* out) const override;
  void AppendTrailer(std::string* out) const override;
  void AppendRow(const Batch& batch, uint32_t row, const catalog::FormatSettings& settings,
                 std::string* out) override;
  bool has_header_line() const override { return false; }

 private:
  const size_t column_count_;
};

}  // namespace shale::sql
