// Which functions a call may mean, and which of them it does.
#include "sql/bind/callables.h"

#include "sql/expr/user_function.h"

namespace shale::sql {
namespace {

std::string NameInMessages(const ast::QualifiedName& name) {
  if (name.schema.empty()) return std::string(name.name);
  return fmt::format("{}.{}", name.schema, name.name);
}

CallForm FormOf(const ast::FunctionCall& call) {
  return {{call.argument_names.begin(), call.argument_names.end()}, call.variadic};
}

}  // namespace

Result<Callables> CallablesOf(const BindContext& context, const ast::QualifiedName& name) {
  Callables callables;
  auto add_builtin = [&](size_t place) {
    for (FunctionCandidate candidate : FunctionsByName(name.name)) {
      candidate.place = place;
      callables.all.push_back(candidate);
    }
  };
  auto add = [&](catalog::FunctionRef function, size_t place) {
    if (function == nullptr) return;
    callables.owners.push_back(MakeUserFunction(std::move(function)));
    callables.all.push_back({callables.owners.back().get(), nullptr, nullptr, place});
  };
  if (name.schema == "pg_catalog") {
    add_builtin(0);
    return callables;
  }
  if (context.view != nullptr) {
    if (name.schema.empty()) add_builtin(0);
    for (const catalog::ViewFunction& known : context.view->functions) {
      if (known.schema != name.schema || known.name != name.name) continue;
      add(context.catalog->FindFunction(known.oid), 1);
    }
    return callables;
  }
  if (!name.schema.empty()) {
    catalog::SchemaRef schema = context.catalog->FindSchema(name.schema);
    if (schema == nullptr) {
      return Error(sqlstate::kInvalidSchemaName, "schema \"{}\" does not exist", name.schema);
    }
    for (const auto& function : context.catalog->FunctionsOf(schema->oid, name.name)) {
      add(function, 0);
    }
    return callables;
  }
  if (context.catalog->functions()->empty()) {
    add_builtin(0);
    return callables;
  }
  for (size_t place = 0; place < context.search_path.size(); ++place) {
    const catalog::Oid schema = context.search_path[place];
    if (schema == catalog::kPgCatalogSchemaOid) {
      add_builtin(place);
      continue;
    }
    for (const auto& function : context.catalog->FunctionsOf(schema, name.name)) {
      add(function, place);
    }
  }
  return callables;
}

Result<ResolvedFunction> ResolveCall(const ast::FunctionCall& call,
                                     std::span<const catalog::Type> types,
                                     const Callables& callables) {
  const bool is_plain = call.name.schema.empty() || call.name.schema == "pg_catalog";
  return ResolveAmong(callables.all,
                      is_plain ? std::string(call.name.name) : NameInMessages(call.name), types,
                      FormOf(call));
}

Result<ResolvedFunction> ResolveProcedure(const ast::FunctionCall& call,
                                          std::span<const catalog::Type> types,
                                          const Callables& callables) {
  Result<ResolvedFunction> resolved = ResolveCall(call, types, callables);
  const std::string name = NameInMessages(call.name);
  if (!resolved.ok() && resolved.status().Is(sqlstate::kUndefinedFunction)) {
    return Error(sqlstate::kUndefinedFunction, "procedure {}({}) does not exist", name,
                 CallTypes(types, FormOf(call)))
        .Hint(
            "No procedure matches the given name and argument types. "
            "You might need to add explicit type casts.");
  }
  if (!resolved.ok() && resolved.status().Is(sqlstate::kAmbiguousFunction)) {
    return Error(sqlstate::kAmbiguousFunction, "procedure {}({}) is not unique", name,
                 CallTypes(types, FormOf(call)))
        .Hint(
            "Could not choose a best candidate procedure. "
            "You might need to add explicit type casts.");
  }
  if (!resolved.ok()) return resolved;
  const bool is_procedure = resolved->function != nullptr &&
                            resolved->function->routine != nullptr &&
                            resolved->function->routine->is_procedure;
  if (is_procedure) return resolved;
  return Error(sqlstate::kWrongObjectType, "{}({}) is not a procedure", name,
               CallTypes(types, FormOf(call)))
      .Hint("To call a function, use SELECT.");
}

Status CheckNoProcedure(const ast::FunctionCall& call, const ResolvedFunction& resolved,
                        std::span<const catalog::Type> types) {
  const catalog::FunctionDesc* routine = resolved.function->routine;
  if (routine == nullptr || !routine->is_procedure) return Status::Ok();
  return Error(sqlstate::kWrongObjectType, "{}({}) is a procedure", NameInMessages(call.name),
               CallTypes(types, FormOf(call)))
      .Hint("To call a procedure, use CALL.");
}

Status CheckPlainCall(const ast::FunctionCall& call) {
  const std::string_view name = call.name.name;
  auto not_aggregate = [&](std::string_view what) {
    return Error(sqlstate::kWrongObjectType, "{} specified, but {} is not an aggregate function",
                 what, name);
  };
  if (call.star) return not_aggregate(fmt::format("{}(*)", name));
  if (call.distinct) return not_aggregate("DISTINCT");
  if (call.within_group) return not_aggregate("WITHIN GROUP");
  if (!call.order_by.empty()) return not_aggregate("ORDER BY");
  if (call.filter != nullptr) return not_aggregate("FILTER");
  if (call.over == nullptr) return Status::Ok();
  return Error(sqlstate::kWrongObjectType,
               "OVER specified, but {} is not a window function nor an aggregate function", name);
}

}  // namespace shale::sql
