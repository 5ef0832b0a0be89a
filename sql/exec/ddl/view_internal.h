// What the DDL commands share about views, and about who depends on whom.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "catalog/view_desc.h"
#include "sql/exec/ddl/ddl_internal.h"
#include "sql/parse/ast_view.h"

namespace shale::sql::ddl {

Task<Result<std::string>> CreateView(const ast::CreateView& command, DdlContext& context);
Task<Result<std::string>> SetViewSchema(const ast::SetSchema& command, DdlContext& context);
// ALTER VIEW ... RENAME, of the view or of a column; a view as ALTER TABLE names it, too.
Task<Result<std::string>> RenameView(const ast::Rename& command, catalog::ViewRef view,
                                     DdlContext& context);
Task<Result<std::string>> CreateTableAs(const ast::CreateTableAs& command, DdlContext& context);
Task<Result<std::string>> RefreshView(const ast::RefreshView& command, DdlContext& context);
// The tables and views of DROP TABLE, DROP VIEW, DROP MATERIALIZED VIEW.
Task<Result<std::string>> DropRelations(const ast::Drop& command, DdlContext& context);

// What ALTER TABLE cannot do to a view: 42809.
Status RefuseOfView(const ast::AlterTable& command, bool materialized);

// "table t", "view s.v": with the schema where the bare name means something else.
// Also "function f(integer)".
std::string DescribeRelation(const DdlContext& context, catalog::Oid oid);

// A view or function that would be left without what it uses, a foreign key without what it refers
// to, a part of a table or domain without the function that it calls, or a relation without its
// schema.
struct Dependent {
  enum class Part : uint8_t {
    kNone,
    kDefault,
    kColumn,
    kCheck,
    kIndex,
    kDomainCheck,
    kDomain,
    kAttribute,  // of a composite type, which is `relation`
  };
  catalog::Oid relation = catalog::kInvalidOid;     // or function, or domain
  catalog::Oid foreign_key = catalog::kInvalidOid;  // one of the relation; else the relation itself
  Part part = Part::kNone;                          // or this part of the table
  catalog::Oid part_oid = catalog::kInvalidOid;     // of kCheck, kIndex and kDomainCheck
  int column = -1;                                  // of kDefault, kColumn and kAttribute
  std::string on;  // "table t", "column a of table t", "view v", "schema s"
};
// The views, functions and foreign keys of other tables that use any of the relations or functions
// (a column of one: `column`, else -1), and the views that use these, in the order in which
// PostgreSQL tells of them.
std::vector<Dependent> DependentsOf(const DdlContext& context,
                                    std::span<const catalog::Oid> relations, int column = -1);
struct SchemaContents {
  std::string schema;
  std::vector<catalog::Oid> relations;  // oldest first
};
// The relations of these schemas, and who uses them.
std::vector<Dependent> DependentsOfSchemas(const DdlContext& context,
                                           const std::vector<SchemaContents>& schemas);
// Who uses the row type of a relation but the relation itself; those of its arrays first, then the
// older (type_users.cc).
std::vector<Dependent> RowTypeUsers(const DdlContext& context, catalog::Oid relation);
// Drops a column of a locked table with all that uses it, without telling of it.
Task<Status> DropColumnQuietly(catalog::Oid table, int column, DdlContext& context);
// Drops an attribute of a composite type, which values lose.
Task<Status> DropAttribute(catalog::Oid type, int attribute, DdlContext& context);
// --- function_callers.cc: what of tables calls a function ---
std::vector<Dependent> CallersOf(const DdlContext& context, const catalog::FunctionDesc& function);
// "default value for column a of table t", "index i"
std::string DescribePart(const DdlContext& context, const Dependent& dependent);
// Of a table that is locked; no column (DropColumnQuietly), no attribute.
Status DropPart(const Dependent& dependent, DdlContext& context);

// "view v", "constraint c_p_fkey on table c"
std::string DescribeDependent(const DdlContext& context, const Dependent& dependent);
// "view v depends on table t" in lines.
std::string ListOf(const DdlContext& context, std::span<const Dependent> dependents);
// What is dropped, for who depends on it.
struct DropRequest {
  std::vector<catalog::Oid> relations;
  int column = -1;   // of the one relation
  std::string what;  // "table t", "desired object(s)"
  bool cascade = false;
};
// Drops the dependents with a notice, or refuses: 2BP01.
Task<Status> DropDependents(const DropRequest& request, DdlContext& context);
// Drops a table that is locked, with the sequences of its columns; what its foreign keys refer to
// is locked as well, for it is rid of something. 55006 where its rows wait for deferred checks.
Task<Status> DropTable(catalog::Oid oid, DdlContext& context);

// "drop cascades to view v", or how many, with the list as detail.
void NoticeCascade(const DdlContext& context, const std::vector<std::string>& dropped);

// The name without its place, for errors that PostgreSQL gives without a position.
ast::QualifiedName Unplaced(ast::QualifiedName name);
// The schema that a relation is to be made in, and that it is no system schema: 42501.
Result<catalog::SchemaRef> CreationSchema(const ast::QualifiedName& name, DdlContext& context);
// The same for what is never temporary, "types": 0A000 where a temporary schema is named.
Result<catalog::SchemaRef> LastingSchema(const ast::QualifiedName& name, std::string_view what,
                                         DdlContext& context);
// The schema that SET SCHEMA names, for something in `from`: 3F000, and 0A000 where one of the two
// is temporary.
Result<catalog::SchemaRef> TargetSchema(std::string_view name, std::string_view from,
                                        const DdlContext& context);
// Waits for locks of what the query reads, so that it stays; the view of the catalog may have
// changed then.
Task<Status> LockRelations(const std::vector<catalog::ViewRelation>& relations,
                           DdlContext& context);

}  // namespace shale::sql::ddl
