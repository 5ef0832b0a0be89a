// MERGE.
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"

namespace shale::sql {

void Deparser::Merge(const ast::Merge& merge) {
  With(merge.with);
  Add("MERGE INTO ");
  TableRef(*merge.table);
  Add(" USING ");
  TableRef(*merge.source);
  Where(" ON ", merge.condition);
  for (const ast::MergeWhen& when : merge.when) MergeWhen(when);
}

void Deparser::MergeWhen(const ast::MergeWhen& when) {
  using Action = ast::MergeWhen::Action;
  Add(when.matched ? " WHEN MATCHED" : " WHEN NOT MATCHED");
  Where(" AND ", when.condition);
  Add(" THEN ");
  switch (when.action) {
    case Action::kNothing:
      return Add("DO NOTHING");
    case Action::kDelete:
      return Add("DELETE");
    case Action::kUpdate:
      Add("UPDATE SET ");
      return Assignments(when.assignments);
    case Action::kInsert:
      break;
  }
  Add("INSERT");
  if (!when.columns.empty()) {
    Add(" (");
    Names(when.columns);
    Add(")");
  }
  if (when.overriding == ast::Insert::Overriding::kUserValue) Add(" OVERRIDING USER VALUE");
  if (when.overriding == ast::Insert::Overriding::kSystemValue) Add(" OVERRIDING SYSTEM VALUE");
  if (when.values.empty()) return Add(" DEFAULT VALUES");
  Add(" VALUES (");
  Exprs(when.values);
  Add(")");
}

}  // namespace shale::sql
