// PositionCounter: byte offsets of a statement's text to character positions, as errors and bound
// expressions carry them. Each call costs the distance to the last one, so that binding a long
// statement from front to back stays linear.
#pragma once

#include <cstddef>
#include <string_view>

#include "sql/parse/ast.h"

namespace shale::sql {

class PositionCounter {
 public:
  explicit PositionCounter(std::string_view text) : text_(text) {}

  // From 1; 0 of an unknown location, or without a text: of what is bound from the catalog.
  int Position(ast::Location location) {
    if (location < 0 || text_.empty()) return 0;
    size_t target = static_cast<size_t>(location);
    if (target > text_.size()) target = text_.size();
    for (; offset_ < target; ++offset_) characters_ += StartsCharacter(offset_);
    while (offset_ > target) characters_ -= StartsCharacter(--offset_);
    return characters_ + 1;
  }

 private:
  int StartsCharacter(size_t at) const {
    return (static_cast<unsigned char>(text_[at]) & 0xC0) != 0x80 ? 1 : 0;
  }

  std::string_view text_;
  size_t offset_ = 0;
  int characters_ = 0;  // in the first offset_ bytes
};

}  // namespace shale::sql
