// GiveWay: for threads with much to do beside others that need a processor for a moment, as a long
// scan beside commits. Left to its time slice it would keep them waiting for milliseconds; called
// every dozen microseconds, this lets them pass.
//
// Who takes the processor for long, once it is offered, would be offered it for nothing each time:
// then it is not offered again for many times as long, and the system shares it out as usual.
#pragma once

namespace shale {

// Does nothing on threads that may not block: an event loop has its own work to do.
void GiveWay();

}  // namespace shale
