// B-tree operator classes, as indexes here order their keys.
#pragma once

#include "catalog/types/type.h"

namespace shale::sql::system {

// PostgreSQL's default class for keys of the type; 0 where it has none.
catalog::Oid DefaultOperatorClass(catalog::Oid type);

}  // namespace shale::sql::system
