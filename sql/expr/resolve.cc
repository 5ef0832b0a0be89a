#include "sql/expr/resolve.h"

#include <algorithm>

#include "sql/expr/polymorphic.h"
#include "sql/expr/registry.h"
#include "sql/expr/select_candidate.h"

namespace shale::sql {
namespace {

using catalog::Oid;
using catalog::Type;
namespace type_oid = catalog::type_oid;

std::string TypeNames(std::span<const Type> types) {
  std::string names;
  for (const Type& type : types) {
    if (!names.empty()) names += ", ";
    names += TypeName(type.oid);
  }
  return names;
}

std::vector<Oid> OidsOf(std::span<const Type> types) {
  std::vector<Oid> oids;
  oids.reserve(types.size());
  for (const Type& type : types) oids.push_back(type.oid);
  return oids;
}

// The argument types of the candidate for a call with count arguments; empty optional where it does
// not take so many.
std::optional<std::vector<Oid>> ArgsFor(const FunctionCandidate& candidate, size_t count) {
  const std::vector<Oid>& args = candidate.args();
  if (candidate.variadic_any() ? count <= args.size() : count != args.size()) return std::nullopt;
  std::vector<Oid> expanded = args;
  expanded.resize(count, type_oid::kAny);
  return expanded;
}

Result<ResolvedFunction> Chosen(const FunctionCandidate& candidate, std::span<const Type> given,
                                std::span<const Oid> wanted) {
  ResolvedFunction resolved;
  resolved.function = candidate.function;
  resolved.aggregate = candidate.aggregate;
  resolved.window = candidate.window;
  ASSIGN_OR_RETURN(ConcreteTypes concrete, MakeConcrete(given, wanted, candidate.result()));
  resolved.arg_types = std::move(concrete.args);
  resolved.result = concrete.result;
  return resolved;
}

// float8(x), date('2024-01-01'): a type's name called like a function. The cast must be one that
// needs no function, or else the function would have been found.
std::optional<ResolvedFunction> ResolveAsCast(std::string_view name, Type given) {
  const catalog::TypeInfo* target = catalog::FindTypeByName(name);
  if (target == nullptr || target->pseudo) return std::nullopt;
  bool casts = given.oid == type_oid::kUnknown;
  if (!casts) {
    const CastEntry* entry = FindCast(given.oid, target->oid);
    casts = entry != nullptr ? entry->method != 'f'
                             : CanCast(given.oid, target->oid, CastContext::kExplicit);
  }
  if (!casts) return std::nullopt;
  ResolvedFunction resolved;
  resolved.is_cast = true;
  resolved.result = {target->oid, -1};
  resolved.arg_types = {resolved.result};
  return resolved;
}

Status NoSuchOperator(std::string_view name, std::optional<Type> left, Type right) {
  if (!left.has_value()) {
    return Error(sqlstate::kUndefinedFunction, "operator does not exist: {} {}", name,
                 TypeName(right.oid))
        .Hint(
            "No operator matches the given name and argument type. "
            "You might need to add an explicit type cast.");
  }
  return Error(sqlstate::kUndefinedFunction, "operator does not exist: {} {} {}",
               TypeName(left->oid), name, TypeName(right.oid))
      .Hint(
          "No operator matches the given name and argument types. "
          "You might need to add explicit type casts.");
}

Status AmbiguousOperator(std::string_view name, std::optional<Type> left, Type right) {
  std::string left_name = left.has_value() ? TypeName(left->oid) + " " : "";
  return Error(sqlstate::kAmbiguousFunction, "operator is not unique: {}{} {}", left_name, name,
               TypeName(right.oid))
      .Hint(
          "Could not choose a best candidate operator. You might need to add explicit type casts.");
}

const Operator* FindExact(std::span<const Operator* const> operators, Oid left, Oid right) {
  for (const Operator* entry : operators) {
    if (entry->left == left && entry->right == right) return entry;
  }
  return nullptr;
}

// An unknown side is first tried as the other side's type.
const Operator* FindExactOperator(std::span<const Operator* const> operators,
                                  std::optional<Type> left, Type right) {
  if (!left.has_value()) return FindExact(operators, 0, right.oid);
  Oid left_oid = left->oid;
  Oid right_oid = right.oid;
  if (left_oid == type_oid::kUnknown) {
    left_oid = right_oid;
  } else if (right_oid == type_oid::kUnknown) {
    right_oid = left_oid;
  }
  return FindExact(operators, left_oid, right_oid);
}

Result<ResolvedFunction> ChosenOperator(const Operator& entry, std::optional<Type> left,
                                        Type right) {
  std::vector<Type> given;
  std::vector<Oid> wanted;
  if (left.has_value()) {
    given.push_back(*left);
    wanted.push_back(entry.left);
  }
  given.push_back(right);
  wanted.push_back(entry.right);
  ResolvedFunction resolved;
  resolved.function = entry.function;
  ASSIGN_OR_RETURN(ConcreteTypes concrete, MakeConcrete(given, wanted, entry.result));
  resolved.arg_types = std::move(concrete.args);
  resolved.result = concrete.result;
  return resolved;
}

const Function* FunctionOfOperator(std::string_view name, Oid type) {
  std::span<const Operator* const> operators = OperatorsByName(name);
  if (Oid element = catalog::ElementOf(type)) {
    if (FunctionOfOperator(name, element) == nullptr) return nullptr;
    return FindExact(operators, type_oid::kAnyarray, type_oid::kAnyarray)->function;
  }
  for (Oid oid :
       {type, type == type_oid::kVarchar || type == type_oid::kUnknown ? type_oid::kText
                                                                       : type_oid::kOid}) {
    if (oid != type && oid == type_oid::kOid && !IsBinaryCoercible(type, oid)) continue;
    if (const Operator* entry = FindExact(operators, oid, oid)) return entry->function;
  }
  return nullptr;
}

}  // namespace

std::string TypeName(Oid oid) {
  const catalog::TypeInfo* type = catalog::FindType(oid);
  return type != nullptr ? std::string(type->display_name) : "???";
}

bool FunctionNameExists(std::string_view name) { return !FunctionsByName(name).empty(); }

Result<ResolvedFunction> ResolveFunction(std::string_view name, std::span<const Type> args) {
  std::vector<Oid> given = OidsOf(args);
  std::vector<Candidate> candidates;
  for (const FunctionCandidate& candidate : FunctionsByName(name)) {
    std::optional<std::vector<Oid>> wanted = ArgsFor(candidate, args.size());
    if (!wanted.has_value()) continue;
    if (*wanted == given) return Chosen(candidate, args, *wanted);
    candidates.push_back({*std::move(wanted), &candidate});
  }
  if (args.size() == 1) {
    if (auto cast = ResolveAsCast(name, args[0])) return *cast;
  }
  Selection selection = SelectCandidate(given, &candidates);
  if (selection.best != nullptr) {
    return Chosen(*static_cast<const FunctionCandidate*>(selection.best->item), args,
                  selection.best->args);
  }
  if (selection.ambiguous) {
    return Error(sqlstate::kAmbiguousFunction, "function {}({}) is not unique", name,
                 TypeNames(args))
        .Hint(
            "Could not choose a best candidate function. "
            "You might need to add explicit type casts.");
  }
  return Error(sqlstate::kUndefinedFunction, "function {}({}) does not exist", name,
               TypeNames(args))
      .Hint(
          "No function matches the given name and argument types. "
          "You might need to add explicit type casts.");
}

Result<ResolvedFunction> ResolveOperator(std::string_view name, std::optional<Type> left,
                                         Type right) {
  if (name == "!=") name = "<>";
  std::span<const Operator* const> operators = OperatorsByName(name);
  if (const Operator* exact = FindExactOperator(operators, left, right)) {
    return ChosenOperator(*exact, left, right);
  }
  std::vector<Oid> given;
  if (left.has_value()) given.push_back(left->oid);
  given.push_back(right.oid);
  std::vector<Candidate> candidates;
  for (const Operator* entry : operators) {
    if ((entry->left != 0) != left.has_value()) continue;
    Candidate candidate;
    if (entry->left != 0) candidate.args.push_back(entry->left);
    candidate.args.push_back(entry->right);
    candidate.item = entry;
    candidates.push_back(std::move(candidate));
  }
  Selection selection = SelectCandidate(given, &candidates);
  if (selection.best != nullptr) {
    return ChosenOperator(*static_cast<const Operator*>(selection.best->item), left, right);
  }
  if (selection.ambiguous) return AmbiguousOperator(name, left, right);
  return NoSuchOperator(name, left, right);
}

Result<ExprPtr> BindFunction(std::string_view name, std::vector<ExprPtr> args,
                             const catalog::FormatSettings& settings) {
  std::vector<Type> types;
  types.reserve(args.size());
  for (const ExprPtr& arg : args) types.push_back(arg->type);
  ASSIGN_OR_RETURN(ResolvedFunction resolved, ResolveFunction(name, types));
  if (resolved.is_cast) {
    return Cast(std::move(args[0]), resolved.result, CastContext::kExplicit, settings);
  }
  if (resolved.aggregate != nullptr) {
    return Error(sqlstate::kWrongObjectType, "{} is an aggregate function", name);
  }
  if (resolved.window != nullptr) {
    return Error(sqlstate::kWrongObjectType, "window function {} requires an OVER clause", name);
  }
  for (size_t i = 0; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(
        args[i], Cast(std::move(args[i]), resolved.arg_types[i], CastContext::kImplicit, settings));
  }
  auto call = std::make_unique<CallExpr>(resolved.function, resolved.result, std::move(args),
                                         CallExpr::Form::kFunction);
  call->name = name;
  return ExprPtr(std::move(call));
}

Result<ExprPtr> BindOperator(std::string_view name, ExprPtr left, ExprPtr right,
                             const catalog::FormatSettings& settings) {
  std::optional<Type> left_type;
  if (left != nullptr) left_type = left->type;
  ASSIGN_OR_RETURN(ResolvedFunction resolved, ResolveOperator(name, left_type, right->type));
  std::vector<ExprPtr> args;
  if (left != nullptr) args.push_back(std::move(left));
  args.push_back(std::move(right));
  for (size_t i = 0; i < args.size(); ++i) {
    ASSIGN_OR_RETURN(
        args[i], Cast(std::move(args[i]), resolved.arg_types[i], CastContext::kImplicit, settings));
  }
  auto call = std::make_unique<CallExpr>(resolved.function, resolved.result, std::move(args),
                                         CallExpr::Form::kOperator);
  call->name = name == "!=" ? "<>" : name;
  return ExprPtr(std::move(call));
}

const Function* EqualityOf(Oid type) { return FunctionOfOperator("=", type); }

const Function* LessOf(Oid type) { return FunctionOfOperator("<", type); }

}  // namespace shale::sql
