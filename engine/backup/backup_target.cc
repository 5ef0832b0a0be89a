#include "engine/backup/backup_target.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "engine/env/local_storage.h"

namespace shale::engine {
namespace {

bool IsComponent(std::string_view text) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && text.front() != '.' && text.size() <= 200 &&
         std::ranges::all_of(text, allowed);
}

}  // namespace

Result<std::unique_ptr<Storage>> OpenBackupTarget(FileSystem& file_system, const std::string& root,
                                                  const std::string& name) {
  std::string directory = root;
  std::string_view rest = name;
  RETURN_IF_ERROR(file_system.CreateDirectory(directory));
  while (true) {
    size_t slash = rest.find('/');
    std::string_view component = rest.substr(0, slash);
    if (!IsComponent(component)) {
      return Error(sqlstate::kInvalidName, "invalid name of a backup: \"{}\"", name)
          .Hint(
              "Letters, digits, \"_\", \"-\" and \".\" name a directory below the one for "
              "backups.");
    }
    directory = JoinPath(directory, component);
    if (slash == rest.npos) break;
    RETURN_IF_ERROR(file_system.CreateDirectory(directory));
    rest.remove_prefix(slash + 1);
  }
  Result<std::unique_ptr<LocalStorage>> storage = OpenLocalStorage(file_system, directory);
  if (!storage.ok()) {
    if (!storage.status().Is(sqlstate::kObjectInUse)) return std::move(storage).status();
    return Error(sqlstate::kObjectInUse, "backup directory \"{}\" is in use", directory);
  }
  return std::unique_ptr<Storage>(std::move(storage).value());
}

}  // namespace shale::engine
