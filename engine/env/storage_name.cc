#include "engine/env/storage_name.h"

#include <algorithm>

namespace shale::engine {

Status CheckStorageName(const std::string& name) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  if (name.empty() || name.size() > 200 || name.front() == '.' ||
      !std::all_of(name.begin(), name.end(), allowed)) {
    return Error(sqlstate::kInternalError, "invalid storage name \"{}\"", name);
  }
  return Status::Ok();
}

}  // namespace shale::engine
