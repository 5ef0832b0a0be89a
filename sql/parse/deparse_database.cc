// CREATE, ALTER and DROP DATABASE.
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"

namespace shale::sql {

void Deparser::DatabaseOptions(const ast::DatabaseOptions& options) {
  std::string_view before = " WITH ";
  auto add = [&](std::string_view name, std::string_view value) {
    Add("{}{} {}", std::exchange(before, " "), name, value);
  };
  auto text = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) add(name, QuoteLiteral(value));
  };
  auto word = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) add(name, QuoteIdentifier(value));
  };
  auto flag = [&](std::string_view name, const std::optional<bool>& value) {
    if (value) add(name, *value ? "true" : "false");
  };
  word("OWNER", options.owner);
  word("TEMPLATE", options.template_name);
  text("ENCODING", options.encoding);
  text("LC_COLLATE", options.collate);
  text("LC_CTYPE", options.ctype);
  word("STRATEGY", options.strategy);
  word("TABLESPACE", options.tablespace);
  flag("IS_TEMPLATE", options.is_template);
  flag("ALLOW_CONNECTIONS", options.allows_connections);
  if (options.connection_limit) {
    add("CONNECTION LIMIT", fmt::format("{}", *options.connection_limit));
  }
}

void Deparser::CreateDatabase(const ast::CreateDatabase& create) {
  Add("CREATE DATABASE ");
  Identifier(create.name);
  DatabaseOptions(create.options);
}

void Deparser::DropDatabase(const ast::DropDatabase& drop) {
  Add("DROP DATABASE {}", drop.if_exists ? "IF EXISTS " : "");
  Identifier(drop.name);
  if (drop.force) Add(" WITH (FORCE)");
}

void Deparser::AlterDatabase(const ast::AlterDatabase& alter) {
  using Action = ast::AlterDatabase::Action;
  Add("ALTER DATABASE ");
  Identifier(alter.name);
  switch (alter.action) {
    case Action::kOptions:
      if (!alter.options.tablespace.empty()) {
        Add(" SET TABLESPACE ");
        return Identifier(alter.options.tablespace);
      }
      return DatabaseOptions(alter.options);
    case Action::kRename:
      Add(" RENAME TO ");
      return Identifier(alter.target);
    case Action::kOwner:
      Add(" OWNER TO ");
      return Identifier(alter.target);
    case Action::kSetting:
      Add(" ");
      return SetVariable(*alter.setting);
    case Action::kRefreshCollation:
      return Add(" REFRESH COLLATION VERSION");
  }
}

}  // namespace shale::sql
