#include "engine/inspect/dump.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/coding.h"
#include "engine/env/read_only_storage.h"
#include "engine/env/register_format.h"
#include "engine/inspect/dump_parts.h"
#include "engine/lsm/manifest_format.h"
#include "engine/lsm/table_metadata.h"
#include "engine/table/table_format.h"
#include "engine/table/value_format.h"
#include "engine/wal/wal_format.h"

namespace shale::engine {
namespace {

constexpr uint64_t kAll = std::numeric_limits<uint64_t>::max();

std::string_view NameOf(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

Result<std::string> ReadStart(FileSystem& file_system, const std::string& path, size_t length) {
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, file_system.Open(path, OpenMode::kRead));
  std::string bytes(length, '\0');
  ASSIGN_OR_RETURN(size_t count, file->Read(0, length, bytes.data()));
  bytes.resize(count);
  return bytes;
}

// Renamed files give their number themselves, where it is not in the part that is damaged.
Result<uint64_t> NumberInTable(FileSystem& file_system, const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<File> file, file_system.Open(path, OpenMode::kRead));
  ASSIGN_OR_RETURN(uint64_t size, file->Size());
  TableFooter footer = {};
  if (size >= sizeof(footer)) {
    ASSIGN_OR_RETURN(size_t count, file->Read(size - sizeof(footer), sizeof(footer),
                                              reinterpret_cast<char*>(&footer)));
    if (count != sizeof(footer)) footer = {};
  }
  return footer.file_number;
}

uint64_t NumberInHeader(std::string_view start) {
  return start.size() < 24 ? 0 : LoadFixed<uint64_t>(start.data() + 16);
}

class FileDump {
 public:
  FileDump(FileSystem& file_system, const std::string& path, const Keyring* keyring,
           uint64_t entries_max, const DumpSink& sink)
      : file_system_(file_system),
        path_(path),
        keyring_(keyring),
        entries_max_(entries_max),
        sink_(sink) {}

  // By its name, since its first bytes may be what is damaged; else by its magic.
  Status Run() {
    std::string_view name = NameOf(path_);
    ASSIGN_OR_RETURN(std::string start, ReadStart(file_system_, path_, 24));
    auto storage = NewSingleFileStorage(file_system_, path_);
    if (auto number = ParseTableName(name)) {
      return DumpTable({storage.get(), *number, keyring_}, entries_max_, sink_);
    }
    if (auto number = ParseValueFileName(name)) {
      return DumpValues({storage.get(), *number, keyring_}, entries_max_, sink_);
    }
    if (auto number = ParseWalSegmentName(name)) {
      return DumpLog({storage.get(), *number, keyring_}, entries_max_, sink_);
    }
    if (auto number = ParseManifestName(name))
      return DumpManifest({storage.get(), *number, keyring_}, sink_);
    if (name.ends_with("~0") || name.ends_with("~1")) return RunRegister(name);
    std::string_view magic = std::string_view(start).substr(0, 8);
    if (magic == kWalMagic) {
      return DumpLog({storage.get(), NumberInHeader(start), keyring_}, entries_max_, sink_);
    }
    if (magic == kManifestMagic)
      return DumpManifest({storage.get(), NumberInHeader(start), keyring_}, sink_);
    if (magic.size() == 8 && LoadFixed<uint64_t>(magic.data()) == kTableMagic) {
      ASSIGN_OR_RETURN(uint64_t number, NumberInTable(file_system_, path_));
      return DumpTable({storage.get(), number, keyring_}, entries_max_, sink_);
    }
    if (magic.size() == 8 && LoadFixed<uint64_t>(magic.data()) == kValueFileMagic) {
      return DumpValues({storage.get(), NumberInHeader(start), keyring_}, entries_max_, sink_);
    }
    return Error(sqlstate::kFeatureNotSupported, "\"{}\" is of no kind that can be dumped", path_)
        .Hint("Tables, value files, log segments, manifests, registers and data directories can.");
  }

 private:
  Status RunRegister(std::string_view name) {
    ASSIGN_OR_RETURN(std::string bytes, ReadStart(file_system_, path_,
                                                  kRegisterHeaderBytes + kRegisterValueBytesMax +
                                                      kRegisterChecksumBytes));
    int copy = name.back() - '0';
    return DumpRegister(name.substr(0, name.size() - 2), copy, bytes, path_, sink_);
  }

  FileSystem& file_system_;
  const std::string& path_;
  const Keyring* const keyring_;
  const uint64_t entries_max_;
  const DumpSink& sink_;
};

// Of the data directory; null where no key was given.
Result<std::unique_ptr<Keyring>> OpenKeyring(FileSystem& file_system, const std::string& directory,
                                             const DumpOptions& options,
                                             std::unique_ptr<LocalStorage>* storage) {
  if (options.master_key == nullptr) return std::unique_ptr<Keyring>();
  ASSIGN_OR_RETURN(*storage, OpenReadOnlyStorage(file_system, directory, DirectoryLock::kLeave));
  return Keyring::Open({.storage = storage->get(), .master_key = *options.master_key});
}

std::string_view FolderOf(std::string_view path) {
  size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status DumpDirectory(FileSystem& file_system, const std::string& directory, const Keyring* keyring,
                     uint64_t entries_max, const DumpSink& sink) {
  Status first_problem;
  for (const char* folder : {"registers", "log", "blobs"}) {
    std::string path = JoinPath(directory, folder);
    ASSIGN_OR_RETURN(std::vector<std::string> names, file_system.List(path));
    std::ranges::sort(names);
    for (const std::string& name : names) {
      std::string file = JoinPath(path, name);
      Status status = FileDump(file_system, file, keyring, entries_max, sink).Run();
      if (status.ok()) continue;
      sink(fmt::format("STOPS: {}\n", status.message()));
      if (first_problem.ok()) first_problem = std::move(status);
    }
  }
  return first_problem;
}

}  // namespace

std::string Quoted(std::string_view bytes) {
  constexpr size_t kShownMax = 64;
  std::string text = "\"";
  for (char c : bytes.substr(0, kShownMax)) {
    if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (c >= ' ' && c <= '~') {
      text += c;
    } else {
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  text += '"';
  if (bytes.size() > kShownMax) text += fmt::format("... ({} bytes)", bytes.size());
  return text;
}

Status DumpRegister(std::string_view name, int copy, std::string_view file_bytes,
                    const std::string& path, const DumpSink& sink) {
  sink(fmt::format("register \"{}\": {}, copy {}\n", path, name, copy));
  RegisterCopy decoded = DecodeRegister(name, copy, file_bytes);
  switch (decoded.state) {
    case RegisterCopyState::kBlank:
      sink("  blank\n");
      return Status::Ok();
    case RegisterCopyState::kDamaged:
      return Error(sqlstate::kDataCorrupted, "register copy \"{}\" is damaged at offset 0", path);
    case RegisterCopyState::kValid:
      break;
  }
  sink(fmt::format("  version {}, value {}\n", decoded.value.version, Quoted(decoded.value.bytes)));
  if (name == kRootRegister) {
    ASSIGN_OR_RETURN(uint64_t manifest, DecodeRoot(decoded.value.bytes));
    sink(fmt::format("  names {}\n", ManifestName(manifest)));
  }
  return Status::Ok();
}

Status Dump(FileSystem& file_system, const std::string& path, const DumpOptions& options,
            const DumpSink& sink) {
  ASSIGN_OR_RETURN(bool is_directory, file_system.Exists(JoinPath(path, "registers")));
  std::string directory = is_directory ? path : std::string(FolderOf(FolderOf(path)));
  std::unique_ptr<LocalStorage> storage;
  ASSIGN_OR_RETURN(std::unique_ptr<Keyring> keyring,
                   OpenKeyring(file_system, directory, options, &storage));
  if (is_directory) {
    return DumpDirectory(file_system, path, keyring.get(), options.entries_max.value_or(0), sink);
  }
  Status status =
      FileDump(file_system, path, keyring.get(), options.entries_max.value_or(kAll), sink).Run();
  if (!status.ok()) sink(fmt::format("STOPS: {}\n", status.message()));
  return status;
}

}  // namespace shale::engine
