#include "sql/exec/foreign_key_events.h"

#include <algorithm>

namespace shale::sql {

std::unique_ptr<ForeignKeyEvents> ForeignKeyEvents::Of(const catalog::TableRef& table,
                                                       ExecutionState* state) {
  if (table->foreign_keys.empty() && state->catalog_view()->ReferencingTables(table->oid).empty()) {
    return nullptr;
  }
  return std::make_unique<ForeignKeyEvents>(table, state);
}

ForeignKeyEvents::ForeignKeyEvents(const catalog::TableRef& table, ExecutionState* state)
    : table_(table),
      state_(state),
      row_codec_(CodecOf(table)),
      old_values_(table->columns.size()),
      old_nulls_(std::make_unique<bool[]>(table->columns.size())) {
  found_ = FindKeys();
  only_checked_ = std::ranges::none_of(referenced_by_, [&](const CodecRef& codec) {
    const catalog::ReferenceAction action = codec->key().on_delete;
    return codec->referencing()->oid == table->oid ||
           (action != catalog::ReferenceAction::kNoAction &&
            action != catalog::ReferenceAction::kRestrict);
  });
  std::ranges::sort(referenced_by_, {}, [](const CodecRef& codec) { return codec->key().oid; });
}

Status ForeignKeyEvents::FindKeys() {
  auto view = state_->catalog_view();
  for (const catalog::ForeignKeyDesc& key : table_->foreign_keys) {
    ASSIGN_OR_RETURN(CodecRef codec, ForeignKeyCodec::Find(*view, table_->oid, key.oid));
    if (codec != nullptr) foreign_keys_.push_back(std::move(codec));
  }
  for (const catalog::TableRef& referencing : view->ReferencingTables(table_->oid)) {
    for (const catalog::ForeignKeyDesc& key : referencing->foreign_keys) {
      if (key.referenced_table != table_->oid) continue;
      ASSIGN_OR_RETURN(CodecRef codec, ForeignKeyCodec::Find(*view, referencing->oid, key.oid));
      if (codec != nullptr) referenced_by_.push_back(std::move(codec));
    }
  }
  return Status::Ok();
}

bool ForeignKeyEvents::Minds(const std::vector<uint8_t>& assigned) const {
  if (!found_.ok()) return true;
  auto touches = [&](const std::vector<int>& columns) {
    return std::ranges::any_of(columns, [&](int column) { return assigned[column] != 0; });
  };
  // A row that moves takes what is noted of it under its old key along.
  if (touches(table_->primary_key)) return true;
  return std::ranges::any_of(
             foreign_keys_, [&](const CodecRef& codec) { return touches(codec->key().columns); }) ||
         std::ranges::any_of(referenced_by_, [&](const CodecRef& codec) {
           return touches(codec->key().referenced_columns);
         });
}

Status ForeignKeyEvents::NoteReferencing(const ForeignKeyCodec& codec, std::string_view key,
                                         ForeignKeyCodec::Reference reference, std::string codes) {
  if (reference == ForeignKeyCodec::Reference::kNone) return Status::Ok();
  KeyEventQueue* queue = state_->context().key_events;
  if (queue == nullptr) return NotSupported("a foreign key outside of a session");
  KeyEvent event;
  event.kind = KeyEvent::Kind::kReferencing;
  event.may_run_early = codec.referenced()->oid != table_->oid;
  event.origin = table_->oid;
  event.table = table_->oid;
  event.constraint = codec.key().oid;
  event.row_key = key;
  event.codes = std::move(codes);
  return queue->Add(codec.key(), std::move(event));
}

Status ForeignKeyEvents::Inserted(std::string_view key, const catalog::Datum* values,
                                  const bool* nulls) {
  RETURN_IF_ERROR(found_);
  arena_.Reset();
  for (const CodecRef& codec : foreign_keys_) {
    std::string codes;
    ASSIGN_OR_RETURN(auto reference, codec->Encode(values, nulls, &codes, &arena_));
    RETURN_IF_ERROR(NoteReferencing(*codec, key, reference, std::move(codes)));
  }
  return Status::Ok();
}

Status ForeignKeyEvents::DecodeReferenced(std::string_view key, std::string_view value) {
  for (const CodecRef& codec : referenced_by_) {
    for (int column : codec->key().referenced_columns) {
      RETURN_IF_ERROR(row_codec_->DecodeDatum(key, value, column, &old_values_[column],
                                              &old_nulls_[column], &arena_));
    }
  }
  return Status::Ok();
}

Status ForeignKeyEvents::Replaced(std::string_view old_key, std::string_view old_value,
                                  std::string_view key, const catalog::Datum* values,
                                  const bool* nulls) {
  RETURN_IF_ERROR(found_);
  arena_.Reset();
  KeyEventQueue* queue = state_->context().key_events;
  if (queue == nullptr) return NotSupported("a foreign key outside of a session");
  for (const CodecRef& codec : foreign_keys_) {
    std::string old_codes;
    std::string codes;
    ASSIGN_OR_RETURN(auto old_reference, codec->EncodeRow(old_key, old_value, &old_codes, &arena_));
    ASSIGN_OR_RETURN(auto reference, codec->Encode(values, nulls, &codes, &arena_));
    // A row that has moved is no longer found by what was noted before.
    const bool is_lost = old_key != key && queue->IsPending(codec->key().oid, old_key);
    if (!is_lost && old_reference == reference && old_codes == codes) continue;
    RETURN_IF_ERROR(NoteReferencing(*codec, key, reference, std::move(codes)));
  }
  if (!is_referenced()) return Status::Ok();
  RETURN_IF_ERROR(DecodeReferenced(old_key, old_value));
  for (const CodecRef& codec : referenced_by_) {
    KeyEvent event;
    if (!codec->EncodeReferenced(old_values_.data(), old_nulls_.get(), &event.codes)) continue;
    event.old_values = codec->PackKey(old_values_.data(), old_nulls_.get());
    // Equal values that look different, 1.0 and 1.00, go on to the rows that refer to them.
    event.new_values = codec->PackKey(values, nulls);
    if (event.new_values == event.old_values) continue;
    event.kind = KeyEvent::Kind::kRekeyed;
    event.origin = table_->oid;
    event.table = codec->referencing()->oid;
    event.constraint = codec->key().oid;
    RETURN_IF_ERROR(queue->Add(codec->key(), std::move(event)));
  }
  return Status::Ok();
}

Status ForeignKeyEvents::Deleted(std::string_view key, std::string_view value) {
  RETURN_IF_ERROR(found_);
  arena_.Reset();
  KeyEventQueue* queue = state_->context().key_events;
  if (queue == nullptr) return NotSupported("a foreign key outside of a session");
  RETURN_IF_ERROR(DecodeReferenced(key, value));
  for (const CodecRef& codec : referenced_by_) {
    KeyEvent event;
    if (!codec->EncodeReferenced(old_values_.data(), old_nulls_.get(), &event.codes)) continue;
    event.kind = KeyEvent::Kind::kDeleted;
    event.may_run_early = only_checked_;
    event.origin = table_->oid;
    event.table = codec->referencing()->oid;
    event.constraint = codec->key().oid;
    event.old_values = codec->PackKey(old_values_.data(), old_nulls_.get());
    RETURN_IF_ERROR(queue->Add(codec->key(), std::move(event)));
  }
  return Status::Ok();
}

}  // namespace shale::sql
