// What commands and functions share of reading and changing settings.
#pragma once

#include <string>
#include <string_view>

#include "catalog/types/type_io.h"
#include "engine/base/status.h"
#include "sql/parse/ast_utility.h"

namespace shale::sql {

class SessionImpl;

// The values of a SET as one text.
Result<std::string> SettingTextOf(const ast::SetVariable& command,
                                  const catalog::FormatSettings& format);
// SHOW and current_setting(), with the parameters that describe the running transaction.
Result<std::string> ShowSetting(SessionImpl& session, std::string_view name);
// SET and set_config(), likewise.
Status ChangeSetting(SessionImpl& session, std::string_view name, std::string_view text,
                     bool local);
// RESET.
Status ResetSetting(SessionImpl& session, std::string_view name);

}  // namespace shale::sql
