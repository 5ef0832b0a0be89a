// Encoder: the server's messages, appended to a byte buffer. No I/O. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "sql/session/reply_sink.h"

namespace shale::wire {

class Encoder {
 public:
  std::string& buffer() { return buffer_; }
  const std::string& buffer() const { return buffer_; }

  void AuthenticationOk();
  void AuthenticationSasl(std::span<const std::string_view> mechanisms);
  void AuthenticationSaslContinue(std::string_view data);
  void AuthenticationSaslFinal(std::string_view data);
  void BackendKeyData(int32_t pid, uint32_t secret);
  void NegotiateProtocolVersion(uint32_t newest_minor, std::span<const std::string> unknown);
  void ReadyForQuery(char status);
  void ParameterStatus(std::string_view name, std::string_view value);
  // severity ERROR or FATAL
  void ErrorResponse(std::string_view severity, const ErrorFields& fields);
  void NoticeResponse(std::string_view severity, const ErrorFields& fields);
  void ParseComplete() { Empty('1'); }
  void BindComplete() { Empty('2'); }
  void CloseComplete() { Empty('3'); }
  void NoData() { Empty('n'); }
  void EmptyQueryResponse() { Empty('I'); }
  void PortalSuspended() { Empty('s'); }
  void CopyDone() { Empty('c'); }
  void CommandComplete(std::string_view tag);
  void ParameterDescription(std::span<const catalog::Oid> types);
  void RowDescription(const sql::RowShape& shape);
  void DataRow(const sql::RowShape& shape, const catalog::Datum* values, const bool* nulls,
               const catalog::FormatSettings& settings);
  void DataRows(const sql::RowShape& shape, const sql::Batch& batch,
                const catalog::FormatSettings& settings);
  // type 'G' (in) or 'H' (out)
  void CopyResponse(char type, sql::WireFormat format, size_t column_count);
  void CopyData(std::string_view bytes);

 private:
  void Empty(char type);
  // Begins a message and gives where its length goes; End fills it in.
  size_t Begin(char type);
  void End(size_t length_at);
  void String(std::string_view text);
  void Value(catalog::Type type, sql::WireFormat format, const catalog::Datum& datum,
             const catalog::FormatSettings& settings);
  void Fields(char type, std::string_view severity, const ErrorFields& fields);

  std::string buffer_;
};

}  // namespace shale::wire
