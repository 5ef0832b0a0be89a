#include "catalog/types/snapshot_value.h"

#include <algorithm>
#include <charconv>

#include "catalog/types/type_io_internal.h"
#include "engine/base/coding.h"

namespace shale::catalog {
namespace {

// C's strtoull(): spaces, a sign, digits; no digits are 0 and nothing is consumed.
uint64_t TakeNumber(std::string_view* text) {
  std::string_view rest = *text;
  while (!rest.empty() && type_io::IsSpace(rest.front())) rest.remove_prefix(1);
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  uint64_t value = 0;
  auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error == std::errc::invalid_argument) return 0;
  if (error != std::errc()) value = UINT64_MAX;
  *text = rest.substr(static_cast<size_t>(end - rest.data()));
  return negative ? 0 - value : value;
}

bool TakeColon(std::string_view* text) {
  if (!text->starts_with(':')) return false;
  text->remove_prefix(1);
  return true;
}

// False: it comes out of order, or does not belong there.
bool AddRunning(uint64_t id, SnapshotValue* snapshot) {
  if (id < snapshot->xmin || id >= snapshot->xmax) return false;
  const bool first = snapshot->running.empty();
  if (!first && id < snapshot->running.back()) return false;
  if (first || id != snapshot->running.back()) snapshot->running.push_back(id);
  return true;
}

bool ReadSnapshot(std::string_view text, SnapshotValue* snapshot) {
  snapshot->xmin = TakeNumber(&text);
  if (!TakeColon(&text)) return false;
  snapshot->xmax = TakeNumber(&text);
  if (!TakeColon(&text)) return false;
  if (snapshot->xmin == 0 || snapshot->xmax < snapshot->xmin) return false;
  while (!text.empty()) {
    if (!AddRunning(TakeNumber(&text), snapshot)) return false;
    if (text.empty()) break;
    if (text.front() != ',') return false;
    text.remove_prefix(1);
  }
  return true;
}

constexpr size_t kNumberBytes = 8;
constexpr size_t kHeaderBytes = 4 + 2 * kNumberBytes;

bool ReadBinarySnapshot(std::string_view bytes, SnapshotValue* snapshot) {
  snapshot->xmin = LoadBigEndian64(bytes.data() + 4);
  snapshot->xmax = LoadBigEndian64(bytes.data() + 4 + kNumberBytes);
  if (snapshot->xmin == 0 || snapshot->xmax < snapshot->xmin) return false;
  for (bytes.remove_prefix(kHeaderBytes); !bytes.empty(); bytes.remove_prefix(kNumberBytes)) {
    if (!AddRunning(LoadBigEndian64(bytes.data()), snapshot)) return false;
  }
  return true;
}

}  // namespace

bool SnapshotValue::Shows(uint64_t id) const {
  return id < xmin || (id < xmax && !std::ranges::binary_search(running, id));
}

Result<SnapshotValue> ParseSnapshot(std::string_view text) {
  SnapshotValue snapshot;
  if (!ReadSnapshot(text, &snapshot)) return type_io::InvalidSyntax("pg_snapshot", text);
  return snapshot;
}

void AppendSnapshot(const SnapshotValue& snapshot, std::string* out) {
  type_io::AppendUnsigned(snapshot.xmin, out);
  out->push_back(':');
  type_io::AppendUnsigned(snapshot.xmax, out);
  out->push_back(':');
  for (size_t i = 0; i < snapshot.running.size(); ++i) {
    if (i > 0) out->push_back(',');
    type_io::AppendUnsigned(snapshot.running[i], out);
  }
}

Result<SnapshotValue> ParseBinarySnapshot(std::string_view bytes) {
  const Status invalid =
      Status(sqlstate::kInvalidBinaryRepresentation, "invalid external pg_snapshot data");
  if (bytes.size() < 4) return type_io::InsufficientData();
  const uint32_t count = LoadBigEndian32(bytes.data());
  if (count > INT32_MAX / kNumberBytes) return invalid;
  RETURN_IF_ERROR(type_io::CheckSize(bytes, kHeaderBytes + count * kNumberBytes));
  SnapshotValue snapshot;
  if (!ReadBinarySnapshot(bytes, &snapshot)) return invalid;
  return snapshot;
}

void AppendBinarySnapshot(const SnapshotValue& snapshot, std::string* out) {
  PutBigEndian32(out, static_cast<uint32_t>(snapshot.running.size()));
  PutBigEndian64(out, snapshot.xmin);
  PutBigEndian64(out, snapshot.xmax);
  for (uint64_t id : snapshot.running) PutBigEndian64(out, id);
}

}  // namespace shale::catalog
