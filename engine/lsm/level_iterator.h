// Iterator over tables whose key ranges are disjoint and in order, as one: a level deeper than 0,
// or a part of one. Opens a table when it gets there.
#pragma once

#include <memory>

#include "engine/format/internal_iterator.h"
#include "engine/lsm/table_file.h"

namespace shale::engine {

// The files outlive it.
std::unique_ptr<InternalIterator> NewLevelIterator(TableSpan files, TableIteratorOptions options);

}  // namespace shale::engine
