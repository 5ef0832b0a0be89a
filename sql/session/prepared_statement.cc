#include "sql/session/prepared_statement.h"

#include "engine/base/coding.h"
#include "sql/parse/ast_cursor.h"
#include "sql/parse/ast_ddl.h"
#include "sql/parse/ast_function.h"
#include "sql/parse/ast_index.h"
#include "sql/parse/ast_type.h"
#include "sql/parse/ast_utility.h"

namespace shale::sql {
namespace {

void MakeKey(std::string_view text, std::span<const catalog::Oid> types, std::string* key) {
  key->assign(text);
  for (catalog::Oid type : types) PutFixed32(key, type);
  // So that types cannot be taken for text.
  PutFixed32(key, static_cast<uint32_t>(types.size()));
}

std::string_view ObjectName(ast::ObjectType type) {
  switch (type) {
    case ast::ObjectType::kTable:
      return "DROP TABLE";
    case ast::ObjectType::kSequence:
      return "DROP SEQUENCE";
    case ast::ObjectType::kSchema:
      return "DROP SCHEMA";
    case ast::ObjectType::kIndex:
    case ast::ObjectType::kConstraint:
      return "DROP INDEX";
    case ast::ObjectType::kView:
      return "DROP VIEW";
    case ast::ObjectType::kMaterializedView:
      return "DROP MATERIALIZED VIEW";
    case ast::ObjectType::kType:
    case ast::ObjectType::kAttribute:
      return "DROP TYPE";
    case ast::ObjectType::kDomain:
    case ast::ObjectType::kDomainConstraint:
      return "DROP DOMAIN";
    case ast::ObjectType::kColumn:
    case ast::ObjectType::kDatabase:
      break;
  }
  return "DROP";
}

std::string_view TransactionCommandName(ast::Transaction::Command command) {
  switch (command) {
    case ast::Transaction::Command::kBegin:
      return "BEGIN";
    case ast::Transaction::Command::kStart:
      return "START TRANSACTION";
    case ast::Transaction::Command::kCommit:
      return "COMMIT";
    case ast::Transaction::Command::kRollback:
      return "ROLLBACK";
    case ast::Transaction::Command::kSavepoint:
      return "SAVEPOINT";
    case ast::Transaction::Command::kRelease:
      return "RELEASE";
    case ast::Transaction::Command::kRollbackTo:
      return "ROLLBACK";
    case ast::Transaction::Command::kPrepare:
      return "PREPARE TRANSACTION";
    case ast::Transaction::Command::kCommitPrepared:
      return "COMMIT PREPARED";
    case ast::Transaction::Command::kRollbackPrepared:
      return "ROLLBACK PREPARED";
  }
  return "";
}

std::string_view DiscardName(ast::Discard::Target target) {
  switch (target) {
    case ast::Discard::Target::kAll:
      return "DISCARD ALL";
    case ast::Discard::Target::kPlans:
      return "DISCARD PLANS";
    case ast::Discard::Target::kSequences:
      return "DISCARD SEQUENCES";
    case ast::Discard::Target::kTemp:
      return "DISCARD TEMP";
  }
  return "";
}

std::string_view RoutineCommand(ast::RoutineKind kind, std::string_view verb) {
  const bool alters = verb == "ALTER";
  switch (kind) {
    case ast::RoutineKind::kFunction:
      return alters ? "ALTER FUNCTION" : "DROP FUNCTION";
    case ast::RoutineKind::kProcedure:
      return alters ? "ALTER PROCEDURE" : "DROP PROCEDURE";
    case ast::RoutineKind::kRoutine:
      return alters ? "ALTER ROUTINE" : "DROP ROUTINE";
  }
  return {};
}

std::string_view SetCommandName(ast::SetVariable::Command command) {
  return command == ast::SetVariable::Command::kReset ||
                 command == ast::SetVariable::Command::kResetAll
             ? "RESET"
             : "SET";
}

}  // namespace

PreparedRef StatementCache::Find(std::string_view text,
                                 std::span<const catalog::Oid> declared_types) {
  MakeKey(text, declared_types, &key_);
  auto found = index_.find(key_);
  if (found == index_.end()) return nullptr;
  if (found->second != entries_.begin()) {
    entries_.splice(entries_.begin(), entries_, found->second);
  }
  return found->second->statement;
}

void StatementCache::Insert(PreparedRef statement) {
  MakeKey(statement->text, statement->declared_types, &key_);
  if (index_.contains(key_)) return;
  if (entries_.size() >= capacity_) {
    index_.erase(entries_.back().key);  // before the key that it refers to
    entries_.pop_back();
  }
  entries_.push_front({key_, std::move(statement)});
  index_.emplace(entries_.front().key, entries_.begin());
}

void StatementCache::Remove(const PreparedStatement& statement) {
  MakeKey(statement.text, statement.declared_types, &key_);
  auto found = index_.find(key_);
  if (found == index_.end()) return;
  auto entry = found->second;
  index_.erase(found);
  entries_.erase(entry);
}

void StatementCache::Clear() {
  index_.clear();
  entries_.clear();
}

bool IsQuery(const ast::Statement& statement) {
  switch (statement.kind) {
    case ast::StatementKind::kSelect:
    case ast::StatementKind::kInsert:
    case ast::StatementKind::kUpdate:
    case ast::StatementKind::kDelete:
    case ast::StatementKind::kMerge:
    case ast::StatementKind::kCall:
      return true;
    default:
      return false;
  }
}

std::string_view CommandName(const ast::Statement& statement) {
  switch (statement.kind) {
    case ast::StatementKind::kSelect:
      return "SELECT";
    case ast::StatementKind::kInsert:
      return "INSERT";
    case ast::StatementKind::kUpdate:
      return "UPDATE";
    case ast::StatementKind::kDelete:
      return "DELETE";
    case ast::StatementKind::kMerge:
      return "MERGE";
    case ast::StatementKind::kTruncate:
      return "TRUNCATE TABLE";
    case ast::StatementKind::kCopy:
      return "COPY";
    case ast::StatementKind::kCreateTable:
      return "CREATE TABLE";
    case ast::StatementKind::kCreateTableAs: {
      const auto& create = ast::As<ast::CreateTableAs>(statement);
      if (create.materialized_view) return "CREATE MATERIALIZED VIEW";
      return create.select_into ? "SELECT INTO" : "CREATE TABLE AS";
    }
    case ast::StatementKind::kAlterTable:
      return "ALTER TABLE";
    case ast::StatementKind::kRename:
      switch (ast::As<ast::Rename>(statement).object) {
        case ast::ObjectType::kType:
        case ast::ObjectType::kAttribute:
          return "ALTER TYPE";
        case ast::ObjectType::kDomain:
        case ast::ObjectType::kDomainConstraint:
          return "ALTER DOMAIN";
        default:
          return "ALTER TABLE";
      }
    case ast::StatementKind::kSetSchema:
      switch (ast::As<ast::SetSchema>(statement).object) {
        case ast::ObjectType::kSequence:
          return "ALTER SEQUENCE";
        case ast::ObjectType::kView:
          return "ALTER VIEW";
        case ast::ObjectType::kType:
          return "ALTER TYPE";
        case ast::ObjectType::kDomain:
          return "ALTER DOMAIN";
        default:
          return "ALTER TABLE";
      }
    case ast::StatementKind::kDrop:
      return ObjectName(ast::As<ast::Drop>(statement).object);
    case ast::StatementKind::kCreateIndex:
      return "CREATE INDEX";
    case ast::StatementKind::kReindex:
      return "REINDEX";
    case ast::StatementKind::kCreateSchema:
      return "CREATE SCHEMA";
    case ast::StatementKind::kCreateSequence:
      return "CREATE SEQUENCE";
    case ast::StatementKind::kAlterSequence:
      return "ALTER SEQUENCE";
    case ast::StatementKind::kCreateEnum:
      return "CREATE TYPE";
    case ast::StatementKind::kAlterEnum:
    case ast::StatementKind::kAlterComposite:
      return "ALTER TYPE";
    case ast::StatementKind::kCreateComposite:
      return "CREATE TYPE";
    case ast::StatementKind::kCreateDomain:
      return "CREATE DOMAIN";
    case ast::StatementKind::kAlterDomain:
      return "ALTER DOMAIN";
    case ast::StatementKind::kAlterTypeOwner:
      return ast::As<ast::AlterTypeOwner>(statement).object == ast::ObjectType::kDomain
                 ? "ALTER DOMAIN"
                 : "ALTER TYPE";
    case ast::StatementKind::kTransaction:
      return TransactionCommandName(ast::As<ast::Transaction>(statement).command);
    case ast::StatementKind::kSetVariable:
      return SetCommandName(ast::As<ast::SetVariable>(statement).command);
    case ast::StatementKind::kShowVariable:
      return "SHOW";
    case ast::StatementKind::kDiscard:
      return DiscardName(ast::As<ast::Discard>(statement).target);
    case ast::StatementKind::kExplain:
      return "EXPLAIN";
    case ast::StatementKind::kPrepare:
      return "PREPARE";
    case ast::StatementKind::kExecute:
      return "EXECUTE";
    case ast::StatementKind::kDeallocate:
      return ast::As<ast::Deallocate>(statement).name.empty() ? "DEALLOCATE ALL" : "DEALLOCATE";
    case ast::StatementKind::kDeclareCursor:
      return "DECLARE CURSOR";
    case ast::StatementKind::kFetch:
      return ast::As<ast::Fetch>(statement).move ? "MOVE" : "FETCH";
    case ast::StatementKind::kCloseCursor:
      return "CLOSE CURSOR";
    case ast::StatementKind::kVacuum:
      return ast::As<ast::Vacuum>(statement).vacuum ? "VACUUM" : "ANALYZE";
    case ast::StatementKind::kLock:
      return "LOCK TABLE";
    case ast::StatementKind::kCreateView:
      return "CREATE VIEW";
    case ast::StatementKind::kRefreshView:
      return "REFRESH MATERIALIZED VIEW";
    case ast::StatementKind::kCheckpoint:
      return "CHECKPOINT";
    case ast::StatementKind::kSetConstraints:
      return "SET CONSTRAINTS";
    case ast::StatementKind::kComment:
      return "COMMENT";
    case ast::StatementKind::kCreateFunction:
      return ast::As<ast::CreateFunction>(statement).procedure ? "CREATE PROCEDURE"
                                                               : "CREATE FUNCTION";
    case ast::StatementKind::kAlterFunction:
      return RoutineCommand(ast::As<ast::AlterFunction>(statement).routine, "ALTER");
    case ast::StatementKind::kDropFunction:
      return RoutineCommand(ast::As<ast::DropFunction>(statement).routine, "DROP");
    case ast::StatementKind::kCall:
      return "CALL";
    case ast::StatementKind::kCreateDatabase:
      return "CREATE DATABASE";
    case ast::StatementKind::kAlterDatabase:
      return "ALTER DATABASE";
    case ast::StatementKind::kDropDatabase:
      return "DROP DATABASE";
    case ast::StatementKind::kInvalid:
      return "";
  }
  return "";
}

}  // namespace shale::sql
