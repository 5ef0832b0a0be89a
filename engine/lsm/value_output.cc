#include "engine/lsm/value_output.h"

#include <algorithm>
#include <utility>

#include "engine/crypto/keyring.h"

namespace shale::engine {
namespace {

constexpr size_t kMoveReadaheadBytes = 256 << 10;

void SetType(std::string_view internal_key, ValueType type, std::string* out) {
  out->assign(UserKey(internal_key));
  PutFixed64(out, PackTrailer(KeySequence(internal_key), type));
}

}  // namespace

bool MustMoveValues(const EngineOptions& options, const LiveValueFile& file) {
  if (file.stale() || options.value_separation_bytes == 0) return true;
  return options.keyring != nullptr && file.file->number() < options.keyring->first_file_number();
}

ValueOutput::ValueOutput(ValueOutputOptions options)
    : options_(std::move(options)),
      scan_(options_.version, {.fill_cache = false, .readahead_bytes = kMoveReadaheadBytes}) {}

ValueOutput::~ValueOutput() = default;

bool ValueOutput::GoesApart(uint64_t value_bytes) const {
  uint64_t bytes_min = options_.engine->value_separation_bytes;
  return bytes_min > 0 && value_bytes >= bytes_min;
}

Status ValueOutput::Place(std::string_view* internal_key, std::string_view* value) {
  ValueType type = KeyType(*internal_key);
  if (type == ValueType::kValue && GoesApart(value->size())) {
    RETURN_IF_ERROR(WriteApart(value));
    SetType(*internal_key, ValueType::kValueReference, &key_);
    *internal_key = key_;
    return Status::Ok();
  }
  if (type != ValueType::kValueReference) return Status::Ok();
  ValueReference reference;
  RETURN_IF_ERROR(options_.version->FindValueFile(*value, &reference).status());
  const LiveValueFile& file = *options_.version->FindValueFile(reference.file_number);
  if (!MustMoveValues(*options_.engine, file) && GoesApart(reference.value_bytes)) {
    return Status::Ok();
  }
  RETURN_IF_ERROR(scan_.Read(*value, ReadTier::kBlocking, &moved_));
  *value = moved_->payload();
  bytes_moved_ += reference.record_bytes();
  if (GoesApart(value->size())) return WriteApart(value);
  SetType(*internal_key, ValueType::kValue, &key_);
  *internal_key = key_;
  return Status::Ok();
}

Status ValueOutput::WriteApart(std::string_view* value) {
  const EngineOptions& engine = *options_.engine;
  if (builder_ == nullptr) {
    number_ = options_.new_file_number();
    ASSIGN_OR_RETURN(blob_, engine.storage->CreateBlob(ValueFileName(number_)));
    blob_ = LimitBlobWriter(std::move(blob_), options_.limiter, options_.priority);
    builder_ = std::make_unique<ValueFileBuilder>(
        ValueFileBuilderOptions{
            .file_number = number_, .compression = options_.compression, .keyring = engine.keyring},
        blob_.get());
  }
  ASSIGN_OR_RETURN(ValueReference reference, builder_->Add(*value));
  reference_.clear();
  AppendValueReference(&reference_, reference);
  *value = reference_;
  if (builder_->file_bytes() < options_.file_bytes_max) return Status::Ok();
  return FinishFile();
}

Status ValueOutput::FinishFile() {
  RETURN_IF_ERROR(builder_->Finish());
  files_.push_back({.number = number_,
                    .bytes = builder_->file_bytes(),
                    .record_bytes = builder_->record_bytes(),
                    .digest = builder_->digest()});
  builder_.reset();
  blob_.reset();
  return Status::Ok();
}

Status ValueOutput::Finish() { return builder_ == nullptr ? Status::Ok() : FinishFile(); }

uint64_t ValueOutput::bytes_written() const {
  uint64_t bytes = 0;
  for (const ValueFileMetadata& file : files_) bytes += file.bytes;
  return bytes;
}

}  // namespace shale::engine
