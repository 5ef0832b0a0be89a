// What the DDL commands share about users' types.
#pragma once

#include <set>
#include <string>

#include "catalog/types/record_change.h"
#include "catalog/types/user_type.h"
#include "sql/exec/ddl/ddl_internal.h"
#include "sql/parse/ast_type.h"

namespace shale::sql::ddl {

Task<Result<std::string>> CreateEnum(const ast::CreateEnum& command, DdlContext& context);
Task<Result<std::string>> AlterEnum(const ast::AlterEnum& command, DdlContext& context);
// domains.cc
Task<Result<std::string>> CreateDomain(const ast::CreateDomain& command, DdlContext& context);
Task<Result<std::string>> AlterDomain(const ast::AlterDomain& command, DdlContext& context);
Task<Result<std::string>> RenameDomainConstraint(const ast::Rename& command, DdlContext& context);
// 42809 where the name means a type that is no domain: as ALTER says it, and as DROP and COMMENT
// do.
Status CheckIsDomain(const ast::QualifiedName& name, const DdlContext& context);
Status CheckNamesDomain(const ast::QualifiedName& name, const DdlContext& context);
// 42704.
Result<catalog::Oid> FindDomainConstraint(const catalog::TypeDesc& domain, std::string_view name);
// composites.cc
Task<Result<std::string>> CreateComposite(const ast::CreateComposite& command, DdlContext& context);
Task<Result<std::string>> AlterComposite(const ast::AlterComposite& command, DdlContext& context);
Task<Result<std::string>> RenameAttribute(const ast::Rename& command, DdlContext& context);
Task<Result<std::string>> AlterTypeOwner(const ast::AlterTypeOwner& command, DdlContext& context);
// ALTER TYPE ... RENAME TO, ALTER TYPE ... SET SCHEMA, and of domains; the type of arrays goes
// along.
Task<Result<std::string>> RenameType(const ast::Rename& command, DdlContext& context);
Task<Result<std::string>> SetTypeSchema(const ast::SetSchema& command, DdlContext& context);
Task<Result<std::string>> DropTypes(const ast::Drop& command, DdlContext& context);

// Names a type that is made, gives it its OIDs, and locks its name: 42710. kind: "types", for
// errors.
Task<Status> PlaceType(const ast::QualifiedName& name, std::string_view kind,
                       catalog::TypeDesc* type, DdlContext& context);
// As it was written.
std::string WrittenTypeName(const ast::QualifiedName& name);
// What the name means; kInvalidOid: nothing. Built-in types go by their names in pg_type here,
// int4.
catalog::Oid NamedType(const ast::QualifiedName& name, const DdlContext& context);
// The type that the name means, locked in the mode, under which it is looked up again. Errors have
// no position: 42704, 3F000; 42809 of a type that is no user's, or of arrays.
Task<Result<catalog::TypeRef>> LockTypeByName(DdlContext& context, const ast::QualifiedName& name,
                                              engine::LockMode mode);

// For a description that has the types in it: nobody drops them before this transaction ends. 42704
// where somebody has.
Task<Status> UseTypes(std::set<catalog::Oid> types, DdlContext& context);
Task<Status> UseType(catalog::Type type, DdlContext& context);
// A table or view is a type as well: 42710 where a type of the name is in the way. One of arrays
// gives way.
Status ClaimTypeName(catalog::Oid schema, std::string_view name, DdlContext& context);
// The same of one that comes into the schema.
Status ClaimTypeNameIn(const catalog::SchemaDesc& schema, std::string_view name,
                       DdlContext& context);
// The same of a relation that is made.
Status ClaimRowType(catalog::Oid schema, std::string_view name, DdlContext& context);

// A column that has values of a type in it.
struct TypeColumn {
  catalog::Oid table = catalog::kInvalidOid;
  int column = 0;
  bool is_within = false;  // in an array, a composite type or a domain over one; else it is of the
                           // type, or of a domain over it
};
// Those of a table together, first those of what is over the type.
std::vector<TypeColumn> ColumnsOfType(const catalog::TypeDesc& type, const DdlContext& context);
// 0A000 'cannot alter type "t" because column "u.a" uses it'.
Status UsedByColumn(const catalog::TypeDesc& type, const TypeColumn& column,
                    const DdlContext& context);

// Of a relation whose columns change: 0A000 where columns have values of its row type, where what
// the catalog keeps as text may name its columns or (of what tables and domains keep; what:
// "ALTER TABLE ... DROP COLUMN") know their places, and 42P16 where a column would be of it, or
// have it within itself.
Status CheckRowTypeNotStored(catalog::Oid relation, const DdlContext& context);
Status CheckRowTypeNotWritten(catalog::Oid relation, const DdlContext& context);
Status CheckRowTypeNotInTexts(catalog::Oid relation, std::string_view what,
                              const DdlContext& context);
Status CheckNotWithin(catalog::Oid relation, catalog::Type column, const DdlContext& context);

// --- attribute_change.cc ---
// Writes the values of the type that columns have anew, within others too, and the rows of it that
// defaults make; locks their tables.
Task<Status> ChangeStored(catalog::TypeRef type, catalog::AttributeChange change,
                          DdlContext& context);
// The same of a relation's row type; removed: a column's position, -1: one comes, of type `added`.
Task<Status> ChangeStoredRows(catalog::Oid relation, int removed, catalog::Type added,
                              DdlContext& context);
// The place of an attribute among those that are there; -1 of -1.
int LiveAttribute(const catalog::TypeDesc& type, int position);

// The types of a schema, in OID order, as "type mood" with their schema's name.
std::vector<catalog::TypeRef> TypesIn(catalog::Oid schema, const DdlContext& context);
std::string DescribeType(const catalog::TypeDesc& type);
// Drops a type with all that uses it, without telling of it.
Task<Status> DropTypeWithUsers(catalog::Oid type, DdlContext& context);

// The text of an expression as the catalog keeps it: as written, or, where users' types are in it,
// with their marks, so that it outlives their names.
std::string StoredText(const Expr& bound, std::string written);

}  // namespace shale::sql::ddl
