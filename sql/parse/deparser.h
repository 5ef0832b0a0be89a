// Deparser: the one object behind deparse.h. Appends to one string; its functions are spread over
// deparse_*.cc by kind.
#pragma once

#include <fmt/format.h>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "sql/parse/ast_cursor.h"
#include "sql/parse/ast_database.h"
#include "sql/parse/ast_ddl.h"
#include "sql/parse/ast_dml.h"
#include "sql/parse/ast_expr.h"
#include "sql/parse/ast_function.h"
#include "sql/parse/ast_index.h"
#include "sql/parse/ast_merge.h"
#include "sql/parse/ast_select.h"
#include "sql/parse/ast_type.h"
#include "sql/parse/ast_utility.h"
#include "sql/parse/ast_view.h"
#include "sql/parse/ast_window.h"

namespace shale::sql {

class Deparser {
 public:
  enum class ColumnNames : uint8_t { kAsWritten, kUnqualified };
  explicit Deparser(ColumnNames columns = ColumnNames::kAsWritten) : columns_(columns) {}

  // deparse_expr.cc
  void Expr(const ast::Expr& expr);
  void Type(const ast::TypeName& type);
  // deparse_select.cc
  void Select(const ast::Select& select);
  // deparse_window.cc
  void WindowDefinition(const ast::Window& window);
  // deparse_statement.cc
  void Statement(const ast::Statement& statement);

  std::string Take() && { return std::move(text_); }

 private:
  void Add(std::string_view text) { text_ += text; }
  template <typename... Args>
  void Add(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
  }
  // function of each, with ", " between.
  template <typename Items, typename Function>
  void Commas(const Items& items, Function&& function) {
    bool first = true;
    for (const auto& item : items) {
      if (!first) Add(", ");
      first = false;
      function(item);
    }
  }

  // deparse_name.cc
  void Identifier(std::string_view name);
  void Name(const ast::QualifiedName& name);
  void Operator(std::string_view schema, std::string_view name);
  void Identifiers(ast::List<std::string_view> names);
  void Names(ast::List<ast::Name> names);
  void Tables(ast::List<ast::QualifiedName> names);

  // deparse_expr.cc
  void Exprs(ast::List<const ast::Expr*> exprs);
  void Literal(const ast::Literal& literal);
  void Column(const ast::ColumnRef& column);
  void OperatorCall(const ast::OperatorExpr& expr);
  void Bool(const ast::BoolExpr& expr);
  void Like(const ast::LikeExpr& expr);
  void Case(const ast::CaseExpr& expr);
  void Call(const ast::FunctionCall& call);
  void SqlValue(const ast::SqlValue& value);
  // deparse_window.cc
  void FrameBound(ast::FrameBound bound, const ast::Expr* offset);
  void GroupingSet(const ast::GroupingSet& set);
  void GroupItems(ast::List<const ast::Expr*> items);
  void Subquery(const ast::Subquery& subquery);

  // deparse_select.cc
  void With(const ast::WithClause* with);
  void Constant(const ast::Expr& value);
  void Targets(ast::List<ast::Target> targets);
  void TableRef(const ast::TableRef& table_ref);
  void TableFunction(const ast::TableFunction& function);
  void RecordColumns(ast::List<ast::RecordColumn> columns);
  void Alias(const ast::Alias& alias);
  void Join(const ast::Join& join);
  void From(std::string_view keyword, ast::List<const ast::TableRef*> items);
  void Where(std::string_view keyword, const ast::Expr* condition);
  void OrderBy(ast::List<ast::SortItem> items);
  void Returning(ast::List<ast::Target> targets);

  // deparse_dml.cc
  void Insert(const ast::Insert& insert);
  void Update(const ast::Update& update);
  void Delete(const ast::Delete& statement);
  void Assignments(ast::List<ast::Assignment> assignments);
  void SubscriptStep(const ast::SubscriptExpr& subscript);  // [1], [2:3]
  // deparse_merge.cc
  void Merge(const ast::Merge& merge);
  void MergeWhen(const ast::MergeWhen& when);
  void Truncate(const ast::Truncate& truncate);
  void Copy(const ast::Copy& copy);

  // deparse_ddl.cc
  void CreateTable(const ast::CreateTable& create);
  void TableLike(const ast::TableLike& like);
  void CreateTableAs(const ast::CreateTableAs& create);
  void ColumnDefinition(const ast::ColumnDefinition& column);
  void Constraint(const ast::Constraint& constraint);
  void ForeignKey(const ast::Constraint& constraint);
  void Timing(const ast::Constraint& constraint);
  // deparse_index.cc
  void UniqueConstraint(const ast::Constraint& constraint);
  void IndexElements(ast::List<ast::IndexElement> elements);
  void CreateIndex(const ast::CreateIndex& create);
  void Reindex(const ast::Reindex& reindex);
  void Storage(ast::List<ast::StorageOption> options);
  // set: what stands before each option but RESTART.
  void Sequence(const ast::SequenceOptions& options, std::string_view set = {});
  void AlterTable(const ast::AlterTable& alter);
  void AlterTableAction(const ast::AlterTableAction& action);
  void SetSchema(const ast::SetSchema& set);
  void Rename(const ast::Rename& rename);
  void CreateEnum(const ast::CreateEnum& create);
  void CreateDomain(const ast::CreateDomain& create);
  void AlterDomain(const ast::AlterDomain& alter);
  void CreateComposite(const ast::CreateComposite& create);
  void AlterComposite(const ast::AlterComposite& alter);
  void AlterTypeOwner(const ast::AlterTypeOwner& alter);
  void AlterEnum(const ast::AlterEnum& alter);
  void Drop(const ast::Drop& drop);
  void CreateSchema(const ast::CreateSchema& create);
  void Comment(const ast::Comment& comment);
  // deparse_view.cc
  void CreateView(const ast::CreateView& create);
  void RefreshView(const ast::RefreshView& refresh);
  // deparse_function.cc
  void FunctionParameter(const ast::FunctionParameter& parameter);
  void FunctionOptions(const ast::FunctionOptions& options);
  void CreateFunction(const ast::CreateFunction& create);
  void Routine(const ast::RoutineName& routine);
  void DropFunction(const ast::DropFunction& drop);
  void AlterFunction(const ast::AlterFunction& alter);

  // deparse_database.cc
  void DatabaseOptions(const ast::DatabaseOptions& options);
  void CreateDatabase(const ast::CreateDatabase& create);
  void DropDatabase(const ast::DropDatabase& drop);
  void AlterDatabase(const ast::AlterDatabase& alter);

  // deparse_utility.cc
  void Transaction(const ast::Transaction& transaction);
  void Modes(const ast::TransactionModes& modes);
  void SetVariable(const ast::SetVariable& set);
  void Discard(const ast::Discard& discard);
  void Explain(const ast::Explain& explain);
  void Prepare(const ast::Prepare& prepare);
  void Execute(const ast::Execute& execute);
  // deparse_cursor.cc
  void DeclareCursor(const ast::DeclareCursor& declare);
  void Fetch(const ast::Fetch& fetch);
  void CloseCursor(const ast::CloseCursor& close);
  void Vacuum(const ast::Vacuum& vacuum);
  void Lock(const ast::Lock& lock);

  const ColumnNames columns_;
  std::string text_;
};

}  // namespace shale::sql
