// MergingIterator: many ordered iterators seen as one, in the order of internal keys.
#pragma once

#include <memory>
#include <vector>

#include "engine/format/internal_iterator.h"

namespace shale::engine {

// Yields every entry of every child; children never hold equal internal keys (if they do, both
// come, in the order of children). Would-block and failure of any child are its own. Takes one
// child as it is, and gives an empty iterator for none. AppendRun hands out runs of one child as
// long as no other child has an entry in between, at one virtual call per run.
std::unique_ptr<InternalIterator> NewMergingIterator(
    std::vector<std::unique_ptr<InternalIterator>> children);

}  // namespace shale::engine
