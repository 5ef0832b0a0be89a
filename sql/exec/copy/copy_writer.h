// CopyWriter: rows to lines of COPY's text and csv formats. The counterpart of CopyReader; no I/O.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "sql/exec/copy/copy_output.h"

namespace shale::sql {

class CopyWriter : public CopyOutput {
 public:
  CopyWriter(const ast::CopyOptions& options, std::vector<std::string> column_names);

  void AppendHeader(std::string* out) const override;
  void AppendTrailer(std::string*) const override {}
  void AppendRow(const Batch& batch, uint32_t row, const catalog::FormatSettings& settings,
                 std::string* out) override;
  bool has_header_line() const override { return header_; }

 private:
  void AppendText(std::string_view text, std::string* out) const;
  void AppendCsv(std::string_view text, bool force_quote, std::string* out) const;
  bool IsSpecial(char c) const { return special_[static_cast<uint8_t>(c)]; }
  bool HasSpecial(std::string_view text) const;
  bool MustQuote(std::string_view text, bool force_quote) const;
  void AppendInteger(int64_t value, bool force_quote, std::string* out) const;
  void AppendField(std::string_view text, bool force_quote, std::string* out) const;

  const bool header_;
  const bool csv_;
  const char delimiter_;
  const char quote_;
  const char escape_;
  const std::string null_text_;
  const std::vector<std::string> column_names_;
  std::vector<bool> force_quote_;
  std::array<bool, 256> special_{};  // what a value cannot have in it as it is
  uint64_t delimiters_;              // eight of each
  uint64_t escapes_;                 // of what else is special and no control character
  bool integers_are_plain_ = true;   // nothing in one is special, nor reads as NULL
  std::string field_;
};

}  // namespace shale::sql
