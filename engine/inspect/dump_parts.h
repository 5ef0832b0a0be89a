// The parts of Dump, one per kind of file. Each gives what it can to the sink and then the first
// problem. The number is that of the file's name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/crypto/keyring.h"
#include "engine/env/storage.h"
#include "engine/inspect/dump.h"
#include "engine/lsm/table_metadata.h"

namespace shale::engine {

// The keyring is an encrypted store's, else null.
struct DumpSource {
  Storage* storage = nullptr;
  uint64_t number = 0;
  const Keyring* keyring = nullptr;
};
Status DumpTable(const DumpSource& source, uint64_t entries_max, const DumpSink& sink);
Status DumpValues(const DumpSource& source, uint64_t entries_max, const DumpSink& sink);
Status DumpLog(const DumpSource& source, uint64_t operations_max, const DumpSink& sink);
Status DumpManifest(const DumpSource& source, const DumpSink& sink);
// One copy of the register, as its file has it.
Status DumpRegister(std::string_view name, int copy, std::string_view file_bytes,
                    const std::string& path, const DumpSink& sink);

std::string DescribeRange(const UserKeyRange& range);

// In double quotes; what is not printable ASCII as \xNN, what is beyond 64 bytes as their number.
std::string Quoted(std::string_view bytes);

}  // namespace shale::engine
