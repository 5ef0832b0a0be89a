#include "sql/expr/jsonpath_item.h"

#include "catalog/types/date_time.h"
#include "catalog/types/numeric.h"
#include "catalog/types/time_with_zone.h"

namespace shale::sql {
namespace {

using catalog::Datum;
using catalog::Oid;
using catalog::jsonpath::Op;
namespace json = catalog::json;
namespace type_oid = catalog::type_oid;

bool HoldsFor(Op op, int order) {
  switch (op) {
    case Op::kEqual:
      return order == 0;
    case Op::kNotEqual:
      return order != 0;
    case Op::kLess:
      return order < 0;
    case Op::kLessEqual:
      return order <= 0;
    case Op::kGreater:
      return order > 0;
    default:
      return order >= 0;
  }
}

bool HasZone(Oid type) { return type == type_oid::kTimestamptz || type == type_oid::kTimetz; }
bool IsTimeOfDay(Oid type) { return type == type_oid::kTime || type == type_oid::kTimetz; }

// Brought to the widest type of the two: timetz, or a timestamp.
Result<Datum> Widened(const JsonpathItem& item, Oid to, const catalog::FormatSettings& settings) {
  if (item.type == to) return item.value;
  if (to == type_oid::kTimetz) {
    return Datum::FromInterval(catalog::TimeToTimetz(item.value.int64, settings));
  }
  const bool to_instant = to == type_oid::kTimestamptz;
  Result<int64_t> timestamp =
      item.type == type_oid::kDate
          ? (to_instant ? catalog::DateToTimestamptz(item.value.int32, *settings.time_zone)
                        : catalog::DateToTimestamp(item.value.int32))
          : catalog::TimestampToTimestamptz(item.value.int64, *settings.time_zone);
  if (!timestamp.ok()) return std::move(timestamp).status();
  return Datum::Int64(*timestamp);
}

Result<std::optional<int>> CompareDatetimes(const JsonpathItem& left, const JsonpathItem& right,
                                            bool uses_zone,
                                            const catalog::FormatSettings& settings) {
  if (IsTimeOfDay(left.type) != IsTimeOfDay(right.type)) return std::optional<int>();
  Oid common = left.type;
  if (left.type != right.type) {
    const bool zoned = HasZone(left.type) || HasZone(right.type);
    common = IsTimeOfDay(left.type) ? type_oid::kTimetz
             : zoned                ? type_oid::kTimestamptz
                                    : type_oid::kTimestamp;
    if (zoned && !uses_zone) {
      const JsonpathItem& from = HasZone(left.type) ? right : left;
      const JsonpathItem& to = HasZone(left.type) ? left : right;
      auto name = [](const JsonpathItem& item) { return catalog::GetType(item.type).name; };
      return Error(sqlstate::kFeatureNotSupported,
                   "cannot convert value from {} to {} without time zone usage", name(from),
                   name(to))
          .Hint("Use *_tz() function for time zone support.");
    }
  }
  ASSIGN_OR_RETURN(Datum a, Widened(left, common, settings));
  ASSIGN_OR_RETURN(Datum b, Widened(right, common, settings));
  return std::optional<int>(catalog::Compare({common, -1}, a, b));
}

// Takes so many digits, at least `least`, off the front.
bool TakeDigits(std::string_view* text, size_t least, size_t most) {
  size_t count = 0;
  while (count < most && count < text->size() && (*text)[count] >= '0' && (*text)[count] <= '9') {
    ++count;
  }
  if (count < least) return false;
  text->remove_prefix(count);
  return true;
}
bool Take(std::string_view* text, char c) {
  if (!text->starts_with(c)) return false;
  text->remove_prefix(1);
  return true;
}

// yyyy-mm-dd
bool TakeDate(std::string_view* text) {
  return TakeDigits(text, 1, 4) && Take(text, '-') && TakeDigits(text, 1, 2) && Take(text, '-') &&
         TakeDigits(text, 1, 2);
}
// hh:mm:ss
bool TakeClock(std::string_view* text) {
  return TakeDigits(text, 1, 2) && Take(text, ':') && TakeDigits(text, 1, 2) && Take(text, ':') &&
         TakeDigits(text, 1, 2);
}
// +hh, +hh:mm
bool TakeOffset(std::string_view* text, int32_t* seconds_east) {
  const std::string_view start = *text;
  if (!Take(text, '+') && !Take(text, '-')) return false;
  auto take_number = [text](int32_t* value) {
    const std::string_view digits = *text;
    if (!TakeDigits(text, 1, 2)) return false;
    *value = std::stoi(std::string(digits.substr(0, digits.size() - text->size())));
    return true;
  };
  int32_t hours = 0;
  int32_t minutes = 0;
  if (!take_number(&hours) || (Take(text, ':') && !take_number(&minutes))) return false;
  *seconds_east = (hours * 60 + minutes) * 60;
  if (start.front() == '-') *seconds_east = -*seconds_east;
  return true;
}

}  // namespace

Result<Truth> CompareItems(Op op, const JsonpathItem& left, const JsonpathItem& right,
                           bool uses_zone, const catalog::FormatSettings& settings) {
  if (left.is_datetime() && right.is_datetime()) {
    using Order = std::optional<int>;
    ASSIGN_OR_RETURN(Order order, CompareDatetimes(left, right, uses_zone, settings));
    return order.has_value() ? TruthOf(HoldsFor(op, *order)) : Truth::kUnknown;
  }
  const bool same = left.kind() == right.kind() && left.is_datetime() == right.is_datetime();
  if (!same) {
    const bool any_null = left.kind() == json::Kind::kNull || right.kind() == json::Kind::kNull;
    if (any_null) return TruthOf(op == Op::kNotEqual);
    return Truth::kUnknown;
  }
  if (left.IsArray() || left.IsObject()) return Truth::kUnknown;
  return TruthOf(HoldsFor(op, json::Compare(left.json, right.json)));
}

std::optional<JsonpathItem> ParseIsoDatetime(std::string_view text,
                                             const catalog::FormatSettings& session, Arena* arena) {
  std::string_view rest = text;
  JsonpathItem item;
  const bool has_date = TakeDate(&rest);
  if (!has_date) rest = text;
  bool has_clock = false;
  if (!has_date || Take(&rest, ' ') || Take(&rest, 'T')) {
    has_clock = TakeClock(&rest);
    if (!has_clock) return std::nullopt;
  }
  int32_t seconds_east = 0;
  const bool has_offset = has_clock && !rest.empty() && TakeOffset(&rest, &seconds_east);
  if (!rest.empty()) return std::nullopt;
  item.type = !has_clock   ? type_oid::kDate
              : !has_date  ? (has_offset ? type_oid::kTimetz : type_oid::kTime)
              : has_offset ? type_oid::kTimestamptz
                           : type_oid::kTimestamp;
  catalog::FormatSettings settings = session;
  settings.date_style = catalog::DateStyle::kIso;
  settings.date_order = catalog::DateOrder::kYmd;
  const catalog::Type type{item.type, -1};
  Result<Datum> value = catalog::ParseText(type, text, settings, arena);
  if (!value.ok()) return std::nullopt;
  item.value = *value;
  // It is shown with the offset that it has been written with.
  if (has_offset) settings.time_zone = &catalog::FixedTimeZone(seconds_east);
  std::string shown;
  catalog::AppendText(type, item.value, settings, &shown);
  if (has_date && has_clock) shown[shown.find(' ')] = 'T';
  const size_t sign = has_offset ? shown.find_last_of("+-") : std::string::npos;
  if (sign != std::string::npos && shown.size() - sign == 3) shown += ":00";
  std::string quoted;
  json::AppendString(shown, &quoted);
  item.json = arena->Copy(quoted);
  return item;
}

std::string_view TypeNameOf(const JsonpathItem& item) {
  if (!item.is_datetime()) return json::KindName(item.kind());
  return catalog::GetType(item.type).display_name;
}

}  // namespace shale::sql
