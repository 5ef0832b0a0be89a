#include "sql/exec/copy/copy_output.h"

#include "sql/exec/copy/copy_binary_writer.h"
#include "sql/exec/copy/copy_writer.h"

namespace shale::sql {

std::unique_ptr<CopyOutput> CopyOutput::Make(const ast::CopyOptions& options,
                                             std::vector<std::string> column_names) {
  if (options.format == ast::CopyFormat::kBinary) {
    return std::make_unique<CopyBinaryWriter>(column_names.size());
  }
  return std::make_unique<CopyWriter>(options, std::move(column_names));
}

}  // namespace shale::sql
