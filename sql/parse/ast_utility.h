// Statements about transactions, settings, prepared statements and upkeep. See ast.h.
#pragma once

#include <optional>

#include "engine/base/status.h"
#include "sql/parse/ast.h"
#include "sql/parse/ast_dml.h"
#include "sql/parse/ast_expr.h"

namespace shale::sql::ast {

enum class IsolationLevel : uint8_t {
  kReadUncommitted,
  kReadCommitted,
  kRepeatableRead,
  kSerializable,
};

// The modes of BEGIN, SET TRANSACTION and SET SESSION CHARACTERISTICS.
struct TransactionModes {
  std::optional<IsolationLevel> isolation;
  std::optional<bool> read_only;
  std::optional<bool> deferrable;
};

struct Transaction : Statement {
  static constexpr StatementKind kKind = StatementKind::kTransaction;
  enum class Command : uint8_t {
    kBegin,
    kStart,  // START TRANSACTION; differs in its command tag only
    kCommit,
    kRollback,
    kSavepoint,
    kRelease,
    kRollbackTo,
    kPrepare,
    kCommitPrepared,
    kRollbackPrepared,
  };
  Command command = Command::kBegin;
  TransactionModes modes;
  std::string_view savepoint;
  std::string_view identifier;  // of the last three
  bool chain = false;           // COMMIT AND CHAIN, ROLLBACK AND CHAIN
};

// SET CONSTRAINTS { ALL | name, ... } { DEFERRED | IMMEDIATE }
struct SetConstraints : Statement {
  static constexpr StatementKind kKind = StatementKind::kSetConstraints;
  List<QualifiedName> names;  // empty: ALL
  bool deferred = false;
};

struct SettingValue {
  enum class Type : uint8_t {
    kText,      // a word or a string
    kNumber,    // as written
    kInterval,  // SET TIME ZONE INTERVAL '...' [fields]: the literal's text
  };
  Type type = Type::kText;
  std::string_view text;
};

struct SetVariable : Statement {
  static constexpr StatementKind kKind = StatementKind::kSetVariable;
  enum class Command : uint8_t {
    kSet,         // values
    kSetDefault,  // SET name TO DEFAULT
    kReset,
    kResetAll,
    kTransaction,             // SET [LOCAL] TRANSACTION: modes
    kSessionCharacteristics,  // modes
    kTransactionSnapshot,     // values[0]
  };
  Command command = Command::kSet;
  // As written, "timezone" for TIME ZONE, and PostgreSQL's names for its other special spellings
  // (client_encoding for NAMES, session_authorization, role, search_path for SCHEMA).
  std::string_view name;
  List<SettingValue> values;
  TransactionModes modes;
  bool local = false;
};

struct ShowVariable : Statement {
  static constexpr StatementKind kKind = StatementKind::kShowVariable;
  std::string_view name;  // "all" of SHOW ALL
};

struct Discard : Statement {
  static constexpr StatementKind kKind = StatementKind::kDiscard;
  enum class Target : uint8_t { kAll, kPlans, kSequences, kTemp };
  Target target = Target::kAll;
};

enum class ExplainFormat : uint8_t { kText, kJson, kYaml, kXml };

struct Explain : Statement {
  static constexpr StatementKind kKind = StatementKind::kExplain;
  const Statement* query = nullptr;
  ExplainFormat format = ExplainFormat::kText;
  bool analyze = false;
  bool verbose = false;
  bool costs = true;
  bool settings = false;
  bool buffers = false;
  bool wal = false;
  bool timing = true;
  bool summary = false;  // by default as analyze
};

struct Prepare : Statement {
  static constexpr StatementKind kKind = StatementKind::kPrepare;
  std::string_view name;
  List<const TypeName*> parameter_types;
  const Statement* query = nullptr;
};

struct Execute : Statement {
  static constexpr StatementKind kKind = StatementKind::kExecute;
  std::string_view name;
  List<const Expr*> arguments;
};

struct Deallocate : Statement {
  static constexpr StatementKind kKind = StatementKind::kDeallocate;
  std::string_view name;  // empty: all
};

struct VacuumTable {
  QualifiedName table;
  List<std::string_view> columns;  // of ANALYZE
};

struct Vacuum : Statement {
  static constexpr StatementKind kKind = StatementKind::kVacuum;
  bool vacuum = true;  // false: ANALYZE alone
  bool analyze = false;
  bool full = false;
  bool freeze = false;
  bool verbose = false;
  bool skip_locked = false;
  List<VacuumTable> tables;  // empty: all
};

enum class TableLockMode : uint8_t {
  kAccessShare = 1,
  kRowShare,
  kRowExclusive,
  kShareUpdateExclusive,
  kShare,
  kShareRowExclusive,
  kExclusive,
  kAccessExclusive,
};

struct Lock : Statement {
  static constexpr StatementKind kKind = StatementKind::kLock;
  List<QualifiedName> tables;
  TableLockMode mode = TableLockMode::kAccessExclusive;
  bool no_wait = false;
};

struct Checkpoint : Statement {
  static constexpr StatementKind kKind = StatementKind::kCheckpoint;
};

// A statement of good grammar that Shale does not have or whose clauses contradict each other. It
// is a statement rather than a failure to parse because PostgreSQL reports such things only when
// the statement's turn comes, after those before it in the same text have run, and after the check
// for a failed transaction.
struct Invalid : Statement {
  static constexpr StatementKind kKind = StatementKind::kInvalid;
  SqlState sqlstate;
  std::string_view message;
  std::string_view detail;
  std::string_view hint;
  int position = 0;  // 1-based, in characters of the whole text; 0: none

  Status ToStatus() const;
};

}  // namespace shale::sql::ast
