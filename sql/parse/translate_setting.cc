// SET, SHOW, RESET, DISCARD.
#include "sql/parse/translator.h"

namespace shale::sql {

const ast::Statement* Translator::SetVariable(const VariableSetStmt& set) {
  auto* result = NewStatement<ast::SetVariable>();
  result->name = Copy(set.name);
  result->local = set.is_local;
  using Command = ast::SetVariable::Command;
  switch (set.kind) {
    case VAR_SET_VALUE:
      result->command = Command::kSet;
      result->values = Map<ast::SettingValue, Node>(
          set.args, [&](const Node& node) { return SettingValueOf(node); });
      break;
    case VAR_SET_DEFAULT:
      result->command = Command::kSetDefault;
      break;
    case VAR_RESET:
      result->command = Command::kReset;
      break;
    case VAR_RESET_ALL:
      result->command = Command::kResetAll;
      break;
    case VAR_SET_CURRENT:
      UnsupportedCommand("SET ... FROM CURRENT");
      break;
    case VAR_SET_MULTI: {
      std::string_view name = result->name;
      result->name = {};
      if (name == "TRANSACTION") {
        result->command = Command::kTransaction;
        result->modes = Modes(set.args);
      } else if (name == "SESSION CHARACTERISTICS") {
        result->command = Command::kSessionCharacteristics;
        result->modes = Modes(set.args);
      } else if (name == "TRANSACTION SNAPSHOT") {
        result->command = Command::kTransactionSnapshot;
        result->values = Map<ast::SettingValue, Node>(
            set.args, [&](const Node& node) { return SettingValueOf(node); });
      } else {
        UnsupportedCommand(fmt::format("SET {}", name));
      }
      break;
    }
  }
  return result;
}

ast::SettingValue Translator::SettingValueOf(const Node& node) {
  using Type = ast::SettingValue::Type;
  ast::SettingValue result;
  const Node* value = &node;
  if (IsA(value, TypeCast)) {
    // SET TIME ZONE INTERVAL '...', the only typed literal that the grammar allows here.
    const auto* cast = castNode(const TypeCast, value);
    result.type = Type::kInterval;
    value = cast->arg;
  }
  if (!IsA(value, A_Const)) {
    Unsupported("values of this kind in SET");
    return result;
  }
  const auto* constant = castNode(const A_Const, value);
  switch (nodeTag(&constant->val)) {
    case T_Integer:
      result.type = Type::kNumber;
      result.text = arena_.Copy(fmt::format("{}", constant->val.ival.ival));
      break;
    case T_Float:
      result.type = Type::kNumber;
      result.text = Copy(constant->val.fval.fval);
      break;
    case T_String:
      result.text = Copy(constant->val.sval.sval);
      break;
    default:
      Unsupported("values of this kind in SET", constant->location);
  }
  return result;
}

const ast::Statement* Translator::ShowVariable(const VariableShowStmt& show) {
  auto* result = NewStatement<ast::ShowVariable>();
  result->name = Copy(show.name);
  return result;
}

const ast::Statement* Translator::Discard(const DiscardStmt& discard) {
  auto* result = NewStatement<ast::Discard>();
  using Target = ast::Discard::Target;
  switch (discard.target) {
    case DISCARD_ALL:
      result->target = Target::kAll;
      break;
    case DISCARD_PLANS:
      result->target = Target::kPlans;
      break;
    case DISCARD_SEQUENCES:
      result->target = Target::kSequences;
      break;
    case DISCARD_TEMP:
      result->target = Target::kTemp;
      break;
  }
  return result;
}

}  // namespace shale::sql
