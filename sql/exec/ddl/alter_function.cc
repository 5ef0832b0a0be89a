// ALTER and DROP of functions, procedures and routines, and how such a command finds them.
#include <algorithm>

#include "sql/exec/ddl/function_internal.h"
#include "sql/exec/ddl/view_internal.h"
#include "sql/expr/registry.h"
#include "sql/expr/resolve.h"
#include "sql/parse/deparse.h"

namespace shale::sql::ddl {
namespace {

using catalog::FunctionRef;
using catalog::Oid;

std::string_view WordOfRoutine(ast::RoutineKind kind) {
  switch (kind) {
    case ast::RoutineKind::kFunction:
      return "function";
    case ast::RoutineKind::kProcedure:
      return "procedure";
    case ast::RoutineKind::kRoutine:
      return "routine";
  }
  return {};
}

std::string TagOfRoutine(std::string_view verb, ast::RoutineKind kind) {
  std::string tag = fmt::format("{} ", verb);
  for (char c : WordOfRoutine(kind)) tag += static_cast<char>(c - 'a' + 'A');
  return tag;
}

std::string NameWritten(const ast::QualifiedName& name) {
  return name.schema.empty() ? std::string(name.name)
                             : fmt::format("{}.{}", name.schema, name.name);
}

// The types that a command names a function by, or all that it writes.
Result<std::vector<Oid>> TypesWritten(const ast::RoutineName& name, bool with_outputs,
                                      const DdlContext& context) {
  using Mode = ast::FunctionParameter::Mode;
  std::vector<Oid> types;
  for (const ast::FunctionParameter& parameter : name.parameters) {
    if (!with_outputs && parameter.mode == Mode::kOut) continue;
    ast::TypeName unplaced = *parameter.type;
    unplaced.location = ast::kNoLocation;
    ASSIGN_OR_RETURN(catalog::Type type, BindTypeName(Binding(context), unplaced));
    types.push_back(type.oid);
  }
  return types;
}

std::string SignatureOf(const ast::RoutineName& name, const std::vector<Oid>& types) {
  std::string text = NameWritten(name.name) + "(";
  for (size_t i = 0; i < types.size(); ++i) {
    if (i > 0) text += ", ";
    text += TypeName(types[i]);
  }
  return text + ")";
}

// As a notice tells it: with the types as they were written.
std::string SignatureWritten(const ast::RoutineName& name) {
  std::string text;
  for (const ast::FunctionParameter& parameter : name.parameters) {
    if (parameter.mode == ast::FunctionParameter::Mode::kOut) continue;
    if (!text.empty()) text += ",";
    const ast::TypeName& type = *parameter.type;
    if (!type.name.schema.empty()) text += std::string(type.name.schema) + ".";
    text += type.name.name;
    for (int i = 0; i < type.array_dimensions; ++i) text += "[]";
  }
  return fmt::format("{}({})", NameWritten(name.name), text);
}

bool IsOfKind(const catalog::FunctionDesc& function, ast::RoutineKind kind) {
  return kind == ast::RoutineKind::kRoutine ||
         function.is_procedure == (kind == ast::RoutineKind::kProcedure);
}

std::vector<Oid> SchemasOf(const ast::QualifiedName& name, const DdlContext& context) {
  if (name.schema.empty()) return context.bind.search_path;
  catalog::SchemaRef schema = View(context).FindSchema(name.schema);
  return schema != nullptr ? std::vector<Oid>{schema->oid} : std::vector<Oid>();
}

Status IsRequired(const ast::RoutineName& name, const std::vector<Oid>& types) {
  return Error(sqlstate::kDependentObjectsStillExist,
               "cannot drop function {} because it is required by the database system",
               SignatureOf(name, types));
}

std::vector<Oid> AllTypes(const catalog::FunctionDesc& function) {
  std::vector<Oid> types;
  for (const catalog::FunctionArgument& argument : function.arguments) {
    types.push_back(argument.type);
  }
  return types;
}

// Of functions by the inputs; of procedures by these, or by all that is written.
Result<FunctionRef> FindByTypes(ast::RoutineKind kind, const ast::RoutineName& name,
                                const DdlContext& context) {
  ASSIGN_OR_RETURN(const std::vector<Oid> inputs, TypesWritten(name, false, context));
  ASSIGN_OR_RETURN(const std::vector<Oid> all, TypesWritten(name, true, context));
  for (Oid schema : SchemasOf(name.name, context)) {
    for (const FunctionRef& function : View(context).FunctionsOf(schema, name.name.name)) {
      const bool matches = function->InputTypes() == inputs ||
                           (function->is_procedure && AllTypes(*function) == all);
      if (!matches) continue;
      if (IsOfKind(*function, kind)) return function;
      return Error(sqlstate::kWrongObjectType, "{} is not a {}", SignatureOf(name, inputs),
                   WordOfRoutine(kind));
    }
    if (schema != catalog::kPgCatalogSchemaOid) continue;
    for (const FunctionCandidate& builtin : FunctionsByName(name.name.name)) {
      if (builtin.args() == inputs) return IsRequired(name, inputs);
    }
  }
  return Error(sqlstate::kUndefinedFunction, "{} {} does not exist", WordOfRoutine(kind),
               SignatureOf(name, inputs));
}

Result<FunctionRef> FindByName(ast::RoutineKind kind, const ast::RoutineName& name,
                               const DdlContext& context) {
  std::vector<FunctionRef> found;
  for (Oid schema : SchemasOf(name.name, context)) {
    for (const FunctionRef& function : View(context).FunctionsOf(schema, name.name.name)) {
      if (IsOfKind(*function, kind)) found.push_back(function);
    }
  }
  if (found.size() == 1) return found[0];
  if (found.empty()) {
    return Error(sqlstate::kUndefinedFunction, "could not find a {} named \"{}\"",
                 WordOfRoutine(kind), NameWritten(name.name));
  }
  return Error(sqlstate::kAmbiguousFunction, "{} name \"{}\" is not unique", WordOfRoutine(kind),
               NameWritten(name.name))
      .Hint(fmt::format("Specify the argument list to select the {} unambiguously.",
                        WordOfRoutine(kind)));
}

// Under the lock of its name, and looked up again until that is on what the command means.
Task<Result<FunctionRef>> LockRoutine(ast::RoutineKind kind, const ast::RoutineName& name,
                                      bool missing_ok, DdlContext& context) {
  Oid locked = catalog::kInvalidOid;
  while (true) {
    CO_ASSIGN_OR_RETURN(FunctionRef function, FindRoutine(kind, name, missing_ok, context));
    if (function == nullptr || function->oid == locked) co_return function;
    auto lock = LockFunctionName(context, function->schema_oid, function->name);
    Status status = co_await lock;
    if (!status.ok()) co_return status;
    locked = function->oid;
  }
}

// Texts that call a function have its name in them.
Status CheckNotNamed(const catalog::FunctionDesc& function, const DdlContext& context) {
  const Oid one[] = {function.oid};
  for (const Dependent& dependent : DependentsOf(context, one)) {
    if (dependent.part == Dependent::Part::kNone) continue;
    return NotSupported(fmt::format("renaming or moving {} while {} calls it",
                                    DescribeFunction(context, function),
                                    DescribeDependent(context, dependent)));
  }
  return Status::Ok();
}

Task<Status> ClaimFunctionName(const catalog::FunctionDesc& function, bool by_schema,
                               DdlContext& context) {
  auto lock = LockFunctionName(context, function.schema_oid, function.name);
  Status locked = co_await lock;
  if (!locked.ok()) co_return locked;
  for (const auto& other : View(context).FunctionsOf(function.schema_oid, function.name)) {
    if (other->oid == function.oid || other->InputTypes() != function.InputTypes()) continue;
    std::string types;
    for (Oid type : function.InputTypes()) types += (types.empty() ? "" : ", ") + TypeName(type);
    catalog::SchemaRef schema = View(context).FindSchema(function.schema_oid);
    co_return Error(sqlstate::kDuplicateFunction, "{} {}({}) already exists in schema \"{}\"",
                    by_schema || !function.is_procedure ? "function" : "procedure", function.name,
                    types, schema->name);
  }
  co_return Status::Ok();
}

}  // namespace

Result<FunctionRef> FindRoutine(ast::RoutineKind kind, const ast::RoutineName& name,
                                bool missing_ok, const DdlContext& context) {
  Result<FunctionRef> found =
      name.has_parameters ? FindByTypes(kind, name, context) : FindByName(kind, name, context);
  if (found.ok() || !missing_ok) return found;
  const Status& error = found.status();
  if (error.Is(sqlstate::kUndefinedObject)) {
    Notice(context, fmt::format("{}, skipping", error.error().message));
    return FunctionRef();
  }
  if (!error.Is(sqlstate::kUndefinedFunction)) return found;
  Notice(context, fmt::format("{} {} does not exist, skipping", WordOfRoutine(kind),
                              SignatureWritten(name)));
  return FunctionRef();
}

Task<Result<std::string>> AlterFunction(const ast::AlterFunction& command, DdlContext& context) {
  using Action = ast::AlterFunction::Action;
  const std::string tag = TagOfRoutine("ALTER", command.routine);
  auto locking = LockRoutine(command.routine, command.name, false, context);
  auto locked = co_await locking;
  if (!locked.ok()) co_return std::move(locked).status();
  catalog::FunctionDesc altered = **locked;
  switch (command.action) {
    case Action::kOptions:
      CO_RETURN_IF_ERROR(ApplyFunctionOptions(command.options, &altered));
      break;
    case Action::kOwner:
      CO_RETURN_IF_ERROR(CheckOwner(command.target, context.user));
      co_return tag;
    case Action::kRename: {
      CO_RETURN_IF_ERROR(CheckNotNamed(altered, context));
      altered.name = command.target;
      auto claim = ClaimFunctionName(altered, false, context);
      Status claimed = co_await claim;
      if (!claimed.ok()) co_return claimed;
      break;
    }
    case Action::kSetSchema: {
      CO_ASSIGN_OR_RETURN(catalog::SchemaRef schema,
                          TargetSchema(command.target, altered.schema_name, context));
      if (schema->oid == altered.schema_oid) co_return tag;
      CO_RETURN_IF_ERROR(CheckNotNamed(altered, context));
      altered.schema_oid = schema->oid;
      auto claim = ClaimFunctionName(altered, true, context);
      Status claimed = co_await claim;
      if (!claimed.ok()) co_return claimed;
      break;
    }
  }
  CO_RETURN_IF_ERROR(Changes(context).SetFunction(std::move(altered)));
  co_return tag;
}

Task<Result<std::string>> DropFunctions(const ast::DropFunction& command, DdlContext& context) {
  DropRequest request;
  request.cascade = command.cascade;
  for (const ast::RoutineName& name : command.names) {
    auto locking = LockRoutine(command.routine, name, command.if_exists, context);
    auto locked = co_await locking;
    if (!locked.ok()) co_return std::move(locked).status();
    const bool is_new =
        *locked != nullptr &&
        std::ranges::find(request.relations, (*locked)->oid) == request.relations.end();
    if (is_new) request.relations.push_back((*locked)->oid);
  }
  if (!request.relations.empty()) {
    request.what = request.relations.size() > 1 ? std::string("desired object(s)")
                                                : DescribeRelation(context, request.relations[0]);
    auto dropping = DropDependents(request, context);
    Status dropped = co_await dropping;
    if (!dropped.ok()) co_return dropped;
  }
  for (Oid oid : request.relations) CO_RETURN_IF_ERROR(Changes(context).DropFunction(oid));
  co_return TagOfRoutine("DROP", command.routine);
}

}  // namespace shale::sql::ddl
