// StatementBinder: what stands behind Bind(). One object binds one statement; its functions live in
// one bind_*.cc per kind of statement, clause or expression. PostgreSQL's parser/parse_*.c are the
// reference for its rules.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/bind/binder_base.h"
#include "sql/bind/callables.h"
#include "sql/bind/column_name.h"
#include "sql/bind/named_query.h"
#include "sql/bind/namespace.h"
#include "sql/expr/row_expr.h"
#include "sql/parse/ast_dml.h"
#include "sql/parse/ast_function.h"
#include "sql/parse/ast_merge.h"

namespace shale::sql {

class StatementBinder : private BinderBase {
 public:
  enum class ChangeKind : uint8_t { kInsert, kUpdate, kDelete };

  explicit StatementBinder(const BindContext& context);

  Result<BoundStatement> Bind(const ast::Statement& statement);

  // The other ways in; see binder.h.
  Result<ExprPtr> BindScalar(const ast::Expr& expr, const catalog::Type* type,
                             Clause clause = Clause::kScalar);
  Result<ExprPtr> BindDefault(const catalog::TableDesc& table, int column);
  Result<ExprPtr> BindTableExpr(catalog::TableRef table, const ast::Expr& expr);
  Result<ExprPtr> BindCheck(catalog::TableRef table, const ast::Expr& expr);
  Result<ExprPtr> BindDomainCheck(const ast::Expr& expr);
  Result<std::vector<ExprPtr>> Generated(const catalog::TableRef& table);
  Result<ExprPtr> GeneratedColumn(const catalog::TableRef& table, int column,
                                  const ast::Expr& expr);
  Result<ExprPtr> BindTransform(catalog::TableRef table, int column, catalog::Type type,
                                const ast::Expr* expr);
  Result<ExprPtr> BindIndexExpr(catalog::TableRef table, const ast::Expr& expr, bool is_predicate);
  Status FinishParameters();
  Result<BoundStatement> BindView(const catalog::ViewDesc& view);
  Result<ViewParts> DescribeView(const ast::Statement& query,
                                 ast::List<std::string_view> column_names);

 private:
  // --- helpers (statement_binder.cc) ---
  // Counts expressions made, and refuses with 54001 more than the text can account for (S18).
  Status Charge(size_t nodes);
  Result<ExprPtr> Copy(const sql::Expr& expr);

  // --- types (coerce.cc) ---
  // Casts, and notes what that tells of a parameter without a type. 42846 gets the position, where
  // one is given, and the expression's own otherwise.
  Result<ExprPtr> Coerce(ExprPtr expr, catalog::Type to, CastContext context, int position = 0);
  Result<ExprPtr> CoerceToBoolean(ExprPtr expr, std::string_view construct);
  Result<ExprPtr> CoerceToBigint(ExprPtr expr, std::string_view construct);
  // To the column's type, as INSERT and UPDATE do: 42804.
  Result<ExprPtr> CoerceToColumn(ExprPtr expr, const catalog::ColumnDesc& column);
  // All to the type they have in common.
  Status CoerceToCommon(std::vector<ExprPtr*> exprs, std::string_view what, ast::Location location,
                        catalog::Type* common);
  Result<ExprPtr> RegclassConstant(ExprPtr literal);
  Result<ExprPtr> RoutineConstant(ExprPtr literal, catalog::Oid type);
  Status CheckSchemaName(const sql::Expr& literal);
  Status NoteParameterType(ParameterExpr& parameter, catalog::Oid type);
  Result<ExprPtr> Operate(std::string_view name, ExprPtr left, ExprPtr right,
                          ast::Location location);
  ExprPtr Logic(LogicExpr::Op op, std::vector<ExprPtr> args, ast::Location location);
  // The = of both types, with both coerced to what it takes. 42883 as for the operator.
  Result<const Function*> Equality(ExprPtr& left, ExprPtr& right, ast::Location location);

  // --- expressions (bind_expr.cc and those it names) ---
  Result<ExprPtr> Expr(const ast::Expr& expr, ExprScope& scope);
  Result<std::vector<ExprPtr>> Exprs(ast::List<const ast::Expr*> exprs, ExprScope& scope);
  Result<ExprPtr> Literal(const ast::Literal& literal);
  Result<ExprPtr> Parameter(const ast::Parameter& parameter);
  Result<ExprPtr> Column(const ast::ColumnRef& reference, ExprScope& scope);
  Status NoColumnsHere(const ast::ColumnRef& reference);
  Result<ExprPtr> Bool(const ast::BoolExpr& expr, ExprScope& scope);
  Result<ExprPtr> BooleanTest(const ast::BooleanTest& test, ExprScope& scope);
  Result<ExprPtr> Collate(const ast::CollateExpr& expr, ExprScope& scope);
  // bind_operator.cc
  Result<ExprPtr> Operator(const ast::OperatorExpr& expr, ExprScope& scope);
  // Of two expressions as they were written: rows are compared by their fields.
  Result<ExprPtr> Compare(std::string_view name, const ast::Expr& left, const ast::Expr& right,
                          ast::Location location, ExprScope& scope);
  Result<ExprPtr> Distinct(const ast::DistinctFrom& expr, ExprScope& scope);
  Result<ExprPtr> In(const ast::InExpr& expr, ExprScope& scope);
  Result<ExprPtr> InOfParts(const ast::InExpr& expr, ExprScope& scope);
  Result<ExprPtr> Between(const ast::BetweenExpr& expr, ExprScope& scope);
  Result<ExprPtr> Like(const ast::LikeExpr& expr, ExprScope& scope);
  // bind_record.cc
  Result<ExprPtr> Row(const ast::RowExpr& row, ExprScope& scope);
  Result<ExprPtr> Field(const ast::FieldSelect& select, ExprScope& scope);
  Result<std::vector<ExprPtr>> RowFields(ast::List<const ast::Expr*> fields, ExprScope& scope);
  Result<std::vector<MergedColumn>> ExpandRecord(const ast::FieldSelect& star, ExprScope& scope);
  // The attributes of a value of a composite type, each with what takes it from the value.
  std::vector<MergedColumn> Attributes(const sql::Expr& value) const;
  std::vector<MergedColumn> AttributesOf(const sql::Expr& value) const;
  // A row as a value of a composite type: 42846.
  Result<ExprPtr> RowAs(ExprPtr row, catalog::Type type, CastContext context, int position);
  const RowExpr* RowBehind(const sql::Expr& record, const ExprScope& scope) const;
  ExprPtr FieldNamed(const sql::Expr& record, std::string_view name, const ExprScope& scope) const;
  // bind_row.cc
  Result<ExprPtr> RowComparison(std::string_view name, const ast::RowExpr& left,
                                const ast::RowExpr& right, ast::Location location,
                                ExprScope& scope);
  // What PostgreSQL makes of comparisons, by one operator, of the fields of two rows.
  Result<ExprPtr> CombineComparisons(std::string_view name, std::vector<ExprPtr> comparisons,
                                     ast::Location location);
  Status CheckComparison(const sql::Expr& comparison, ast::Location location);
  Result<ExprPtr> RowDistinct(const ast::DistinctFrom& expr, const ast::RowExpr& left,
                              const ast::RowExpr& right, ExprScope& scope);
  Result<ExprPtr> RowNullTest(const ast::NullTest& test, const ast::RowExpr& row, ExprScope& scope);
  // bind_subquery.cc
  Result<ExprPtr> Subquery(const ast::Subquery& subquery, ExprScope& scope);
  // (a, b) op (SELECT ...)
  Result<ExprPtr> RowSubquery(std::string_view name, const ast::RowExpr& left,
                              const ast::Subquery& right, ast::Location location, ExprScope& scope);
  // SET (a, b) = (SELECT ...): the value of the first column, a copy of which takes another's.
  Result<ExprPtr> SubqueryOfColumns(const ast::Subquery& subquery, int columns, ExprScope& scope);
  Result<std::unique_ptr<SubqueryExpr>> NewSubquery(const ast::Subquery& subquery,
                                                    SubqueryExpr::Form form, ExprScope& scope);
  Result<ExprPtr> TestedSubquery(std::unique_ptr<SubqueryExpr> subquery, std::string_view name,
                                 ast::List<const ast::Expr*> left, ast::Location location,
                                 ExprScope& scope);
  Status CheckSubqueryAllowed(ast::Location location, const ExprScope& scope);
  // bind_case.cc
  Result<ExprPtr> Case(const ast::CaseExpr& expr, ExprScope& scope);
  Result<ExprPtr> NullIf(const ast::NullIf& expr, ExprScope& scope);
  Result<ExprPtr> CoalesceOf(const ast::CoalesceExpr& expr, ExprScope& scope);
  Result<ExprPtr> MinMax(const ast::MinMaxExpr& expr, ExprScope& scope);
  // bind_call.cc
  Result<ExprPtr> Call(const ast::FunctionCall& call, ExprScope& scope);
  Result<ExprPtr> ResolvedCall(const ast::FunctionCall& call, const ResolvedFunction& resolved,
                               const Callables& callables, std::vector<ExprPtr> args,
                               ExprScope& scope);
  // row.name as name(row); null where there is no such function.
  Result<ExprPtr> CallOn(std::string_view name, const sql::Expr& row, ast::Location, ExprScope&);
  Result<ExprPtr> CallNamed(std::string_view name, std::vector<ExprPtr> args,
                            ast::Location location);
  // Of a function that gives a set of rows: 0A000.
  Status CheckSetAllowed(const ast::FunctionCall& call, const ExprScope& scope);
  // bind_routine.cc: calls of functions in SQL
  Result<ExprPtr> RoutineCall(const ast::FunctionCall& call, const ResolvedFunction& resolved,
                              const Callables& callables, std::vector<ExprPtr> args);
  ExprPtr RoutineArgument(const ast::ColumnRef& reference);
  Result<std::unique_ptr<BoundSelect>> CallProcedure(const ast::Call& call);
  // bind_aggregate_level.cc
  // In the query that it is of, which may be one around the one that it stands in.
  Result<ExprPtr> PlaceAggregate(std::unique_ptr<AggregateExpr> aggregate,
                                 const ast::FunctionCall& call, ExprScope& scope);
  Status NestedAggregate(const sql::Expr& aggregate, const ast::FunctionCall& call);
  Result<ExprPtr> SqlValue(const ast::SqlValue& value);
  // bind_aggregate.cc
  // That it is called with WITHIN GROUP and direct arguments where it must be, and not else.
  Status CheckForm(const ast::FunctionCall& call, const Aggregate& aggregate,
                   const std::vector<catalog::Type>& types);
  Result<ExprPtr> AggregateCall(const ast::FunctionCall& call, const ResolvedFunction& resolved,
                                std::vector<ExprPtr> args, ExprPtr filter, ExprScope& scope,
                                bool args_aggregate);
  Status CheckAggregateAllowed(ast::Location location, const ExprScope& scope);
  Status CheckNesting(const ast::FunctionCall& call, const std::vector<ExprPtr>& args,
                      const ExprScope& scope, bool args_aggregate);
  Status AggregateOrder(const ast::FunctionCall& call, const ExprScope& scope,
                        AggregateExpr* aggregate);
  // Takes the ordered arguments of WITHIN GROUP out of the arguments.
  Status OrderedArguments(const ast::FunctionCall& call, AggregateExpr* aggregate);
  // bind_array.cc
  Result<ExprPtr> Array(const ast::ArrayExpr& expr, ExprScope& scope, const catalog::Type* target);
  Result<ExprPtr> Subscript(const ast::SubscriptExpr& expr, ExprScope& scope);
  Status Subscripts(std::span<const ast::SubscriptExpr* const> steps, ExprScope& scope,
                    std::vector<ExprPtr>* subscripts, std::vector<SubscriptExpr::Slice>* slices);
  // The steps into a jsonb, as texts, behind what is in *keys; *is_number: the first is an integer.
  Status JsonbKeys(std::span<const ast::SubscriptExpr* const> steps, ExprScope& scope,
                   std::vector<ExprPtr>* keys, bool* is_number);
  Result<ExprPtr> AnyAll(const ast::AnyAllExpr& expr, ExprScope& scope);

  // --- LATERAL, and what else sees the queries around it (bind_lateral.cc, binder_guards.h) ---
  class SideGuard;
  class LevelGuard;
  // Whether a name that was not found here may be one of the queries around.
  bool MayBeOuter(const Status& status, const ast::ColumnRef& reference) const;
  // Null where they have no such column either.
  Result<ExprPtr> OuterColumn(const ast::ColumnRef& reference);
  // Appends the columns of t.* where t is an item of theirs.
  Status ExpandOuter(const ast::ColumnRef& star, std::vector<NamespaceColumn>* columns);
  // What the level's query gives, as it is named in the query being bound.
  ExprPtr OuterSlot(const OuterLevel& level, ExprPtr value);
  Status CheckLateral(const OuterLevel& level, const LateralSide& side, std::string_view item,
                      ast::Location location);

  // --- FROM (bind_from.cc, bind_join.cc) ---
  Status From(ast::List<const ast::TableRef*> items, BoundSelect& select, Namespace& names);
  Result<FromItem> TableReference(const ast::TableRef& table_ref, BoundSelect& select);
  Result<FromItem> Table(const ast::TableName& table, BoundSelect& select);
  Result<FromItem> SubqueryReference(const ast::TableSubquery& subquery, BoundSelect& select);
  // bind_table_function.cc
  Result<FromItem> FunctionReference(const ast::TableFunction& function, BoundSelect& select);
  Result<BoundTableFunction> TableFunction(const ast::TableFunctionItem& item,
                                           std::string_view alias);
  Status DescribeRecord(const ast::TableFunctionItem& item, const SetFunction* set,
                        BoundTableFunction& bound);
  Result<FromItem> Join(const ast::Join& join, BoundSelect& select);
  Status JoinUsing(const ast::Join& join, BoundSelect& select, FromItem& left, FromItem& right,
                   FromItem& result, ExprPtr& condition);
  // Adds the entry and gives its leaf.
  Result<FromItem> AddEntry(RangeEntry entry, const ast::TableRef& table_ref, BoundSelect& select);
  RangeEntry TableEntry(catalog::TableRef table, std::string_view alias);
  // --- views (bind_view.cc) ---
  // Names of columns as the text that is bound knows them.
  void NameAsInView(const ast::QualifiedName& name, RangeEntry& entry);
  Result<FromItem> ViewReference(const ast::TableName& table, catalog::ViewRef view,
                                 BoundSelect& select);
  // The view's query within this statement.
  Result<std::unique_ptr<BoundSelect>> ViewQuery(const catalog::ViewDesc& view);
  void NoteTable(const catalog::TableRef& table);

  // --- WITH (bind_with.cc) ---
  class CteGuard;
  Status With(const ast::WithClause* with, CteScope& scope);
  Status RecursiveWith(const ast::WithClause& with, CteScope& scope);
  Status BindCte(CteItem& item, bool is_recursive, CteScope& scope);
  Status BindRecursiveCte(const ast::Select& select, BoundCte& cte, const ast::CommonTable& syntax);
  class SearchAndCycle;  // search_cycle.h
  Status BindCteStatement(const ast::Statement& statement, BoundCte& cte);
  // The columns that the query's output has, under the names that the item gives them.
  Status DescribeCte(const ast::CommonTable& syntax, const std::vector<BoundTarget>& targets,
                     BoundCte& cte);
  // The innermost item of the name that is to be seen; null: none.
  CteItem* FindCte(const ast::QualifiedName& name, CteScope** scope);
  Result<FromItem> CteReference(const ast::TableName& table, CteItem& item, CteScope& scope,
                                BoundSelect& select);
  void NoteOuterOf(const BoundCte& cte, const CteScope& scope);
  // A second reference to what is inlined: it is bound again, as where it was written.
  Result<std::unique_ptr<BoundSelect>> BindCteAgain(const CteItem& item, CteScope& scope);
  Status CheckRecursiveTerm(const BoundSelect& select);
  // Tells, where no relation has the name, that an item of a WITH around has, but is not seen.
  Status HintAtCte(Status status, const ast::QualifiedName& name) const;

  // --- SELECT (bind_select.cc and its clauses) ---
  Result<std::unique_ptr<BoundSelect>> Select(const ast::Select& select, SelectOptions options);
  Result<std::unique_ptr<BoundSelect>> SelectBody(const ast::Select& select, SelectOptions options);
  Result<std::unique_ptr<BoundSelect>> PlainSelect(const ast::Select& select,
                                                   SelectOptions options);
  Result<std::unique_ptr<BoundSelect>> Values(const ast::Select& select, SelectOptions options);
  Result<std::unique_ptr<BoundSelect>> SetOperation(const ast::Select& select);
  Status MatchSetOperation(const ast::Select& select, BoundSelect& bound);
  Status Targets(ast::List<ast::Target> targets, ExprScope& scope, const BoundSelect& select,
                 std::vector<BoundTarget>* bound);
  Status ResolveUnknownTargets(std::vector<BoundTarget>& targets);
  OutputColumn OutputOf(const sql::Expr& expr, std::string_view name, const BoundSelect& select);
  Status GroupBy(const ast::Select& select, const Namespace& names, BoundSelect& bound);
  // The place in group_by of one of its expressions.
  Result<int> GroupItem(const ast::Expr& item, const Namespace& names, BoundSelect& bound);
  Status CheckGrouping(BoundSelect& bound);
  Status CheckGroupedExpr(const sql::Expr& expr, const BoundSelect& bound);
  Status CheckGroupedExpr(const sql::Expr& expr, const BoundSelect& bound, bool in_subquery);
  Status CheckDirectArgs(const AggregateExpr& call, const BoundSelect& bound);
  Status CheckGroupingCall(const GroupingExpr& call, const BoundSelect& bound);
  // bind_grouping_sets.cc
  // Of an expression or of a list in parentheses.
  Result<std::vector<int>> GroupList(const ast::Expr& item, const Namespace& names,
                                     BoundSelect& bound);
  Result<std::vector<std::vector<int>>> GroupingSets(const ast::Expr& item, const Namespace& names,
                                                     BoundSelect& bound);
  Status ExpandGroupingSets(const ast::Select& select,
                            const std::vector<std::vector<std::vector<int>>>& items,
                            BoundSelect& bound);
  Result<ExprPtr> GroupingCall(const ast::Grouping& call, ExprScope& scope);
  void AddDependentColumns(BoundSelect& bound);
  Status OrderBy(const ast::Select& select, const Namespace& names, BoundSelect& bound,
                 bool* found_aggregate);
  // The target, an added hidden one maybe, that an item of ORDER BY or DISTINCT ON stands for.
  Result<int> SortTarget(const ast::Expr& item, Clause clause, const Namespace& names,
                         BoundSelect& bound, bool* found_aggregate);
  // A target of unknown type becomes text.
  Status ResolveUnknownTarget(BoundTarget& target);
  // The target that a position or an output name of ORDER BY or GROUP BY means; -1: neither.
  Result<int> TargetByNameOrPosition(const ast::Expr& expr, std::string_view clause,
                                     const std::vector<BoundTarget>& targets,
                                     const Namespace* columns_first);
  Status AddSortKey(const ast::SortItem& item, int target, BoundSelect& bound);
  // 42883 where the type has no order.
  Result<SortDirection> DirectionOf(const ast::SortItem& item, catalog::Type type);
  // bind_distinct.cc
  Status Distinct(const ast::Select& select, const Namespace& names, BoundSelect& bound,
                  bool* found_aggregate);
  Status DistinctOn(const ast::Select& select, const Namespace& names, BoundSelect& bound,
                    bool* found_aggregate);
  Status Limits(const ast::Select& select, BoundSelect& bound);
  Status Locking(const ast::Select& select, const Namespace& names, BoundSelect& bound);

  // --- windows (bind_window.cc) ---
  Result<ExprPtr> WindowCall(const ast::FunctionCall& call, const ResolvedFunction& resolved,
                             std::vector<ExprPtr> args, ExprPtr filter, const ExprScope& scope);
  Status CheckWindowAllowed(const ast::FunctionCall& call, const ExprScope& scope);
  // The error at the first call over a window in the expression.
  Status RefuseWindowCalls(const sql::Expr& expr, SqlState sqlstate, std::string_view message);
  // Its place in windows_.
  Result<int> NoteWindow(const ast::Window& window);
  Status Windows(const Namespace& names, BoundSelect& bound, bool* found_aggregate);
  Status WindowKeys(const ast::Window& window, const Namespace& names, BoundWindow* bound,
                    bool* found_aggregate);
  Status Refine(const ast::Window& window, const ast::Window& base_window, const BoundWindow& base,
                BoundWindow* bound);
  Status Frame(const ast::Window& window, const Namespace& names, BoundWindow* bound);
  Result<ExprPtr> FrameOffset(const ast::Expr& expr, const Namespace& names,
                              const BoundWindow& window, const InRange** in_range);
  Result<const InRange*> ChooseInRange(const sql::Expr& offset, catalog::Oid column);

  // --- changes (bind_insert.cc, bind_update.cc) ---
  Result<std::unique_ptr<BoundInsert>> Insert(const ast::Insert& insert);
  Result<std::vector<int>> InsertColumns(const ast::Insert& insert, const ChangeTarget& target);
  Result<std::vector<int>> AllColumns(const ast::Insert& insert, const ChangeTarget& target);
  Status InsertValues(const ast::Insert& insert, const std::vector<int>& columns,
                      BoundInsert& bound);
  Status InsertSelect(const ast::Insert& insert, const std::vector<int>& columns,
                      BoundInsert& bound);
  // The number-th value, for a column of which `before` has been written. names: it may refer to.
  Result<ExprPtr> InsertValue(const ast::Insert& insert, const ast::Expr& value, size_t number,
                              int column, const catalog::TableDesc& table, ExprPtr before,
                              const Namespace* names = nullptr);
  Result<ExprPtr> InsertPart(const ast::Insert& insert, size_t number, ExprPtr before,
                             ExprPtr value, const catalog::ColumnDesc& column);
  Status InsertDefaults(BoundInsert& bound);
  Status CheckWidth(const ast::Insert& insert, size_t width, const std::vector<int>& columns,
                    ast::Location extra);
  Status CheckIdentity(const ast::Insert& insert, const catalog::TableDesc& table, int column);
  Status Conflict(const ast::Insert& insert, const ChangeTarget& target, BoundInsert& bound);
  // bind_conflict.cc
  Result<Arbiters> ConflictTarget(const ast::OnConflict& conflict, const ChangeTarget& target,
                                  const Namespace& names);
  // 0A000 where the value of a part is DEFAULT.
  Status CheckPartValue(ast::List<const ast::SubscriptExpr*>, const ast::Expr&, ast::Location);
  // What `SET a[1].b = value` makes of the column's value, `before`, from the step on.
  Result<ExprPtr> AssignPart(const ast::Assignment& assignment, size_t step, ExprPtr before,
                             ExprPtr value, ExprScope& scope);
  Result<ExprPtr> AssignField(const ast::Assignment& assignment, size_t step, ExprPtr before,
                              ExprPtr value, ExprScope& scope);
  // SET, of UPDATE, ON CONFLICT and MERGE.
  Status Assignments(ast::List<ast::Assignment> assignments, const ChangeTarget& target,
                     const Namespace& names, std::vector<BoundAssignment>* bound);
  // *subquery: the one that the columns before are assigned from.
  Result<ExprPtr> AssignedValue(const ast::Assignment& assignment, ExprScope& scope,
                                ExprPtr* subquery);
  Result<ExprPtr> DefaultOf(const catalog::TableDesc& table, int column);
  // Of a column that has none of its own: its domain's, or NULL, which a domain may refuse.
  Result<ExprPtr> DefaultOfType(const catalog::ColumnDesc& column);
  // From its text, for the column.
  Result<ExprPtr> DefaultFrom(std::string_view sql, const catalog::ColumnDesc& column);
  // The expression of a condition, CHECK, without what it cannot wait for.
  Result<ExprPtr> Condition(const ast::Expr& expr, ExprScope& scope);
  Result<std::unique_ptr<BoundUpdate>> Update(const ast::Update& update);
  Result<std::unique_ptr<BoundDelete>> Delete(const ast::Delete& statement);
  // bind_merge.cc
  Result<std::unique_ptr<BoundMerge>> Merge(const ast::Merge& merge);
  Result<BoundMergeAction> MergeAction(const ast::MergeWhen& when, const ChangeTarget& target,
                                       const Namespace& names);
  Result<std::vector<ExprPtr>> MergeInsertRow(const ast::MergeWhen& when,
                                              const ChangeTarget& target, const Namespace& names);
  Result<catalog::TableRef> TargetTable(const ast::QualifiedName& name);
  // bind_view_target.cc
  Result<ChangeTarget> Target(const ast::QualifiedName& name, ChangeKind kind);
  Result<ViewTarget> TargetOfView(const catalog::ViewDesc& view, const BoundSelect& select,
                                  ChangeKind kind, bool cascaded);
  // The table's column that the name means; 42703, 0A000.
  Result<int> TargetColumn(const ChangeTarget& target, std::string_view name,
                           ast::Location location, ChangeKind kind);
  // The target as relation 0 and the further tables beside it.
  Status ChangeInput(const ast::TableName& table, ChangeTarget& target,
                     ast::List<const ast::TableRef*> further, const ast::Expr* where,
                     BoundSelect& input, Namespace& names);
  Status Returning(ast::List<ast::Target> targets, const Namespace& names, const BoundSelect& range,
                   std::vector<BoundTarget>* bound);

  std::vector<catalog::Oid> parameter_types_;
  bool takes_parameters_ = true;  // false: 42P02, of what is no query nobody gives them
  std::vector<catalog::TableRef> tables_;
  std::vector<catalog::ViewRef> views_;
  int view_depth_ = 0;
  size_t nodes_ = 0;
  int outer_count_ = 0;
  SubqueryNames subquery_names_;
  std::vector<LateralSide> lateral_sides_;  // of the query being bound
  const OuterLevel* outer_ = nullptr;
  // Of the query being bound: its WINDOW clause, then what OVER adds.
  std::vector<const ast::Window*>* windows_ = nullptr;
  BoundCtes ctes_;
  CteScope* cte_scope_ = nullptr;
  bool at_top_level_ = true;                           // until the statement's own WITH
  const catalog::TableDesc* insert_target_ = nullptr;  // of INSERT; for hints
};

}  // namespace shale::sql
