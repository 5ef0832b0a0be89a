// The SQLSTATE codes that Shale reports, one line each, with PostgreSQL's names
// (PostgreSQL manual, appendix A). Every error in the server carries one of them.
#pragma once

#include <cstdint>

namespace shale {

// A five-character SQLSTATE, held as a pointer to a string literal of the list below.
struct SqlState {
  const char* code = "00000";
  constexpr bool operator==(const SqlState& other) const {
    for (int i = 0; i < 5; ++i) {
      if (code[i] != other.code[i]) return false;
    }
    return true;
  }
};

namespace sqlstate {
#define SHALE_SQLSTATES(X)                         \
  X(kSuccess, "00000")                             \
  X(kWarning, "01000")                             \
  X(kNoData, "02000")                              \
  X(kConnectionException, "08000")                 \
  X(kConnectionFailure, "08006")                   \
  X(kTransactionResolutionUnknown, "08007")        \
  X(kProtocolViolation, "08P01")                   \
  X(kFeatureNotSupported, "0A000")                 \
  X(kCardinalityViolation, "21000")                \
  X(kStringDataRightTruncation, "22001")           \
  X(kNumericValueOutOfRange, "22003")              \
  X(kNullValueNotAllowed, "22004")                 \
  X(kInvalidDatetimeFormat, "22007")               \
  X(kDatetimeFieldOverflow, "22008")               \
  X(kInvalidTimeZoneDisplacementValue, "22009")    \
  X(kSubstringError, "22011")                      \
  X(kDivisionByZero, "22012")                      \
  X(kIntervalFieldOverflow, "22015")               \
  X(kArraySubscriptError, "2202E")                 \
  X(kInvalidArgumentForLogarithm, "2201E")         \
  X(kInvalidArgumentForPowerFunction, "2201F")     \
  X(kInvalidArgumentForWidthBucket, "2201G")       \
  X(kInvalidRowCountInLimitClause, "2201W")        \
  X(kSequenceGeneratorLimitExceeded, "2200H")      \
  X(kInvalidRowCountInResultOffsetClause, "2201X") \
  X(kCharacterNotInRepertoire, "22021")            \
  X(kInvalidPrecedingOrFollowingSize, "22013")     \
  X(kInvalidArgumentForNtile, "22014")             \
  X(kInvalidArgumentForNthValue, "22016")          \
  X(kInvalidParameterValue, "22023")               \
  X(kInvalidEscapeSequence, "22025")               \
  X(kInvalidRegularExpression, "2201B")            \
  X(kUntranslatableCharacter, "22P05")             \
  X(kInvalidTextRepresentation, "22P02")           \
  X(kInvalidBinaryRepresentation, "22P03")         \
  X(kBadCopyFileFormat, "22P04")                   \
  X(kDuplicateJsonObjectKeyValue, "22030")         \
  X(kIntegrityConstraintViolation, "23000")        \
  X(kNotNullViolation, "23502")                    \
  X(kForeignKeyViolation, "23503")                 \
  X(kUniqueViolation, "23505")                     \
  X(kCheckViolation, "23514")                      \
  X(kActiveSqlTransaction, "25001")                \
  X(kReadOnlySqlTransaction, "25006")              \
  X(kNoActiveSqlTransaction, "25P01")              \
  X(kInFailedSqlTransaction, "25P02")              \
  X(kIdleInTransactionSessionTimeout, "25P03")     \
  X(kTransactionTimeout, "25P04")                  \
  X(kInvalidSqlStatementName, "26000")             \
  X(kInvalidAuthorizationSpecification, "28000")   \
  X(kInvalidPassword, "28P01")                     \
  X(kDependentObjectsStillExist, "2BP01")          \
  X(kInvalidCursorName, "34000")                   \
  X(kInvalidSavepointSpecification, "3B001")       \
  X(kInvalidCatalogName, "3D000")                  \
  X(kInvalidSchemaName, "3F000")                   \
  X(kSerializationFailure, "40001")                \
  X(kStatementCompletionUnknown, "40003")          \
  X(kDeadlockDetected, "40P01")                    \
  X(kInsufficientPrivilege, "42501")               \
  X(kWithCheckOptionViolation, "44000")            \
  X(kSyntaxError, "42601")                         \
  X(kInvalidName, "42602")                         \
  X(kNameTooLong, "42622")                         \
  X(kDuplicateColumn, "42701")                     \
  X(kAmbiguousColumn, "42702")                     \
  X(kUndefinedColumn, "42703")                     \
  X(kUndefinedObject, "42704")                     \
  X(kDuplicateObject, "42710")                     \
  X(kDuplicateAlias, "42712")                      \
  X(kDuplicateFunction, "42723")                   \
  X(kAmbiguousFunction, "42725")                   \
  X(kGroupingError, "42803")                       \
  X(kDatatypeMismatch, "42804")                    \
  X(kWrongObjectType, "42809")                     \
  X(kInvalidForeignKey, "42830")                   \
  X(kCannotCoerce, "42846")                        \
  X(kUndefinedFunction, "42883")                   \
  X(kGeneratedAlways, "428C9")                     \
  X(kReservedName, "42939")                        \
  X(kUndefinedTable, "42P01")                      \
  X(kUndefinedParameter, "42P02")                  \
  X(kDuplicateCursor, "42P03")                     \
  X(kDuplicateDatabase, "42P04")                   \
  X(kDuplicatePreparedStatement, "42P05")          \
  X(kDuplicateSchema, "42P06")                     \
  X(kDuplicateTable, "42P07")                      \
  X(kAmbiguousParameter, "42P08")                  \
  X(kAmbiguousAlias, "42P09")                      \
  X(kInvalidColumnReference, "42P10")              \
  X(kWindowingError, "42P20")                      \
  X(kInvalidColumnDefinition, "42611")             \
  X(kInvalidSchemaDefinition, "42P15")             \
  X(kInvalidTableDefinition, "42P16")              \
  X(kInvalidObjectDefinition, "42P17")             \
  X(kIndeterminateDatatype, "42P18")               \
  X(kInvalidRecursion, "42P19")                    \
  X(kCollationMismatch, "42P21")                   \
  X(kInsufficientResources, "53000")               \
  X(kDiskFull, "53100")                            \
  X(kOutOfMemory, "53200")                         \
  X(kTooManyConnections, "53300")                  \
  X(kConfigurationLimitExceeded, "53400")          \
  X(kProgramLimitExceeded, "54000")                \
  X(kStatementTooComplex, "54001")                 \
  X(kTooManyColumns, "54011")                      \
  X(kTooManyArguments, "54023")                    \
  X(kObjectNotInPrerequisiteState, "55000")        \
  X(kObjectInUse, "55006")                         \
  X(kCantChangeRuntimeParam, "55P02")              \
  X(kLockNotAvailable, "55P03")                    \
  X(kUnsafeNewEnumValueUsage, "55P04")             \
  X(kQueryCanceled, "57014")                       \
  X(kAdminShutdown, "57P01")                       \
  X(kCannotConnectNow, "57P03")                    \
  X(kIdleSessionTimeout, "57P05")                  \
  X(kSystemError, "58000")                         \
  X(kIoError, "58030")                             \
  X(kUndefinedFile, "58P01")                       \
  X(kDuplicateFile, "58P02")                       \
  X(kSnapshotTooOld, "72000")                      \
  X(kConfigFileError, "F0000")                     \
  X(kInternalError, "XX000")                       \
  X(kDataCorrupted, "XX001")                       \
  X(kIndexCorrupted, "XX002")

#define SHALE_DEFINE(name, text) inline constexpr SqlState name{text};
SHALE_SQLSTATES(SHALE_DEFINE)
#undef SHALE_DEFINE
}  // namespace sqlstate

}  // namespace shale
