// The kernels there are, one table per family and functions_*.cc file. registry.cc joins them with
// PostgreSQL's pg_proc rows (builtin_functions.inc).
#pragma once

#include <span>

#include "sql/expr/kernels.h"

namespace shale::sql {

std::span<const KernelEntry> AnyComparisonKernels();  // functions_comparison_any.cc
std::span<const KernelEntry> ArrayKernels();          // functions_array.cc
std::span<const KernelEntry> ArrayMakeKernels();      // functions_array_make.cc
std::span<const KernelEntry> ArithmeticKernels();  // functions_arithmetic.cc: integers and floats
std::span<const KernelEntry> BackendKernels();     // functions_backend.cc: waiting, other sessions
std::span<const KernelEntry> BitKernels();         // functions_bit.cc
std::span<const KernelEntry> BitStringKernels();   // functions_bit_string.cc
std::span<const KernelEntry> CastKernels();        // functions_cast.cc
std::span<const KernelEntry> CatalogKernels();     // functions_catalog.cc
std::span<const KernelEntry> ComparisonKernels();  // functions_comparison.cc: numbers and times
std::span<const KernelEntry> TextComparisonKernels();  // functions_comparison_text.cc
std::span<const KernelEntry> DateTimeKernels();        // functions_date_time.cc
std::span<const KernelEntry> DateFieldKernels();       // functions_date_field.cc
std::span<const KernelEntry> EncodingKernels();        // functions_encoding.cc
std::span<const KernelEntry> EnumKernels();            // functions_enum.cc
std::span<const KernelEntry> FormatKernels();          // functions_format.cc
std::span<const KernelEntry> JsonKernels();            // functions_json.cc
std::span<const KernelEntry> LockKernels();            // functions_lock.cc
std::span<const KernelEntry> MathKernels();            // functions_math.cc
std::span<const KernelEntry> MoneyKernels();           // functions_money.cc
std::span<const KernelEntry> NetworkKernels();         // functions_network.cc
std::span<const KernelEntry> NumericKernels();         // functions_numeric.cc
std::span<const KernelEntry> PatternKernels();         // functions_pattern.cc: LIKE
std::span<const KernelEntry> PrivilegeKernels();       // functions_privilege.cc
std::span<const KernelEntry> RangeKernels();           // functions_range.cc
std::span<const KernelEntry> RecordKernels();          // functions_record.cc
std::span<const KernelEntry> RegexKernels();           // functions_regex.cc
std::span<const KernelEntry> SizeKernels();            // functions_size.cc
std::span<const KernelEntry> SnapshotKernels();        // functions_snapshot.cc
std::span<const KernelEntry> SystemKernels();          // functions_system.cc
std::span<const KernelEntry> SystemIdKernels();        // functions_system_id.cc
std::span<const KernelEntry> TextKernels();            // functions_text.cc
std::span<const KernelEntry> TextTrimKernels();        // functions_text_trim.cc
std::span<const KernelEntry> TimeWithZoneKernels();    // functions_time_with_zone.cc
std::span<const KernelEntry> ToCharKernels();          // functions_to_char.cc
std::span<const KernelEntry> FromCharKernels();        // functions_from_char.cc
std::span<const KernelEntry> HashKernels();            // functions_hash.cc
std::span<const KernelEntry> JsonpathKernels();        // functions_jsonpath.cc
std::span<const KernelEntry> RegexArrayKernels();      // functions_regex_array.cc
std::span<const KernelEntry> ByteaKernels();           // functions_bytea.cc
std::span<const KernelEntry> JsonKeyPathKernels();     // functions_json_key_path.cc
std::span<const KernelEntry> JsonbAssignKernels();     // functions_jsonb_assign.cc
std::span<const KernelEntry> RecordChangeKernels();    // functions_record_change.cc
std::span<const KernelEntry> ModifierKernels();        // functions_modifier.cc
std::span<const KernelEntry> UnicodeKernels();         // functions_unicode.cc
std::span<const KernelEntry> ValueIoKernels();         // functions_value_io.cc
std::span<const KernelEntry> InRangeKernels();         // functions_in_range.cc

// Aggregates carry their whole row.
std::span<const Aggregate> ArrayAggregates();       // aggregates_array.cc: array_agg, min, max
std::span<const Aggregate> BitAggregates();         // aggregates_bit.cc: bit_* of bit strings
std::span<const Aggregate> BooleanAggregates();     // aggregates_boolean.cc: bool_*, bit_*
std::span<const Aggregate> CountAggregates();       // aggregates_count.cc
std::span<const Aggregate> SumAggregates();         // aggregates_sum.cc: sum and avg
std::span<const Aggregate> MinMaxAggregates();      // aggregates_min_max.cc
std::span<const Aggregate> OrderedSetAggregates();  // aggregates_ordered_set.cc: WITHIN GROUP
std::span<const Aggregate> RangeAggregates();       // aggregates_range.cc
std::span<const Aggregate> RegressionAggregates();  // aggregates_regression.cc: regr_*, corr
std::span<const Aggregate> StatisticAggregates();   // aggregates_statistic.cc
std::span<const Aggregate> TextAggregates();        // aggregates_text.cc: string_agg, json_agg

}  // namespace shale::sql
