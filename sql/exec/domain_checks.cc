#include "sql/exec/domain_checks.h"

#include "engine/base/cleanup.h"
#include "sql/bind/inline_call.h"
#include "sql/expr/evaluate.h"
#include "sql/parse/parser.h"

namespace shale::sql {
namespace {

constexpr size_t kDomainsMax = 1024;
// A check may cast to another domain, whose check casts to a third one.
constexpr int kDepthMax = 100;

Status NoNulls(const catalog::TypeDesc& domain) {
  return Error(sqlstate::kNotNullViolation, "domain {} does not allow null values",
               catalog::FormatType({domain.oid, -1}))
      .Table(domain.schema_name, "")
      .DataType(domain.name);
}

Status Violation(const catalog::TypeDesc& domain, const std::string& check) {
  return Error(sqlstate::kCheckViolation, "value for domain {} violates check constraint \"{}\"",
               catalog::FormatType({domain.oid, -1}), check)
      .Table(domain.schema_name, "")
      .DataType(domain.name)
      .Constraint(check);
}

}  // namespace

Result<ExprPtr> BindDomainCondition(const catalog::CatalogSnapshot& view,
                                    const catalog::TypeDesc& domain,
                                    const catalog::DomainCheck& check) {
  static const catalog::FormatSettings settings;
  BindContext context;
  context.catalog = &view;
  context.search_path = {catalog::kPgCatalogSchemaOid};
  context.settings = &settings;
  ASSIGN_OR_RETURN(ParsedExpression parsed, ParseExpression(check.expression));
  ASSIGN_OR_RETURN(ExprPtr condition, BindDomainCheck(context, domain.base, *parsed.expression));
  RETURN_IF_ERROR(InlineCalls(context, condition));
  FoldConstants(condition, settings);
  return condition;
}

Result<DomainChecks::DomainPtr> DomainChecks::Bound(const catalog::CatalogSnapshot& view,
                                                    catalog::Oid domain) {
  std::vector<catalog::TypeRef> domains = catalog::DomainsOf(view, domain);
  auto known = bound_.find(domain);
  const bool is_right = known != bound_.end() && known->second->domains == domains &&
                        known->second->functions == view.functions();
  if (is_right) return known->second;
  if (domains.empty()) {
    return Error(sqlstate::kUndefinedObject, "type with OID {} does not exist", domain);
  }
  auto bound = std::make_shared<Domain>();
  bound->domains = std::move(domains);
  bound->functions = view.functions();
  for (size_t i = bound->domains.size(); i-- > 0;) {
    const catalog::TypeDesc& one = *bound->domains[i];
    bound->not_null |= one.not_null;
    for (const catalog::DomainCheck& check : one.checks) {
      ASSIGN_OR_RETURN(ExprPtr expr, BindDomainCondition(view, one, check));
      bound->conditions.push_back({check.name, std::move(expr)});
    }
  }
  // Bound again where they are wanted again.
  if (bound_.size() >= kDomainsMax) bound_.clear();
  bound_.insert_or_assign(domain, bound);
  return DomainPtr(std::move(bound));
}

Status DomainChecks::CheckRows(EvalContext& context, const Domain& domain, const Batch& batch,
                               RowSet rows) {
  if (domain.not_null) {
    for (uint32_t i = 0; i < rows.count; ++i) {
      if (batch.columns[0].IsNull(rows[i])) return NoNulls(*domain.domains[0]);
    }
  }
  for (const Condition& condition : domain.conditions) {
    Vector holds;
    RETURN_IF_ERROR(Evaluate(context, *condition.expr, batch, rows, &holds));
    for (uint32_t i = 0; i < rows.count; ++i) {
      const uint32_t row = rows[i];
      if (holds.IsNull(row) || holds.at<bool>(row)) continue;
      return Violation(*domain.domains[0], condition.name);
    }
  }
  return Status::Ok();
}

// Where some row fails, each is looked at by itself: errors are met in the order of rows.
Status DomainChecks::Check(EvalContext& context, const catalog::CatalogSnapshot& view,
                           catalog::Oid domain, const Vector& values, uint32_t row_count,
                           RowSet rows) {
  ASSIGN_OR_RETURN(const DomainPtr bound, Bound(view, domain));
  if (!bound->not_null && bound->conditions.empty()) return Status::Ok();
  if (depth_ >= kDepthMax) {
    return Error(sqlstate::kStatementTooComplex, "stack depth limit exceeded")
        .Detail(fmt::format("The checks of domain {} ask for themselves.",
                            catalog::FormatType({domain, -1})));
  }
  ++depth_;
  Cleanup leave([this] { --depth_; });
  Batch batch;
  batch.columns = {values};
  batch.row_count = row_count;
  Status checked = CheckRows(context, *bound, batch, rows);
  const bool is_last = checked.ok() || rows.count == 1 || context.journal != nullptr;
  if (is_last) return checked;
  for (uint32_t i = 0; i < rows.count; ++i) {
    const auto row = static_cast<uint16_t>(rows[i]);
    RETURN_IF_ERROR(CheckRows(context, *bound, batch, {&row, 1}));
  }
  return checked;
}

Status DomainChecks::CheckOne(EvalContext& context, const catalog::CatalogSnapshot& view,
                              catalog::Oid domain, const catalog::Datum* value) {
  const catalog::Type base = catalog::BaseOf(catalog::Type{domain, -1});
  const Vector values = value == nullptr ? Vector::ConstantNull(base, context.arena)
                                         : Vector::ConstantReference(base, *value);
  return Check(context, view, domain, values, 1, {nullptr, 1});
}

}  // namespace shale::sql
