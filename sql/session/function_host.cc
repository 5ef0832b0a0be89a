#include "sql/session/function_host.h"

#include <charconv>

#include "catalog/keys.h"
#include "sql/bind/resolve_regclass.h"
#include "sql/bind/view_definition.h"
#include "sql/bind/virtual_table.h"
#include "sql/expr/type_marks.h"
#include "sql/session/commands.h"
#include "sql/session/prepared_owner.h"
#include "sql/session/session_impl.h"
#include "sql/session/setting_text.h"

namespace shale::sql {
namespace {

// "a.b", "\"A\".b": one or two identifiers as regclass input takes them.
std::vector<std::string> SplitIdentifiers(std::string_view text) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      if (quoted && i + 1 < text.size() && text[i + 1] == '"') {
        parts.back().push_back('"');
        ++i;
      } else {
        quoted = !quoted;
      }
    } else if (c == '.' && !quoted) {
      parts.emplace_back();
    } else {
      parts.back().push_back(
          quoted ? c : static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    }
  }
  return parts;
}

Status UndefinedRelation(std::string_view name) {
  return Error(sqlstate::kUndefinedTable, "relation \"{}\" does not exist", name);
}

}  // namespace

std::string SessionFunctionHost::CurrentDatabase() { return session_->database_name(); }
std::string SessionFunctionHost::CurrentUser() { return session_->user(); }
std::string SessionFunctionHost::SessionUser() { return session_->user(); }
int32_t SessionFunctionHost::BackendPid() { return session_->pid(); }
Result<uint64_t> SessionFunctionHost::TransactionId() {
  engine::KvTransaction* transaction = session_->transaction().transaction();
  RETURN_IF_ERROR(transaction->ShowId());
  return transaction->id();
}
std::optional<uint64_t> SessionFunctionHost::ShownTransactionId() {
  const engine::KvTransaction* transaction = session_->transaction().transaction();
  if (!transaction->has_shown_id()) return std::nullopt;
  return transaction->id();
}
Result<engine::SnapshotDescription> SessionFunctionHost::DescribeSnapshot() {
  return session_->transaction().DescribeSnapshot();
}
// Blocks, so it runs on a worker; what it waits for completes elsewhere.
Result<engine::TransactionFate> SessionFunctionHost::FateOf(uint64_t transaction) {
  Executor::Scope scope(session_->database().completions());
  return BlockingWait(session_->database().store().FateOf(transaction));
}
Result<std::string> SessionFunctionHost::ExportSnapshot() {
  return session_->transaction().ExportSnapshot(session_->pid(), session_->database_name());
}
std::vector<int32_t> SessionFunctionHost::BlockingPids(int32_t pid) {
  return session_->database().BlockingPids(pid);
}
void SessionFunctionHost::Warn(std::string message) {
  session_->Warn(sqlstate::kWarning, std::move(message));
}
bool SessionFunctionHost::CancelBackend(int32_t pid) {
  const bool found = session_->database().CancelSession(pid);
  if (!found) Warn(fmt::format("PID {} is not a PostgreSQL backend process", pid));
  return found;
}
bool SessionFunctionHost::TerminateBackend(int32_t pid) {
  const bool found = session_->database().TerminateSession(pid);
  if (!found) Warn(fmt::format("PID {} is not a PostgreSQL backend process", pid));
  return found;
}
bool SessionFunctionHost::IsBackend(int32_t pid) { return session_->database().HasSession(pid); }
std::vector<SessionActivity> SessionFunctionHost::Activity() {
  return session_->database().Sessions();
}
DatabaseActivity SessionFunctionHost::ActivityOf(catalog::Oid database) {
  const DatabaseCountsRef counts = session_->database().counts().Of(database);
  return {.commits = counts->commits.value(), .rollbacks = counts->rollbacks.value()};
}
std::optional<int64_t> SessionFunctionHost::DatabaseBytes(catalog::Oid database) {
  const catalog::CatalogRef catalog = session_->database().cluster().Find(database);
  if (catalog == nullptr) return std::nullopt;
  engine::KvStore& store = session_->database().store();
  uint64_t bytes = 0;
  const auto content = catalog->snapshot();
  for (const auto& [oid, table] : content->tables()) {
    bytes += store.ApproximateBytes(catalog::RowRange(table->storage_id));
  }
  for (const auto& [oid, index] : content->indexes()) {
    bytes += store.ApproximateBytes(catalog::RowRange(index->storage_id));
  }
  return static_cast<int64_t>(bytes);
}
std::vector<CursorActivity> SessionFunctionHost::Cursors() { return session_->Cursors(); }
std::vector<SettingActivity> SessionFunctionHost::Settings() { return session_->settings().List(); }
std::vector<StatementActivity> SessionFunctionHost::Statements() { return session_->Statements(); }
std::vector<PreparedActivity> SessionFunctionHost::Prepared() {
  std::vector<PreparedActivity> list;
  const auto databases = session_->database().cluster().databases();
  for (engine::PreparedTransaction& prepared : session_->database().store().ListPrepared()) {
    PreparedActivity& one = list.emplace_back();
    one.transaction = prepared.id;
    one.identifier = std::move(prepared.name);
    one.prepared_us = prepared.prepared_us;
    auto owner = PreparedOwner::Decode(prepared.payload, *databases);
    if (!owner.ok()) continue;
    one.owner = std::move(owner->role);
    auto database = databases->find(owner->database);
    if (database != databases->end()) one.database = database->second->name;
  }
  return list;
}
std::vector<engine::LockInfo> SessionFunctionHost::Locks() {
  return session_->database().store().Locks();
}
std::vector<engine::PredicateRead> SessionFunctionHost::PredicateReads() {
  return session_->database().store().PredicateReads();
}
engine::CancelToken* SessionFunctionHost::cancel_token() { return &session_->cancel_token(); }

std::vector<std::string> SessionFunctionHost::CurrentSchemas(bool with_implicit) {
  auto view = session_->CatalogView();
  std::vector<std::string> names;
  for (catalog::Oid oid : session_->SearchPath(*view, with_implicit)) {
    if (catalog::SchemaRef schema = view->FindSchema(oid)) names.push_back(schema->name);
  }
  return names;
}

catalog::Oid SessionFunctionHost::TemporarySchema() {
  return session_->TemporarySchema(*session_->CatalogView());
}

std::optional<std::string> SessionFunctionHost::CurrentSchema() {
  std::vector<std::string> names = CurrentSchemas(false);
  if (names.empty()) return std::nullopt;
  return names.front();
}

Result<std::string> SessionFunctionHost::CurrentSetting(std::string_view name) {
  return ShowSetting(*session_, name);
}

Result<std::string> SessionFunctionHost::SetConfig(std::string_view name, std::string_view value,
                                                   bool local) {
  RETURN_IF_ERROR(ChangeSetting(*session_, name, value, local));
  return ShowSetting(*session_, name);
}

Result<catalog::Oid> SessionFunctionHost::ResolveRegclass(std::string_view name) {
  if (!name.empty() && name.find_first_not_of("0123456789") == name.npos) {
    uint32_t number = 0;
    auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc()) {
      return Error(sqlstate::kNumericValueOutOfRange, "value \"{}\" is out of range for type {}",
                   name, "oid");
    }
    return number;
  }
  std::vector<std::string> parts = SplitIdentifiers(name);
  if (parts.size() == 3 && parts[0] == session_->database_name()) parts.erase(parts.begin());
  if (parts.size() > 2) {
    return Error(sqlstate::kFeatureNotSupported,
                 "cross-database references are not implemented: \"{}\"", name);
  }
  auto view = session_->CatalogView();
  if (parts.size() == 2) {
    catalog::SchemaRef schema = FindSchema(session_->ViewContext(*view), parts[0]);
    if (schema == nullptr) {
      return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", parts[0]);
    }
    if (catalog::Oid oid = view->FindRelation(schema->oid, parts[1])) return oid;
    if (const VirtualTable* table = FindVirtualTable(parts[0], parts[1])) return table->oid;
    return UndefinedRelation(name);
  }
  for (catalog::Oid oid : session_->SearchPath(*view, true)) {
    if (catalog::Oid found = view->FindRelation(oid, parts[0])) return found;
    if (catalog::SchemaRef schema = view->FindSchema(oid)) {
      if (const VirtualTable* table = FindVirtualTable(schema->name, parts[0])) return table->oid;
    }
  }
  return UndefinedRelation(name);
}

Result<catalog::Oid> SessionFunctionHost::ResolveRegtype(std::string_view name) {
  const auto view = session_->CatalogView();
  return ResolveRegtypeText(session_->ViewContext(*view), name);
}

Status SessionFunctionHost::CheckDomain(EvalContext& context, catalog::Oid domain,
                                        const Vector& values, uint32_t row_count, RowSet rows) {
  return session_->domain_checks().Check(context, *CatalogView(), domain, values, row_count, rows);
}

std::optional<bool> SessionFunctionHost::IsTypeVisible(catalog::Oid oid) {
  return session_->object_names().IsTypeVisible(oid);
}

std::string SessionFunctionHost::SpelledOut(std::string_view text) {
  return SpellOut(text, session_->settings().format());
}

std::string SessionFunctionHost::RegclassName(catalog::Oid oid) {
  return session_->object_names().RegclassName(oid);
}

std::optional<bool> SessionFunctionHost::IsRelationVisible(catalog::Oid oid) {
  return session_->object_names().IsRelationVisible(oid);
}

int64_t SessionFunctionHost::RelationBytes(catalog::Oid oid) {
  auto view = session_->CatalogView();
  catalog::TableRef table = view->FindTable(oid);
  catalog::IndexRef index = view->FindIndex(oid);
  if (table == nullptr && index == nullptr) return 0;
  auto range = catalog::RowRange(table != nullptr ? table->storage_id : index->storage_id);
  return static_cast<int64_t>(session_->database().store().ApproximateBytes(range));
}

std::shared_ptr<const catalog::CatalogSnapshot> SessionFunctionHost::CatalogView() {
  return session_->CatalogView();
}

Result<std::optional<std::string>> SessionFunctionHost::ViewDefinition(catalog::Oid oid) {
  const auto snapshot = session_->CatalogView();
  catalog::ViewRef view = snapshot->FindView(oid);
  if (view == nullptr) return std::optional<std::string>();
  ASSIGN_OR_RETURN(std::string text, sql::ViewDefinition(session_->ViewContext(*snapshot), *view));
  return std::optional<std::string>(std::move(text));
}

bool SessionFunctionHost::IsViewUpdatable(catalog::Oid oid) {
  const auto snapshot = session_->CatalogView();
  catalog::ViewRef view = snapshot->FindView(oid);
  return view != nullptr && !view->materialized &&
         CheckUpdatable(session_->ViewContext(*snapshot), *view).ok();
}

Result<std::optional<int64_t>> SessionFunctionHost::NextSequenceValue(catalog::Oid oid) {
  catalog::SequenceRef sequence = session_->CatalogView()->FindSequence(oid);
  if (sequence == nullptr) {
    return Error(sqlstate::kWrongObjectType, "\"{}\" is not a sequence", RegclassName(oid));
  }
  catalog::Catalog& catalog = session_->catalog();
  std::optional<int64_t> value = catalog.TryNextValue(*sequence);
  if (!value && sequence->cycle) {
    // A lease ends where the sequence starts over, so a row may need more values than one lease can
    // ever hold: it is refilled here, in the middle of the row.
    Executor::Scope scope(session_->database().completions());
    auto* writer = session_->transaction().catalog_transaction()->SequenceWriter(oid);
    RETURN_IF_ERROR(BlockingWait(catalog.LeaseSequence(sequence, 1, writer)));
    value = catalog.TryNextValue(*sequence);
  }
  if (value) {
    current_values_[oid] = *value;
    last_sequence_ = oid;
  }
  return value;
}

Result<int64_t> SessionFunctionHost::CurrentSequenceValue(catalog::Oid sequence) {
  auto found = current_values_.find(sequence);
  if (found == current_values_.end()) {
    return Error(sqlstate::kObjectNotInPrerequisiteState,
                 "currval of sequence \"{}\" is not yet defined in this session",
                 RegclassName(sequence));
  }
  return found->second;
}

Result<int64_t> SessionFunctionHost::LastSequenceValue() {
  auto found = current_values_.find(last_sequence_);
  if (found == current_values_.end()) {
    return Status(sqlstate::kObjectNotInPrerequisiteState,
                  "lastval is not yet defined in this session");
  }
  return found->second;
}

Result<SequenceRow> SessionFunctionHost::ReadSequence(catalog::Oid oid) {
  catalog::SequenceRef sequence = session_->CatalogView()->FindSequence(oid);
  if (sequence == nullptr) {
    return Error(sqlstate::kWrongObjectType, "\"{}\" is not a sequence", RegclassName(oid));
  }
  if (session_->transaction().is_in_past()) return NotSupported("what a sequence was in the past");
  Executor::Scope scope(session_->database().completions());
  auto* writer = session_->transaction().catalog_transaction()->SequenceWriter(oid);
  ASSIGN_OR_RETURN(catalog::SequenceProgress progress,
                   BlockingWait(session_->catalog().ReadSequence(sequence, writer)));
  return SequenceRow{progress.last_value, progress.is_called};
}

Status SessionFunctionHost::SetSequenceValue(catalog::Oid oid, int64_t value, bool is_called) {
  catalog::SequenceRef sequence = session_->CatalogView()->FindSequence(oid);
  if (sequence == nullptr) {
    return Error(sqlstate::kWrongObjectType, "\"{}\" is not a sequence", RegclassName(oid));
  }
  if (value < sequence->minimum || value > sequence->maximum) {
    return Error(sqlstate::kNumericValueOutOfRange,
                 "setval: value {} is out of bounds for sequence \"{}\" ({}..{})", value,
                 sequence->name, sequence->minimum, sequence->maximum);
  }
  // setval blocks, so it runs on a worker; what it waits for completes elsewhere.
  Executor::Scope scope(session_->database().completions());
  auto* writer = session_->transaction().catalog_transaction()->SequenceWriter(oid);
  RETURN_IF_ERROR(
      BlockingWait(session_->catalog().SetSequenceValue(sequence, {value, is_called}, writer)));
  // A nextval() of the same batch finds values at once: were the batch evaluated again for want of
  // a lease, this call would take that lease away again, for ever. What fails here fails there.
  Status leased = BlockingWait(session_->catalog().LeaseSequence(sequence, 1, writer));
  if (!leased.ok() && leased.sqlstate() != sqlstate::kSequenceGeneratorLimitExceeded) return leased;
  if (is_called) current_values_[oid] = value;
  return Status::Ok();
}

void SessionFunctionHost::ForgetSequences() {
  current_values_.clear();
  last_sequence_ = catalog::kInvalidOid;
}

}  // namespace shale::sql
