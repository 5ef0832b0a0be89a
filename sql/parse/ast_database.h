// Statements about databases. See ast.h.
#pragma once

#include <optional>

#include "sql/parse/ast.h"
#include "sql/parse/ast_utility.h"

namespace shale::sql::ast {

// Of CREATE DATABASE and, the last three, of ALTER DATABASE. Texts that are not given are empty,
// which DEFAULT means too.
struct DatabaseOptions {
  std::string_view owner;
  std::string_view template_name;
  std::string_view encoding;  // "UTF8"
  std::string_view collate;
  std::string_view ctype;
  std::string_view strategy;
  std::string_view tablespace;
  std::optional<bool> is_template;
  std::optional<bool> allows_connections;
  std::optional<int32_t> connection_limit;
};

struct CreateDatabase : Statement {
  static constexpr StatementKind kKind = StatementKind::kCreateDatabase;
  std::string_view name;
  DatabaseOptions options;
};

struct DropDatabase : Statement {
  static constexpr StatementKind kKind = StatementKind::kDropDatabase;
  std::string_view name;
  bool if_exists = false;
  bool force = false;
};

struct AlterDatabase : Statement {
  static constexpr StatementKind kKind = StatementKind::kAlterDatabase;
  enum class Action : uint8_t {
    kOptions,
    kRename,            // target
    kOwner,             // target
    kSetting,           // setting: SET or RESET
    kRefreshCollation,  // REFRESH COLLATION VERSION
  };
  Action action = Action::kOptions;
  std::string_view name;
  std::string_view target;
  DatabaseOptions options;
  const SetVariable* setting = nullptr;
};

}  // namespace shale::sql::ast
