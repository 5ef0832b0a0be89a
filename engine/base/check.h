// CHECK: always on, for what would lose data or must never be. DCHECK: debug builds only, for hot
// paths. Neither is for input, network bytes or disk contents: those get a Status.
#pragma once

namespace shale {

// Prints the failed condition with its place to standard error and aborts.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace shale

#define CHECK(condition) \
  (static_cast<bool>(condition) ? (void)0 : ::shale::CheckFailed(#condition, __FILE__, __LINE__))

#ifdef NDEBUG
#define DCHECK(condition) ((void)sizeof(static_cast<bool>(condition)))
#else
#define DCHECK(condition) CHECK(condition)
#endif
