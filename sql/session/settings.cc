#include "sql/session/settings.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sql/session/setting_text.h"

namespace shale::sql {

int NoticeLevel(std::string_view severity) {
  std::string lower = LowerSettingName(severity);
  if (lower.starts_with("debug")) return 0;
  constexpr std::array<std::string_view, 6> kLevels = {"debug",  "log",     "info",
                                                       "notice", "warning", "error"};
  auto found = std::find(kLevels.begin(), kLevels.end(), lower);
  return static_cast<int>(found - kLevels.begin());
}

std::shared_ptr<const SettingTexts> MakeSettingDefaults(
    const std::map<std::string, std::string>& server_defaults) {
  auto defaults = std::make_shared<SettingTexts>();
  for (const SettingDefinition& definition : AllSettings()) {
    (*defaults)[LowerSettingName(definition.name)] = std::string(definition.default_text);
  }
  for (const auto& [name, text] : server_defaults) (*defaults)[LowerSettingName(name)] = text;
  return defaults;
}

Settings::Settings(std::shared_ptr<const SettingTexts> server_defaults)
    : server_defaults_(std::move(server_defaults)) {
  Reload();
}

const std::string* Settings::Find(std::string_view lower_name) const {
  for (const Texts* texts : {&state_.local, &state_.session, &defaults_, server_defaults_.get()}) {
    auto found = texts->find(lower_name);
    if (found != texts->end()) return &found->second;
  }
  return nullptr;
}

Result<std::string> Settings::Show(std::string_view name) const {
  std::string lower = LowerSettingName(name);
  const std::string* text = Find(lower);
  if (text == nullptr) {
    return Error(sqlstate::kUndefinedObject, "unrecognized configuration parameter \"{}\"", name);
  }
  const SettingDefinition* definition = FindSetting(lower);
  if (definition != nullptr && definition->unit != SettingDefinition::Unit::kNone) {
    return ShowSettingInteger(*text, definition->unit);
  }
  return *text;
}

Status Settings::Check(const SettingDefinition& definition, std::string* text,
                       SettingFields* fields) const {
  switch (definition.kind) {
    case SettingDefinition::Kind::kBool: {
      std::optional<bool> value = ParseSettingBool(*text);
      if (!value) {
        return Error(sqlstate::kInvalidParameterValue, "parameter \"{}\" requires a Boolean value",
                     definition.name);
      }
      *text = *value ? "on" : "off";
      break;
    }
    case SettingDefinition::Kind::kInteger: {
      ASSIGN_OR_RETURN(*text, ParseSettingInteger(definition, *text));
      break;
    }
    case SettingDefinition::Kind::kEnum: {
      std::string lower = LowerSettingName(*text);
      // Boolean words are understood where on and off are among the values, as PostgreSQL does.
      auto has = [&](std::string_view value) {
        return std::find(definition.values.begin(), definition.values.end(), value) !=
               definition.values.end();
      };
      if (!has(lower) && has("on")) {
        if (std::optional<bool> value = ParseSettingBool(lower)) lower = *value ? "on" : "off";
      }
      if (!has(lower)) {
        std::string names;
        for (std::string_view value : definition.values) {
          if (!names.empty()) names += ", ";
          names += value;
        }
        return Error(sqlstate::kInvalidParameterValue, "invalid value for parameter \"{}\": \"{}\"",
                     definition.name, *text)
            .Hint(fmt::format("Available values: {}.", names));
      }
      *text = lower;
      break;
    }
    case SettingDefinition::Kind::kReal: {
      ASSIGN_OR_RETURN(*text, ParseSettingReal(definition, *text));
      break;
    }
    case SettingDefinition::Kind::kString:
      break;
  }
  return definition.apply != nullptr ? definition.apply(text, fields) : Status::Ok();
}

Status Settings::Set(std::string_view name, std::string_view text, bool local) {
  std::string lower = LowerSettingName(name);
  const SettingDefinition* definition = FindSetting(lower);
  std::string value(text);
  if (definition == nullptr) {
    // Names with a prefix belong to extensions and applications: kept as they are.
    if (lower.find('.') == std::string::npos) {
      return Error(sqlstate::kUndefinedObject, "unrecognized configuration parameter \"{}\"", name);
    }
  } else if (definition->context != SettingDefinition::Context::kUser) {
    return definition->context == SettingDefinition::Context::kServer
               ? Error(sqlstate::kCantChangeRuntimeParam,
                       "parameter \"{}\" cannot be changed without restarting the server", name)
               : Error(sqlstate::kCantChangeRuntimeParam, "parameter \"{}\" cannot be changed",
                       name);
  } else {
    SettingFields fields = fields_;
    RETURN_IF_ERROR(Check(*definition, &value, &fields));
    if (definition->check_now != nullptr) RETURN_IF_ERROR(definition->check_now(text, fields));
    fields_ = std::move(fields);
  }
  Save();
  if (local) {
    state_.local[lower] = std::move(value);
  } else {
    state_.local.erase(lower);
    state_.session[lower] = std::move(value);
  }
  reports_due_ = true;
  ++version_;
  return Status::Ok();
}

Status Settings::CheckServerDefault(std::string_view name, std::string_view text) {
  const SettingDefinition* definition = FindSetting(LowerSettingName(name));
  if (definition == nullptr || definition->context != SettingDefinition::Context::kServer) {
    return Set(name, text, false);
  }
  std::string value(text);
  SettingFields fields = fields_;
  return Check(*definition, &value, &fields);
}

Status Settings::Reset(std::string_view name) {
  std::string lower = LowerSettingName(name);
  const SettingDefinition* definition = FindSetting(lower);
  if (definition == nullptr && lower.find('.') == std::string::npos) {
    return Error(sqlstate::kUndefinedObject, "unrecognized configuration parameter \"{}\"", name);
  }
  if (definition != nullptr && definition->context != SettingDefinition::Context::kUser) {
    return Error(sqlstate::kCantChangeRuntimeParam, "parameter \"{}\" cannot be changed", name);
  }
  Save();
  state_.local.erase(lower);
  state_.session.erase(lower);
  Reload();
  return Status::Ok();
}

void Settings::ResetAll() {
  Save();
  state_ = {};
  Reload();
}

Status Settings::SetSessionDefault(std::string_view name, std::string_view text) {
  std::string lower = LowerSettingName(name);
  RETURN_IF_ERROR(Set(name, text, false));
  defaults_[lower] = state_.session[lower];
  state_.session.erase(lower);
  before_transaction_.reset();
  return Status::Ok();
}

void Settings::SetInternal(std::string_view name, std::string text) {
  defaults_[LowerSettingName(name)] = std::move(text);
  reports_due_ = true;
}

void Settings::Save() {
  if (!before_transaction_) before_transaction_ = std::make_unique<State>(state_);
}

size_t Settings::Mark() {
  marks_.push_back(state_);
  return marks_.size() - 1;
}

void Settings::RollbackTo(size_t mark) {
  State state = marks_[mark];
  marks_.resize(mark + 1);
  Restore(std::move(state));
}

void Settings::Commit() {
  marks_.clear();
  before_transaction_.reset();
  if (!state_.local.empty()) {
    state_.local.clear();
    Reload();
  }
}

void Settings::Rollback() {
  marks_.clear();
  if (before_transaction_) Restore(std::move(*before_transaction_));
  before_transaction_.reset();
}

void Settings::Restore(State state) {
  if (state.session == state_.session && state.local == state_.local) return;
  state_ = std::move(state);
  Reload();
}

// Computes all fields anew from the texts, which were checked when they were set.
void Settings::Reload() {
  SettingFields fields;
  fields.format.statement_timestamp_us = fields_.format.statement_timestamp_us;
  fields.format.transaction_timestamp_us = fields_.format.transaction_timestamp_us;
  fields.format.object_names = fields_.format.object_names;
  for (const SettingDefinition& definition : AllSettings()) {
    if (definition.apply == nullptr) continue;
    std::string text = *Find(LowerSettingName(definition.name));
    Status applied = Check(definition, &text, &fields);
    CHECK(applied.ok());
  }
  fields_ = std::move(fields);
  reports_due_ = true;
  ++version_;
}

void Settings::TakeChanges(
    const std::function<void(std::string_view name, const std::string& value)>& report) {
  if (!reports_due_) return;
  reports_due_ = false;
  const std::string before = std::exchange(reported_, {});
  std::string_view rest = before;
  for (const SettingDefinition& definition : AllSettings()) {
    if (!definition.reported) continue;
    const std::string& value = *Find(LowerSettingName(definition.name));
    const size_t end = rest.find('\0');
    const bool is_known = end != std::string_view::npos && rest.substr(0, end) == value;
    if (end != std::string_view::npos) rest.remove_prefix(end + 1);
    reported_.append(value).push_back('\0');
    if (!is_known) report(definition.name, value);
  }
  reported_.shrink_to_fit();
}

}  // namespace shale::sql
