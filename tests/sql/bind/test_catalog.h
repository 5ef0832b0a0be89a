// The catalog that the binder's tests work on; golden/schema.sql is the same in SQL, for
// PostgreSQL.
#pragma once

#include <memory>

#include "catalog/snapshot.h"

namespace shale::sql {

std::shared_ptr<const catalog::CatalogSnapshot> MakeTestCatalog();

}  // namespace shale::sql
