#include "catalog/types/row_types.h"

#include <bitset>
#include <mutex>
#include <unordered_map>

#include "catalog/types/user_type.h"

namespace shale::catalog {
namespace {

// OIDs are given one after the other, so sets of bits are well filled.
class RelationSet {
 public:
  void Add(Oid relation) {
    std::lock_guard lock(mutex_);
    parts_[relation / kPartSize].set(relation % kPartSize);
  }

  bool Contains(Oid relation) {
    std::lock_guard lock(mutex_);
    auto part = parts_.find(relation / kPartSize);
    return part != parts_.end() && part->second.test(relation % kPartSize);
  }

 private:
  static constexpr size_t kPartSize = 4096;
  std::mutex mutex_;
  std::unordered_map<Oid, std::bitset<kPartSize>> parts_;  // guarded by mutex_
};

// Lives until the process ends, as types do.
RelationSet& Relations() {
  static auto* relations = new RelationSet();
  return *relations;
}

}  // namespace

void RegisterRelation(Oid relation) {
  const bool can_be = relation >= kFirstUserOid && relation < kRelationOidMax;
  if (can_be) Relations().Add(relation);
}

bool IsRegisteredRelation(Oid relation) { return Relations().Contains(relation); }

const TypeInfo* FindDescribedType(Oid oid) {
  if ((oid & kRowTypeBit) != 0) RegisterRelation(oid & kRelationOidMax);
  return FindType(oid);
}

}  // namespace shale::catalog
