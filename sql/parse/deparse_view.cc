// Views back to text.
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"

namespace shale::sql {

void Deparser::CreateView(const ast::CreateView& create) {
  Add("CREATE {}{}VIEW ", create.or_replace ? "OR REPLACE " : "",
      create.temporary ? "TEMPORARY " : "");
  Name(create.name);
  if (!create.columns.empty()) {
    Add(" (");
    Identifiers(create.columns);
    Add(")");
  }
  if (create.security_barrier && create.security_invoker) {
    Add(" WITH (security_barrier = true, security_invoker = true)");
  } else if (create.security_barrier || create.security_invoker) {
    Add(" WITH ({} = true)", create.security_barrier ? "security_barrier" : "security_invoker");
  }
  Add(" AS ");
  Statement(*create.query);
  using CheckOption = ast::CreateView::CheckOption;
  if (create.check_option == CheckOption::kLocal) Add(" WITH LOCAL CHECK OPTION");
  if (create.check_option == CheckOption::kCascaded) Add(" WITH CASCADED CHECK OPTION");
}

void Deparser::RefreshView(const ast::RefreshView& refresh) {
  Add("REFRESH MATERIALIZED VIEW {}", refresh.concurrently ? "CONCURRENTLY " : "");
  Name(refresh.name);
  if (!refresh.with_data) Add(" WITH NO DATA");
}

}  // namespace shale::sql
