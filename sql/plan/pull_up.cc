// Subqueries at the top of WHERE, and of ON of inner joins, as joins: EXISTS and IN keep the rows
// that have a partner (semi join), NOT EXISTS those that have none (anti join). PostgreSQL's rules
// of what may be pulled up hold, so that the rest is evaluated when and as often as there.
//
// A query over one table becomes that table, a relation of this query; what else it may be becomes
// a subquery in FROM. Conditions that take columns of this query move to the join.
#include <algorithm>
#include <bit>
#include <set>

#include "sql/bind/bound_subquery.h"
#include "sql/expr/expr.h"
#include "sql/plan/cost.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

// Gives nothing but rows of one table that a condition selects.
bool IsTableWithCondition(const BoundSelect& select) {
  if (select.set_operation != BoundSetOperation::kNone || select.grouped || select.distinct ||
      select.limit != nullptr || select.offset != nullptr || !select.locks.empty() ||
      !select.windows.empty() || !select.with.empty()) {
    return false;
  }
  if (select.from == nullptr || select.from->relation != 0 || select.range_table.size() != 1 ||
      select.range_table[0].kind != RangeEntry::Kind::kTable) {
    return false;
  }
  auto is_plain = [](const BoundTarget& target) {
    return !IsVolatile(*target.expr) && !HasSubquery(*target.expr) && !GivesSet(*target.expr);
  };
  return std::ranges::all_of(select.targets, is_plain) &&
         (select.where == nullptr || !HasSubquery(*select.where));
}

// Slots that stand for columns of the query that the subquery stands in.
std::set<int> OwnSlots(const SubqueryExpr& subquery) {
  std::set<int> slots;
  for (const SubqueryExpr::Outer& outer : subquery.outer) {
    if (RelationsOf(*outer.value) != 0) slots.insert(outer.slot);
  }
  return slots;
}

bool UsesSlots(const Expr& expr, const std::set<int>& slots) {
  bool uses = false;
  Walk(expr, [&](const Expr& node) {
    if (node.kind == ExprKind::kOuter) {
      uses |= slots.contains(static_cast<const OuterExpr&>(node).slot);
    }
    return !uses;
  });
  return uses;
}

bool UsesSlots(const BoundSelect& select, const BoundCtes& ctes, const std::set<int>& slots) {
  bool uses = false;
  WalkQuery(select, ctes, [&](const Expr& node) {
    if (node.kind == ExprKind::kOuter) {
      uses |= slots.contains(static_cast<const OuterExpr&>(node).slot);
    }
  });
  return uses;
}

// Columns of the subquery's only table become those of the relation.
void MoveTo(int relation, ExprPtr& expr) {
  Rewrite(expr, [relation](ExprPtr& node) {
    if (node->kind == ExprKind::kColumn) static_cast<ColumnExpr&>(*node).relation = relation;
    return true;
  });
}

void PutOuterValues(const std::vector<SubqueryExpr::Outer>& values, ExprPtr& expr) {
  Rewrite(expr, [&](ExprPtr& node) {
    if (node->kind != ExprKind::kOuter) return true;
    const int slot = static_cast<const OuterExpr&>(*node).slot;
    for (const SubqueryExpr::Outer& outer : values) {
      if (outer.slot == slot) {
        node = outer.value->Clone();
        break;
      }
    }
    return false;
  });
}

PlanNodePtr DistinctRows(PlanNodePtr child) {
  auto distinct = std::make_unique<DistinctNode>();
  distinct->output = child->output;
  distinct->child = std::move(child);
  EstimateNode(distinct.get());
  return distinct;
}

std::vector<Conjunct> ConjunctsOf(std::vector<ExprPtr> exprs) {
  std::vector<Conjunct> conjuncts;
  for (ExprPtr& expr : exprs) SplitConjuncts(std::move(expr), &conjuncts);
  return conjuncts;
}

}  // namespace

void SelectPlanner::PullUpSubqueries() {
  if (select_->from == nullptr) return;
  PullUpConjuncts(&select_->where);
  PullUpIn(select_->from.get());
}

void SelectPlanner::PullUpIn(FromNode* from) {
  if (from->relation >= 0 || from->join != JoinKind::kInner) return;
  PullUpConjuncts(&from->condition);
  PullUpIn(from->left.get());
  PullUpIn(from->right.get());
}

void SelectPlanner::PullUpConjuncts(ExprPtr* condition) {
  if (*condition == nullptr || !HasSubquery(**condition)) return;
  std::vector<Conjunct> conjuncts;
  SplitConjuncts(std::move(*condition), &conjuncts);
  std::vector<ExprPtr> kept;
  for (Conjunct& conjunct : conjuncts) {
    if (!PullUp(conjunct.expr)) kept.push_back(std::move(conjunct.expr));
  }
  *condition = JoinConjuncts(std::move(kept));
}

bool SelectPlanner::PullUp(ExprPtr& conjunct) {
  if (select_->range_table.size() >= kRelationsMax) return false;
  if (conjunct->kind == ExprKind::kSubquery) {
    auto& subquery = static_cast<SubqueryExpr&>(*conjunct);
    if (subquery.info->body == nullptr) return false;  // planned already
    if (subquery.form == SubqueryExpr::Form::kAny) return PullUpAny(subquery);
    if (subquery.form == SubqueryExpr::Form::kExists) {
      return PullUpExists(subquery, JoinKind::kSemi);
    }
    return false;
  }
  if (conjunct->kind != ExprKind::kLogic) return false;
  auto& logic = static_cast<LogicExpr&>(*conjunct);
  if (logic.op != LogicExpr::Op::kNot || logic.args[0]->kind != ExprKind::kSubquery) return false;
  auto& subquery = static_cast<SubqueryExpr&>(*logic.args[0]);
  return subquery.form == SubqueryExpr::Form::kExists && subquery.info->body != nullptr &&
         PullUpExists(subquery, JoinKind::kAnti);
}

bool SelectPlanner::PullUpAny(SubqueryExpr& subquery) {
  RelationSet left_relations = 0;
  for (const ExprPtr& left : subquery.left) {
    if (IsVolatile(*left) || HasSubquery(*left)) return false;
    left_relations |= RelationsOf(*left);
  }
  if (left_relations == 0 || !OwnSlots(subquery).empty() || IsVolatile(*subquery.test)) {
    return false;
  }
  std::unique_ptr<BoundSelect> select = std::move(BodyOf(subquery).select);
  const int relation = static_cast<int>(select_->range_table.size());
  const bool is_table = IsTableWithCondition(*select);
  std::vector<ExprPtr> columns;
  RangeEntry entry;
  for (const BoundTarget& target : select->targets) {
    if (target.hidden) continue;
    if (is_table) {
      columns.push_back(target.expr->Clone());
      MoveTo(relation, columns.back());
    } else {
      columns.push_back(std::make_unique<ColumnExpr>(relation, static_cast<int>(columns.size()),
                                                     target.column.type, target.column.name));
      entry.columns.push_back(target.column);
    }
  }
  ExprPtr test = std::move(subquery.test);
  Rewrite(test, [&](ExprPtr& node) {
    if (node->kind != ExprKind::kColumn) return true;
    const size_t slot = static_cast<size_t>(static_cast<const ColumnExpr&>(*node).slot);
    node = slot < columns.size() ? columns[slot]->Clone()
                                 : subquery.left[slot - columns.size()]->Clone();
    return false;
  });
  SemiJoin join;
  join.relation = relation;
  if (is_table) {
    entry = std::move(select->range_table[0]);
    if (select->where != nullptr) {
      MoveTo(relation, select->where);
      SplitConjuncts(std::move(select->where), &join.own);
    }
  } else {
    entry.kind = RangeEntry::Kind::kSubquery;
    entry.alias = "ANY_subquery";
    entry.subquery = std::move(select);
  }
  std::vector<ExprPtr> conditions;
  conditions.push_back(std::move(test));
  AddSemiJoin(std::move(join), std::move(entry), std::move(conditions));
  return true;
}

bool SelectPlanner::PullUpExists(SubqueryExpr& subquery, JoinKind kind) {
  BoundSelect& query = *BodyOf(subquery).select;
  const std::set<int> slots = OwnSlots(subquery);
  if (slots.empty() || !query.with.empty() || query.from == nullptr || query.where == nullptr ||
      IsVolatile(*query.where) || !SimplifyExists(&query)) {
    return false;
  }
  ExprPtr where = std::move(query.where);
  if (UsesSlots(query, context_.ctes->bound, slots)) {
    query.where = std::move(where);
    return false;
  }
  const bool is_table = IsTableWithCondition(query) && !HasSubquery(*where);
  const int relation = static_cast<int>(select_->range_table.size());
  std::vector<Conjunct> conjuncts;
  SplitConjuncts(std::move(where), &conjuncts);
  std::vector<ExprPtr> own;
  std::vector<ExprPtr> conditions;
  for (Conjunct& conjunct : conjuncts) {
    (UsesSlots(*conjunct.expr, slots) ? conditions : own).push_back(std::move(conjunct.expr));
  }
  SemiJoin join;
  join.kind = kind;
  join.relation = relation;
  std::unique_ptr<BoundSelect> select = std::move(BodyOf(subquery).select);
  RangeEntry entry;
  if (is_table) {
    for (ExprPtr& expr : own) MoveTo(relation, expr);
    for (ExprPtr& expr : conditions) MoveTo(relation, expr);
    join.own = ConjunctsOf(std::move(own));
    entry = std::move(select->range_table[0]);
  } else {
    select->where = JoinConjuncts(std::move(own));
    // What the conditions read of the query becomes its columns.
    auto column_of = [&](const Expr& column) {
      int index = 0;
      for (const BoundTarget& target : select->targets) {
        if (Equal(*target.expr, column)) return index;
        ++index;
      }
      BoundTarget target;
      target.expr = column.Clone();
      target.column.name = ToString(column);
      target.column.type = column.type;
      entry.columns.push_back(target.column);
      select->targets.push_back(std::move(target));
      return index;
    };
    for (ExprPtr& condition : conditions) {
      Rewrite(condition, [&](ExprPtr& node) {
        if (node->kind != ExprKind::kColumn) return true;
        const std::string name = static_cast<const ColumnExpr&>(*node).name;
        node = std::make_unique<ColumnExpr>(relation, column_of(*node), node->type, name);
        return false;
      });
    }
    entry.kind = RangeEntry::Kind::kSubquery;
    entry.alias = "EXISTS_subquery";
    entry.subquery = std::move(select);
  }
  for (ExprPtr& condition : conditions) PutOuterValues(subquery.outer, condition);
  AddSemiJoin(std::move(join), std::move(entry), std::move(conditions));
  return true;
}

void SelectPlanner::AddSemiJoin(SemiJoin join, RangeEntry entry, std::vector<ExprPtr> conditions) {
  join.conditions = ConjunctsOf(std::move(conditions));
  if (entry.subquery != nullptr) {
    SelectPlanner(context_, entry.subquery.get()).CollectTables(&context_.plan->tables);
  } else if (std::ranges::find(context_.plan->tables, entry.table) == context_.plan->tables.end()) {
    context_.plan->tables.push_back(entry.table);
  }
  select_->range_table.push_back(std::move(entry));
  // A row that has changed since it was read is compared with the same partner again.
  if (join.kind == JoinKind::kSemi) {
    for (const Conjunct& condition : join.conditions) recheck_.push_back(condition.expr->Clone());
  }
  semi_joins_.push_back(std::move(join));
}

Planned SelectPlanner::ValuesOf(Planned planned, const std::vector<const Expr*>& values,
                                double distinct) {
  Planned keys;
  keys.relations = planned.relations;
  std::vector<ExprPtr> exprs;
  for (const Expr* value : values) {
    const auto& column = static_cast<const ColumnExpr&>(*value);
    keys.slots[{column.relation, column.column}] = static_cast<int>(exprs.size());
    exprs.push_back(BoundTo(column, planned.slots));
  }
  keys.node = DistinctRows(MakeProject(std::move(planned.node), std::move(exprs)));
  keys.node->estimate.rows = distinct;
  keys.outer = std::move(planned.outer);
  return keys;
}

Result<std::vector<JoinItem>> SelectPlanner::SemiJoinsOver(RelationSet relations) {
  std::vector<JoinItem> items;
  std::vector<SemiJoin> others;
  for (SemiJoin& join : semi_joins_) {
    const RelationSet given = relations | RelationBit(join.relation);
    const bool fits = std::ranges::all_of(join.conditions, [given](const Conjunct& conjunct) {
      return Contains(given, conjunct.relations);
    });
    if (!fits) {
      others.push_back(std::move(join));
      continue;
    }
    ASSIGN_OR_RETURN(Planned planned, PlanRelation(join.relation, std::move(join.own)));
    items.push_back({std::move(planned), join.kind, std::move(join.conditions)});
  }
  semi_joins_ = std::move(others);
  return items;
}

Result<Planned> SelectPlanner::ApplySemiJoins(Planned joined) {
  ASSIGN_OR_RETURN(std::vector<JoinItem> items, SemiJoinsOver(joined.relations));
  for (JoinItem& item : items) {
    ASSIGN_OR_RETURN(joined, Join(std::move(joined), std::move(item.planned), item.kind,
                                  std::move(item.conditions)));
  }
  return joined;
}

}  // namespace shale::sql
