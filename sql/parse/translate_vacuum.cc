// VACUUM, ANALYZE, LOCK TABLE.
#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Statement* Translator::Vacuum(const VacuumStmt& vacuum) {
  auto* result = NewStatement<ast::Vacuum>();
  result->vacuum = vacuum.is_vacuumcmd;
  result->analyze = !vacuum.is_vacuumcmd;
  for (const DefElem* element : ListRange<DefElem>(vacuum.options)) {
    const DefElem& option = *element;
    std::string_view name = option.defname;
    if (name == "verbose") {
      result->verbose = OptionBool(option);
    } else if (name == "skip_locked") {
      result->skip_locked = OptionBool(option);
    } else if (!vacuum.is_vacuumcmd) {
      Fail(option.location, sqlstate::kSyntaxError, "unrecognized ANALYZE option \"{}\"", name);
    } else if (name == "analyze") {
      result->analyze = OptionBool(option);
    } else if (name == "freeze") {
      result->freeze = OptionBool(option);
    } else if (name == "full") {
      result->full = OptionBool(option);
    } else if (name == "disable_page_skipping" || name == "process_toast" || name == "truncate") {
      // About heap pages and TOAST tables, of which Shale has none.
      OptionBool(option);
    } else if (name == "index_cleanup" || name == "parallel") {
      // How PostgreSQL cleans indexes; "auto" or a number of workers.
      OptionText(option);
    } else {
      Fail(option.location, sqlstate::kSyntaxError, "unrecognized VACUUM option \"{}\"", name);
    }
    if (failed()) return nullptr;
  }
  result->tables =
      Map<ast::VacuumTable, VacuumRelation>(vacuum.rels, [&](const VacuumRelation& relation) {
        if (relation.va_cols != nullptr && !result->analyze) {
          Fail(ast::kNoLocation, sqlstate::kFeatureNotSupported,
               "ANALYZE option must be specified when a column list is provided");
        }
        return ast::VacuumTable{PlainTable(*relation.relation), Strings(relation.va_cols)};
      });
  return result;
}

const ast::Statement* Translator::Lock(const LockStmt& lock) {
  auto* result = NewStatement<ast::Lock>();
  result->tables = Map<ast::QualifiedName, RangeVar>(
      lock.relations, [&](const RangeVar& relation) { return PlainTable(relation); });
  // Both number the modes as PostgreSQL's lock manager does.
  result->mode = static_cast<ast::TableLockMode>(lock.mode);
  result->no_wait = lock.nowait;
  return result;
}

}  // namespace shale::sql
