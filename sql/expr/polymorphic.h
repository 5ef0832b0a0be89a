// Polymorphic functions: what anyelement, anyarray, anycompatible and their kin stand for in a call
// (PostgreSQL's check_generic_type_consistency and enforce_generic_type_consistency).
//
// anyelement, anynonarray, anyenum, anyarray: all arguments agree on one element type.
// anycompatible and anycompatiblearray: the arguments are cast to the type that they have in
// common.
#pragma once

#include <span>
#include <vector>

#include "sql/expr/resolve.h"

namespace shale::sql {

bool IsPolymorphic(catalog::Oid oid);

// Whether the polymorphic ones among the wanted types can stand for what is given; others are not
// looked at.
bool FitsPolymorphic(std::span<const catalog::Oid> given, std::span<const catalog::Oid> wanted);

struct ConcreteTypes {
  std::vector<catalog::Type> args;  // what each argument must be cast to
  catalog::Type result;
};
// Of arguments that fit. 42804 where all that would tell the type are unknown literals.
Result<ConcreteTypes> MakeConcrete(std::span<const catalog::Type> given,
                                   std::span<const catalog::Oid> wanted, catalog::Oid result);

}  // namespace shale::sql
