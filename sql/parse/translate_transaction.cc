// BEGIN, COMMIT, savepoints, and the modes of a transaction.
#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Statement* Translator::Transaction(const TransactionStmt& transaction) {
  auto* result = NewStatement<ast::Transaction>();
  result->modes = Modes(transaction.options);
  result->chain = transaction.chain;
  result->savepoint = Copy(transaction.savepoint_name);
  result->identifier = Copy(transaction.gid);
  using Command = ast::Transaction::Command;
  switch (transaction.kind) {
    case TRANS_STMT_BEGIN:
      result->command = Command::kBegin;
      break;
    case TRANS_STMT_START:
      result->command = Command::kStart;
      break;
    case TRANS_STMT_COMMIT:
      result->command = Command::kCommit;
      break;
    case TRANS_STMT_ROLLBACK:
      result->command = Command::kRollback;
      break;
    case TRANS_STMT_SAVEPOINT:
      result->command = Command::kSavepoint;
      break;
    case TRANS_STMT_RELEASE:
      result->command = Command::kRelease;
      break;
    case TRANS_STMT_ROLLBACK_TO:
      result->command = Command::kRollbackTo;
      break;
    case TRANS_STMT_PREPARE:
      result->command = Command::kPrepare;
      break;
    case TRANS_STMT_COMMIT_PREPARED:
      result->command = Command::kCommitPrepared;
      break;
    case TRANS_STMT_ROLLBACK_PREPARED:
      result->command = Command::kRollbackPrepared;
      break;
  }
  return result;
}

ast::TransactionModes Translator::Modes(const List* options) {
  ast::TransactionModes modes;
  for (const DefElem* option : ListRange<DefElem>(options)) {
    std::string_view name = option->defname;
    const auto* value = castNode(const A_Const, option->arg);
    if (name == "transaction_isolation") {
      std::string_view level = value->val.sval.sval;
      modes.isolation = level == "read uncommitted"  ? ast::IsolationLevel::kReadUncommitted
                        : level == "read committed"  ? ast::IsolationLevel::kReadCommitted
                        : level == "repeatable read" ? ast::IsolationLevel::kRepeatableRead
                                                     : ast::IsolationLevel::kSerializable;
    } else if (name == "transaction_read_only") {
      modes.read_only = value->val.ival.ival != 0;
    } else if (name == "transaction_deferrable") {
      modes.deferrable = value->val.ival.ival != 0;
    } else {
      Fail(option->location, sqlstate::kFeatureNotSupported,
           "transaction mode \"{}\" is not supported", name);
    }
  }
  return modes;
}

}  // namespace shale::sql
