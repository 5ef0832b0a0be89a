// CREATE TYPE, ALTER TYPE.
#include "sql/parse/ast_type.h"
#include "sql/parse/deparse.h"
#include "sql/parse/deparser.h"

namespace shale::sql {

void Deparser::CreateEnum(const ast::CreateEnum& create) {
  Add("CREATE TYPE ");
  Name(create.name);
  Add(" AS ENUM (");
  Commas(create.labels, [&](std::string_view label) { Add("{}", QuoteLiteral(label)); });
  Add(")");
}

void Deparser::AlterEnum(const ast::AlterEnum& alter) {
  Add("ALTER TYPE ");
  Name(alter.name);
  if (alter.renames) {
    return Add(" RENAME VALUE {} TO {}", QuoteLiteral(alter.old_label), QuoteLiteral(alter.label));
  }
  Add(" ADD VALUE {}{}", alter.if_not_exists ? "IF NOT EXISTS " : "", QuoteLiteral(alter.label));
  if (alter.has_neighbor) {
    Add(" {} {}", alter.is_after ? "AFTER" : "BEFORE", QuoteLiteral(alter.neighbor));
  }
}

}  // namespace shale::sql
