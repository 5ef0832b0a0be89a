// What commands and functions share of reading and changing settings.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace shale::sql {

class SessionImpl;

// SHOW and current_setting(), with the parameters that describe the running transaction.
Result<std::string> ShowSetting(SessionImpl& session, std::string_view name);
// SET and set_config(), likewise.
Status ChangeSetting(SessionImpl& session, std::string_view name, std::string_view text,
                     bool local);
// RESET.
Status ResetSetting(SessionImpl& session, std::string_view name);

}  // namespace shale::sql
