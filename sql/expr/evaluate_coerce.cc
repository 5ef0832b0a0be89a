// Casts through text, type modifiers, and the names behind regclass, regtype and regproc.
#include <charconv>

#include "catalog/types/type_io.h"
#include "sql/expr/evaluate_internal.h"
#include "sql/expr/lock_wait.h"
#include "sql/expr/object_input.h"
#include "sql/expr/registry.h"
#include "sql/expr/resolve.h"
#include "sql/vector/selection.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Oid;
namespace type_oid = catalog::type_oid;

bool IsTextLike(Oid oid) {
  return oid == type_oid::kText || oid == type_oid::kVarchar || oid == type_oid::kUnknown;
}

bool ParseOid(std::string_view text, Oid* oid) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *oid);
  return error == std::errc() && end == text.data() + text.size();
}

// As an identifier is read: without spaces around it.
std::string_view WithoutCatalogSchema(std::string_view name) {
  while (name.starts_with(' ')) name.remove_prefix(1);
  while (name.ends_with(' ')) name.remove_suffix(1);
  constexpr std::string_view kSchema = "pg_catalog.";
  if (name.starts_with(kSchema)) name.remove_prefix(kSchema.size());
  return name;
}

Result<Datum> ParseRegtype(EvalContext& context, std::string_view text) {
  std::string_view name = WithoutCatalogSchema(text);
  // A modifier, numeric(10,2), says nothing about the type.
  std::string bare(name);
  const size_t open = bare.find('(');
  const size_t close = bare.find(')', open == std::string::npos ? 0 : open);
  if (open != std::string::npos && close != std::string::npos) {
    bare.erase(open, close - open + 1);
  }
  const catalog::TypeInfo* type = catalog::FindTypeByName(bare);
  if (type != nullptr) return Datum::FromOid(type->oid);
  if (context.host == nullptr) {
    return Error(sqlstate::kUndefinedObject, "type \"{}\" does not exist", name);
  }
  ASSIGN_OR_RETURN(Oid oid, context.host->ResolveRegtype(name));
  return Datum::FromOid(oid);
}

}  // namespace

Status EvaluateCoerceDomain(EvalContext& context, const CoerceDomainExpr& expr, const Batch& batch,
                            RowSet rows, Vector* out) {
  RETURN_IF_ERROR(Evaluate(context, *expr.arg, batch, rows, out));
  if (context.host == nullptr) {
    return NotSupported("a value of a domain outside of a session");
  }
  const bool is_constant = out->is_constant();
  RETURN_IF_ERROR(context.host->CheckDomain(context, expr.type.oid, *out,
                                            is_constant ? 1 : batch.row_count,
                                            is_constant ? RowSet{nullptr, 1} : rows));
  out->set_type(expr.type);
  return Status::Ok();
}

Result<Datum> ParseValueText(EvalContext& context, catalog::Type type, std::string_view text) {
  Oid oid = 0;
  switch (type.oid) {
    case type_oid::kRegclass:
      if (text == "-") return Datum::FromOid(0);
      if (ParseOid(text, &oid)) return Datum::FromOid(oid);
      if (context.host != nullptr) {
        ASSIGN_OR_RETURN(Oid relation, context.host->ResolveRegclass(text));
        return Datum::FromOid(relation);
      }
      break;
    case type_oid::kRegtype:
      if (text == "-") return Datum::FromOid(0);
      if (ParseOid(text, &oid)) return Datum::FromOid(oid);
      return ParseRegtype(context, text);
    default:
      if (!IsNamedObject(type.oid)) break;
      ASSIGN_OR_RETURN(oid, ParseObjectName(context, type.oid, text));
      return Datum::FromOid(oid);
  }
  return catalog::ParseText({type.oid, -1}, text, *context.settings, context.arena);
}

Status AppendValueText(EvalContext& context, catalog::Type type, const Datum& datum,
                       std::string* out) {
  type = catalog::BaseOf(type);
  switch (type.oid) {
    case type_oid::kRegclass:
      if (datum.oid != 0 && context.host != nullptr) {
        *out += context.host->RegclassName(datum.oid);
        return Status::Ok();
      }
      break;
    case type_oid::kRegtype:
      if (datum.oid < catalog::kFirstUserOid && catalog::FindType(datum.oid) != nullptr) {
        *out += TypeName(datum.oid);
        return Status::Ok();
      }
      break;
    case type_oid::kRegproc:
    case type_oid::kRegprocedure:
    case type_oid::kRegoper:
    case type_oid::kRegoperator:
      if (AppendRoutineName(type.oid, datum.oid, out)) return Status::Ok();
      break;
    default:
      break;
  }
  catalog::AppendText(type, datum, *context.settings, out);
  return Status::Ok();
}

Status EvaluateCoerceText(EvalContext& context, const CoerceTextExpr& expr, const Batch& batch,
                          RowSet rows, Vector* out) {
  Vector value;
  RETURN_IF_ERROR(Evaluate(context, *expr.arg, batch, rows, &value));
  if (value.IsConstantNull()) {
    *out = Vector::ConstantNull(expr.type, context.arena);
    return Status::Ok();
  }
  catalog::Type from = expr.arg->type;
  catalog::Type to = expr.type;
  std::string text;
  auto convert = [&](uint32_t row) -> Result<Datum> {
    Datum datum = value.GetDatum(row);
    if (from.oid != to.oid) {
      std::string_view source;
      if (IsTextLike(from.oid)) {
        source = datum.bytes;
      } else {
        text.clear();
        RETURN_IF_ERROR(AppendValueText(context, from, datum, &text));
        source = text;
      }
      if (IsTextLike(to.oid)) {
        datum = Datum::Bytes(IsTextLike(from.oid) ? source : context.arena->Copy(source));
      } else {
        ASSIGN_OR_RETURN(datum, ParseValueText(context, to, source));
      }
    }
    if (to.typmod < 0) return datum;
    return catalog::ApplyTypmod(to, datum, expr.explicit_cast, context.arena);
  };
  auto convert_rows = [&](RowSet part) -> Status {
    for (uint32_t i = 0; i < part.count; ++i) {
      const uint32_t row = part[i];
      if (value.IsNull(row)) {
        out->SetNull(row, context.arena);
        continue;
      }
      ASSIGN_OR_RETURN(Datum datum, convert(row));
      out->SetDatum(row, datum);
    }
    return Status::Ok();
  };
  if (value.is_constant()) {
    *out = Vector::ConstantRoom(to, context.arena);
    rows = {nullptr, 1};
  } else {
    *out = Vector::Flat(to, batch.row_count, context.arena);
  }
  // Texts depend on settings.
  if (context.journal != nullptr && from.oid != to.oid) {
    return context.journal->Compute(&expr, rows.count, context.arena, rows, out, convert_rows);
  }
  return convert_rows(rows);
}

}  // namespace shale::sql
