// Sizes: of values, relations and databases, and their texts.
#include <algorithm>
#include <array>

#include "catalog/types/numeric.h"
#include "sql/expr/errors.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;

Status NeedCatalog(EvalContext& context) {
  if (context.host != nullptr) return Status::Ok();
  return NotSupported("a function of the catalog outside of a session");
}

// --- pg_size_bytes.

struct SizeUnit {
  std::string_view name;  // in small letters
  int shift;
};
constexpr SizeUnit kUnits[] = {{"bytes", 0}, {"kb", 10}, {"mb", 20},
                               {"gb", 30},   {"tb", 40}, {"pb", 50}};

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

size_t DigitsAt(std::string_view text, size_t from) {
  size_t end = from;
  while (end < text.size() && IsDigit(text[end])) ++end;
  return end - from;
}

// The bytes of the number that the text begins with; 0: with none.
size_t NumberBytes(std::string_view text) {
  size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const size_t whole = DigitsAt(text, at);
  at += whole;
  size_t fraction = 0;
  if (at < text.size() && text[at] == '.') {
    fraction = DigitsAt(text, at + 1);
    at += 1 + fraction;
  }
  if (whole + fraction == 0) return 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    const bool has_sign = at + 1 < text.size() && (text[at + 1] == '-' || text[at + 1] == '+');
    const size_t digits_at = at + (has_sign ? 2 : 1);
    if (size_t digits = DigitsAt(text, digits_at)) at = digits_at + digits;
  }
  return at;
}

Result<int> ShiftOf(std::string_view unit, std::string_view text) {
  if (unit.empty()) return 0;
  std::string lower(unit);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c;
  });
  for (const SizeUnit& known : kUnits) {
    if (known.name == lower) return known.shift;
  }
  return Error(sqlstate::kInvalidParameterValue, "invalid size: \"{}\"", text)
      .Detail(fmt::format("Invalid size unit: \"{}\".", unit))
      .Hint("Valid units are \"bytes\", \"kB\", \"MB\", \"GB\", \"TB\", and \"PB\".");
}

Status SizeBytes(EvalContext& context, std::string_view text, int64_t* out) {
  const std::string_view trimmed = Trimmed(text);
  const size_t number_bytes = NumberBytes(trimmed);
  if (number_bytes == 0) {
    return Error(sqlstate::kInvalidParameterValue, "invalid size: \"{}\"", text);
  }
  ASSIGN_OR_RETURN(int shift, ShiftOf(Trimmed(trimmed.substr(number_bytes)), text));
  ASSIGN_OR_RETURN(std::string_view number,
                   catalog::numeric::Parse(trimmed.substr(0, number_bytes), context.arena));
  ASSIGN_OR_RETURN(
      number,
      catalog::numeric::Multiply(
          number, catalog::numeric::FromInt64(int64_t{1} << shift, context.arena), context.arena));
  ASSIGN_OR_RETURN(*out, catalog::numeric::ToInt64(number));
  return Status::Ok();
}

// --- Relations and databases.

// A primary key's index is the table itself, which is kept by it: only tables have a size.
Status RelationSize(EvalContext& context, uint32_t relation, int64_t* out, bool* is_null) {
  RETURN_IF_ERROR(NeedCatalog(context));
  *is_null = !context.host->IsRelationVisible(relation).has_value();
  *out = context.host->RelationBytes(relation);
  return Status::Ok();
}

// Only the main fork holds anything.
Status ForkSize(EvalContext& context, uint32_t relation, std::string_view fork, int64_t* out,
                bool* is_null) {
  constexpr std::array<std::string_view, 4> kForks{"main", "fsm", "vm", "init"};
  if (std::ranges::count(kForks, fork) == 0) {
    return Error(sqlstate::kInvalidParameterValue, "invalid fork name")
        .Hint("Valid fork names are \"main\", \"fsm\", \"vm\", and \"init\".");
  }
  RETURN_IF_ERROR(RelationSize(context, relation, out, is_null));
  if (fork != "main") *out = 0;
  return Status::Ok();
}

Status DatabaseSize(EvalContext& context, uint32_t database, int64_t* out, bool* is_null) {
  RETURN_IF_ERROR(NeedCatalog(context));
  const std::optional<int64_t> bytes = context.host->DatabaseBytes(database);
  *is_null = !bytes.has_value();
  *out = bytes.value_or(0);
  return Status::Ok();
}

Status DatabaseSizeByName(EvalContext& context, std::string_view name, int64_t* out) {
  RETURN_IF_ERROR(NeedCatalog(context));
  const catalog::DatabaseRef database = context.host->CatalogView()->FindDatabase(name);
  if (database == nullptr) {
    return Error(sqlstate::kInvalidCatalogName, "database \"{}\" does not exist", name);
  }
  *out = context.host->DatabaseBytes(database->oid).value_or(0);
  return Status::Ok();
}

// --- Values.

Status ColumnSize(EvalContext&, const Vector* args, size_t, RowSet rows, Vector* out) {
  const uint8_t width = catalog::PhysicalWidth(catalog::KindOf(args[0].type()));
  for (uint32_t i = 0; i < rows.count; ++i) {
    const uint32_t row = rows[i];
    out->values<int32_t>()[row] =
        width != 0 ? width : static_cast<int32_t>(args[0].at<std::string_view>(row).size() + 1);
  }
  return Status::Ok();
}

constexpr KernelEntry kKernels[] = {
    {"pg_column_size", &ColumnSize},
    {"pg_database_size_name", Of<&DatabaseSizeByName>},
    {"pg_database_size_oid", Of<&DatabaseSize>},
    {"pg_relation_size", Of<&ForkSize>},
    {"pg_relation_size(regclass)", Of<&RelationSize>},
    {"pg_size_bytes", Of<&SizeBytes>},
    {"pg_table_size", Of<&RelationSize>},
    {"pg_total_relation_size", Of<&RelationSize>},
};

}  // namespace

std::span<const KernelEntry> SizeKernels() { return kKernels; }

}  // namespace shale::sql
