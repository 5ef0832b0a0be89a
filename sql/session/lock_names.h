// What a session waits for when it waits for a lock, in the words of PostgreSQL's errors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/kv_store.h"

namespace shale::sql {

// "ShareLock on transaction 7": of a deadlock's detail. holder: the transaction in the way.
std::string DescribeLockWait(engine::LockMode mode, std::string_view key, uint64_t holder);

}  // namespace shale::sql
