// A catalog for tests of plans: tables of a wholesale shop, without rows but with statistics, as if
// they had them.
#pragma once

#include <memory>

#include "catalog/cluster.h"
#include "engine/kv_store.h"

namespace shale::sql {

class ShopCatalog {
 public:
  ShopCatalog();

  std::shared_ptr<const catalog::CatalogSnapshot> snapshot() const { return catalog_->snapshot(); }

 private:
  std::unique_ptr<engine::KvStore> store_;
  std::unique_ptr<catalog::Cluster> cluster_;
  catalog::CatalogRef catalog_;
};

}  // namespace shale::sql
