// What StatementBinder knows of the queries around the one that it binds, for as long as a guard
// lives.
#pragma once

#include <utility>
#include <vector>

#include "sql/bind/statement_binder.h"

namespace shale::sql {

// Has the items be seen from what is bound while it lives.
class StatementBinder::SideGuard {
 public:
  SideGuard(StatementBinder* binder, LateralSide side) : binder_(binder) {
    binder_->lateral_sides_.push_back(side);
  }
  ~SideGuard() { binder_->lateral_sides_.pop_back(); }
  SideGuard(const SideGuard&) = delete;
  SideGuard& operator=(const SideGuard&) = delete;

 private:
  StatementBinder* binder_;
};

// An item of the query, or a subquery of the expression, is bound while it lives.
class StatementBinder::LevelGuard {
 public:
  LevelGuard(StatementBinder* binder, ExprScope* scope, std::vector<OuterBinding>* bindings)
      : binder_(binder),
        outer_(binder->outer_),
        sides_(std::exchange(binder->lateral_sides_, {})),
        level_{true, {}, nullptr, bindings, outer_, scope} {
    if (scope->names != nullptr) level_.sides.push_back({scope->names, true});
    binder_->outer_ = &level_;
  }
  LevelGuard(StatementBinder* binder, bool lateral, const BoundSelect& select, RangeEntry* entry)
      : binder_(binder),
        outer_(binder->outer_),
        sides_(std::exchange(binder->lateral_sides_, {})),
        level_{lateral, sides_, &select, &entry->outer, outer_, nullptr} {
    binder_->outer_ = &level_;
  }
  ~LevelGuard() {
    binder_->outer_ = outer_;
    binder_->lateral_sides_ = std::move(sides_);
  }
  LevelGuard(const LevelGuard&) = delete;
  LevelGuard& operator=(const LevelGuard&) = delete;

 private:
  StatementBinder* binder_;
  const OuterLevel* outer_;
  std::vector<LateralSide> sides_;
  OuterLevel level_;
};

// The items can be referred to while it lives. Nothing where there is no WITH.
class StatementBinder::CteGuard {
 public:
  explicit CteGuard(StatementBinder* binder)
      : binder_(binder), scope_{{}, binder->outer_, binder->cte_scope_, binder->at_top_level_, {}} {
    binder_->cte_scope_ = &scope_;
    binder_->at_top_level_ = false;
  }
  ~CteGuard() { binder_->cte_scope_ = scope_.parent; }
  CteGuard(const CteGuard&) = delete;
  CteGuard& operator=(const CteGuard&) = delete;
  CteScope& scope() { return scope_; }

 private:
  StatementBinder* binder_;
  CteScope scope_;
};

}  // namespace shale::sql
