// to_timestamp, to_date and to_number of texts.
#include "catalog/types/date_time.h"
#include "catalog/types/numeric.h"
#include "sql/expr/errors.h"
#include "sql/expr/from_char.h"
#include "sql/expr/kernel_tables.h"

namespace shale::sql {
namespace {

using kernels::Of;

Status ToTimestamp(EvalContext& context, std::string_view text, std::string_view picture,
                   int64_t* out) {
  ASSIGN_OR_RETURN(ParsedTime time, ParseTimeByPicture(text, picture));
  const bool in_range = catalog::IsDateInRange(time.days) &&
                        catalog::IsTimestampInRange(time.days * catalog::kMicrosPerDay);
  if (!in_range) return Error(sqlstate::kDatetimeFieldOverflow, "timestamp out of range");
  const int64_t local = time.days * catalog::kMicrosPerDay + time.micros;
  if (time.seconds_east.has_value()) {
    *out = local - *time.seconds_east * catalog::kMicrosPerSecond;
    return Status::Ok();
  }
  return kernels::Store(catalog::TimestampToTimestamptz(local, *context.settings->time_zone), out);
}

Status ToDate(EvalContext&, std::string_view text, std::string_view picture, int32_t* out) {
  ASSIGN_OR_RETURN(ParsedTime time, ParseTimeByPicture(text, picture));
  if (!catalog::IsDateInRange(time.days)) {
    return Error(sqlstate::kDatetimeFieldOverflow, "date out of range: \"{}\"", text);
  }
  *out = static_cast<int32_t>(time.days);
  return Status::Ok();
}

Status ToNumber(EvalContext& context, std::string_view text, std::string_view picture,
                std::string_view* out, bool* is_null) {
  *is_null = picture.empty();
  if (*is_null) return Status::Ok();
  ASSIGN_OR_RETURN(std::string digits, ParseNumberByPicture(text, picture));
  if (digits.empty()) digits = " ";  // what numeric's input says to it
  return kernels::Store(catalog::numeric::Parse(digits, context.arena), out);
}

constexpr KernelEntry kKernels[] = {
    {"to_timestamp", Of<&ToTimestamp>},
    {"to_date", Of<&ToDate>},
    {"numeric_to_number", Of<&ToNumber>},
};

}  // namespace

std::span<const KernelEntry> FromCharKernels() { return kKernels; }

}  // namespace shale::sql
