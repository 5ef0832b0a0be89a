// SET, SHOW, RESET, DISCARD.

#include "sql/session/commands.h"
#include "sql/session/session_impl.h"
#include "sql/session/setting_text.h"

namespace shale::sql {
namespace {

std::string_view IsolationName(engine::IsolationLevel level) {
  switch (level) {
    case engine::IsolationLevel::kReadCommitted:
      return "read committed";
    case engine::IsolationLevel::kRepeatableRead:
      return "repeatable read";
    case engine::IsolationLevel::kSerializable:
      return "serializable";
  }
  return "";
}

Result<engine::IsolationLevel> ParseIsolation(std::string_view text) {
  std::string lower = LowerSettingName(text);
  if (lower == "read committed" || lower == "read uncommitted") {
    return engine::IsolationLevel::kReadCommitted;
  }
  if (lower == "repeatable read") return engine::IsolationLevel::kRepeatableRead;
  if (lower == "serializable") return engine::IsolationLevel::kSerializable;
  return Error(sqlstate::kInvalidParameterValue,
               "invalid value for parameter \"transaction_isolation\": \"{}\"", text)
      .Hint("Available values: serializable, repeatable read, read committed, read uncommitted.");
}

std::string ModeName(ast::IsolationLevel level) {
  switch (level) {
    case ast::IsolationLevel::kReadUncommitted:
      return "read uncommitted";
    case ast::IsolationLevel::kReadCommitted:
      return "read committed";
    case ast::IsolationLevel::kRepeatableRead:
      return "repeatable read";
    case ast::IsolationLevel::kSerializable:
      return "serializable";
  }
  return "";
}

}  // namespace

// As PostgreSQL flattens them: list elements of search_path and the like are quoted where they need
// it.
Result<std::string> SettingTextOf(const ast::SetVariable& command,
                                  const catalog::FormatSettings& format) {
  std::string text;
  const bool is_list = command.name == "search_path" || command.values.size() > 1;
  for (const ast::SettingValue& value : command.values) {
    if (!text.empty()) text += ", ";
    if (is_list && value.type == ast::SettingValue::Type::kText && command.name == "search_path") {
      bool plain = !value.text.empty();
      for (char c : value.text) {
        plain &= (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
      }
      text += plain ? std::string(value.text) : fmt::format("\"{}\"", value.text);
    } else {
      text += value.text;
    }
  }
  if (command.values.empty() || command.values[0].type != ast::SettingValue::Type::kInterval) {
    return text;
  }
  ASSIGN_OR_RETURN(catalog::Interval offset, catalog::ParseInterval(text, -1, format));
  constexpr int64_t kMicrosPerSecond = 1'000'000;
  return catalog::FixedTimeZone(static_cast<int32_t>(offset.micros / kMicrosPerSecond)).name();
}

Result<std::string> ShowSetting(SessionImpl& session, std::string_view name) {
  std::string lower = LowerSettingName(name);
  const TransactionState& transaction = session.transaction();
  const bool running = transaction.block() != TransactionState::Block::kNone;
  const SettingFields& fields = session.settings().fields();
  if (lower == "transaction_isolation") {
    return std::string(IsolationName(running ? transaction.isolation() : fields.default_isolation));
  }
  if (lower == "transaction_read_only") {
    return std::string((running ? transaction.read_only() : fields.default_read_only) ? "on"
                                                                                      : "off");
  }
  if (lower == "transaction_deferrable") {
    return std::string((running ? transaction.deferrable() : fields.default_deferrable) ? "on"
                                                                                        : "off");
  }
  return session.settings().Show(name);
}

Status ChangeSetting(SessionImpl& session, std::string_view name, std::string_view text,
                     bool local) {
  std::string lower = LowerSettingName(name);
  TransactionModes modes;
  if (lower == "transaction_isolation") {
    ASSIGN_OR_RETURN(modes.isolation, ParseIsolation(text));
  } else if (lower == "transaction_read_only" || lower == "transaction_deferrable") {
    std::optional<bool>& mode =
        lower == "transaction_read_only" ? modes.read_only : modes.deferrable;
    mode = ParseSettingBool(text);
    if (!mode) {
      return Error(sqlstate::kInvalidParameterValue, "parameter \"{}\" requires a Boolean value",
                   name);
    }
  } else {
    RETURN_IF_ERROR(session.settings().Set(name, text, local));
    return lower == "shale.as_of" ? session.transaction().ChangeAsOf() : Status::Ok();
  }
  session.transaction().EnsureBegun();
  return session.transaction().SetModes(modes);
}

// The transaction's modes go back to PostgreSQL's own defaults, not to those of the session.
Status ResetSetting(SessionImpl& session, std::string_view name) {
  std::string lower = LowerSettingName(name);
  TransactionModes modes;
  if (lower == "transaction_isolation") modes.isolation = engine::IsolationLevel::kReadCommitted;
  if (lower == "transaction_read_only") modes.read_only = false;
  if (lower == "transaction_deferrable") modes.deferrable = false;
  if (modes.isolation || modes.read_only || modes.deferrable) {
    session.transaction().EnsureBegun();
    return session.transaction().ResetModes(modes);
  }
  RETURN_IF_ERROR(session.settings().Reset(name));
  return lower == "shale.as_of" ? session.transaction().ChangeAsOf() : Status::Ok();
}

void SessionImpl::WarnOfNoBlock(std::string_view command, ReplySink& sink) {
  ErrorFields warning;
  warning.sqlstate = sqlstate::kNoActiveSqlTransaction;
  warning.message = fmt::format("{} can only be used in transaction blocks", command);
  Notice(sink, "WARNING", std::move(warning));
}

Result<std::string> SessionImpl::RunSet(const ast::SetVariable& command, ReplySink& sink) {
  using Command = ast::SetVariable::Command;
  // A change outside a transaction block stands at once, and is undone with the statement's
  // implicit transaction like everything else in it.
  transaction_.EnsureBegun();
  const bool in_block = transaction_.block() == TransactionState::Block::kExplicit;
  switch (command.command) {
    case Command::kSet: {
      if (command.local && !in_block) WarnOfNoBlock("SET LOCAL", sink);
      ASSIGN_OR_RETURN(std::string text, SettingTextOf(command, settings_.fields().format));
      RETURN_IF_ERROR(ChangeSetting(*this, command.name, text, command.local));
      return std::string("SET");
    }
    case Command::kSetDefault:
      RETURN_IF_ERROR(ResetSetting(*this, command.name));
      return std::string("SET");
    case Command::kReset:
      if (!in_block && LowerSettingName(command.name) == "transaction_isolation") {
        WarnOfNoBlock("RESET TRANSACTION", sink);
      }
      RETURN_IF_ERROR(ResetSetting(*this, command.name));
      return std::string("RESET");
    case Command::kResetAll:
      settings_.ResetAll();
      return std::string("RESET");
    case Command::kTransaction: {
      if (!in_block) WarnOfNoBlock("SET TRANSACTION", sink);
      if (command.modes.isolation) {
        RETURN_IF_ERROR(ChangeSetting(*this, "transaction_isolation",
                                      ModeName(*command.modes.isolation), true));
      }
      if (command.modes.read_only) {
        RETURN_IF_ERROR(ChangeSetting(*this, "transaction_read_only",
                                      *command.modes.read_only ? "on" : "off", true));
      }
      if (command.modes.deferrable) {
        RETURN_IF_ERROR(ChangeSetting(*this, "transaction_deferrable",
                                      *command.modes.deferrable ? "on" : "off", true));
      }
      return std::string("SET");
    }
    case Command::kSessionCharacteristics:
      if (command.modes.isolation) {
        RETURN_IF_ERROR(settings_.Set("default_transaction_isolation",
                                      ModeName(*command.modes.isolation), false));
      }
      if (command.modes.read_only) {
        RETURN_IF_ERROR(settings_.Set("default_transaction_read_only",
                                      *command.modes.read_only ? "on" : "off", false));
      }
      if (command.modes.deferrable) {
        RETURN_IF_ERROR(settings_.Set("default_transaction_deferrable",
                                      *command.modes.deferrable ? "on" : "off", false));
      }
      return std::string("SET");
    case Command::kTransactionSnapshot:
      if (command.local) {
        return Status(sqlstate::kFeatureNotSupported,
                      "SET LOCAL TRANSACTION SNAPSHOT is not implemented");
      }
      if (!in_block) WarnOfNoBlock("SET TRANSACTION", sink);
      RETURN_IF_ERROR(transaction_.ImportSnapshot(command.values[0].text, database_name_));
      return std::string("SET");
  }
  return std::string("SET");
}

Result<std::string> SessionImpl::RunShow(const ast::ShowVariable& command, Portal* portal) {
  if (command.name == "all") {
    for (const SettingDefinition& definition : AllSettings()) {
      ASSIGN_OR_RETURN(std::string value, settings_.Show(definition.name));
      portal->text_rows.push_back(
          {std::string(definition.name), std::move(value), std::string(definition.description)});
    }
  } else {
    ASSIGN_OR_RETURN(std::string value, ShowSetting(*this, command.name));
    portal->text_rows.push_back({std::move(value)});
  }
  return std::string("SHOW");
}

Task<Result<std::string>> SessionImpl::RunDiscard(const ast::Discard& command) {
  switch (command.target) {
    case ast::Discard::Target::kAll: {
      CO_RETURN_IF_ERROR(PreventInTransactionBlock("DISCARD ALL"));
      CloseCursors();
      settings_.ResetAll();
      host_.UnlockAllAdvisory();
      statements_.clear();
      cache_.Clear();
      auto discard = DiscardTemporary();
      Status discarded = co_await discard;
      if (!discarded.ok()) co_return discarded;
      host_.ForgetSequences();
      co_return std::string("DISCARD ALL");
    }
    case ast::Discard::Target::kPlans:
      cache_.Clear();
      co_return std::string("DISCARD PLANS");
    case ast::Discard::Target::kSequences:
      host_.ForgetSequences();
      co_return std::string("DISCARD SEQUENCES");
    case ast::Discard::Target::kTemp: {
      auto discard = DiscardTemporary();
      Status discarded = co_await discard;
      if (!discarded.ok()) co_return discarded;
      co_return std::string("DISCARD TEMP");
    }
  }
  co_return std::string();
}

}  // namespace shale::sql
