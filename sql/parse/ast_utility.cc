#include "sql/parse/ast_utility.h"

#include <string>
#include <utility>

namespace shale::sql::ast {

Status Invalid::ToStatus() const {
  ErrorFields fields;
  fields.sqlstate = sqlstate;
  fields.message = std::string(message);
  fields.detail = std::string(detail);
  fields.hint = std::string(hint);
  fields.position = position;
  return Status(std::move(fields));
}

}  // namespace shale::sql::ast
