// PreparedOwner: whose a prepared transaction is, and what it has changed of the catalog: what a
// session gives the store with it.
//
//   role | 00 | database [ | 00 | changes (catalog_changes.h) ]
#pragma once

#include <string>
#include <string_view>

namespace shale::sql {

struct PreparedOwner {
  std::string role;
  std::string database;
  std::string changes;

  std::string Encode() const {
    std::string payload = role + '\0' + database;
    if (!changes.empty()) payload += '\0' + changes;
    return payload;
  }
  static PreparedOwner Decode(std::string_view payload) {
    const size_t end = payload.find('\0');
    if (end == std::string_view::npos) return {.role = std::string(payload)};
    const size_t second = payload.find('\0', end + 1);
    PreparedOwner owner{.role = std::string(payload.substr(0, end)),
                        .database = std::string(payload.substr(end + 1, second - end - 1))};
    if (second != std::string_view::npos) owner.changes = payload.substr(second + 1);
    return owner;
  }
};

}  // namespace shale::sql
