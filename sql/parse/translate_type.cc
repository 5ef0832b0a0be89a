// CREATE TYPE ... AS ENUM, ALTER TYPE ... ADD VALUE and RENAME VALUE.
#include "sql/parse/ast_type.h"
#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Statement* Translator::CreateEnum(const CreateEnumStmt& create) {
  auto* result = NewStatement<ast::CreateEnum>();
  result->name = Name(create.typeName, ast::kNoLocation);
  result->labels = Strings(create.vals);
  return result;
}

const ast::Statement* Translator::AlterEnum(const AlterEnumStmt& alter) {
  auto* result = NewStatement<ast::AlterEnum>();
  result->name = Name(alter.typeName, ast::kNoLocation);
  result->renames = alter.oldVal != nullptr;
  result->old_label = Copy(alter.oldVal);
  result->label = Copy(alter.newVal);
  result->has_neighbor = alter.newValNeighbor != nullptr;
  result->is_after = alter.newValIsAfter;
  result->neighbor = Copy(alter.newValNeighbor);
  result->if_not_exists = alter.skipIfNewValExists;
  return result;
}

}  // namespace shale::sql
