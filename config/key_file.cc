#include "config/key_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace shale::config {
namespace {

constexpr int64_t kKeyFileBytesMax = 4096;

}  // namespace

Result<std::string> ReadKeyFile(const std::string& path) {
  struct stat found;
  if (stat(path.c_str(), &found) != 0) {
    return Error(sqlstate::kConfigFileError, "could not read key file \"{}\": {}", path,
                 std::strerror(errno));
  }
  if (!S_ISREG(found.st_mode)) {
    return Error(sqlstate::kConfigFileError, "key file \"{}\" is not a regular file", path);
  }
  mode_t forbidden = found.st_uid == 0 ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO;
  if ((found.st_mode & forbidden) != 0) {
    return Error(sqlstate::kConfigFileError, "key file \"{}\" has group or world access", path)
        .Detail(
            "File must have permissions u=rw (0600) or less if owned by the server's user, or "
            "permissions u=rw,g=r (0640) or less if owned by root.");
  }
  if (found.st_size == 0 || found.st_size > kKeyFileBytesMax) {
    return Error(sqlstate::kConfigFileError, "key file \"{}\" has {} bytes, which is no key", path,
                 found.st_size);
  }
  std::ifstream file(path, std::ios::binary);
  std::string contents((std::istreambuf_iterator<char>(file)), {});
  if (!file) return Error(sqlstate::kConfigFileError, "could not read key file \"{}\"", path);
  return contents;
}

}  // namespace shale::config
