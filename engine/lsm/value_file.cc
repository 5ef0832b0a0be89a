#include "engine/lsm/value_file.h"

#include <algorithm>
#include <utility>

#include "engine/lsm/version.h"
#include "engine/table/block_cache.h"
#include "engine/wal/numbered_name.h"

namespace shale::engine {

std::string ValueFileName(uint64_t number) { return NumberedName("values-", number); }

std::optional<uint64_t> ParseValueFileName(std::string_view name) {
  return ParseNumberedName("values-", name);
}

ValueFile::~ValueFile() {
  if (context_->open_tables != nullptr) context_->open_tables->Remove(this);
  if (!obsolete_.load(std::memory_order_relaxed)) return;
  reader_.reset();
  context_->obsolete->AddBlob(ValueFileName, metadata_.number);
}

Result<std::shared_ptr<ValueFileReader>> ValueFile::Open() {
  used_.store(true, std::memory_order_relaxed);
  std::shared_ptr<ValueFileReader> reader;
  {
    std::lock_guard lock(open_mutex_);
    if (reader_ != nullptr) return reader_;
    ASSIGN_OR_RETURN(auto blob, context_->storage->OpenBlob(ValueFileName(metadata_.number)));
    if (blob->size() != metadata_.bytes) {
      return Error(
          sqlstate::kDataCorrupted,
          "value file \"{}\" is damaged at offset {}: it has {} bytes, the manifest says {}",
          blob->name(), std::min(blob->size(), metadata_.bytes), blob->size(), metadata_.bytes);
    }
    ASSIGN_OR_RETURN(reader_,
                     ValueFileReader::Open(std::move(blob), metadata_.number, context_->keyring));
    reader = reader_;
  }
  if (context_->open_tables != nullptr) context_->open_tables->Add(this);
  return reader;
}

std::shared_ptr<const void> ValueFile::Close() {
  std::lock_guard lock(open_mutex_);
  return std::exchange(reader_, nullptr);
}

Status ValueScan::Read(std::string_view encoded, ReadTier tier, BlockPin* value) {
  value->reset();
  ValueReference reference;
  ASSIGN_OR_RETURN(ValueFile * file, version_->FindValueFile(encoded, &reference));
  BlockCache* cache = options_.use_cache ? file->cache() : nullptr;
  if (cache != nullptr) {
    *value = cache->Lookup(BlockKind::kValue, reference.file_number, reference.offset);
    if (*value != nullptr) return Status::Ok();
  }
  if (tier == ReadTier::kCacheOnly) return Status::Ok();
  if (reader_ == nullptr || reader_->file_number() != reference.file_number) {
    ASSIGN_OR_RETURN(reader_, file->Open());
    ahead_.emplace(reader_->blob(), reader_->records_begin(), reader_->blob()->size(),
                   options_.readahead_bytes);
  }
  RETURN_IF_ERROR(reader_->Read(reference, ahead_->enabled() ? &*ahead_ : nullptr, value));
  if (cache != nullptr && options_.fill_cache) {
    cache->Insert(reference.file_number, reference.offset, *value);
  }
  return Status::Ok();
}

}  // namespace shale::engine
