// The binder: syntax trees to bound statements: names, types, coercions and PostgreSQL's checks.
//
// Works on one immutable catalog snapshot, takes no locks and reads no rows. Errors carry SQLSTATE
// and the character position in the statement's text. Not thread-safe; one per statement.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/snapshot.h"
#include "sql/bind/bound_statement.h"
#include "sql/parse/ast.h"
#include "sql/parse/ast_dml.h"
#include "sql/parse/ast_select.h"

namespace shale::sql {

// A relation's name as it was looked up, and the relation it meant: what was bound stands while the
// name means the same.
struct NameUse {
  std::string schema;  // empty: by the search path
  std::string name;
  catalog::Oid oid = catalog::kInvalidOid;
};

struct BindContext {
  const catalog::CatalogSnapshot* catalog = nullptr;
  // Schemas in the order they are searched; where not named in it the session's temporary one
  // first, then pg_catalog.
  std::vector<catalog::Oid> search_path;
  // What pg_temp means; kInvalidOid: the session has none.
  catalog::Oid temporary_schema = catalog::kInvalidOid;
  const catalog::FormatSettings* settings = nullptr;
  // The text that AST positions refer to.
  std::string_view source;
  // Types given for $1 ...; 0: to be inferred.
  std::vector<catalog::Oid> parameter_types;
  // Gathers the names that are looked up; may be null.
  std::vector<NameUse>* name_uses = nullptr;
  // Of a view's text: what the relations' names in it mean, before all schemas; else null.
  const catalog::ViewDesc* view = nullptr;
  // Of a function's body: whose arguments its names may mean; else null. Then parameter_types are
  // those of its inputs.
  const catalog::FunctionDesc* routine = nullptr;
  // Gathers the functions in SQL that are called, under the names written; may be null.
  std::vector<catalog::ViewFunction>* function_uses = nullptr;
  // Of a domain's check: the type of VALUE; else null.
  const catalog::Type* domain_value = nullptr;
  int first_outer_slot = 0;  // of what becomes part of another statement
};

// SELECT, VALUES, INSERT, UPDATE, DELETE. 0A000 for what is not bound yet.
Result<BoundStatement> Bind(const BindContext& context, const ast::Statement& statement);

// The schema of the name, or the session's own as pg_temp; null: there is none.
catalog::SchemaRef FindSchema(const BindContext& context, std::string_view name);
// A relation of the name by search_path: 42P01 "relation "x" does not exist", 3F000, 42809 for a
// sequence where a table is asked for. 0A000 for another session's temporary one.
Result<catalog::TableRef> ResolveTable(const BindContext& context, const ast::QualifiedName& name);
// All names still mean what they did.
bool StillMean(const BindContext& context, const std::vector<NameUse>& uses);
// Null where it does not exist (IF EXISTS); a virtual table is 42809 or 42501, as the caller words
// it.
catalog::TableRef FindTable(const BindContext& context, const ast::QualifiedName& name);
catalog::SequenceRef FindSequence(const BindContext& context, const ast::QualifiedName& name);
// Not of a materialized one, which is a table.
catalog::ViewRef FindView(const BindContext& context, const ast::QualifiedName& name);
// An index by its name; of a primary key, which is its table, no description.
struct FoundIndex {
  catalog::TableRef table;
  catalog::IndexRef index;  // null: the primary key
};
std::optional<FoundIndex> FindIndex(const BindContext& context, const ast::QualifiedName& name);
// 42P01, 42809 "\"t\" is not an index".
Result<FoundIndex> ResolveIndex(const BindContext& context, const ast::QualifiedName& name);
// What CREATE VIEW finds out of its query: the columns, the text as it is to be kept, what the
// names in it mean, and what it uses. 42P16, 42601 and others as PostgreSQL checks.
struct ViewParts {
  std::vector<catalog::ViewColumn> columns;
  std::string query;
  std::vector<catalog::ViewRelation> relations;
  std::vector<catalog::ViewFunction> functions;
  std::vector<catalog::ViewUse> uses;
};
Result<ViewParts> DescribeView(const BindContext& context, const ast::Statement& query,
                               ast::List<std::string_view> column_names);
// What CREATE FUNCTION finds out of a body in SQL's own form: what its names mean and what it uses.
// The function is described but for that. 42P13 where it does not give what the function returns.
Result<catalog::ViewDesc> DescribeBody(const BindContext& context,
                                       const catalog::FunctionDesc& function,
                                       ast::List<const ast::Statement*> statements);
// The query of a view, bound anew.
Result<BoundStatement> BindViewQuery(const BindContext& context, const catalog::ViewDesc& view);
// 0A000 where WITH CHECK OPTION does not go with the view.
Status CheckUpdatable(const BindContext& context, const catalog::ViewDesc& view);
// The schema that CREATE without a schema name goes to, or the named one: 3F000.
Result<catalog::SchemaRef> ResolveCreationSchema(const BindContext& context,
                                                 const ast::QualifiedName& name);
// 42704 "type "x" does not exist"; serial types are the caller's business.
Result<catalog::Type> BindTypeName(const BindContext& context, const ast::TypeName& type_name);
// An expression without columns (defaults), cast for assignment to the type where one is given.
Result<ExprPtr> BindScalar(const BindContext& context, const ast::Expr& expr,
                           const catalog::Type* type);
// The same of an argument of EXECUTE.
Result<ExprPtr> BindArgument(const BindContext& context, const ast::Expr& expr, catalog::Type type);
// The column's default as stored (SQL text), bound and cast; NULL where there is none.
Result<ExprPtr> BindDefault(const BindContext& context, const catalog::TableDesc& table,
                            int column);
// What computes the generated columns, over the table's columns (relation 0), one per position,
// null of those that are not; none where no column is.
Result<std::vector<ExprPtr>> BindGenerated(const BindContext& context, catalog::TableRef table);
// One that is being made, as it was written: 42P17 and more.
Result<ExprPtr> BindGeneratedColumn(const BindContext& context, catalog::TableRef table, int column,
                                    const ast::Expr& expr);
// The new value of a column whose type changes, over the table's columns (relation 0): expr, or the
// column itself where it is null, cast for assignment. 42804 as ALTER TABLE words it.
Result<ExprPtr> BindTransform(const BindContext& context, catalog::TableRef table, int column,
                              catalog::Type type, const ast::Expr* expr);
// A condition over one table's columns (relation 0): COPY ... WHERE.
Result<ExprPtr> BindTableExpr(const BindContext& context, catalog::TableRef table,
                              const ast::Expr& expr);
// The condition of a CHECK constraint, over the columns of its table (slots are positions). 0A000
// for functions that wait, or take values of sequences.
Result<ExprPtr> BindCheck(const BindContext& context, catalog::TableRef table,
                          const ast::Expr& expr);

// The condition of a domain's check, over VALUE, a value of the type that the domain is over: a
// column in slot 0. Likewise.
Result<ExprPtr> BindDomainCheck(const BindContext& context, catalog::Type value,
                                const ast::Expr& expr);

}  // namespace shale::sql
