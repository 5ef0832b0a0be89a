#include "sql/expr/resolve.h"

#include <algorithm>

#include "sql/expr/evaluate.h"
#include "sql/expr/polymorphic.h"
#include "sql/expr/registry.h"
#include "sql/expr/select_candidate.h"

namespace shale::sql {
namespace {

using catalog::Oid;
using catalog::Type;
namespace type_oid = catalog::type_oid;

std::vector<Oid> OidsOf(std::span<const Type> types) {
  std::vector<Oid> oids;
  oids.reserve(types.size());
  for (const Type& type : types) oids.push_back(type.oid);
  return oids;
}

// How a call with so many arguments meets a function: their types, as they are given, and their
// places; nothing where it does not.
struct Match {
  std::vector<Oid> wanted;
  std::vector<size_t> places;
  bool packs = false;
  bool spreads = false;
};

// Named arguments find their places; what is between and behind must have defaults.
std::optional<Match> MatchPlaces(const FunctionCandidate& candidate, size_t count,
                                 const CallForm& form) {
  const std::vector<Oid>& args = candidate.args();
  const size_t default_count =
      candidate.function != nullptr ? candidate.function->defaults.size() : 0;
  if (count > args.size() || (count < args.size() && default_count == 0)) return std::nullopt;
  Match match;
  std::vector<bool> given(args.size(), false);
  const size_t positional = count - form.names.size();
  for (size_t i = 0; i < count; ++i) {
    size_t place = i;
    if (i >= positional) {
      if (candidate.function == nullptr) return std::nullopt;
      const auto& names = candidate.function->arg_names;
      const auto found = std::ranges::find(names, form.names[i - positional]);
      if (found == names.end()) return std::nullopt;
      place = static_cast<size_t>(found - names.begin());
    }
    if (given[place]) return std::nullopt;
    given[place] = true;
    match.wanted.push_back(args[place]);
    match.places.push_back(place);
  }
  for (size_t i = 0; i + default_count < args.size(); ++i) {
    if (!given[i]) return std::nullopt;
  }
  return match;
}

std::optional<Match> MatchCall(const FunctionCandidate& candidate, size_t count,
                               const CallForm& form) {
  const std::vector<Oid>& args = candidate.args();
  if (candidate.variadic_any()) {
    if (count <= args.size() || !form.names.empty()) return std::nullopt;
    Match match{args, {}, false, form.variadic};
    if (form.variadic && (count != args.size() + 1 || candidate.function == nullptr)) {
      return std::nullopt;
    }
    match.wanted.resize(count, form.variadic ? type_oid::kAnyarray : type_oid::kAny);
    return match;
  }
  const Oid element =
      candidate.function != nullptr ? candidate.function->variadic_element : catalog::kInvalidOid;
  const bool is_variadic = element != catalog::kInvalidOid;
  if (form.variadic) {
    if (!is_variadic || count != args.size() || !form.names.empty()) return std::nullopt;
    return MatchPlaces(candidate, count, form);
  }
  if (!is_variadic) return MatchPlaces(candidate, count, form);
  if (count < args.size() || !form.names.empty()) return std::nullopt;
  Match match{{args.begin(), args.end() - 1}, {}, true, false};
  match.wanted.resize(count, element);
  return match;
}

Result<ResolvedFunction> Chosen(const FunctionCandidate& candidate, std::span<const Type> given,
                                const Match& match) {
  ResolvedFunction resolved;
  resolved.function = candidate.function;
  resolved.aggregate = candidate.aggregate;
  resolved.window = candidate.window;
  ASSIGN_OR_RETURN(ConcreteTypes concrete, MakeConcrete(given, match.wanted, candidate.result()));
  resolved.arg_types = std::move(concrete.args);
  resolved.result = concrete.result;
  resolved.packs = match.packs;
  resolved.spreads = match.spreads;
  const bool in_order = std::ranges::is_sorted(match.places);
  if (match.packs || match.places.size() != candidate.args().size() || !in_order) {
    resolved.places = match.places;
    for (Oid oid : candidate.args()) resolved.parameters.push_back({oid, -1});
  }
  if (candidate.variadic_any()) resolved.parameters.clear();
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
  if (!left.has_value()) {
    const Operator* exact = FindExact(operators, 0, right.oid);
    return exact != nullptr ? exact : FindExact(operators, 0, catalog::BaseOf(right.oid));
  }
  Oid left_oid = left->oid;
  Oid right_oid = right.oid;
  const bool was_unknown = left_oid == type_oid::kUnknown || right_oid == type_oid::kUnknown;
  if (left_oid == type_oid::kUnknown) {
    left_oid = right_oid;
  } else if (right_oid == type_oid::kUnknown) {
    right_oid = left_oid;
  }
  const Operator* exact = FindExact(operators, left_oid, right_oid);
  if (exact != nullptr || !was_unknown) return exact;
  const Oid base = catalog::BaseOf(left_oid);
  return FindExact(operators, base, base);
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
  type = catalog::BaseOf(type);
  if (catalog::IsComposite(type)) type = type_oid::kRecord;
  std::span<const Operator* const> operators = OperatorsByName(name);
  if (Oid element = catalog::ElementOf(type)) {
    if (FunctionOfOperator(name, element) == nullptr) return nullptr;
    return FindExact(operators, type_oid::kAnyarray, type_oid::kAnyarray)->function;
  }
  if (catalog::IsEnum(type)) {
    return FindExact(operators, type_oid::kAnyenum, type_oid::kAnyenum)->function;
  }
  if (catalog::BoundsOfRange(type) != catalog::kInvalidOid) {
    return FindExact(operators, type_oid::kAnyrange, type_oid::kAnyrange)->function;
  }
  if (catalog::RangeOfMultirange(type) != catalog::kInvalidOid) {
    return FindExact(operators, type_oid::kAnymultirange, type_oid::kAnymultirange)->function;
  }
  if (type == type_oid::kCidr) type = type_oid::kInet;
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

std::string CallTypes(std::span<const Type> args, const CallForm& form) {
  std::string types;
  const size_t positional = args.size() - form.names.size();
  for (size_t i = 0; i < args.size(); ++i) {
    if (i > 0) types += ", ";
    if (i >= positional) types += std::string(form.names[i - positional]) + " => ";
    types += TypeName(args[i].oid);
  }
  return types;
}

Result<ResolvedFunction> ResolveFunction(std::string_view name, std::span<const Type> args,
                                         const CallForm& form) {
  return ResolveAmong(FunctionsByName(name), name, args, form);
}

namespace {

// float8(x), date('2024-01-01'): a type's name called like a function. The cast must be one that
// needs no function, or else the function would have been found.
std::optional<ResolvedFunction> ResolveAsCast(std::string_view name, Type given) {
  const catalog::TypeInfo* target = catalog::FindTypeByName(name);
  if (target == nullptr || target->pseudo) return std::nullopt;
  // name(row) is its field.
  const bool is_row = given.oid == type_oid::kRecord || catalog::IsComposite(given.oid);
  if (is_row && target->category == 'S') return std::nullopt;
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

// One of those that a call may mean.
struct Meant {
  const FunctionCandidate* candidate = nullptr;
  Match match;
  bool ambiguous = false;  // another one takes the same arguments, by its defaults or by this one's
};

// Keeps of two that take the same arguments the one of the earlier schema; of one schema, what
// takes them as they are before what makes an array of them.
void AddMeant(Meant added, std::vector<Meant>* meant) {
  const auto same = std::ranges::find_if(
      *meant, [&](const Meant& other) { return other.match.wanted == added.match.wanted; });
  if (same == meant->end()) {
    meant->push_back(std::move(added));
    return;
  }
  if (same->candidate->place != added.candidate->place) return;
  if (same->match.packs != added.match.packs) {
    if (same->match.packs) *same = std::move(added);
    return;
  }
  const size_t count = added.match.wanted.size();
  same->ambiguous |=
      same->candidate->args().size() != count || added.candidate->args().size() != count;
}

Status AmbiguousCall(std::string_view name, std::span<const Type> args, const CallForm& form) {
  return Error(sqlstate::kAmbiguousFunction, "function {}({}) is not unique", name,
               CallTypes(args, form))
      .Hint(
          "Could not choose a best candidate function. "
          "You might need to add explicit type casts.");
}

}  // namespace

Result<ResolvedFunction> ResolveAmong(std::span<const FunctionCandidate> all, std::string_view name,
                                      std::span<const Type> args, const CallForm& form) {
  const std::vector<Oid> given = OidsOf(args);
  std::vector<Meant> meant;
  meant.reserve(all.size());
  for (const FunctionCandidate& candidate : all) {
    std::optional<Match> match = MatchCall(candidate, args.size(), form);
    if (match.has_value()) AddMeant({&candidate, *std::move(match)}, &meant);
  }
  auto choose = [&](const Meant& chosen) -> Result<ResolvedFunction> {
    if (chosen.ambiguous) return AmbiguousCall(name, args, form);
    return Chosen(*chosen.candidate, args, chosen.match);
  };
  for (const Meant& one : meant) {
    if (one.match.wanted == given) return choose(one);
  }
  if (args.size() == 1 && form.names.empty() && !form.variadic) {
    if (auto cast = ResolveAsCast(name, args[0])) return *cast;
  }
  std::vector<Candidate> candidates;
  for (const Meant& one : meant) candidates.push_back({one.match.wanted, &one});
  Selection selection = SelectCandidate(given, &candidates);
  if (selection.best != nullptr) return choose(*static_cast<const Meant*>(selection.best->item));
  if (selection.ambiguous) return AmbiguousCall(name, args, form);
  return Error(sqlstate::kUndefinedFunction, "function {}({}) does not exist", name,
               CallTypes(args, form))
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
  ASSIGN_OR_RETURN(args, CompleteArguments(resolved, std::move(args), settings));
  if (resolved.packs) FoldConstants(args.back(), settings);
  auto call = std::make_unique<CallExpr>(resolved.function, resolved.result, std::move(args),
                                         CallExpr::Form::kFunction);
  call->name = name;
  return ExprPtr(std::move(call));
}

Result<std::vector<ExprPtr>> CompleteArguments(const ResolvedFunction& resolved,
                                               std::vector<ExprPtr> args,
                                               const catalog::FormatSettings& settings) {
  if (resolved.parameters.empty()) return args;
  const size_t count = resolved.parameters.size();
  std::vector<ExprPtr> complete(count);
  if (resolved.packs) {
    std::vector<ExprPtr> elements;
    for (size_t i = 0; i < args.size(); ++i) {
      if (i + 1 < count) {
        complete[i] = std::move(args[i]);
      } else {
        elements.push_back(std::move(args[i]));
      }
    }
    const Type array{catalog::ArrayOf(elements.front()->type.oid), -1};
    complete.back() = std::make_unique<ArrayExpr>(array, std::move(elements), /*nested_in=*/false);
    return complete;
  }
  for (size_t i = 0; i < args.size(); ++i) complete[resolved.places[i]] = std::move(args[i]);
  const std::vector<std::string_view>& defaults = resolved.function->defaults;
  for (size_t i = 0; i < count; ++i) {
    if (complete[i] != nullptr) continue;
    catalog::Value text({type_oid::kUnknown, -1},
                        catalog::Datum::Bytes(defaults[i + defaults.size() - count]));
    ASSIGN_OR_RETURN(complete[i], Cast(std::make_unique<ConstantExpr>(std::move(text)),
                                       resolved.parameters[i], CastContext::kImplicit, settings));
  }
  return complete;
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
