// SEARCH and CYCLE of WITH RECURSIVE: columns that tell in which order rows were found, and whether
// a row was met before.
//
// The sides of the UNION become subqueries of ones that add the columns (PostgreSQL's
// rewriteSearchCycle):
//
//   SEARCH DEPTH FIRST BY c      first: ARRAY[ROW(c)]   then: sequence || ROW(c)
//   SEARCH BREADTH FIRST BY c    first: ROW(0, c)       then: ROW(sequence's depth + 1, c)
//   CYCLE c                      first: DEFAULT, ARRAY[ROW(c)]
//                                then:  CASE WHEN ROW(c) = ANY (path) THEN value ELSE DEFAULT END,
//                                       path || ROW(c); of rows that are no cycle yet
//
// The recursive term may name them, but its stars leave them out; they are handed through as
// further columns of the term.
#include <algorithm>

#include "sql/bind/search_cycle.h"

namespace shale::sql {

namespace type_oid = catalog::type_oid;
using catalog::Type;

namespace {

constexpr Type kRecordType{type_oid::kRecord, -1};
constexpr Type kPathType{type_oid::kRecordArray, -1};
constexpr std::string_view kDepthName = "*DEPTH*";

OutputColumn AddedColumn(std::string_view name, Type type) {
  OutputColumn column;
  column.name = name;
  column.type = type;
  return column;
}

// The named columns of the only relation, as a row of them.
std::unique_ptr<RowExpr> RowOfColumns(ast::List<std::string_view> names, const BoundCte& cte) {
  std::vector<ExprPtr> fields;
  std::vector<std::string> field_names;
  for (std::string_view name : names) {
    auto found = std::ranges::find(cte.columns, name, &OutputColumn::name);
    const auto index = static_cast<int>(found - cte.columns.begin());
    fields.push_back(std::make_unique<ColumnExpr>(0, index, found->type, found->name));
    field_names.emplace_back(name);
  }
  return std::make_unique<RowExpr>(std::move(fields), std::move(field_names));
}

// The same with its depth in front.
std::unique_ptr<RowExpr> RowOfDepth(ExprPtr depth, std::unique_ptr<RowExpr> row) {
  row->fields.insert(row->fields.begin(), std::move(depth));
  row->names.insert(row->names.begin(), std::string(kDepthName));
  return row;
}

ExprPtr PathOf(std::unique_ptr<RowExpr> row) {
  std::vector<ExprPtr> rows;
  rows.push_back(std::move(row));
  return std::make_unique<ArrayExpr>(kPathType, std::move(rows), /*nested=*/false);
}

ExprPtr Bigint(int64_t value) {
  return std::make_unique<ConstantExpr>(
      catalog::Value({type_oid::kInt8, -1}, catalog::Datum::Int64(value)));
}

void AddTarget(ExprPtr value, const OutputColumn& column, BoundSelect& select) {
  BoundTarget target;
  target.expr = std::move(value);
  target.column = column;
  select.targets.push_back(std::move(target));
}

const Function* RecordEquality() {
  constexpr catalog::Oid kRecordEq = 2981;
  return FindFunction(kRecordEq);
}

}  // namespace

size_t AddedColumns(const ast::CommonTable& table) {
  return (table.search != nullptr ? 1 : 0) + (table.cycle != nullptr ? 2 : 0);
}

// Their values come later (AddValues), but the recursive term may name them.
Status StatementBinder::SearchAndCycle::AddColumns() {
  if (const ast::SearchClause* search = syntax_.search) {
    cte_.columns.push_back(
        AddedColumn(search->sequence, search->breadth_first ? kRecordType : kPathType));
  }
  if (const ast::CycleClause* cycle = syntax_.cycle) {
    ASSIGN_OR_RETURN(Marks marks, BindMarks(*cycle));
    cte_.columns.push_back(AddedColumn(cycle->mark, marks.value->type));
    cte_.columns.push_back(AddedColumn(cycle->path, kPathType));
  }
  return Status::Ok();
}

Result<StatementBinder::SearchAndCycle::Marks> StatementBinder::SearchAndCycle::BindMarks(
    const ast::CycleClause& cycle) {
  ExprScope scope;
  Marks marks;
  ASSIGN_OR_RETURN(marks.value, binder_->Expr(*cycle.value, scope));
  ASSIGN_OR_RETURN(marks.otherwise, binder_->Expr(*cycle.otherwise, scope));
  Type type;
  RETURN_IF_ERROR(
      binder_->CoerceToCommon({&marks.value, &marks.otherwise}, "CYCLE", ast::kNoLocation, &type));
  return marks;
}

Status StatementBinder::SearchAndCycle::AddValues() {
  const size_t own = cte_.columns.size() - AddedColumns(syntax_);
  // The sides do not match then, as whoever matches them finds.
  if (VisibleCount(*cte_.select->right) != own) return Status::Ok();
  RETURN_IF_ERROR(CheckNames({cte_.columns.data(), own}));
  RETURN_IF_ERROR(Start(own));
  return Step(own);
}

Status StatementBinder::SearchAndCycle::CheckNames(std::span<const OutputColumn> own) {
  auto is_own = [&](std::string_view name) {
    return std::ranges::count(own, name, &OutputColumn::name) > 0;
  };
  auto check_list = [&](ast::List<std::string_view> names, std::string_view what,
                        ast::Location location) -> Status {
    for (size_t i = 0; i < names.size(); ++i) {
      if (!is_own(names[i])) {
        return binder_->ErrorAt(location, sqlstate::kSyntaxError,
                                "{} column \"{}\" not in WITH query column list", what, names[i]);
      }
      if (std::ranges::count(names.subspan(0, i), names[i]) > 0) {
        return binder_->ErrorAt(location, sqlstate::kDuplicateColumn,
                                "{} column \"{}\" specified more than once", what, names[i]);
      }
    }
    return Status::Ok();
  };
  auto check_new = [&](std::string_view name, std::string_view what,
                       ast::Location location) -> Status {
    if (!is_own(name)) return Status::Ok();
    return binder_->ErrorAt(location, sqlstate::kSyntaxError,
                            "{} column name \"{}\" already used in WITH query column list", what,
                            name);
  };
  auto check_apart = [&](std::string_view left, std::string_view left_what, std::string_view right,
                         std::string_view right_what, ast::Location location) -> Status {
    if (left != right) return Status::Ok();
    return binder_->ErrorAt(location, sqlstate::kSyntaxError,
                            "{} column name and {} column name are the same", left_what,
                            right_what);
  };
  if (const ast::SearchClause* search = syntax_.search) {
    RETURN_IF_ERROR(check_list(search->columns, "search", search->location));
    RETURN_IF_ERROR(check_new(search->sequence, "search sequence", search->location));
  }
  const ast::CycleClause* cycle = syntax_.cycle;
  if (cycle == nullptr) return Status::Ok();
  RETURN_IF_ERROR(check_list(cycle->columns, "cycle", cycle->location));
  RETURN_IF_ERROR(check_new(cycle->mark, "cycle mark", cycle->location));
  RETURN_IF_ERROR(check_new(cycle->path, "cycle path", cycle->location));
  RETURN_IF_ERROR(
      check_apart(cycle->mark, "cycle mark", cycle->path, "cycle path", cycle->location));
  if (syntax_.search == nullptr) return Status::Ok();
  const std::string_view sequence = syntax_.search->sequence;
  const ast::Location location = syntax_.search->location;
  RETURN_IF_ERROR(check_apart(sequence, "search sequence", cycle->mark, "cycle mark", location));
  return check_apart(sequence, "search sequence", cycle->path, "cycle path", location);
}

Status StatementBinder::SearchAndCycle::Start(size_t own) {
  RETURN_IF_ERROR(binder_->ResolveUnknownTargets(cte_.select->left->targets));
  Wrap(cte_.select->left);
  BoundSelect& first = *cte_.select->left;
  first.range_table[0].alias = "*TLOCRN*";
  size_t at = own;
  if (const ast::SearchClause* search = syntax_.search) {
    auto row = RowOfColumns(search->columns, cte_);
    AddTarget(
        search->breadth_first ? RowOfDepth(Bigint(0), std::move(row)) : PathOf(std::move(row)),
        cte_.columns[at++], first);
  }
  if (const ast::CycleClause* cycle = syntax_.cycle) {
    ASSIGN_OR_RETURN(Marks marks, BindMarks(*cycle));
    AddTarget(std::move(marks.otherwise), cte_.columns[at++], first);
    AddTarget(PathOf(RowOfColumns(cycle->columns, cte_)), cte_.columns[at++], first);
  }
  return Status::Ok();
}

Status StatementBinder::SearchAndCycle::Step(size_t own) {
  BoundSelect& term = *cte_.select->right;
  if (term.set_operation != BoundSetOperation::kNone) {
    return Error(sqlstate::kSyntaxError,
                 "with a SEARCH or CYCLE clause, the right side of the UNION must be a SELECT");
  }
  auto working = std::ranges::find_if(term.range_table, &RangeEntry::is_working_table);
  if (working == term.range_table.end()) {
    return Error(sqlstate::kFeatureNotSupported,
                 "with a SEARCH or CYCLE clause, the recursive reference to WITH query \"{}\" must "
                 "be at the top level of its right-hand SELECT",
                 cte_.name);
  }
  if (term.targets.size() != own || term.distinct) {
    return binder_->UnsupportedAt(
        syntax_.location,
        "SEARCH and CYCLE of a recursive term with DISTINCT or ORDER BY are not "
        "supported");
  }
  const auto relation = static_cast<int>(working - term.range_table.begin());
  for (size_t i = own; i < cte_.columns.size(); ++i) {
    const OutputColumn& column = cte_.columns[i];
    AddTarget(std::make_unique<ColumnExpr>(relation, static_cast<int>(i), column.type, column.name),
              column, term);
  }
  Wrap(cte_.select->right);
  BoundSelect& wrapped = *cte_.select->right;
  wrapped.range_table[0].alias = "*TROCRN*";
  size_t at = own;  // the added column that is looked at
  auto current = [&] {
    const OutputColumn& column = cte_.columns[at];
    return std::make_unique<ColumnExpr>(0, static_cast<int>(at), column.type, column.name);
  };
  auto append = [&](std::unique_ptr<RowExpr> row) -> Result<ExprPtr> {
    std::vector<ExprPtr> args;
    args.push_back(current());
    args.push_back(std::move(row));
    return binder_->CallNamed("array_append", std::move(args), ast::kNoLocation);
  };
  if (const ast::SearchClause* search = syntax_.search) {
    auto row = RowOfColumns(search->columns, cte_);
    if (search->breadth_first) {
      ExprPtr depth = std::make_unique<FieldExpr>(current(), 0, Type{type_oid::kInt8, -1},
                                                  std::string(kDepthName));
      ASSIGN_OR_RETURN(depth, binder_->Operate("+", std::move(depth), Bigint(1), ast::kNoLocation));
      wrapped.targets[at].expr = RowOfDepth(std::move(depth), std::move(row));
    } else {
      ASSIGN_OR_RETURN(wrapped.targets[at].expr, append(std::move(row)));
    }
    ++at;
  }
  if (const ast::CycleClause* cycle = syntax_.cycle) {
    ASSIGN_OR_RETURN(Marks marks, BindMarks(*cycle));
    ASSIGN_OR_RETURN(wrapped.where,
                     binder_->Operate("<>", current(), marks.value->Clone(), cycle->location));
    const size_t mark = at++;
    auto choice = std::make_unique<CaseExpr>(marks.value->type);
    choice->branches.push_back(
        {std::make_unique<AnyAllExpr>(RowOfColumns(cycle->columns, cte_), current(),
                                      RecordEquality(), "=", /*all=*/false),
         std::move(marks.value)});
    choice->otherwise = std::move(marks.otherwise);
    wrapped.targets[mark].expr = std::move(choice);
    ASSIGN_OR_RETURN(wrapped.targets[at].expr, append(RowOfColumns(cycle->columns, cte_)));
  }
  return Status::Ok();
}

}  // namespace shale::sql
