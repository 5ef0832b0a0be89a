#include "catalog/index_codec.h"

#include <algorithm>
#include <cstring>

#include "catalog/index_format.h"
#include "catalog/key_codec.h"
#include "catalog/keys.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

// Beyond it an entry is refused, as PostgreSQL refuses those beyond a third of a page.
constexpr size_t kEntryKeyBytesMax = 8192;

void FlipBits(std::string* bytes, size_t from) {
  for (size_t i = from; i < bytes->size(); ++i) (*bytes)[i] = static_cast<char>(~(*bytes)[i]);
}

}  // namespace

void AppendIndexKey(const IndexKey& key, const Datum* datum, std::string* out) {
  if (datum == nullptr) {
    out->push_back(key.nulls_first ? kIndexNullFirst : kIndexNullLast);
    return;
  }
  out->push_back(kIndexValue);
  const size_t start = out->size();
  AppendKey(key.type, *datum, out);
  if (key.descending) FlipBits(out, start);
}

void AppendIndexCode(const IndexKey& key, std::string_view code, std::string* out) {
  out->push_back(kIndexValue);
  const size_t start = out->size();
  *out += code;
  if (key.descending) FlipBits(out, start);
}

void AppendIndexValuesStart(std::string* out) { out->push_back(kIndexValue); }

IndexCodec::IndexCodec(std::shared_ptr<const TableDesc> table, IndexRef index)
    : table_(std::move(table)), index_(std::move(index)) {
  for (const IndexKey& key : index_->keys) {
    if (key.column >= 0 && !KeyIsExact(key.type.oid)) stored_columns_.push_back(key.column);
  }
  for (int column : index_->include) stored_columns_.push_back(column);
  if (stored_columns_.empty()) return;
  auto stored = std::make_shared<TableDesc>();
  stored->name = index_->name;
  for (int column : stored_columns_) {
    ColumnDesc description;
    description.name = table_->columns[static_cast<size_t>(column)].name;
    description.type = table_->columns[static_cast<size_t>(column)].type;
    description.missing = Value::Null(description.type);
    stored->columns.push_back(std::move(description));
  }
  stored_ = std::make_unique<const RowCodec>(std::move(stored));
}

Status IndexCodec::Encode(const Datum* keys, const bool* key_nulls, const Datum* row,
                          const bool* row_nulls, std::string_view row_key,
                          IndexEntry* entry) const {
  entry->key.clear();
  AppendRowPrefix(index_->storage_id, &entry->key);
  bool has_null = false;
  for (size_t i = 0; i < index_->keys.size(); ++i) {
    has_null |= key_nulls[i];
    AppendIndexKey(index_->keys[i], key_nulls[i] ? nullptr : &keys[i], &entry->key);
  }
  if (entry->key.size() > kEntryKeyBytesMax) {
    return Error(sqlstate::kProgramLimitExceeded,
                 "index row size {} exceeds maximum {} for index \"{}\"", entry->key.size(),
                 kEntryKeyBytesMax, index_->name)
        .Hint(
            "Values larger than 8191 bytes cannot be indexed.\nConsider a function index of an MD5 "
            "hash of the value, or use full text indexing.")
        .Table(table_->schema_name, table_->name);
  }
  const bool is_unique = index_->unique && (!has_null || index_->nulls_not_distinct);
  entry->guards = is_unique && index_->guards_keys();
  entry->unique_bytes = is_unique && !entry->guards ? entry->key.size() : 0;
  const std::string_view row_part = row_key.substr(kRowPrefixBytes);
  entry->value.clear();
  PutVarint64(&entry->value, (uint64_t{row_part.size()} << 1) | (entry->guards ? 1 : 0));
  (entry->guards ? entry->value : entry->key) += row_part;
  if (stored_ == nullptr) return Status::Ok();
  std::vector<Datum> values;
  const auto nulls = std::make_unique<bool[]>(stored_columns_.size());
  for (size_t i = 0; i < stored_columns_.size(); ++i) {
    const auto column = static_cast<size_t>(stored_columns_[i]);
    values.push_back(row[column]);
    nulls[i] = row_nulls[column];
  }
  std::string stored;
  RETURN_IF_ERROR(stored_->EncodeValue(values.data(), nulls.get(), &stored));
  entry->value += stored;
  return Status::Ok();
}

Status IndexCodec::Damaged() const {
  return Error(sqlstate::kDataCorrupted, "damaged entry in index \"{}\"", index_->name);
}

Status IndexCodec::MissingRow() const {
  return Error(sqlstate::kDataCorrupted, "entry without a row in index \"{}\"", index_->name);
}

Status IndexCodec::Split(const engine::KeyValue& entry, Parts* parts) const {
  ByteReader reader(entry.value);
  const uint64_t header = reader.ReadVarint64();
  const uint64_t bytes = header >> 1;
  if (!reader.ok()) return Damaged();
  std::string_view rest = reader.rest();
  if ((header & 1) != 0) {
    if (bytes > rest.size()) return Damaged();
    parts->row_key = rest.substr(0, bytes);
    rest.remove_prefix(bytes);
  } else {
    if (bytes + kRowPrefixBytes > entry.key.size()) return Damaged();
    parts->row_key = entry.key.substr(entry.key.size() - bytes);
  }
  parts->stored = rest;
  return Status::Ok();
}

Status IndexCodec::RowKey(const engine::KeyValue& entry, std::string* row_key) const {
  Parts parts;
  RETURN_IF_ERROR(Split(entry, &parts));
  row_key->clear();
  AppendRowPrefix(table_->storage_id, row_key);
  *row_key += parts.row_key;
  return Status::Ok();
}

int IndexCodec::StoredPosition(int column) const {
  auto found = std::find(stored_columns_.begin(), stored_columns_.end(), column);
  return found == stored_columns_.end() ? -1 : static_cast<int>(found - stored_columns_.begin());
}

bool IndexCodec::Covers(int column) const {
  return StoredPosition(column) >= 0 ||
         std::any_of(index_->keys.begin(), index_->keys.end(),
                     [&](const IndexKey& key) { return key.column == column; });
}

// The value of the key column at the position, of an exact type; nothing: NULL.
Result<std::optional<Datum>> IndexCodec::DecodeKey(std::string_view key, size_t position,
                                                   Arena* arena) const {
  if (key.size() < kRowPrefixBytes) return Damaged();
  key.remove_prefix(kRowPrefixBytes);
  for (size_t i = 0;; ++i) {
    if (key.empty()) return Damaged();
    const char marker = key[0];
    key.remove_prefix(1);
    const bool is_null = marker == kIndexNullFirst || marker == kIndexNullLast;
    if (!is_null && marker != kIndexValue) return Damaged();
    if (is_null) {
      if (i == position) return std::optional<Datum>();
      continue;
    }
    const IndexKey& column = index_->keys[i];
    std::string_view code = key;
    if (column.descending) {
      char* flipped = arena->Allocate(key.size());
      for (size_t at = 0; at < key.size(); ++at) flipped[at] = static_cast<char>(~key[at]);
      code = {flipped, key.size()};
    }
    if (i == position) {
      ASSIGN_OR_RETURN(Datum datum, ReadKey(column.type, &code, arena));
      return std::optional<Datum>(datum);
    }
    RETURN_IF_ERROR(SkipKey(column.type, &code));
    key = key.substr(key.size() - code.size());
  }
}

Status IndexCodec::DecodeColumn(std::span<const engine::KeyValue> entries, int column, void* values,
                                uint64_t* validity, uint32_t* null_count, Arena* arena) const {
  if (const int stored = StoredPosition(column); stored >= 0) {
    std::vector<engine::KeyValue> rows;
    rows.reserve(entries.size());
    for (const engine::KeyValue& entry : entries) {
      Parts parts;
      RETURN_IF_ERROR(Split(entry, &parts));
      rows.push_back({entry.key, parts.stored});
    }
    return stored_->DecodeColumn(rows, stored, values, validity, null_count, arena);
  }
  const auto found = std::find_if(index_->keys.begin(), index_->keys.end(),
                                  [&](const IndexKey& key) { return key.column == column; });
  CHECK(found != index_->keys.end());
  const auto position = static_cast<size_t>(found - index_->keys.begin());
  const PhysicalKind kind = KindOf(found->type);
  const size_t width =
      kind == PhysicalKind::kBytes ? sizeof(std::string_view) : PhysicalWidth(kind);
  for (size_t i = 0; i < entries.size(); ++i) {
    ASSIGN_OR_RETURN(std::optional<Datum> datum, DecodeKey(entries[i].key, position, arena));
    if (!datum) {
      validity[i / 64] &= ~(uint64_t{1} << (i % 64));
      ++*null_count;
      std::memset(static_cast<char*>(values) + i * width, 0, width);
      continue;
    }
    std::memcpy(static_cast<char*>(values) + i * width, &*datum, width);
  }
  return Status::Ok();
}

}  // namespace shale::catalog
