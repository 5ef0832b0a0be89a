// CREATE DOMAIN and ALTER DOMAIN.
#include "catalog/domains.h"

#include <algorithm>

#include "catalog/type_uses.h"
#include "catalog/types/array.h"
#include "sql/bind/inline_call.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/domain_checks.h"
#include "sql/exec/row_checks.h"
#include "sql/parse/deparse.h"

namespace shale::sql::ddl {
namespace {

// PostgreSQL tells no place in a domain's definition.
BindContext WithoutPlaces(const DdlContext& context) {
  BindContext bind = Binding(context);
  bind.source = {};
  return bind;
}

Result<catalog::Oid> DomainCollation(const ast::CreateDomain& command, catalog::Type base) {
  const catalog::TypeInfo& type = catalog::GetType(base.oid);
  const bool has_one = type.category == 'S' && type.oid != catalog::type_oid::kChar;
  const std::string_view name = command.collation.name;
  if (name.empty()) {
    if (!has_one) return catalog::kInvalidOid;
    return catalog::BaseOf(base.oid) == catalog::type_oid::kName ? catalog::kCCollationOid
                                                                 : catalog::kDefaultCollationOid;
  }
  if (name != "C" && name != "POSIX" && name != "default") {
    return NotSupported(fmt::format("collation \"{}\"", name));
  }
  if (!has_one) {
    return Error(sqlstate::kDatatypeMismatch, "collations are not supported by type {}",
                 catalog::FormatType({base.oid, -1}));
  }
  return name == "default" ? catalog::kDefaultCollationOid : catalog::kCCollationOid;
}

// Its text; nothing of NULL, which is no default.
Result<std::optional<std::string>> DomainDefault(const ast::Expr& value,
                                                 const catalog::TypeDesc& domain,
                                                 const DdlContext& context) {
  const BindContext bind = WithoutPlaces(context);
  ASSIGN_OR_RETURN(ExprPtr bound, BindScalar(bind, value, nullptr));
  const bool is_literal = ast::Cast<ast::Literal>(&value) != nullptr;
  if (!is_literal && !CanCast(bound->type.oid, domain.base.oid, CastContext::kAssignment)) {
    return Error(sqlstate::kDatatypeMismatch,
                 "column \"{}\" is of type {} but default expression is of type {}", domain.name,
                 TypeName(domain.base.oid), TypeName(bound->type.oid))
        .Hint("You will need to rewrite or cast the expression.");
  }
  ASSIGN_OR_RETURN(bound, BindScalar(bind, value, &domain.base));
  // Over a domain it keeps out the default of that.
  const bool is_null = bound->kind == ExprKind::kConstant &&
                       static_cast<const ConstantExpr&>(*bound).value.is_null();
  if (is_null) return std::optional<std::string>();
  ASSIGN_OR_RETURN(std::string text, DomainDefaultText(bind, value, domain.base));
  return std::optional<std::string>(std::move(text));
}

const catalog::DomainCheck* FindCheck(const catalog::TypeDesc& domain, std::string_view name) {
  const auto found = std::ranges::find(domain.checks, name, &catalog::DomainCheck::name);
  return found != domain.checks.end() ? &*found : nullptr;
}

void InsertDomainCheck(catalog::DomainCheck check, catalog::TypeDesc* domain) {
  auto place =
      std::ranges::upper_bound(domain->checks, check.name, {}, &catalog::DomainCheck::name);
  domain->checks.insert(place, std::move(check));
}

Task<Status> AddDomainCheck(const ast::Constraint& constraint, catalog::TypeDesc* domain,
                            DdlContext& context, std::string* added) {
  catalog::DomainCheck check;
  check.name = constraint.name;
  if (check.name.empty()) {
    check.name = ChooseDomainConstraintName(context, *domain);
  } else if (FindCheck(*domain, check.name) != nullptr) {
    co_return Error(sqlstate::kDuplicateObject,
                    "constraint \"{}\" for domain \"{}\" already exists", check.name, domain->name);
  }
  CO_ASSIGN_OR_RETURN(ExprPtr condition,
                      BindDomainCheck(WithoutPlaces(context), domain->base, *constraint.value));
  CO_RETURN_IF_ERROR(CheckInlines(Binding(context), *condition, "a CHECK constraint"));
  check.expression = ToString(*condition, ExprStyle::kDefinition);
  check.pretty_expression = ToString(*condition, ExprStyle::kPretty);
  check.validated = !constraint.not_valid;
  auto draw = context.execution->catalog->AllocateOid();
  auto oid = co_await draw;
  if (!oid.ok()) co_return std::move(oid).status();
  check.oid = *oid;
  *added = check.name;
  InsertDomainCheck(std::move(check), domain);
  co_return Status::Ok();
}

Task<Status> AddConstraints(const ast::CreateDomain& command, catalog::TypeDesc* domain,
                            DdlContext& context) {
  using Kind = ast::Constraint::Kind;
  bool has_default = false;
  std::optional<bool> not_null;
  for (const ast::Constraint& constraint : command.constraints) {
    if (constraint.kind == Kind::kDefault) {
      if (std::exchange(has_default, true)) {
        co_return Status(sqlstate::kSyntaxError, "multiple default expressions");
      }
      CO_ASSIGN_OR_RETURN(domain->default_sql, DomainDefault(*constraint.value, *domain, context));
    } else if (constraint.kind == Kind::kNotNull || constraint.kind == Kind::kNull) {
      const bool is_not_null = constraint.kind == Kind::kNotNull;
      if (not_null.has_value() && *not_null != is_not_null) {
        co_return Status(sqlstate::kSyntaxError, "conflicting NULL/NOT NULL constraints");
      }
      not_null = is_not_null;
    }
  }
  domain->not_null = not_null.value_or(false);
  for (const ast::Constraint& constraint : command.constraints) {
    if (constraint.kind != Kind::kCheck) continue;
    if (constraint.no_inherit) {
      co_return Status(sqlstate::kInvalidObjectDefinition,
                       "check constraints for domains cannot be marked NO INHERIT");
    }
    std::string name;
    auto add = AddDomainCheck(constraint, domain, context, &name);
    Status added = co_await add;
    if (!added.ok()) co_return added;
  }
  co_return Status::Ok();
}

// What has values of a type in it.
struct TypeUses {
  std::set<catalog::Oid> containers;  // arrays, composite types, domains over such
  std::vector<catalog::Oid> domains;  // the type after all that are over it
};

void FindUses(catalog::Oid oid, bool is_contained, const DdlContext& context, TypeUses* uses) {
  const catalog::TypeRef type = View(context).FindType(oid);
  uses->containers.insert(type->array_oid);
  auto visit = [&](catalog::Oid other_oid, const catalog::TypeRef& other) {
    auto is = [&](catalog::Type used, catalog::Oid wanted) { return used.oid == wanted; };
    const bool is_domain = other->kind == catalog::TypeClass::kDomain;
    const bool is_over = is_domain && is(other->base, oid);
    const bool holds = (is_domain && is(other->base, type->array_oid)) ||
                       std::ranges::any_of(other->attributes, [&](const auto& attribute) {
                         return !attribute.dropped && catalog::IsOfType(attribute.type, *type);
                       });
    const bool is_container = holds || (is_over && is_contained);
    if (is_container && uses->containers.insert(other_oid).second) {
      FindUses(other_oid, true, context, uses);
    } else if (is_over && !is_container) {
      FindUses(other_oid, false, context, uses);
    }
  };
  for (const auto& [other_oid, other] : View(context).types()) visit(other_oid, other);
  for (const auto& [relation, row_type] : View(context).row_types()) {
    visit(row_type->oid, row_type);
  }
  if (!is_contained) uses->domains.push_back(oid);
}

Result<std::vector<TypeColumn>> ColumnsOfDomain(const catalog::TypeDesc& domain,
                                                const DdlContext& context) {
  std::vector<TypeColumn> columns = ColumnsOfType(domain, context);
  for (const TypeColumn& one : columns) {
    if (one.is_within) return UsedByColumn(domain, one, context);
  }
  return columns;
}

// The batch has the columns at the positions.
Status TestColumns(const catalog::TableDesc& table, const std::vector<int>& positions,
                   const Expr* condition, EvalContext& evaluator, const Batch& rows) {
  const RowSet all = RowsOf(rows);
  for (size_t i = 0; i < positions.size(); ++i) {
    const std::string& name = table.columns[static_cast<size_t>(positions[i])].name;
    if (condition != nullptr) {
      Batch values;
      values.columns = {rows.columns[i]};
      values.row_count = rows.row_count;
      ASSIGN_OR_RETURN(const bool holds, HoldsForAll(evaluator, *condition, values));
      if (holds) continue;
      return Error(sqlstate::kCheckViolation,
                   "column \"{}\" of table \"{}\" contains values that violate the new constraint",
                   name, table.name)
          .Table(table.schema_name, table.name)
          .Column(name);
    }
    for (uint32_t row = 0; row < all.count; ++row) {
      if (!rows.columns[i].IsNull(row)) continue;
      return Error(sqlstate::kNotNullViolation,
                   "column \"{}\" of table \"{}\" contains null values", name, table.name)
          .Table(table.schema_name, table.name)
          .Column(name);
    }
  }
  return Status::Ok();
}

// The condition, or, where it is null, NOT NULL, for all values of the domain that columns have.
Task<Status> ValidateDomain(const catalog::TypeDesc& domain, const Expr* condition,
                            DdlContext& context) {
  std::set<catalog::Oid> locked;
  std::vector<TypeColumn> columns;
  while (true) {
    CO_ASSIGN_OR_RETURN(columns, ColumnsOfDomain(domain, context));
    const auto next = std::ranges::find_if(
        columns, [&](const TypeColumn& one) { return !locked.contains(one.table); });
    if (next == columns.end()) break;
    const catalog::Oid table = next->table;
    auto lock = LockTable(context, table, engine::LockMode::kTableShare);
    Status status = co_await lock;
    if (!status.ok()) co_return status;
    locked.insert(table);
  }
  for (size_t first = 0; first < columns.size();) {
    // All columns of a table together: their values are met row by row.
    std::vector<int> positions;
    size_t end = first;
    for (const catalog::Oid oid = columns[first].table;
         end < columns.size() && columns[end].table == oid; ++end) {
      positions.push_back(columns[end].column);
    }
    const catalog::TableRef table = View(context).FindTable(columns[first].table);
    first = end;
    auto test = [&](EvalContext& evaluator, const Batch& rows) {
      return TestColumns(*table, positions, condition, evaluator, rows);
    };
    auto looking = LookAtRows(table, positions, test, context.execution);
    Status looked = co_await looking;
    if (!looked.ok()) co_return looked;
  }
  co_return Status::Ok();
}

Task<Status> ValidateDomainCheck(const catalog::TypeDesc& domain, std::string_view name,
                                 DdlContext& context) {
  CO_ASSIGN_OR_RETURN(ExprPtr condition,
                      BindDomainCondition(View(context), domain, *FindCheck(domain, name)));
  auto validate = ValidateDomain(domain, condition.get(), context);
  Status validated = co_await validate;
  co_return validated;
}

Status NoSuchConstraint(const ast::AlterDomain& command) {
  return Error(sqlstate::kUndefinedObject, "constraint \"{}\" of domain \"{}\" does not exist",
               command.constraint_name, WrittenTypeName(command.name));
}

Status DropConstraint(const ast::AlterDomain& command, catalog::TypeDesc* domain,
                      const DdlContext& context) {
  if (FindCheck(*domain, command.constraint_name) != nullptr) {
    std::erase_if(domain->checks,
                  [&](const auto& check) { return check.name == command.constraint_name; });
    return Status::Ok();
  }
  Status missing = NoSuchConstraint(command);
  if (!command.missing_ok) return missing;
  Notice(context, missing.message() + ", skipping");
  return Status::Ok();
}

Task<Status> Alter(const ast::AlterDomain& command, catalog::TypeDesc* domain,
                   DdlContext& context) {
  using Action = ast::AlterDomain::Action;
  switch (command.action) {
    case Action::kSetDefault: {
      CO_ASSIGN_OR_RETURN(domain->default_sql, DomainDefault(*command.value, *domain, context));
      co_return Status::Ok();
    }
    case Action::kDropDefault:
      domain->default_sql.reset();
      co_return Status::Ok();
    case Action::kSetNotNull: {
      if (std::exchange(domain->not_null, true)) co_return Status::Ok();
      auto validate = ValidateDomain(*domain, nullptr, context);
      Status validated = co_await validate;
      co_return validated;
    }
    case Action::kDropNotNull:
      domain->not_null = false;
      co_return Status::Ok();
    case Action::kAddConstraint: {
      std::string name;
      auto add = AddDomainCheck(*command.constraint, domain, context, &name);
      Status added = co_await add;
      if (!added.ok() || command.constraint->not_valid) co_return added;
      auto validate = ValidateDomainCheck(*domain, name, context);
      Status validated = co_await validate;
      co_return validated;
    }
    case Action::kDropConstraint:
      co_return DropConstraint(command, domain, context);
    case Action::kValidateConstraint: {
      const catalog::DomainCheck* check = FindCheck(*domain, command.constraint_name);
      if (check == nullptr) co_return NoSuchConstraint(command);
      if (check->validated) co_return Status::Ok();
      auto validate = ValidateDomainCheck(*domain, check->name, context);
      Status validated = co_await validate;
      if (!validated.ok()) co_return validated;
      domain->checks[static_cast<size_t>(check - domain->checks.data())].validated = true;
      co_return Status::Ok();
    }
  }
  co_return Status::Ok();
}

}  // namespace

std::vector<TypeColumn> ColumnsOfType(const catalog::TypeDesc& type, const DdlContext& context) {
  TypeUses uses;
  FindUses(type.oid, false, context, &uses);
  std::vector<TypeColumn> columns;
  for (catalog::Oid searched : uses.domains) {
    for (const auto& [oid, table] : View(context).tables()) {
      for (size_t i = 0; i < table->columns.size(); ++i) {
        const catalog::ColumnDesc& column = table->columns[i];
        if (column.dropped) continue;
        const bool is_within = searched == type.oid && uses.containers.contains(column.type.oid);
        if (!is_within && column.type.oid != searched) continue;
        columns.push_back({oid, static_cast<int>(i), is_within});
      }
    }
  }
  // Those of a table together, tables in the order in which they were met.
  std::vector<catalog::Oid> order;
  for (const TypeColumn& one : columns) order.push_back(one.table);
  std::ranges::stable_sort(columns, {}, [&](const TypeColumn& one) {
    return std::pair(std::ranges::find(order, one.table) - order.begin(), one.column);
  });
  return columns;
}

Status UsedByColumn(const catalog::TypeDesc& type, const TypeColumn& column,
                    const DdlContext& context) {
  const catalog::TableRef table = View(context).FindTable(column.table);
  const bool is_row = catalog::RelationOfRow(type.oid) != catalog::kInvalidOid;
  return Error(sqlstate::kFeatureNotSupported,
               "cannot alter {} \"{}\" because column \"{}.{}\" uses {}", is_row ? "table" : "type",
               type.name, table->name, table->columns[static_cast<size_t>(column.column)].name,
               is_row ? "its row type" : "it");
}

Task<Result<std::string>> CreateDomain(const ast::CreateDomain& command, DdlContext& context) {
  catalog::TypeDesc domain;
  domain.kind = catalog::TypeClass::kDomain;
  domain.name = command.name.name;
  ast::TypeName over = *command.type;
  over.location = ast::kNoLocation;
  CO_ASSIGN_OR_RETURN(domain.base, BindTypeName(Binding(context), over));
  if (catalog::GetType(domain.base.oid).pseudo) {
    co_return Error(sqlstate::kDatatypeMismatch, "\"{}\" is not a valid base type for a domain",
                    WrittenTypeName(command.type->name));
  }
  domain.dimensions = std::min(command.type->array_dimensions, catalog::kArrayDimensionsMax);
  CO_ASSIGN_OR_RETURN(domain.collation, DomainCollation(command, domain.base));
  // A default is taken over when the domain is made.
  if (const catalog::TypeRef below = View(context).FindType(domain.base.oid)) {
    domain.default_sql = below->default_sql;
  }
  auto place = PlaceType(command.name, "types", &domain, context);
  Status placed = co_await place;
  if (!placed.ok()) co_return placed;
  auto add = AddConstraints(command, &domain, context);
  Status added = co_await add;
  if (!added.ok()) co_return added;
  auto use = UseTypes(catalog::TypesOf(domain), context);
  Status used = co_await use;
  if (!used.ok()) co_return used;
  CO_RETURN_IF_ERROR(Changes(context).SetType(std::move(domain)));
  co_return std::string("CREATE DOMAIN");
}

Status CheckIsDomain(const ast::QualifiedName& name, const DdlContext& context) {
  const catalog::Oid named = NamedType(name, context);
  if (named == catalog::kInvalidOid || catalog::IsDomain(named)) return Status::Ok();
  return Error(sqlstate::kWrongObjectType, "{} is not a domain", catalog::FormatType({named, -1}));
}

Status CheckNamesDomain(const ast::QualifiedName& name, const DdlContext& context) {
  if (CheckIsDomain(name, context).ok()) return Status::Ok();
  return Error(sqlstate::kWrongObjectType, "\"{}\" is not a domain", WrittenTypeName(name));
}

Task<Result<std::string>> AlterDomain(const ast::AlterDomain& command, DdlContext& context) {
  CO_RETURN_IF_ERROR(CheckIsDomain(command.name, context));
  auto lock = LockTypeByName(context, command.name, engine::LockMode::kTableShareUpdateExclusive);
  auto found = co_await lock;
  if (!found.ok()) co_return std::move(found).status();
  catalog::TypeDesc domain = **found;
  auto alter = Alter(command, &domain, context);
  Status altered = co_await alter;
  if (!altered.ok()) co_return altered;
  auto use = UseTypes(catalog::TypesOf(domain), context);
  Status used = co_await use;
  if (!used.ok()) co_return used;
  CO_RETURN_IF_ERROR(Changes(context).SetType(std::move(domain)));
  co_return std::string("ALTER DOMAIN");
}

Task<Result<std::string>> RenameDomainConstraint(const ast::Rename& command, DdlContext& context) {
  CO_RETURN_IF_ERROR(CheckIsDomain(command.name, context));
  auto lock = LockTypeByName(context, command.name, engine::LockMode::kTableShareUpdateExclusive);
  auto found = co_await lock;
  if (!found.ok()) co_return std::move(found).status();
  catalog::TypeDesc domain = **found;
  const std::string shown = catalog::FormatType({domain.oid, -1});
  const catalog::DomainCheck* check = FindCheck(domain, command.column);
  if (check == nullptr) {
    co_return Error(sqlstate::kUndefinedObject, "constraint \"{}\" for domain {} does not exist",
                    command.column, shown);
  }
  if (FindCheck(domain, command.new_name) != nullptr) {
    co_return Error(sqlstate::kDuplicateObject, "constraint \"{}\" for domain {} already exists",
                    command.new_name, shown);
  }
  catalog::DomainCheck renamed = *check;
  renamed.name = command.new_name;
  domain.checks.erase(domain.checks.begin() + (check - domain.checks.data()));
  InsertDomainCheck(std::move(renamed), &domain);
  CO_RETURN_IF_ERROR(Changes(context).SetType(std::move(domain)));
  co_return std::string("ALTER DOMAIN");
}

Result<catalog::Oid> FindDomainConstraint(const catalog::TypeDesc& domain, std::string_view name) {
  const catalog::DomainCheck* check = FindCheck(domain, name);
  if (check != nullptr) return check->oid;
  return Error(sqlstate::kUndefinedObject, "constraint \"{}\" for domain {} does not exist", name,
               catalog::FormatType({domain.oid, -1}));
}

}  // namespace shale::sql::ddl
