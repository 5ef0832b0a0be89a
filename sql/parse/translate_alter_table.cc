// ALTER TABLE and RENAME.
#include "sql/parse/translator.h"

namespace shale::sql {

namespace {

// ATTRIBUTE_IDENTITY_ALWAYS of PostgreSQL's pg_attribute.h.
constexpr int kIdentityAlways = 'a';

// What follows ALTER TABLE in an action that Shale does not have.
std::string_view ActionName(AlterTableType type) {
  switch (type) {
    case AT_SetOptions:
      return "ALTER COLUMN ... SET (...)";
    case AT_ResetOptions:
      return "ALTER COLUMN ... RESET (...)";
    case AT_SetStorage:
      return "ALTER COLUMN ... SET STORAGE";
    case AT_SetCompression:
      return "ALTER COLUMN ... SET COMPRESSION";
    case AT_AlterColumnGenericOptions:
      return "ALTER COLUMN ... OPTIONS";
    case AT_ChangeOwner:
      return "OWNER TO";
    case AT_ClusterOn:
      return "CLUSTER ON";
    case AT_DropCluster:
      return "SET WITHOUT CLUSTER";
    case AT_DropOids:
      return "SET WITHOUT OIDS";
    case AT_SetAccessMethod:
      return "SET ACCESS METHOD";
    case AT_SetTableSpace:
      return "SET TABLESPACE";
    case AT_SetRelOptions:
      return "SET (...)";
    case AT_ResetRelOptions:
      return "RESET (...)";
    case AT_EnableTrig:
    case AT_EnableAlwaysTrig:
    case AT_EnableReplicaTrig:
    case AT_EnableTrigAll:
    case AT_EnableTrigUser:
      return "ENABLE TRIGGER";
    case AT_DisableTrig:
    case AT_DisableTrigAll:
    case AT_DisableTrigUser:
      return "DISABLE TRIGGER";
    case AT_EnableRule:
    case AT_EnableAlwaysRule:
    case AT_EnableReplicaRule:
      return "ENABLE RULE";
    case AT_DisableRule:
      return "DISABLE RULE";
    case AT_AddInherit:
      return "INHERIT";
    case AT_DropInherit:
      return "NO INHERIT";
    case AT_AddOf:
      return "OF";
    case AT_DropOf:
      return "NOT OF";
    case AT_ReplicaIdentity:
      return "REPLICA IDENTITY";
    case AT_EnableRowSecurity:
    case AT_DisableRowSecurity:
    case AT_ForceRowSecurity:
    case AT_NoForceRowSecurity:
      return "ROW LEVEL SECURITY";
    case AT_GenericOptions:
      return "OPTIONS";
    case AT_AttachPartition:
      return "ATTACH PARTITION";
    case AT_DetachPartition:
    case AT_DetachPartitionFinalize:
      return "DETACH PARTITION";
    default:
      return "action of this kind";
  }
}

std::string_view ObjectName(ObjectType type) {
  switch (type) {
    case OBJECT_TABLE:
      return "TABLE";
    case OBJECT_INDEX:
      return "INDEX";
    case OBJECT_SEQUENCE:
      return "SEQUENCE";
    case OBJECT_VIEW:
      return "VIEW";
    case OBJECT_MATVIEW:
      return "MATERIALIZED VIEW";
    case OBJECT_FOREIGN_TABLE:
      return "FOREIGN TABLE";
    case OBJECT_TYPE:
    case OBJECT_ATTRIBUTE:
      return "TYPE";
    case OBJECT_DATABASE:
      return "DATABASE";
    case OBJECT_ROLE:
      return "ROLE";
    case OBJECT_FUNCTION:
    case OBJECT_ROUTINE:
    case OBJECT_PROCEDURE:
      return "FUNCTION";
    case OBJECT_DOMAIN:
    case OBJECT_DOMCONSTRAINT:
      return "DOMAIN";
    default:
      return "OBJECT";
  }
}

}  // namespace

const ast::Statement* Translator::AlterTable(const AlterTableStmt& alter) {
  if (alter.objtype == OBJECT_TYPE) return AlterComposite(alter);
  if (alter.objtype != OBJECT_TABLE) {
    UnsupportedCommand(fmt::format("ALTER {} with such an action", ObjectName(alter.objtype)));
    return nullptr;
  }
  auto* result = NewStatement<ast::AlterTable>();
  result->table = Name(*alter.relation);
  result->if_exists = alter.missing_ok;
  result->only = !alter.relation->inh;
  result->actions = Map<ast::AlterTableAction, AlterTableCmd>(
      alter.cmds, [&](const AlterTableCmd& command) { return Action(command); });
  return result;
}

ast::AlterTableAction Translator::Action(const AlterTableCmd& command) {
  ast::AlterTableAction result;
  result.missing_ok = command.missing_ok;
  result.cascade = command.behavior == DROP_CASCADE;
  result.column = Copy(command.name);
  using Kind = ast::AlterTableAction::Kind;
  switch (command.subtype) {
    case AT_AddColumn: {
      result.kind = Kind::kAddColumn;
      auto* definition = New<ast::ColumnDefinition>();
      *definition = ColumnDefinitionOf(*castNode(const ColumnDef, command.def));
      result.definition = definition;
      result.column = definition->name;
      break;
    }
    case AT_DropColumn:
      result.kind = Kind::kDropColumn;
      break;
    case AT_AddConstraint: {
      result.kind = Kind::kAddConstraint;
      const auto* constraint = castNode(const Constraint, command.def);
      if (!CarriesConstraint(*constraint)) break;
      auto* copy = New<ast::Constraint>();
      *copy = ConstraintOf(*constraint);
      result.constraint = copy;
      break;
    }
    case AT_DropConstraint:
      result.kind = Kind::kDropConstraint;
      break;
    case AT_ValidateConstraint:
      result.kind = Kind::kValidateConstraint;
      break;
    case AT_AlterConstraint:
      return AlterConstraint(*castNode(const Constraint, command.def));
    case AT_ColumnDefault:
      result.kind = command.def != nullptr ? Kind::kSetDefault : Kind::kDropDefault;
      result.value = Expr(command.def);
      break;
    case AT_SetNotNull:
      result.kind = Kind::kSetNotNull;
      break;
    case AT_DropNotNull:
      result.kind = Kind::kDropNotNull;
      break;
    case AT_AlterColumnType: {
      result.kind = Kind::kSetType;
      const auto* column = castNode(const ColumnDef, command.def);
      auto* definition = New<ast::ColumnDefinition>();
      *definition = ColumnDefinitionOf(*column);
      result.definition = definition;
      result.value = Expr(column->raw_default);
      break;
    }
    case AT_AddIdentity: {
      result.kind = Kind::kAddIdentity;
      auto* identity = New<ast::Constraint>();
      *identity = ConstraintOf(*castNode(const Constraint, command.def));
      result.constraint = identity;
      break;
    }
    case AT_SetIdentity:
      result.kind = Kind::kSetIdentity;
      SetIdentity(*castNode(const List, command.def), &result);
      break;
    case AT_DropIdentity:
      result.kind = Kind::kDropIdentity;
      break;
    case AT_DropExpression:
      result.kind = Kind::kDropExpression;
      break;
    case AT_SetLogged:
      result.kind = Kind::kSetLogged;
      break;
    case AT_SetUnLogged:
      result.kind = Kind::kSetUnlogged;
      break;
    case AT_SetStatistics:
      result.kind = Kind::kSetStatistics;
      result.statistics = intVal(command.def);
      result.column_number = command.num;
      break;
    default:
      UnsupportedCommand(fmt::format("ALTER TABLE ... {}", ActionName(command.subtype)));
  }
  return result;
}

// SET GENERATED is an option among those of the sequence.
void Translator::SetIdentity(const List& options, ast::AlterTableAction* action) {
  for (const DefElem* option : ListRange<DefElem>(&options)) {
    if (std::string_view(option->defname) != "generated") continue;
    if (action->generated.has_value()) ConflictingOption(*option);
    action->generated = castNode(const Integer, option->arg)->ival == kIdentityAlways;
  }
  auto* sequence = New<ast::SequenceOptions>();
  *sequence = SequenceOptionsOf(&options);
  action->sequence = sequence;
}

const ast::Statement* Translator::SetSchema(const AlterObjectSchemaStmt& alter) {
  if (const ast::Statement* routine =
          AlterRoutine(alter.objectType, alter.object, ast::AlterFunction::Action::kSetSchema,
                       alter.newschema)) {
    return routine;
  }
  auto* result = NewStatement<ast::SetSchema>();
  switch (alter.objectType) {
    case OBJECT_TABLE:
      result->object = ast::ObjectType::kTable;
      break;
    case OBJECT_SEQUENCE:
      result->object = ast::ObjectType::kSequence;
      break;
    case OBJECT_VIEW:
      result->object = ast::ObjectType::kView;
      break;
    case OBJECT_TYPE:
    case OBJECT_DOMAIN:
      result->object =
          alter.objectType == OBJECT_TYPE ? ast::ObjectType::kType : ast::ObjectType::kDomain;
      result->name = Name(castNode(const List, alter.object), ast::kNoLocation);
      result->schema = Copy(alter.newschema);
      return result;
    default:
      UnsupportedCommand(fmt::format("ALTER {} ... SET SCHEMA", ObjectName(alter.objectType)));
      return nullptr;
  }
  result->name = Name(*alter.relation);
  result->schema = Copy(alter.newschema);
  result->if_exists = alter.missing_ok;
  return result;
}

const ast::Statement* Translator::Rename(const RenameStmt& rename) {
  if (const ast::Statement* routine = AlterRoutine(
          rename.renameType, rename.object, ast::AlterFunction::Action::kRename, rename.newname)) {
    return routine;
  }
  if (rename.renameType == OBJECT_DATABASE) {
    auto* database = AlterDatabaseOf(ast::AlterDatabase::Action::kRename, rename.subname);
    database->target = Copy(rename.newname);
    return database;
  }
  auto* result = NewStatement<ast::Rename>();
  result->new_name = Copy(rename.newname);
  result->if_exists = rename.missing_ok;
  switch (rename.renameType) {
    case OBJECT_TABLE:
      result->object = ast::ObjectType::kTable;
      result->name = Name(*rename.relation);
      return result;
    case OBJECT_SEQUENCE:
      result->object = ast::ObjectType::kSequence;
      result->name = Name(*rename.relation);
      return result;
    case OBJECT_VIEW:
      result->object = ast::ObjectType::kView;
      result->name = Name(*rename.relation);
      return result;
    case OBJECT_MATVIEW:
      result->object = ast::ObjectType::kMaterializedView;
      result->name = Name(*rename.relation);
      return result;
    case OBJECT_INDEX:
      result->object = ast::ObjectType::kIndex;
      result->name = Name(*rename.relation);
      return result;
    case OBJECT_SCHEMA:
      result->object = ast::ObjectType::kSchema;
      result->name.name = Copy(rename.subname);
      return result;
    case OBJECT_TYPE:
    case OBJECT_DOMAIN:
      result->object =
          rename.renameType == OBJECT_TYPE ? ast::ObjectType::kType : ast::ObjectType::kDomain;
      result->name = Name(castNode(const List, rename.object), ast::kNoLocation);
      return result;
    case OBJECT_DOMCONSTRAINT:
      result->object = ast::ObjectType::kDomainConstraint;
      result->name = Name(castNode(const List, rename.object), ast::kNoLocation);
      result->column = Copy(rename.subname);
      return result;
    case OBJECT_ATTRIBUTE:
      result->object = ast::ObjectType::kAttribute;
      result->name = Name(*rename.relation);
      result->column = Copy(rename.subname);
      return result;
    case OBJECT_COLUMN:
      if (rename.relationType == OBJECT_TABLE || rename.relationType == OBJECT_VIEW ||
          rename.relationType == OBJECT_MATVIEW) {
        result->object = rename.relationType == OBJECT_TABLE  ? ast::ObjectType::kTable
                         : rename.relationType == OBJECT_VIEW ? ast::ObjectType::kView
                                                              : ast::ObjectType::kMaterializedView;
        result->name = Name(*rename.relation);
        result->column = Copy(rename.subname);
        return result;
      }
      UnsupportedCommand(
          fmt::format("ALTER {} ... RENAME COLUMN", ObjectName(rename.relationType)));
      return nullptr;
    case OBJECT_TABCONSTRAINT:
      result->object = ast::ObjectType::kConstraint;
      result->name = Name(*rename.relation);
      result->column = Copy(rename.subname);
      return result;
    default:
      UnsupportedCommand(fmt::format("ALTER {} ... RENAME", ObjectName(rename.renameType)));
      return nullptr;
  }
}

}  // namespace shale::sql
