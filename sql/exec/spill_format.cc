#include "sql/exec/spill_format.h"

#include <cstring>

#include "sql/exec/size_type.h"

namespace shale::sql {
namespace {

size_t ValidityBytes(uint32_t rows) { return (size_t{rows} + 63) / 64 * sizeof(uint64_t); }

template <typename T>
void PutArray(const T* values, size_t count, std::string* out) {
  out->append(reinterpret_cast<const char*>(values), count * sizeof(T));
}

void EncodeColumn(const Vector& column, uint32_t rows, std::string* out) {
  const uint64_t* validity = column.validity();
  out->push_back(validity != nullptr ? 1 : 0);
  if (validity != nullptr)
    out->append(reinterpret_cast<const char*>(validity), ValidityBytes(rows));
  if (column.kind() != catalog::PhysicalKind::kBytes) {
    WithSizeType(column.kind(), [&]<typename T>(T) { PutArray(column.values<T>(), rows, out); });
    return;
  }
  const std::string_view* values = column.values<std::string_view>();
  for (uint32_t i = 0; i < rows; ++i) {
    const uint32_t length = column.IsNull(i) ? 0 : static_cast<uint32_t>(values[i].size());
    PutArray(&length, 1, out);
  }
  for (uint32_t i = 0; i < rows; ++i) {
    if (!column.IsNull(i)) out->append(values[i]);
  }
}

// Takes bytes from the front.
class Input {
 public:
  explicit Input(std::string_view bytes) : bytes_(bytes) {}
  std::string_view Take(size_t count) {
    CHECK(count <= bytes_.size());
    std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  uint32_t TakeU32() {
    uint32_t value;
    std::memcpy(&value, Take(sizeof(value)).data(), sizeof(value));
    return value;
  }

 private:
  std::string_view bytes_;
};

Vector DecodeColumn(catalog::Type type, uint32_t rows, Input* input, Arena* arena) {
  Vector column = Vector::Flat(type, rows, arena);
  if (input->Take(1)[0] != 0) {
    uint64_t* validity = arena->AllocateArray<uint64_t>(ValidityBytes(rows) / sizeof(uint64_t));
    std::memcpy(validity, input->Take(ValidityBytes(rows)).data(), ValidityBytes(rows));
    column.SetValidity(validity);
  }
  if (column.kind() != catalog::PhysicalKind::kBytes) {
    const size_t bytes = rows * ValueBytes(column.kind());
    std::memcpy(column.values<char>(), input->Take(bytes).data(), bytes);
    return column;
  }
  Input lengths(input->Take(rows * sizeof(uint32_t)));
  std::string_view* values = column.values<std::string_view>();
  for (uint32_t i = 0; i < rows; ++i) values[i] = input->Take(lengths.TakeU32());
  return column;
}

}  // namespace

void EncodeRows(const Batch& rows, std::string* out) {
  PutArray(&rows.row_count, 1, out);
  for (const Vector& column : rows.columns) EncodeColumn(column, rows.row_count, out);
}

void DecodeRows(std::span<const catalog::Type> types, std::string_view bytes, Arena* arena,
                Batch* out) {
  Input input(bytes);
  *out = {};
  out->row_count = input.TakeU32();
  for (catalog::Type type : types) {
    out->columns.push_back(DecodeColumn(type, out->row_count, &input, arena));
  }
}

}  // namespace shale::sql
