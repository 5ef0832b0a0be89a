// What functions tell of the server and the session: version, names, settings, sequences. The
// session answers through FunctionHost.
#include <openssl/rand.h>

#include <cmath>

#include "catalog/types/numeric.h"
#include "engine/kv_store.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"
#include "sql/expr/object_input.h"
#include "sql/expr/resolve.h"
#include "sql/expr/sequence_lease.h"
#include "sql/expr/type_marks.h"

namespace shale::sql {
namespace {

using catalog::Oid;
using kernels::Of;
using kernels::Store;

constexpr std::string_view kVersion =
    "PostgreSQL 15.20 (Shale 0.1.0) on x86_64-pc-linux-gnu, compiled by g++, 64-bit";
constexpr int32_t kUtf8Encoding = 6;  // PostgreSQL's number of UTF8

Status NeedHost(EvalContext& context) {
  if (context.host != nullptr) return Status::Ok();
  return NotSupported("a function of the session outside of a session");
}

Status Give(EvalContext& context, std::string_view text, std::string_view* out) {
  *out = context.arena->Copy(text);
  return Status::Ok();
}

// --- Names.

Status Version(EvalContext&, std::string_view* out) {
  *out = kVersion;
  return Status::Ok();
}
Status CurrentDatabase(EvalContext& context, std::string_view* out) {
  RETURN_IF_ERROR(NeedHost(context));
  return Give(context, context.host->CurrentDatabase(), out);
}
Status CurrentUser(EvalContext& context, std::string_view* out) {
  RETURN_IF_ERROR(NeedHost(context));
  return Give(context, context.host->CurrentUser(), out);
}
Status SessionUser(EvalContext& context, std::string_view* out) {
  RETURN_IF_ERROR(NeedHost(context));
  return Give(context, context.host->SessionUser(), out);
}
Status CurrentSchema(EvalContext& context, const Vector*, size_t, RowSet rows, Vector* out) {
  RETURN_IF_ERROR(NeedHost(context));
  std::optional<std::string> schema = context.host->CurrentSchema();
  for (uint32_t i = 0; i < rows.count; ++i) {
    if (schema.has_value()) {
      out->values<std::string_view>()[rows[i]] = context.arena->Copy(*schema);
    } else {
      out->SetNull(rows[i], context.arena);
    }
  }
  return Status::Ok();
}
Status EncodingName(EvalContext&, std::string_view* out) {
  *out = "UTF8";
  return Status::Ok();
}
Status EncodingNameOf(EvalContext&, int32_t encoding, std::string_view* out) {
  *out = encoding == kUtf8Encoding ? "UTF8" : encoding == 0 ? "SQL_ASCII" : "";
  return Status::Ok();
}
int32_t EncodingNumberOf(std::string_view name) {
  std::string plain;
  for (char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c))) {
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
  }
  if (plain == "utf8" || plain == "unicode") return kUtf8Encoding;
  return plain == "sqlascii" ? 0 : -1;
}
Status BackendPid(EvalContext& context, int32_t* out) {
  RETURN_IF_ERROR(NeedHost(context));
  *out = context.host->BackendPid();
  return Status::Ok();
}

// --- Types.

Status TypeOf(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    out->values<uint32_t>()[rows[i]] = args[0].type().oid;
  }
  return Status::Ok();
}

// format_type(oid, typmod); the modifier may be NULL.
Status FormatTypeOf(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    if (args[0].IsNull(row)) {
      out->SetNull(row, context.arena);
      continue;
    }
    Oid oid = args[0].at<uint32_t>(row);
    std::string name = oid == 0 ? "-" : SpellOut(TypeName(oid), *context.settings);
    if (oid < catalog::kFirstUserOid && !args[1].IsNull(row) && catalog::FindType(oid) != nullptr) {
      name = catalog::FormatType({oid, args[1].at<int32_t>(row)});
    }
    out->values<std::string_view>()[row] = context.arena->Copy(name);
  }
  return Status::Ok();
}

template <bool kCountNulls>
Status CountNulls(EvalContext&, const Vector* args, size_t count, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    int32_t found = 0;
    for (size_t a = 0; a < count; ++a) found += args[a].IsNull(rows[i]) == kCountNulls ? 1 : 0;
    out->values<int32_t>()[rows[i]] = found;
  }
  return Status::Ok();
}

// --- Settings.

Status CurrentSetting(EvalContext& context, std::string_view name, std::string_view* out) {
  RETURN_IF_ERROR(NeedHost(context));
  ASSIGN_OR_RETURN(std::string value, context.host->CurrentSetting(name));
  return Give(context, value, out);
}
Status CurrentSettingIfAny(EvalContext& context, std::string_view name, bool missing_ok,
                           std::string_view* out, bool* is_null) {
  RETURN_IF_ERROR(NeedHost(context));
  Result<std::string> value = context.host->CurrentSetting(name);
  if (!value.ok()) {
    if (!missing_ok || !value.status().Is(sqlstate::kUndefinedObject)) return value.status();
    *is_null = true;
    return Status::Ok();
  }
  return Give(context, *value, out);
}
// set_config(name, value, is_local): not strict.
Status SetConfig(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  RETURN_IF_ERROR(NeedHost(context));
  for (uint32_t i = 0; i < rows.count; ++i) {
    uint32_t row = rows[i];
    if (args[0].IsNull(row)) {
      return Error(sqlstate::kNullValueNotAllowed, "SET requires parameter name");
    }
    std::string_view value =
        args[1].IsNull(row) ? std::string_view() : args[1].at<std::string_view>(row);
    bool local = !args[2].IsNull(row) && args[2].at<bool>(row);
    ASSIGN_OR_RETURN(std::string set,
                     context.host->SetConfig(args[0].at<std::string_view>(row), value, local));
    out->values<std::string_view>()[row] = context.arena->Copy(set);
  }
  return Status::Ok();
}

// --- Sequences.

Status NextValue(EvalContext& context, uint32_t sequence, int64_t* out) {
  RETURN_IF_ERROR(NeedHost(context));
  ASSIGN_OR_RETURN(std::optional<int64_t> value, context.host->NextSequenceValue(sequence));
  if (!value.has_value()) return SequenceLeaseExhausted(sequence);
  *out = *value;
  return Status::Ok();
}
Status CurrentValue(EvalContext& context, uint32_t sequence, int64_t* out) {
  RETURN_IF_ERROR(NeedHost(context));
  return Store(context.host->CurrentSequenceValue(sequence), out);
}
Status LastValue(EvalContext& context, int64_t* out) {
  RETURN_IF_ERROR(NeedHost(context));
  return Store(context.host->LastSequenceValue(), out);
}
Status SetValueIsCalled(EvalContext& context, uint32_t sequence, int64_t value, bool is_called,
                        int64_t* out) {
  RETURN_IF_ERROR(NeedHost(context));
  *out = value;
  return context.host->SetSequenceValue(sequence, value, is_called);
}
Status SetValue(EvalContext& context, uint32_t sequence, int64_t value, int64_t* out) {
  return SetValueIsCalled(context, sequence, value, true, out);
}

// --- Names to OIDs, NULL where there is none.

Status ToRegclass(EvalContext& context, std::string_view name, uint32_t* out, bool* is_null) {
  RETURN_IF_ERROR(NeedHost(context));
  Result<Oid> oid = context.host->ResolveRegclass(name);
  *is_null = !oid.ok();
  if (oid.ok()) *out = *oid;
  return Status::Ok();
}
Status ToRegtype(EvalContext& context, std::string_view name, uint32_t* out, bool* is_null) {
  const catalog::TypeInfo* type = catalog::FindTypeByName(name);
  if (type != nullptr) {
    *out = type->oid;
    return Status::Ok();
  }
  RETURN_IF_ERROR(NeedHost(context));
  Result<Oid> oid = context.host->ResolveRegtype(name);
  *is_null = !oid.ok();
  if (oid.ok()) *out = *oid;
  return Status::Ok();
}

template <Oid kType>
Status ToNamed(EvalContext& context, std::string_view name, uint32_t* out, bool* is_null) {
  Result<Oid> oid = ParseObjectName(context, kType, name);
  *is_null = !oid.ok();
  if (oid.ok()) *out = *oid;
  return Status::Ok();
}

// --- Sizes.

// As pg_size_pretty() has it: the unit in which the number stays below 10240 (20480 halves).
std::string PrettySize(int64_t size) {
  constexpr std::string_view kUnits[] = {"bytes", "kB", "MB", "GB", "TB", "PB"};
  constexpr int64_t kBytesLimit = 10 * 1024;
  constexpr int64_t kHalvesLimit = 20 * 1024 - 1;
  uint64_t magnitude =
      size < 0 ? uint64_t{0} - static_cast<uint64_t>(size) : static_cast<uint64_t>(size);
  if (magnitude < static_cast<uint64_t>(kBytesLimit)) return fmt::format("{} bytes", size);
  size /= 512;  // from here on in halves of the unit
  size_t unit = 1;
  while (unit + 1 < std::size(kUnits) && std::abs(size) >= kHalvesLimit) {
    size /= 1024;
    ++unit;
  }
  return fmt::format("{} {}", (size + (size < 0 ? 0 : 1)) / 2, kUnits[unit]);
}
Status SizePretty(EvalContext& context, int64_t size, std::string_view* out) {
  return Give(context, PrettySize(size), out);
}
Status SizePrettyNumeric(EvalContext& context, std::string_view size, std::string_view* out) {
  ASSIGN_OR_RETURN(std::string_view whole, catalog::numeric::Truncate(size, 0, context.arena));
  ASSIGN_OR_RETURN(int64_t bytes, catalog::numeric::ToInt64(whole));
  if (std::abs(bytes) >= 10 * 1024) return Give(context, PrettySize(bytes), out);
  std::string text;
  catalog::numeric::AppendText(size, &text);
  return Give(context, text + " bytes", out);
}

// --- Others.

Status RandomUuid(EvalContext&, const Vector*, size_t, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    catalog::Uuid& uuid = out->values<catalog::Uuid>()[rows[i]];
    if (RAND_bytes(uuid.bytes.data(), static_cast<int>(uuid.bytes.size())) != 1) {
      return Error(sqlstate::kInternalError, "could not generate random values");
    }
    // Version 4, variant 1 (RFC 4122, 4.4).
    uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0f) | 0x40);
    uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
  }
  return Status::Ok();
}

bool Never() { return false; }
int32_t Zero() { return 0; }

constexpr KernelEntry kKernels[] = {
    {"pgsql_version", Of<&Version>},
    {"current_database", Of<&CurrentDatabase>},
    {"current_user", Of<&CurrentUser>},
    {"session_user", Of<&SessionUser>},
    {"current_schema", &CurrentSchema},
    {"getdatabaseencoding", Of<&EncodingName>},
    {"pg_client_encoding", Of<&EncodingName>},
    {"PG_encoding_to_char", Of<&EncodingNameOf>},
    {"PG_char_to_encoding", Of<&EncodingNumberOf>},
    {"pg_backend_pid", Of<&BackendPid>},
    {"pg_typeof", &TypeOf},
    {"format_type", &FormatTypeOf},
    {"pg_num_nulls", &CountNulls<true>},
    {"pg_num_nonnulls", &CountNulls<false>},
    {"show_config_by_name", Of<&CurrentSetting>},
    {"show_config_by_name_missing_ok", Of<&CurrentSettingIfAny>},
    {"set_config_by_name", &SetConfig},
    {"nextval_oid", Of<&NextValue>},
    {"currval_oid", Of<&CurrentValue>},
    {"lastval", Of<&LastValue>},
    {"setval_oid", Of<&SetValue>},
    {"setval3_oid", Of<&SetValueIsCalled>},
    {"to_regclass", Of<&ToRegclass>},
    {"to_regproc", Of<&ToNamed<catalog::type_oid::kRegproc>>},
    {"to_regprocedure", Of<&ToNamed<catalog::type_oid::kRegprocedure>>},
    {"to_regoper", Of<&ToNamed<catalog::type_oid::kRegoper>>},
    {"to_regoperator", Of<&ToNamed<catalog::type_oid::kRegoperator>>},
    {"to_regnamespace", Of<&ToNamed<catalog::type_oid::kRegnamespace>>},
    {"to_regrole", Of<&ToNamed<catalog::type_oid::kRegrole>>},
    {"to_regtype", Of<&ToRegtype>},
    {"pg_size_pretty", Of<&SizePretty>},
    {"pg_size_pretty_numeric", Of<&SizePrettyNumeric>},
    {"gen_random_uuid", &RandomUuid},
    {"pg_is_in_recovery", Of<&Never>},
    {"pg_jit_available", Of<&Never>},
    {"pg_trigger_depth", Of<&Zero>},
};

}  // namespace

std::span<const KernelEntry> SystemKernels() { return kKernels; }

Status SequenceLeaseExhausted(Oid sequence) {
  ErrorFields fields;
  fields.sqlstate = sqlstate::kInternalError;
  fields.message = fmt::format("sequence {} has no leased values left", sequence);
  fields.routine = kLeaseRoutine;
  fields.internal_position = static_cast<int>(sequence);
  return Status(std::move(fields));
}

std::optional<Oid> ExhaustedSequence(const Status& status) {
  if (status.ok() || status.error().routine != kLeaseRoutine) return std::nullopt;
  return static_cast<Oid>(status.error().internal_position);
}

}  // namespace shale::sql
