// All settings as pg_settings lists them.
#include <fmt/format.h>

#include "sql/session/setting_text.h"
#include "sql/session/settings.h"

namespace shale::sql {
namespace {

using Kind = SettingDefinition::Kind;
using Context = SettingDefinition::Context;
using Unit = SettingDefinition::Unit;

std::string_view NameOf(Kind kind) {
  switch (kind) {
    case Kind::kBool:
      return "bool";
    case Kind::kInteger:
      return "integer";
    case Kind::kReal:
      return "real";
    case Kind::kEnum:
      return "enum";
    case Kind::kString:
      return "string";
  }
  return "";
}

std::string_view NameOf(Context context) {
  switch (context) {
    case Context::kUser:
      return "user";
    case Context::kInternal:
      return "internal";
    case Context::kServer:
      return "postmaster";
  }
  return "";
}

std::optional<std::string> NameOf(Unit unit) {
  switch (unit) {
    case Unit::kNone:
      return std::nullopt;
    case Unit::kMilliseconds:
      return "ms";
    case Unit::kKilobytes:
      return "kB";
    case Unit::kBlocks:
      return "8kB";
  }
  return std::nullopt;
}

}  // namespace

std::vector<SettingActivity> Settings::List() const {
  std::vector<SettingActivity> list;
  for (const SettingDefinition& definition : AllSettings()) {
    const std::string lower = LowerSettingName(definition.name);
    const std::string* text = Find(lower);
    if (text == nullptr) continue;
    auto client = defaults_.find(lower);
    auto server = server_defaults_->find(lower);
    const bool of_client = client != defaults_.end();
    const std::string reset = of_client                           ? client->second
                              : server != server_defaults_->end() ? server->second
                                                                  : *text;
    const bool is_set = state_.local.contains(lower) || state_.session.contains(lower);
    const bool is_number = definition.kind == Kind::kInteger || definition.kind == Kind::kReal;
    SettingActivity setting{.name = std::string(definition.name),
                            .text = *text,
                            .unit = NameOf(definition.unit),
                            .description = std::string(definition.description),
                            .context = std::string(NameOf(definition.context)),
                            .kind = std::string(NameOf(definition.kind)),
                            .default_text = std::string(definition.default_text),
                            .reset_text = reset};
    setting.source = is_set                             ? "session"
                     : of_client                        ? "client"
                     : reset != definition.default_text ? "command line"
                                                        : "default";
    if (is_number) {
      setting.minimum = fmt::format("{}", definition.minimum);
      setting.maximum = fmt::format("{}", definition.maximum);
    }
    for (std::string_view value : definition.values) setting.values.emplace_back(value);
    list.push_back(std::move(setting));
  }
  return list;
}

}  // namespace shale::sql
