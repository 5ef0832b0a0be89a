#include "catalog/types/system_id.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "catalog/types/type_io_internal.h"
#include "engine/base/coding.h"

namespace shale::catalog::system_id {
namespace {

// The whole text as a number of the base; digits only.
template <typename T>
bool ReadWhole(std::string_view text, int base, T* value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value, base);
  return error == std::errc() && end == text.data() + text.size();
}

std::optional<uint64_t> TakeXid(std::string_view* text) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc()) return std::nullopt;
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return value;
}

}  // namespace

uint32_t ParseXid(std::string_view text) {
  return static_cast<uint32_t>(std::strtoul(std::string(text).c_str(), nullptr, 0));
}

uint64_t ParseXid8(std::string_view text) {
  return std::strtoull(std::string(text).c_str(), nullptr, 0);
}

Result<uint64_t> ParseTid(std::string_view text) {
  const size_t open = text.find('(');
  const size_t comma = text.find(',');
  if (open != 0 || comma == std::string_view::npos) return type_io::InvalidSyntax("tid", text);
  const std::string block_text(text.substr(1, comma - 1));
  const std::string offset_text(text.substr(comma + 1));
  char* end = nullptr;
  errno = 0;
  const uint64_t block = std::strtoul(block_text.c_str(), &end, 10);
  bool valid = errno == 0 && *end == '\0' && end != block_text.c_str();
  const auto narrow = static_cast<uint32_t>(block);
  valid &= block == narrow || block == static_cast<uint64_t>(int64_t{static_cast<int32_t>(narrow)});
  errno = 0;
  const uint64_t offset = std::strtoul(offset_text.c_str(), &end, 10);
  valid &= errno == 0 && *end == ')' && end != offset_text.c_str() && offset <= UINT16_MAX;
  if (!valid) return type_io::InvalidSyntax("tid", text);
  return uint64_t{narrow} << 16 | offset;
}

void AppendTid(uint64_t tid, std::string* out) {
  *out += fmt::format("({},{})", static_cast<uint32_t>(tid >> 16), tid & 0xffff);
}

Result<uint64_t> ParseLsn(std::string_view text) {
  const size_t slash = text.find('/');
  uint32_t high = 0;
  uint32_t low = 0;
  constexpr size_t kDigitsMax = 8;
  const bool valid = slash != std::string_view::npos && slash <= kDigitsMax &&
                     text.size() - slash - 1 <= kDigitsMax &&
                     ReadWhole(text.substr(0, slash), 16, &high) &&
                     ReadWhole(text.substr(slash + 1), 16, &low);
  if (!valid) return type_io::InvalidSyntax("pg_lsn", text);
  return uint64_t{high} << 32 | low;
}

void AppendLsn(uint64_t lsn, std::string* out) {
  *out += fmt::format("{:X}/{:X}", lsn >> 32, lsn & 0xffffffff);
}

std::optional<Snapshot> ParseSnapshot(std::string_view text) {
  Snapshot snapshot;
  auto take = [&text](char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
  };
  std::optional<uint64_t> number = TakeXid(&text);
  if (!number.has_value() || !take(':')) return std::nullopt;
  snapshot.xmin = *number;
  number = TakeXid(&text);
  if (!number.has_value() || !take(':')) return std::nullopt;
  snapshot.xmax = *number;
  if (snapshot.xmin == 0 || snapshot.xmax == 0 || snapshot.xmax < snapshot.xmin) {
    return std::nullopt;
  }
  uint64_t last = 0;
  while (!text.empty()) {
    number = TakeXid(&text);
    if (!number.has_value() || *number < snapshot.xmin || *number >= snapshot.xmax ||
        *number < last) {
      return std::nullopt;
    }
    if (*number != last) snapshot.in_progress.push_back(*number);
    last = *number;
    if (!take(',') && !text.empty()) return std::nullopt;
  }
  return snapshot;
}

std::string FormatSnapshot(const Snapshot& snapshot) {
  return fmt::format("{}:{}:{}", snapshot.xmin, snapshot.xmax,
                     fmt::join(snapshot.in_progress, ","));
}

Result<std::string_view> ParseSnapshotBinary(std::string_view bytes, Arena* arena) {
  if (bytes.size() < 20) return type_io::InsufficientData();
  const uint32_t count = LoadBigEndian32(bytes.data());
  Snapshot snapshot;
  snapshot.xmin = LoadBigEndian64(bytes.data() + 4);
  snapshot.xmax = LoadBigEndian64(bytes.data() + 12);
  bytes.remove_prefix(20);
  RETURN_IF_ERROR(type_io::CheckSize(bytes, size_t{count} * 8));
  for (size_t i = 0; i < count; ++i) {
    snapshot.in_progress.push_back(LoadBigEndian64(bytes.data() + i * 8));
  }
  const std::string text = FormatSnapshot(snapshot);
  if (!ParseSnapshot(text).has_value()) {
    return Error(sqlstate::kInvalidBinaryRepresentation, "invalid external pg_snapshot data");
  }
  return arena->Copy(text);
}

void AppendSnapshotBinary(std::string_view text, std::string* out) {
  const Snapshot snapshot = ParseSnapshot(text).value_or(Snapshot());
  PutBigEndian32(out, static_cast<uint32_t>(snapshot.in_progress.size()));
  PutBigEndian64(out, snapshot.xmin);
  PutBigEndian64(out, snapshot.xmax);
  for (uint64_t xid : snapshot.in_progress) PutBigEndian64(out, xid);
}

}  // namespace shale::catalog::system_id
