// Names of relations inside literals: 'public.t'::regclass, nextval('s').
#pragma once

#include <string_view>

#include "sql/bind/binder.h"

namespace shale::sql {

// The OID of the table, sequence, index or system view; a number stands for itself and "-" for 0.
// 42P01, 42602 of a text that is no name.
Result<catalog::Oid> ResolveRegclassText(const BindContext& context, std::string_view text);

}  // namespace shale::sql
