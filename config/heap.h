// Where the process's heap lies.
#pragma once

namespace shale::config {

// Gives the allocator memory on huge pages to grow into, half of the machine's, of which the system
// hands out only what is used; beyond it the heap grows as it otherwise would. What is read at
// random (cached blocks, above all) else misses the TLB at each read. Does nothing where there is
// nothing to gain or the system keeps strict account of what is reserved. Call once, before there
// are other threads.
void PlaceHeapOnHugePages();

}  // namespace shale::config
