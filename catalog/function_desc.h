// What the catalog describes of a function or procedure written in SQL.
//
// A body is kept as text. One that was written as a string is looked up anew whenever it is used,
// with the search_path of then. One in SQL's own form (RETURN, BEGIN ATOMIC) keeps what its names
// meant when it was made, as a view's query does (view_desc.h), and what it uses cannot be dropped
// without it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalog/types/type.h"
#include "catalog/view_desc.h"

namespace shale::catalog {

// pg_proc.proargmodes
enum class ArgumentMode : char {
  kIn = 'i',
  kOut = 'o',
  kInOut = 'b',
  kVariadic = 'v',
  kTable = 't',  // a column of RETURNS TABLE
};

struct FunctionArgument {
  std::string name;  // empty: none
  Oid type = kInvalidOid;
  ArgumentMode mode = ArgumentMode::kIn;
  std::optional<std::string> default_sql;  // of inputs

  bool is_input() const { return mode != ArgumentMode::kOut && mode != ArgumentMode::kTable; }
  bool is_output() const { return mode != ArgumentMode::kIn && mode != ArgumentMode::kVariadic; }
  bool operator==(const FunctionArgument&) const = default;
};

struct FunctionDesc {
  Oid oid = kInvalidOid;
  Oid schema_oid = kInvalidOid;
  std::string name;
  std::string schema_name;  // of schema_oid, filled when loaded
  bool is_procedure = false;
  std::vector<FunctionArgument> arguments;  // all, in the order written
  Oid result = kInvalidOid;                 // void, record, or another type; of one row
  bool gives_set = false;
  char volatility = 'v';  // pg_proc.provolatile: i, s, v
  bool strict = false;
  bool security_definer = false;
  bool leakproof = false;
  char parallel = 'u';  // pg_proc.proparallel: s, r, u
  std::string cost;     // as a number is written
  std::string rows;     // likewise; "0" where no set is given
  // The text between the quotes; of SQL's own form, its statements with semicolons between them.
  std::string body;
  bool is_sql_body = false;   // in SQL's own form
  bool returns_expr = false;  // of which it is RETURN, with a SELECT of one value in the body
  // Of SQL's own form: what the names mean and what it uses; no columns, no query.
  ViewDesc names;

  // Types of the inputs, in their order.
  std::vector<Oid> InputTypes() const;
  // The outputs, in their order.
  std::vector<const FunctionArgument*> Outputs() const;
  bool IsPolymorphic() const;
};
using FunctionRef = std::shared_ptr<const FunctionDesc>;
// By OID. A snapshot has the same one as long as no function changes.
using FunctionMap = std::map<Oid, FunctionRef>;

}  // namespace shale::catalog
