// Whether a foreign key read from the catalog fits its two tables: a record may be sound in itself
// and yet not go with those of others.
#pragma once

#include "catalog/schema.h"
#include "engine/base/status.h"

namespace shale::catalog {

// referenced: null where there is none. XX001 naming the key.
Status VerifyForeignKey(const TableDesc& table, const ForeignKeyDesc& key,
                        const TableDesc* referenced);

}  // namespace shale::catalog
