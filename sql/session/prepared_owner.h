// PreparedOwner: whose a prepared transaction is: what a session gives the store with it.
//
//   role | 00 | database
#pragma once

#include <string>
#include <string_view>

namespace shale::sql {

struct PreparedOwner {
  std::string role;
  std::string database;

  std::string Encode() const { return role + '\0' + database; }
  static PreparedOwner Decode(std::string_view payload) {
    const size_t end = payload.find('\0');
    if (end == std::string_view::npos) return {std::string(payload), {}};
    return {std::string(payload.substr(0, end)), std::string(payload.substr(end + 1))};
  }
};

}  // namespace shale::sql
