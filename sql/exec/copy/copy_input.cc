#include "sql/exec/copy/copy_input.h"

#include "sql/exec/copy/copy_binary_reader.h"
#include "sql/exec/copy/copy_reader.h"

namespace shale::sql {

std::unique_ptr<CopyInput> CopyInput::Make(const ast::CopyOptions& options, std::string table_name,
                                           std::vector<std::string> column_names) {
  if (options.format == ast::CopyFormat::kBinary) {
    return std::make_unique<CopyBinaryReader>(std::move(table_name), std::move(column_names));
  }
  return std::make_unique<CopyReader>(options, std::move(table_name), std::move(column_names));
}

}  // namespace shale::sql
