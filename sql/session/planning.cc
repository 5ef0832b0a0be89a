// From text to plan, and again when what the plan was made from has changed.
#include <algorithm>

#include "sql/session/session_impl.h"

namespace shale::sql {
namespace {

OutputColumn TextColumn(std::string_view name) {
  return {std::string(name), {catalog::type_oid::kText, -1}, 0, 0};
}

bool SameShape(const std::vector<OutputColumn>& left, const std::vector<OutputColumn>& right) {
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); ++i) {
    if (left[i].name != right[i].name || left[i].type != right[i].type) return false;
  }
  return true;
}

}  // namespace

BindContext SessionImpl::ViewContext(const catalog::CatalogSnapshot& view) {
  BindContext context;
  context.catalog = &view;
  context.search_path = SearchPath(view, true);
  context.temporary_schema = TemporarySchema(view);
  context.settings = &settings_.fields().format;
  return context;
}

BindContext SessionImpl::MakeBindContext(const PreparedStatement& statement,
                                         const catalog::CatalogSnapshot& view) {
  BindContext context;
  context.catalog = &view;
  context.search_path = SearchPath(view, true);
  context.temporary_schema = TemporarySchema(view);
  context.settings = &settings_.fields().format;
  context.source = statement.text;
  context.parameter_types = statement.declared_types;
  return context;
}

Result<PreparedRef> SessionImpl::PrepareStatement(std::string text, ParsedStatement parsed,
                                                  std::span<const catalog::Oid> declared_types,
                                                  bool for_cursor) {
  auto statement = std::make_shared<PreparedStatement>();
  statement->text = std::move(text);
  statement->parsed = std::move(parsed);
  statement->declared_types.assign(declared_types.begin(), declared_types.end());
  if (statement->statement() == nullptr) return statement;
  RETURN_IF_ERROR(CheckAllowed(*statement->statement()));
  statement->is_query = IsQuery(*statement->statement());
  statement->for_cursor = for_cursor;
  if (statement->is_query) {
    RETURN_IF_ERROR(Revalidate(statement.get()));
  } else {
    if (const auto* invalid = ast::Cast<ast::Invalid>(statement->statement())) {
      return invalid->ToStatus();
    }
    ASSIGN_OR_RETURN(statement->output, UtilityOutput(*statement->statement()));
    statement->parameter_types = statement->declared_types;
    if (statement->statement()->kind == ast::StatementKind::kDeclareCursor) {
      ASSIGN_OR_RETURN(statement->cursor_query, PrepareCursorQuery(*statement));
      statement->parameter_types = statement->cursor_query->parameter_types;
    }
  }
  return statement;
}

bool SessionImpl::IsCurrent(PreparedStatement* statement) {
  if (statement->plan == nullptr || statement->planned_settings != settings_.version())
    return false;
  const engine::SequenceNumber snapshot = transaction_.kept_snapshot();
  const engine::SequenceNumber outdated_from = statement->plan->outdated_from;
  if (snapshot < statement->plan->readable_from) return false;
  if (outdated_from != 0 && snapshot >= outdated_from) return false;
  auto* transaction = transaction_.catalog_transaction();
  if (transaction != nullptr && statement->planned_on == transaction->view()) return true;
  std::shared_ptr<const catalog::CatalogSnapshot> view = CatalogView();
  if (statement->planned_on == view) return true;
  if (statement->planned_types != view->all_types()) return false;
  if (!StandsOn(*statement->plan, *view)) return false;
  if (statement->planned_on->functions() != view->functions()) return false;
  if (!StillMean(MakeBindContext(*statement, *view), statement->name_uses)) return false;
  statement->planned_on = std::move(view);
  return true;
}

bool SessionImpl::MustGoToPast() {
  if (transaction_.failed()) return false;
  const bool may_begin_there = settings_.fields().as_of_us.has_value();
  if (transaction_.block() == TransactionState::Block::kNone && !may_begin_there) return false;
  transaction_.EnsureBegun();
  return transaction_.must_enter_past();
}

// What it waits for completes elsewhere.
Status SessionImpl::EnterPast() {
  if (!transaction_.must_enter_past()) return Status::Ok();
  Executor::Scope scope(database_->completions());
  return transaction_.EnterPast();
}

Status SessionImpl::Revalidate(PreparedStatement* statement) {
  RETURN_IF_ERROR(EnterPast());
  if (IsCurrent(statement)) return Status::Ok();
  std::shared_ptr<const catalog::CatalogSnapshot> view = CatalogView();
  BindContext context = MakeBindContext(*statement, *view);
  std::vector<NameUse> name_uses;
  context.name_uses = &name_uses;
  if (statement->described) context.parameter_types = statement->parameter_types;
  ASSIGN_OR_RETURN(BoundStatement bound, sql::Bind(context, *statement->statement()));
  const bool modifies =
      std::ranges::any_of(bound.ctes, [](const auto& cte) { return cte->modifies(); });
  if (statement->for_cursor && modifies) {
    return Status(sqlstate::kFeatureNotSupported,
                  "DECLARE CURSOR must not contain data-modifying statements in WITH");
  }
  if (statement->described && !SameShape(bound.output, statement->output)) {
    return Status(sqlstate::kFeatureNotSupported, "cached plan must not change result type")
        .Routine("RevalidateCachedQuery");
  }
  statement->parameter_types = bound.parameter_types;
  statement->output = bound.output;
  PlanContext plan_context;
  plan_context.catalog = view.get();
  plan_context.store = &database_->store();
  plan_context.settings = &settings_.fields().format;
  plan_context.snapshot = transaction_.kept_snapshot();
  plan_context.for_cursor = statement->for_cursor;
  plan_context.parallel = settings_.fields().parallel;
  plan_context.bind = &context;
  ASSIGN_OR_RETURN(statement->plan, MakePlan(plan_context, std::move(bound)));
  database_->counters().plans.Add();
  statement->name_uses = std::move(name_uses);
  statement->planned_types = view->all_types();
  statement->planned_on = std::move(view);
  statement->planned_settings = settings_.version();
  return Status::Ok();
}

Result<std::vector<OutputColumn>> SessionImpl::UtilityOutput(const ast::Statement& statement) {
  std::vector<OutputColumn> output;
  if (const auto* show = ast::Cast<ast::ShowVariable>(&statement)) {
    if (show->name == "all") {
      return std::vector<OutputColumn>{TextColumn("name"), TextColumn("setting"),
                                       TextColumn("description")};
    }
    const SettingDefinition* definition = FindSetting(show->name);
    output.push_back(TextColumn(definition != nullptr ? definition->name : show->name));
  } else if (const auto* explain = ast::Cast<ast::Explain>(&statement)) {
    output.push_back(TextColumn("QUERY PLAN"));
    if (explain->format == ast::ExplainFormat::kJson) {
      output.back().type = {catalog::type_oid::kJson, -1};
    }
  } else if (const auto* execute = ast::Cast<ast::Execute>(&statement)) {
    auto found = statements_.find(execute->name);
    if (found != statements_.end() && !execute->name.empty()) output = found->second->output;
  } else if (const auto* fetch = ast::Cast<ast::Fetch>(&statement)) {
    auto found = portals_.find(fetch->cursor);
    if (found != portals_.end() && !fetch->move) output = found->second->shape.columns;
  }
  return output;
}

}  // namespace shale::sql
