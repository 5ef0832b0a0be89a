// A value file: its records in order. Which of them are garbage only the tables know.
#include <memory>

#include "engine/inspect/dump_parts.h"
#include "engine/table/value_file_reader.h"

namespace shale::engine {

Status DumpValues(const DumpSource& source, uint64_t entries_max, const DumpSink& sink) {
  ASSIGN_OR_RETURN(std::unique_ptr<BlobReader> blob, source.storage->OpenBlob("values"));
  sink(fmt::format("value file \"{}\": number {}, {} bytes\n", blob->name(), source.number,
                   blob->size()));
  ASSIGN_OR_RETURN(std::shared_ptr<ValueFileReader> reader,
                   ValueFileReader::Open(std::move(blob), source.number, source.keyring));
  uint64_t records = 0;
  RETURN_IF_ERROR(reader->VisitAll([&](const ValueReference& reference, const Block& value) {
    if (++records <= entries_max) {
      sink(fmt::format("  at {}: {} bytes stored in {}: {}\n", reference.offset,
                       reference.value_bytes, reference.payload_bytes, Quoted(value.payload())));
    }
    return Status::Ok();
  }));
  sink(fmt::format("  {} of {} values\n", std::min(records, entries_max), records));
  return Status::Ok();
}

}  // namespace shale::engine
