// The description of a backup, versions 1 and 2. All integers little-endian.
//
// A backup is a storage that opens as a store: tables and value files, an empty log
// segment, a manifest, the root register. Besides, it has a blob named backup-<manifest number, 20
// digits>, which describes it:
//
//   offset size
//        0    8  magic "SHALBACK"
//        8    4  format version: 1 where all files are tables, else 2
//       12    4  zero
//       16    8  manifest number
//       24    8  sequence number: every commit up to it is in the tables, none after
//       32    8  microseconds since 1970: a time not before the last commit in it
//       40    8  log number  } where replay of archived log segments would go on
//       48    8  first LSN   }
//       56    8  id of the store, which it got when it was first backed up
//       64    4  number of files
//       68    4  zero
//       72    n  files by ascending number: number varint, bytes varint, digest (8),
//                fingerprint (8); in version 2 also kind (1): 0 table, 1 value file
//     72+n    8  checksum of the bytes before, seed ChecksumSeed(manifest number, 0)
//
// Digest: of the file's bytes in pieces of kBackupPieceBytes, XXH3-64 of each seeded with the one
// before, beginning with 0. Fingerprint: XXH3-64 of the file's encoding in a version edit, for
// telling without reading it whether a store's file is the one in the backup.
//
// The description that has the manifest number of the root register is in force; others are remains
// of a renewal that was interrupted. A store that is opened in the backup's place gets a new
// manifest and is a backup no more. There is no torn tail: a blob is whole or damaged (XX001).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/status.h"
#include "engine/env/storage.h"
#include "engine/lsm/version_edit.h"

namespace shale::engine {

inline constexpr std::string_view kBackupMagic = "SHALBACK";
inline constexpr uint32_t kBackupFormatVersion = 2;
inline constexpr size_t kBackupHeaderBytes = 72;
inline constexpr size_t kBackupPieceBytes = 1 << 20;
// Set before anything else is written, so that what an interrupted first backup leaves is known.
inline constexpr std::string_view kBackupRegister = "backup";
// Of a store, and of the log archive that it writes to: the store's id, 8 bytes. A store that was
// restored has another one.
inline constexpr std::string_view kStoreIdRegister = "backup.store";

struct BackupFile {
  enum class Kind : uint8_t { kTable = 0, kValues = 1 };
  uint64_t number = 0;
  uint64_t bytes = 0;
  uint64_t digest = 0;
  uint64_t fingerprint = 0;
  Kind kind = Kind::kTable;

  std::string Name() const;  // of the blob
  bool operator==(const BackupFile&) const = default;
};

struct BackupDescription {
  uint64_t manifest_number = 0;
  SequenceNumber sequence = 0;
  uint64_t made_us = 0;
  LogStart log_start;
  uint64_t store_id = 0;
  std::vector<BackupFile> files;  // ascending numbers

  // Null where there is no such file.
  const BackupFile* Find(uint64_t number) const;
};

std::string BackupName(uint64_t manifest_number);
std::optional<uint64_t> ParseBackupName(std::string_view name);

std::string EncodeBackup(const BackupDescription& description);
// Of the whole blob. XX001 naming file and offset, 0A000 for a later version.
Result<BackupDescription> DecodeBackup(std::string_view bytes, const std::string& file_name);

uint64_t TableFingerprint(const TableMetadata& table);
uint64_t ValueFileFingerprint(const ValueFileMetadata& file);
// Continues a digest with the next piece; pieces are full but for the last.
uint64_t ExtendDigest(uint64_t digest, std::string_view piece);

// The description in force, or nothing where the storage holds no store. 55000 where it holds one
// that is no backup.
Result<std::optional<BackupDescription>> ReadBackup(Storage* storage);

}  // namespace shale::engine
