// The columns that SEARCH and CYCLE add to an item of WITH RECURSIVE (bind_search_cycle.cc).
#pragma once

#include <span>

#include "sql/bind/statement_binder.h"

namespace shale::sql {

class StatementBinder::SearchAndCycle {
 public:
  SearchAndCycle(StatementBinder* binder, const ast::CommonTable& syntax, BoundCte& cte)
      : binder_(binder), syntax_(syntax), cte_(cte) {}

  // Once the item's own columns are known, and before its recursive term is bound.
  Status AddColumns();
  // Once both sides are bound: they become subqueries of ones with the columns' values. Nothing
  // where they have not the same number of columns.
  Status AddValues();

 private:
  struct Marks {
    ExprPtr value;
    ExprPtr otherwise;
  };
  Result<Marks> BindMarks(const ast::CycleClause& cycle);
  // own: the item's columns without the added ones.
  Status CheckNames(std::span<const OutputColumn> own);
  Status Start(size_t own);
  Status Step(size_t own);

  StatementBinder* binder_;
  const ast::CommonTable& syntax_;
  BoundCte& cte_;
};

}  // namespace shale::sql
