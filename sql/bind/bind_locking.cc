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

Status LockEntry(RangeEntry& entry, const BoundRowLock& lock, std::string_view strength,
                 const catalog::CatalogSnapshot& catalog);

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

Status CannotLockNullable(std::string_view strength) {
  return Error(sqlstate::kFeatureNotSupported,
               "{} cannot be applied to the nullable side of an outer join", strength);
}

// What a query may not have whose rows are locked: each of its rows is one of each table.
Status CheckRowsLockable(const BoundSelect& select, std::string_view strength) {
  auto refuse = [&](std::string_view what) {
    return Error(sqlstate::kFeatureNotSupported, "{} is not allowed with {}", strength, what);
  };
  if (select.distinct) return refuse("DISTINCT clause");
  if (!select.group_by.empty()) return refuse("GROUP BY clause");
  if (select.having != nullptr) return refuse("HAVING clause");
  if (select.grouped) return refuse("aggregate functions");
  if (!select.windows.empty()) return refuse("window functions");
  return Status::Ok();
}

// A clause on a subquery or view is one on all that it reads.
Status LockBelow(BoundSelect& select, const BoundRowLock& lock, std::string_view strength,
                 const catalog::CatalogSnapshot& catalog) {
  RETURN_IF_ERROR(CheckRowsLockable(select, strength));
  BoundRowLock own;
  own.mode = lock.mode;
  own.wait = lock.wait;
  own.from_above = true;
  std::vector<bool> nullable(select.range_table.size());
  if (select.from != nullptr) FindNullable(*select.from, false, &nullable);
  for (size_t i = 0; i < select.range_table.size(); ++i) {
    RangeEntry& entry = select.range_table[i];
    const bool is_table = entry.kind == RangeEntry::Kind::kTable;
    if (!is_table && entry.kind != RangeEntry::Kind::kSubquery) continue;
    if (nullable[i]) return CannotLockNullable(strength);
    if (is_table && catalog.FindView(entry.table->oid) != nullptr) {
      return Error(sqlstate::kWrongObjectType, "cannot lock rows in materialized view \"{}\"",
                   entry.table->name);
    }
    if (is_table) {
      own.relations.push_back(static_cast<int>(i));
    } else {
      RETURN_IF_ERROR(LockEntry(entry, lock, strength, catalog));
    }
  }
  if (!own.relations.empty()) select.locks.push_back(std::move(own));
  return Status::Ok();
}

// PostgreSQL locks nothing of a view that is a set operation.
Status LockEntry(RangeEntry& entry, const BoundRowLock& lock, std::string_view strength,
                 const catalog::CatalogSnapshot& catalog) {
  if (entry.subquery->set_operation == BoundSetOperation::kNone) {
    return LockBelow(*entry.subquery, lock, strength, catalog);
  }
  if (entry.view != nullptr) return Status::Ok();
  return Error(sqlstate::kFeatureNotSupported, "{} is not allowed with UNION/INTERSECT/EXCEPT",
               strength);
}

}  // namespace

Status StatementBinder::Locking(const ast::Select& select, const Namespace& names,
                                BoundSelect& bound) {
  if (select.locking.empty()) return Status::Ok();
  std::string_view first = StrengthName(select.locking[0].strength);
  if (!bound.distinct && !select.group_by.empty()) {
    return Error(sqlstate::kFeatureNotSupported, "{} is not allowed with GROUP BY clause", first);
  }
  RETURN_IF_ERROR(CheckRowsLockable(bound, first));

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
      RangeEntry& entry = bound.range_table[static_cast<size_t>(relation)];
      if (entry.kind == RangeEntry::Kind::kSubquery) {
        if (nullable[static_cast<size_t>(relation)]) return CannotLockNullable(strength);
        return LockEntry(entry, lock, strength, *context_.catalog);
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
        return At(CannotLockNullable(strength), location);
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
