// PREPARE, EXECUTE, DEALLOCATE.
#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Statement* Translator::Prepare(const PrepareStmt& prepare) {
  auto* result = NewStatement<ast::Prepare>();
  result->name = Copy(prepare.name);
  result->parameter_types = Map<const ast::TypeName*, TypeName>(
      prepare.argtypes, [&](const TypeName& type) { return Type(&type); });
  result->query = Nested(prepare.query);
  return result;
}

const ast::Statement* Translator::Execute(const ExecuteStmt& execute) {
  auto* result = NewStatement<ast::Execute>();
  result->name = Copy(execute.name);
  result->arguments = Exprs(execute.params);
  return result;
}

const ast::Statement* Translator::Deallocate(const DeallocateStmt& deallocate) {
  auto* result = NewStatement<ast::Deallocate>();
  result->name = Copy(deallocate.name);
  return result;
}

}  // namespace shale::sql
