#include "sql/bind/with_references.h"

#include <algorithm>
#include <set>
#include <utility>

#include "sql/parse/ast_walker.h"
#include "sql/parse/parser.h"

namespace shale::sql {

namespace {

// Finds the relations that a query names without a schema, but for those that a WITH inside of it
// stands for.
class ReferenceWalker : public AstWalker {
 public:
  void VisitWith(const ast::WithClause& with) override {
    if (with.recursive) {
      for (const ast::CommonTable& table : with.tables) hidden_.push_back(table.name);
    }
    for (const ast::CommonTable& table : with.tables) {
      VisitStatement(table.statement);
      if (!with.recursive) hidden_.push_back(table.name);
    }
  }

  void VisitSelect(const ast::Select& select) override {
    const size_t hidden = hidden_.size();
    AstWalker::VisitSelect(select);
    hidden_.resize(hidden);
  }

  void VisitStatement(const ast::Statement* statement) override {
    const size_t hidden = hidden_.size();
    if (const auto* insert = ast::Cast<ast::Insert>(statement)) VisitName(insert->table);
    if (const auto* update = ast::Cast<ast::Update>(statement)) VisitName(update->table->name);
    if (const auto* del = ast::Cast<ast::Delete>(statement)) VisitName(del->table->name);
    AstWalker::VisitStatement(statement);
    hidden_.resize(hidden);
  }

  void VisitTableRef(const ast::TableRef& table_ref) override {
    if (const auto* table = ast::Cast<ast::TableName>(&table_ref)) return VisitName(table->name);
    AstWalker::VisitTableRef(table_ref);
  }

 protected:
  virtual void Refer(std::string_view name, ast::Location location) = 0;

 private:
  void VisitName(const ast::QualifiedName& name) {
    if (!name.schema.empty() || std::ranges::find(hidden_, name.name) != hidden_.end()) return;
    Refer(name.name, name.location);
  }

  std::vector<std::string_view> hidden_;  // by the WITHs that are walked in
};

class DependencyFinder : public ReferenceWalker {
 public:
  explicit DependencyFinder(const ast::WithClause& with) : with_(with) {}

  std::set<size_t> FindIn(const ast::Statement* statement) {
    found_.clear();
    VisitStatement(statement);
    return std::move(found_);
  }

 protected:
  void Refer(std::string_view name, ast::Location) override {
    for (size_t i = 0; i < with_.tables.size(); ++i) {
      if (with_.tables[i].name == name) found_.insert(i);
    }
  }

 private:
  const ast::WithClause& with_;
  std::set<size_t> found_;
};

// Checks that a recursive query refers to itself once, and where it may.
class RecursionChecker : public ReferenceWalker {
 public:
  RecursionChecker(const ast::CommonTable& table, std::string_view source)
      : table_(table), source_(source) {}

  Status Check() {
    const auto* select = ast::Cast<ast::Select>(table_.statement);
    if (select == nullptr) {
      return At(
          Error(sqlstate::kInvalidRecursion,
                "recursive query \"{}\" must not contain data-modifying statements", table_.name),
          table_.location);
    }
    if (select->set_operation != ast::SetOperation::kUnion) {
      return At(Error(sqlstate::kInvalidRecursion,
                      "recursive query \"{}\" does not have the form non-recursive-term UNION "
                      "[ALL] recursive-term",
                      table_.name),
                table_.location);
    }
    place_ = Place::kNonRecursiveTerm;
    VisitSelect(*select->left);
    place_ = Place::kAllowed;
    VisitSelect(*select->right);
    place_ = Place::kSubquery;
    if (select->with != nullptr) VisitWith(*select->with);
    RETURN_IF_ERROR(status_);
    return CheckClauses(*select);
  }

  void VisitSelect(const ast::Select& select) override {
    const bool compares = select.set_operation == ast::SetOperation::kIntersect ||
                          select.set_operation == ast::SetOperation::kExcept;
    if (place_ != Place::kAllowed || !compares) return ReferenceWalker::VisitSelect(select);
    // A row that comes later must not take back one that was given.
    const bool intersects = select.set_operation == ast::SetOperation::kIntersect;
    if (intersects && select.all) place_ = Place::kIntersect;
    if (!intersects && select.all) place_ = Place::kExcept;
    VisitSelect(*select.left);
    if (!intersects) place_ = Place::kExcept;
    VisitSelect(*select.right);
    place_ = Place::kAllowed;
    VisitSort(select.order_by);
    VisitExpr(select.offset);
    VisitExpr(select.limit);
  }

  void VisitTableRef(const ast::TableRef& table_ref) override {
    const auto* join = ast::Cast<ast::Join>(&table_ref);
    if (join == nullptr) return ReferenceWalker::VisitTableRef(table_ref);
    const bool fills_left =
        join->type == ast::JoinType::kRight || join->type == ast::JoinType::kFull;
    const bool fills_right =
        join->type == ast::JoinType::kLeft || join->type == ast::JoinType::kFull;
    VisitSide(*join->left, fills_left);
    VisitSide(*join->right, fills_right);
    VisitExpr(join->condition);
  }

  void VisitExpr(const ast::Expr* expr) override {
    const auto* subquery = ast::Cast<ast::Subquery>(expr);
    if (subquery == nullptr) return ReferenceWalker::VisitExpr(expr);
    const Place saved = std::exchange(place_, Place::kSubquery);
    VisitSelect(*subquery->select);
    place_ = saved;
    VisitExpr(subquery->left);
  }

 protected:
  void Refer(std::string_view name, ast::Location location) override {
    if (name != table_.name || !status_.ok()) return;
    if (place_ != Place::kAllowed) {
      status_ = At(Error(sqlstate::kInvalidRecursion,
                         "recursive reference to query \"{}\" must not appear within {}", name,
                         NameOf(place_)),
                   location);
    } else if (++references_ > 1) {
      status_ =
          At(Error(sqlstate::kInvalidRecursion,
                   "recursive reference to query \"{}\" must not appear more than once", name),
             location);
    }
  }

 private:
  enum class Place : uint8_t {
    kAllowed,
    kNonRecursiveTerm,
    kSubquery,
    kOuterJoin,
    kIntersect,
    kExcept,
  };

  static std::string_view NameOf(Place place) {
    switch (place) {
      case Place::kAllowed:
        break;
      case Place::kNonRecursiveTerm:
        return "its non-recursive term";
      case Place::kSubquery:
        return "a subquery";
      case Place::kOuterJoin:
        return "an outer join";
      case Place::kIntersect:
        return "INTERSECT";
      case Place::kExcept:
        return "EXCEPT";
    }
    return {};
  }

  Status At(Status status, ast::Location location) const {
    return std::move(status).Position(CharacterPosition(source_, location));
  }

  void VisitSide(const ast::TableRef& side, bool may_be_missing) {
    const Place saved = place_;
    if (may_be_missing && place_ == Place::kAllowed) place_ = Place::kOuterJoin;
    VisitTableRef(side);
    place_ = saved;
  }

  // What would need all rows of the whole.
  Status CheckClauses(const ast::Select& select) const {
    auto refuse = [&](std::string_view clause, ast::Location location) {
      return At(Error(sqlstate::kFeatureNotSupported, "{} in a recursive query is not implemented",
                      clause),
                location);
    };
    if (!select.order_by.empty()) return refuse("ORDER BY", select.order_by[0].value->location);
    if (select.offset != nullptr) return refuse("OFFSET", select.offset->location);
    if (select.limit != nullptr) return refuse("LIMIT", select.limit->location);
    if (!select.locking.empty()) return refuse("FOR UPDATE/SHARE", ast::kNoLocation);
    return Status::Ok();
  }

  const ast::CommonTable& table_;
  std::string_view source_;
  Place place_ = Place::kAllowed;
  int references_ = 0;
  Status status_;
};

}  // namespace

Result<WithOrder> OrderRecursiveWith(const ast::WithClause& with, std::string_view source) {
  const size_t count = with.tables.size();
  WithOrder order;
  order.recursive.resize(count);
  std::vector<std::set<size_t>> needs(count);
  DependencyFinder finder(with);
  for (size_t i = 0; i < count; ++i) {
    needs[i] = finder.FindIn(with.tables[i].statement);
    order.recursive[i] = needs[i].erase(i) > 0;
    order.positions.push_back(i);
  }
  // The first that needs nothing more changes places with the one whose turn it is.
  for (size_t i = 0; i < count; ++i) {
    size_t next = i;
    while (next < count && !needs[order.positions[next]].empty()) ++next;
    if (next == count) {
      return Error(sqlstate::kFeatureNotSupported,
                   "mutual recursion between WITH items is not implemented")
          .Position(CharacterPosition(source, with.tables[order.positions[i]].location));
    }
    std::swap(order.positions[i], order.positions[next]);
    for (std::set<size_t>& need : needs) need.erase(order.positions[i]);
  }
  for (size_t position : order.positions) {
    if (!order.recursive[position]) continue;
    RETURN_IF_ERROR(RecursionChecker(with.tables[position], source).Check());
  }
  return order;
}

}  // namespace shale::sql
