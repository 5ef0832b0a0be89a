// pg_partition_ancestors and pg_partition_tree: of a relation that no partitioning concerns, and
// there is none, PostgreSQL lists nothing. psql asks for the first with every table that has
// foreign keys.
#include "sql/expr/set_function.h"

namespace shale::sql {
namespace {

namespace type_oid = catalog::type_oid;

class NoRelationsCall : public SetCall {
 public:
  Result<bool> Next(catalog::Datum*, bool*) override { return false; }
};

Result<std::unique_ptr<SetCall>> StartNoRelations(EvalContext&, std::span<const catalog::Value>,
                                                  std::span<const catalog::Type>) {
  return MakeSetCall<NoRelationsCall>();
}

}  // namespace

std::span<const SetFunction> PartitionSetFunctions() {
  static const auto* functions = new std::vector<SetFunction>{
      {.oid = 3425,
       .name = "pg_partition_ancestors",
       .args = {type_oid::kRegclass},
       .result = type_oid::kRegclass,
       .volatility = Volatility::kVolatile,
       .columns = {{"relid", type_oid::kRegclass}},
       .start = &StartNoRelations},
      {.oid = 3423,
       .name = "pg_partition_tree",
       .args = {type_oid::kRegclass},
       .result = type_oid::kRecord,
       .volatility = Volatility::kVolatile,
       .columns = {{"relid", type_oid::kRegclass},
                   {"parentrelid", type_oid::kRegclass},
                   {"isleaf", type_oid::kBool},
                   {"level", type_oid::kInt4}},
       .start = &StartNoRelations},
  };
  return *functions;
}

}  // namespace shale::sql
