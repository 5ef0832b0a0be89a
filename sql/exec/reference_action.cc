#include "sql/exec/reference_action.h"

#include <algorithm>
#include <set>

#include "catalog/unique_key.h"
#include "sql/bind/binder.h"
#include "sql/exec/constraint_errors.h"
#include "sql/parse/deparse.h"
#include "sql/plan/planner.h"

namespace shale::sql {
namespace {

using catalog::ReferenceAction;

ReferenceAction ActionOf(const catalog::ForeignKeyDesc& key, KeyEvent::Kind kind) {
  return kind == KeyEvent::Kind::kDeleted ? key.on_delete : key.on_update;
}

}  // namespace

ReferenceActionRunner::ReferenceActionRunner(std::shared_ptr<const ForeignKeyCodec> codec,
                                             KeyEvent::Kind kind, ExecutionState* state)
    : codec_(std::move(codec)),
      kind_(kind),
      action_(ActionOf(codec_->key(), kind)),
      state_(state),
      writer_(codec_->referencing(), state),
      evaluator_(state->Evaluator(&arena_)) {
  const catalog::TableDesc& table = *codec_->referencing();
  const catalog::ForeignKeyDesc& key = codec_->key();
  bool changes_key = false;
  std::vector<ExprPtr> assigned(table.columns.size());
  for (size_t i = 0; i < key.columns.size(); ++i) {
    const int column = key.columns[i];
    if (!Changes(column)) continue;
    changed_.push_back(static_cast<int>(i));
    assigned[column] = std::make_unique<ConstantExpr>(catalog::Value());
    moves_rows_ |= std::ranges::find(table.primary_key, column) != table.primary_key.end();
    changes_key |= catalog::IsReferable(table, column);
  }
  const bool deletes = kind == KeyEvent::Kind::kDeleted && action_ == ReferenceAction::kCascade;
  if (!deletes) {
    bound_ = BindDependent();
    for (size_t i = 0; i < generated_.size(); ++i) {
      if (generated_[i] == nullptr) continue;
      const int column = static_cast<int>(i);
      moves_rows_ |= std::ranges::find(table.primary_key, column) != table.primary_key.end();
      changes_key |= catalog::IsReferable(table, column);
    }
    writer_.SetAssigned(assigned, generated_);
  }
  lock_options_ = state->context().LockOptionsOf(
      deletes || changes_key ? engine::LockMode::kUpdate : engine::LockMode::kNoKeyUpdate);
}

bool ReferenceActionRunner::Changes(int column) const {
  const std::vector<int>& only = codec_->key().set_columns;
  return kind_ != KeyEvent::Kind::kDeleted || only.empty() ||
         std::ranges::find(only, column) != only.end();
}

Status ReferenceActionRunner::BindDependent() {
  const catalog::TableRef& table = codec_->referencing();
  if (std::ranges::none_of(table->columns, &catalog::ColumnDesc::generated)) return Status::Ok();
  auto view = state_->catalog_view();
  BindContext bind;
  bind.catalog = view.get();
  bind.search_path = {catalog::kPgCatalogSchemaOid};
  bind.settings = &state_->settings();
  ASSIGN_OR_RETURN(std::vector<ExprPtr> exprs, BindGenerated(bind, table));
  for (ExprPtr& expr : exprs) {
    bool depends = false;
    auto reads_changed = [&](const Expr& node) {
      if (node.kind != ExprKind::kColumn) return true;
      const int column = static_cast<const ColumnExpr&>(node).column;
      depends |=
          std::ranges::any_of(changed_, [&](int i) { return codec_->key().columns[i] == column; });
      return !depends;
    };
    if (expr != nullptr) Walk(*expr, reads_changed);
    if (!depends) expr.reset();
  }
  generated_ = PlanGenerated(std::move(exprs), *table);
  return Status::Ok();
}

std::string ReferenceActionRunner::StatementText() const {
  const catalog::TableDesc& table = *codec_->referencing();
  auto quote = [](std::string_view name) { return '"' + std::string(name) + '"'; };
  auto column_name = [&](size_t i) { return quote(table.columns[codec_->key().columns[i]].name); };
  const std::string name = quote(table.schema_name) + "." + quote(table.name);
  const bool deletes = kind_ == KeyEvent::Kind::kDeleted && action_ == ReferenceAction::kCascade;
  std::string text = deletes ? "DELETE FROM ONLY " + name : "UPDATE ONLY " + name + " SET";
  size_t parameter = 0;
  if (!deletes) {
    for (size_t n = 0; n < changed_.size(); ++n) {
      text += n > 0 ? ", " : " ";
      text += column_name(changed_[n]) + " = ";
      text += action_ == ReferenceAction::kCascade   ? fmt::format("${}", ++parameter)
              : action_ == ReferenceAction::kSetNull ? "NULL"
                                                     : "DEFAULT";
    }
  }
  for (size_t i = 0; i < codec_->key().columns.size(); ++i) {
    const auto& [parameter_cast, column_cast] = codec_->ComparisonCasts(i);
    text += fmt::format(" {} ${}{} OPERATOR(pg_catalog.=) {}{}", i == 0 ? "WHERE" : "AND",
                        ++parameter, parameter_cast, column_name(i), column_cast);
  }
  return fmt::format("SQL statement \"{}\"", text);
}

Result<size_t> ReferenceActionRunner::CountIndependent(
    std::span<const KeyEvent* const> events) const {
  std::set<std::string, std::less<>> seen;
  for (size_t i = 0; i < events.size(); ++i) {
    if (seen.contains(events[i]->codes)) return i;
    seen.insert(events[i]->codes);
    if (action_ != ReferenceAction::kCascade || kind_ != KeyEvent::Kind::kRekeyed) continue;
    ASSIGN_OR_RETURN(std::string codes, codec_->CodesOf(events[i]->new_values));
    if (!codes.empty()) seen.insert(std::move(codes));
  }
  return events.size();
}

Task<Status> ReferenceActionRunner::Run(std::span<const KeyEvent* const> events) {
  if (!bound_.ok()) co_return bound_;
  while (!events.empty()) {
    CO_ASSIGN_OR_RETURN(const size_t count, CountIndependent(events));
    auto run = RunTogether(events.first(count));
    Status status = co_await run;
    if (!status.ok()) co_return status;
    events = events.subspan(count);
  }
  co_return Status::Ok();
}

Task<Status> ReferenceActionRunner::RunTogether(std::span<const KeyEvent* const> events) {
  ReferencingRows::Keys keys;
  for (size_t i = 0; i < events.size(); ++i) keys.emplace(events[i]->codes, i);
  ReferencingRows rows(codec_, &keys, state_);
  has_lost_row_ = looks_for_lost_rows_ = false;
  while (true) {
    auto next = rows.Next();
    auto matches = co_await next;
    if (!matches.ok()) co_return std::move(matches).status();
    if (matches->empty()) {
      if (!has_lost_row_) co_return Status::Ok();
      has_lost_row_ = false;
      looks_for_lost_rows_ = true;
      rows.Restart();
      continue;
    }
    for (const ReferencingRows::Match& match : *matches) {
      auto change = ChangeRow(match, *events[match.index]);
      Status changed = co_await change;
      if (!changed.ok()) co_return std::move(changed).Context(StatementText());
      auto room = state_->transaction().MakeRoom();
      Status made = co_await room;
      if (!made.ok()) co_return made;
    }
  }
}

Task<Result<bool>> ReferenceActionRunner::LockRow(const ReferencingRows::Match& match,
                                                  std::string_view codes) {
  engine::KvTransaction& transaction = state_->transaction();
  auto lock = transaction.Lock(match.row_key, lock_options_);
  auto locked = co_await lock;
  if (!locked.ok()) co_return std::move(locked).status();
  auto get = transaction.GetLatest(match.row_key, &row_, &sequence_);
  auto found = co_await get;
  if (!found.ok()) co_return found;
  if (!state_->is_read_committed() && (!*found || sequence_ > state_->snapshot())) {
    CO_ASSIGN_OR_RETURN(auto move,
                        state_->NextMove(match.row_key, {.sequence = state_->snapshot()}));
    co_return ConcurrentChange(/*deleted=*/!*found && !move.has_value());
  }
  has_lost_row_ |= !*found;
  if (!*found) co_return false;
  // What the transaction has written itself it has done with.
  if (looks_for_lost_rows_ && sequence_ <= state_->snapshot()) co_return false;
  std::string now;
  CO_ASSIGN_OR_RETURN(auto reference, codec_->EncodeRow(match.row_key, row_.view(), &now, &arena_));
  co_return reference == ForeignKeyCodec::Reference::kKey&& now == codes;
}

Task<Status> ReferenceActionRunner::ChangeRow(const ReferencingRows::Match& match,
                                              const KeyEvent& event) {
  arena_.Reset();
  auto lock = LockRow(match, event.codes);
  auto locked = co_await lock;
  if (!locked.ok()) co_return std::move(locked).status();
  if (!*locked) co_return Status::Ok();
  if (kind_ == KeyEvent::Kind::kDeleted && action_ == ReferenceAction::kCascade) {
    if (writer_.has_indexes()) CO_RETURN_IF_ERROR(ReadRow(match.row_key));
    auto deletion = writer_.Delete(match.row_key);
    Status deleted = co_await deletion;
    co_return deleted;
  }
  auto update = UpdateRow(match.row_key, event);
  Status updated = co_await update;
  co_return updated;
}

Status ReferenceActionRunner::ReadRow(std::string_view key) {
  const std::vector<catalog::ColumnDesc>& columns = codec_->referencing()->columns;
  new_row_ = Batch();
  new_row_.row_count = 1;
  for (size_t i = 0; i < columns.size(); ++i) {
    Vector value = Vector::Flat(columns[i].type, 1, &arena_);
    catalog::Datum datum;
    bool is_null = columns[i].dropped;
    if (!is_null) {
      RETURN_IF_ERROR(
          writer_.Decode(key, row_.view(), static_cast<int>(i), &datum, &is_null, &arena_));
    }
    if (is_null) {
      value.SetNull(0, &arena_);
    } else {
      value.SetDatum(0, datum);
    }
    new_row_.columns.push_back(value);
  }
  return writer_.LoadOld(new_row_, nullptr, 0, key);
}

Task<Status> ReferenceActionRunner::UpdateRow(const std::string& key, const KeyEvent& event) {
  CO_RETURN_IF_ERROR(ReadRow(key));
  const std::vector<catalog::ColumnDesc>& columns = codec_->referencing()->columns;
  std::vector<catalog::Value> values;
  for (int i : changed_) {
    auto compute = NewValue(static_cast<size_t>(i), event);
    auto value = co_await compute;
    if (!value.ok()) co_return std::move(value).status();
    values.push_back(std::move(*value));
  }
  for (size_t n = 0; n < changed_.size(); ++n) {
    const auto column = static_cast<size_t>(codec_->key().columns[changed_[n]]);
    Vector value = Vector::Flat(columns[column].type, 1, &arena_);
    if (values[n].is_null()) {
      value.SetNull(0, &arena_);
    } else {
      value.SetDatum(0, values[n].datum());
    }
    new_row_.columns[column] = value;
  }
  for (size_t i = 0; i < generated_.size(); ++i) {
    if (generated_[i] == nullptr) continue;
    CO_RETURN_IF_ERROR(
        Evaluate(evaluator_, *generated_[i], new_row_, RowsOf(new_row_), &new_row_.columns[i]));
  }
  CO_RETURN_IF_ERROR(writer_.LookAhead(new_row_, RowsOf(new_row_)));
  writer_.Load(new_row_, 0);
  auto replace = writer_.Replace(key, moves_rows_);
  Status replaced = co_await replace;
  co_return replaced;
}

Task<Result<catalog::Value>> ReferenceActionRunner::NewValue(size_t i, const KeyEvent& event) {
  const catalog::TableDesc& table = *codec_->referencing();
  const int column = codec_->key().columns[i];
  const catalog::Type type = table.columns[column].type;
  if (action_ == ReferenceAction::kSetNull || action_ == ReferenceAction::kCascade) {
    catalog::Value value = catalog::Value::Null(type);
    if (action_ == ReferenceAction::kCascade) {
      CO_ASSIGN_OR_RETURN(auto values, codec_->UnpackKey(event.new_values, &arena_));
      if (values[i]) {
        CO_ASSIGN_OR_RETURN(value, codec_->ToReferencing(i, *values[i], &arena_));
      }
    }
    const catalog::Datum* given = value.is_null() ? nullptr : &value.datum();
    CO_RETURN_IF_ERROR(catalog::CheckDomain(type, given, state_->settings()));
    co_return value;
  }
  auto view = state_->catalog_view();
  BindContext bind;
  bind.catalog = view.get();
  if (FunctionHost* host = state_->context().host; host != nullptr) {
    for (const std::string& name : host->CurrentSchemas(/*with_implicit=*/true)) {
      if (auto schema = view->FindSchema(name)) bind.search_path.push_back(schema->oid);
    }
  }
  bind.settings = &state_->settings();
  CO_ASSIGN_OR_RETURN(ExprPtr expr, BindDefault(bind, table, column));
  state_->BeginEvaluation();
  auto value = EvaluateScalar(evaluator_, *expr);
  while (!value.ok()) {
    auto repetition = state_->AwaitRepetition(std::move(value).status(), 1);
    Status awaited = co_await repetition;
    if (!awaited.ok()) co_return awaited;
    value = EvaluateScalar(evaluator_, *expr);
  }
  co_return value;
}

}  // namespace shale::sql
