// The query of a view as SQL text, with the names that things have now.
#pragma once

#include <string>

#include "sql/bind/binder.h"

namespace shale::sql {

// As pg_get_viewdef() lays it out, with a semicolon. Parses and binds to the same query.
Result<std::string> ViewDefinition(const BindContext& context, const catalog::ViewDesc& view);

}  // namespace shale::sql
