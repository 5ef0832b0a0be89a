// Files of the engine, as a damaged disk may give them: the first byte chooses what the rest is
// taken for. Whatever it is, it is read to an end, and an error is one that names damage.
#include <cstdint>
#include <cstring>
#include <string>

#include "engine/base/check.h"
#include "engine/base/checksum.h"
#include "engine/base/coding.h"
#include "engine/env/memory_file_system.h"
#include "engine/inspect/dump.h"
#include "engine/lsm/backup_format.h"
#include "engine/lsm/version_edit.h"

namespace shale::engine {
namespace {

void CheckFileStatus(const Status& status) {
  CHECK(status.ok() || status.sqlstate() == sqlstate::kDataCorrupted ||
        status.sqlstate() == sqlstate::kFeatureNotSupported);
}

void RunBackup(std::string bytes, bool with_checksum) {
  if (with_checksum && bytes.size() >= kBackupHeaderBytes + 8) {
    uint64_t seed = ChecksumSeed(LoadFixed<uint64_t>(bytes.data() + 16), 0);
    uint64_t checksum = Checksum(std::string_view(bytes).substr(0, bytes.size() - 8), seed);
    std::memcpy(bytes.data() + bytes.size() - 8, &checksum, sizeof(checksum));
  }
  Result<BackupDescription> backup = DecodeBackup(bytes, "backup");
  CheckFileStatus(backup.status());
  if (!backup.ok()) return;
  Result<BackupDescription> again = DecodeBackup(EncodeBackup(*backup), "backup");
  CHECK(again.ok() && again->files == backup->files);
}

void RunEdit(std::string_view bytes) {
  VersionEdit edit;
  if (!VersionEdit::Decode(bytes, &edit)) return;
  std::string encoded;
  edit.Encode(&encoded);
  VersionEdit again;
  CHECK(VersionEdit::Decode(encoded, &again) && again.added.size() == edit.added.size() &&
        again.added_value_files.size() == edit.added_value_files.size());
}

void RunDump(const char* path, std::string_view bytes) {
  MemoryFileSystem disk;
  CHECK(disk.CreateDirectory("/d").ok());
  CHECK(disk.ReplaceWhole(path, bytes).ok());
  size_t length = 0;
  CheckFileStatus(
      Dump(disk, path, {}, [&length](std::string_view text) { length += text.size(); }));
}

}  // namespace
}  // namespace shale::engine

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace shale::engine;
  if (size < 1) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 8) {
    case 0:
      RunBackup(std::string(bytes), false);
      break;
    case 1:
      RunBackup(std::string(bytes), true);
      break;
    case 2:
      RunEdit(bytes);
      break;
    case 3:
      RunDump("/d/table-00000000000000000003", bytes);
      break;
    case 4:
      RunDump("/d/wal-00000000000000000003", bytes);
      break;
    case 5:
      RunDump("/d/manifest-00000000000000000003", bytes);
      break;
    case 6:
      RunDump("/d/root~0", bytes);
      break;
    default:
      RunDump("/d/values-00000000000000000042", bytes);
  }
  return 0;
}
