#include "wire/encoder.h"

#include "engine/base/coding.h"

namespace shale::wire {
namespace {

void StoreBigEndian32(char* at, uint32_t value) {
  value = ByteSwap(value);
  std::memcpy(at, &value, sizeof(value));
}

}  // namespace

size_t Encoder::Begin(char type) {
  buffer_.push_back(type);
  size_t length_at = buffer_.size();
  buffer_.append(4, '\0');
  return length_at;
}

void Encoder::End(size_t length_at) {
  StoreBigEndian32(buffer_.data() + length_at, static_cast<uint32_t>(buffer_.size() - length_at));
}

void Encoder::Empty(char type) {
  size_t at = Begin(type);
  End(at);
}

// A zero byte inside would end the string early and make the rest another field.
void Encoder::String(std::string_view text) {
  buffer_ += text.substr(0, text.find('\0'));
  buffer_.push_back('\0');
}

void Encoder::AuthenticationOk() {
  size_t at = Begin('R');
  PutBigEndian32(&buffer_, 0);
  End(at);
}

void Encoder::AuthenticationSasl(std::span<const std::string_view> mechanisms) {
  size_t at = Begin('R');
  PutBigEndian32(&buffer_, 10);
  for (std::string_view mechanism : mechanisms) String(mechanism);
  buffer_.push_back('\0');
  End(at);
}

void Encoder::AuthenticationSaslContinue(std::string_view data) {
  size_t at = Begin('R');
  PutBigEndian32(&buffer_, 11);
  buffer_ += data;
  End(at);
}

void Encoder::AuthenticationSaslFinal(std::string_view data) {
  size_t at = Begin('R');
  PutBigEndian32(&buffer_, 12);
  buffer_ += data;
  End(at);
}

void Encoder::BackendKeyData(int32_t pid, uint32_t secret) {
  size_t at = Begin('K');
  PutBigEndian32(&buffer_, static_cast<uint32_t>(pid));
  PutBigEndian32(&buffer_, secret);
  End(at);
}

void Encoder::NegotiateProtocolVersion(uint32_t newest_minor,
                                       std::span<const std::string> unknown) {
  size_t at = Begin('v');
  PutBigEndian32(&buffer_, newest_minor);
  PutBigEndian32(&buffer_, static_cast<uint32_t>(unknown.size()));
  for (const std::string& name : unknown) String(name);
  End(at);
}

void Encoder::ReadyForQuery(char status) {
  size_t at = Begin('Z');
  buffer_.push_back(status);
  End(at);
}

void Encoder::ParameterStatus(std::string_view name, std::string_view value) {
  size_t at = Begin('S');
  String(name);
  String(value);
  End(at);
}

void Encoder::Fields(char type, std::string_view severity, const ErrorFields& fields) {
  size_t at = Begin(type);
  auto field = [&](char code, std::string_view text) {
    if (text.empty()) return;
    buffer_.push_back(code);
    String(text);
  };
  field('S', severity);
  field('V', severity);
  field('C', std::string_view(fields.sqlstate.code, 5));
  // A message is always sent.
  buffer_.push_back('M');
  String(fields.message);
  field('D', fields.detail);
  field('H', fields.hint);
  if (fields.position > 0) field('P', std::to_string(fields.position));
  if (fields.internal_position > 0) field('p', std::to_string(fields.internal_position));
  field('q', fields.internal_query);
  field('W', fields.context);
  field('s', fields.schema);
  field('t', fields.table);
  field('c', fields.column);
  field('d', fields.data_type);
  field('n', fields.constraint);
  field('R', fields.routine);
  buffer_.push_back('\0');
  End(at);
}

void Encoder::ErrorResponse(std::string_view severity, const ErrorFields& fields) {
  Fields('E', severity, fields);
}

void Encoder::NoticeResponse(std::string_view severity, const ErrorFields& fields) {
  Fields('N', severity, fields);
}

void Encoder::CommandComplete(std::string_view tag) {
  size_t at = Begin('C');
  String(tag);
  End(at);
}

void Encoder::ParameterDescription(std::span<const catalog::Oid> types) {
  size_t at = Begin('t');
  PutBigEndian16(&buffer_, static_cast<uint16_t>(types.size()));
  for (catalog::Oid type : types) PutBigEndian32(&buffer_, type);
  End(at);
}

void Encoder::RowDescription(const sql::RowShape& shape) {
  size_t at = Begin('T');
  PutBigEndian16(&buffer_, static_cast<uint16_t>(shape.columns.size()));
  for (size_t i = 0; i < shape.columns.size(); ++i) {
    const sql::OutputColumn& column = shape.columns[i];
    // A domain is shown as what it is over.
    const catalog::Type type = catalog::BaseOf(column.type);
    String(column.name);
    PutBigEndian32(&buffer_, column.table_oid);
    PutBigEndian16(&buffer_, static_cast<uint16_t>(column.attnum));
    PutBigEndian32(&buffer_, type.oid);
    PutBigEndian16(&buffer_, static_cast<uint16_t>(catalog::GetType(type.oid).length));
    PutBigEndian32(&buffer_, static_cast<uint32_t>(type.typmod));
    PutBigEndian16(&buffer_, static_cast<uint16_t>(shape.formats[i]));
  }
  End(at);
}

void Encoder::Value(catalog::Type type, sql::WireFormat format, const catalog::Datum& datum,
                    const catalog::FormatSettings& settings) {
  size_t length_at = buffer_.size();
  buffer_.append(4, '\0');
  if (format == sql::WireFormat::kText)
    catalog::AppendText(type, datum, settings, &buffer_);
  else
    catalog::AppendBinary(type, datum, settings, &buffer_);
  StoreBigEndian32(buffer_.data() + length_at,
                   static_cast<uint32_t>(buffer_.size() - length_at - 4));
}

void Encoder::DataRow(const sql::RowShape& shape, const catalog::Datum* values, const bool* nulls,
                      const catalog::FormatSettings& settings) {
  size_t at = Begin('D');
  PutBigEndian16(&buffer_, static_cast<uint16_t>(shape.columns.size()));
  for (size_t i = 0; i < shape.columns.size(); ++i) {
    if (nulls[i])
      PutBigEndian32(&buffer_, UINT32_MAX);
    else
      Value(shape.columns[i].type, shape.formats[i], values[i], settings);
  }
  End(at);
}

void Encoder::DataRows(const sql::RowShape& shape, const sql::Batch& batch,
                       const catalog::FormatSettings& settings) {
  const size_t columns = shape.columns.size();
  const uint32_t rows = batch.size();
  for (uint32_t i = 0; i < rows; ++i) {
    const uint32_t row = batch.RowAt(i);
    size_t at = Begin('D');
    PutBigEndian16(&buffer_, static_cast<uint16_t>(columns));
    for (size_t column = 0; column < columns; ++column) {
      const sql::Vector& vector = batch.columns[column];
      if (vector.IsNull(row)) {
        PutBigEndian32(&buffer_, UINT32_MAX);
      } else {
        Value(shape.columns[column].type, shape.formats[column], vector.GetDatum(row), settings);
      }
    }
    End(at);
  }
}

void Encoder::CopyResponse(char type, sql::WireFormat format, size_t column_count) {
  size_t at = Begin(type);
  buffer_.push_back(static_cast<char>(format));
  PutBigEndian16(&buffer_, static_cast<uint16_t>(column_count));
  for (size_t i = 0; i < column_count; ++i) {
    PutBigEndian16(&buffer_, static_cast<uint16_t>(format));
  }
  End(at);
}

void Encoder::CopyData(std::string_view bytes) {
  size_t at = Begin('d');
  buffer_ += bytes;
  End(at);
}

}  // namespace shale::wire
