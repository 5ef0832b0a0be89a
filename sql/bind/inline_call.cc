#include "sql/bind/inline_call.h"

#include <algorithm>
#include <map>
#include <set>

#include "sql/bind/bound_subquery.h"
#include "sql/bind/routine_body.h"
#include "sql/expr/evaluate.h"
#include "sql/expr/user_function.h"

namespace shale::sql {
namespace {

// Of an argument that stands in several places.
constexpr size_t kCheapCalls = 10;
// Expressions that bodies may add to a statement: bodies that call twice what calls twice double at
// each level.
constexpr size_t kInlinedNodesMax = 20'000;

size_t CountNodes(const Expr& expr) {
  size_t nodes = 0;
  Walk(expr, [&](const Expr&) { return ++nodes > 0; });
  return nodes;
}

bool IsCheap(const Expr& expr) {
  size_t calls = 0;
  Walk(expr, [&](const Expr& node) {
    calls += node.kind == ExprKind::kCall ? 1 : 0;
    return true;
  });
  return calls <= kCheapCalls && !IsVolatile(expr) && !HasSubquery(expr);
}

// Gives NULL where any of its parameters is.
bool IsStrictExpr(const Expr& expr) {
  bool strict = true;
  Walk(expr, [&](const Expr& node) {
    switch (node.kind) {
      case ExprKind::kConstant:
      case ExprKind::kParameter:
      case ExprKind::kCoerceText:
      case ExprKind::kRelabel:
        break;
      case ExprKind::kCall:
        strict &= static_cast<const CallExpr&>(node).function->strict;
        break;
      case ExprKind::kLogic:
        strict &= static_cast<const LogicExpr&>(node).op == LogicExpr::Op::kNot;
        break;
      default:
        strict = false;
    }
    return strict;
  });
  return strict;
}

// Whether the expression over parameters is no more volatile than the function says.
bool FitsVolatility(const Expr& expr, char volatility) {
  if (volatility == 'v') return true;
  if (volatility == 's') return !IsVolatile(expr);
  ExprPtr constant = expr.Clone();
  Rewrite(constant, [](ExprPtr& node) {
    if (node->kind != ExprKind::kParameter) return true;
    node = std::make_unique<ConstantExpr>(catalog::Value::Null(node->type));
    return false;
  });
  return IsImmutable(*constant);
}

// SELECT expression, and nothing else.
bool IsPlainExpression(const BoundStatement& bound) {
  if (bound.select == nullptr || !bound.ctes.empty()) return false;
  const BoundSelect& select = *bound.select;
  const bool is_plain =
      select.range_table.empty() && select.from == nullptr && select.where == nullptr &&
      !select.grouped && select.windows.empty() && !select.distinct && select.order_by.empty() &&
      select.limit == nullptr && select.offset == nullptr && select.locks.empty() &&
      select.set_operation == BoundSetOperation::kNone && select.targets.size() == 1;
  if (!is_plain) return false;
  bool has_query = false;
  Walk(*select.targets[0].expr, [&](const Expr& node) {
    has_query |= node.kind == ExprKind::kSubquery;
    return !has_query;
  });
  return !has_query && !GivesSet(*select.targets[0].expr);
}

bool LocksRows(const BoundSelect& select) {
  bool locks = !select.locks.empty();
  ForEachQuery(const_cast<BoundSelect&>(select),  // nothing is changed
               [&](BoundSelect& inner) { locks |= LocksRows(inner); });
  return locks;
}

std::vector<catalog::Type> TypesOf(const std::vector<ExprPtr>& exprs) {
  std::vector<catalog::Type> types;
  for (const ExprPtr& expr : exprs) types.push_back({expr->type.oid, -1});
  return types;
}

ExprPtr ArgumentOf(const ParameterExpr& parameter, const std::vector<ExprPtr>& args) {
  ExprPtr arg = args[static_cast<size_t>(parameter.index)]->Clone();
  if (arg->type == parameter.type) return arg;
  return std::make_unique<RelabelExpr>(std::move(arg), parameter.type);
}

// Puts arguments, which take nothing but slots from the queries around, in the places of a query's
// parameters; subqueries in its expressions tell of the slots that they depend on.
class QuerySubstitution {
 public:
  explicit QuerySubstitution(const std::vector<ExprPtr>& args) : args_(args) {}

  // The slots that it takes now.
  std::map<int, catalog::Type> Substitute(BoundSelect& select) {
    std::map<int, catalog::Type> slots;
    ForEachExpr(select, [&](ExprPtr& expr) { Substitute(expr, &slots); });
    ForEachQuery(select, [&](BoundSelect& inner) { slots.merge(Substitute(inner)); });
    return slots;
  }

 private:
  void Substitute(ExprPtr& expr, std::map<int, catalog::Type>* slots) {
    Rewrite(expr, [&](ExprPtr& node) {
      if (node->kind == ExprKind::kParameter) {
        node = ArgumentOf(static_cast<const ParameterExpr&>(*node), args_);
        Walk(*node, [&](const Expr& part) {
          if (part.kind == ExprKind::kOuter) {
            slots->emplace(static_cast<const OuterExpr&>(part).slot, part.type);
          }
          return true;
        });
        return false;
      }
      if (node->kind == ExprKind::kSubquery) Below(static_cast<SubqueryExpr&>(*node), slots);
      return true;
    });
  }

  void Below(SubqueryExpr& subquery, std::map<int, catalog::Type>* slots) {
    auto [known, is_new] = below_.try_emplace(subquery.info.get());
    if (is_new) known->second = Substitute(*BodyOf(subquery).select);
    for (const auto& [slot, type] : known->second) {
      const bool is_noted = std::ranges::any_of(
          subquery.outer, [slot](const SubqueryExpr::Outer& outer) { return outer.slot == slot; });
      if (!is_noted) {
        subquery.outer.push_back({slot, std::make_unique<OuterExpr>(slot, type, "")});
      }
      slots->emplace(slot, type);
    }
  }

  const std::vector<ExprPtr>& args_;
  std::map<const SubqueryInfo*, std::map<int, catalog::Type>> below_;
};

class Inliner {
 public:
  // statement: the one that subqueries become part of; null: there is an expression only.
  Inliner(const BindContext& context, BoundStatement* statement)
      : context_(context), statement_(statement) {}

  Status Statement() {
    for (const auto& cte : statement_->ctes) {
      if (cte->select != nullptr) RETURN_IF_ERROR(Query(*cte->select));
      RETURN_IF_ERROR(Change(cte->insert.get(), cte->update.get(), cte->del.get()));
    }
    if (statement_->select != nullptr) RETURN_IF_ERROR(Query(*statement_->select));
    RETURN_IF_ERROR(
        Change(statement_->insert.get(), statement_->update.get(), statement_->del.get()));
    return statement_->merge != nullptr ? Merge(*statement_->merge) : Status::Ok();
  }

  Status One(ExprPtr& expr) {
    if (expr == nullptr) return Status::Ok();
    Status status;
    Rewrite(expr, [&](ExprPtr& node) {
      if (!status.ok()) return false;
      if (node->kind == ExprKind::kSubquery) {
        status = Subquery(*static_cast<SubqueryExpr&>(*node).info,
                          BodyOf(static_cast<SubqueryExpr&>(*node)));
        return true;
      }
      if (RoutineOf(*node) == nullptr) return true;
      for (ExprPtr& arg : static_cast<CallExpr&>(*node).args) {
        if (status.ok()) status = One(arg);
      }
      if (status.ok()) status = Scalar(node);
      return false;
    });
    return status;
  }

 private:
  Status All(std::vector<ExprPtr>& exprs) {
    for (ExprPtr& expr : exprs) RETURN_IF_ERROR(One(expr));
    return Status::Ok();
  }
  Status Targets(std::vector<BoundTarget>& targets) {
    for (BoundTarget& target : targets) RETURN_IF_ERROR(One(target.expr));
    return Status::Ok();
  }
  Status Assignments(std::vector<BoundAssignment>& assignments) {
    for (BoundAssignment& assignment : assignments) RETURN_IF_ERROR(One(assignment.expr));
    return Status::Ok();
  }
  Status Checks(std::vector<BoundCheck>& checks) {
    for (BoundCheck& check : checks) RETURN_IF_ERROR(One(check.condition));
    return Status::Ok();
  }

  Status Change(BoundInsert* insert, BoundUpdate* update, BoundDelete* del) {
    if (insert != nullptr) {
      if (insert->source != nullptr) RETURN_IF_ERROR(Query(*insert->source));
      RETURN_IF_ERROR(All(insert->row));
      RETURN_IF_ERROR(All(insert->generated));
      RETURN_IF_ERROR(Targets(insert->returning));
      RETURN_IF_ERROR(Checks(insert->checks));
      if (insert->conflict_update != nullptr) {
        RETURN_IF_ERROR(Assignments(insert->conflict_update->assignments));
        RETURN_IF_ERROR(One(insert->conflict_update->where));
        RETURN_IF_ERROR(Checks(insert->conflict_update->visible));
      }
    }
    if (update != nullptr) {
      RETURN_IF_ERROR(Query(update->input));
      RETURN_IF_ERROR(Assignments(update->assignments));
      RETURN_IF_ERROR(All(update->generated));
      RETURN_IF_ERROR(Targets(update->returning));
      RETURN_IF_ERROR(Checks(update->checks));
    }
    if (del != nullptr) {
      RETURN_IF_ERROR(Query(del->input));
      RETURN_IF_ERROR(Targets(del->returning));
    }
    return Status::Ok();
  }

  Status Merge(BoundMerge& merge) {
    RETURN_IF_ERROR(Query(merge.input));
    RETURN_IF_ERROR(One(merge.condition));
    for (BoundMergeAction& action : merge.actions) {
      RETURN_IF_ERROR(One(action.condition));
      RETURN_IF_ERROR(Assignments(action.assignments));
      RETURN_IF_ERROR(All(action.row));
    }
    return All(merge.generated);
  }

  Status Query(BoundSelect& select) {
    for (const RangeEntry& entry : select.range_table) {
      for (const BoundTableFunction& function : entry.functions) {
        if (GivesRows(*function.call)) from_calls_.insert(function.call.get());
      }
    }
    Status status;
    ForEachExpr(select, [&](ExprPtr& expr) {
      if (status.ok()) status = One(expr);
    });
    RETURN_IF_ERROR(status);
    for (RangeEntry& entry : select.range_table) RETURN_IF_ERROR(Table(entry));
    ForEachQuery(select, [&](BoundSelect& inner) {
      if (status.ok() && !inlined_.contains(&inner)) status = Query(inner);
    });
    return status;
  }

  // Copies of a subquery share it. What it calls is not known before.
  Status Subquery(SubqueryInfo& info, BoundSubquery& body) {
    if (!subqueries_.insert(&info).second) return Status::Ok();
    const size_t before = inlined_count_;
    RETURN_IF_ERROR(Query(*body.select));
    if (inlined_count_ == before) return Status::Ok();
    static const BoundCtes none;
    info.is_volatile = info.takes_locks = false;
    NoteCalls(*body.select, statement_ != nullptr ? statement_->ctes : none, &info);
    return Status::Ok();
  }

  Result<BoundStatement> Body(const catalog::FunctionDesc& function, const CallExpr& call,
                              const RoutineResult& result) {
    ASSIGN_OR_RETURN(std::vector<ParsedStatement> parsed, ParseBody(function));
    if (parsed.size() != 1 || ast::Cast<ast::Select>(parsed[0].statement) == nullptr) {
      return BoundStatement();
    }
    BindContext context = BodyContext(context_, function, TypesOf(call.args));
    if (statement_ != nullptr) context.first_outer_slot = statement_->outer_count;
    ASSIGN_OR_RETURN(BoundStatement bound, Bind(context, *parsed[0].statement));
    RETURN_IF_ERROR(FitResult(result, *context.settings, &bound));
    return bound;
  }

  bool IsActive(const catalog::FunctionDesc& function) const {
    return std::ranges::find(active_, function.oid) != active_.end();
  }

  Status Scalar(ExprPtr& node) {
    auto& call = static_cast<CallExpr&>(*node);
    const catalog::FunctionDesc& function = *call.function->routine;
    if (function.is_procedure || call.function->set != nullptr || from_calls_.contains(&call) ||
        function.security_definer || function.result == catalog::type_oid::kVoid ||
        IsActive(function) || nodes_ > kInlinedNodesMax) {
      return Status::Ok();
    }
    ASSIGN_OR_RETURN(RoutineResult result,
                     ResultOf(*context_.catalog, function, TypesOf(call.args), RowForm::kValue));
    Result<BoundStatement> body = Body(function, call, result);
    if (!body.ok()) return InRoutine(body.status(), function, "during inlining");
    if (!IsPlainExpression(*body)) return Status::Ok();
    ExprPtr expr = std::move(body->select->targets[0].expr);
    if (expr->type.oid != call.type.oid || !FitsVolatility(*expr, function.volatility)) {
      return Status::Ok();
    }
    if (!PrepareArguments(function, call, &expr)) return Status::Ok();
    active_.push_back(function.oid);
    Status inner = One(expr);
    active_.pop_back();
    RETURN_IF_ERROR(inner);
    std::vector<ExprPtr> args = std::move(call.args);
    const int position = call.position;
    Rewrite(expr, [&](ExprPtr& part) {
      if (part->kind != ExprKind::kParameter) return true;
      part = ArgumentOf(static_cast<const ParameterExpr&>(*part), args);
      return false;
    });
    FoldConstants(expr, *context_.settings);
    expr->position = position;
    nodes_ += CountNodes(*expr);
    ++inlined_count_;
    node = std::move(expr);
    return Status::Ok();
  }

  // Whether the arguments may stand where the parameters do. Of a strict function whose body may
  // give something for a NULL, the expression becomes one that does not.
  static bool PrepareArguments(const catalog::FunctionDesc& function, const CallExpr& call,
                               ExprPtr* expr) {
    std::vector<size_t> uses(call.args.size());
    Walk(**expr, [&](const Expr& part) {
      if (part.kind == ExprKind::kParameter) {
        ++uses[static_cast<size_t>(static_cast<const ParameterExpr&>(part).index)];
      }
      return true;
    });
    const bool is_guarded = function.strict && !call.args.empty() &&
                            (!IsStrictExpr(**expr) || std::ranges::count(uses, size_t{0}) > 0);
    for (size_t i = 0; i < uses.size(); ++i) {
      if ((uses[i] != 1 || is_guarded) && !IsCheap(*call.args[i])) return false;
    }
    if (!is_guarded) return true;
    std::vector<ExprPtr> tests;
    for (size_t i = 0; i < call.args.size(); ++i) {
      auto parameter = std::make_unique<ParameterExpr>(static_cast<int>(i),
                                                       catalog::Type{call.args[i]->type.oid, -1});
      tests.push_back(std::make_unique<NullTestExpr>(std::move(parameter), false));
    }
    auto guard = std::make_unique<CaseExpr>((*expr)->type);
    guard->branches.push_back(
        {tests.size() == 1 ? std::move(tests[0])
                           : std::make_unique<LogicExpr>(LogicExpr::Op::kOr, std::move(tests)),
         std::make_unique<ConstantExpr>(catalog::Value::Null((*expr)->type))});
    guard->otherwise = std::move(*expr);
    *expr = std::move(guard);
    return true;
  }

  Status Table(RangeEntry& entry) {
    if (statement_ == nullptr || entry.kind != RangeEntry::Kind::kFunction ||
        entry.functions.size() != 1 || entry.ordinality) {
      return Status::Ok();
    }
    const Expr& node = *entry.functions[0].call;
    const catalog::FunctionDesc* function = RoutineOf(node);
    if (function == nullptr || function->is_procedure || !function->gives_set || function->strict ||
        function->volatility == 'v' || function->security_definer || IsActive(*function) ||
        nodes_ > kInlinedNodesMax) {
      return Status::Ok();
    }
    auto& call = static_cast<const CallExpr&>(node);
    const bool is_simple = std::ranges::none_of(
        call.args, [](const ExprPtr& arg) { return IsVolatile(*arg) || HasSubquery(*arg); });
    if (!is_simple) return Status::Ok();
    ASSIGN_OR_RETURN(RoutineResult result,
                     ResultOf(*context_.catalog, *function, TypesOf(call.args), RowForm::kColumns));
    // Of a record without outputs the query says what the columns are.
    if (result.is_row && result.columns.empty()) {
      for (const OutputColumn& column : entry.functions[0].columns) {
        result.columns.push_back(column.type);
      }
    }
    if (result.type.empty()) return Status::Ok();
    Result<BoundStatement> body = Body(*function, call, result);
    if (!body.ok()) return InRoutine(body.status(), *function, "during inlining");
    if (body->select == nullptr || !body->ctes.empty() || LocksRows(*body->select)) {
      return Status::Ok();
    }
    statement_->outer_count = body->outer_count;
    statement_->views.insert(statement_->views.end(), body->views.begin(), body->views.end());
    QuerySubstitution(call.args).Substitute(*body->select);
    nodes_ += kNodesOfQuery;
    ++inlined_count_;
    entry.kind = RangeEntry::Kind::kSubquery;
    entry.subquery = std::move(body->select);
    inlined_.insert(entry.subquery.get());
    const catalog::Oid oid = function->oid;
    entry.functions.clear();
    active_.push_back(oid);
    Status inner = Query(*entry.subquery);
    active_.pop_back();
    return inner;
  }

  static constexpr size_t kNodesOfQuery = 100;

  const BindContext& context_;
  BoundStatement* statement_;
  std::vector<catalog::Oid> active_;          // functions whose bodies are looked at
  std::set<const SubqueryInfo*> subqueries_;  // seen
  std::set<const BoundSelect*> inlined_;      // bodies that are done
  std::set<const Expr*> from_calls_;          // calls in FROM that give rows of columns
  size_t nodes_ = 0;
  size_t inlined_count_ = 0;
};

}  // namespace

Status InlineCalls(const BindContext& context, ExprPtr& expr) {
  if (context.catalog->functions()->empty()) return Status::Ok();
  return Inliner(context, nullptr).One(expr);
}

Status CheckInlines(const BindContext& context, const Expr& expr, std::string_view place) {
  ExprPtr inlined = expr.Clone();
  RETURN_IF_ERROR(InlineCalls(context, inlined));
  Status status;
  Walk(*inlined, [&](const Expr& node) {
    const catalog::FunctionDesc* function = RoutineOf(node);
    if (function != nullptr && status.ok()) {
      status = Error(sqlstate::kFeatureNotSupported, "function {} in {} is not supported",
                     function->name, place)
                   .Detail("Its body is no expression that can stand in place of the call.");
    }
    return status.ok();
  });
  return status;
}

Status InlineCalls(const BindContext& context, BoundStatement& statement) {
  if (context.catalog->functions()->empty()) return Status::Ok();
  return Inliner(context, &statement).Statement();
}

}  // namespace shale::sql
