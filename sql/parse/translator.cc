#include "sql/parse/translator.h"

#include "sql/parse/parser.h"

namespace shale::sql {

Translator::Nesting::Nesting(Translator& translator) : translator_(translator) {
  ok_ = ++translator_.depth_ <= kMaxNestingDepth;
  if (!ok_) {
    translator_.FailAt(ast::kNoLocation, sqlstate::kStatementTooComplex,
                       "stack depth limit exceeded");
  }
}

void Translator::FailAt(ast::Location location, SqlState sqlstate, std::string_view message,
                        std::string_view detail, std::string_view hint) {
  if (failed_) return;
  failed_ = true;
  failure_ = NewStatement<ast::Invalid>();
  failure_->sqlstate = sqlstate;
  failure_->message = arena_.Copy(message);
  failure_->detail = arena_.Copy(detail);
  failure_->hint = arena_.Copy(hint);
  failure_->position = CharacterPosition(text_, location);
}

void Translator::Unsupported(std::string_view features, ast::Location location) {
  Fail(location, sqlstate::kFeatureNotSupported, "{} are not supported", features);
}

void Translator::UnsupportedCommand(std::string_view command, ast::Location location) {
  Fail(location, sqlstate::kFeatureNotSupported, "{} is not supported", command);
}

const ast::Statement* Translator::Translate(const RawStmt& raw) {
  statement_location_ = raw.stmt_location;
  failed_ = false;
  depth_ = 0;
  const ast::Statement* statement = Dispatch(raw.stmt);
  if (failed_) return failure_;
  CHECK(statement != nullptr);
  return statement;
}

const ast::Statement* Translator::Dispatch(const Node* node) {
  switch (nodeTag(node)) {
    case T_SelectStmt:
      return TopLevelSelect(*castNode(const SelectStmt, node));
    case T_InsertStmt:
      return Insert(*castNode(const InsertStmt, node));
    case T_UpdateStmt:
      return Update(*castNode(const UpdateStmt, node));
    case T_DeleteStmt:
      return Delete(*castNode(const DeleteStmt, node));
    case T_MergeStmt:
      return Merge(*castNode(const MergeStmt, node));
    case T_TruncateStmt:
      return Truncate(*castNode(const TruncateStmt, node));
    case T_CopyStmt:
      return Copy(*castNode(const CopyStmt, node));
    case T_CreateStmt:
      return CreateTable(*castNode(const CreateStmt, node));
    case T_CreateTableAsStmt:
      return CreateTableAs(*castNode(const CreateTableAsStmt, node));
    case T_ViewStmt:
      return CreateView(*castNode(const ViewStmt, node));
    case T_RefreshMatViewStmt:
      return RefreshView(*castNode(const RefreshMatViewStmt, node));
    case T_AlterTableStmt:
      return AlterTable(*castNode(const AlterTableStmt, node));
    case T_RenameStmt:
      return Rename(*castNode(const RenameStmt, node));
    case T_AlterObjectSchemaStmt:
      return SetSchema(*castNode(const AlterObjectSchemaStmt, node));
    case T_IndexStmt:
      return CreateIndex(*castNode(const IndexStmt, node));
    case T_ReindexStmt:
      return Reindex(*castNode(const ReindexStmt, node));
    case T_DropStmt:
      return Drop(*castNode(const DropStmt, node));
    case T_CreateSchemaStmt:
      return CreateSchema(*castNode(const CreateSchemaStmt, node));
    case T_CreateSeqStmt:
      return CreateSequence(*castNode(const CreateSeqStmt, node));
    case T_AlterSeqStmt:
      return AlterSequence(*castNode(const AlterSeqStmt, node));
    case T_CreateEnumStmt:
      return CreateEnum(*castNode(const CreateEnumStmt, node));
    case T_AlterEnumStmt:
      return AlterEnum(*castNode(const AlterEnumStmt, node));
    case T_CreateDomainStmt:
      return CreateDomain(*castNode(const CreateDomainStmt, node));
    case T_AlterDomainStmt:
      return AlterDomain(*castNode(const AlterDomainStmt, node));
    case T_CompositeTypeStmt:
      return CreateComposite(*castNode(const CompositeTypeStmt, node));
    case T_TransactionStmt:
      return Transaction(*castNode(const TransactionStmt, node));
    case T_VariableSetStmt:
      return SetVariable(*castNode(const VariableSetStmt, node));
    case T_VariableShowStmt:
      return ShowVariable(*castNode(const VariableShowStmt, node));
    case T_DiscardStmt:
      return Discard(*castNode(const DiscardStmt, node));
    case T_ExplainStmt:
      return Explain(*castNode(const ExplainStmt, node));
    case T_PrepareStmt:
      return Prepare(*castNode(const PrepareStmt, node));
    case T_ExecuteStmt:
      return Execute(*castNode(const ExecuteStmt, node));
    case T_DeallocateStmt:
      return Deallocate(*castNode(const DeallocateStmt, node));
    case T_DeclareCursorStmt:
      return DeclareCursor(*castNode(const DeclareCursorStmt, node));
    case T_FetchStmt:
      return Fetch(*castNode(const FetchStmt, node));
    case T_ClosePortalStmt:
      return CloseCursor(*castNode(const ClosePortalStmt, node));
    case T_VacuumStmt:
      return Vacuum(*castNode(const VacuumStmt, node));
    case T_LockStmt:
      return Lock(*castNode(const LockStmt, node));
    case T_ConstraintsSetStmt:
      return SetConstraints(*castNode(const ConstraintsSetStmt, node));
    case T_CommentStmt:
      return Comment(*castNode(const CommentStmt, node));
    case T_CreateFunctionStmt:
      return CreateFunction(*castNode(const CreateFunctionStmt, node));
    case T_AlterFunctionStmt:
      return AlterFunction(*castNode(const AlterFunctionStmt, node));
    case T_AlterOwnerStmt:
      return AlterOwner(*castNode(const AlterOwnerStmt, node));
    case T_CallStmt:
      return CallProcedure(*castNode(const CallStmt, node));
    case T_CreatedbStmt:
      return CreateDatabase(*castNode(const CreatedbStmt, node));
    case T_DropdbStmt:
      return DropDatabase(*castNode(const DropdbStmt, node));
    case T_AlterDatabaseStmt:
      return AlterDatabase(*castNode(const AlterDatabaseStmt, node));
    case T_AlterDatabaseSetStmt:
      return AlterDatabaseSetting(*castNode(const AlterDatabaseSetStmt, node));
    case T_AlterDatabaseRefreshCollStmt:
      return AlterDatabaseOf(ast::AlterDatabase::Action::kRefreshCollation,
                             castNode(const AlterDatabaseRefreshCollStmt, node)->dbname);
    case T_CheckPointStmt:
      return NewStatement<ast::Checkpoint>();
    default:
      UnsupportedCommand(UnsupportedStatementName(node));
      return nullptr;
  }
}

const ast::Statement* Translator::Nested(const Node* node) {
  Nesting nesting(*this);
  if (!nesting.ok()) return nullptr;
  return Dispatch(node);
}

}  // namespace shale::sql
