#include "engine/lsm/table_file.h"

#include <algorithm>
#include <utility>

#include "engine/table/block_cache.h"
#include "engine/wal/numbered_name.h"

namespace shale::engine {

std::string TableName(uint64_t number) { return NumberedName("table-", number); }

std::optional<uint64_t> ParseTableName(std::string_view name) {
  return ParseNumberedName("table-", name);
}

TableFile::~TableFile() {
  if (context_->open_tables != nullptr) context_->open_tables->Remove(this);
  if (!obsolete_.load(std::memory_order_relaxed)) return;
  if (owned_reader_ != nullptr) owned_reader_->EraseFromCache();
  owned_reader_.reset();
  context_->obsolete->AddBlob(TableName, metadata_.number);
}

std::shared_ptr<TableReader> TableFile::kept_reader() {
  used_.store(true, std::memory_order_relaxed);
  std::lock_guard lock(open_mutex_);
  return owned_reader_;
}

Result<std::shared_ptr<TableReader>> TableFile::Open() {
  used_.store(true, std::memory_order_relaxed);
  std::shared_ptr<TableReader> reader;
  {
    std::lock_guard lock(open_mutex_);
    if (owned_reader_ != nullptr) return owned_reader_;
    ASSIGN_OR_RETURN(auto blob, context_->storage->OpenBlob(TableName(metadata_.number)));
    if (blob->size() != metadata_.bytes) {
      return Error(sqlstate::kDataCorrupted,
                   "table \"{}\" is damaged at offset {}: it has {} bytes, the manifest says {}",
                   blob->name(), std::min(blob->size(), metadata_.bytes), blob->size(),
                   metadata_.bytes);
    }
    ASSIGN_OR_RETURN(owned_reader_,
                     TableReader::Open(std::move(blob), metadata_.number, context_->cache,
                                       context_->keyring, metadata_.run_sequence()));
    reader_.store(owned_reader_.get());
    reader = owned_reader_;
  }
  if (context_->open_tables != nullptr) context_->open_tables->Add(this);
  return reader;
}

std::shared_ptr<const void> TableFile::Close() {
  std::lock_guard lock(open_mutex_);
  reader_.store(nullptr);
  return std::exchange(owned_reader_, nullptr);
}

}  // namespace shale::engine
