#include "catalog/comments_format.h"

#include <utility>

#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

Status DamagedComments() { return Status(sqlstate::kDataCorrupted, "damaged record of comments"); }

}  // namespace

std::string EncodeComments(const ObjectComments& comments) {
  std::string record(1, static_cast<char>(kCommentsFormatVersion));
  PutVarint64(&record, comments.object_oid);
  PutVarint64(&record, comments.class_oid);
  PutVarint64(&record, comments.texts.size());
  for (const auto& [column, text] : comments.texts) {
    PutVarint64(&record, static_cast<uint64_t>(column));
    PutLengthPrefixed(&record, text);
  }
  return record;
}

Result<ObjectComments> DecodeComments(std::string_view record) {
  ByteReader reader(record);
  const uint8_t version = reader.ReadByte();
  if (version > kCommentsFormatVersion) {
    return Error(sqlstate::kFeatureNotSupported, "comments of format {} are not supported", version)
        .Hint("The data directory was written by a newer server.");
  }
  if (version == 0) return DamagedComments();
  ObjectComments comments;
  comments.object_oid = reader.ReadVarint32();
  comments.class_oid = reader.ReadVarint32();
  const uint64_t count = reader.ReadVarint64();
  // Each takes two bytes at least, so a damaged count cannot ask for much.
  if (!reader.ok() || count == 0 || count > reader.rest().size() / 2) return DamagedComments();
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t column = reader.ReadVarint64();
    std::string text(reader.ReadLengthPrefixed());
    const bool is_next =
        comments.texts.empty() || column > static_cast<uint64_t>(comments.texts.rbegin()->first);
    if (!reader.ok() || column > INT16_MAX || !is_next || text.empty()) return DamagedComments();
    comments.texts.emplace_hint(comments.texts.end(), static_cast<int32_t>(column),
                                std::move(text));
  }
  if (!reader.ok() || !reader.AtEnd()) return DamagedComments();
  return comments;
}

}  // namespace shale::catalog
