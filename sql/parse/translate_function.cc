// Functions and procedures.
#include "sql/parse/ast_type.h"
#include "sql/parse/translator.h"

namespace shale::sql {

namespace {

// invalid_function_definition
constexpr SqlState kInvalidFunction{"42P13"};

bool IsRoutine(ObjectType type) {
  return type == OBJECT_FUNCTION || type == OBJECT_PROCEDURE || type == OBJECT_ROUTINE;
}

ast::RoutineKind RoutineKindOf(ObjectType type) {
  return type == OBJECT_PROCEDURE ? ast::RoutineKind::kProcedure
         : type == OBJECT_ROUTINE ? ast::RoutineKind::kRoutine
                                  : ast::RoutineKind::kFunction;
}

}  // namespace

ast::FunctionParameter Translator::Parameter(const FunctionParameter& parameter) {
  using Mode = ast::FunctionParameter::Mode;
  ast::FunctionParameter result;
  result.name = Copy(parameter.name);
  result.type = Type(parameter.argType);
  result.default_value = Expr(parameter.defexpr);
  switch (parameter.mode) {
    case FUNC_PARAM_IN:
    case FUNC_PARAM_DEFAULT:
      result.mode = Mode::kIn;
      break;
    case FUNC_PARAM_OUT:
      result.mode = Mode::kOut;
      break;
    case FUNC_PARAM_INOUT:
      result.mode = Mode::kInOut;
      break;
    case FUNC_PARAM_VARIADIC:
      result.mode = Mode::kVariadic;
      break;
    case FUNC_PARAM_TABLE:
      result.mode = Mode::kTable;
      break;
  }
  return result;
}

void Translator::FunctionOption(const DefElem& option, bool is_procedure,
                                ast::FunctionOptions& options) {
  const std::string_view name = option.defname;
  const bool fits_procedures = name == "security" || name == "set";
  if (is_procedure && !fits_procedures) {
    Fail(option.location, kInvalidFunction, "invalid attribute in procedure definition");
    return;
  }
  auto set = [&](auto& place, auto value) {
    if (place.has_value()) return ConflictingOption(option);
    place = value;
  };
  if (name == "volatility") {
    const std::string_view word = OptionText(option);
    set(options.volatility, word == "immutable" ? 'i' : word == "stable" ? 's' : 'v');
  } else if (name == "strict") {
    set(options.strict, OptionBool(option));
  } else if (name == "security") {
    set(options.security_definer, OptionBool(option));
  } else if (name == "leakproof") {
    set(options.leakproof, OptionBool(option));
  } else if (name == "parallel") {
    set(options.parallel, OptionText(option));
  } else if (name == "cost") {
    set(options.cost, OptionText(option));
  } else if (name == "rows") {
    set(options.rows, OptionText(option));
  } else if (name == "set") {
    Unsupported("SET clauses of functions", option.location);
  } else if (name == "support") {
    Unsupported("support functions", option.location);
  } else {
    Unsupported(fmt::format("functions with the option {}", name), option.location);
  }
}

const ast::Statement* Translator::CreateFunction(const CreateFunctionStmt& create) {
  auto* result = NewStatement<ast::CreateFunction>();
  result->name = NameOfOther(create.funcname, ast::kNoLocation);
  result->procedure = create.is_procedure;
  result->or_replace = create.replace;
  result->parameters = Map<ast::FunctionParameter, FunctionParameter>(
      create.parameters, [&](const FunctionParameter& parameter) { return Parameter(parameter); });
  result->returns = Type(create.returnType);
  for (const DefElem* option : ListRange<DefElem>(create.options)) {
    const std::string_view name = option->defname;
    if (name == "as") {
      if (result->body.has_value()) ConflictingOption(*option);
      const List* parts = castNode(const List, option->arg);
      result->body = Copy(ListAt<String>(parts, 0)->sval);
      result->body_location = option->location;
      if (ListSize(parts) > 1) {
        Fail(ast::kNoLocation, kInvalidFunction, "only one AS item needed for language \"sql\"");
      }
    } else if (name == "language") {
      if (result->language.has_value()) ConflictingOption(*option);
      result->language = OptionText(*option);
    } else if (name == "window") {
      Unsupported("window functions of users", option->location);
    } else if (name == "transform") {
      Unsupported("TRANSFORM clauses", option->location);
    } else {
      FunctionOption(*option, create.is_procedure, result->options);
    }
    if (failed()) return nullptr;
  }
  SqlBody(create.sql_body, result);
  return failed() ? nullptr : result;
}

void Translator::SqlBody(const Node* body, ast::CreateFunction* result) {
  if (body == nullptr) return;
  result->sql_body = true;
  if (IsA(body, ReturnStmt)) {
    result->returns_expr = true;
    result->statements = CopyList({BodyStatement(body)});
    return;
  }
  // A list with the list of statements in it.
  const List* statements = ListAt<List>(castNode(const List, body), 0);
  result->statements = Map<const ast::Statement*, Node>(
      statements, [&](const Node& node) { return BodyStatement(&node); });
}

// RETURN is the SELECT of its value.
const ast::Statement* Translator::BodyStatement(const Node* node) {
  if (!IsA(node, ReturnStmt)) return Nested(node);
  auto* select = NewStatement<ast::Select>();
  const ast::Expr* value = Expr(castNode(const ReturnStmt, node)->returnval);
  select->targets = CopyList({ast::Target{value, {}, ast::kNoLocation}});
  return select;
}

ast::RoutineName Translator::Routine(const ObjectWithArgs& object) {
  ast::RoutineName result;
  result.name = Name(object.objname, ast::kNoLocation);
  result.has_parameters = !object.args_unspecified;
  result.parameters = Map<ast::FunctionParameter, FunctionParameter>(
      object.objfuncargs, [&](const auto& one) { return Parameter(one); });
  return result;
}

const ast::Statement* Translator::DropFunction(const DropStmt& drop) {
  auto* result = NewStatement<ast::DropFunction>();
  result->routine = RoutineKindOf(drop.removeType);
  result->if_exists = drop.missing_ok;
  result->cascade = drop.behavior == DROP_CASCADE;
  result->names = Map<ast::RoutineName, ObjectWithArgs>(
      drop.objects, [&](const ObjectWithArgs& object) { return Routine(object); });
  return result;
}

const ast::Statement* Translator::AlterFunction(const AlterFunctionStmt& alter) {
  auto* result = NewStatement<ast::AlterFunction>();
  result->routine = RoutineKindOf(alter.objtype);
  result->name = Routine(*alter.func);
  for (const DefElem* option : ListRange<DefElem>(alter.actions)) {
    FunctionOption(*option, alter.objtype == OBJECT_PROCEDURE, result->options);
    if (failed()) return nullptr;
  }
  return result;
}

const ast::Statement* Translator::AlterRoutine(ObjectType type, const Node* object,
                                               ast::AlterFunction::Action action,
                                               const char* target) {
  if (!IsRoutine(type)) return nullptr;
  auto* result = NewStatement<ast::AlterFunction>();
  result->routine = RoutineKindOf(type);
  result->name = Routine(*castNode(const ObjectWithArgs, object));
  result->action = action;
  result->target = Copy(target);
  return result;
}

const ast::Statement* Translator::AlterOwner(const AlterOwnerStmt& alter) {
  const std::string owner(RoleText(*alter.newowner));
  if (alter.objectType == OBJECT_TYPE || alter.objectType == OBJECT_DOMAIN) {
    auto* result = NewStatement<ast::AlterTypeOwner>();
    result->object =
        alter.objectType == OBJECT_TYPE ? ast::ObjectType::kType : ast::ObjectType::kDomain;
    result->name = Name(castNode(const List, alter.object), ast::kNoLocation);
    result->owner = arena_.Copy(owner);
    return result;
  }
  if (alter.objectType == OBJECT_DATABASE) {
    auto* database = AlterDatabaseOf(ast::AlterDatabase::Action::kOwner,
                                     castNode(const String, alter.object)->sval);
    database->target = arena_.Copy(owner);
    return database;
  }
  if (!IsRoutine(alter.objectType)) {
    UnsupportedCommand("ALTER ... OWNER TO");
    return nullptr;
  }
  return AlterRoutine(alter.objectType, alter.object, ast::AlterFunction::Action::kOwner,
                      owner.c_str());
}

const ast::Statement* Translator::CallProcedure(const CallStmt& call) {
  auto* result = NewStatement<ast::Call>();
  result->call = ast::Cast<ast::FunctionCall>(Call(*call.funccall));
  return result;
}

}  // namespace shale::sql
