#include "catalog/types/date_time.h"
#include "data_file.h"

namespace shale::catalog {
namespace {

using Arguments = std::vector<std::string>;

// Arguments and results by their text in the session's settings.
class Call {
 public:
  Call(const Arguments& arguments, const FormatSettings& settings, Arena* arena)
      : arguments_(arguments), settings_(settings), arena_(arena) {}

  Datum Get(Oid oid, size_t index) {
    Result<Datum> datum = ParseText({oid, -1}, arguments_[index], settings_, arena_);
    if (datum.ok()) return *datum;
    if (status_.ok()) status_ = datum.status();
    return Datum();
  }
  // The first argument's error that could not be read.
  const Status& status() const { return status_; }
  int64_t Timestamp(size_t index) { return Get(type_oid::kTimestamp, index).int64; }
  int64_t Timestamptz(size_t index) { return Get(type_oid::kTimestamptz, index).int64; }
  Interval IntervalAt(size_t index) { return Get(type_oid::kInterval, index).interval; }
  int32_t Date(size_t index) { return Get(type_oid::kDate, index).int32; }
  int64_t Time(size_t index) { return Get(type_oid::kTime, index).int64; }
  int32_t Int(size_t index) { return Get(type_oid::kInt4, index).int32; }
  double Float(size_t index) { return Get(type_oid::kFloat8, index).float64; }
  const std::string& Text(size_t index) { return arguments_[index]; }
  const TimeZone& zone() { return *settings_.time_zone; }
  Arena* arena() { return arena_; }

  std::string Show(Oid oid, const Datum& datum) {
    std::string text;
    AppendText({oid, -1}, datum, settings_, &text);
    return text;
  }
  template <typename T>
  Result<std::string> ShowAs(Oid oid, Result<T> value, Datum (*wrap)(T)) {
    if (!value.ok()) return std::move(value).status();
    return Show(oid, wrap(*value));
  }
  Result<std::string> ShowInterval(Result<Interval> value) {
    return ShowAs(type_oid::kInterval, std::move(value), Datum::FromInterval);
  }
  Result<std::string> ShowTimestamp(Result<int64_t> value) {
    return ShowAs(type_oid::kTimestamp, std::move(value), Datum::Int64);
  }
  Result<std::string> ShowTimestamptz(Result<int64_t> value) {
    return ShowAs(type_oid::kTimestamptz, std::move(value), Datum::Int64);
  }
  Result<std::string> ShowDate(Result<int32_t> value) {
    return ShowAs(type_oid::kDate, std::move(value), Datum::Int32);
  }
  Result<std::string> ShowTime(Result<int64_t> value) {
    return ShowAs(type_oid::kTime, std::move(value), Datum::Int64);
  }

 private:
  const Arguments& arguments_;
  const FormatSettings& settings_;
  Arena* arena_;
  Status status_;
};

template <Oid type>
Result<std::string> RunExtract(Call& call) {
  Result<std::optional<std::string_view>> value =
      Extract(call.Text(0), type, call.Get(type, 1), call.zone(), call.arena());
  if (!value.ok()) return std::move(value).status();
  if (!value->has_value()) return "NULL";
  return call.Show(type_oid::kNumeric, Datum::Bytes(**value));
}

template <Oid type>
Result<std::string> RunDatePart(Call& call) {
  Result<std::optional<double>> value =
      DatePart(call.Text(0), type, call.Get(type, 1), call.zone());
  if (!value.ok()) return std::move(value).status();
  if (!value->has_value()) return "NULL";
  return call.Show(type_oid::kFloat8, Datum::Float64(**value));
}

template <Oid type>
Result<std::string> RunTrunc(Call& call) {
  Result<Datum> value = DateTrunc(call.Text(0), type, call.Get(type, 1), call.zone());
  if (!value.ok()) return std::move(value).status();
  return call.Show(type, *value);
}

Result<std::string> RunZoneConversion(Call& call, bool to_local) {
  int64_t from = to_local ? call.Timestamptz(1) : call.Timestamp(1);
  Result<const TimeZone*> zone = ParseTimeZone(call.Text(0));
  if (!zone.ok()) return std::move(zone).status();
  if (to_local) return call.ShowTimestamp(TimestamptzToTimestamp(from, **zone));
  return call.ShowTimestamptz(TimestampToTimestamptz(from, **zone));
}

template <Result<std::string> (*function)(Call&)>
Result<std::string> Run(const Arguments& arguments, const FormatSettings& settings, Arena* arena) {
  Call call(arguments, settings, arena);
  Result<std::string> result = function(call);
  if (!call.status().ok()) return call.status();
  return result;
}

#define SHALE_OP(expression)                                     \
  [](const Arguments& arguments, const FormatSettings& settings, \
     Arena* arena) -> Result<std::string> {                      \
    Call c(arguments, settings, arena);                          \
    Result<std::string> result = expression;                     \
    if (!c.status().ok()) return c.status();                     \
    return result;                                               \
  }

}  // namespace

void AddDateTimeOperations(std::map<std::string, Operation>* operations) {
  auto& ops = *operations;
  ops["ts.plus"] = SHALE_OP(c.ShowTimestamp(AddInterval(c.Timestamp(0), c.IntervalAt(1))));
  ops["tstz.plus"] =
      SHALE_OP(c.ShowTimestamptz(AddIntervalInZone(c.Timestamptz(0), c.IntervalAt(1), c.zone())));
  ops["ts.minus"] = SHALE_OP(c.ShowInterval(SubtractTimestamps(c.Timestamp(0), c.Timestamp(1))));
  ops["date.plus"] = SHALE_OP(c.ShowDate(AddDays(c.Date(0), c.Int(1))));
  ops["date.minus"] =
      SHALE_OP(c.ShowAs(type_oid::kInt4, SubtractDates(c.Date(0), c.Date(1)), Datum::Int32));
  ops["time.plus"] =
      SHALE_OP(c.ShowTime(Result<int64_t>(AddIntervalToTime(c.Time(0), c.IntervalAt(1)))));
  ops["interval.add"] = SHALE_OP(c.ShowInterval(Add(c.IntervalAt(0), c.IntervalAt(1))));
  ops["interval.sub"] = SHALE_OP(c.ShowInterval(Subtract(c.IntervalAt(0), c.IntervalAt(1))));
  ops["interval.neg"] = SHALE_OP(c.ShowInterval(Negate(c.IntervalAt(0))));
  ops["interval.mul"] = SHALE_OP(c.ShowInterval(Multiply(c.IntervalAt(0), c.Float(1))));
  ops["interval.div"] = SHALE_OP(c.ShowInterval(Divide(c.IntervalAt(0), c.Float(1))));
  ops["justify_hours"] = SHALE_OP(c.ShowInterval(JustifyHours(c.IntervalAt(0))));
  ops["justify_days"] = SHALE_OP(c.ShowInterval(JustifyDays(c.IntervalAt(0))));
  ops["justify_interval"] = SHALE_OP(c.ShowInterval(JustifyInterval(c.IntervalAt(0))));
  ops["age"] = SHALE_OP(c.ShowInterval(Age(c.Timestamp(0), c.Timestamp(1))));
  ops["agetz"] = SHALE_OP(c.ShowInterval(AgeInZone(c.Timestamptz(0), c.Timestamptz(1), c.zone())));
  ops["trunc.ts"] = Run<RunTrunc<type_oid::kTimestamp>>;
  ops["trunc.tstz"] = Run<RunTrunc<type_oid::kTimestamptz>>;
  ops["trunc.interval"] = Run<RunTrunc<type_oid::kInterval>>;
  ops["bin"] = SHALE_OP(c.ShowTimestamp(DateBin(c.IntervalAt(0), c.Timestamp(1), c.Timestamp(2))));
  ops["extract.date"] = Run<RunExtract<type_oid::kDate>>;
  ops["extract.time"] = Run<RunExtract<type_oid::kTime>>;
  ops["extract.ts"] = Run<RunExtract<type_oid::kTimestamp>>;
  ops["extract.tstz"] = Run<RunExtract<type_oid::kTimestamptz>>;
  ops["extract.interval"] = Run<RunExtract<type_oid::kInterval>>;
  ops["part.date"] = Run<RunDatePart<type_oid::kDate>>;
  ops["part.time"] = Run<RunDatePart<type_oid::kTime>>;
  ops["part.ts"] = Run<RunDatePart<type_oid::kTimestamp>>;
  ops["part.tstz"] = Run<RunDatePart<type_oid::kTimestamptz>>;
  ops["part.interval"] = Run<RunDatePart<type_oid::kInterval>>;
  ops["make_date"] = SHALE_OP(c.ShowDate(MakeDate(c.Int(0), c.Int(1), c.Int(2))));
  ops["make_time"] = SHALE_OP(c.ShowTime(MakeTime(c.Int(0), c.Int(1), c.Float(2))));
  ops["make_timestamp"] = SHALE_OP(
      c.ShowTimestamp(MakeTimestamp(c.Int(0), c.Int(1), c.Int(2), c.Int(3), c.Int(4), c.Float(5))));
  ops["make_interval"] = SHALE_OP(c.ShowInterval(
      MakeInterval(c.Int(0), c.Int(1), c.Int(2), c.Int(3), c.Int(4), c.Int(5), c.Float(6))));
  ops["to_timestamp"] = SHALE_OP(c.ShowTimestamptz(TimestamptzFromUnixSeconds(c.Float(0))));
  ops["zone.local"] = SHALE_OP(RunZoneConversion(c, /*to_local=*/true));
  ops["zone.utc"] = SHALE_OP(RunZoneConversion(c, /*to_local=*/false));
  ops["date.ts"] = SHALE_OP(c.ShowTimestamp(DateToTimestamp(c.Date(0))));
  ops["date.tstz"] = SHALE_OP(c.ShowTimestamptz(DateToTimestamptz(c.Date(0), c.zone())));
  ops["ts.date"] = SHALE_OP(c.ShowDate(TimestampToDate(c.Timestamp(0))));
  ops["tstz.date"] = SHALE_OP(c.ShowDate(TimestamptzToDate(c.Timestamptz(0), c.zone())));
  ops["ts.tstz"] = SHALE_OP(c.ShowTimestamptz(TimestampToTimestamptz(c.Timestamp(0), c.zone())));
  ops["interval.time"] = SHALE_OP(c.ShowTime(Result<int64_t>(IntervalToTime(c.IntervalAt(0)))));
  ops["date.cmp"] = SHALE_OP(std::to_string(CompareDateWithTimestamp(c.Date(0), c.Timestamp(1))));
}

#undef SHALE_OP

}  // namespace shale::catalog
