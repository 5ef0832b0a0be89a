// tpch_data SCALE TABLE: writes a table of TPC-H to the standard output, a line a row, '|' between
// the values, as COPY ... (DELIMITER '|') reads it. The same scale gives the same bytes everywhere.
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "tests/tpch/tables.h"
#include "tests/tpch/words.h"

namespace shale::tpch {
namespace {

constexpr size_t kFlushBytes = 1 << 20;

// Rows 0 to count - 1.
bool Write(uint64_t count, const std::function<void(uint64_t, std::string*)>& append) {
  std::string out;
  for (uint64_t i = 0; i < count; ++i) {
    append(i, &out);
    if (out.size() < kFlushBytes && i + 1 < count) continue;
    if (std::fwrite(out.data(), 1, out.size(), stdout) != out.size()) return false;
    out.clear();
  }
  return std::fflush(stdout) == 0;
}

bool WriteTable(const Tables& tables, std::string_view name) {
  auto write = [&](uint64_t count, void (Tables::*row)(uint64_t, std::string*) const) {
    return Write(count, [&](uint64_t i, std::string* out) { (tables.*row)(i, out); });
  };
  if (name == "region") return write(Regions().size(), &Tables::Region);
  if (name == "nation") return write(Nations().size(), &Tables::Nation);
  if (name == "supplier") return write(tables.supplier_count(), &Tables::Supplier);
  if (name == "part") return write(tables.part_count(), &Tables::Part);
  if (name == "partsupp") return write(tables.part_count(), &Tables::PartSupplier);
  if (name == "customer") return write(tables.customer_count(), &Tables::Customer);
  const uint64_t orders = tables.order_count();
  if (name == "orders") {
    return Write(orders, [&](uint64_t i, std::string* out) { tables.Order(i, out, nullptr); });
  }
  if (name == "lineitem") {
    return Write(orders, [&](uint64_t i, std::string* out) { tables.Order(i, nullptr, out); });
  }
  std::fprintf(stderr, "tpch_data: no such table: %s\n", std::string(name).c_str());
  return false;
}

}  // namespace
}  // namespace shale::tpch

int main(int argc, char** argv) {
  const double scale = argc == 3 ? std::atof(argv[1]) : 0;
  if (scale <= 0) {
    std::fprintf(stderr, "usage: tpch_data SCALE TABLE\n");
    return 2;
  }
  return shale::tpch::WriteTable(shale::tpch::Tables(scale), argv[2]) ? 0 : 1;
}
