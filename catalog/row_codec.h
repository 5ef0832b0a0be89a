// RowCodec: how a table's rows lie in the store. Key: row prefix, then the primary key's codes, or
// an eight-byte row id. Value: row_format.h. Made once per table description; immutable,
// thread-safe.
//
// Values are decoded column by column over many rows: every column has a fixed place, so reading
// one costs neither a walk over the others nor a branch per row.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "catalog/schema.h"
#include "engine/base/arena.h"
#include "engine/kv_store.h"

namespace shale::catalog {

class RowCodec {
 public:
  explicit RowCodec(std::shared_ptr<const TableDesc> table);

  const TableDesc& table() const { return *table_; }
  bool has_row_id() const { return table_->primary_key.empty(); }

  // values[i] and nulls[i] belong to columns[i]. Primary key columns must not be NULL (the caller
  // has raised 23502). Replaces *out.
  void EncodeKey(const Datum* values, std::string* out) const;
  void EncodeRowId(uint64_t row_id, std::string* out) const;
  // Replaces *out. 54000 for a row beyond 1 GiB.
  Status EncodeValue(const Datum* values, const bool* nulls, std::string* out) const;

  // Decodes one column of the rows: values[row] is an array of the column's C type, validity one
  // bit per row, all set before, cleared for NULLs; *null_count grows by their number. Bytes refer
  // to the rows, or lie in the arena, or belong to the table description. XX001 for damaged rows.
  Status DecodeColumn(std::span<const engine::KeyValue> rows, int column, void* values,
                      uint64_t* validity, uint32_t* null_count, Arena* arena) const;
  // The same for one row.
  Status DecodeDatum(std::string_view key, std::string_view value, int column, Datum* datum,
                     bool* is_null, Arena* arena) const;

 private:
  struct Place {
    PhysicalKind kind;
    uint8_t width = 0;      // of fixed-width values, 0: variable
    bool from_key = false;  // read from the key, not stored in the value
    bool dropped = false;
    int key_index = -1;                 // among the primary key's columns
    size_t key_offset = 0;              // of its code in the key; 0: it depends on the row
    uint32_t offset[2] = {0, 0};        // in the fixed area: [0] narrow, [1] wide rows
    uint32_t previous_end[2] = {0, 0};  // where the variable column before keeps its end; ~0: none
  };
  struct Header;
  Status ReadHeader(std::string_view key, std::string_view value, Header* header) const;
  // Of a column of integers with a place of its own in the key.
  Status DecodeKeyIntegers(std::span<const engine::KeyValue> rows, int column, void* values) const;
  Status Damaged(std::string_view key) const;

  std::shared_ptr<const TableDesc> table_;
  std::vector<Place> places_;
  std::vector<uint32_t> fixed_bytes_[2];  // size of the fixed area of a row of n columns
};

}  // namespace shale::catalog
