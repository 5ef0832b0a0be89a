// TPC-H's rows, after the distributions of the specification's clause 4.2.3, as lines of values
// between '|'. What a row holds depends on its number and the scale alone, so that tables can be
// made one by one and again.
#pragma once

#include <cstdint>
#include <string>

#include "tests/tpch/text.h"

namespace shale::tpch {

class Tables {
 public:
  // Any scale; below 1 the tables shrink alike, nations and regions aside.
  explicit Tables(double scale);

  uint64_t supplier_count() const { return supplier_count_; }
  uint64_t part_count() const { return part_count_; }
  uint64_t customer_count() const { return customer_count_; }
  uint64_t order_count() const { return order_count_; }

  // Append the line of a row, numbers from 0 on.
  void Region(uint64_t number, std::string* out) const;
  void Nation(uint64_t number, std::string* out) const;
  void Supplier(uint64_t number, std::string* out) const;
  void Part(uint64_t number, std::string* out) const;
  void Customer(uint64_t number, std::string* out) const;
  // The part's suppliers: four lines.
  void PartSupplier(uint64_t part_number, std::string* out) const;
  // An order and its one to seven lines; either may be null.
  void Order(uint64_t number, std::string* order, std::string* lines) const;

 private:
  // The part's n-th supplier, 0 to 3.
  uint64_t SupplierOf(uint64_t part_key, uint64_t n) const;
  Random RandomOf(int table, uint64_t number) const;

  TextPool text_;
  uint64_t supplier_count_;
  uint64_t part_count_;
  uint64_t customer_count_;
  uint64_t order_count_;
  uint64_t clerk_count_;
};

}  // namespace shale::tpch
