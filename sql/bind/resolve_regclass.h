// Names of relations and types inside literals: 'public.t'::regclass, nextval('s'),
// 'mood[]'::regtype.
#pragma once

#include <string_view>

#include "sql/bind/binder.h"

namespace shale::sql {

// The OID of the table, sequence, index or system view; a number stands for itself and "-" for 0.
// 42P01, 42602 of a text that is no name.
Result<catalog::Oid> ResolveRegclassText(const BindContext& context, std::string_view text);

// The type that is written so, as SQL writes types: 42704, 3F000, 42601.
Result<catalog::Oid> ResolveRegtypeText(const BindContext& context, std::string_view text);

}  // namespace shale::sql
