// Function and Aggregate: what calls, operators and casts are bound to: PostgreSQL's pg_proc rows
// with our kernels, which work on whole vectors.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/keys.h"
#include "catalog/snapshot.h"
#include "catalog/types/type_io.h"
#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "engine/base/task.h"
#include "engine/kv_store.h"
#include "sql/vector/row_set.h"
#include "sql/vector/vector.h"

namespace shale::sql {

class CallJournal;
struct EvalContext;
class RoutineHost;
class SubqueryHost;

// A session as others see it. Times in microseconds since 1970, 0: none.
struct SessionActivity {
  int32_t pid = 0;
  std::string user;
  std::string database;
  catalog::Oid database_oid = catalog::kInvalidOid;
  std::string application_name;
  std::string client_address;
  std::string state;  // as pg_stat_activity names it
  std::string query;  // the latest, or its beginning
  int64_t started_us = 0;
  int64_t transaction_started_us = 0;
  int64_t query_started_us = 0;
  int64_t state_changed_us = 0;
  uint64_t transaction_id = 0;                // 0: none
  std::optional<engine::LockMode> waits_for;  // the lock that it waits for
};

struct AdvisoryLock {
  catalog::AdvisoryKey key;
  bool shared = false;
  bool of_transaction = false;  // ends with the transaction; else with the session
  bool operator==(const AdvisoryLock&) const = default;
};

// A prepared transaction as pg_prepared_xacts shows it.
struct PreparedActivity {
  uint64_t transaction = 0;
  std::string identifier;
  int64_t prepared_us = 0;  // since 1970
  std::string owner;
  std::string database;
};

// A cursor as pg_cursors shows it.
struct CursorActivity {
  std::string name;
  std::string statement;
  bool holdable = false;
  bool binary = false;
  bool scrollable = false;
  int64_t created_us = 0;  // since 1970
};

// A setting as pg_settings shows it to a session: numbers in the setting's unit.
struct SettingActivity {
  std::string name;
  std::string text;
  std::optional<std::string> unit;
  std::string description;
  std::string context;  // "user", "internal", "postmaster"
  std::string kind;     // "bool", "integer", "real", "enum", "string"
  std::string source;   // "default", "command line", "client", "session"
  std::optional<std::string> minimum;
  std::optional<std::string> maximum;
  std::vector<std::string> values;  // of an enum
  std::string default_text;
  std::string reset_text;
};

// A prepared statement as pg_prepared_statements shows it.
struct StatementActivity {
  std::string name;
  std::string text;
  int64_t prepared_us = 0;  // since 1970
  std::vector<catalog::Oid> parameter_types;
  bool from_sql = false;  // PREPARE, not the protocol
};

// What has been counted of a database since the server's start.
struct DatabaseActivity {
  uint64_t commits = 0;
  uint64_t rollbacks = 0;
};

// A sequence as the one row that it is as a table.
struct SequenceRow {
  int64_t last_value = 0;
  bool is_called = false;
};

// What functions may ask of the session they run in. Implemented by sql/session; tests have a
// simple one.
class FunctionHost {
 public:
  virtual ~FunctionHost() = default;
  virtual std::string CurrentDatabase() = 0;
  virtual std::string CurrentUser() = 0;
  virtual std::string SessionUser() = 0;
  virtual std::optional<std::string> CurrentSchema() = 0;
  virtual std::vector<std::string> CurrentSchemas(bool with_implicit) = 0;
  // That of the session's temporary objects; kInvalidOid: there is none.
  virtual catalog::Oid TemporarySchema() { return catalog::kInvalidOid; }
  virtual int32_t BackendPid() = 0;
  // Of the transaction; others may know it by its id from here on.
  virtual Result<uint64_t> TransactionId() = 0;
  // Nothing where nobody can know it yet.
  virtual std::optional<uint64_t> ShownTransactionId() = 0;
  // What the statement's snapshot shows, its own transaction left out.
  virtual Result<engine::SnapshotDescription> DescribeSnapshot() = 0;
  // Blocks.
  virtual Result<engine::TransactionFate> FateOf(uint64_t transaction) = 0;
  // For SET TRANSACTION SNAPSHOT in other sessions.
  virtual Result<std::string> ExportSnapshot() = 0;
  // Of the sessions whose transactions the one with this pid waits for, 0 for a prepared one;
  // empty: it does not wait.
  virtual std::vector<int32_t> BlockingPids(int32_t pid) = 0;
  virtual std::vector<SessionActivity> Activity() = 0;  // of all sessions
  // Interrupts what the session with this pid does, or ends it. False, with a warning: there is no
  // such session.
  virtual bool CancelBackend(int32_t pid) = 0;
  virtual bool TerminateBackend(int32_t pid) = 0;
  virtual bool IsBackend(int32_t pid) = 0;
  // A WARNING to the client.
  virtual void Warn(std::string message) = 0;
  virtual std::vector<PreparedActivity> Prepared() = 0;
  virtual std::vector<CursorActivity> Cursors() { return {}; }  // of this session
  virtual std::vector<SettingActivity> Settings() { return {}; }
  virtual std::vector<StatementActivity> Statements() { return {}; }
  virtual DatabaseActivity ActivityOf(catalog::Oid /*database*/) { return {}; }
  // Of all tables and indexes of the database; nothing: there is none.
  virtual std::optional<int64_t> DatabaseBytes(catalog::Oid /*database*/) { return std::nullopt; }
  virtual std::vector<engine::LockInfo> Locks() = 0;  // of all sessions
  virtual std::vector<engine::PredicateRead> PredicateReads() = 0;
  // pg_advisory_lock(). False: it must be waited for (lock_wait.h).
  virtual Result<bool> TakeAdvisoryLock(const AdvisoryLock& lock) = 0;
  // Waits for the lock last refused so; the same call then finds it taken.
  virtual Async<Status> AwaitLock() = 0;
  // False: it cannot be had at once.
  virtual Result<bool> TryAdvisoryLock(const AdvisoryLock& lock) = 0;
  // Of the session; false, with a warning: it does not hold the lock.
  virtual bool UnlockAdvisory(const AdvisoryLock& lock) = 0;
  virtual void UnlockAllAdvisory() = 0;
  virtual Result<std::string> CurrentSetting(std::string_view name) = 0;
  virtual Result<std::string> SetConfig(std::string_view name, std::string_view value,
                                        bool local) = 0;
  // regclass input: "schema.name" by search_path; 42P01, 42704.
  virtual Result<catalog::Oid> ResolveRegclass(std::string_view name) = 0;
  // The type of users that is written so, by search_path: 42704, 3F000, 42601.
  virtual Result<catalog::Oid> ResolveRegtype(std::string_view name) {
    return Error(sqlstate::kUndefinedObject, "type \"{}\" does not exist", name);
  }
  // Whether values of a domain's base type, the rows of the set among so many, are ones of the
  // domain: 23502, 23514.
  virtual Status CheckDomain(EvalContext& /*context*/, catalog::Oid /*domain*/,
                             const Vector& /*values*/, uint32_t /*row_count*/, RowSet /*rows*/) {
    return Error(sqlstate::kFeatureNotSupported, "values of domains are not supported here");
  }
  // A user's type is what its bare name means; nothing: there is no such type.
  virtual std::optional<bool> IsTypeVisible(catalog::Oid /*oid*/) { return std::nullopt; }
  // SQL text as the catalog keeps it, with the names of users' types (type_marks.h).
  virtual std::string SpelledOut(std::string_view text) { return std::string(text); }
  virtual std::string RegclassName(catalog::Oid oid) = 0;
  // The relation is what its bare name means; nothing: there is no such relation.
  virtual std::optional<bool> IsRelationVisible(catalog::Oid oid) = 0;
  // The query of a view, materialized or not, as pg_get_viewdef() prints it; nothing: no view.
  virtual Result<std::optional<std::string>> ViewDefinition(catalog::Oid /*oid*/) {
    return std::optional<std::string>();
  }
  // Whether rows of the view can be inserted, updated and deleted.
  virtual bool IsViewUpdatable(catalog::Oid /*oid*/) { return false; }
  // What the rows of a table take in the store, about; 0 for anything else.
  virtual int64_t RelationBytes(catalog::Oid oid) = 0;
  // The catalog as the statement sees it; null outside of a session.
  virtual std::shared_ptr<const catalog::CatalogSnapshot> CatalogView() = 0;
  // nextval() from what is leased in memory; empty: the executor must refill the lease (it does so
  // before a batch for the sequences it knows) and evaluate again.
  virtual Result<std::optional<int64_t>> NextSequenceValue(catalog::Oid sequence) = 0;
  virtual Result<int64_t> CurrentSequenceValue(catalog::Oid sequence) = 0;  // currval: 55000
  virtual Result<int64_t> LastSequenceValue() = 0;                          // lastval
  // setval(): 22003 where the value is outside of the sequence's bounds.
  virtual Status SetSequenceValue(catalog::Oid sequence, int64_t value, bool is_called) = 0;
  // What the sequence shows as a row; 42809 where the OID is none's.
  virtual Result<SequenceRow> ReadSequence(catalog::Oid /*sequence*/) {
    return Error(sqlstate::kFeatureNotSupported, "sequences are not read here");
  }
  // The session is to wait in the given call of a blocking function; null where nothing cancels.
  virtual engine::CancelToken* cancel_token() = 0;
};

// What one evaluation may use. One per statement and thread.
struct EvalContext {
  Arena* arena = nullptr;  // results of kernels lie here until the batch is done
  const catalog::FormatSettings* settings = nullptr;
  FunctionHost* host = nullptr;
  const catalog::Value* parameters = nullptr;  // $1 .. $n
  size_t parameter_count = 0;
  const catalog::Value* outer = nullptr;  // what OuterExpr slots stand for at the moment
  CallJournal* journal = nullptr;         // where calls may have to wait for locks
  SubqueryHost* subqueries = nullptr;     // null: subqueries are not answered
  RoutineHost* routines = nullptr;        // null: functions in SQL are not run
};

// Computes out[row] for every row of the set from args[..][row]; out is flat with room for the
// highest row, or constant where all args are (rows is then one row, 0). Strict functions see no
// NULL arguments: the evaluator has removed those rows and set their results NULL.
using Kernel = Status (*)(EvalContext& context, const Vector* args, size_t arg_count, RowSet rows,
                          Vector* out);

enum class Volatility : uint8_t { kImmutable, kStable, kVolatile };

struct SetFunction;

struct Function {
  catalog::Oid oid = 0;  // PostgreSQL's
  std::string_view name;
  std::vector<catalog::Oid> args;
  catalog::Oid result = 0;
  Kernel kernel = nullptr;
  bool strict = true;
  Volatility volatility = Volatility::kImmutable;
  bool variadic_any = false;  // further arguments of any type: concat, format, json_build_object
  // The last argument is an array of these, and may be written as its elements; 0: it is not.
  catalog::Oid variadic_element = 0;
  std::vector<std::string_view> arg_names;  // for f(name => value); empty: it has none
  std::vector<std::string_view> defaults;   // of the last arguments, as text
  bool may_block = false;                   // sleeps or waits: runs on a worker only
  bool takes_locks = false;  // called row by row, in their order; may have to wait (lock_wait.h)
  const SetFunction* set = nullptr;  // gives a set of rows and has no kernel (set_function.h)
  // Of a function of users, which has no kernel either (user_function.h); else null.
  const catalog::FunctionDesc* routine = nullptr;
};

// One aggregation's running states, one fixed-size slot per group, plain memory that starts zeroed.
struct Aggregate {
  catalog::Oid oid = 0;
  std::string_view name;
  std::vector<catalog::Oid> args;
  catalog::Oid result = 0;
  // Rows with a NULL argument do not count; update() leaves them out by itself.
  bool skips_nulls = true;
  uint32_t state_bytes = 0;  // aligned to 16
  // Adds rows: state of row r is states[r]. What a state refers to lies in context.arena, which
  // lives as long as the states.
  Status (*update)(EvalContext& context, const Vector* args, size_t arg_count, RowSet rows,
                   char* const* states) = nullptr;
  // The same for rows that all belong to one state; null: no quicker than that.
  Status (*update_one)(EvalContext& context, const Vector* args, size_t arg_count, RowSet rows,
                       char* state) = nullptr;
  // Adds the state `from` to `into`; null where partial aggregation is not possible.
  Status (*merge)(EvalContext& context, const char* from, char* into) = nullptr;
  // The result of a group, or NULL (false).
  Result<bool> (*finish)(EvalContext& context, const char* state, catalog::Datum* out) = nullptr;
  // Frees what a state owns outside of the arena; null where that is nothing. Whoever keeps states
  // calls it once for each state that was updated or merged into, before dropping its memory.
  void (*destroy)(char* state) = nullptr;
  bool variadic_any = false;
  // Called with WITHIN GROUP: rows come in that order, and args are the direct arguments, then the
  // ordered ones. A hypothetical-set aggregate's arguments say how a row stands to the one that
  // its direct arguments make up: int4, below 0 where it comes before that, 0 where it ties; and
  // bool, whether it differs from the row before.
  enum class Form : uint8_t { kPlain, kOrderedSet, kHypotheticalSet };
  Form form = Form::kPlain;
  size_t direct_args = 0;
  // Takes rows out of the states again that update() has added, for frames that slide; null where
  // that is not possible.
  decltype(update) retract = nullptr;
};

}  // namespace shale::sql
