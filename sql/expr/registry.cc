#include "sql/expr/registry.h"

#include <algorithm>
#include <unordered_map>

#include "engine/base/check.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/set_function.h"

namespace shale::sql {
namespace {

using catalog::Oid;

// Rows of pg_proc, pg_operator and pg_cast, as sql/expr/builtins.sql writes them from a
// PostgreSQL 15.
struct FunctionRow {
  Oid oid;
  std::string_view name;
  std::string_view internal_name;
  Oid result;
  bool strict;
  char volatility;
  Oid variadic;  // the type of the elements, or "any"; 0: no further arguments
  std::initializer_list<Oid> args;
};
struct ArgumentsRow {
  Oid function;
  std::initializer_list<std::string_view> names;
  std::initializer_list<std::string_view> defaults;
};
struct OperatorRow {
  Oid oid;
  std::string_view name;
  Oid left, right, result;
  Oid commutator, negator;
  Oid function;
};
struct CastRow {
  Oid source, target;
  Oid function;
  char context, method;
};

const ArgumentsRow kArgumentsRows[] = {
#include "sql/expr/builtin_arguments.inc"
};
const FunctionRow kFunctionRows[] = {
#include "sql/expr/builtin_functions.inc"
    // Expressions that the catalog keeps are text here, not pg_node_tree.
    {1716, "pg_get_expr", "pg_get_expr", 25, true, 's', 0, {25, 26}},
    {2509, "pg_get_expr", "pg_get_expr_ext", 25, true, 's', 0, {25, 26, 16}},
    {1640, "pg_get_viewdef", "pg_get_viewdef_name", 25, true, 's', 0, {25}},
    {1641, "pg_get_viewdef", "pg_get_viewdef", 25, true, 's', 0, {26}},
    {2505, "pg_get_viewdef", "pg_get_viewdef_name_ext", 25, true, 's', 0, {25, 16}},
    {2506, "pg_get_viewdef", "pg_get_viewdef_ext", 25, true, 's', 0, {26, 16}},
    {2098, "pg_get_functiondef", "pg_get_functiondef", 25, true, 's', 0, {26}},
    {6197, "pg_get_function_sqlbody", "pg_get_function_sqlbody", 25, true, 's', 0, {26}},
    {3808,
     "pg_get_function_arg_default",
     "pg_get_function_arg_default",
     25,
     true,
     's',
     0,
     {26, 23}},
    {3159, "pg_get_viewdef", "pg_get_viewdef_wrap", 25, true, 's', 0, {26, 23}},
    // What the grammar writes as words (SQLValueFunction) are functions of ours, outside of
    // PostgreSQL's OIDs.
    {9901, "current_date", "current_date", 1082, true, 's', 0, {}},
    {9902, "current_timestamp", "now", 1184, true, 's', 0, {}},
    {9903, "localtimestamp", "localtimestamp", 1114, true, 's', 0, {}},
    {9904, "localtime", "localtime", 1083, true, 's', 0, {}},
    {9905, "current_role", "current_user", 19, true, 's', 0, {}},
    {9906, "user", "current_user", 19, true, 's', 0, {}},
    {9907, "current_catalog", "current_database", 19, true, 's', 0, {}},
    {kAssignArrayPart, "array_assign", "array_assign", 2277, false, 'i', 2276, {2277, 2276, 25}},
    {kChangeRecords, "record_change", "record_change", 2283, true, 'i', 0, {2283, 26, 23, 26, 23}},
    {kAssignJsonbPart, "jsonb_assign", "jsonb_assign", 3802, false, 'i', 2276, {3802, 3802, 16}},
    {kSubscriptName, "name_subscript", "name_subscript", 18, true, 'i', 0, {19, 23}},
};
constexpr OperatorRow kOperatorRows[] = {
#include "sql/expr/builtin_operators.inc"
};
constexpr CastRow kCastRows[] = {
#include "sql/expr/builtin_casts.inc"
};

// Made by the binder alone, which gives them what they take as it is.
bool HasNoName(Oid function) {
  return function == kAssignArrayPart || function == kAssignJsonbPart ||
         function == kChangeRecords || function == kSubscriptName || function == kSequenceRow;
}

Volatility VolatilityOf(char letter) {
  if (letter == 'i') return Volatility::kImmutable;
  return letter == 's' ? Volatility::kStable : Volatility::kVolatile;
}

uint64_t PairKey(Oid source, Oid target) { return (uint64_t{source} << 32) | target; }

class Registry {
 public:
  static const Registry& Get() {
    static const Registry& registry = *new Registry();  // never destroyed: others may outlive main
    return registry;
  }

  std::vector<Function> functions;  // the four in OID order
  std::vector<Aggregate> aggregates;
  std::vector<Operator> operators;
  std::vector<CastEntry> casts;

  std::unordered_map<std::string_view, std::vector<FunctionCandidate>> functions_by_name;
  std::unordered_map<std::string_view, std::vector<const Operator*>> operators_by_name;
  std::unordered_map<uint64_t, const CastEntry*> casts_by_pair;
  std::unordered_map<Oid, const Operator*> operators_by_function;

 private:
  Registry() {
    AddFunctions();
    AddAggregates();
    AddOperators();
    AddCasts();
  }

  void AddFunctions() {
    std::unordered_map<std::string_view, const KernelEntry*> kernels;
    for (auto table : {AnyComparisonKernels(), ArithmeticKernels(),     ArrayKernels(),
                       ArrayMakeKernels(),     BackendKernels(),        BitKernels(),
                       BitStringKernels(),     ByteaKernels(),          CastKernels(),
                       CatalogKernels(),       ComparisonKernels(),     DateFieldKernels(),
                       DateTimeKernels(),      EncodingKernels(),       EnumKernels(),
                       FormatKernels(),        FromCharKernels(),       HashKernels(),
                       InRangeKernels(),       JsonKernels(),           JsonKeyPathKernels(),
                       JsonbAssignKernels(),   JsonpathKernels(),       LockKernels(),
                       MathKernels(),          ModifierKernels(),       MoneyKernels(),
                       NetworkKernels(),       NumericKernels(),        PatternKernels(),
                       PrivilegeKernels(),     RangeKernels(),          RecordKernels(),
                       RecordChangeKernels(),  RegexArrayKernels(),     RegexKernels(),
                       SizeKernels(),          SnapshotKernels(),       SystemIdKernels(),
                       SystemKernels(),        TextComparisonKernels(), TextKernels(),
                       TextTrimKernels(),      TimeWithZoneKernels(),   ToCharKernels(),
                       UnicodeKernels(),       ValueIoKernels()}) {
      for (const KernelEntry& entry : table) {
        CHECK(kernels.emplace(entry.internal_name, &entry).second);
      }
    }
    for (const FunctionRow& row : kFunctionRows) {
      auto kernel = kernels.find(row.internal_name);
      if (kernel == kernels.end()) continue;
      Function function;
      function.oid = row.oid;
      function.name = row.name;
      function.args = row.args;
      function.result = row.result;
      function.kernel = kernel->second->kernel;
      function.strict = row.strict;
      function.volatility = VolatilityOf(row.volatility);
      function.variadic_any = row.variadic == catalog::type_oid::kAny;
      if (!function.variadic_any) function.variadic_element = row.variadic;
      function.may_block = kernel->second->may_block;
      function.takes_locks = kernel->second->takes_locks;
      functions.push_back(std::move(function));
    }
    for (auto table :
         {ArraySetFunctions(), JsonSetFunctions(), PartitionSetFunctions(), SequenceSetFunctions(),
          SeriesSetFunctions(), SnapshotSetFunctions(), TextSetFunctions()}) {
      for (const SetFunction& row : table) {
        Function function;
        function.oid = row.oid;
        function.name = row.name;
        function.args = row.args;
        function.result = row.result;
        function.strict = row.strict;
        function.volatility = row.volatility;
        function.set = &row;
        functions.push_back(std::move(function));
      }
    }
    std::ranges::sort(functions, {}, &Function::oid);
    for (const ArgumentsRow& row : kArgumentsRows) {
      auto function = std::ranges::lower_bound(functions, row.function, {}, &Function::oid);
      if (function == functions.end() || function->oid != row.function) continue;
      function->arg_names = row.names;
      function->defaults = row.defaults;
    }
    for (const Function& function : functions) {
      if (!HasNoName(function.oid))
        functions_by_name[function.name].push_back({&function, nullptr});
    }
  }

  void AddAggregates() {
    for (auto table :
         {ArrayAggregates(), BitAggregates(), BooleanAggregates(), CountAggregates(),
          SumAggregates(), MinMaxAggregates(), OrderedSetAggregates(), RangeAggregates(),
          RegressionAggregates(), StatisticAggregates(), TextAggregates()}) {
      aggregates.insert(aggregates.end(), table.begin(), table.end());
    }
    std::ranges::sort(aggregates, {}, &Aggregate::oid);
    for (const Aggregate& aggregate : aggregates) {
      functions_by_name[aggregate.name].push_back({nullptr, &aggregate});
    }
    for (const WindowFunction& window : AllWindowFunctions()) {
      functions_by_name[window.name].push_back({nullptr, nullptr, &window});
    }
  }

  const Function* Find(Oid oid) const {
    auto found = std::ranges::lower_bound(functions, oid, {}, &Function::oid);
    return found != functions.end() && found->oid == oid ? &*found : nullptr;
  }

  void AddOperators() {
    for (const OperatorRow& row : kOperatorRows) {
      const Function* function = Find(row.function);
      if (function == nullptr) continue;
      operators.push_back({row.oid, row.name, row.left, row.right, row.result, row.commutator,
                           row.negator, function});
    }
    std::ranges::sort(operators, {}, &Operator::oid);
    for (const Operator& entry : operators) {
      operators_by_name[entry.name].push_back(&entry);
      operators_by_function.emplace(entry.function->oid, &entry);
    }
  }

  void AddCasts() {
    for (const CastRow& row : kCastRows) {
      const Function* function = Find(row.function);
      if (row.method == 'f' && function == nullptr) continue;
      casts.push_back({row.source, row.target, function, row.context, row.method});
    }
    for (const CastEntry& entry : casts) {
      casts_by_pair.emplace(PairKey(entry.source, entry.target), &entry);
    }
  }
};

}  // namespace

std::span<const Function> AllFunctions() { return Registry::Get().functions; }
std::span<const Aggregate> AllAggregates() { return Registry::Get().aggregates; }
std::span<const Operator> AllOperators() { return Registry::Get().operators; }
std::span<const CastEntry> AllCasts() { return Registry::Get().casts; }

const Function* FindFunction(Oid oid) {
  std::span<const Function> functions = AllFunctions();
  auto found = std::ranges::lower_bound(functions, oid, {}, &Function::oid);
  return found != functions.end() && found->oid == oid ? &*found : nullptr;
}

const Operator* FindOperator(Oid oid) {
  std::span<const Operator> operators = AllOperators();
  auto found = std::ranges::lower_bound(operators, oid, {}, &Operator::oid);
  return found != operators.end() && found->oid == oid ? &*found : nullptr;
}

const Operator* OperatorOf(const Function& function) {
  const auto& operators = Registry::Get().operators_by_function;
  auto found = operators.find(function.oid);
  return found != operators.end() ? found->second : nullptr;
}

std::span<const FunctionCandidate> FunctionsByName(std::string_view name) {
  const auto& functions = Registry::Get().functions_by_name;
  auto found = functions.find(name);
  if (found == functions.end()) return {};
  return found->second;
}

std::vector<Oid> FunctionOidsByName(std::string_view name) {
  std::vector<Oid> oids;
  for (const FunctionCandidate& candidate : FunctionsByName(name)) {
    oids.push_back(candidate.oid());
  }
  return oids;
}

std::span<const Operator* const> OperatorsByName(std::string_view name) {
  const auto& operators = Registry::Get().operators_by_name;
  auto found = operators.find(name);
  if (found == operators.end()) return {};
  return found->second;
}

const CastEntry* FindCast(Oid source, Oid target) {
  const auto& casts = Registry::Get().casts_by_pair;
  auto found = casts.find(PairKey(source, target));
  return found != casts.end() ? found->second : nullptr;
}

}  // namespace shale::sql
