// The planner's inside: from a bound SELECT to operators. One object per query level.
//
// Steps: take WHERE apart; plan each FROM item with the conditions on it alone; join them, cheapest
// first among inner joins; group; project the targets; distinct, sort, limit. While a relation is
// planned its columns get slots in the operator's output; Bind(expr, slots) points expressions at
// them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sql/bind/bind_index.h"
#include "sql/plan/conjuncts.h"
#include "sql/plan/join_method.h"
#include "sql/plan/key_range.h"
#include "sql/plan/plan.h"
#include "sql/plan/selectivity.h"

namespace shale::sql {

struct JoinTree;

// An operator with the meaning of its output columns.
struct Planned {
  PlanNodePtr node;
  std::map<std::pair<int, int>, int> slots;  // (relation, column) to slot
  std::map<int, int> key_slots;              // relation to the slot of its row keys
  RelationSet relations = 0;
  std::vector<OuterBinding> outer;  // what it takes from relations that are not in it yet
};

// One of several parts to be joined: by an inner join, or, where it is what a semi or anti join
// looks for, by that, under these conditions.
struct JoinItem {
  Planned planned;
  JoinKind kind = JoinKind::kInner;
  std::vector<Conjunct> conditions;
};

// The statement's WITH queries while it is planned, by their numbers.
struct PlannedCtes {
  BoundCtes bound;
  std::vector<PlanEstimate> estimates;  // of those that are scanned, once they are planned
};

// Sets the slots of all columns in the expression.
void AssignSlots(Expr* expr, const std::map<std::pair<int, int>, int>& slots);
// Takes `expr of left = expr of right` apart, turned so that *left_key is over the left relations.
// What is volatile is no key: it is to be called for each pair of rows; nor is what has a subquery,
// which may have to be waited for.
bool MatchEquiJoin(const Expr& expr, RelationSet left, RelationSet right, const Expr** left_key,
                   const Expr** right_key);
// All columns of a child, as projections that pass them through.
std::vector<ExprPtr> PassThrough(const PlanNode& child);
PlanNodePtr MakeProject(PlanNodePtr child, std::vector<ExprPtr> exprs);
// Plans the subqueries in the expression that are not planned yet.
Status PlanSubqueries(const PlanContext& context, const Expr& expr);
// Null where the query is not of that kind, or has an index for its conditions. Takes nothing of
// it.
Result<std::unique_ptr<KeyedSubplan>> PlanKeyed(const PlanContext& context,
                                                const SubqueryExpr& expr,
                                                const BoundSelect& select);
// What EXISTS does not ask for goes: targets, DISTINCT, ORDER BY. False: it may depend on them.
bool SimplifyExists(BoundSelect* select);
// Puts the functions that give sets of rows out of the expressions, over the node's output, into
// ProjectSetNodes above it, the innermost first; the expressions are then over that.
void AddProjectSets(PlanNodePtr* node, std::vector<ExprPtr>* exprs);
JoinSide SideOf(const Planned& planned);
// Moves the conditions on one relation whose subqueries take values of it out of *from.
std::vector<Conjunct> TakeDependent(std::vector<Conjunct>* from);
// The right side's slots behind the left one's, and all that it stands for.
void AppendPlanned(Planned* left, Planned* right, int offset);

// What an anti join gives, of both sides that its condition is over: the left one's columns.
class LeftSide {
 public:
  explicit LeftSide(const Planned& left)
      : slots_(left.slots),
        key_slots_(left.key_slots),
        relations_(left.relations),
        width_(left.node->output.size()) {}
  void Restore(Planned* joined) const;

 private:
  std::map<std::pair<int, int>, int> slots_;
  std::map<int, int> key_slots_;
  RelationSet relations_;
  size_t width_;
};

// --- estimate.cc ---
// Of reading so many rows of a table in the order of their keys.
double CostOfScan(const catalog::TableDesc& table, double rows);
// What a scan of such a cost reads.
double BytesOfScan(const catalog::TableDesc& table, double cost);
// As the table's statistics have it; by its size where there are none.
double EstimateTableRows(const PlanContext& context, const catalog::TableDesc& table);
// Of all its rows, or of an index's entries, uncompressed.
double BytesOfTable(const PlanContext& context, const catalog::TableDesc& table);
double BytesOfIndex(const PlanContext& context, const catalog::TableDesc& table,
                    const catalog::IndexDesc& index);
int EstimateWidth(const std::vector<catalog::Type>& types);
// The part of rows that a condition keeps, where nothing is known of its columns.
double Selectivity(const Expr& condition);
void EstimateNode(PlanNode* node);

class SelectPlanner {
 public:
  SelectPlanner(const PlanContext& context, BoundSelect* select)
      : context_(context),
        select_(select),
        estimator_(select->range_table, [&context](const catalog::TableDesc& table) {
          return EstimateTableRows(context, table);
        }) {}

  // The whole query; output columns are the visible targets.
  Result<PlanNodePtr> PlanSelect();
  // The same of a cursor: behind the targets come the row keys that WHERE CURRENT OF asks for,
  // described in the plan (Plan::row_keys).
  Result<PlanNodePtr> PlanCursor();
  // FROM and WHERE only, for UPDATE and DELETE: relation 0 with all columns and its row keys.
  Result<Planned> PlanTarget();
  // The whole condition of the query over the planned output, as it re-checks a changed row; null:
  // none.
  ExprPtr Recheck(const Planned& planned) const;
  // Descriptions of the stored tables used, those of subqueries too.
  void CollectTables(std::vector<catalog::TableRef>* tables) const;

 private:
  friend std::unique_ptr<PointLookup> PlanPointLookup(const PlanContext& context,
                                                      const BoundSelect& select);

  // --- plan_subquery.cc ---
  // Those in expressions of this query itself.
  Status PlanOwnSubqueries();
  // --- pull_up.cc ---
  // A subquery of WHERE that has become a relation, to be joined with the others.
  struct SemiJoin {
    JoinKind kind = JoinKind::kSemi;
    int relation = -1;
    std::vector<Conjunct> own;         // conditions on the relation alone
    std::vector<Conjunct> conditions;  // on it and others
  };
  void PullUpSubqueries();
  void PullUpIn(FromNode* from);
  void PullUpConjuncts(ExprPtr* condition);
  bool PullUp(ExprPtr& conjunct);
  bool PullUpAny(SubqueryExpr& subquery);
  bool PullUpExists(SubqueryExpr& subquery, JoinKind kind);
  void AddSemiJoin(SemiJoin join, RangeEntry entry, std::vector<ExprPtr> conditions);
  // The values, of columns, that the planned part has, each once.
  static Planned ValuesOf(Planned planned, const std::vector<const Expr*>& values, double distinct);
  // Takes those whose conditions are over these relations, planned.
  Result<std::vector<JoinItem>> SemiJoinsOver(RelationSet relations);
  // Joins those whose conditions are over the relations joined so far.
  Result<Planned> ApplySemiJoins(Planned joined);
  // --- needed columns ---
  void CollectNeeded();
  void Need(const Expr* expr);

  // --- plan_from.cc ---
  Result<Planned> PlanFromAndWhere();
  Result<Planned> PlanFrom(FromNode* from, std::vector<Conjunct> conjuncts);
  Result<Planned> PlanInnerJoins(FromNode* from, std::vector<Conjunct> conjuncts);
  Result<Planned> PlanOuterJoin(FromNode* from, std::vector<Conjunct> conjuncts);
  Result<Planned> PlanRelation(int relation, std::vector<Conjunct> conjuncts);
  Result<Planned> PlanTable(int relation, std::vector<Conjunct> conjuncts);
  Planned PlanCurrentRow();
  // --- plan_join_order.cc ---
  // All items, in the cheapest order. Takes the conditions that it has checked; of the dependent
  // ones (TakeDependent) it checks all.
  Result<Planned> JoinInOrder(std::vector<JoinItem> items, std::vector<Conjunct>* conjuncts,
                              std::vector<Conjunct> dependent);
  Result<std::unique_ptr<JoinTree>> OrderOf(const std::vector<JoinItem>& items,
                                            const std::vector<Conjunct>& conjuncts);
  Result<Planned> JoinTreeOf(const JoinTree& tree, std::vector<JoinItem>* items,
                             std::vector<Conjunct>* conjuncts);
  // --- plan_join.cc ---
  // By the cheapest method; an inner join either way round.
  Result<Planned> Join(Planned left, Planned right, JoinKind kind,
                       std::vector<Conjunct> conditions);
  Result<Planned> JoinBy(const JoinMethod& method, Planned left, Planned right, JoinKind kind,
                         std::vector<Conjunct> conditions);
  // The keys that the relation may be read by in a join; none where it is more than a scan.
  Result<std::vector<TableKey>> TableKeysOf(const Planned& part);
  PlanNodePtr LookupJoin(Planned* left, Planned* right, JoinKind kind,
                         std::vector<Conjunct>* conditions,
                         const std::vector<size_t>& key_conditions);
  // The right side, a scan, read by an index for each left row instead.
  Status ReadByIndex(const JoinMethod& method, const Planned& left, Planned* right,
                     std::vector<Conjunct>* conditions);
  // --- plan_index.cc ---
  struct IndexPath;
  struct PathCost {  // of the best path so far
    double cost = 0;
  };
  // A scan of one of the table's indexes with the conjuncts in it, where that is cheaper; null, and
  // the conjuncts as they are: none is.
  Result<PlanNodePtr> TryIndexes(int relation, const TableColumns& source,
                                 std::vector<Conjunct>* conjuncts, PathCost other);
  Result<std::optional<IndexPath>> ChooseIndex(int relation, const TableColumns& source,
                                               const std::vector<Conjunct>& conjuncts,
                                               PathCost other);
  Status AddIndexPath(int relation, const catalog::IndexRef& index, const TableColumns& source,
                      const std::vector<Conjunct>& conjuncts, PathCost other,
                      std::optional<IndexPath>* best);
  std::unique_ptr<IndexScanNode> NewIndexScan(catalog::IndexRef index, TableColumns source);
  // Whether the key's order, from the given number of columns that are held to one value on, is
  // that of ORDER BY. index: null for the primary key.
  bool IsOrderOf(const std::vector<KeyColumn>& key, const catalog::IndexDesc* index,
                 size_t equal_count, int relation, bool* reverse) const;
  // Whether the order of the relation's rows is that of the result.
  bool OrderMatters(int relation) const;
  double CostOfOrder(int relation, double cost, double rows, bool ordered) const;

  void AddFilter(Planned* planned, std::vector<Conjunct> conjuncts);
  void LiftSubqueries(Planned* planned);
  // Of those of the given numbers together.
  double SelectivityOf(const std::vector<Conjunct>& conjuncts,
                       const std::vector<size_t>& numbers) const;
  double SelectivityOf(const std::vector<Conjunct>& conjuncts) const;
  TableColumns SourceOf(int relation) const;

  // --- plan_lateral.cc ---
  // The relations that it takes values from.
  static RelationSet NeedsOf(const Planned& planned);
  // A join whose right side takes values from the left one.
  Planned Apply(Planned left, Planned right, JoinKind kind, std::vector<Conjunct> conditions);
  Planned ProjectBeside(Planned left, Planned right, ProjectNode* row,
                        const std::vector<OuterBinding>& bindings,
                        std::vector<Conjunct> conditions);

  // --- plan_window.cc ---
  // Puts the calls over windows on top and rewrites the targets over what they give.
  Status PlanWindows(Planned* planned);
  // Computes what windows and their calls refer to, so that all of it has slots.
  void ProjectForWindows(Planned* planned);
  void AddWindowCalls(Planned* planned, int window, WindowAggNode* node);
  std::vector<SortKey> KeysOfWindow(const BoundWindow& window) const;
  int SlotOf(const Expr& expr) const;
  // The windows in the order in which they are computed: the fewest sorts.
  std::vector<int> OrderOfWindows() const;
  // Whether the last window's sort has put the rows into ORDER BY's order.
  bool OrderedByWindow(const Planned& planned) const;

  // --- planner.cc ---
  Result<PlanNodePtr> PlanBody();
  Result<PlanNodePtr> PlanSetOperation();
  Status PlanGrouping(Planned* planned);
  ExprPtr PlanGroupingCall(const GroupingExpr& call, AggregateNode* node);
  void AddGroupingColumns(Planned* planned, AggregateNode* node);
  PlanNodePtr DistinctOn(PlanNodePtr node);
  Result<PlanNodePtr> FinishSelect(Planned planned);
  Result<PlanNodePtr> FinishLockedSelect(Planned planned);
  bool TargetsComeLast() const;
  // A stored table of FROM. A subquery's plan may be nothing but the scan of one, whose columns are
  // not the subquery's.
  bool IsTable(int relation) const;
  // The scan of one table, whose current row is the cursor's.
  bool IsSimpleScan() const;
  PlanNodePtr SortBeforeTargets(Planned* planned, PlanNodePtr node);
  PlanNodePtr ProjectTargets(const Planned& planned, PlanNodePtr node);
  bool OrderedByKey(PlanNode* node) const;
  PlanNodePtr AddSort(PlanNodePtr child, std::vector<SortKey> keys);
  PlanNodePtr AddLimit(PlanNodePtr child);

  const PlanContext& context_;
  BoundSelect* select_;
  std::map<int, std::vector<int>> needed_;  // per relation, columns in ascending order
  std::vector<ExprPtr> recheck_;            // all conditions, before they are taken apart
  RelationSet keyed_ = 0;                   // relations whose row keys are wanted
  std::vector<SemiJoin> semi_joins_;        // to be joined yet
  std::vector<std::pair<ExprPtr, int>> window_slots_;  // what windows refer to, and where it is
  std::vector<SortKey> window_order_;                  // of the rows, once windows are planned
  bool shows_keys_ = false;                            // they are part of the output
  Estimator estimator_;
};

// --- plan_with.cc ---
// The items of a WITH that are computed apart, to be planned before what is below the WITH.
Result<std::vector<WithNode::Item>> PlanWithItems(const PlanContext& context,
                                                  const std::vector<int>& with);
// The query over them.
PlanNodePtr AddWith(std::vector<WithNode::Item> items, PlanNodePtr child);
// What a range table entry of kind kCte gives.
Result<PlanNodePtr> PlanCteReference(const PlanContext& context, const RangeEntry& entry);

// --- push_down.cc ---
// Moves those of the conditions on the query's output that it can take as its own into its WHERE.
void PushIntoSubquery(BoundSelect* select, std::vector<Conjunct>* conjuncts);

// --- plan_parallel.cc ---
// Lets several threads work for the aggregation where its input can be parted and that is cheaper.
void MakeParallel(const PlanContext& context, AggregateNode* aggregate);

// --- plan_set.cc ---
// What a range table entry of kind kFunction gives.
PlanNodePtr PlanFunctions(RangeEntry& entry);

// --- plan_change.cc ---
// Statements that change rows, with their own WITH.
Result<PlanNodePtr> PlanChange(const PlanContext& context, BoundInsert* insert);
Result<PlanNodePtr> PlanChange(const PlanContext& context, BoundUpdate* update);
Result<PlanNodePtr> PlanChange(const PlanContext& context, BoundDelete* del);

// --- plan_from.cc, plan_lateral.cc ---
// The meaning and types of a table source's output columns, from the slot on.
void DescribeSource(const TableColumns& source, int relation, int first_slot, Planned* planned,
                    std::vector<catalog::Type>* output);
// Moves the conjuncts that refer to the given relations only out of *from.
std::vector<Conjunct> TakeWithin(std::vector<Conjunct>* from, RelationSet relations);
ExprPtr BoundTo(const Expr& expr, const std::map<std::pair<int, int>, int>& slots);
// The slots of all columns, moved on.
void ShiftSlots(Expr* expr, int offset);

// --- plan_index.cc ---
// What is only too young for the snapshot is noted in the plan.
bool IsReadable(const PlanContext& context, const catalog::IndexDesc& index);
// Whether the index's entries have all that is read of the table.
bool IndexHasAll(const TableColumns& source, const catalog::IndexRef& index);
// The index's key columns, as conditions on the relation name them.
std::vector<KeyColumn> IndexColumns(const catalog::IndexDesc& index, const BoundIndex& bound,
                                    int relation);

// --- scroll.cc ---
// Whether PostgreSQL could run the plan backward, and so scrolls a cursor that does not say.
bool CanScroll(const PlanNode& node);

// --- plan_change.cc: what MERGE shares ---
RowTarget TargetOf(const catalog::TableRef& table, const Planned& planned, ExprPtr recheck);
bool IsKeyColumn(const catalog::TableDesc& table, int column);

// Generated columns over the row that they are part of: slots are positions.
std::vector<ExprPtr> PlanGenerated(std::vector<ExprPtr> bound, const catalog::TableDesc& table);

// --- plan_merge.cc ---
Result<PlanNodePtr> PlanMerge(const PlanContext& context, BoundMerge* merge, Plan* plan);
// All expressions of its clauses.
void EachMergeExpr(BoundMerge* merge, const std::function<void(ExprPtr&)>& visit);

// --- plan_point.cc ---
// Null where the query is not a lookup of one whole key.
std::unique_ptr<PointLookup> PlanPointLookup(const PlanContext& context, const BoundSelect& select);

}  // namespace shale::sql
