// Comments of TPC-H's rows: pieces of one long text, made once by the grammar of the specification
// (clause 4.2.2.14). Immutable.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/random.h"

namespace shale::tpch {

class TextPool {
 public:
  explicit TextPool(uint64_t seed);
  // A piece of evenly spread length and place.
  std::string_view Piece(size_t length_min, size_t length_max, Random& random) const;

 private:
  std::string text_;
};

}  // namespace shale::tpch
