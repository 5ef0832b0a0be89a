// IndexCodec: how the entries of an index lie in the store (index_format.h). Made once per
// description; immutable, thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/row_codec.h"
#include "catalog/schema.h"
#include "engine/kv_store.h"

namespace shale::catalog {

// A value of an index key in its order among the others: NULLs first or last, descending or not.
void AppendIndexKey(const IndexKey& key, const Datum* datum, std::string* out);
// The same of a value's code (key_codec.h).
void AppendIndexCode(const IndexKey& key, std::string_view code, std::string* out);
// What all entries with a value, not a NULL, start with at this key column.
void AppendIndexValuesStart(std::string* out);

struct IndexEntry {
  std::string key;
  std::string value;
  bool guards = false;  // no other row may have an entry of this key
  // Of a deferrable constraint's key: how much of it no other row may share when it is looked at.
  size_t unique_bytes = 0;
};

class IndexCodec {
 public:
  IndexCodec(std::shared_ptr<const TableDesc> table, IndexRef index);

  const IndexDesc& index() const { return *index_; }

  // The entry of the row under row_key: keys[i] belongs to the index's i-th key, row[i] to the
  // table's i-th column. 54000 where it is too big.
  Status Encode(const Datum* keys, const bool* key_nulls, const Datum* row, const bool* row_nulls,
                std::string_view row_key, IndexEntry* entry) const;

  // The key of the row that an entry leads to. Replaces *row_key. XX001 for bytes that no encoder
  // wrote.
  Status RowKey(const engine::KeyValue& entry, std::string* row_key) const;

  // XX001: an entry leads to a row that is not there.
  Status MissingRow() const;

  // Whether entries hold the table's column.
  bool Covers(int column) const;
  // Decodes a covered column of the entries, as RowCodec::DecodeColumn does.
  Status DecodeColumn(std::span<const engine::KeyValue> entries, int column, void* values,
                      uint64_t* validity, uint32_t* null_count, Arena* arena) const;

 private:
  struct Parts {
    std::string_view row_key;  // without the table's prefix; in the key or the value
    std::string_view stored;
  };
  Status Split(const engine::KeyValue& entry, Parts* parts) const;
  Status Damaged() const;
  int StoredPosition(int column) const;
  Result<std::optional<Datum>> DecodeKey(std::string_view key, size_t position, Arena* arena) const;

  std::shared_ptr<const TableDesc> table_;
  IndexRef index_;
  // Columns that a key's code does not give back, and those included, as rows of a table of their
  // own; null: there are none.
  std::vector<int> stored_columns_;
  std::unique_ptr<const RowCodec> stored_;
};

}  // namespace shale::catalog
