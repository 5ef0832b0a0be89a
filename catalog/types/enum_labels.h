// EnumLabels: the labels of an enum type in their order, each with the key that is its value.
//
// A value of an enum is its label's key: a short string of bytes, in whose order the labels are.
// Keys are made so that there is always room for another one between two, and never change: a label
// put before others moves nothing that is stored. A key has no byte 0 and does not end with 1,
// which leaves room below it. Immutable when shared.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/types/type.h"
#include "engine/base/status.h"

namespace shale::catalog {

struct EnumLabel {
  Oid oid = kInvalidOid;  // pg_enum
  float sort_order = 0;   // pg_enum.enumsortorder, as PostgreSQL counts it
  std::string key;
  std::string name;
};

class EnumLabels {
 public:
  EnumLabels() = default;
  // Of a new type: keys and sort orders are spread evenly. The names differ.
  static EnumLabels Make(const std::vector<std::string>& names);
  // As stored; nothing where keys are not as described, or out of order, or names repeat.
  static bool Restore(std::vector<EnumLabel> labels, EnumLabels* out);

  // In their order.
  const std::vector<EnumLabel>& all() const { return labels_; }
  // Null where there is none.
  const EnumLabel* Find(std::string_view name) const;
  const EnumLabel* OfKey(std::string_view key) const;

  // Puts a label before the one at `place`, all().size(): behind all. The name is new.
  void Insert(size_t place, std::string name, Oid oid);
  void Rename(size_t place, std::string name);
  void SetOid(size_t place, Oid oid) { labels_[place].oid = oid; }

 private:
  void IndexNames();

  std::vector<EnumLabel> labels_;
  std::vector<uint32_t> by_name_;  // places in labels_, in the order of names
};

// A key above one and below the other; empty: no such bound.
std::string EnumKeyBetween(std::string_view above, std::string_view below);
bool IsEnumKey(std::string_view key);

}  // namespace shale::catalog
