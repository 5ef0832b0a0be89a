// CopyBinaryReader: COPY's binary format, bytes in, rows of fields out.
#pragma once

#include <string>
#include <vector>

#include "sql/exec/copy/copy_input.h"

namespace shale::sql {

class CopyBinaryReader : public CopyInput {
 public:
  CopyBinaryReader(std::string table_name, std::vector<std::string> column_names);

  void Feed(std::string_view chunk) override;
  void Finish() override { finished_ = true; }
  Result<bool> NextRow(std::vector<CopyField>* fields) override;
  std::string Context(size_t column, const CopyField& field) const override;
  std::string RowContext(uint64_t number, std::string_view line) const override;
  Result<catalog::Datum> Parse(catalog::Type type, const CopyField& field,
                               const catalog::FormatSettings& settings,
                               Arena* arena) const override;

 private:
  // True: the header has been read. False: more bytes are needed.
  Result<bool> ReadHeader();
  // The bytes that are there, from `at` on; nothing where fewer are.
  bool Has(size_t at, size_t bytes) const { return buffer_.size() - at >= bytes; }
  Status UnexpectedEnd(size_t column) const;

  const std::string table_name_;
  const std::vector<std::string> column_names_;
  std::string buffer_;
  size_t position_ = 0;  // of the next row in the buffer
  // Of the row that is not whole yet: how far it has been looked at, and the fields up to there.
  size_t scanned_ = 0;
  std::vector<std::pair<size_t, int32_t>> found_;
  bool has_header_ = false;
  bool has_trailer_ = false;
  bool finished_ = false;
};

}  // namespace shale::sql
