// CREATE FUNCTION, CREATE PROCEDURE.
#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "catalog/type_uses.h"
#include "sql/bind/routine_body.h"
#include "sql/exec/ddl/function_internal.h"
#include "sql/exec/ddl/type_internal.h"
#include "sql/exec/ddl/view_internal.h"
#include "sql/expr/polymorphic.h"
#include "sql/expr/resolve.h"
#include "sql/expr/routine_text.h"
#include "sql/parse/deparse.h"

namespace shale::sql::ddl {
namespace {

namespace type_oid = catalog::type_oid;
using catalog::ArgumentMode;
using catalog::FunctionArgument;
using catalog::FunctionDesc;
using catalog::Oid;

Status Invalid(std::string message) {
  return Status(kInvalidFunctionDefinition, std::move(message));
}

ArgumentMode ModeOfParameter(ast::FunctionParameter::Mode mode) {
  using Mode = ast::FunctionParameter::Mode;
  switch (mode) {
    case Mode::kOut:
      return ArgumentMode::kOut;
    case Mode::kInOut:
      return ArgumentMode::kInOut;
    case Mode::kVariadic:
      return ArgumentMode::kVariadic;
    case Mode::kTable:
      return ArgumentMode::kTable;
    case Mode::kIn:
      break;
  }
  return ArgumentMode::kIn;
}

Status CheckLanguage(const ast::CreateFunction& command) {
  if (!command.language) {
    return command.sql_body ? Status::Ok() : Invalid("no language specified");
  }
  const std::string_view language = *command.language;
  if (language == "sql") return Status::Ok();
  if (language == "c" || language == "internal") {
    return NotSupported(fmt::format("functions in language {}", language));
  }
  Status error = Error(sqlstate::kUndefinedObject, "language \"{}\" does not exist", language);
  if (language != "plpgsql") return error;
  return std::move(error).Hint(
      "Functions and procedures are written in language sql; there is no PL/pgSQL.");
}

Result<Oid> ParameterType(const ast::FunctionParameter& parameter, const DdlContext& context) {
  if (parameter.type->set_of) return Invalid("functions cannot accept set arguments");
  Result<catalog::Type> type = BindTypeName(Binding(context), *parameter.type);
  if (type.ok()) return type->oid;
  if (!type.status().Is(sqlstate::kUndefinedObject)) return type.status();
  return Error(sqlstate::kUndefinedObject, "type {} does not exist", Deparse(*parameter.type));
}

// A polymorphic type that is given back must be told by an argument.
Status CheckPolymorphic(Oid type, const FunctionDesc& function) {
  if (!IsPolymorphic(type) || type == type_oid::kAny) return Status::Ok();
  auto has = [&](std::initializer_list<Oid> types) {
    return std::ranges::any_of(function.InputTypes(), [&](Oid input) {
      return std::ranges::find(types, input) != types.end();
    });
  };
  const bool is_range = type == type_oid::kAnyrange || type == type_oid::kAnymultirange;
  const bool is_compatible_range =
      type == type_oid::kAnycompatiblerange || type == type_oid::kAnycompatiblemultirange;
  const bool is_compatible = type == type_oid::kAnycompatible ||
                             type == type_oid::kAnycompatiblearray ||
                             type == type_oid::kAnycompatiblenonarray || is_compatible_range;
  bool told = false;
  std::string_view of;
  if (is_range) {
    told = has({type_oid::kAnyrange, type_oid::kAnymultirange});
    of = "anyrange or anymultirange";
  } else if (is_compatible_range) {
    told = has({type_oid::kAnycompatiblerange, type_oid::kAnycompatiblemultirange});
    of = "anycompatiblerange or anycompatiblemultirange";
  } else if (is_compatible) {
    told = has({type_oid::kAnycompatible, type_oid::kAnycompatiblearray,
                type_oid::kAnycompatiblenonarray, type_oid::kAnycompatiblerange,
                type_oid::kAnycompatiblemultirange});
    of = "anycompatible, anycompatiblearray, anycompatiblenonarray, anycompatiblerange, or "
         "anycompatiblemultirange";
  } else {
    told = has({type_oid::kAnyelement, type_oid::kAnyarray, type_oid::kAnynonarray,
                type_oid::kAnyrange, type_oid::kAnymultirange});
    of = "anyelement, anyarray, anynonarray, anyenum, anyrange, or anymultirange";
  }
  if (told) return Status::Ok();
  return Invalid("cannot determine result data type")
      .Detail(fmt::format("A result of type {} requires at least one input of type {}.",
                          TypeName(type), of));
}

Result<std::string> DefaultText(const ast::Expr& value, Oid type, const DdlContext& context) {
  const catalog::Type target{type, -1};
  const bool is_pseudo = catalog::GetType(type).pseudo;
  ASSIGN_OR_RETURN(ExprPtr plain, BindScalar(Binding(context), value, nullptr));
  const auto* literal = ast::Cast<ast::Literal>(&value);
  const bool is_unknown = literal != nullptr && (literal->type == ast::Literal::Type::kString ||
                                                 literal->type == ast::Literal::Type::kNull);
  if (!is_pseudo && !is_unknown && !CanCast(plain->type.oid, type, CastContext::kAssignment)) {
    return Error(sqlstate::kDatatypeMismatch, "argument of DEFAULT must be type {}, not type {}",
                 TypeName(type), TypeName(plain->type.oid))
        .Position(plain->position);
  }
  if (is_pseudo || !is_unknown) return ToString(*plain, ExprStyle::kDefinition);
  ASSIGN_OR_RETURN(ExprPtr cast, BindScalar(Binding(context), value, &target));
  return ToString(*cast, ExprStyle::kDefinition);
}

Status AddParameter(const ast::FunctionParameter& parameter, FunctionDesc* function,
                    const DdlContext& context) {
  FunctionArgument argument;
  argument.name = parameter.name;
  argument.mode = ModeOfParameter(parameter.mode);
  ASSIGN_OR_RETURN(argument.type, ParameterType(parameter, context));
  const bool has_default = std::ranges::any_of(
      function->arguments,
      [](const FunctionArgument& other) { return other.default_sql.has_value(); });
  if (argument.is_input()) {
    const bool is_behind_variadic = std::ranges::any_of(
        function->arguments,
        [](const FunctionArgument& other) { return other.mode == ArgumentMode::kVariadic; });
    if (is_behind_variadic) return Invalid("VARIADIC parameter must be the last input parameter");
    const bool is_array = catalog::ElementOf(argument.type) != catalog::kInvalidOid ||
                          argument.type == type_oid::kAnyarray ||
                          argument.type == type_oid::kAnycompatiblearray;
    if (argument.mode == ArgumentMode::kVariadic && !is_array) {
      return Invalid("VARIADIC parameter must be an array");
    }
  } else if (function->is_procedure && has_default) {
    return Invalid("procedure OUT parameters cannot appear after one with a default value");
  }
  for (const FunctionArgument& other : function->arguments) {
    // One that goes in and one that comes out may have one name.
    const bool may_share =
        (argument.is_input() && !argument.is_output() && other.is_output() && !other.is_input()) ||
        (other.is_input() && !other.is_output() && argument.is_output() && !argument.is_input());
    if (argument.name.empty() || other.name != argument.name || may_share) continue;
    return Invalid(fmt::format("parameter name \"{}\" used more than once", argument.name));
  }
  const catalog::TypeInfo& type = catalog::GetType(argument.type);
  if (type.pseudo && (!IsPolymorphic(argument.type) || argument.type == type_oid::kAny)) {
    return Invalid(fmt::format("SQL functions cannot {} type {}",
                               argument.is_input() ? "have arguments of" : "return",
                               argument.type == type_oid::kAny ? "\"any\"" : type.display_name));
  }
  if (parameter.default_value != nullptr) {
    if (!argument.is_input()) return Invalid("only input parameters can have default values");
    ASSIGN_OR_RETURN(argument.default_sql,
                     DefaultText(*parameter.default_value, argument.type, context));
  } else if (argument.is_input() && has_default) {
    return Invalid("input parameters after one with a default value must also have defaults");
  }
  function->arguments.push_back(std::move(argument));
  return Status::Ok();
}

Result<Oid> ReturnType(const ast::TypeName& written, const DdlContext& context) {
  ast::TypeName name = written;
  name.set_of = false;
  name.location = ast::kNoLocation;
  ASSIGN_OR_RETURN(const catalog::Type type, BindTypeName(Binding(context), name));
  return type.oid;
}

Status SetResult(const ast::CreateFunction& command, FunctionDesc* function,
                 const DdlContext& context) {
  const std::vector<const FunctionArgument*> outputs = function->Outputs();
  Oid required = catalog::kInvalidOid;
  if (!outputs.empty()) {
    required = outputs.size() > 1 || function->is_procedure ? type_oid::kRecord : outputs[0]->type;
  }
  if (function->is_procedure) {
    function->result = required != catalog::kInvalidOid ? required : type_oid::kVoid;
  } else if (command.returns != nullptr) {
    ASSIGN_OR_RETURN(function->result, ReturnType(*command.returns, context));
    if (catalog::IsDomain(function->result) &&
        catalog::IsComposite(catalog::BaseOf(function->result))) {
      return NotSupported("a function that returns a domain over a composite type");
    }
    function->gives_set = command.returns->set_of;
    if (required != catalog::kInvalidOid && required != function->result) {
      return Invalid(fmt::format("function result type must be {} because of OUT parameters",
                                 TypeName(required)));
    }
  } else if (required != catalog::kInvalidOid) {
    function->result = required;
  } else {
    return Invalid("function result type must be specified");
  }
  RETURN_IF_ERROR(CheckPolymorphic(function->result, *function));
  for (const FunctionArgument* output : outputs) {
    RETURN_IF_ERROR(CheckPolymorphic(output->type, *function));
  }
  const catalog::TypeInfo& type = catalog::GetType(function->result);
  const bool fits = !type.pseudo || function->result == type_oid::kVoid ||
                    function->result == type_oid::kRecord ||
                    (IsPolymorphic(function->result) && function->result != type_oid::kAny);
  if (fits) return Status::Ok();
  return Invalid(fmt::format("SQL functions cannot return type {}",
                             function->result == type_oid::kAny ? "\"any\"" : type.display_name));
}

// --- the body ---

// An error in a body that was written as a string, told as one of the command's where the body
// stands in its text as it is.
Status InBody(Status status, const ast::CreateFunction& command, const FunctionDesc& function,
              const DdlContext& context) {
  ErrorFields fields = status.error();
  if (fields.position > 0) {
    const std::string_view source = context.bind.source;
    const size_t from = command.body_location > 0 ? static_cast<size_t>(command.body_location) : 0;
    const size_t at = from < source.size() ? source.find(function.body, from) : source.npos;
    if (at != source.npos) {
      fields.position += PositionOf(context, static_cast<ast::Location>(at)) - 1;
      return Status(std::move(fields));
    }
    fields.internal_position = std::exchange(fields.position, 0);
    fields.internal_query = function.body;
  }
  if (!fields.context.empty()) fields.context += '\n';
  fields.context += fmt::format("SQL function \"{}\"", function.name);
  return Status(std::move(fields));
}

std::vector<catalog::Type> InputTypesOf(const FunctionDesc& function) {
  std::vector<catalog::Type> types;
  for (Oid type : function.InputTypes()) types.push_back({type, -1});
  return types;
}

bool IsBound(const ast::Statement& statement) {
  switch (statement.kind) {
    case ast::StatementKind::kSelect:
    case ast::StatementKind::kInsert:
    case ast::StatementKind::kUpdate:
    case ast::StatementKind::kDelete:
    case ast::StatementKind::kMerge:
    case ast::StatementKind::kCall:
    case ast::StatementKind::kInvalid:  // for its error
      return true;
    default:
      return false;
  }
}

// What PostgreSQL's validator looks at: of a body with polymorphic arguments the grammar only.
Status CheckBody(const FunctionDesc& function, const DdlContext& context) {
  ASSIGN_OR_RETURN(std::vector<ParsedStatement> parsed, ParseBody(function));
  if (function.IsPolymorphic()) return Status::Ok();
  const std::vector<catalog::Type> inputs = InputTypesOf(function);
  const BindContext bind = BodyContext(Binding(context), function, inputs);
  ASSIGN_OR_RETURN(RoutineResult result,
                   ResultOf(View(context), function, inputs, RowForm::kColumns));
  if (parsed.empty()) return FitResult(result, *bind.settings, nullptr);
  for (const ParsedStatement& statement : parsed) {
    const bool is_last = &statement == &parsed.back();
    if (!IsBound(*statement.statement)) {
      if (is_last) RETURN_IF_ERROR(FitResult(result, *bind.settings, nullptr));
      continue;
    }
    ASSIGN_OR_RETURN(BoundStatement bound, Bind(bind, *statement.statement));
    if (is_last) RETURN_IF_ERROR(FitResult(result, *bind.settings, &bound));
  }
  return Status::Ok();
}

bool ChecksBodies(const DdlContext& context) {
  if (context.execution->host == nullptr) return true;
  Result<std::string> setting = context.execution->host->CurrentSetting("check_function_bodies");
  return !setting.ok() || *setting != "off";
}

Status SetBody(const ast::CreateFunction& command, FunctionDesc* function,
               const DdlContext& context) {
  if (command.body && command.sql_body) return Invalid("duplicate function body specified");
  if (!command.body && !command.sql_body) return Invalid("no function body specified");
  if (command.body) {
    function->body = *command.body;
    return Status::Ok();
  }
  function->is_sql_body = true;
  function->returns_expr = command.returns_expr;
  if (function->IsPolymorphic()) {
    return Invalid("SQL function with unquoted function body cannot have polymorphic arguments");
  }
  for (const ast::Statement* statement : command.statements) {
    if (!IsBound(*statement)) {
      return NotSupported("a statement of this kind in an unquoted function body");
    }
    if (!function->body.empty()) function->body += ";\n ";
    function->body += Deparse(*statement);
  }
  ASSIGN_OR_RETURN(function->names, DescribeBody(Binding(context), *function, command.statements));
  return Status::Ok();
}

// --- OR REPLACE ---

Status CheckSameKind(const FunctionDesc& old, const FunctionDesc& fresh) {
  if (old.is_procedure == fresh.is_procedure) return Status::Ok();
  return Error(sqlstate::kWrongObjectType, "cannot change routine kind")
      .Detail(
          fmt::format("\"{}\" is a {}.", old.name, old.is_procedure ? "procedure" : "function"));
}

bool SameOutputs(const FunctionDesc& old, const FunctionDesc& fresh) {
  const auto before = old.Outputs();
  const auto after = fresh.Outputs();
  return std::ranges::equal(before, after, [](const auto* one, const auto* other) {
    return one->name == other->name && one->type == other->type;
  });
}

Status CheckFunctionReplacement(const FunctionDesc& old, const FunctionDesc& fresh,
                                const DdlContext& context) {
  RETURN_IF_ERROR(CheckSameKind(old, fresh));
  const std::string hint =
      fmt::format("Use DROP {} {} first.", old.is_procedure ? "PROCEDURE" : "FUNCTION",
                  NameOfFunction(context, old));
  if (old.result != fresh.result || old.gives_set != fresh.gives_set) {
    return Invalid(old.is_procedure ? "cannot change whether a procedure has output parameters"
                                    : "cannot change return type of existing function")
        .Hint(hint);
  }
  if (old.result == type_oid::kRecord && !SameOutputs(old, fresh)) {
    return Invalid("cannot change return type of existing function")
        .Detail("Row type defined by OUT parameters is different.")
        .Hint(hint);
  }
  auto inputs = [](const FunctionDesc& function) {
    std::vector<const FunctionArgument*> all;
    for (const FunctionArgument& argument : function.arguments) {
      if (argument.is_input()) all.push_back(&argument);
    }
    return all;
  };
  const auto before = inputs(old);
  const auto after = inputs(fresh);
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i]->name.empty() || before[i]->name == after[i]->name) continue;
    return Invalid(fmt::format("cannot change name of input parameter \"{}\"", before[i]->name))
        .Hint(hint);
  }
  for (size_t i = 0; i < before.size(); ++i) {
    if (!before[i]->default_sql || after[i]->default_sql) continue;
    return Invalid("cannot remove parameter defaults from existing function").Hint(hint);
  }
  return Status::Ok();
}

catalog::FunctionRef FindSame(const FunctionDesc& function, const DdlContext& context) {
  const std::vector<Oid> types = function.InputTypes();
  for (const auto& other : View(context).FunctionsOf(function.schema_oid, function.name)) {
    if (other->InputTypes() == types) return other;
  }
  return nullptr;
}

Result<FunctionDesc> DescribeNewFunction(const ast::CreateFunction& command,
                                         const DdlContext& context) {
  FunctionDesc function;
  function.name = command.name.name;
  function.is_procedure = command.procedure;
  for (const ast::FunctionParameter& parameter : command.parameters) {
    RETURN_IF_ERROR(AddParameter(parameter, &function, context));
  }
  RETURN_IF_ERROR(SetResult(command, &function, context));
  function.cost = "100";
  function.rows = function.gives_set ? "1000" : "0";
  RETURN_IF_ERROR(ApplyFunctionOptions(command.options, &function));
  return function;
}

}  // namespace

Task<Status> LockFunctionName(DdlContext& context, Oid schema, std::string_view name) {
  // No relation's name lock: that has no parentheses, or is held for no reason but that.
  return LockName(context, schema, fmt::format("{}()", name));
}

Status ApplyFunctionOptions(const ast::FunctionOptions& options, FunctionDesc* function) {
  auto number = [](std::string_view text) {
    return std::strtod(std::string(text).c_str(), nullptr);
  };
  if (options.volatility) function->volatility = *options.volatility;
  if (options.strict) function->strict = *options.strict;
  if (options.security_definer) function->security_definer = *options.security_definer;
  if (options.leakproof) function->leakproof = *options.leakproof;
  if (options.parallel) {
    const std::string_view word = *options.parallel;
    if (word != "safe" && word != "restricted" && word != "unsafe") {
      return Error(sqlstate::kSyntaxError,
                   "parameter \"parallel\" must be SAFE, RESTRICTED, or UNSAFE");
    }
    function->parallel = word[0];
  }
  if (options.cost) {
    const double cost = number(*options.cost);
    if (cost <= 0) return Error(sqlstate::kInvalidParameterValue, "COST must be positive");
    function->cost = fmt::format("{:g}", cost);
  }
  if (!options.rows) return Status::Ok();
  const double rows = number(*options.rows);
  if (rows <= 0) return Error(sqlstate::kInvalidParameterValue, "ROWS must be positive");
  if (!function->gives_set) {
    return Error(sqlstate::kInvalidParameterValue,
                 "ROWS is not applicable when function does not return a set");
  }
  function->rows = fmt::format("{:g}", rows);
  return Status::Ok();
}

std::string NameOfFunction(const DdlContext& context, const FunctionDesc& function) {
  return RoutineName(View(context), context.bind.search_path, function);
}

std::string DescribeFunction(const DdlContext& context, const FunctionDesc& function) {
  return fmt::format("{} {}", function.is_procedure ? "procedure" : "function",
                     NameOfFunction(context, function));
}

Task<Result<std::string>> CreateFunction(const ast::CreateFunction& command, DdlContext& context) {
  const std::string tag = command.procedure ? "CREATE PROCEDURE" : "CREATE FUNCTION";
  CO_ASSIGN_OR_RETURN(catalog::SchemaRef schema,
                      LastingSchema(Unplaced(command.name), "functions", context));
  CO_RETURN_IF_ERROR(CheckLanguage(command));
  auto lock_schema = LockSchema(context, schema);
  Status locked = co_await lock_schema;
  if (!locked.ok()) co_return locked;
  auto lock_name = LockFunctionName(context, schema->oid, command.name.name);
  locked = co_await lock_name;
  if (!locked.ok()) co_return locked;
  while (true) {
    CO_ASSIGN_OR_RETURN(FunctionDesc function, DescribeNewFunction(command, context));
    function.schema_oid = schema->oid;
    function.schema_name = schema->name;
    catalog::FunctionRef old = FindSame(function, context);
    if (old != nullptr && !command.or_replace) {
      co_return Error(sqlstate::kDuplicateFunction,
                      "function \"{}\" already exists with same argument types", function.name);
    }
    if (old != nullptr) {
      CO_RETURN_IF_ERROR(CheckFunctionReplacement(*old, function, context));
    }
    CO_RETURN_IF_ERROR(SetBody(command, &function, context));
    // What it uses stays.
    const uint64_t version = View(context).version();
    auto lock_used = LockRelations(function.names.relations, context);
    locked = co_await lock_used;
    if (!locked.ok()) co_return locked;
    if (View(context).version() != version) continue;
    if (old != nullptr) {
      function.oid = old->oid;
    } else {
      auto allocate = context.execution->catalog->AllocateOid();
      auto oid = co_await allocate;
      if (!oid.ok()) co_return std::move(oid).status();
      function.oid = *oid;
    }
    auto use = UseTypes(catalog::TypesOf(function), context);
    locked = co_await use;
    if (!locked.ok()) co_return locked;
    CO_RETURN_IF_ERROR(Changes(context).SetFunction(function));
    // It may call itself, so it is looked at when it is there; an error takes it back.
    if (!function.is_sql_body && ChecksBodies(context)) {
      Status checked = CheckBody(function, context);
      if (!checked.ok()) co_return InBody(std::move(checked), command, function, context);
    }
    co_return tag;
  }
}

}  // namespace shale::sql::ddl
