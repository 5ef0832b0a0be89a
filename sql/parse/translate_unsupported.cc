// Names of the statements that the grammar knows and Shale does not have.
#include "sql/parse/translator.h"

namespace shale::sql {

std::string_view UnsupportedStatementName(const Node* node) {
  switch (nodeTag(node)) {
    case T_GrantStmt:
      return castNode(const GrantStmt, node)->is_grant ? "GRANT" : "REVOKE";
    case T_GrantRoleStmt:
      return castNode(const GrantRoleStmt, node)->is_grant ? "GRANT ROLE" : "REVOKE ROLE";
    case T_AlterDefaultPrivilegesStmt:
      return "ALTER DEFAULT PRIVILEGES";
    case T_ClusterStmt:
      return "CLUSTER";
    case T_DefineStmt:
      switch (castNode(const DefineStmt, node)->kind) {
        case OBJECT_AGGREGATE:
          return "CREATE AGGREGATE";
        case OBJECT_OPERATOR:
          return "CREATE OPERATOR";
        case OBJECT_TYPE:
          return "CREATE TYPE of base types";
        case OBJECT_COLLATION:
          return "CREATE COLLATION";
        default:
          return "CREATE TEXT SEARCH";
      }
    case T_DoStmt:
      return "DO";
    case T_RuleStmt:
      return "CREATE RULE";
    case T_NotifyStmt:
      return "NOTIFY";
    case T_ListenStmt:
      return "LISTEN";
    case T_UnlistenStmt:
      return "UNLISTEN";
    case T_LoadStmt:
      return "LOAD";
    case T_CreateTrigStmt:
      return "CREATE TRIGGER";
    case T_CreateEventTrigStmt:
      return "CREATE EVENT TRIGGER";
    case T_AlterEventTrigStmt:
      return "ALTER EVENT TRIGGER";
    case T_CreatePLangStmt:
      return "CREATE LANGUAGE";
    case T_CreateRoleStmt:
      return "CREATE ROLE";
    case T_AlterRoleStmt:
    case T_AlterRoleSetStmt:
      return "ALTER ROLE";
    case T_DropRoleStmt:
      return "DROP ROLE";
    case T_CreateConversionStmt:
      return "CREATE CONVERSION";
    case T_CreateCastStmt:
      return "CREATE CAST";
    case T_CreateOpClassStmt:
      return "CREATE OPERATOR CLASS";
    case T_CreateOpFamilyStmt:
      return "CREATE OPERATOR FAMILY";
    case T_AlterOpFamilyStmt:
      return "ALTER OPERATOR FAMILY";
    case T_CreateTableSpaceStmt:
      return "CREATE TABLESPACE";
    case T_DropTableSpaceStmt:
      return "DROP TABLESPACE";
    case T_AlterTableSpaceOptionsStmt:
      return "ALTER TABLESPACE";
    case T_AlterTableMoveAllStmt:
      return "ALTER ... ALL IN TABLESPACE";
    case T_AlterObjectDependsStmt:
      return "ALTER ... DEPENDS ON EXTENSION";
    case T_AlterOperatorStmt:
      return "ALTER OPERATOR";
    case T_AlterTypeStmt:
      return "ALTER TYPE ... SET";
    case T_DropOwnedStmt:
      return "DROP OWNED";
    case T_ReassignOwnedStmt:
      return "REASSIGN OWNED";
    case T_CreateRangeStmt:
      return "CREATE TYPE of range types";
    case T_AlterTSDictionaryStmt:
    case T_AlterTSConfigurationStmt:
      return "ALTER TEXT SEARCH";
    case T_CreateFdwStmt:
      return "CREATE FOREIGN DATA WRAPPER";
    case T_AlterFdwStmt:
      return "ALTER FOREIGN DATA WRAPPER";
    case T_CreateForeignServerStmt:
      return "CREATE SERVER";
    case T_AlterForeignServerStmt:
      return "ALTER SERVER";
    case T_CreateUserMappingStmt:
      return "CREATE USER MAPPING";
    case T_AlterUserMappingStmt:
      return "ALTER USER MAPPING";
    case T_DropUserMappingStmt:
      return "DROP USER MAPPING";
    case T_SecLabelStmt:
      return "SECURITY LABEL";
    case T_CreateForeignTableStmt:
      return "CREATE FOREIGN TABLE";
    case T_ImportForeignSchemaStmt:
      return "IMPORT FOREIGN SCHEMA";
    case T_CreateExtensionStmt:
      return "CREATE EXTENSION";
    case T_AlterExtensionStmt:
    case T_AlterExtensionContentsStmt:
      return "ALTER EXTENSION";
    case T_AlterSystemStmt:
      return "ALTER SYSTEM";
    case T_CreatePolicyStmt:
      return "CREATE POLICY";
    case T_AlterPolicyStmt:
      return "ALTER POLICY";
    case T_CreateTransformStmt:
      return "CREATE TRANSFORM";
    case T_CreateAmStmt:
      return "CREATE ACCESS METHOD";
    case T_CreatePublicationStmt:
      return "CREATE PUBLICATION";
    case T_AlterPublicationStmt:
      return "ALTER PUBLICATION";
    case T_CreateSubscriptionStmt:
      return "CREATE SUBSCRIPTION";
    case T_AlterSubscriptionStmt:
      return "ALTER SUBSCRIPTION";
    case T_DropSubscriptionStmt:
      return "DROP SUBSCRIPTION";
    case T_CreateStatsStmt:
      return "CREATE STATISTICS";
    case T_AlterStatsStmt:
      return "ALTER STATISTICS";
    case T_AlterCollationStmt:
      return "ALTER COLLATION";
    default:
      return "this statement";
  }
}

}  // namespace shale::sql
