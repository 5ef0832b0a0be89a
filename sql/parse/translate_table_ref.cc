// What stands in FROM.
#include "sql/parse/translator.h"

namespace shale::sql {

ast::Alias Translator::AliasOf(const Alias* alias) {
  if (alias == nullptr) return {};
  return {Copy(alias->aliasname), Strings(alias->colnames)};
}

const ast::TableName* Translator::Table(const RangeVar& range_var) {
  auto* result = New<ast::TableName>();
  result->kind = ast::TableName::kKind;
  result->location = range_var.location;
  result->name = Name(range_var);
  result->only = !range_var.inh;
  result->alias = AliasOf(range_var.alias);
  return result;
}

ast::List<const ast::TableRef*> Translator::TableReferences(const List* list) {
  return Map<const ast::TableRef*, Node>(list,
                                         [&](const Node& node) { return TableReference(&node); });
}

const ast::TableRef* Translator::TableReference(const Node* node) {
  if (failed()) return nullptr;
  Nesting nesting(*this);
  if (!nesting.ok()) return nullptr;
  switch (nodeTag(node)) {
    case T_RangeVar:
      return Table(*castNode(const RangeVar, node));
    case T_RangeSubselect: {
      const auto* subselect = castNode(const RangeSubselect, node);
      auto* result = New<ast::TableSubquery>();
      result->kind = ast::TableSubquery::kKind;
      result->alias = AliasOf(subselect->alias);
      result->lateral = subselect->lateral;
      result->select = SelectNode(subselect->subquery);
      return result;
    }
    case T_RangeFunction:
      return FunctionReference(*castNode(const RangeFunction, node));
    case T_JoinExpr:
      return JoinReference(*castNode(const JoinExpr, node));
    case T_RangeTableSample:
      Unsupported("TABLESAMPLE clauses", castNode(const RangeTableSample, node)->location);
      return nullptr;
    case T_RangeTableFunc:
      UnsupportedCommand("XMLTABLE", castNode(const RangeTableFunc, node)->location);
      return nullptr;
    default:
      Unsupported("table references of this kind");
      return nullptr;
  }
}

const ast::TableRef* Translator::FunctionReference(const RangeFunction& function) {
  auto* result = New<ast::TableFunction>();
  result->kind = ast::TableFunction::kKind;
  result->functions = Map<ast::TableFunctionItem, List>(function.functions, [&](const List& item) {
    return ast::TableFunctionItem{Expr(ListAt(&item, 0)), RecordColumns(ListAt<List>(&item, 1))};
  });
  if (failed()) return nullptr;
  const ast::Location location = result->functions[0].call->location;
  if (function.coldeflist != nullptr) {
    const ast::Location columns = ListAt<ColumnDef>(function.coldeflist, 0)->location;
    if (result->functions.size() > 1) {
      FailAt(columns, sqlstate::kSyntaxError,
             "ROWS FROM() with multiple functions cannot have a column definition list", {},
             "Put a separate column definition list for each function inside ROWS FROM().");
      return nullptr;
    }
    if (function.ordinality) {
      FailAt(columns, sqlstate::kSyntaxError,
             "WITH ORDINALITY cannot be used with a column definition list", {},
             "Put the column definition list inside ROWS FROM().");
      return nullptr;
    }
    result->functions = CopyList(
        {ast::TableFunctionItem{result->functions[0].call, RecordColumns(function.coldeflist)}});
  }
  result->location = location;
  result->alias = AliasOf(function.alias);
  result->rows_from = function.is_rowsfrom;
  result->lateral = function.lateral;
  result->ordinality = function.ordinality;
  return result;
}

ast::List<ast::RecordColumn> Translator::RecordColumns(const List* definitions) {
  return Map<ast::RecordColumn, ColumnDef>(definitions, [&](const ColumnDef& column) {
    if (column.collClause != nullptr) {
      Unsupported("collations in column definition lists", column.location);
    }
    return ast::RecordColumn{Copy(column.colname), Type(column.typeName), column.location};
  });
}

const ast::TableRef* Translator::JoinReference(const JoinExpr& join) {
  auto* result = New<ast::Join>();
  result->kind = ast::Join::kKind;
  switch (join.jointype) {
    case JOIN_INNER:
      result->type = ast::JoinType::kInner;
      break;
    case JOIN_LEFT:
      result->type = ast::JoinType::kLeft;
      break;
    case JOIN_FULL:
      result->type = ast::JoinType::kFull;
      break;
    case JOIN_RIGHT:
      result->type = ast::JoinType::kRight;
      break;
    default:
      Unsupported("joins of this kind");
  }
  result->left = TableReference(join.larg);
  result->right = TableReference(join.rarg);
  result->natural = join.isNatural;
  result->using_columns = Strings(join.usingClause);
  if (join.join_using_alias != nullptr) {
    result->using_alias = Copy(join.join_using_alias->aliasname);
  }
  result->condition = Expr(join.quals);
  result->alias = AliasOf(join.alias);
  return result;
}

}  // namespace shale::sql
