// SELECT and what stands in FROM.
#include "sql/parse/deparser.h"

namespace shale::sql {

void Deparser::Select(const ast::Select& select) {
  With(select.with);
  if (select.set_operation != ast::SetOperation::kNone) {
    Add("(");
    Select(*select.left);
    Add(select.set_operation == ast::SetOperation::kUnion       ? ") UNION "
        : select.set_operation == ast::SetOperation::kIntersect ? ") INTERSECT "
                                                                : ") EXCEPT ");
    Add(select.all ? "ALL (" : "(");
    Select(*select.right);
    Add(")");
  } else if (!select.values.empty()) {
    Add("VALUES ");
    Commas(select.values, [&](ast::List<const ast::Expr*> row) {
      Add("(");
      Exprs(row);
      Add(")");
    });
  } else {
    Add("SELECT");
    if (!select.distinct_on.empty()) {
      Add(" DISTINCT ON (");
      Exprs(select.distinct_on);
      Add(")");
    } else if (select.distinct) {
      Add(" DISTINCT");
    }
    if (!select.targets.empty()) {
      Add(" ");
      Targets(select.targets);
    }
    From(" FROM ", select.from);
    Where(" WHERE ", select.where);
    if (!select.group_by.empty()) {
      Add(select.group_distinct ? " GROUP BY DISTINCT " : " GROUP BY ");
      GroupItems(select.group_by);
    }
    Where(" HAVING ", select.having);
    if (!select.windows.empty()) {
      Add(" WINDOW ");
      Commas(select.windows, [&](const ast::Window& window) {
        Identifier(window.name);
        Add(" AS ");
        WindowDefinition(window);
      });
    }
  }
  OrderBy(select.order_by);
  if (select.offset != nullptr) {
    Add(" OFFSET ");
    Expr(*select.offset);
  }
  if (select.limit != nullptr) {
    if (select.with_ties) {
      Add(" FETCH FIRST (");
      Expr(*select.limit);
      Add(") ROWS WITH TIES");
    } else {
      Add(" LIMIT ");
      Expr(*select.limit);
    }
  }
  for (const ast::LockingClause& clause : select.locking) {
    using Strength = ast::LockStrength;
    Add(clause.strength == Strength::kKeyShare      ? " FOR KEY SHARE"
        : clause.strength == Strength::kShare       ? " FOR SHARE"
        : clause.strength == Strength::kNoKeyUpdate ? " FOR NO KEY UPDATE"
                                                    : " FOR UPDATE");
    if (!clause.tables.empty()) {
      Add(" OF ");
      Tables(clause.tables);
    }
    if (clause.wait == ast::LockWait::kSkip) Add(" SKIP LOCKED");
    if (clause.wait == ast::LockWait::kError) Add(" NOWAIT");
  }
}

void Deparser::With(const ast::WithClause* with) {
  if (with == nullptr) return;
  Add(with->recursive ? "WITH RECURSIVE " : "WITH ");
  Commas(with->tables, [&](const ast::CommonTable& table) {
    Identifier(table.name);
    if (!table.columns.empty()) {
      Add("(");
      Identifiers(table.columns);
      Add(")");
    }
    using Materialize = ast::CommonTable::Materialize;
    Add(table.materialize == Materialize::kAlways  ? " AS MATERIALIZED ("
        : table.materialize == Materialize::kNever ? " AS NOT MATERIALIZED ("
                                                   : " AS (");
    Statement(*table.statement);
    Add(")");
    if (table.search != nullptr) {
      Add(table.search->breadth_first ? " SEARCH BREADTH FIRST BY " : " SEARCH DEPTH FIRST BY ");
      Identifiers(table.search->columns);
      Add(" SET ");
      Identifier(table.search->sequence);
    }
    if (table.cycle != nullptr) {
      Add(" CYCLE ");
      Identifiers(table.cycle->columns);
      Add(" SET ");
      Identifier(table.cycle->mark);
      Add(" TO ");
      Constant(*table.cycle->value);
      Add(" DEFAULT ");
      Constant(*table.cycle->otherwise);
      Add(" USING ");
      Identifier(table.cycle->path);
    }
  });
  Add(" ");
}

// What the grammar has for a constant: type 'text' in place of a cast.
void Deparser::Constant(const ast::Expr& value) {
  const auto* cast = ast::Cast<ast::CastExpr>(&value);
  if (cast == nullptr) return Expr(value);
  Type(*cast->type);
  Add(" ");
  Expr(*cast->argument);
}

void Deparser::Targets(ast::List<ast::Target> targets) {
  Commas(targets, [&](const ast::Target& target) {
    Expr(*target.value);
    if (target.alias.empty()) return;
    Add(" AS ");
    Identifier(target.alias);
  });
}

void Deparser::From(std::string_view keyword, ast::List<const ast::TableRef*> items) {
  if (items.empty()) return;
  Add(keyword);
  Commas(items, [&](const ast::TableRef* item) { TableRef(*item); });
}

void Deparser::Where(std::string_view keyword, const ast::Expr* condition) {
  if (condition == nullptr) return;
  Add(keyword);
  Expr(*condition);
}

void Deparser::OrderBy(ast::List<ast::SortItem> items) {
  if (items.empty()) return;
  Add(" ORDER BY ");
  Commas(items, [&](const ast::SortItem& item) {
    Expr(*item.value);
    if (!item.using_operator.empty()) {
      Add(" USING ");
      Add(item.using_operator);
    }
    using Direction = ast::SortItem::Direction;
    if (item.direction == Direction::kAscending) Add(" ASC");
    if (item.direction == Direction::kDescending) Add(" DESC");
    if (item.nulls == ast::SortItem::Nulls::kFirst) Add(" NULLS FIRST");
    if (item.nulls == ast::SortItem::Nulls::kLast) Add(" NULLS LAST");
  });
}

void Deparser::Returning(ast::List<ast::Target> targets) {
  if (targets.empty()) return;
  Add(" RETURNING ");
  Targets(targets);
}

void Deparser::Alias(const ast::Alias& alias) {
  if (alias.name.empty()) return;
  Add(" AS ");
  Identifier(alias.name);
  if (alias.columns.empty()) return;
  Add("(");
  Identifiers(alias.columns);
  Add(")");
}

void Deparser::TableRef(const ast::TableRef& table_ref) {
  switch (table_ref.kind) {
    case ast::TableRefKind::kTable: {
      const auto& table = ast::As<ast::TableName>(table_ref);
      if (table.only) Add("ONLY ");
      Name(table.name);
      break;
    }
    case ast::TableRefKind::kSubquery: {
      const auto& subquery = ast::As<ast::TableSubquery>(table_ref);
      Add(subquery.lateral ? "LATERAL (" : "(");
      Select(*subquery.select);
      Add(")");
      break;
    }
    case ast::TableRefKind::kFunction: {
      return TableFunction(ast::As<ast::TableFunction>(table_ref));
    }
    case ast::TableRefKind::kJoin:
      Join(ast::As<ast::Join>(table_ref));
      break;
  }
  Alias(table_ref.alias);
}

void Deparser::TableFunction(const ast::TableFunction& function) {
  if (function.lateral) Add("LATERAL ");
  if (!function.rows_from) {
    const ast::TableFunctionItem& item = function.functions[0];
    Expr(*item.call);
    if (function.ordinality) Add(" WITH ORDINALITY");
    if (item.columns.empty()) return Alias(function.alias);
    Add(" AS ");
    if (!function.alias.name.empty()) Identifier(function.alias.name);
    return RecordColumns(item.columns);
  }
  Add("ROWS FROM (");
  Commas(function.functions, [&](const ast::TableFunctionItem& item) {
    Expr(*item.call);
    if (item.columns.empty()) return;
    Add(" AS ");
    RecordColumns(item.columns);
  });
  Add(")");
  if (function.ordinality) Add(" WITH ORDINALITY");
  Alias(function.alias);
}

void Deparser::RecordColumns(ast::List<ast::RecordColumn> columns) {
  Add("(");
  Commas(columns, [&](const ast::RecordColumn& column) {
    Identifier(column.name);
    Add(" ");
    Type(*column.type);
  });
  Add(")");
}

void Deparser::Join(const ast::Join& join) {
  Add("(");
  TableRef(*join.left);
  bool conditional = join.condition != nullptr || !join.using_columns.empty() || join.natural;
  Add(join.natural ? " NATURAL" : "");
  switch (join.type) {
    case ast::JoinType::kInner:
      Add(conditional ? " JOIN " : " CROSS JOIN ");
      break;
    case ast::JoinType::kLeft:
      Add(" LEFT JOIN ");
      break;
    case ast::JoinType::kFull:
      Add(" FULL JOIN ");
      break;
    case ast::JoinType::kRight:
      Add(" RIGHT JOIN ");
      break;
  }
  TableRef(*join.right);
  if (!join.using_columns.empty()) {
    Add(" USING (");
    Identifiers(join.using_columns);
    Add(")");
    if (!join.using_alias.empty()) {
      Add(" AS ");
      Identifier(join.using_alias);
    }
  }
  Where(" ON ", join.condition);
  Add(")");
}

}  // namespace shale::sql
