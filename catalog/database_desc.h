// A database: a set of schemas and all that is in them, which sessions see nothing but one of.
//
// The list of databases is shared by all of them (CatalogSnapshot::databases); what is in each is a
// catalog of its own (cluster.h).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "catalog/types/datum.h"

namespace shale::catalog {

// What is of no database but of all: their list.
inline constexpr Oid kSharedDatabaseOid = 0;
// The databases that a new store has. All that is in a store from before there were databases
// belongs to the default one.
inline constexpr Oid kDefaultDatabaseOid = 16383;
inline constexpr std::string_view kDefaultDatabaseName = "shale";
inline constexpr Oid kPostgresDatabaseOid = 5;
inline constexpr Oid kTemplate1DatabaseOid = 1;
inline constexpr Oid kTemplate0DatabaseOid = 4;
inline constexpr std::string_view kTemplate1DatabaseName = "template1";
inline constexpr std::string_view kTemplate0DatabaseName = "template0";

struct DatabaseDesc {
  Oid oid = kInvalidOid;
  std::string name;
  bool is_template = false;
  bool allows_connections = true;
  int32_t connection_limit = -1;  // -1: none
  std::string collate = "C";
  std::string ctype = "C.UTF-8";
  std::string comment;  // empty: none
  // What ALTER DATABASE ... SET has set for sessions that begin, as text by the settings' names.
  std::map<std::string, std::string> settings;
};
using DatabaseRef = std::shared_ptr<const DatabaseDesc>;
using DatabaseMap = std::map<Oid, DatabaseRef>;

}  // namespace shale::catalog
