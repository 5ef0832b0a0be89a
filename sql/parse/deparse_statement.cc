// Which function writes which statement, and the statements of one line.
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"

namespace shale::sql {

void Deparser::Statement(const ast::Statement& statement) {
  using Kind = ast::StatementKind;
  switch (statement.kind) {
    case Kind::kSelect:
      return Select(ast::As<ast::Select>(statement));
    case Kind::kInsert:
      return Insert(ast::As<ast::Insert>(statement));
    case Kind::kUpdate:
      return Update(ast::As<ast::Update>(statement));
    case Kind::kDelete:
      return Delete(ast::As<ast::Delete>(statement));
    case Kind::kMerge:
      return Merge(ast::As<ast::Merge>(statement));
    case Kind::kTruncate:
      return Truncate(ast::As<ast::Truncate>(statement));
    case Kind::kCopy:
      return Copy(ast::As<ast::Copy>(statement));
    case Kind::kCreateTable:
      return CreateTable(ast::As<ast::CreateTable>(statement));
    case Kind::kCreateTableAs:
      return CreateTableAs(ast::As<ast::CreateTableAs>(statement));
    case Kind::kAlterTable:
      return AlterTable(ast::As<ast::AlterTable>(statement));
    case Kind::kRename:
      return Rename(ast::As<ast::Rename>(statement));
    case Kind::kSetSchema:
      return SetSchema(ast::As<ast::SetSchema>(statement));
    case Kind::kDrop:
      return Drop(ast::As<ast::Drop>(statement));
    case Kind::kCreateIndex:
      return CreateIndex(ast::As<ast::CreateIndex>(statement));
    case Kind::kReindex:
      return Reindex(ast::As<ast::Reindex>(statement));
    case Kind::kCreateSchema:
      return CreateSchema(ast::As<ast::CreateSchema>(statement));
    case Kind::kCreateSequence: {
      const auto& create = ast::As<ast::CreateSequence>(statement);
      Add("CREATE {}{}SEQUENCE {}", create.temporary ? "TEMPORARY " : "",
          create.unlogged ? "UNLOGGED " : "", create.if_not_exists ? "IF NOT EXISTS " : "");
      Name(create.name);
      return Sequence(create.options);
    }
    case Kind::kAlterSequence: {
      const auto& alter = ast::As<ast::AlterSequence>(statement);
      Add(alter.if_exists ? "ALTER SEQUENCE IF EXISTS " : "ALTER SEQUENCE ");
      Name(alter.name);
      return Sequence(alter.options);
    }
    case Kind::kCreateEnum:
      return CreateEnum(ast::As<ast::CreateEnum>(statement));
    case Kind::kAlterEnum:
      return AlterEnum(ast::As<ast::AlterEnum>(statement));
    case Kind::kCreateDomain:
      return CreateDomain(ast::As<ast::CreateDomain>(statement));
    case Kind::kAlterDomain:
      return AlterDomain(ast::As<ast::AlterDomain>(statement));
    case Kind::kCreateComposite:
      return CreateComposite(ast::As<ast::CreateComposite>(statement));
    case Kind::kAlterComposite:
      return AlterComposite(ast::As<ast::AlterComposite>(statement));
    case Kind::kAlterTypeOwner:
      return AlterTypeOwner(ast::As<ast::AlterTypeOwner>(statement));
    case Kind::kTransaction:
      return Transaction(ast::As<ast::Transaction>(statement));
    case Kind::kSetVariable:
      return SetVariable(ast::As<ast::SetVariable>(statement));
    case Kind::kShowVariable: {
      std::string_view name = ast::As<ast::ShowVariable>(statement).name;
      return name == "all" ? Add("SHOW ALL") : Add("SHOW {}", QuoteIdentifier(name));
    }
    case Kind::kDiscard:
      return Discard(ast::As<ast::Discard>(statement));
    case Kind::kExplain:
      return Explain(ast::As<ast::Explain>(statement));
    case Kind::kPrepare:
      return Prepare(ast::As<ast::Prepare>(statement));
    case Kind::kExecute:
      return Execute(ast::As<ast::Execute>(statement));
    case Kind::kDeallocate: {
      std::string_view name = ast::As<ast::Deallocate>(statement).name;
      return name.empty() ? Add("DEALLOCATE ALL") : Add("DEALLOCATE {}", QuoteIdentifier(name));
    }
    case Kind::kDeclareCursor:
      return DeclareCursor(ast::As<ast::DeclareCursor>(statement));
    case Kind::kFetch:
      return Fetch(ast::As<ast::Fetch>(statement));
    case Kind::kCloseCursor:
      return CloseCursor(ast::As<ast::CloseCursor>(statement));
    case Kind::kVacuum:
      return Vacuum(ast::As<ast::Vacuum>(statement));
    case Kind::kLock:
      return Lock(ast::As<ast::Lock>(statement));
    case Kind::kCreateView:
      return CreateView(ast::As<ast::CreateView>(statement));
    case Kind::kRefreshView:
      return RefreshView(ast::As<ast::RefreshView>(statement));
    case Kind::kCheckpoint:
      return Add("CHECKPOINT");
    case Kind::kSetConstraints: {
      const auto& set = ast::As<ast::SetConstraints>(statement);
      Add("SET CONSTRAINTS ");
      if (set.names.empty()) Add("ALL");
      Tables(set.names);
      return Add(set.deferred ? " DEFERRED" : " IMMEDIATE");
    }
    case Kind::kComment:
      return Comment(ast::As<ast::Comment>(statement));
    case Kind::kCreateFunction:
      return CreateFunction(ast::As<ast::CreateFunction>(statement));
    case Kind::kAlterFunction:
      return AlterFunction(ast::As<ast::AlterFunction>(statement));
    case Kind::kDropFunction:
      return DropFunction(ast::As<ast::DropFunction>(statement));
    case Kind::kCall:
      Add("CALL ");
      return Expr(*ast::As<ast::Call>(statement).call);
    case Kind::kCreateDatabase:
      return CreateDatabase(ast::As<ast::CreateDatabase>(statement));
    case Kind::kAlterDatabase:
      return AlterDatabase(ast::As<ast::AlterDatabase>(statement));
    case Kind::kDropDatabase:
      return DropDatabase(ast::As<ast::DropDatabase>(statement));
    case Kind::kInvalid: {
      const auto& invalid = ast::As<ast::Invalid>(statement);
      return Add("ERROR {}: {} (position {})", invalid.sqlstate.code, invalid.message,
                 invalid.position);
    }
  }
}

}  // namespace shale::sql
