// Dump: any file of ours, or a whole data directory, as text for people and for diffs.
//
// It reads what a damaged file still gives and then names the place where that ends. Nothing is
// locked or changed; a running server's files may end in the middle of a record, which is told
// apart from damage by the rules of the formats. The text is no format: programs must not read it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/status.h"
#include "engine/crypto/secret_key.h"
#include "engine/env/file_system.h"

namespace shale::engine {

struct DumpOptions {
  // Of entries of a table and operations of a log segment, per file. Absent: all of one file, none
  // of the files of a directory.
  std::optional<uint64_t> entries_max;
  // Of an encrypted store, whose keyring is looked for in the file's data directory.
  std::shared_ptr<const SecretKey> master_key;
};

// Takes the text in pieces, in order.
using DumpSink = std::function<void(std::string_view text)>;

// The first problem found, when all that can be read has been given to the sink: XX001 naming file
// and offset, 0A000 for what is no file of ours, or the error of reading it. Blocks.
Status Dump(FileSystem& file_system, const std::string& path, const DumpOptions& options,
            const DumpSink& sink);

}  // namespace shale::engine
