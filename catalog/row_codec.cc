#include "catalog/row_codec.h"

#include <cstdint>
#include <cstring>
#include <optional>

#include "catalog/key_codec.h"
#include "catalog/keys.h"
#include "catalog/row_format.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

constexpr uint32_t kNoPrevious = UINT32_MAX;
// Rows lie too far apart for the processor to see which comes next: the value of the one so far
// ahead is fetched while this one's is read.
constexpr size_t kRowsFetchedAhead = 12;

// Bytes of one value in a decoded array of the kind.
size_t ArrayWidth(PhysicalKind kind) {
  return kind == PhysicalKind::kBytes ? sizeof(std::string_view) : PhysicalWidth(kind);
}

size_t BitmapBytes(size_t columns) { return (columns + 7) / 8; }

// Where the parts of a row in the narrow form lie, which follows from its number of columns.
struct NarrowLayout {
  size_t columns = SIZE_MAX;
  size_t fixed_start = 0;
  size_t variable_start = 0;
};

// The bytes of a variable column that ends by `end_at` and begins where the one before, if any,
// ends by `previous_at`; false: they do not lie in the row.
bool LoadNarrowBytes(std::string_view row, const NarrowLayout& layout, size_t end_at,
                     std::optional<size_t> previous_at, void* out) {
  const size_t start = previous_at ? LoadFixed<uint16_t>(row.data() + *previous_at) : 0;
  const size_t end = LoadFixed<uint16_t>(row.data() + end_at);
  if (start > end || layout.variable_start + end > row.size()) return false;
  const std::string_view bytes(row.data() + layout.variable_start + start, end - start);
  std::memcpy(out, &bytes, sizeof(bytes));
  return true;
}

}  // namespace

// A row taken apart.
struct RowCodec::Header {
  int wide = 0;        // index into Place::offset
  size_t columns = 0;  // written
  const uint8_t* nulls = nullptr;
  const char* fixed = nullptr;
  std::string_view variable;

  bool IsNull(int column) const { return ((nulls[column >> 3] >> (column & 7)) & 1) != 0; }
  uint32_t Offset(uint32_t at) const {
    return wide ? LoadFixed<uint32_t>(fixed + at) : LoadFixed<uint16_t>(fixed + at);
  }
};

RowCodec::RowCodec(std::shared_ptr<const TableDesc> table) : table_(std::move(table)) {
  uint32_t size[2] = {0, 0};
  uint32_t previous[2] = {kNoPrevious, kNoPrevious};
  for (int wide : {0, 1}) fixed_bytes_[wide].push_back(0);
  for (size_t i = 0; i < table_->columns.size(); ++i) {
    const ColumnDesc& column = table_->columns[i];
    Place place;
    place.kind = KindOf(column.type);
    place.width = PhysicalWidth(place.kind);
    for (size_t k = 0; k < table_->primary_key.size(); ++k) {
      if (table_->primary_key[k] == static_cast<int>(i)) place.key_index = static_cast<int>(k);
    }
    place.from_key = place.key_index >= 0 && KeyIsExact(column.type.oid);
    place.dropped = column.dropped;
    for (int wide : {0, 1}) {
      place.offset[wide] = size[wide];
      place.previous_end[wide] = previous[wide];
      if (!place.from_key && !column.dropped) {
        if (place.width == 0) previous[wide] = size[wide];
        size[wide] += place.width != 0 ? place.width : (wide ? 4 : 2);
      }
      fixed_bytes_[wide].push_back(size[wide]);
    }
    places_.push_back(place);
  }
  size_t offset = kRowPrefixBytes;
  for (int column : table_->primary_key) {
    places_[column].key_offset = offset;
    const size_t bytes = FixedCodeBytes(table_->columns[column].type);
    if (bytes == 0) break;
    offset += bytes;
  }
}

Status RowCodec::Damaged(std::string_view key) const {
  return Error(sqlstate::kDataCorrupted, "damaged row in table \"{}\"", table_->name)
      .Detail(fmt::format("The row's key is {} bytes long.", key.size()));
}

void RowCodec::EncodeKey(const Datum* values, std::string* out) const {
  out->clear();
  AppendRowPrefix(table_->storage_id, out);
  for (int column : table_->primary_key) {
    AppendKey(table_->columns[column].type, values[column], out);
  }
}

void RowCodec::EncodeRowId(uint64_t row_id, std::string* out) const {
  out->clear();
  AppendRowPrefix(table_->storage_id, out);
  PutBigEndian64(out, row_id);
}

Status RowCodec::EncodeValue(const Datum* values, const bool* nulls, std::string* out) const {
  size_t columns = places_.size();
  size_t variable_bytes = 0;
  for (size_t i = 0; i < columns; ++i) {
    const Place& place = places_[i];
    if (place.width == 0 && !place.from_key && !nulls[i] && !place.dropped) {
      variable_bytes += values[i].bytes.size();
    }
  }
  int wide = variable_bytes > kNarrowVariableBytesMax ? 1 : 0;
  size_t fixed_bytes = fixed_bytes_[wide][columns];
  size_t fixed_start = kRowHeaderBytes + BitmapBytes(columns);
  size_t total = fixed_start + fixed_bytes + variable_bytes;
  if (total > kRowBytesMax) {
    return Error(sqlstate::kProgramLimitExceeded, "row is too big: size {}, maximum size {}", total,
                 kRowBytesMax);
  }

  out->assign(total, '\0');
  char* row = out->data();
  row[0] = static_cast<char>(wide ? kRowFormatWide : kRowFormatNarrow);
  uint16_t count = static_cast<uint16_t>(columns);
  std::memcpy(row + 1, &count, 2);
  char* fixed = row + fixed_start;
  char* variable = fixed + fixed_bytes;
  uint32_t end = 0;
  for (size_t i = 0; i < columns; ++i) {
    const Place& place = places_[i];
    bool is_null = nulls[i] || place.dropped;
    if (is_null) row[kRowHeaderBytes + (i >> 3)] |= static_cast<char>(1 << (i & 7));
    if (place.from_key || place.dropped) continue;
    char* at = fixed + place.offset[wide];
    if (place.width != 0) {
      if (!is_null) CopyValueBytes(at, &values[i], place.width);
      continue;
    }
    if (!is_null && !values[i].bytes.empty()) {
      std::memcpy(variable + end, values[i].bytes.data(), values[i].bytes.size());
      end += static_cast<uint32_t>(values[i].bytes.size());
    }
    std::memcpy(at, &end, wide ? 4 : 2);
  }
  return Status::Ok();
}

Status RowCodec::ReadHeader(std::string_view key, std::string_view value, Header* header) const {
  if (value.size() < kRowHeaderBytes) return Damaged(key);
  uint8_t format = static_cast<uint8_t>(value[0]);
  if (format != kRowFormatNarrow && format != kRowFormatWide) return Damaged(key);
  header->wide = format == kRowFormatWide ? 1 : 0;
  header->columns = LoadFixed<uint16_t>(value.data() + 1);
  if (header->columns > places_.size()) return Damaged(key);
  size_t fixed_start = kRowHeaderBytes + BitmapBytes(header->columns);
  size_t variable_start = fixed_start + fixed_bytes_[header->wide][header->columns];
  if (value.size() < variable_start) return Damaged(key);
  header->nulls = reinterpret_cast<const uint8_t*>(value.data()) + kRowHeaderBytes;
  header->fixed = value.data() + fixed_start;
  header->variable = value.substr(variable_start);
  return Status::Ok();
}

Status RowCodec::DecodeDatum(std::string_view key, std::string_view value, int column, Datum* datum,
                             bool* is_null, Arena* arena) const {
  const Place& place = places_[column];
  *is_null = false;
  if (place.from_key) {
    if (key.size() < kRowPrefixBytes) return Damaged(key);
    std::string_view rest = key.substr(kRowPrefixBytes);
    for (int k = 0; k < place.key_index; ++k) {
      Status skipped = SkipKey(table_->columns[table_->primary_key[k]].type, &rest);
      if (!skipped.ok()) return Damaged(key);
    }
    auto read = ReadKey(table_->columns[column].type, &rest, arena);
    if (!read.ok()) return Damaged(key);
    *datum = *read;
    return Status::Ok();
  }
  Header header;
  RETURN_IF_ERROR(ReadHeader(key, value, &header));
  if (static_cast<size_t>(column) >= header.columns) {
    const Value& missing = table_->columns[column].missing;
    *is_null = missing.is_null();
    if (!*is_null) *datum = missing.datum();
    return Status::Ok();
  }
  if (header.IsNull(column) || place.dropped) {
    *is_null = true;
    return Status::Ok();
  }
  const char* at = header.fixed + place.offset[header.wide];
  if (place.width != 0) {
    if (place.kind == PhysicalKind::kBool) {
      *datum = Datum::Bool(*at != 0);
    } else {
      std::memcpy(static_cast<void*>(datum), at, place.width);
    }
    return Status::Ok();
  }
  uint32_t previous = place.previous_end[header.wide];
  uint32_t start = previous == kNoPrevious ? 0 : header.Offset(previous);
  uint32_t end = header.Offset(place.offset[header.wide]);
  if (start > end || end > header.variable.size()) return Damaged(key);
  *datum = Datum::Bytes(header.variable.substr(start, end - start));
  return Status::Ok();
}

Status RowCodec::DecodeKeyIntegers(std::span<const engine::KeyValue> rows, int column,
                                   void* values) const {
  const Place& place = places_[column];
  const Type type = table_->columns[column].type;
  for (size_t row = 0; row < rows.size(); ++row) {
    const std::string_view key = rows[row].key;
    if (key.size() < place.key_offset + place.width) return Damaged(key);
    const char* code = key.data() + place.key_offset;
    if (place.kind == PhysicalKind::kInt32) {
      static_cast<int32_t*>(values)[row] = ReadInt32Code(type, code);
    } else {
      static_cast<int64_t*>(values)[row] = ReadInt64Code(type, code);
    }
  }
  return Status::Ok();
}

Status RowCodec::DecodeColumn(std::span<const engine::KeyValue> rows, int column, void* values,
                              uint64_t* validity, uint32_t* null_count, Arena* arena) const {
  const Place& place = places_[column];
  size_t width = ArrayWidth(place.kind);
  char* out = static_cast<char*>(values);
  const bool is_integer = place.kind == PhysicalKind::kInt32 || place.kind == PhysicalKind::kInt64;
  if (place.from_key && place.key_offset != 0 && is_integer) {
    return DecodeKeyIntegers(rows, column, values);
  }
  const bool is_stored = !place.from_key && place.kind != PhysicalKind::kBool && !place.dropped;
  // Most values are there, in a row in the narrow form with as many columns as the one before.
  // False: it may be NULL, missing, in the wide form or damaged.
  NarrowLayout layout;
  auto decode_narrow = [&](std::string_view row) {
    if (row.size() < kRowHeaderBytes || row[0] != static_cast<char>(kRowFormatNarrow)) return false;
    const size_t columns = LoadFixed<uint16_t>(row.data() + 1);
    if (columns != layout.columns) {
      if (static_cast<size_t>(column) >= columns || columns > places_.size()) return false;
      const size_t fixed_start = kRowHeaderBytes + BitmapBytes(columns);
      layout = {columns, fixed_start, fixed_start + fixed_bytes_[0][columns]};
    }
    if (row.size() < layout.variable_start) return false;
    if (((row[kRowHeaderBytes + (column >> 3)] >> (column & 7)) & 1) != 0) return false;
    const size_t at = layout.fixed_start + place.offset[0];
    const uint32_t previous = place.previous_end[0];
    switch (place.width) {
      case 0:
        return LoadNarrowBytes(
            row, layout, at,
            previous == kNoPrevious ? std::nullopt : std::optional(layout.fixed_start + previous),
            out);
      case 4:
        std::memcpy(out, row.data() + at, 4);
        return true;
      case 8:
        std::memcpy(out, row.data() + at, 8);
        return true;
      default:
        std::memcpy(out, row.data() + at, place.width);
        return true;
    }
  };
  const size_t place_in_row = kRowHeaderBytes + BitmapBytes(places_.size()) + place.offset[0];
  for (size_t row = 0; row < rows.size(); ++row, out += width) {
    if (row + kRowsFetchedAhead < rows.size()) {
      __builtin_prefetch(rows[row + kRowsFetchedAhead].value.data() + place_in_row);
    }
    if (is_stored && decode_narrow(rows[row].value)) continue;
    bool is_null = false;
    Datum datum;
    RETURN_IF_ERROR(DecodeDatum(rows[row].key, rows[row].value, column, &datum, &is_null, arena));
    if (!is_null) {
      std::memcpy(out, static_cast<const void*>(&datum), width);
      continue;
    }
    std::memset(out, 0, width);
    validity[row >> 6] &= ~(uint64_t{1} << (row & 63));
    ++*null_count;
  }
  return Status::Ok();
}

}  // namespace shale::catalog
