// SessionImpl: the session, in parts:
//
//   session_impl.cc       life, cancel, settings' reports, ends of statements
//   simple_query.cc       the Query message
//   extended_query.cc     Parse, Bind, Describe, Execute, Close, Sync
//   planning.cc           from text to plan, and again when the catalog has changed
//   run_portal.cc         running a portal's statement: locks, snapshot, rows, tags; the short path
//   commands_cursor.cc    cursors of SQL
//   commands_temporary.cc temporary objects at the ends of transactions
//   utility.cc            statements that are not planned, each in commands_*.cc
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "catalog/types/date_time.h"
#include "catalog/types/time_zone.h"
#include "engine/base/executor.h"
#include "engine/base/memory_account.h"
#include "sql/bind/binder.h"
#include "sql/exec/ddl/concurrent_index.h"
#include "sql/exec/ddl/concurrent_reindex.h"
#include "sql/exec/ddl/temporary.h"
#include "sql/exec/domain_checks.h"
#include "sql/expr/evaluate.h"
#include "sql/parse/ast_cursor.h"
#include "sql/parse/ast_database.h"
#include "sql/parse/ast_ddl.h"
#include "sql/parse/ast_index.h"
#include "sql/parse/ast_utility.h"
#include "sql/session/database_impl.h"
#include "sql/session/function_host.h"
#include "sql/session/object_names.h"
#include "sql/session/portal.h"
#include "sql/session/prepared_owner.h"
#include "sql/session/session.h"
#include "sql/session/settings.h"
#include "sql/session/transaction_state.h"

namespace shale::sql {

class CopyBatch;

// 26000, of a statement that is not there; the empty name is the unnamed one.
Status UndefinedStatement(std::string_view name);

// 55000, of a portal that an error has ended, or that has been run to its end.
Status UnusablePortal(std::string_view name);

// How many values of each sequence a row takes.
using SequenceUses = std::map<catalog::Oid, uint64_t>;

class SessionImpl : public Session, private CursorPositions, private RoutineSession {
 public:
  SessionImpl(DatabaseImpl* database, catalog::CatalogRef catalog, const StartupRequest& request,
              int32_t pid, uint32_t secret);
  ~SessionImpl() override;
  Task<void> End() override;

  int32_t pid() const override { return pid_; }
  uint32_t secret() const override { return secret_; }
  void ReportParameters(ReplySink& sink) override;
  Async<Status> SimpleQuery(std::string_view text, ReplySink& sink) override;
  Async<Status> Parse(std::string_view name, std::string_view text,
                      std::span<const catalog::Oid> parameter_types, ReplySink& sink) override;
  Async<Status> Bind(const BindMessage& message, ReplySink& sink) override;
  Async<Status> DescribeStatement(std::string_view name, ReplySink& sink) override;
  Async<Status> DescribePortal(std::string_view name, ReplySink& sink) override;
  Async<Status> Execute(std::string_view portal, int32_t row_limit, ReplySink& sink) override;
  Status CloseStatement(std::string_view name) override;
  Status ClosePortal(std::string_view name) override;
  Async<Status> Sync(ReplySink& sink) override;
  void NoteError() override;
  char transaction_status() const override { return transaction_.status(); }
  IdleLimit idle_limit() const override;
  IdleLimit pipeline_limit() const override;
  void Cancel(Status reason) override;
  void OnTerminate(std::function<void()> end) override;
  // From any thread, while the session is known to be there.
  void Terminate();

  // What ALTER DATABASE has set for its sessions; before those of the startup packet.
  void ApplyDatabaseSettings(const catalog::DatabaseDesc& database);
  // Startup packet settings; before the first message.
  Status ApplyStartupSettings(const StartupRequest& request);
  // Thread-safe.
  SessionInfo Info() const;

  // For the function host and commands.
  DatabaseImpl& database() { return *database_; }
  // Of the database that the session is in.
  catalog::Catalog& catalog() const { return *catalog_; }
  TableChanges& table_changes() { return counts_->table_changes; }
  Settings& settings() { return settings_; }
  TransactionState& transaction() { return transaction_; }
  const std::string& user() const { return user_; }
  const std::string& database_name() const { return database_name_; }
  const SessionObjectNames& object_names() const { return object_names_; }
  SessionFunctionHost& host() { return host_; }
  DomainChecks& domain_checks() { return domain_checks_; }
  // Null outside of a transaction.
  const catalog::CatalogTransaction* catalog_transaction() const {
    return transaction_.catalog_transaction();
  }
  engine::CancelToken& cancel_token() { return cancel_; }
  // Locks that outlive transactions; null where the engine has none.
  engine::LockSession* lock_session() { return lock_session_.get(); }
  const engine::LockSession* lock_session() const { return lock_session_.get(); }
  std::vector<CursorActivity> Cursors() const;
  std::vector<StatementActivity> Statements() const;
  engine::LockOptions LockOptionsOf(engine::LockMode mode);
  // A warning from within a statement.
  void Warn(SqlState state, std::string message);
  // The catalog as the next name lookup sees it.
  std::shared_ptr<const catalog::CatalogSnapshot> CatalogView();
  std::vector<catalog::Oid> SearchPath(const catalog::CatalogSnapshot& view, bool with_implicit);
  // That of its temporary objects; kInvalidOid: it has none there.
  catalog::Oid TemporarySchema(const catalog::CatalogSnapshot& view) const {
    return temporary_.schema != catalog::kInvalidOid &&
                   view.FindSchema(temporary_.schema) != nullptr
               ? temporary_.schema
               : catalog::kInvalidOid;
  }
  // Of no statement: for the texts of views.
  BindContext ViewContext(const catalog::CatalogSnapshot& view);

 private:
  friend class StatementScope;

  // --- planning.cc ---
  Result<PreparedRef> PrepareStatement(std::string text, ParsedStatement parsed,
                                       std::span<const catalog::Oid> declared_types,
                                       bool for_cursor = false);
  // The plan stands: its names mean what they meant, and that is as it was; settings too.
  bool IsCurrent(PreparedStatement* statement);
  // Brings the plan up to date with catalog and settings; of queries only.
  Status Revalidate(PreparedStatement* statement);
  // Whether shale.as_of takes the transaction to the past with the next look at the catalog, which
  // is for a worker then. Begins a transaction that begins there.
  bool MustGoToPast();
  // Goes there. Blocks.
  Status EnterPast();
  BindContext MakeBindContext(const PreparedStatement& statement,
                              const catalog::CatalogSnapshot& view);
  Result<std::vector<OutputColumn>> UtilityOutput(const ast::Statement& statement);

  // --- run_portal.cc ---
  // Runs up to row_limit rows (0: all); the tag goes to *tag when the statement is finished, else
  // the portal stays running.
  Task<Status> RunPortal(Portal* portal, int32_t row_limit, ReplySink& sink, std::string* tag);
  Task<Status> StartQuery(Portal* portal);
  // Portals that are to go on do not see what the statement that begins does.
  Task<Status> ReadSuspendedPortals();
  bool HasPortalToRead() const;
  // Whether the plan changes nothing but temporary tables, and takes values of no other sequences:
  // what a read-only transaction may do.
  bool WritesTemporaryOnly(const Plan& plan) const;
  Task<Status> SendRows(Portal* portal, int32_t row_limit, ReplySink& sink, std::string* tag);
  void SendTextRows(Portal* portal, int32_t row_limit, ReplySink& sink, std::string* tag);
  Task<Status> SendFetchedRows(Portal* portal, int32_t row_limit, ReplySink& sink,
                               std::string* tag);
  Status CheckAllowed(const ast::Statement& statement) const;
  // Of a command that must be a transaction by itself: 25001 in a block, be it one that BEGIN has
  // opened, the statements of one Query message, or a pipeline in which something has run.
  Status PreventInTransactionBlock(std::string_view command);
  void FillContext(Portal* portal);
  void FillContext(ExecutionContext* context);
  // The short path; empty: it does not apply now, nothing has happened.
  std::optional<Status> TryShortPath(Portal* portal, ReplySink& sink, std::string* tag);
  bool TryLockTables(const Plan& plan);
  bool MayReadUnlocked(const Plan& plan) const;
  Async<Result<engine::LockOutcome>> LockTable(catalog::Oid table, engine::LockMode mode);

  // --- utility.cc and commands_*.cc: give the command tag; rows into portal->text_rows ---
  Task<Result<std::string>> RunUtility(Portal* portal, ReplySink& sink);
  Task<Result<std::string>> RunSessionCommand(const ast::Statement& statement, Portal* portal,
                                              ReplySink& sink);
  Task<Result<std::string>> RunCheckpoint();
  Task<Result<std::string>> RunTransactionCommand(const ast::Transaction& command, ReplySink& sink);
  void WarnOfNoTransaction(ReplySink& sink);
  Task<Result<std::string>> PrepareTransaction(std::string identifier, ReplySink& sink);
  Task<Result<std::string>> EndPrepared(std::string identifier, bool commit);
  Status CheckPreparable(std::string_view identifier);
  // The transaction has a lock of something temporary.
  bool HasUsedTemporary();
  Task<Result<std::string>> RunSetConstraints(const ast::SetConstraints& command, ReplySink& sink);
  Result<std::vector<catalog::Oid>> FindConstraints(const ast::SetConstraints& command);
  Task<Status> RunDeferredConstraints(KeyEventQueue::Which which);
  // Commits, when deferred constraints hold and cursors WITH HOLD have their rows; else the
  // transaction is rolled back.
  Async<Status> CommitTransaction();
  Task<Status> CheckAndCommit();
  // What ON COMMIT of temporary tables asks for, before the commit.
  Task<Status> RunTemporaryActions();
  // After a commit: of tables that are not there any more.
  void ForgetCommitActions();
  Task<Status> DiscardTemporary();
  Result<std::function<void(engine::SequenceNumber)>> OutcomeOf(const PreparedOwner& owner,
                                                                bool commit);
  void WarnOfNoBlock(std::string_view command, ReplySink& sink);
  Result<std::string> RunSet(const ast::SetVariable& command, ReplySink& sink);
  Result<std::string> RunShow(const ast::ShowVariable& command, Portal* portal);
  Task<Result<std::string>> RunDiscard(const ast::Discard& command);
  Result<std::string> RunPrepare(const ast::Prepare& command, const Portal& portal);
  Result<std::string> RunDeallocate(const ast::Deallocate& command);
  Task<Result<std::string>> RunExecute(const ast::Execute& command, Portal* portal,
                                       ReplySink& sink);
  Task<Result<std::string>> RunExplain(const ast::Explain& command, Portal* portal);
  Task<Status> RunUnseen(Portal* portal);
  Task<Result<std::string>> RunVacuum(const ast::Vacuum& command, Portal* portal, ReplySink& sink);
  Task<Status> AnalyzeOne(catalog::TableRef given, ast::List<std::string_view> columns,
                          const ast::Vacuum& command, Portal* portal, ReplySink& sink);
  // commands_cursor.cc
  struct CursorStep {
    bool forward = true;
    uint64_t count = 0;
  };
  Result<PreparedRef> PrepareCursorQuery(const PreparedStatement& declaration);
  PortalRows::KeepOptions KeepOptionsOf(const Portal& portal);
  Task<Result<std::string>> RunDeclareCursor(const ast::DeclareCursor& command, Portal* portal);
  Task<Result<std::string>> RunFetch(const ast::Fetch& command, Portal* portal, ReplySink& sink);
  Task<Result<uint64_t>> MoveCursor(Portal* cursor, const ast::Fetch& command,
                                    RowReceiver* receiver);
  Task<Result<uint64_t>> MoveToPlace(Portal* cursor, int64_t place, RowReceiver* receiver);
  Task<Result<uint64_t>> Advance(Portal* cursor, CursorStep step, RowReceiver* receiver);
  Status RewindCursor(Portal* cursor);
  Result<std::string> RunCloseCursor(const ast::CloseCursor& command);
  void CloseCursors();
  // Cursors WITH HOLD read what is left of their rows before the transaction commits.
  bool HasCursorToHold() const;
  Task<Status> HoldCursors();
  Result<std::optional<std::string>> CurrentKey(std::string_view cursor,
                                                const catalog::TableDesc& table) override;
  // run_portal.cc: of functions in SQL
  BindContext RoutineContext(const catalog::CatalogSnapshot& view) override {
    return ViewContext(view);
  }
  bool refuses_writes() const override { return transaction_.read_only(); }
  bool takes_command_snapshots() const override { return transaction_.takes_command_snapshots(); }
  void TakeCommandSnapshot() override { transaction_.TakeCommandSnapshot(); }
  void NoteChangedRows(catalog::Oid table, uint64_t rows) override;
  // commands_index.cc
  Task<Result<std::string>> RunCreateIndexConcurrently(const ast::CreateIndex& command,
                                                       Portal* portal, ReplySink& sink);
  Task<Result<std::string>> RunDropIndexConcurrently(const ast::Drop& command, Portal* portal,
                                                     ReplySink& sink);
  Task<Status> BuildPublishedIndex(const ddl::ConcurrentIndex& index, Portal* portal,
                                   ReplySink& sink);
  // Until the transactions that use the table now have ended.
  enum class TableUse : uint8_t { kAny, kWrites };
  Task<Status> AwaitUsers(catalog::Oid table, TableUse use);
  bool IsAwaitedBy(int32_t other);
  // Begins a transaction, and the statement in it.
  Status StartDdlStep();
  // commands_database.cc
  Task<Result<std::string>> RunCreateDatabase(const ast::CreateDatabase& command);
  Task<Result<std::string>> RunDropDatabase(const ast::DropDatabase& command, ReplySink& sink);
  Task<Result<std::string>> RunAlterDatabase(const ast::AlterDatabase& command, ReplySink& sink);
  // Begins what changes the list of databases, after the checks that all such commands have. alone:
  // what 25001 calls one that must be a transaction by itself; else empty.
  Task<Status> StartDatabaseCommand(std::string_view command, std::string_view alone);
  // 3D000; with its lock, in that mode.
  Task<Result<catalog::DatabaseRef>> LockDatabase(std::string_view name, engine::LockMode mode);
  Task<Status> LockDatabaseName(std::string_view name);
  // Until nobody but this session uses the database, or some seconds have passed: 55006.
  Task<Status> AwaitUnused(const catalog::DatabaseDesc& database, std::string_view what);
  Status CheckRole(std::string_view role) const;
  Status ChangeDatabaseOptions(const ast::AlterDatabase& command, catalog::DatabaseDesc* database);
  Status ChangeDatabaseSetting(const ast::SetVariable& command, catalog::DatabaseDesc* database);
  // commands_reindex.cc
  Task<Result<std::string>> RunReindexConcurrently(const ast::Reindex& command, Portal* portal,
                                                   ReplySink& sink);
  Task<Status> ReplaceEntries(const ddl::ConcurrentReindex& reindex, Portal* portal,
                              ReplySink& sink);
  using ReindexStep = Task<Status> (*)(const ddl::ConcurrentReindex& reindex, DdlContext& context);
  Task<Status> RunReindexStep(ReindexStep step, const ddl::ConcurrentReindex& reindex,
                              Portal* portal, ReplySink& sink);
  // commands_ddl.cc. The view outlives the context, whose names are looked up in the transaction's.
  DdlContext MakeDdlContext(const catalog::CatalogSnapshot& view, Portal* portal, ReplySink& sink);
  // Of no statement, and without notices.
  DdlContext MakeDdlContext(const catalog::CatalogSnapshot& view, ExecutionContext* execution);
  // Whether what is created without a schema's name is temporary.
  bool CreatesTemporary(const catalog::CatalogSnapshot& view) const;
  Task<Result<std::string>> RunDdl(const ast::Statement& command, Portal* portal, ReplySink& sink);
  Task<Result<std::string>> RunCopy(const ast::Copy& command, Portal* portal, ReplySink& sink);
  Task<Result<std::string>> CopyFrom(const ast::Copy& command, Portal* portal, ReplySink& sink);
  Status CheckFreeze(const catalog::TableDesc& table) const;
  Task<Result<uint64_t>> InsertCopied(const catalog::TableRef& table, SequenceUses* sequences,
                                      EvalContext& eval, CopyBatch* batch, bool reading_failed,
                                      ExecutionContext* context);
  // commands_copy_to.cc
  Task<Result<std::string>> CopyTo(const ast::Copy& command, Portal* portal, ReplySink& sink);
  Result<PreparedRef> PrepareCopied(const ast::Copy& command, const Portal& portal);

  // --- simple_query.cc ---
  Task<Status> RunSimpleQuery(std::string text, ReplySink& sink);
  Task<Status> RunSimpleStatement(PreparedRef statement, bool last, ReplySink& sink);

  // --- extended_query.cc ---
  Task<Status> RunExecuteMessage(Portal* portal, int32_t row_limit, ReplySink& sink);
  Task<Status> FinishSync(Async<Status> commit, ReplySink& sink);
  Status DoParse(std::string_view name, std::string_view text,
                 std::span<const catalog::Oid> parameter_types);
  // Waits for the locks of the statement's tables, and parses again where they have changed.
  Task<Status> LockParsed(std::string name);
  Status DoBind(const BindMessage& message);
  // Where the past's catalog is to be read first. What the message refers to stays.
  Task<Status> ParseInPast(std::string name, std::string text,
                           std::vector<catalog::Oid> parameter_types);
  Task<Status> BindInPast(BindMessage message);

  // --- session_impl.cc ---
  using TimeLimit = IdleLimit;
  // What transaction_timeout leaves to the transaction, or gives to one that begins.
  std::optional<TimeLimit> TransactionLimit() const;
  void StartTiming(const PreparedRef& statement);
  // The error, too, is made ready for the client.
  void FinishTiming(Status& status);
  // Work between statements that Cancel is to reach; whether there was such, or a statement,
  // before.
  bool StartWork();
  void FinishWork();
  void ReportChanges(ReplySink& sink);
  // Of a transaction.
  void CountEnd(bool committed);
  void Notice(ReplySink& sink, std::string_view severity, ErrorFields fields);
  // Portals end with their transaction, but for the one that is ending it and cursors WITH HOLD.
  void DropPortals();
  // Those made since so many savepoints stood end with a subtransaction.
  void DropPortalsFrom(size_t depth);
  Portal* FindPortal(std::string_view name);

  DatabaseImpl* database_;
  const catalog::CatalogRef catalog_;
  const DatabaseCountsRef counts_;
  catalog::Oid dropped_database_ = catalog::kInvalidOid;  // by the transaction that runs
  const std::string user_;
  const std::string database_name_;
  const std::string client_address_;
  const int32_t pid_;
  const uint32_t secret_;
  const int64_t started_us_;

  Settings settings_;
  std::unique_ptr<engine::LockSession> lock_session_;
  MemoryAccount memory_;
  TransactionState transaction_;
  SessionFunctionHost host_;
  SessionObjectNames object_names_;
  DomainChecks domain_checks_;
  StatementCache cache_;
  TemporaryObjects temporary_;
  std::map<std::string, PreparedRef, std::less<>> statements_;  // named ones; "" is the unnamed
  std::map<std::string, std::unique_ptr<Portal>, std::less<>> portals_;
  const Portal* executing_ = nullptr;  // of portals_, while an Execute message runs it
  ReplySink* sink_ = nullptr;          // of the portal that was run last
  bool in_query_of_many_ = false;      // the Query message has several statements
  bool in_pipeline_ = false;           // something has been executed since the last Sync
  bool ran_alone_ = false;             // the last portal's: it was a transaction by itself

  engine::CancelToken cancel_;
  int64_t statement_started_ns_ = 0;
  uint64_t timer_ = 0;  // of statement_timeout or transaction_timeout; 0: none

  // What other threads see of the session.
  mutable std::mutex info_mutex_;
  bool running_ = false;                  // guarded by info_mutex_; cancel has effect only then
  char shown_status_ = 'I';               // guarded by info_mutex_
  PreparedRef shown_statement_;           // guarded by info_mutex_
  std::string shown_application_;         // guarded by info_mutex_
  std::function<void()> end_connection_;  // likewise
  // Of the latest statement, since 1970, 0: none; how long it took, 0: it runs.
  int64_t shown_query_started_us_ = 0;  // guarded by info_mutex_
  int64_t shown_query_ns_ = 0;          // guarded by info_mutex_
};

}  // namespace shale::sql
