// Translator: PostgreSQL's raw parse tree to ours. One object translates the statements of one
// text.
//
// Every field that the grammar can set is either carried over or refused by name with 0A000:
// nothing that was written is passed over in silence (S1).
//
// Errors are sticky: Fail() notes the first one, translation goes on with null parts, and
// Translate() then answers with an ast::Invalid in place of the half-made tree. That keeps the
// functions below free of error plumbing; they only must not look into what they got back.
//
// The functions live in one translate_*.cc per kind of statement.
#pragma once

#include <fmt/core.h>

#include <initializer_list>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/base/arena.h"
#include "engine/base/status.h"
#include "sql/parse/ast_cursor.h"
#include "sql/parse/ast_database.h"
#include "sql/parse/ast_ddl.h"
#include "sql/parse/ast_dml.h"
#include "sql/parse/ast_expr.h"
#include "sql/parse/ast_function.h"
#include "sql/parse/ast_index.h"
#include "sql/parse/ast_merge.h"
#include "sql/parse/ast_select.h"
#include "sql/parse/ast_utility.h"
#include "sql/parse/ast_view.h"
#include "sql/parse/postgres_nodes.h"

namespace shale::sql {

class Translator {
 public:
  // All must outlive the translator; the trees go into the arena. database: as of Parse.
  Translator(std::string_view text, std::string_view database, Arena& arena)
      : text_(text), database_(database), arena_(arena) {}

  // Never null. An ast::Invalid where the statement is not supported or contradicts itself.
  const ast::Statement* Translate(const RawStmt& raw);

  // The highest $n met since the last call of this.
  int32_t TakeParameterCount() { return std::exchange(parameter_count_, 0); }

 private:
  // --- helpers (translator.cc) ---

  // Counts the nesting of what recurses; false beyond kMaxNestingDepth, having failed.
  class Nesting {
   public:
    explicit Nesting(Translator& translator);
    ~Nesting() { --translator_.depth_; }
    bool ok() const { return ok_; }

   private:
    Translator& translator_;
    bool ok_;
  };

  bool failed() const { return failed_; }
  void FailAt(ast::Location location, SqlState sqlstate, std::string_view message,
              std::string_view detail = {}, std::string_view hint = {});
  template <typename... Args>
  void Fail(ast::Location location, SqlState sqlstate, fmt::format_string<Args...> format,
            Args&&... args) {
    if (!failed_) {
      FailAt(location, sqlstate, fmt::format(format, std::forward<Args>(args)...));
    }
  }
  // 0A000 "<features> are not supported": the feature in the plural, or a whole sentence's subject.
  void Unsupported(std::string_view features, ast::Location location = ast::kNoLocation);
  // 0A000 "<command> is not supported".
  void UnsupportedCommand(std::string_view command, ast::Location location = ast::kNoLocation);

  template <typename T>
  T* New() {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (arena_.Allocate(sizeof(T), alignof(T))) T();
  }
  template <typename T>
  T* NewExpr(ast::Location location) {
    T* expr = New<T>();
    expr->kind = T::kKind;
    expr->location = location;
    return expr;
  }
  template <typename T>
  T* NewStatement() {
    T* statement = New<T>();
    statement->kind = T::kKind;
    statement->location = statement_location_;
    return statement;
  }
  std::string_view Copy(const char* text) {
    return text != nullptr ? arena_.Copy(text) : std::string_view();
  }
  // One element of the result for each of the list.
  template <typename T, typename Element, typename Function>
  ast::List<T> Map(const List* list, Function&& function) {
    size_t size = ListSize(list);
    if (size == 0) return {};
    T* elements = arena_.AllocateArray<T>(size);
    for (size_t i = 0; i < size; ++i) {
      new (&elements[i]) T(function(*ListAt<Element>(list, i)));
    }
    return {elements, size};
  }
  template <typename T>
  ast::List<T> CopyList(std::initializer_list<T> items) {
    return CopyList(ast::List<T>(items.begin(), items.size()));
  }
  template <typename T>
  ast::List<T> CopyList(ast::List<T> items) {
    T* elements = arena_.AllocateArray<T>(items.size());
    std::uninitialized_copy(items.begin(), items.end(), elements);
    return {elements, items.size()};
  }

  // --- names and types (translate_name.cc) ---
  ast::QualifiedName Name(const RangeVar& range_var);
  ast::QualifiedName Name(const List* strings, ast::Location location);
  // Of a type or function, of which errors tell otherwise.
  ast::QualifiedName NameOfOther(const List* strings, ast::Location location);
  ast::QualifiedName NameOf(const List* strings, ast::Location location);
  // Takes the database from a name, or refuses it: `shown` is how the error has it.
  void LeaveDatabase(ast::QualifiedName* name, std::string_view shown);
  ast::List<std::string_view> Strings(const List* strings);
  // Of a list of String nodes, which have no place of their own.
  ast::List<ast::Name> NamesOf(const List* strings);
  const ast::TypeName* Type(const TypeName* type);
  // The table of a statement that takes neither alias nor ONLY.
  ast::QualifiedName PlainTable(const RangeVar& range_var);

  // --- option lists (translate_option.cc) ---
  std::string_view OptionText(const DefElem& option);  // defGetString
  bool OptionBool(const DefElem& option);              // defGetBoolean
  int64_t OptionInt64(const DefElem& option);          // defGetInt64
  void ConflictingOption(const DefElem& option);
  ast::List<ast::StorageOption> StorageOptions(const List* options);

  // --- expressions (translate_expr.cc, translate_operator.cc, translate_call.cc) ---
  const ast::Expr* Expr(const Node* node);  // null of null
  const ast::Expr* Expr(const void* node) { return Expr(static_cast<const Node*>(node)); }
  ast::List<const ast::Expr*> Exprs(const List* list);
  const ast::Expr* Constant(const A_Const& constant);
  const ast::Expr* Cast(const TypeCast& cast);
  const ast::Expr* Column(const ColumnRef& column);
  const ast::Expr* Indirection(const A_Indirection& indirection);
  const ast::Expr* Case(const CaseExpr& expr);
  const ast::Expr* SubLinkExpr(const SubLink& link);
  const ast::Expr* SqlValue(const SQLValueFunction& function);
  const ast::Expr* Operator(const A_Expr& expr);
  const ast::Expr* Like(const A_Expr& expr);
  const ast::Expr* Between(const A_Expr& expr);
  const ast::Expr* Call(const FuncCall& call);
  ast::List<std::string_view> ArgumentNames(const FuncCall& call,
                                            const ast::List<const ast::Expr*>& arguments);
  ast::SortItem Sort(const SortBy& sort);
  // translate_window.cc
  ast::Window WindowOf(const WindowDef& window);
  const ast::Expr* GroupingSetOf(const GroupingSet& set);

  // --- SELECT (translate_select.cc, translate_table_ref.cc) ---
  const ast::Select* Select(const SelectStmt& select);
  const ast::Select* SelectNode(const Node* node);  // of one known to be a SelectStmt
  const ast::Statement* TopLevelSelect(const SelectStmt& select);
  ast::List<ast::Target> Targets(const List* targets);
  ast::LockingClause Locking(const LockingClause& clause);
  const ast::WithClause* With(const WithClause* with);
  const ast::TableRef* TableReference(const Node* node);
  const ast::TableRef* FunctionReference(const RangeFunction& function);
  ast::List<ast::RecordColumn> RecordColumns(const List* definitions);
  const ast::TableRef* JoinReference(const JoinExpr& join);
  const ast::TableName* Table(const RangeVar& range_var);
  ast::Alias AliasOf(const Alias* alias);
  ast::List<const ast::TableRef*> TableReferences(const List* list);

  // --- changes (translate_insert.cc, translate_update.cc, translate_copy.cc) ---
  const ast::Statement* Insert(const InsertStmt& insert);
  const ast::OnConflict* Conflict(const OnConflictClause& clause);
  const ast::Statement* Update(const UpdateStmt& update);
  const ast::Statement* Delete(const DeleteStmt& statement);
  ast::List<ast::Assignment> Assignments(const List* targets);
  ast::List<const ast::SubscriptExpr*> Subscripts(const List* indirection, int location);
  const ast::Statement* Merge(const MergeStmt& merge);
  ast::MergeWhen MergeWhen(const MergeWhenClause& clause);
  static ast::Insert::Overriding OverridingOf(OverridingKind kind);
  const ast::Statement* Truncate(const TruncateStmt& truncate);
  const ast::Statement* Copy(const CopyStmt& copy);
  struct CopyGiven;
  ast::CopyOptions CopyOptionsOf(const CopyStmt& copy);
  bool HeaderOption(const DefElem& option);
  void CheckCopyOptions(const ast::CopyOptions& options, const CopyGiven& given, bool from);
  // A statement in which others nest: of EXPLAIN, PREPARE, COPY, CREATE TABLE AS.
  const ast::Statement* Nested(const Node* node);

  // --- definitions (translate_create_table.cc, translate_alter_table.cc, translate_object.cc,
  //     translate_sequence.cc) ---
  const ast::Statement* CreateTable(const CreateStmt& create);
  const ast::Statement* CreateTableAs(const CreateTableAsStmt& create);
  const ast::Statement* CreateTableInto(const IntoClause& into, const ast::Statement* query);
  // Of a relation that is made.
  static bool IsTemporary(const RangeVar& relation);
  static bool IsUnlogged(const RangeVar& relation);
  ast::ColumnDefinition ColumnDefinitionOf(const ColumnDef& column);
  bool CarriesConstraint(const Constraint& constraint);
  ast::Constraint ConstraintOf(const Constraint& constraint);
  // translate_constraint.cc
  ast::Constraint ForeignKey(const Constraint& constraint);
  struct ConstraintTiming {
    bool takes_timing = false;  // the constraint before is one that may be deferrable
    bool saw_deferrable = false;
    bool saw_initially = false;
  };
  // [NOT] DEFERRABLE and INITIALLY of a column's constraint, which the grammar gives as constraints
  // of their own behind it.
  void Time(const Constraint& constraint, ast::Constraint* before, ConstraintTiming* timing);
  ast::AlterTableAction AlterConstraint(const Constraint& constraint);
  const ast::Statement* SetConstraints(const ConstraintsSetStmt& set);
  const ast::Statement* AlterTable(const AlterTableStmt& alter);
  ast::AlterTableAction Action(const AlterTableCmd& command);
  void SetIdentity(const List& options, ast::AlterTableAction* action);
  const ast::Statement* SetSchema(const AlterObjectSchemaStmt& alter);
  const ast::Statement* Rename(const RenameStmt& rename);
  const ast::Statement* Drop(const DropStmt& drop);
  const ast::Statement* CreateSchema(const CreateSchemaStmt& create);
  // translate_type.cc
  const ast::Statement* CreateEnum(const CreateEnumStmt& create);
  const ast::Statement* AlterEnum(const AlterEnumStmt& alter);
  const ast::Statement* CreateDomain(const CreateDomainStmt& create);
  const ast::Statement* AlterDomain(const AlterDomainStmt& alter);
  // Null where a domain cannot have such.
  const ast::Constraint* DomainConstraint(const Constraint& constraint);
  const ast::Statement* CreateComposite(const CompositeTypeStmt& create);
  const ast::Statement* AlterComposite(const AlterTableStmt& alter);
  const ast::Statement* Comment(const CommentStmt& comment);
  const ast::Statement* CreateSequence(const CreateSeqStmt& create);
  const ast::Statement* AlterSequence(const AlterSeqStmt& alter);
  ast::SequenceOptions SequenceOptionsOf(const List* options);
  // translate_index.cc
  const ast::Statement* CreateIndex(const IndexStmt& create);
  const ast::Statement* Reindex(const ReindexStmt& reindex);
  ast::IndexElement IndexElementOf(const IndexElem& element, ast::Location location);

  // translate_database.cc
  const ast::Statement* CreateDatabase(const CreatedbStmt& create);
  const ast::Statement* DropDatabase(const DropdbStmt& drop);
  const ast::Statement* AlterDatabase(const AlterDatabaseStmt& alter);
  const ast::Statement* AlterDatabaseSetting(const AlterDatabaseSetStmt& alter);
  ast::AlterDatabase* AlterDatabaseOf(ast::AlterDatabase::Action action, const char* name);
  bool CommonDatabaseOption(const DefElem& option, ast::DatabaseOptions* options);
  int32_t ConnectionLimit(const DefElem& option);
  std::string_view CheckedEncoding(const DefElem& option);

  // translate_view.cc
  const ast::Statement* CreateView(const ViewStmt& create);
  void ViewOption(const DefElem& option, ast::CreateView& view);
  const ast::Statement* RefreshView(const RefreshMatViewStmt& refresh);

  // translate_function.cc
  const ast::Statement* CreateFunction(const CreateFunctionStmt& create);
  void SqlBody(const Node* body, ast::CreateFunction* result);
  const ast::Statement* BodyStatement(const Node* node);
  ast::FunctionParameter Parameter(const FunctionParameter& parameter);
  void FunctionOption(const DefElem& option, bool is_procedure, ast::FunctionOptions& options);
  ast::RoutineName Routine(const ObjectWithArgs& object);
  const ast::Statement* DropFunction(const DropStmt& drop);
  const ast::Statement* AlterFunction(const AlterFunctionStmt& alter);
  const ast::Statement* AlterOwner(const AlterOwnerStmt& alter);
  // Null where the object is no function or procedure.
  const ast::Statement* AlterRoutine(ObjectType type, const Node* object,
                                     ast::AlterFunction::Action action, const char* target);
  const ast::Statement* CallProcedure(const CallStmt& call);

  // --- utilities (translate_transaction.cc, translate_setting.cc, translate_explain.cc,
  //     translate_prepared.cc, translate_vacuum.cc) ---
  const ast::Statement* Transaction(const TransactionStmt& transaction);
  ast::TransactionModes Modes(const List* options);
  const ast::Statement* SetVariable(const VariableSetStmt& set);
  ast::SettingValue SettingValueOf(const Node& node);
  const ast::Statement* ShowVariable(const VariableShowStmt& show);
  const ast::Statement* Discard(const DiscardStmt& discard);
  const ast::Statement* Explain(const ExplainStmt& explain);
  const ast::Statement* Prepare(const PrepareStmt& prepare);
  const ast::Statement* Execute(const ExecuteStmt& execute);
  const ast::Statement* Deallocate(const DeallocateStmt& deallocate);
  // translate_cursor.cc
  const ast::Statement* DeclareCursor(const DeclareCursorStmt& declare);
  const ast::Statement* Fetch(const FetchStmt& fetch);
  const ast::Statement* CloseCursor(const ClosePortalStmt& close);
  const ast::Expr* CurrentOf(const CurrentOfExpr& current);
  const ast::Statement* Vacuum(const VacuumStmt& vacuum);
  const ast::Statement* Lock(const LockStmt& lock);

  const ast::Statement* Dispatch(const Node* node);

  std::string_view text_;
  std::string_view database_;
  Arena& arena_;
  ast::Location statement_location_ = 0;
  int32_t parameter_count_ = 0;
  int depth_ = 0;
  bool failed_ = false;
  ast::Invalid* failure_ = nullptr;
};

// The role's name as it was written: a name, or "current_user" and its kin.
std::string_view RoleText(const RoleSpec& role);
// "CREATE VIEW" of a statement's tag in the raw tree, for those that Shale does not have.
std::string_view UnsupportedStatementName(const Node* node);

}  // namespace shale::sql
