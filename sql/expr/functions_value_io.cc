// The types' own functions: a value of its text, the text of a value, and its form on the wire.
#include "catalog/types/type_io.h"
#include "sql/expr/evaluate_internal.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

// in(text[, a type that is not looked at, modifier]).
Status Read(EvalContext& context, const Vector* args, size_t count, RowSet rows, Vector* out) {
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    const catalog::Type type{out->type().oid, count > 2 ? args[2].at<int32_t>(row) : -1};
    ASSIGN_OR_RETURN(catalog::Datum value,
                     ParseValueText(context, type, args[0].at<std::string_view>(row)));
    if (type.typmod >= 0) {
      ASSIGN_OR_RETURN(value, catalog::ApplyTypmod(type, value, false, context.arena));
    }
    out->SetDatum(row, value);
  }
  return Status::Ok();
}

Status Write(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  std::string text;
  for (uint32_t i = 0; i < rows.count; ++i) {
    text.clear();
    RETURN_IF_ERROR(AppendValueText(context, args[0].type(), args[0].GetDatum(rows[i]), &text));
    out->values<std::string_view>()[rows[i]] = context.arena->Copy(text);
  }
  return Status::Ok();
}

Status Send(EvalContext& context, const Vector* args, size_t, RowSet rows, Vector* out) {
  std::string bytes;
  for (uint32_t i = 0; i < rows.count; ++i) {
    bytes.clear();
    catalog::AppendBinary(args[0].type(), args[0].GetDatum(rows[i]), *context.settings, &bytes);
    out->values<std::string_view>()[rows[i]] = context.arena->Copy(bytes);
  }
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"bit_in", &Read},
    {"boolin", &Read},
    {"bpcharin", &Read},
    {"byteain", &Read},
    {"cash_in", &Read},
    {"charin", &Read},
    {"cidin", &Read},
    {"cidr_in", &Read},
    {"date_in", &Read},
    {"float4in", &Read},
    {"float8in", &Read},
    {"inet_in", &Read},
    {"int2in", &Read},
    {"int4in", &Read},
    {"int8in", &Read},
    {"interval_in", &Read},
    {"json_in", &Read},
    {"jsonb_in", &Read},
    {"jsonpath_in", &Read},
    {"macaddr8_in", &Read},
    {"macaddr_in", &Read},
    {"namein", &Read},
    {"numeric_in", &Read},
    {"oidin", &Read},
    {"pg_lsn_in", &Read},
    {"pg_snapshot_in", &Read},
    {"regclassin", &Read},
    {"regnamespacein", &Read},
    {"regoperatorin", &Read},
    {"regoperin", &Read},
    {"regprocedurein", &Read},
    {"regprocin", &Read},
    {"regrolein", &Read},
    {"regtypein", &Read},
    {"textin", &Read},
    {"tidin", &Read},
    {"time_in", &Read},
    {"timestamp_in", &Read},
    {"timestamptz_in", &Read},
    {"timetz_in", &Read},
    {"uuid_in", &Read},
    {"varbit_in", &Read},
    {"varcharin", &Read},
    {"xid8in", &Read},
    {"xidin", &Read},
    {"array_out", &Write},
    {"bit_out", &Write},
    {"boolout", &Write},
    {"bpcharout", &Write},
    {"byteaout", &Write},
    {"cash_out", &Write},
    {"charout", &Write},
    {"cidout", &Write},
    {"cidr_out", &Write},
    {"date_out", &Write},
    {"enum_out", &Write},
    {"float4out", &Write},
    {"float8out", &Write},
    {"inet_out", &Write},
    {"int2out", &Write},
    {"int4out", &Write},
    {"int8out", &Write},
    {"interval_out", &Write},
    {"json_out", &Write},
    {"jsonb_out", &Write},
    {"jsonpath_out", &Write},
    {"macaddr8_out", &Write},
    {"macaddr_out", &Write},
    {"multirange_out", &Write},
    {"nameout", &Write},
    {"numeric_out", &Write},
    {"oidout", &Write},
    {"pg_lsn_out", &Write},
    {"pg_snapshot_out", &Write},
    {"range_out", &Write},
    {"record_out", &Write},
    {"regclassout", &Write},
    {"regnamespaceout", &Write},
    {"regoperatorout", &Write},
    {"regoperout", &Write},
    {"regprocedureout", &Write},
    {"regprocout", &Write},
    {"regroleout", &Write},
    {"regtypeout", &Write},
    {"textout", &Write},
    {"tidout", &Write},
    {"time_out", &Write},
    {"timestamp_out", &Write},
    {"timestamptz_out", &Write},
    {"timetz_out", &Write},
    {"uuid_out", &Write},
    {"varbit_out", &Write},
    {"varcharout", &Write},
    {"xid8out", &Write},
    {"xidout", &Write},
    {"array_send", &Send},
    {"bit_send", &Send},
    {"boolsend", &Send},
    {"bpcharsend", &Send},
    {"byteasend", &Send},
    {"cash_send", &Send},
    {"charsend", &Send},
    {"cidr_send", &Send},
    {"cidsend", &Send},
    {"date_send", &Send},
    {"enum_send", &Send},
    {"float4send", &Send},
    {"float8send", &Send},
    {"inet_send", &Send},
    {"int2send", &Send},
    {"int4send", &Send},
    {"int8send", &Send},
    {"interval_send", &Send},
    {"json_send", &Send},
    {"jsonb_send", &Send},
    {"jsonpath_send", &Send},
    {"macaddr8_send", &Send},
    {"macaddr_send", &Send},
    {"multirange_send", &Send},
    {"namesend", &Send},
    {"numeric_send", &Send},
    {"oidsend", &Send},
    {"pg_lsn_send", &Send},
    {"pg_snapshot_send", &Send},
    {"range_send", &Send},
    {"record_send", &Send},
    {"regclasssend", &Send},
    {"regnamespacesend", &Send},
    {"regoperatorsend", &Send},
    {"regopersend", &Send},
    {"regproceduresend", &Send},
    {"regprocsend", &Send},
    {"regrolesend", &Send},
    {"regtypesend", &Send},
    {"textsend", &Send},
    {"tidsend", &Send},
    {"time_send", &Send},
    {"timestamp_send", &Send},
    {"timestamptz_send", &Send},
    {"timetz_send", &Send},
    {"uuid_send", &Send},
    {"varbit_send", &Send},
    {"varcharsend", &Send},
    {"xid8send", &Send},
    {"xidsend", &Send},
};

}  // namespace

std::span<const KernelEntry> ValueIoKernels() { return kKernels; }

}  // namespace shale::sql
