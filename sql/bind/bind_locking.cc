// FOR UPDATE and its kin.
#include "sql/bind/statement_binder.h"

namespace shale::sql {

namespace {

std::string_view StrengthName(ast::LockStrength strength) {
  switch (strength) {
    case ast::LockStrength::kKeyShare:
      return "FOR KEY SHARE";
    case ast::LockStrength::kShare:
      return "FOR SHARE";
    case ast::LockStrength::kNoKeyUpdate:
      return "FOR NO KEY UPDATE";
    case ast::LockStrength::kUpdate:
      return "FOR UPDATE";
  }
  return {};
}

engine::LockMode ModeOf(ast::LockStrength strength) {
  switch (strength) {
    case ast::LockStrength::kKeyShare:
      return engine::LockMode::kKeyShare;
    case ast::LockStrength::kShare:
      return engine::LockMode::kShare;
    case ast::LockStrength::kNoKeyUpdate:
      return engine::LockMode::kForNoKeyUpdate;
    case ast::LockStrength::kUpdate:
      break;
  }
  return engine::LockMode::kForUpdate;
}

// Notes the relations that an outer join may fill with NULLs: they have no row to lock then.
void FindNullable(const FromNode& node, bool nullable, std::vector<bool>* result) {
  if (node.relation >= 0) {
    (*result)[static_cast<size_t>(node.relation)] = nullable;
    return;
  }
  bool full = node.join == JoinKind::kFull;
  FindNullable(*node.left, nullable || full, result);
  FindNullable(*node.right, nullable || node.join != JoinKind::kInner, result);
}

}  // namespace

Status StatementBinder::Locking(const ast::Select& select, const Namespace& names,
                                BoundSelect& bound) {
  if (select.locking.empty()) return Status::Ok();
  std::string_view first = StrengthName(select.locking[0].strength);
  auto refuse = [&](std::string_view what) {
    return Error(sqlstate::kFeatureNotSupported, "{} is not allowed with {}", first, what);
  };
  if (bound.distinct) return refuse("DISTINCT clause");
  if (!select.group_by.empty()) return refuse("GROUP BY clause");
  if (bound.having != nullptr) return refuse("HAVING clause");
  if (bound.grouped) return refuse("aggregate functions");
  if (!bound.windows.empty()) return refuse("window functions");

  std::vector<bool> nullable(bound.range_table.size());
  if (bound.from != nullptr) FindNullable(*bound.from, false, &nullable);
  for (const ast::LockingClause& clause : select.locking) {
    std::string_view strength = StrengthName(clause.strength);
    BoundRowLock lock;
    lock.mode = ModeOf(clause.strength);
    lock.wait = clause.wait == ast::LockWait::kSkip    ? engine::LockWait::kSkipLocked
                : clause.wait == ast::LockWait::kError ? engine::LockWait::kNoWait
                                                       : engine::LockWait::kWait;
    auto add = [&](int relation, ast::Location location, bool named) -> Status {
      const RangeEntry& entry = bound.range_table[static_cast<size_t>(relation)];
      if (entry.kind == RangeEntry::Kind::kSubquery) {
        return UnsupportedAt(location, fmt::format("{} of a subquery is not supported", strength));
      }
      if (entry.kind != RangeEntry::Kind::kTable) {
        if (!named) return Status::Ok();
        return ErrorAt(location, sqlstate::kFeatureNotSupported, "{} cannot be applied to {}",
                       strength,
                       entry.kind == RangeEntry::Kind::kFunction ? "a function"
                       : entry.kind == RangeEntry::Kind::kCte    ? "a WITH query"
                                                                 : "a system view");
      }
      if (context_.catalog->FindView(entry.table->oid) != nullptr) {
        return Error(sqlstate::kWrongObjectType, "cannot lock rows in materialized view \"{}\"",
                     entry.table->name);
      }
      if (nullable[static_cast<size_t>(relation)]) {
        return ErrorAt(location, sqlstate::kFeatureNotSupported,
                       "{} cannot be applied to the nullable side of an outer join", strength);
      }
      lock.relations.push_back(relation);
      return Status::Ok();
    };
    if (clause.tables.empty()) {
      for (size_t i = 0; i < bound.range_table.size(); ++i) {
        RETURN_IF_ERROR(add(static_cast<int>(i), ast::kNoLocation, false));
      }
    }
    for (const ast::QualifiedName& name : clause.tables) {
      if (!name.schema.empty()) {
        return ErrorAt(name.location, sqlstate::kSyntaxError,
                       "{} must specify unqualified relation names", strength);
      }
      bool found = false;
      for (const NamespaceItem& item : names.items()) {
        if (item.alias != name.name || !item.relation_visible) continue;
        if (item.relation < 0) {
          return ErrorAt(name.location, sqlstate::kFeatureNotSupported,
                         "{} cannot be applied to a join", strength);
        }
        RETURN_IF_ERROR(add(item.relation, name.location, true));
        found = true;
        break;
      }
      if (!found) {
        return ErrorAt(name.location, sqlstate::kUndefinedTable,
                       "relation \"{}\" in {} clause not found in FROM clause", name.name,
                       strength);
      }
    }
    if (!lock.relations.empty()) bound.locks.push_back(std::move(lock));
  }
  return Status::Ok();
}

}  // namespace shale::sql
