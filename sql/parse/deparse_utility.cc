// Transactions, settings, EXPLAIN, prepared statements, upkeep.
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"

namespace shale::sql {

void Deparser::Transaction(const ast::Transaction& transaction) {
  using Command = ast::Transaction::Command;
  switch (transaction.command) {
    case Command::kBegin:
      Add("BEGIN");
      break;
    case Command::kStart:
      Add("START TRANSACTION");
      break;
    case Command::kCommit:
      return Add(transaction.chain ? "COMMIT AND CHAIN" : "COMMIT");
    case Command::kRollback:
      return Add(transaction.chain ? "ROLLBACK AND CHAIN" : "ROLLBACK");
    case Command::kSavepoint:
      Add("SAVEPOINT ");
      return Identifier(transaction.savepoint);
    case Command::kRelease:
      Add("RELEASE ");
      return Identifier(transaction.savepoint);
    case Command::kRollbackTo:
      Add("ROLLBACK TO ");
      return Identifier(transaction.savepoint);
    case Command::kPrepare:
      return Add("PREPARE TRANSACTION {}", QuoteLiteral(transaction.identifier));
    case Command::kCommitPrepared:
      return Add("COMMIT PREPARED {}", QuoteLiteral(transaction.identifier));
    case Command::kRollbackPrepared:
      return Add("ROLLBACK PREPARED {}", QuoteLiteral(transaction.identifier));
  }
  Modes(transaction.modes);
}

void Deparser::Modes(const ast::TransactionModes& modes) {
  bool first = true;
  auto add = [&](std::string_view mode) {
    Add(first ? " " : ", ");
    first = false;
    Add(mode);
  };
  if (modes.isolation.has_value()) {
    using Level = ast::IsolationLevel;
    Level level = *modes.isolation;
    add(level == Level::kReadUncommitted  ? "ISOLATION LEVEL READ UNCOMMITTED"
        : level == Level::kReadCommitted  ? "ISOLATION LEVEL READ COMMITTED"
        : level == Level::kRepeatableRead ? "ISOLATION LEVEL REPEATABLE READ"
                                          : "ISOLATION LEVEL SERIALIZABLE");
  }
  if (modes.read_only.has_value()) add(*modes.read_only ? "READ ONLY" : "READ WRITE");
  if (modes.deferrable.has_value()) add(*modes.deferrable ? "DEFERRABLE" : "NOT DEFERRABLE");
}

void Deparser::SetVariable(const ast::SetVariable& set) {
  auto value = [&](const ast::SettingValue& value) {
    switch (value.type) {
      case ast::SettingValue::Type::kText:
        return Add(std::string_view(QuoteLiteral(value.text)));
      case ast::SettingValue::Type::kNumber:
        return Add(value.text);
      case ast::SettingValue::Type::kInterval:
        return Add("INTERVAL {}", QuoteLiteral(value.text));
    }
  };
  // A setting's name may have a dot, which separates two identifiers.
  auto name = [&] {
    size_t dot = set.name.find('.');
    if (dot == std::string_view::npos) return Identifier(set.name);
    Identifier(set.name.substr(0, dot));
    Add(".");
    Identifier(set.name.substr(dot + 1));
  };
  using Command = ast::SetVariable::Command;
  std::string_view local = set.local ? "LOCAL " : "";
  switch (set.command) {
    case Command::kSet:
      Add("SET {}", local);
      if (set.values.size() == 1 && set.values[0].type == ast::SettingValue::Type::kInterval) {
        Add("TIME ZONE ");
      } else {
        name();
        Add(" TO ");
      }
      return Commas(set.values, value);
    case Command::kSetDefault:
      Add("SET {}", local);
      name();
      return Add(" TO DEFAULT");
    case Command::kReset:
      Add("RESET ");
      return name();
    case Command::kResetAll:
      return Add("RESET ALL");
    case Command::kTransaction:
      Add("SET {}TRANSACTION", local);
      return Modes(set.modes);
    case Command::kSessionCharacteristics:
      Add("SET SESSION CHARACTERISTICS AS TRANSACTION");
      return Modes(set.modes);
    case Command::kTransactionSnapshot:
      Add("SET TRANSACTION SNAPSHOT ");
      return Commas(set.values, value);
  }
}

void Deparser::Discard(const ast::Discard& discard) {
  using Target = ast::Discard::Target;
  switch (discard.target) {
    case Target::kAll:
      return Add("DISCARD ALL");
    case Target::kPlans:
      return Add("DISCARD PLANS");
    case Target::kSequences:
      return Add("DISCARD SEQUENCES");
    case Target::kTemp:
      return Add("DISCARD TEMP");
  }
}

void Deparser::Explain(const ast::Explain& explain) {
  Add("EXPLAIN (FORMAT {}", explain.format == ast::ExplainFormat::kJson   ? "json"
                            : explain.format == ast::ExplainFormat::kYaml ? "yaml"
                            : explain.format == ast::ExplainFormat::kXml  ? "xml"
                                                                          : "text");
  auto option = [&](std::string_view name, bool value, bool by_default) {
    if (value != by_default) Add(", {}{}", name, value ? "" : " off");
  };
  option("ANALYZE", explain.analyze, false);
  option("VERBOSE", explain.verbose, false);
  option("COSTS", explain.costs, true);
  option("SETTINGS", explain.settings, false);
  option("BUFFERS", explain.buffers, false);
  option("WAL", explain.wal, false);
  option("TIMING", explain.timing, explain.analyze);
  option("SUMMARY", explain.summary, explain.analyze);
  Add(") ");
  Statement(*explain.query);
}

void Deparser::Prepare(const ast::Prepare& prepare) {
  Add("PREPARE ");
  Identifier(prepare.name);
  if (!prepare.parameter_types.empty()) {
    Add(" (");
    Commas(prepare.parameter_types, [&](const ast::TypeName* type) { Type(*type); });
    Add(")");
  }
  Add(" AS ");
  Statement(*prepare.query);
}

void Deparser::Execute(const ast::Execute& execute) {
  Add("EXECUTE ");
  Identifier(execute.name);
  if (execute.arguments.empty()) return;
  Add(" (");
  Exprs(execute.arguments);
  Add(")");
}

void Deparser::Vacuum(const ast::Vacuum& vacuum) {
  Add(vacuum.vacuum ? "VACUUM" : "ANALYZE");
  bool first = true;
  auto option = [&](std::string_view name, bool given) {
    if (!given) return;
    Add(first ? " (" : ", ");
    first = false;
    Add(name);
  };
  option("FULL", vacuum.full);
  option("FREEZE", vacuum.freeze);
  option("VERBOSE", vacuum.verbose);
  option("SKIP_LOCKED", vacuum.skip_locked);
  option("ANALYZE", vacuum.vacuum && vacuum.analyze);
  if (!first) Add(")");
  if (!vacuum.tables.empty()) Add(" ");
  Commas(vacuum.tables, [&](const ast::VacuumTable& table) {
    Name(table.table);
    if (table.columns.empty()) return;
    Add(" (");
    Identifiers(table.columns);
    Add(")");
  });
}

void Deparser::Lock(const ast::Lock& lock) {
  using Mode = ast::TableLockMode;
  Add("LOCK TABLE ");
  Tables(lock.tables);
  Add(" IN ");
  switch (lock.mode) {
    case Mode::kAccessShare:
      Add("ACCESS SHARE");
      break;
    case Mode::kRowShare:
      Add("ROW SHARE");
      break;
    case Mode::kRowExclusive:
      Add("ROW EXCLUSIVE");
      break;
    case Mode::kShareUpdateExclusive:
      Add("SHARE UPDATE EXCLUSIVE");
      break;
    case Mode::kShare:
      Add("SHARE");
      break;
    case Mode::kShareRowExclusive:
      Add("SHARE ROW EXCLUSIVE");
      break;
    case Mode::kExclusive:
      Add("EXCLUSIVE");
      break;
    case Mode::kAccessExclusive:
      Add("ACCESS EXCLUSIVE");
      break;
  }
  Add(lock.no_wait ? " MODE NOWAIT" : " MODE");
}

}  // namespace shale::sql
