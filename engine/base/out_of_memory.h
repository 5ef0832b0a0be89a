// A failed operator new, as a Status.
//
// The language reports it by an exception, std::bad_alloc; our code has none of its own. So a call
// that promises to survive it catches it at its outermost frame, where all that it had begun is
// given back by destructors, and answers 53200:
//
//   Status Put(...) try {
//     ...
//   } catch (const std::bad_alloc&) {
//     return OutOfMemory();
//   }
//
// Which calls those are is said where they are declared. Anywhere else (in a coroutine's body, on a
// thread of our own) it ends the process.
#pragma once

#include <new>

#include "engine/base/status.h"

namespace shale {

// 53200, as PostgreSQL words it. Needs a few hundred bytes itself: where not even those are to be
// had, std::bad_alloc is what the caller gets.
inline Status OutOfMemory() {
  return Error(sqlstate::kOutOfMemory, "out of memory")
      .Detail("The operating system gave no more of it.");
}

}  // namespace shale
