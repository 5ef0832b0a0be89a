// Labels of enums in the text of a view.
#pragma once

#include <string>

#include "sql/bind/binder.h"

namespace shale::sql {

// The text of a query, its literals of users' types written by their marks (types/user_type.h in
// catalog), so that it goes on to mean the same labels whatever they are called.
Result<std::string> MarkLabels(const BindContext& context, std::string text);

}  // namespace shale::sql
